"""What two columns tell a small tree: whether simulated data give their anomalies away."""

import itertools

from sklearn.tree import DecisionTreeClassifier


def by_two_columns(X, y, held_out, class_weight=None):
    """Yield each pair of columns, and the scores of rows held out by a tree of depth 2 on it.

    X: (n, d) and y: (n,), to learn from; held_out: (m, d). Each time (pair, scores (m,)).
    """
    for pair in itertools.combinations(range(X.shape[1]), 2):
        tree = DecisionTreeClassifier(max_depth=2, class_weight=class_weight, random_state=0)
        yield pair, tree.fit(X[:, pair], y).predict_proba(held_out[:, pair])[:, 1]
