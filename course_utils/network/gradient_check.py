"""Gradients by brute force, to hold those of backpropagation against."""

from course_utils.checks import in_range

import numpy as np


def numerical_gradient(function, array, step=1e-6):
    """Estimate ∂function/∂array by central differences: (f(a + step) − f(a − step)) / (2 step).

    Parameters
    ----------
    function : callable
        Takes the array and returns a number.
    array : ndarray of float64, any shape
        Changed in place while the estimate runs and then put back, so that the function may also
        read it from elsewhere, as a layer reads its own ``weights``.
    step : float above 0
        The error of the estimate is about step² from the formula plus 1e−16 / step from rounding.

    Returns
    -------
    ndarray
        Shape as ``array``.

    Raises
    ------
    TypeError
        If ``array`` is not a float64 array: a converted copy would hide the changes.
    ValueError
        If ``array`` is read-only.

    Examples
    --------
    >>> numerical_gradient(lambda a: float((a**2).sum()), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    step = in_range(step, "step", 0, np.inf, low_open=True)
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        came = getattr(array, "dtype", type(array).__name__)
        raise TypeError(f"array is of type {came}; a NumPy array of float64 is expected.")
    if not array.flags.writeable:
        raise ValueError("array is read-only; one that may be changed is expected: array.copy().")
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        original = array[index]
        try:
            array[index] = original + step
            above = function(array)
            array[index] = original - step
            below = function(array)
        finally:
            array[index] = original
        gradient[index] = (above - below) / (2 * step)
    return gradient
