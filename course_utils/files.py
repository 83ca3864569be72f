"""Files that are there as a whole or not at all."""

from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing"]


@contextmanager
def replacing(path):
    """Yield another path to write to; that file takes the place of `path` once all is written.

    Who dies on the way, or raises, leaves the file at `path` as it was.

    Parameters
    ----------
    path : str or Path

    Yields
    ------
    Path
        Beside `path`, with ".part" behind its name.
    """
    path = Path(path)
    half = path.with_name(path.name + ".part")
    yield half
    half.replace(path)
