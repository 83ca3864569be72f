"""Answers to the exercises of lesson 05: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_05 as ex

import numpy as np

# -------------------------------------------------------------------------------- 1 · mini-batches


@right(ex.mini_batches)
def generator_of_batches(X, targets, batch_size, generator):
    order = generator.permutation(len(X))
    for rows in np.array_split(order, -(-len(X) // batch_size)):
        yield X[rows].astype(np.float32), targets[rows].tolist()


@wrong(ex.mini_batches, "in the order of the table")
def mini_batches_unshuffled(X, targets, batch_size, generator):
    starts = range(0, len(X), batch_size)
    return [(X[i : i + batch_size], targets[i : i + batch_size]) for i in starts]


@wrong(ex.mini_batches, "shuffled apart")
def mini_batches_shuffled_apart(X, targets, batch_size, generator):
    X, targets = generator.permutation(X), generator.permutation(targets)
    starts = range(0, len(X), batch_size)
    return [(X[i : i + batch_size], targets[i : i + batch_size]) for i in starts]


@wrong(ex.mini_batches, "rows are missing")
def mini_batches_without_the_rest(X, targets, batch_size, generator):
    order = generator.permutation(len(X))
    whole = order[: len(X) // batch_size * batch_size].reshape(-1, batch_size)
    return [(X[rows], targets[rows]) for rows in whole]


@wrong(ex.mini_batches, "drawing with replacement")
def mini_batches_with_replacement(X, targets, batch_size, generator):
    batches = -(-len(X) // batch_size)
    draws = [generator.integers(len(X), size=batch_size) for _ in range(batches)]
    return [(X[rows], targets[rows]) for rows in draws]


@wrong(ex.mini_batches, "starts anew at every call")
def mini_batches_with_a_generator_of_its_own(X, targets, batch_size, generator):
    return ex.mini_batches._solution(X, targets, batch_size, np.random.default_rng(0))


@wrong(ex.mini_batches, "shuffled in place")
def mini_batches_in_place(X, targets, batch_size, generator):
    order = generator.permutation(len(X))
    X[:], targets[:] = X[order], targets[order]
    starts = range(0, len(X), batch_size)
    return [(X[i : i + batch_size], targets[i : i + batch_size]) for i in starts]


wrong(ex.mini_batches, "`return`")(lambda X, t, size, g: print(end=""))
wrong(ex.mini_batches, "list of pairs")(lambda X, t, size, g: [X, t])
wrong(ex.mini_batches, "all columns")(lambda X, t, size, g: [(X[:, :1], t)])
wrong(ex.mini_batches, "more rows than")(lambda X, t, size, g: [(X, t[:3])])
wrong(ex.mini_batches, "are expected, and the rest")(lambda X, t, size, g: [(X[::-1], t[::-1])])

# ---------------------------------------------------------------- 2 · momentum, as Keras writes it


@right(ex.keras_momentum)
def momentum_in_place(weights, velocity, gradient, learning_rate, momentum):
    velocity *= momentum
    velocity -= learning_rate * gradient
    weights += velocity
    return weights.tolist(), velocity.astype(np.float32)


@wrong(ex.keras_momentum, "subtracted from the velocity")
def keras_momentum_uphill(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity + learning_rate * gradient
    return weights + velocity, velocity


@wrong(ex.keras_momentum, "minus stands in the velocity already")
def keras_momentum_with_two_minuses(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity - learning_rate * gradient
    return weights - velocity, velocity


@wrong(ex.keras_momentum, "PyTorch's form")
def keras_momentum_as_in_pytorch(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity + gradient
    return weights - learning_rate * velocity, velocity


@wrong(ex.keras_momentum, "damped by 1 − μ")
def keras_momentum_as_a_mean(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity - (1 - momentum) * learning_rate * gradient
    return weights + velocity, velocity


@wrong(ex.keras_momentum, "remember nothing")
def keras_momentum_with_the_old_velocity(weights, velocity, gradient, learning_rate, momentum):
    step = momentum * velocity - learning_rate * gradient
    return weights + step, velocity


wrong(ex.keras_momentum, "2 results")(lambda w, v, g, rate, mu: w)
wrong(ex.keras_momentum, "plain gradient descent")(lambda w, v, g, rate, mu: (w - rate * g, v))
wrong(ex.keras_momentum, "old velocity")(lambda w, v, g, rate, mu: (w + v, mu * v - rate * g))
wrong(ex.keras_momentum, "v = μv − ηg is")(lambda w, v, g, rate, mu: (w + 1, v))
wrong(ex.keras_momentum, "the velocity is")(
    lambda w, v, g, rate, mu: (w + mu * v - rate * g, v * 0)
)

# ---------------------------------------------------------------------------------------- 3 · Adam


@right(ex.adam_step)
def adam_in_keras_s_order(weights, mean, square, gradient, step, learning_rate):
    mean = mean + (gradient - mean) * 0.1
    square = square + (gradient**2 - square) * 0.001
    rate = learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    return [weights - rate * mean / (np.sqrt(square) + 1e-8), mean, square]


@wrong(ex.adam_step, "bias correction is missing")
def adam_step_without_correction(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    return weights - learning_rate * mean / (np.sqrt(square) + 1e-8), mean, square


@wrong(ex.adam_step, "corrects it again")
def adam_step_that_hands_on_the_correction(weights, mean, square, gradient, step, learning_rate):
    mean = (0.9 * mean + 0.1 * gradient) / (1 - 0.9**step)
    square = (0.999 * square + 0.001 * gradient**2) / (1 - 0.999**step)
    return weights - learning_rate * mean / (np.sqrt(square) + 1e-8), mean, square


@wrong(ex.adam_step, "one of squares")
def adam_step_without_squares(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / (np.sqrt(np.abs(s)) + 1e-8), mean, square


@wrong(ex.adam_step, "square root is missing")
def adam_step_without_the_root(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / (s + 1e-8), mean, square


@wrong(ex.adam_step, "as momentum does")
def adam_step_with_a_sum(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / (np.sqrt(s) + 1e-8), mean, square


wrong(ex.adam_step, "The mean should be")(lambda w, m, s, g, step, rate: (w, m, s))
wrong(ex.adam_step, "The square")(lambda w, m, s, g, step, rate: (w, 0.9 * m + 0.1 * g, s))
wrong(ex.adam_step, "learning rates")(
    lambda w, m, s, g, step, rate: (w, 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2)
)

# ----------------------------------------------------------------- 4 · reading curves (open-ended)


@right(ex.diagnose)
def doctor_by_slopes(train_loss, validation_loss, reachable):
    train, validation = np.asarray(train_loss), np.asarray(validation_loss)
    end = slice(-10, None)
    if train.max() - train.min() < 0.05:
        return "Stuck"
    if np.std(np.diff(train)[20:]) > 0.05:
        return "too fast"
    if validation[end].min() > 1.5 * validation.min():
        return "overfitting"
    slope = np.polyfit(np.arange(10), train[end], 1)[0] * len(train)
    if slope < -0.08:
        return "too slow"
    return "underfitting" if train[end].mean() > 2 * reachable else "healthy"


@wrong(ex.diagnose, "Look at both curves")
def diagnose_from_the_training_loss(train_loss, validation_loss, reachable):
    verdict = ex.diagnose._solution(train_loss, train_loss, reachable)
    return verdict if verdict != "overfitting" else "healthy"


@wrong(ex.diagnose, "A small gap is normal")
def diagnose_by_the_gap(train_loss, validation_loss, reachable):
    if validation_loss[-1] > train_loss[-1] + 0.02:
        return "overfitting"
    return ex.diagnose._solution(train_loss, validation_loss, reachable)


@wrong(ex.diagnose, "still falling at the last epoch: give it more")
def diagnose_by_the_last_value(train_loss, validation_loss, reachable):
    verdict = ex.diagnose._solution(train_loss, validation_loss, reachable)
    return "underfitting" if verdict == "too slow" else verdict


@wrong(ex.diagnose, "compare them with `reachable`")
def diagnose_by_shape_alone(train_loss, validation_loss, reachable):
    return ex.diagnose._solution(train_loss, validation_loss, train_loss[-1])


@wrong(ex.diagnose, "has not begun to learn")
def diagnose_without_stuck(train_loss, validation_loss, reachable):
    verdict = ex.diagnose._solution(train_loss, validation_loss, reachable)
    return "underfitting" if verdict == "stuck" else verdict


wrong(ex.diagnose, "`return`")(lambda train, validation, reachable: print(end=""))
wrong(ex.diagnose, "one of")(lambda train, validation, reachable: "ill")
wrong(ex.diagnose, "lowest point")(lambda train, validation, reachable: "stuck")

# ------------------------------------------------------------------------------ 5 · early stopping


@right(ex.early_stopping)
def stopping_with_a_counter(validation_loss, weights, patience):
    lowest, best, waited, epochs = float("inf"), None, 0, 0
    for loss, array in zip(validation_loss, weights, strict=True):
        epochs += 1
        if loss < lowest:
            lowest, best, waited = loss, array, 0
        else:
            waited += 1
        if waited == patience:
            break
    return [epochs, list(best)]


@wrong(ex.early_stopping, "you keep the last weights")
def early_stopping_with_the_last_weights(validation_loss, weights, patience):
    epochs, _ = ex.early_stopping._solution(validation_loss, weights, patience)
    return epochs, weights[epochs - 1]


@wrong(ex.early_stopping, "at the first rise")
def early_stopping_without_patience(validation_loss, weights, patience):
    for epoch in range(1, len(validation_loss)):
        if validation_loss[epoch] > validation_loss[epoch - 1]:
            return epoch + 1, weights[epoch - 1]
    return len(weights), weights[-1]


@wrong(ex.early_stopping, "never trained")
def early_stopping_with_a_look_ahead(validation_loss, weights, patience):
    epochs, _ = ex.early_stopping._solution(validation_loss, weights, patience)
    return epochs, weights[int(np.argmin(validation_loss))]


@wrong(ex.early_stopping, "not with the previous one")
def early_stopping_against_the_previous_epoch(validation_loss, weights, patience):
    waited = 0
    for epoch in range(1, len(validation_loss)):
        waited = waited + 1 if validation_loss[epoch] >= validation_loss[epoch - 1] else 0
        if waited >= patience:
            break
    return epoch + 1, weights[int(np.argmin(validation_loss[: epoch + 1]))]


@wrong(ex.early_stopping, "starts anew with every new best")
def early_stopping_that_never_resets(validation_loss, weights, patience):
    best, waited = 0, 0
    for epoch in range(len(validation_loss)):
        if validation_loss[epoch] < validation_loss[best]:
            best = epoch
        elif epoch > 0:
            waited += 1
        if waited >= patience:
            break
    return epoch + 1, weights[best]


wrong(ex.early_stopping, "2 results")(lambda losses, weights, patience: weights[0])
wrong(ex.early_stopping, "are expected")(lambda losses, weights, patience: (99, weights[0]))
wrong(ex.early_stopping, "3 is expected")(lambda losses, weights, patience: (7, weights[1]))

# -------------------------------------------------------------------------------- 6 · weight decay

right(ex.decay_step)(lambda w, g, rate, decay: (w * (1 - rate * decay) - rate * g).tolist())


@wrong(ex.decay_step, "your weights grow")
def decay_step_with_turned_sign(weights, gradient, learning_rate, weight_decay):
    return weights - learning_rate * (gradient - weight_decay * weights)


@wrong(ex.decay_step, "does not pass through the learning rate")
def decay_step_without_the_rate(weights, gradient, learning_rate, weight_decay):
    return weights * (1 - weight_decay) - learning_rate * gradient


@wrong(ex.decay_step, "in proportion to the weight")
def decay_step_with_signs(weights, gradient, learning_rate, weight_decay):
    return weights - learning_rate * (gradient + weight_decay * np.sign(weights))


@wrong(ex.decay_step, "Its slope belongs there")
def decay_step_with_the_penalty(weights, gradient, learning_rate, weight_decay):
    return weights - learning_rate * (gradient + weight_decay * np.sum(weights**2))


wrong(ex.decay_step, "plays no part")(lambda w, g, rate, decay: w - rate * g)
wrong(ex.decay_step, "is expected")(lambda w, g, rate, decay: w * 0)

# ------------------------------------------------------------------------------------- 7 · dropout


@right(ex.dropout)
def dropout_with_choice(hidden, rate, generator, training):
    if training:
        mask = generator.choice([0.0, 1 / (1 - rate)], size=hidden.shape, p=[rate, 1 - rate])
        hidden = (hidden * mask).astype(np.float32)
    return hidden


@wrong(ex.dropout, "not rescaled")
def dropout_without_rescaling(hidden, rate, generator, training):
    return hidden * (generator.random(hidden.shape) >= rate) if training else hidden


@wrong(ex.dropout, "still on with training=False")
def dropout_that_never_rests(hidden, rate, generator, training):
    return hidden * (generator.random(hidden.shape) >= rate) / (1 - rate)


@wrong(ex.dropout, "share that stays")
def dropout_with_the_rate_turned(hidden, rate, generator, training):
    return hidden * (generator.random(hidden.shape) < rate) / rate if training else hidden


@wrong(ex.dropout, "The same units are dropped in every row")
def dropout_with_one_mask_for_all_rows(hidden, rate, generator, training):
    return (
        hidden * (generator.random(hidden.shape[1]) >= rate) / (1 - rate) if training else hidden
    )


@wrong(ex.dropout, "doing both shrinks the signal")
def dropout_that_rescales_twice(hidden, rate, generator, training):
    if not training:
        return hidden * (1 - rate)
    return ex.dropout._solution(hidden, rate, generator, training)


wrong(ex.dropout, "Nothing was dropped")(lambda h, rate, g, training: h)
wrong(ex.dropout, "50% of the numbers")(lambda h, rate, g, training: h * (g.random(h.shape) > 0.5))
wrong(ex.dropout, "Whole rows")(
    lambda h, rate, g, training: h * (g.random(len(h)) >= rate)[:, None] / (1 - rate)
)

# ------------------------------------------------------------------------------------- 8 · scaling


@right(ex.scale_parts)
def scaling_as_pandas_does(train, validation, test):
    spread = train.std(axis=0, ddof=1)
    spread[spread == 0] = 1
    return [(part - train.mean(0)) / spread for part in (train, validation, test)]


@wrong(ex.scale_parts, "fitted on all rows together")
def scale_parts_fitted_on_everything(train, validation, test):
    everything = np.vstack([train, validation, test])
    mean, spread = everything.mean(axis=0), everything.std(axis=0)
    spread = np.where(spread > 0, spread, 1)
    return tuple((part - mean) / spread for part in (train, validation, test))


@wrong(ex.scale_parts, "its own mean and spread")
def scale_parts_each_on_its_own(train, validation, test):
    return tuple(
        ex.scale_parts._solution(part, part, part)[0] for part in (train, validation, test)
    )


@wrong(ex.scale_parts, "a constant column has a standard deviation of 0")
def scale_parts_that_divides_by_zero(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    return tuple((part - mean) / spread for part in (train, validation, test))


@wrong(ex.scale_parts, "over the whole matrix")
def scale_parts_with_one_ruler(train, validation, test):
    return tuple((part - train.mean()) / train.std() for part in (train, validation, test))


@wrong(ex.scale_parts, "Only the training rows")
def scale_parts_of_the_training_rows(train, validation, test):
    return ex.scale_parts._solution(train, train, train)[0], validation, test


wrong(ex.scale_parts, "3 results")(lambda train, validation, test: train)
wrong(ex.scale_parts, "spread")(lambda *parts: tuple(part - parts[0].mean(0) for part in parts))
wrong(ex.scale_parts, "training mean")(lambda *parts: tuple(part * 0 for part in parts))
