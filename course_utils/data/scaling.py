"""Bring the columns of a split to one scale, learned from the training rows alone."""

from __future__ import annotations

from dataclasses import replace

from course_utils.data.splits import PARTS, Split

from sklearn.preprocessing import StandardScaler


def standardise(parts):
    """Give every column mean 0 and standard deviation 1 on the training rows.

    Validation and test rows are moved and stretched by the same numbers, so nothing about them
    is known before they are scored. A column that is constant in the training rows is only moved.

    Parameters
    ----------
    parts : Split
        Of data with rows and columns.

    Returns
    -------
    Split
        The same rows in the same order; only X differs.

    Raises
    ------
    TypeError
        If it is no Split, or one of images, texts or sequences.
    """
    if not isinstance(parts, Split):
        raise TypeError(
            f"parts is a {type(parts).__name__}; a Split is expected, from data.split."
        )
    if not parts.train.feature_names:
        raise TypeError(f"{parts.train.name} has no columns; rows and columns are expected.")
    scaler = StandardScaler().fit(parts.train.X)
    three = {name: getattr(parts, name) for name in PARTS}
    scaled = {name: replace(part, X=scaler.transform(part.X)) for name, part in three.items()}
    return replace(parts, **scaled)
