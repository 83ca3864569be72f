"""Short texts that every learner has: what installed packages say about their functions."""

from __future__ import annotations

import ast
import gc
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData

import numpy as np

PACKAGES = ("scipy", "sklearn", "pandas", "matplotlib", "torch", "keras", "skimage")
ODD_TEXTS = 100  # of each package but the first
READ_AHEAD = 2  # texts read for each one taken, so that they come from many files
SHORTEST = 20  # characters
LEFT_OUT = {"tests", "test", "testing", "conftest.py", "externals", "__pycache__"}


def load_docstrings(packages=PACKAGES, seed=0):
    """Return what installed packages say about their functions and classes, one summary each.

    A text is the first paragraph of a docstring, its line breaks turned into spaces. Those of the
    first package are normal; those of the others are anomalies, as a text that strayed in from
    another field would be. The source files are read, nothing of them is run or imported.

    Of the first package all is read, of each other one `ODD_TEXTS` texts are drawn. Left out are
    tests, folders whose name begins with an underscore, names that do or that a module's
    ``__all__`` does not list, methods, texts of fewer than `SHORTEST` characters, and texts that
    came before.

    Parameters
    ----------
    packages : sequence of str
        Two or more installed packages, by the name that is imported.
    seed : int
        Draws the texts of the odd packages.

    Returns
    -------
    AnomalyData
        Texts, first the normal ones; within a package in the order of the alphabet. `kinds` are
        the names of the odd packages.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or a package has no such text or a file that is not
        Python.
    ModuleNotFoundError
        If a package is not installed.
    """
    packages = _as_packages(packages)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    kind_of = {}  # text → "" or the odd package
    with _collector_at_rest():
        for package in packages:
            odd = package != packages[0]
            new = _summaries(package, kind_of, generator, ODD_TEXTS if odd else None)
            kind_of |= dict.fromkeys(new, package if odd else "")
    kinds = np.array(list(kind_of.values()))
    return AnomalyData(
        X=list(kind_of),
        y=kinds != "",
        feature_names=(),
        name="Docstrings",
        source=f"read from the installed packages {', '.join(packages)}",
        licence="that of each package; read from your installation, not passed on",
        kinds=kinds,
    )


@contextmanager
def _collector_at_rest():
    """Keep the garbage collector from walking all that is loaded, over and over, while parsing.

    A syntax tree is a million small objects that hold no circle; with torch loaded, reading took
    more than twice as long.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _as_packages(packages):
    expected = "two or more names of packages, such as ('scipy', 'keras'),"
    if isinstance(packages, str) or not hasattr(packages, "__iter__"):
        raise TypeError(f"packages is {checks.describe(packages)}; {expected} are expected.")
    packages = list(packages)
    for name in packages:
        if not isinstance(name, str):
            raise TypeError(f"packages has {checks.describe(name)}; {expected} are expected.")
        if not name.isidentifier():
            raise ValueError(
                f"packages has {name!r}; the name that is imported is expected, such as 'sklearn'."
            )
    if len(packages) < 2 or len(set(packages)) < len(packages):
        raise ValueError(f"packages is {packages}; {expected} none twice, are expected.")
    return packages


def _summaries(package, known, generator, wanted):
    """Return the sorted new texts of a package, `wanted` of them drawn (None: all)."""
    found = set()
    files = _source_files(package)
    for place in generator.permutation(len(files)) if wanted else range(len(files)):
        found.update(_texts_of(files[place]))
        if wanted and len(found) >= READ_AHEAD * wanted:
            break
    new = sorted(found - known.keys())
    if not new:
        raise ValueError(
            f"{package} has no docstring of at least {SHORTEST} characters that no package before "
            "it has; leave it out of packages."
        )
    if wanted and len(new) > wanted:
        new = [new[place] for place in np.sort(generator.permutation(len(new))[:wanted])]
    return new


def _source_files(package):
    """Return a package's files in the order of their names; the package is not imported."""
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(
            f"The package {package} is not installed here; install it, or leave it out of "
            "packages.",
            name=package,
        )
    if spec.origin is None or not spec.submodule_search_locations:
        raise ValueError(f"{package} is no package of source files; leave it out of packages.")
    root = Path(spec.origin).parent
    files = [path.relative_to(root) for path in root.rglob("*.py")]
    files = [path for path in files if _is_public(path.parts)]
    return [root / path for path in sorted(files, key=lambda path: path.parts)]


def _is_public(parts):
    """Tell whether a file is meant for users: no tests, no folder with an underscore.

    A file may have one: packages keep public functions in files such as `stats/_stats_py.py`.
    """
    if any(part in LEFT_OUT or part.startswith("test_") for part in parts):
        return False
    return not any(part.startswith(("_", ".")) for part in parts[:-1])


def _texts_of(path):
    """Return the summaries of the public functions and classes of one file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in other people's strings
            body = ast.parse(path.read_bytes(), filename=str(path)).body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as Python: {error}. Reinstall it.") from error
    listed = _listed(body)
    texts = []
    for node in body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if node.name.startswith("_") or (listed is not None and node.name not in listed):
            continue
        paragraph = (ast.get_docstring(node) or "").split("\n\n")[0]
        texts.append(" ".join(paragraph.split()))
    return [text for text in texts if len(text) >= SHORTEST]


def _listed(body):
    """Return the names in a module's ``__all__``, or None where it has none in plain sight."""
    found = None
    for node in body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if "__all__" not in [getattr(target, "id", None) for target in targets]:
            continue
        try:
            found = set(ast.literal_eval(node.value)) | (found or set())
        except (TypeError, ValueError):  # put together by code, which is not run here
            return None
    return found
