"""The Keras classifier that lesson 06 arrives at, for the lessons that need it again."""

import time
from contextlib import contextmanager, nullcontext

from course_utils import runtime
from course_utils.checks import (
    as_labels,
    as_matrix,
    as_seed,
    in_range,
    positive_integer,
)
from course_utils.network import History

import numpy as np
from sklearn.model_selection import train_test_split

__all__ = ["DenseClassifier"]


class DenseClassifier:
    """Dense layers with ReLU and one sigmoid, trained with labels and stopped early.

    Scale the columns first. ``fit`` seeds Keras's global generators (``set_random_seed``), since
    Keras has no other way to make a training repeatable. It computes in float32 on
    ``runtime.device()``, whatever Keras is set to.

    Parameters
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    loss : str or keras loss
        Of probabilities (n, 1) against labels (n, 1).
    learning_rate : float
        Adam's.
    epochs : int
        At most so many; early stopping ends most trainings before.
    batch_size : int
        Rows per step. Below about 500, Keras spends more time on bookkeeping than on sums.
    patience : int
        Stop after so many epochs without a lower validation loss and go back to the best one.
    class_weight : dict {0: float, 1: float}, optional
        What a normal row and an anomaly count in the training loss.
    dropout : float in [0, 1)
        Share of the hidden units dropped in training, after every hidden layer.
    seed : int
        First weights, order of the rows, and the rows held out.
    progress : bool
        Show a bar while training runs.

    Attributes
    ----------
    model : keras.Model
        None before ``fit`` or the first score.
    history : course_utils.network.History
        Losses per epoch; the validation loss is never weighted.
    """

    needs_labels = True

    def __init__(
        self,
        hidden=(32, 16),
        *,
        loss="binary_crossentropy",
        learning_rate=0.003,
        epochs=100,
        batch_size=512,
        patience=10,
        class_weight=None,
        dropout=0.0,
        seed=0,
        progress=False,
    ):
        self.hidden = tuple(positive_integer(units, "hidden") for units in hidden)
        self.loss = loss
        self.learning_rate = in_range(learning_rate, "learning_rate", 0, np.inf, low_open=True)
        self.epochs = positive_integer(epochs, "epochs")
        self.batch_size = positive_integer(batch_size, "batch_size")
        self.patience = positive_integer(patience, "patience")
        self.class_weight = class_weight
        self.dropout = in_range(dropout, "dropout", 0, 1, high_open=True)
        self.seed = as_seed(seed, "seed")
        self.progress = progress
        self.model = None
        self.history = None

    def fit(self, X, y, validation=None):
        """Train a new network.

        Parameters
        ----------
        X : array-like, shape (n, d)
            Scaled columns.
        y : array-like of 0 and 1, shape (n,)
            1 = anomaly; both classes are needed.
        validation : (X, y), optional
            Rows that decide when to stop. Without them, a stratified fifth of the training rows
            is held out: Keras's own ``validation_split`` would take the last rows as they stand.

        Returns
        -------
        DenseClassifier
            Itself.

        Raises
        ------
        TypeError, ValueError
            If X or y is not of that form, or a class has too few rows to be held out.
        """
        from course_utils import progress_bar

        import keras

        X, y, (X_validation, y_validation) = self._parts(X, y, validation)
        stop = keras.callbacks.EarlyStopping(patience=self.patience, restore_best_weights=True)
        bar = [progress_bar.for_keras()] if self.progress else []
        started = time.perf_counter()
        with _usual_keras():
            self._build(X.shape[1])
            log = self.model.fit(
                X,
                y[:, None],  # (n, 1), as the outputs
                batch_size=self.batch_size,
                epochs=self.epochs,
                validation_data=(X_validation, y_validation[:, None]),
                class_weight=self.class_weight,
                callbacks=[stop, *bar],
                verbose=0,
            ).history
        best = int(np.argmin(log["val_loss"]))
        seconds = time.perf_counter() - started
        self.history = History(log["loss"], log["val_loss"], best, seconds)
        return self

    def predict_proba(self, X):
        """Return each row's probability of being an anomaly, shape (n,).

        Before ``fit`` the first weights answer: the untrained twin.
        """
        columns = None if self.model is None else self.model.input_shape[1]
        X = as_matrix(X, "X", columns=columns)
        with _usual_keras():
            if self.model is None:
                self._build(X.shape[1])
            outputs = self.model.predict(X.astype("float32"), batch_size=8192, verbose=0)  # (n, 1)
        return np.asarray(outputs[:, 0], dtype=float)

    def decision_function(self, X):
        """Return each row's probability (n,): higher = more anomalous."""
        return self.predict_proba(X)

    def _parts(self, X, y, validation):
        """Return float32 training rows and labels, and the same of the validation rows."""
        X = as_matrix(X, "X").astype("float32")
        y = as_labels(y, "y", length=len(X), both_classes=True).astype("float32")
        if validation is None:
            X, X_held, y, y_held = train_test_split(
                X, y, test_size=0.2, stratify=y, random_state=self.seed
            )
            return X, y, (X_held, y_held)
        X_held = as_matrix(validation[0], "validation[0]", columns=X.shape[1]).astype("float32")
        y_held = as_labels(validation[1], "validation[1]", length=len(X_held)).astype("float32")
        return X, y, (X_held, y_held)

    def _build(self, columns):
        """Make the network for so many columns, with the seed's first weights."""
        import keras

        keras.utils.set_random_seed(self.seed)
        layers = [keras.Input((columns,))]
        for units in self.hidden:
            layers.append(keras.layers.Dense(units, activation="relu"))
            if self.dropout:
                layers.append(keras.layers.Dropout(self.dropout))
        self.model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
        adam = keras.optimizers.Adam(self.learning_rate)
        self.model.compile(adam, self.loss)


@contextmanager
def _usual_keras():
    """Let Keras compute in float32 on the course's device, as if nobody had told it otherwise."""
    import keras

    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    by_torch = keras.config.backend() == "torch"  # the other back ends name devices otherwise
    try:
        with runtime.usual_torch(), keras.device(runtime.device()) if by_torch else nullcontext():
            yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
