"""Lesson 16: the notebook's TF-IDF, n-grams and GRU meet scikit-learn, torch and the package."""

import subprocess
import sys

from course_utils import detectors
from course_utils.course import lessons
from course_utils.exercises import lesson_16 as ex

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors
from torch import nn

DEFINING_CELLS = (
    "imports",
    "more-imports",
    "ngrams",
    "tfidf",
    "nearest",
    "unit-rows",
    "cut-jobs",
    "ngram",
    "ngram-share",
    "gru",
    "gru-forward",
    "coding",
    "all-pairs",
    "train-gru",
    "told",
    "count-distance",
    "rivals",
    "models",
)
TEXTS = [
    "Return the sparse matrix of distances.",
    "Compute the matrix exponential.",
    "A filter, by its window; the WINDOW is given.",
    "xy",
    "Ünïcode — “quotes” and ½",
]


@pytest.fixture(scope="module")
def lesson():
    cells = lessons.sources_of("16")
    names = {name: exercise._solution for name, exercise in vars(ex).items() if name in ex.__all__}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
        names["device"] = torch.device("cpu")
    return names


def logs(count=80, seed=0):
    """Return sequences of keys with some order in them, copies among them."""
    generator = np.random.default_rng(seed)
    moves = generator.dirichlet(np.full(5, 0.4), size=5)
    sequences = []
    for _ in range(count):
        keys = [int(generator.integers(5))]
        while len(keys) < generator.integers(1, 14):
            keys.append(int(generator.choice(5, p=moves[keys[-1]])))
        sequences.append(tuple(3 * key + 2 for key in keys))
    return sequences


# --------------------------------------------------------------------------------------- texts


def test_tfidf_is_scikit_learn_s_column_by_column(lesson):
    train, new = TEXTS[:3], TEXTS
    theirs = TfidfVectorizer(analyzer="char", ngram_range=(3, 5)).fit(train)
    column, idf = lesson["fit_idf"](train)
    assert set(column) == set(theirs.vocabulary_)
    order = [column[gram] for gram in theirs.get_feature_names_out()]
    np.testing.assert_allclose(idf[order], theirs.idf_, rtol=1e-12)
    for texts in (train, new):
        ours = lesson["tfidf"](texts, column, idf).toarray()[:, order]
        np.testing.assert_allclose(ours, theirs.transform(texts).toarray(), atol=1e-12)


def test_without_unit_length_tfidf_is_counts_times_weights(lesson):
    train = TEXTS[:3]
    theirs = TfidfVectorizer(analyzer="char", ngram_range=(3, 5), norm=None).fit(train)
    column, idf = lesson["fit_idf"](train)
    order = [column[gram] for gram in theirs.get_feature_names_out()]
    ours = lesson["tfidf"](TEXTS, column, idf, unit=False).toarray()[:, order]
    np.testing.assert_allclose(ours, theirs.transform(TEXTS).toarray(), atol=1e-12)


def test_a_text_without_any_known_ngram_is_as_far_as_can_be(lesson):
    column, idf = lesson["fit_idf"](TEXTS[:3])
    old = lesson["tfidf"](TEXTS[:3], column, idf)
    new = lesson["tfidf"](["qqqq", TEXTS[0]], column, idf)
    np.testing.assert_allclose(lesson["nearest_cosine"](new, old), [1, 0], atol=1e-12)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_nearest_distances_are_scikit_learn_s(lesson, sparse):
    generator = np.random.default_rng(0)
    old, new = np.abs(generator.normal(size=(30, 6))), np.abs(generator.normal(size=(7, 6)))
    found = {}
    for name, metric in (("nearest_cosine", "cosine"), ("nearest_plain", "sqeuclidean")):
        rows = [lesson["unit"](each) if metric == "cosine" else each for each in (new, old)]
        near = NearestNeighbors(n_neighbors=1, metric=metric, algorithm="brute").fit(rows[1])
        found[name] = near.kneighbors(rows[0])[0][:, 0]
        parts = [lesson["csr_array"](each) for each in rows] if sparse else rows
        np.testing.assert_allclose(lesson[name](*parts), found[name], atol=1e-12)


# ----------------------------------------------------------------------------------- sequences


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_n_gram_is_the_package_s(lesson, order):
    train, new = logs(), [*logs(20, seed=1), (2, 2, 99, 5), (99,), ()]
    finished = detectors.NGram(order=order).fit(train)
    model = lesson["Ngram"](train, order)
    for ours, theirs in zip(
        (lesson["ngram_surprises"](model, each) for each in new),
        finished.surprises(new),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_the_shares_of_all_that_can_come_next_add_up_to_one(lesson):
    model = lesson["Ngram"](logs(), 3)
    for context in [(2, 5), (99, 2), ("<s>", "<s>")]:
        keys = [2, 5, 8, 11, 14, "</s>", "never seen"]
        assert sum(lesson["share"](model, context, key) for key in keys) == pytest.approx(1)


def test_the_cut_leaves_no_copy_on_two_sides(lesson):
    jobs = logs(300)
    kinds = np.array(["odd" if number % 20 == 0 else "" for number in range(300)])
    train, held, new, new_kinds = lesson["cut_jobs"](jobs, kinds, seed=1)
    calm = {job for job, kind in zip(new, new_kinds, strict=True) if not kind}
    assert not set(train) & set(held)
    assert not set(train) & calm
    assert not set(held) & calm
    assert len(train) + len(held) + len(new) == 300
    assert (new_kinds == "odd").sum() == 15


def test_the_gru_is_torch_s(lesson):
    network = lesson["NextKeyGRU"](7, 4, seed=0)
    theirs = nn.GRU(4, 4, batch_first=True)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(network.W.T)
        theirs.weight_hh_l0.copy_(network.U.T)
        theirs.bias_ih_l0.copy_(network.b)
        theirs.bias_hh_l0.copy_(torch.cat([torch.zeros(8), network.c]))
        windows = torch.randint(7, (5, 10), generator=torch.Generator().manual_seed(1))
        last = theirs(network.embedding[windows])[1][0]
        wanted = last @ network.V + network.d
        torch.testing.assert_close(network(windows), wanted, rtol=0, atol=1e-6)


def test_the_network_learns_and_its_twin_is_where_it_began(lesson):
    jobs = logs(120)
    codes = lesson["fit_codes"](jobs)
    coded = lesson["coded"](jobs, codes)
    means = {}
    for epochs in (0, 5, 60):
        network = lesson["train_gru"](coded, codes, epochs, seed=0)
        means[epochs] = np.concatenate(lesson["told"](network, coded)[0]).mean()
    began = lesson["NextKeyGRU"](len(codes) + 3, 32, 0)
    assert means[0] == pytest.approx(np.concatenate(lesson["told"](began, coded)[0]).mean())
    assert means[60] < means[5] < means[0]
    # what a table of the windows themselves would reach is a floor
    assert means[60] > 0.2


def test_equal_windows_count_as_often_as_they_occur(lesson):
    """With one window seen three times as often, the network learns shares of 3 to 1."""
    jobs = [(1,)] * 3 + [(2,)]
    codes = lesson["fit_codes"](jobs)
    network = lesson["train_gru"](lesson["coded"](jobs, codes), codes, 400, seed=0)
    [first, _], [second, _] = lesson["told"](network, lesson["coded"]([(1,), (2,)], codes))[0]
    assert np.exp(-first) == pytest.approx(0.75, abs=0.03)
    assert np.exp(-second) == pytest.approx(0.25, abs=0.03)


def test_surprises_and_ranks_belong_to_their_steps(lesson):
    jobs = logs(30)
    codes = lesson["fit_codes"](jobs)
    coded = lesson["coded"]([*jobs, (99,)], codes)
    network = lesson["NextKeyGRU"](len(codes) + 3, 32, 3)
    surprises, ranks = lesson["told"](network, coded)
    for job, some, places in zip(coded, surprises, ranks, strict=True):
        windows, targets = ex.next_key_pairs._solution(job, lesson["LENGTH"])
        logits = network(torch.tensor(windows)).log_softmax(dim=1).detach().numpy()
        own = logits[np.arange(len(job)), targets]
        np.testing.assert_allclose(some, -own, atol=1e-5)
        assert places.tolist() == ((logits > own[:, None]).sum(axis=1) + 1).tolist()


def test_the_lesson_s_network_says_what_next_key_says(lesson):
    """The package's weights in the lesson's network: start and end are one number there."""
    jobs, new = logs(60), logs(20, seed=5)
    finished = detectors.NextKey(context=lesson["LENGTH"], hidden_units=16, steps=50, device="cpu")
    theirs = finished.fit(jobs).network_
    codes = lesson["fit_codes"](jobs)
    keys = finished.symbols_
    numbers = [codes[key] for key in keys]  # the lesson's number of each of the package's symbols
    network = lesson["NextKeyGRU"](len(codes) + 3, 16, seed=0)
    inner, count = theirs.recurrent, len(keys)
    with torch.no_grad():
        for name, values in {
            "W": inner.from_input,
            "b": inner.offset,
            "U": inner.from_state,
            "c": inner.state_offset,
        }.items():
            getattr(network, name).copy_(values)
        network.embedding[0].copy_(theirs.vectors[count])  # before the beginning
        network.embedding[numbers] = theirs.vectors[:count]
        network.V.zero_()
        network.d.fill_(-1e9)  # what the package never guesses
        places = [*numbers, len(codes) + 1]
        network.V[:, places] = inner.head
        network.d[places] = inner.head_offset
    surprises, ranks = lesson["told"](network, lesson["coded"](new, codes))
    for ours, places, wanted, wanted_places in zip(
        surprises, ranks, finished.surprises(new), finished.ranks(new), strict=True
    ):
        even = 0.001 / (count + 2)  # spread evenly over symbols, end and unknown
        np.testing.assert_allclose(-np.log(0.999 * np.exp(-ours) + even), wanted, atol=1e-5)
        assert places.tolist() == wanted_places.tolist()


def test_counts_see_numbers_and_no_order(lesson):
    train = [(1, 1, 2), (1, 2, 2)]
    away = lesson["count_distance"]([(2, 1, 1), (1,) * 9], train, [1, 2])
    assert away.tolist() == [0, np.hypot(7, 1)]


def test_equal_distances_by_counts_are_equal_to_the_last_digit(lesson):
    """Whatever breaks their ties breaks the ranks that two scores are joined by."""
    generator = np.random.default_rng(2)
    jobs = [tuple(generator.integers(6, size=generator.integers(1, 40))) for _ in range(200)]
    squared = lesson["count_distance"](jobs[100:], jobs[:100], list(range(6))) ** 2
    np.testing.assert_allclose(squared, np.round(squared), rtol=1e-14)
    assert lesson["count_distance"](jobs[:100], jobs[:100], list(range(6))).tolist() == [0] * 100


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_16; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_tiny_examples_of_the_stubs_hold():
    assert ex.log_key._solution("Took 0.25 s for /data/a.txt") == "Took <*> s for <*>"
    surprises = ex.bigram_surprises._solution([1], {("<s>", 1): 1, (1, "</s>"): 1})
    assert surprises == pytest.approx(-np.log([2 / 4, 2 / 4]))
    trains = ex.split_copies._solution(["ab", "ab", "c"], 0.5, 0)
    assert trains.tolist() in ([True, True, False], [False, False, True])
    contexts, targets = ex.next_key_pairs._solution([5, 6], 2)
    assert (contexts.tolist(), targets.tolist()) == ([[0, 0], [0, 5]], [5, 6])
    assert ex.choose_g._solution([np.array([1, 2]), np.array([1, 5])], 0.5) == 2
    scores = [np.array(each) for each in ([3.0], [10.0], [1.0, 2, 3, 4], [9.0, 11])]
    assert ex.larger_rank._solution(*scores).tolist() == [0.625]
