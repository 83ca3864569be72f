"""Exercises of lesson 16 on surprise: of each step of a sequence, and of the whole sequence."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from course_utils.exercises.engine import Exercise
from course_utils.exercises.ranking import area
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    plain,
    require,
    same_numbers,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np
from scipy.stats import rankdata

# ------------------------------------------------------------------------------- 2 · the surprise

bigram_surprises = Exercise(
    "Return −log p (len + 1,) of each symbol given the one before it, and of the end: p = "
    "(count(previous, symbol) + 1) / (Σ count(previous, ·) + K).",
    hints=(
        'The steps are pairs: ("<s>", first), (first, second), … (last, "</s>"): '
        'zip(["<s>", *sequence], [*sequence, "</s>"]).',
        "Σ count(previous, ·) adds all counts whose pair begins with the previous symbol. A pair "
        "that is not in counts was seen 0 times: counts.get(pair, 0).",
        "K = len({symbol for _, symbol in counts}) + 1. The logarithm is the natural one, np.log.",
    ),
    praise="Right. A step that was never seen is surprising, and no longer impossible.",
)


@bigram_surprises.set_solution
def bigram_surprises_solution(sequence, counts):
    K = len({symbol for _, symbol in counts}) + 1  # one more for what was never seen
    followed = {}
    for (previous, _), count in counts.items():
        followed[previous] = followed.get(previous, 0) + count
    steps = zip(["<s>", *sequence], [*sequence, "</s>"], strict=True)
    p = [(counts.get(step, 0) + 1) / (followed.get(step[0], 0) + K) for step in steps]
    return -np.log(p)


def _pairs(sequence):
    return list(pairwise(["<s>", *sequence, "</s>"]))


def _counted(sequences):
    """Return a plain dict (previous, symbol) → count."""
    return dict(Counter(pair for each in sequences for pair in _pairs(each)))


@bigram_surprises.set_check
def bigram_surprises_check(answer):
    train = ["abbac", "abac", "abbbac", "bac", "abc", "abbad"]
    counts, sequence = _counted(train), list("abbcadab")
    given = counts.copy()
    try:
        result = answer(sequence.copy(), given)
    except KeyError as error:
        require(
            error.args[0] not in _pairs(sequence),
            f"The pair {error.args[0]} is not in counts, since training never had it: it was "
            "seen 0 times. counts.get(pair, 0) says so.",
        )
        raise
    require(
        given == counts and list(given) == list(counts),
        "Your function changes the `counts` that it was given: a pair that is only looked at "
        "would count as known from then on.",
    )
    right = bigram_surprises_solution(sequence, counts)
    values = np.asarray(plain(result))
    if values.shape == right.shape and values.dtype.kind == "f":
        unseen = [counts.get(pair, 0) == 0 for pair in _pairs(sequence)]
        require(
            not (~np.isfinite(values[unseen])).any(),
            "A step that training never had gets p = 0, and −log 0 is infinite: one unknown step "
            "would outweigh everything. Add 1 to its count.",
        )
    got = as_array(result, what="the surprises")
    require(got.shape != (), "One number came back; each step has a surprise of its own.")
    name_the_mistake(
        got,
        (
            (
                right[:-1],
                "The end is missing. That a sequence stops is a step too, from its last symbol to "
                '"</s>": without it, one that stops too early surprises nobody.',
            ),
            (
                right[1:],
                'The start is missing: the first symbol comes after "<s>", and how a sequence '
                "begins can be odd.",
            ),
            (
                right[1:-1],
                'Start and end are missing: the first step comes from "<s>", the last one goes to '
                '"</s>".',
            ),
        ),
    )
    got = as_array(got, shape=right.shape, what="the surprises")
    _name_the_surprises(got, right, sequence, counts)
    told = difference(got, right)
    require(not told, f"The surprises differ from −log p: {told}")


def _name_the_surprises(got, right, sequence, counts):
    if same_numbers(got, right):
        return
    steps = _pairs(sequence)
    following = {symbol for _, symbol in counts}
    everything = {symbol for pair in counts for symbol in pair}
    K = len(following) + 1
    seen = np.array([counts.get(step, 0) for step in steps])

    def total(choose):
        return np.array(
            [sum(count for pair, count in counts.items() if choose(pair, step)) for step in steps]
        )

    def surprise(count, whole):
        with np.errstate(all="ignore"):
            p = count / whole
            return np.where(p > 0, -np.log(np.where(p > 0, p, 1)), np.inf)

    followed = total(lambda pair, step: pair[0] == step[0])
    turned = np.array([counts.get(step[::-1], 0) for step in steps])
    kinds = np.array([len({b for a, b in counts if a == step[0]}) for step in steps])
    mistakes = (
        (right / np.log(2), "That is log2, in bits. The natural logarithm is asked for: np.log."),
        (right / np.log(10), "That is log10. The natural logarithm is asked for: np.log."),
        (-right, "The sign is turned: −log p is 0 or more, and high where a step is rare."),
        (np.exp(-right), "Those are the probabilities p; the surprise is −log p."),
        (1 - np.exp(-right), "That is 1 − p; the surprise is −log p."),
        (
            surprise(seen + 1, followed + K - 1),
            "K is one too small. It counts all symbols that can come next, the end among them, "
            "and one more for what was never seen.",
        ),
        (
            surprise(seen + 1, followed + len(everything) + 1),
            'K counts "<s>" too. It is no symbol that can come next.',
        ),
        (
            surprise(seen + 1, followed + len(counts)),
            "K is the number of pairs in counts. It is the number of distinct symbols that can "
            "come next, and one more.",
        ),
        (
            surprise(seen + 1, followed + len(counts) + 1),
            "K is the number of pairs in counts, and one. It is the number of distinct symbols "
            "that can come next, and one more.",
        ),
        (
            surprise(seen + 1, followed + len(set(sequence)) + 1),
            "K is taken from the sequence. It is taken from counts, so that it is the same for "
            "all sequences.",
        ),
        (
            surprise(seen + 1, followed + kinds + 1),
            "K counts what came after the previous symbol alone. It counts all symbols that can "
            "come next in counts, the same K for all steps.",
        ),
        (
            surprise(seen + 1, kinds + K),
            "Below stands how many different symbols came after the previous one. It should be "
            "how often: Σ count(previous, ·).",
        ),
        (
            surprise(seen + 1, followed + 1),
            "1 is added to each count above, and only 1 below: the shares of all that can come "
            "next add up to more than 1. Add K below.",
        ),
        (
            surprise(seen + 1, followed),
            "1 is added above and nothing below: the shares of all that can come next add up to "
            "more than 1. Add K below.",
        ),
        (
            surprise(seen + 1, total(lambda pair, step: pair[1] == step[1]) + K),
            "Below stands how often the symbol came at all. It should be how often anything came "
            "after the previous one: Σ count(previous, ·).",
        ),
        (
            surprise(seen + 1, sum(counts.values()) + K),
            "Below stands the sum of all counts. It should be that of the pairs which begin with "
            "the previous symbol.",
        ),
        (
            surprise(total(lambda pair, step: pair[1] == step[1]) + 1, sum(counts.values()) + K),
            "That is the surprise of each symbol by itself. What came before it plays no part.",
        ),
        (
            surprise(turned + 1, followed + K),
            "The pairs are looked up the wrong way round: (previous, symbol).",
        ),
        (
            surprise(turned + 1, total(lambda pair, step: pair[0] == step[1]) + K),
            "The pairs are looked up the wrong way round: (previous, symbol).",
        ),
    )
    finite = [(each, told) for each, told in mistakes if np.isfinite(each).all()]
    name_the_mistake(got, finite)


@bigram_surprises.set_inputs
def bigram_surprises_inputs(rng):
    yield "the example", (["a", "b"], _counted([["a", "b"], ["a", "c"]]))
    letters = np.array(list("abcdefgh"))

    def drawn(length, symbols=letters):
        return [str(each) for each in rng.choice(symbols, size=length)]

    for what, known, longest, asked in (
        ("many sequences", 60, 9, 7),
        ("few sequences", 2, 4, 6),
        ("one step", 5, 6, 1),
        ("an empty sequence", 7, 3, 0),
        ("a long sequence", 12, 20, 60),
    ):
        counts = _counted([drawn(rng.integers(1, longest + 1)) for _ in range(known)])
        yield what, (drawn(asked), counts)
    counts = _counted([drawn(5, letters[:3]) for _ in range(9)])
    yield "symbols that training never had", (drawn(9), counts)
    yield "a sequence that repeats one symbol", (["a"] * 6, counts)
    yield "counts in a Counter", (drawn(6), Counter(counts))
    numbers = [[int(each) for each in rng.integers(1, 6, size=4)] for _ in range(12)]
    yield "symbols that are numbers", (numbers[0] + numbers[1], _counted(numbers))
    words = ["open", "read", "close"]
    yield "symbols that are words", (drawn(5, words), _counted([drawn(4, words) for _ in "12345"]))
    yield "large counts", (drawn(6), {pair: 1000 * count for pair, count in counts.items()})
    once = {("<s>", "x"): 2, ("x", "y"): 1, ("y", "</s>"): 1, ("x", "z"): 3}
    yield "each symbol after one other alone", (["x", "z", "y", "x"], once)


# ---------------------------------------------------------------------------- 3 · sequence score

FOUND = 0.9  # AUROC on short and on long sequences
DRAWS = 3
NAMED = (
    (
        lambda steps: steps.sum(),
        "their sum does: long ones get high scores, whether a step is odd or not.",
    ),
    (
        lambda steps: steps.mean(),
        "the mean and the perplexity do: in a long sequence one odd step drowns.",
    ),
    (lambda steps: float(len(steps)), "their length does: no step has been looked at."),
    (lambda steps: np.median(steps), "the median does, which one odd step does not move."),
    (lambda steps: steps.min(), "the lowest surprise does: the most usual step says nothing."),
    (lambda steps: steps[-1], "the last surprise does. An odd step may stand anywhere."),
    (lambda steps: steps[0], "the first surprise does. An odd step may stand anywhere."),
)

sequence_score = TensorExercise(
    "Return one number for a sequence from the surprises of its steps (m,), by which a sequence "
    f"with one odd step ranks high, however long it is: AUROC {FOUND} or more.",
    hints=(
        "Two hundred usual steps of 0.3 add up to 60. How much does one step of 7 add?",
        "The mean divides that one step by two hundred. What does not shrink with the length?",
        "The highest surprise, or the mean of the few highest.",
    ),
    praise="Right: one odd step is found alone and among two hundred, on sequences held back.",
)


@sequence_score.set_solution
def sequence_score_solution(surprises):
    return surprises.max()


def _sequences(seed, longest, shortest, rows=240):
    """Return surprises of sequences, and y: every third has one odd step.

    Programs differ in how much they vary, so each sequence has a usual surprise of its own.
    """
    generator = np.random.default_rng(seed)
    lengths = np.exp(generator.uniform(np.log(shortest), np.log(longest), rows)).astype(int)
    y = (np.arange(rows) % 3 == 0).astype(int)
    sequences = []
    for length, odd in zip(lengths, y, strict=True):
        steps = generator.gamma(1.5, generator.uniform(0.1, 0.45), size=length)
        if odd:
            steps[generator.integers(length)] = generator.uniform(6, 9)
        sequences.append(steps)
    return sequences, y


@sequence_score.set_check
def sequence_score_check(answer):
    found = []
    for seed in range(DRAWS):
        parts = [_sequences(160 + seed, *each) for each in ((12, 1), (300, 80))]
        everything = [steps for sequences, _ in parts for steps in sequences]
        scores = np.array([_score(answer, steps) for steps in everything])
        if seed == 0:
            _name_the_score(scores, everything)
            again = [_score(answer, steps) for steps in everything[::-9]]
            require(
                same_numbers(again, scores[::-9], 1e-6),
                "The same surprises got another score the second time: a score must depend on "
                "its sequence alone.",
            )
        y = np.concatenate([each for _, each in parts])
        half = len(y) // 2
        found.append(
            [
                area(scores[part][y[part] == 0], scores[part][y[part] == 1])
                for part in (slice(half), slice(half, None), slice(None))
            ]
        )
    short, long, together = np.mean(found, axis=0)
    told = (
        f"On sequences held back, the AUROC is {short:.2f} among short ones (1 to 11 steps), "
        f"{long:.2f} among long ones (80 to 299) and {together:.2f} for both together; {FOUND} or "
        "more is asked for each."
    )
    require(together >= 0.3, f"Upside down? Higher has to mean more anomalous. {told}")
    require(min(short, long, together) >= FOUND, told)


def _score(answer, steps):
    result = answer(steps.copy())
    got = as_array(result, what="the score")
    require(
        got.shape == (),
        f"One number for each sequence is asked for; for {len(steps)} steps you return the shape "
        f"{got.shape}.",
    )
    return float(got)


def _name_the_score(scores, sequences):
    """Refuse a score that ranks as a known one does, whatever increasing function it takes."""
    require(
        np.ptp(scores) > 0,
        "All sequences get the same score, so that nothing ranks before another.",
    )
    require(
        len(np.unique(scores)) > 2,
        "Your score has two values alone: that is a verdict. A score ranks, and where the line "
        "is drawn comes later.",
    )
    ranks = rankdata(np.round(scores, 9))
    for rule, told in NAMED:
        known = rankdata(np.round([rule(steps) for steps in sequences], 9))
        require(
            np.corrcoef(ranks, known)[0, 1] < 1 - 1e-9, f"Your score ranks the sequences as {told}"
        )
