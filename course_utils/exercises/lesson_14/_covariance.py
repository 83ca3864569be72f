"""What the exercises of lesson 14 share: the error of a covariance of rows, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from course_utils.exercises.results import Misconception

import numpy as np


@contextmanager
def rows_taken_for_columns(n: int, d: int, rows: str) -> Iterator[None]:
    """Tell an error that an (n, n) matrix in place of the (d, d) covariance has caused."""
    try:
        yield
    except np.linalg.LinAlgError as error:
        raise Misconception(
            f"NumPy stopped with '{error}', though the {d} × {d} covariance has an inverse here. "
            f"If yours is {n} × {n}, from np.cov: that takes each row for a variable, and "
            "np.cov(…, rowvar=False) each column."
        ) from error
    except (ValueError, RuntimeError) as error:  # of NumPy and of torch
        told = str(error).replace(" ", "")
        signs = (
            *(f"({n},{n})", f"{n}x{n}"),
            *(f"size{n}isdifferentfrom{d}", f"size{d}isdifferentfrom{n}"),
            f"tensora({n})mustmatchthesizeoftensorb({d})",
        )
        if n == d or not any(sign in told for sign in signs):
            raise
        raise Misconception(
            f"Your covariance is {n} × {n}, one row for each {rows}; {d} × {d} is expected. "
            "np.cov takes each row for a variable; np.cov(…, rowvar=False) each column."
        ) from error
