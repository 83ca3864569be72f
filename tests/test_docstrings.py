"""data.load_docstrings: the right texts of files that are read, never run."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

from course_utils import data
from course_utils.data.public import docstrings

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

CARD = Path(__file__).parents[1] / "datasets" / "docstrings.md"
MODULE = '''
"""The module's own docstring does not count, as long as it may be."""
__all__ = ["shown", "Shown", "waits", "short", "bare"]
raise SystemExit("this file must not be run")

def shown():
    """Return  what the name\\n    of the function says.

    The second paragraph is left out.
    """

def not_listed():
    """Return what nobody outside this file may call."""

class Shown:
    """A class that is there to be read about."""

    def method(self):
        """Return what methods return, which is left out."""

async def waits():
    "Wait for something which comes in time, größer als gedacht."

def short():
    """Too short."""

def bare():
    return 1

def _private():
    """Return what a user should not depend on."""
'''
TEXTS = [
    "A class that is there to be read about.",
    "Return what the name of the function says.",
    "Wait for something which comes in time, größer als gedacht.",
]


@pytest.fixture(scope="module")
def made():
    return data.load_docstrings()


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write packages of one file each, findable by name."""

    def write(**packages):
        for name, text in packages.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text(text, encoding="utf-8")
        return tmp_path

    monkeypatch.syspath_prepend(tmp_path)
    return write


def function(summary, name="f"):
    return f'def {name}():\n    """{summary}"""\n'


# --- what is read


def test_the_first_paragraph_of_what_is_public_is_read_and_nothing_is_run(written):
    written(usual_pkg=MODULE, odd_pkg=function("Return something from elsewhere."))
    made = data.load_docstrings(["usual_pkg", "odd_pkg"])
    assert made.X.tolist() == [*TEXTS, "Return something from elsewhere."]
    assert made.y.tolist() == [0, 0, 0, 1]
    assert made.kinds.tolist() == ["", "", "", "odd_pkg"]
    assert not {"usual_pkg", "odd_pkg"} & set(sys.modules)


@pytest.mark.parametrize(
    ("listing", "names"),
    [
        ("", 4),
        ("__all__ = other.names\n", 4),
        ("__all__ = []\n__all__ += other.names\n", 4),
        ('__all__ = ["shown"]\n__all__ += ["waits"]\n', 2),
        ('__all__: list = ["shown"]\n', 1),
        ("__all__ = 3\n", 4),
    ],
)
def test_a_list_of_names_is_believed_where_it_can_be_read(written, listing, names):
    given = '__all__ = ["shown", "Shown", "waits", "short", "bare"]\n'
    found = docstrings._texts_of(_file(written, MODULE.replace(given, listing)))
    assert len(found) == names


def _file(written, text):
    path = written() / "alone.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_tests_and_private_folders_are_left_out_and_private_files_are_not(written):
    folder = written(one_pkg=function("Return what stands in the first file."), two_pkg=MODULE)
    for number, part in enumerate(
        ["tests/a.py", "_lib/a.py", "externals/a.py", "sub/_tests/a.py", "test_a.py", "sub/_a.py"]
    ):
        path = folder / "one_pkg" / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(function(f"Return what stands in file {number} of these."), "utf-8")
    made = data.load_docstrings(["one_pkg", "two_pkg"])
    assert made.X[made.y == 0].tolist() == [
        "Return what stands in file 5 of these.",
        "Return what stands in the first file.",
    ]


def test_a_text_that_two_packages_share_belongs_to_the_first(written):
    shared = function("Return what all of them return.")
    written(
        p_one=shared,
        p_two=shared + function("Return what the second returns.", "g"),
        p_three=shared + function("Return what the third returns.", "g"),
    )
    made = data.load_docstrings(["p_one", "p_two", "p_three"])
    assert made.kinds.tolist() == ["", "p_two", "p_three"]
    assert made.n_duplicates == 0


def test_the_order_of_the_file_system_does_not_matter(monkeypatch):
    usual = data.load_docstrings(("skimage", "sklearn"), seed=3)
    whole = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda self, what: reversed(list(whole(self, what))))
    assert data.load_docstrings(("skimage", "sklearn"), seed=3).X.tolist() == usual.X.tolist()


# --- the default


def test_the_default_is_sorted_distinct_and_of_known_size(made):
    assert made.modality == "text"
    assert made.n_duplicates == 0
    names, counts = np.unique(made.kinds, return_counts=True)
    assert names.tolist() == sorted(["", *docstrings.PACKAGES[1:]])
    assert set(counts[1:].tolist()) == {docstrings.ODD_TEXTS}
    assert 1200 <= counts[0] <= 1500
    for kind in names:
        texts = made.X[made.kinds == kind].tolist()
        assert texts == sorted(texts)
    assert min(map(len, made.X)) >= docstrings.SHORTEST
    assert not any("\n" in text or "  " in text for text in made.X)


def test_texts_follow_the_seed_and_touch_no_global_one(made):
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    again, other = data.load_docstrings(), data.load_docstrings(seed=1)
    assert again.X.tolist() == made.X.tolist()
    assert other.X[other.y == 0].tolist() == made.X[made.y == 0].tolist()
    assert other.X.tolist() != made.X.tolist()
    assert np.array_equal(before, np.random.get_state()[1])


def test_no_package_is_imported_and_the_collector_is_left_as_it_was():
    code = (
        "import gc, sys\n"
        "from course_utils import data\n"
        "for way in (gc.disable, gc.enable):\n"
        "    way(); on = gc.isenabled()\n"
        "    data.load_docstrings(('skimage', 'keras'))\n"
        "    assert gc.isenabled() == on\n"
        "print(*{'skimage', 'keras', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_neighbours_find_the_other_packages_and_length_does_not(made):
    generator = np.random.default_rng(0)
    normal = generator.permutation(np.flatnonzero(made.y == 0))
    half = len(normal) // 2
    rows = np.concatenate([normal[half:], np.flatnonzero(made.y == 1)])
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    train = vectors.fit_transform(made.X[normal[:half]])
    found = NearestNeighbors(n_neighbors=5, metric="cosine").fit(train)
    scores = found.kneighbors(vectors.transform(made.X[rows]))[0].mean(axis=1)
    assert 0.85 < roc_auc_score(made.y[rows], scores) < 0.94
    lengths = [len(text) for text in made.X[rows]]
    assert 0.45 < roc_auc_score(made.y[rows], lengths) < 0.65


def test_the_card_says_what_is_read(made):
    card = CARD.read_text(encoding="utf-8")
    names = {"sklearn": "scikit-learn", "skimage": "scikit-image"}
    for package in docstrings.PACKAGES:
        distribution = names.get(package, package)
        version = metadata.version(distribution).partition("+")[0]
        assert f"| `{package}` | {distribution} {version} |" in card
    assert f"{docstrings.SHORTEST} characters" in card
    assert f"{docstrings.ODD_TEXTS} texts" in card


# --- what is refused


@pytest.mark.parametrize(
    ("packages", "error", "message"),
    [
        ("scipy", TypeError, "packages is the text 'scipy'; two or more names"),
        (None, TypeError, "packages is None"),
        (["scipy", 3], TypeError, "packages has 3"),
        (["scipy"], ValueError, "two or more"),
        (["scipy", "keras", "scipy"], ValueError, "none twice"),
        (["scipy", "scikit-learn"], ValueError, "'scikit-learn'; the name that is imported"),
        (["scipy", "keras.layers"], ValueError, "the name that is imported"),
        (["no_such_package", "keras"], ModuleNotFoundError, "no_such_package is not installed"),
        (["skimage", "json_not_here"], ModuleNotFoundError, "json_not_here is not installed"),
        (["ast", "skimage"], ValueError, "ast is no package of source files"),
    ],
)
def test_packages_that_cannot_be_read_are_refused(packages, error, message):
    with pytest.raises(error, match=message):
        data.load_docstrings(packages)


@pytest.mark.parametrize("seed", [-1, 1.5, None, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises((TypeError, ValueError), match="seed is"):
        data.load_docstrings(seed=seed)


def test_a_file_that_is_no_python_is_named(written):
    written(broken_pkg="def f(:\n", fine_pkg=MODULE)
    with pytest.raises(ValueError, match=r"broken_pkg.__init__\.py cannot be read as Python"):
        data.load_docstrings(["broken_pkg", "fine_pkg"])


def test_packages_without_texts_and_folders_without_a_package_are_refused(written):
    folder = written(silent_pkg="x = 1\n", spoken_pkg=MODULE)
    with pytest.raises(ValueError, match="silent_pkg has no docstring"):
        data.load_docstrings(["spoken_pkg", "silent_pkg"])
    (folder / "just_a_folder").mkdir()
    with pytest.raises(ValueError, match="just_a_folder is no package"):
        data.load_docstrings(["just_a_folder", "spoken_pkg"])
