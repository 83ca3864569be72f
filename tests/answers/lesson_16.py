"""Answers to the exercises of lesson 16: right ones in other styles, and wrong ones."""

import difflib
import hashlib
import itertools
import math
import random
import re
from collections import Counter, defaultdict

from answers import right, wrong
from course_utils.detectors import NextKey, NGram
from course_utils.exercises import lesson_16 as ex

import numpy as np
import pandas as pd
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import logsumexp
from scipy.stats import percentileofscore, rankdata
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.neighbors import NearestNeighbors

# ------------------------------------------------------------------------------------- 1 · log key

QUOTED = r"\"[^\"]*\"|'[^']*'"
NUMBER = r"-?\d+(\.\d+)*"


@right(ex.log_key)
def key_by_one_pattern(line):
    kinds = QUOTED, r"/\S+", r"0[xX][0-9a-fA-F]+", r"blk_-?\d+", r"(\d+\.){3}\d+:\d+", NUMBER
    return re.sub("|".join(kinds), "<*>", line)


@right(ex.log_key)
def key_without_greed(line=None):
    line = re.sub(r"([\"']).*?\1", "<*>", line)
    line = re.sub(r"(?:/[\w.-]+)+|0x[\da-f]+|blk_\S+", "<*>", line)
    return re.sub(r"[-+]?\d[.\d]*", "<*>", line)


@right(ex.log_key)
def key_word_by_word(line):
    words = []
    for word in re.sub(QUOTED, "<*>", line).split():
        if word.startswith(("/", "0x", "blk_")):
            words.append("<*>")
        else:
            words.append(re.sub(r"[-\d][-\d.:]*", "<*>", word))
    return " ".join(words)


@right(ex.log_key)
def key_by_masks(line):
    masks = {"quote": QUOTED, "path": r"(?<!\w)/[^ ]*", "hex": r"\b0x\w+"}
    for pattern in masks.values():
        line = re.compile(pattern).sub("<*>", line)
    line = re.sub(r"-(?=\d)", "", line)
    return re.sub(r"\d+(?:\.\d+)?", lambda found: "<*>", line)


@right(ex.log_key)
def key_of_few_placeholders(line):
    return re.sub(r"(<\*>[.:,\-]?)+", "<*>", key_by_one_pattern(line))


def replaced(*patterns):
    """Return a key that replaces each pattern, one after the other."""

    def key(line):
        for pattern in patterns:
            line = re.sub(pattern, "<*>", line)
        return line

    return key


wrong(ex.log_key, "whole line")(lambda line: line)
wrong(ex.log_key, "whole line")(lambda line: line.strip())
wrong(ex.log_key, "All lines get one key")(lambda line: "<*>")
wrong(ex.log_key, "All lines get one key")(lambda line: re.sub(r"\S+.*", "<*>", line))
wrong(ex.log_key, "A part of the path is left over")(replaced(r"\d+"))
wrong(ex.log_key, "A part of the path is left over")(replaced(QUOTED, r"0x\w+", NUMBER))
wrong(ex.log_key, "A part of the path is left over")(replaced(QUOTED, r"0x\w+", NUMBER, r"/\w+"))
wrong(ex.log_key, "number inside a word")(
    replaced(QUOTED, r"/\S+", r"0x\w+", r"-?\b\d+(\.\d+)*\b", r"blk_-?\d+")
)
wrong(ex.log_key, "between quotes is left over")(replaced(r"/\S+", r"0x\w+", NUMBER))
wrong(ex.log_key, "may contain spaces")(replaced(r"\"\S+\"|'\S+'", r"/\S+", r"0x\w+", NUMBER))
wrong(ex.log_key, "several <*>")(
    lambda line: " ".join(word if word.isalpha() else "<*>" for word in line.split())
)
wrong(ex.log_key, "its digits are 0 to 9 and a to f")(
    replaced(QUOTED, r"/\S+", r"0x[0-9A-F]+", NUMBER)
)
wrong(ex.log_key, "tore the hex address apart")(replaced(QUOTED, r"/\S+", NUMBER, r"0x\w+"))
wrong(ex.log_key, "The hex address is left over")(
    replaced(
        QUOTED, r"/\S+", r"blk_-?\d+", r"(?<![\w.])-?\d+(\.\d+)*(?![\dx])(?=ms|\W|$)|(?<=node)\d+"
    )
)
wrong(ex.log_key, "The minus sign")(replaced(QUOTED, r"/\S+", r"0x\w+", r"\d+(\.\d+)*"))
wrong(ex.log_key, "A decimal number counts as two")(replaced(QUOTED, r"/\S+", r"0x\w+", r"-?\d+"))
wrong(ex.log_key, "as .* does")(replaced(r"\".*\"|'.*'", r"/\S+", r"0x\w+", NUMBER))
wrong(ex.log_key, "as .* does")(replaced(QUOTED, r"/.*", r"0x\w+", NUMBER))
wrong(ex.log_key, "letters a to f alone")(
    replaced(QUOTED, r"/\S+", r"0x\w+", r"\b[a-f]+\b", NUMBER)
)
wrong(ex.log_key, "takes the name before the =")(replaced(QUOTED, r"/\S+", r"\S*\d\S*"))
wrong(ex.log_key, "in another order")(lambda line: " ".join(sorted(key_by_masks(line).split())))
wrong(ex.log_key, "is gone from the key")(lambda line: " ".join(key_by_masks(line).split()[:3]))
wrong(ex.log_key, "no <*> says")(
    lambda line: hashlib.sha256(key_by_masks(line).encode()).hexdigest()
)
wrong(ex.log_key, "no <*> says")(lambda line: key_by_masks(line).replace("<*>", "#"))
wrong(ex.log_key, "you return list")(lambda line: key_by_masks(line).split())
wrong(ex.log_key, "`return` missing")(lambda line: print(end=""))
wrong(ex.log_key, "split into several keys: 4 of 22")(lambda line: str(len(line.split())))
wrong(ex.log_key, "'started' and 'stopped' tell them apart")(
    lambda line: re.sub(r"st\w+ed", "<*>", key_by_masks(line))
)


@wrong(ex.log_key, "got another key")
def key_that_notes_repeats(line, last=[""]):  # noqa: B006 (the mistake)
    repeated, last[0] = line == last[0], line
    return key_by_masks(line) + " again" * repeated


# --------------------------------------------------------------------------- 2 · bigram surprises


@right(ex.bigram_surprises)
def surprises_by_a_loop(sequence, counts):
    symbols = {pair[1] for pair in counts}
    previous, surprises = "<s>", []
    for symbol in [*sequence, "</s>"]:
        followed = sum(counts[pair] for pair in counts if pair[0] == previous)
        count = counts.get((previous, symbol)) or 0
        surprises.append(math.log(followed + len(symbols) + 1) - math.log(count + 1))
        previous = symbol
    return surprises


@right(ex.bigram_surprises)
def surprises_by_counters(sequence=None, counts=None):
    followed = Counter()
    for (previous, _), count in counts.items():
        followed[previous] += count
    counts = defaultdict(int, counts)
    K = 1 + len({symbol for _, symbol in counts})
    steps = itertools.pairwise(["<s>", *sequence, "</s>"])
    return [-math.log((counts[a, b] + 1) / (followed[a] + K)) for a, b in steps]


@right(ex.bigram_surprises)
def surprises_by_torch(sequence, counts):
    K = len(dict.fromkeys(symbol for _, symbol in counts)) + 1
    steps = list(zip(["<s>", *sequence], [*sequence, "</s>"], strict=True))
    seen = torch.tensor([float(counts.get(step, 0)) for step in steps])
    whole = torch.tensor(
        [float(sum(n for (first, _), n in counts.items() if first == a)) for a, _ in steps]
    )
    return -torch.log((seen + 1) / (whole + K))


@right(ex.bigram_surprises)
def surprises_by_pandas(sequence, counts):
    table = pd.DataFrame(
        {"a": [a for a, _ in counts], "b": [b for _, b in counts], "n": list(counts.values())}
    )
    totals, K = table.groupby("a")["n"].sum(), table["b"].nunique() + 1
    steps = list(itertools.pairwise(["<s>", *sequence, "</s>"]))
    p = [(counts.get(step, 0) + 1) / (totals.get(step[0], 0) + K) for step in steps]
    return pd.Series(-np.log(p))


@right(ex.bigram_surprises)
def surprises_by_all_symbols(sequence, counts):
    """Count "<s>" as a symbol, and nothing for what was never seen: the same number."""
    K = len(set(itertools.chain(*counts)))
    steps = list(itertools.pairwise(["<s>", *sequence, "</s>"]))
    followed = [sum(n for pair, n in counts.items() if pair[0] == first) for first, _ in steps]
    seen = [counts.get(step, 0) for step in steps]
    return np.log(np.add(followed, K)) - np.log1p(seen)


def surprises_with(
    *, K=lambda counts: len({b for _, b in counts}) + 1, plus=1, log=np.log, total=None, steps=None
):
    """Return a way to compute the surprises in which one part is replaced."""

    def followed(counts, step):
        return sum(n for pair, n in counts.items() if pair[0] == step[0])

    def surprises(sequence, counts):
        made = steps(sequence) if steps else itertools.pairwise(["<s>", *sequence, "</s>"])
        with np.errstate(all="ignore"):
            p = [
                np.divide(
                    counts.get(step, 0) + plus, (total or followed)(counts, step) + K(counts)
                )
                for step in made
            ]
            return -log(np.array(p))

    return surprises


def stored(words, **parts):
    wrong(ex.bigram_surprises, words)(surprises_with(**parts))


stored("The end is missing", steps=lambda s: itertools.pairwise(["<s>", *s]))
stored("The start is missing", steps=lambda s: itertools.pairwise([*s, "</s>"]))
stored("Start and end are missing", steps=itertools.pairwise)
stored("log2, in bits", log=np.log2)
stored("log10", log=np.log10)
stored("The sign is turned", log=lambda p: -np.log(p))
stored("probabilities p", log=lambda p: -p)
stored("1 − p", log=lambda p: p - 1)
wrong(ex.bigram_surprises, "after the previous symbol alone")(
    lambda sequence, counts: [
        math.log(sum(n + 1 for (a, _), n in counts.items() if a == step[0]) + 1)
        - math.log(counts.get(step, 0) + 1)
        for step in itertools.pairwise(["<s>", *sequence, "</s>"])
    ]
)
stored("how many different", total=lambda counts, step: sum(p[0] == step[0] for p in counts))
stored("K is one too small", K=lambda counts: len({b for _, b in counts}))
stored('K counts "<s>" too', K=lambda counts: len(set(itertools.chain(*counts))) + 1)
stored("number of pairs", K=len)
stored("number of pairs", K=lambda counts: len(counts) + 1)
stored("only 1 below", K=lambda counts: 1)
stored("nothing below", K=lambda counts: 1e-300)
stored("minus log 0 is infinite".replace("minus ", "−"), plus=0)
stored("how often the symbol came", total=lambda c, step: sum(c[p] for p in c if p[1] == step[1]))
stored("sum of all counts", total=lambda counts, step: sum(counts.values()))
stored(
    "the wrong way round",
    steps=lambda s: [p[::-1] for p in itertools.pairwise(["<s>", *s, "</s>"])],
)
wrong(ex.bigram_surprises, "One number came back")(
    lambda sequence, counts: sum(surprises_by_a_loop(sequence, counts))
)


@wrong(ex.bigram_surprises, "was seen 0 times")
def surprises_with_a_lookup(sequence, counts):
    K = len({symbol for _, symbol in counts}) + 1
    followed = Counter()
    for (previous, _), count in counts.items():
        followed[previous] += count
    steps = itertools.pairwise(["<s>", *sequence, "</s>"])
    return [-math.log((counts[step] + 1) / (followed[step[0]] + K)) for step in steps]


@wrong(ex.bigram_surprises, "changes the `counts`")
def surprises_that_note(sequence, counts):
    surprises = surprises_by_a_loop(sequence, counts)
    for step in itertools.pairwise(["<s>", *sequence, "</s>"]):
        counts.setdefault(step, 0)
    return surprises


@wrong(ex.bigram_surprises, "symbol by itself")
def surprises_without_the_previous(sequence, counts):
    single = Counter()
    for (_, symbol), count in counts.items():
        single[symbol] += count
    whole = single.total() + len(single) + 1
    return [-math.log((single[symbol] + 1) / whole) for symbol in [*sequence, "</s>"]]


# ------------------------------------------------------------------------------ 3 · sequence score


@right(ex.sequence_score)
def score_by_the_three_highest(surprises):
    return np.sort(surprises)[-3:].mean()


@right(ex.sequence_score)
def score_of_a_list(surprises=None):
    return max(surprises.tolist())


@right(ex.sequence_score)
def score_by_torch(surprises):
    return surprises.topk(min(2, surprises.numel())).values.mean()


@right(ex.sequence_score)
def score_by_a_soft_maximum(surprises):
    return logsumexp(surprises)


@right(ex.sequence_score)
def score_by_what_is_over_three(surprises):
    return pd.Series(surprises).where(lambda each: each > 3, 0).sum()


@right(ex.sequence_score)
def score_by_the_least_probability(surprises):
    return 1 - np.exp(-surprises).min()


wrong(ex.sequence_score, "as their sum does")(lambda surprises: surprises.sum())
wrong(ex.sequence_score, "as their sum does")(lambda surprises: np.log1p(np.sum(surprises)))
wrong(ex.sequence_score, "the mean and the perplexity")(lambda surprises: surprises.mean())
wrong(ex.sequence_score, "the mean and the perplexity")(lambda each: np.exp(np.mean(each)))
wrong(ex.sequence_score, "as their length does")(len)
wrong(ex.sequence_score, "the median does")(np.median)
wrong(ex.sequence_score, "the lowest surprise does")(lambda surprises: surprises.min())
wrong(ex.sequence_score, "the last surprise does")(lambda surprises: surprises[-1])
wrong(ex.sequence_score, "the first surprise does")(lambda surprises: surprises[0])
wrong(ex.sequence_score, "same score")(lambda surprises: 1.0)
wrong(ex.sequence_score, "that is a verdict")(lambda surprises: bool(surprises.max() > 3))
wrong(ex.sequence_score, "Upside down")(lambda surprises: -surprises.max())
wrong(ex.sequence_score, "Upside down")(lambda surprises: np.exp(-surprises).min())
wrong(ex.sequence_score, "among long ones")(lambda surprises: np.quantile(surprises, 0.99))
wrong(ex.sequence_score, "among long ones")(lambda surprises: np.linalg.norm(surprises))
wrong(ex.sequence_score, "among long ones")(lambda each: each.sum() / math.sqrt(len(each)))
wrong(ex.sequence_score, "for both together")(lambda surprises: surprises.max() / len(surprises))
wrong(ex.sequence_score, "among short ones")(lambda surprises: surprises.std())
wrong(ex.sequence_score, "among short ones")(lambda each: each.max() - each.mean())
wrong(ex.sequence_score, "you return the shape")(lambda surprises: surprises)
wrong(ex.sequence_score, "you return the shape (1,)")(lambda each: each.max(keepdims=True))


@wrong(ex.sequence_score, "changes the `surprises`")
def score_that_sorts(surprises):
    surprises.sort()
    return surprises[-1]


@wrong(ex.sequence_score, "the second time")
def score_that_remembers(surprises, before=[]):  # noqa: B006 (the mistake)
    before.append(surprises.max())
    return surprises.max() - np.mean(before)


# -------------------------------------------------------------------------------- 4 · split copies


@right(ex.split_copies)
def split_sorted(sequences, share, seed):
    distinct = sorted({tuple(each) for each in sequences})
    random.Random(seed).shuffle(distinct)
    train = set(distinct[: int(share * len(distinct))])
    return [tuple(each) in train for each in sequences]


@right(ex.split_copies)
def split_by_a_draw_for_each(sequences=None, share=None, seed=None):
    generator, side = np.random.default_rng(seed), {}
    for each in map(tuple, sequences):
        if each not in side:
            side[each] = generator.random() < share
    return pd.Series([side[tuple(each)] for each in sequences])


@right(ex.split_copies)
def split_by_groups(sequences, share, seed):
    groups = pd.factorize(pd.Series([tuple(each) for each in sequences]))[0]
    splitter = GroupShuffleSplit(1, train_size=share, random_state=seed)
    chosen, _ = next(splitter.split(sequences, groups=groups))
    return np.isin(np.arange(len(sequences)), chosen)


@right(ex.split_copies)
def split_by_a_hash_that_stays(sequences, share, seed):
    def number(each):
        text = f"{seed}: {list(map(str, each))}"
        return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10_000

    return np.array([number(each) < 10_000 * share for each in sequences])


@right(ex.split_copies)
def split_by_texts(sequences, share, seed):
    _, numbers = np.unique([str(each) for each in sequences], return_inverse=True)
    order = torch.randperm(numbers.max() + 1, generator=torch.Generator().manual_seed(seed))
    return (order < share * len(order))[torch.from_numpy(numbers)]


@wrong(ex.split_copies, "rows were drawn, not sequences")
def split_of_rows(sequences, share, seed):
    order = np.random.default_rng(seed).permutation(len(sequences))
    train = np.zeros(len(sequences), dtype=bool)
    train[order[: round(share * len(sequences))]] = True
    return train


@wrong(ex.split_copies, "rows were drawn, not sequences")
def split_by_scikit_learn(sequences, share, seed):
    rows = np.arange(len(sequences))
    return np.isin(rows, train_test_split(rows, train_size=share, random_state=seed)[0])


@wrong(ex.split_copies, "One copy of each")
def split_of_first_copies(sequences, share, seed):
    return ~pd.Series([tuple(each) for each in sequences]).duplicated()


@wrong(ex.split_copies, "Share was taken of the rows")
def split_of_the_frequent(sequences, share, seed):
    train, rows = set(), 0
    for each, copies in Counter(map(tuple, sequences)).most_common():
        if rows < share * len(sequences):
            train.add(each)
            rows += copies
    return np.array([tuple(each) in train for each in sequences])


@wrong(ex.split_copies, "of the distinct ones")
def split_until_enough_rows(sequences, share, seed):
    counts, train, rows = Counter(map(tuple, sequences)), set(), 0
    distinct = list(counts)
    for number in np.random.default_rng(seed).permutation(len(distinct)):
        if rows + counts[distinct[number]] <= share * len(sequences):
            train.add(distinct[number])
            rows += counts[distinct[number]]
    return np.array([tuple(each) in train for each in sequences])


@wrong(ex.split_copies, "Another seed gives the same split")
def split_in_order(sequences, share, seed):
    distinct = list(dict.fromkeys(map(tuple, sequences)))
    train = set(distinct[: round(share * len(distinct))])
    return np.array([tuple(each) in train for each in sequences])


@wrong(ex.split_copies, "start of Python")
def split_of_a_set(sequences, share, seed):
    distinct = list({tuple(each) for each in sequences})
    order = np.random.default_rng(seed).permutation(len(distinct))
    train = {distinct[number] for number in order[: round(share * len(distinct))]}
    return np.array([tuple(each) in train for each in sequences])


@wrong(ex.split_copies, "start of Python")
def split_by_hash(sequences, share, seed):
    return np.array([hash((seed, *each)) % 10_000 < 10_000 * share for each in sequences])


@wrong(ex.split_copies, "Called twice")
def split_without_the_seed(sequences, share, seed):
    return split_by_a_draw_for_each(sequences, share, None)


@wrong(ex.split_copies, "changes the `sequences`")
def split_that_sorts(sequences, share, seed):
    sequences.sort()
    return split_sorted(sequences, share, seed)


def split(sequences, share, seed):
    return split_by_a_draw_for_each(sequences, share, seed).to_numpy()


wrong(ex.split_copies, "Another seed gives the same split")(
    lambda s, share, seed: split(s, share, 0)
)
wrong(ex.split_copies, "Is True for training")(lambda s, share, seed: ~split(s, share, seed))
wrong(ex.split_copies, "row numbers")(lambda s, share, seed: np.flatnonzero(split(s, share, seed)))
wrong(ex.split_copies, "You return int64")(
    lambda s, share, seed: split(s, share, seed).astype("int64")
)
wrong(ex.split_copies, "Several results")(lambda s, *more: (split(s, *more), ~split(s, *more)))
wrong(ex.split_copies, "All rows are on one side")(lambda s, *more: np.ones(len(s), dtype=bool))
wrong(ex.split_copies, "distinct ones")(lambda s, share, seed: split(s, share**2, seed))

# ------------------------------------------------------------------------------ 5 · next-key pairs


@right(ex.next_key_pairs)
def pairs_by_windows(sequence, length):
    return sliding_window_view(np.pad(sequence, (length, 0)), length)[:-1], np.asarray(sequence)


@right(ex.next_key_pairs)
def pairs_by_torch(sequence, length):
    keys = torch.tensor(sequence)
    return torch.nn.functional.pad(keys, (length, 0)).unfold(0, length, 1)[:-1], keys


@right(ex.next_key_pairs)
def pairs_in_lists(sequence=None, length=None):
    window, contexts = [0] * length, []
    for key in sequence:
        contexts.append(window)
        window = [*window[1:], key]
    return contexts, sequence


@right(ex.next_key_pairs)
def pairs_by_shifts(sequence, length):
    keys = pd.Series(sequence)
    shifted = [keys.shift(steps, fill_value=0) for steps in range(length, 0, -1)]
    return pd.concat(shifted, axis=1), keys


@right(ex.next_key_pairs)
def pairs_by_filling(sequence, length):
    contexts = np.zeros((len(sequence), length), dtype=np.int32)
    for row in range(1, len(sequence)):
        known = sequence[max(0, row - length) : row]
        contexts[row, -len(known) :] = known
    return contexts, np.array(sequence, dtype=np.int32)


def pairs_of(padded, first, sequence, length):
    rows = [padded[i + first : i + first + length] for i in range(len(sequence))]
    return np.array(rows), np.array(sequence)


wrong(ex.next_key_pairs, "learns to copy it")(lambda s, n: pairs_of([0] * n + s, 1, s, n))
wrong(ex.next_key_pairs, "learns to copy it")(lambda s, n: pairs_of([0] * (n - 1) + s, 0, s, n))
wrong(ex.next_key_pairs, "one key is left out")(lambda s, n: pairs_of([0] * (n + 1) + s, 0, s, n))
wrong(ex.next_key_pairs, "keys after each target")(
    lambda s, n: pairs_of(s + [0] * (n + 1), 1, s, n)
)
wrong(ex.next_key_pairs, "begins at its target")(lambda s, n: pairs_of(s + [0] * n, 0, s, n))
wrong(ex.next_key_pairs, "filled with −1")(lambda s, n: pairs_of([-1] * n + s, 0, s, n))
wrong(ex.next_key_pairs, "filled with 1")(lambda s, n: pairs_of([1] * n + s, 0, s, n))
wrong(ex.next_key_pairs, "filled with the first key")(
    lambda s, n: pairs_of(s[:1] * n + s, 0, s, n)
)
wrong(ex.next_key_pairs, "4 columns")(lambda s, n: pairs_of([0] * n + s, 0, s, n + 1))
wrong(ex.next_key_pairs, "The targets come first")(lambda s, n: pairs_by_windows(s, n)[::-1])
wrong(ex.next_key_pairs, "2 results")(lambda s, n: pairs_by_windows(s, n)[0])
wrong(ex.next_key_pairs, "whole numbers")(lambda s, n: (pairs_by_windows(s, n)[0] / 1, s))
wrong(ex.next_key_pairs, "runs backwards")(lambda s, n: (pairs_by_windows(s, n)[0][:, ::-1], s))
wrong(ex.next_key_pairs, "The first key has no pair")(
    lambda s, n: (pairs_by_windows(s, n)[0][1:], s[1:])
)
wrong(ex.next_key_pairs, "The last key has no pair")(
    lambda s, n: (pairs_by_windows(s, n)[0][:-1], s[:-1])
)
wrong(ex.next_key_pairs, "unlike lengths")(
    lambda s, n: ([s[max(0, i - n) : i] for i in range(len(s))], s)
)
wrong(ex.next_key_pairs, "first 3 keys have no pair")(
    lambda s, n: (np.array([s[i - n : i] for i in range(n, len(s))]), np.array(s[n:]))
)
wrong(ex.next_key_pairs, "filled with 0 on the right")(
    lambda s, n: (np.array([(s[max(0, i - n) : i] + [0] * n)[:n] for i in range(len(s))]), s)
)
wrong(ex.next_key_pairs, "as np.roll does")(
    lambda s, n: (np.stack([np.roll(s, steps) for steps in range(n, 0, -1)], axis=1), s)
)


@wrong(ex.next_key_pairs, "changes the `sequence`")
def pairs_that_pad_in_place(sequence, length):
    sequence[:0] = [0] * length
    return pairs_of(sequence, 0, sequence[length:], length)


# ------------------------------------------------------------------------------------ 6 · choose g


@right(ex.choose_g)
def g_by_a_loop(ranks, budget):
    g = 1
    while sum(any(rank > g for rank in each) for each in ranks) / len(ranks) > budget:
        g += 1
    return g


@right(ex.choose_g)
def g_by_sorting(ranks=None, budget=None):
    worst = sorted((int(max(each)) for each in ranks), reverse=True)
    return worst[math.floor(budget * len(worst) + 1e-9)]


@right(ex.choose_g)
def g_by_a_quantile(ranks, budget):
    return np.quantile([each.max() for each in ranks], 1 - budget, method="inverted_cdf")


@right(ex.choose_g)
def g_by_pandas(ranks, budget):
    worst = pd.Series([each.max() for each in ranks])
    beyond = 1 - worst.value_counts(normalize=True).sort_index().cumsum()
    return int(beyond.index[beyond <= budget + 1e-9][0])


@right(ex.choose_g)
def g_by_torch(ranks, budget):
    worst = torch.tensor([int(torch.from_numpy(each).max()) for each in ranks])
    known = torch.arange(1, int(worst.max()) + 1)
    shares = (worst > known[:, None]).double().mean(dim=1)
    return known[shares <= budget].min()


def smallest(share, allowed=lambda share, budget: share <= budget):
    """Return a rule: the smallest g whose share, of the ranks and g, is allowed."""
    return lambda ranks, budget: next(g for g in range(9999) if allowed(share(ranks, g), budget))


def share_of_alarms(ranks, g):
    return np.mean([(each > g).any() for each in ranks])


def stored_share(words, share):
    wrong(ex.choose_g, words)(smallest(share))


stored_share("share is of the keys", lambda ranks, g: (np.concatenate(ranks) > g).mean())
stored_share("mean of each", lambda ranks, g: np.mean([(each > g).mean() for each in ranks]))
stored_share("mean rank", lambda ranks, g: np.mean([each.mean() > g for each in ranks]))
stored_share("median rank", lambda ranks, g: np.mean([np.median(each) > g for each in ranks]))
stored_share("all its keys", lambda ranks, g: np.mean([(each > g).all() for each in ranks]))
stored_share("Only the last key", lambda ranks, g: np.mean([each[-1] > g for each in ranks]))
stored_share("here: ≥", lambda ranks, g: np.mean([(each >= g).any() for each in ranks]))
stored_share("counted from 0", lambda ranks, g: np.mean([(each > g + 1).any() for each in ranks]))
stored_share("largest rank of all", lambda ranks, g: sum((each > g).any() for each in ranks))
stored_share("largest rank of all", lambda ranks, g: 100 * share_of_alarms(ranks, g))
wrong(ex.choose_g, "share ≤ budget")(
    smallest(share_of_alarms, lambda share, most: share < most + 1e-300)
)
wrong(ex.choose_g, "largest rank of all")(lambda ranks, budget: max(map(max, ranks)))
wrong(ex.choose_g, "That is the budget")(lambda ranks, budget: budget)
wrong(ex.choose_g, "g is a whole number")(
    lambda ranks, budget: np.quantile([max(each) for each in ranks], 1 - budget)
)
wrong(ex.choose_g, "the smallest g that keeps to it")(
    lambda ranks, budget: math.ceil(np.quantile([max(each) for each in ranks], 1 - budget))
)
wrong(ex.choose_g, "the smallest g that keeps to it")(lambda ranks, budget: 10**6)
wrong(ex.choose_g, "you return the shape")(lambda ranks, budget: [max(each) for each in ranks])

# --------------------------------------------------------------------------------- 7 · larger rank


@right(ex.larger_rank)
def rank_by_searching(a, b, held_a, held_b):
    shares = []
    for scores, held in ((a, held_a), (b, held_b)):
        held = np.sort(held)
        places = np.searchsorted(held, scores) + np.searchsorted(held, scores, side="right")
        shares.append(places / 2 / len(held))
    return np.maximum(*shares)


@right(ex.larger_rank)
def rank_by_scipy(a=None, b=None, held_a=None, held_b=None):
    pairs = zip(
        percentileofscore(held_a, a, kind="mean"),
        percentileofscore(held_b, b, kind="mean"),
        strict=True,
    )
    return [max(pair) / 100 for pair in pairs]


@right(ex.larger_rank)
def rank_by_torch(a, b, held_a, held_b):
    def share(scores, held):
        away = scores.unsqueeze(1) - held
        return ((away > 0).double() + (away == 0).double() / 2).mean(dim=1)

    return torch.maximum(share(a, held_a), share(b, held_b))


@right(ex.larger_rank)
def rank_by_signs(a, b, held_a, held_b):
    pairs = (a, held_a), (b, held_b)
    return np.max([(1 + np.sign(np.subtract.outer(*pair)).mean(1)) / 2 for pair in pairs], axis=0)


@right(ex.larger_rank)
def rank_by_loops(a, b, held_a, held_b):
    def share(score, held):
        return sum(1 if each < score else 0.5 if each == score else 0 for each in held) / len(held)

    pairs = zip(a, b, strict=True)
    return pd.Series([max(share(x, held_a), share(y, held_b)) for x, y in pairs])


def shares_with(equal):
    """Return a function of scores and held-out ones, equal ones counted by `equal`."""
    return lambda scores, held: (
        (held < scores[:, None]).mean(1) + equal * (held == scores[:, None]).mean(1)
    )


share_below = shares_with(0.5)


def joined(share, join=np.maximum):
    return lambda a, b, held_a, held_b: join(share(a, held_a), share(b, held_b))


def stored_rank(words, answer):
    wrong(ex.larger_rank, words)(answer)


stored_rank("raw scores are joined", lambda a, b, *held: a + b)
stored_rank("raw scores are joined", lambda a, b, *held: np.maximum(a, b))
stored_rank("are left out", joined(shares_with(0)))
stored_rank("count in full", joined(shares_with(1)))
stored_rank("The smaller share", joined(share_below, np.minimum))
stored_rank("mean of the two shares", joined(share_below, lambda x, y: (x + y) / 2))
stored_rank("are added", joined(share_below, np.add))
stored_rank("are multiplied", joined(share_below, np.multiply))
stored_rank("Two shares for each", joined(share_below, lambda x, y: np.stack([x, y])))
stored_rank("first score's shares come back", joined(share_below, lambda x, y: x))
stored_rank("second score's shares come back", joined(share_below, lambda x, y: y))
stored_rank(
    "returns one of them whole", joined(share_below, lambda x, y: max(x.tolist(), y.tolist()))
)
stored_rank("are not sorted", joined(lambda s, held: np.searchsorted(held, s) / len(held)))
stored_rank("Upside down", joined(share_below, lambda x, y: 1 - np.maximum(x, y)))
stored_rank("Upside down", joined(lambda *given: 1 - share_below(*given)))
stored_rank("per cent", joined(lambda *given: 100 * share_below(*given)))
stored_rank("Divide by how many", joined(lambda s, held: len(held) * share_below(s, held)))
stored_rank("swapped", lambda a, b, c, d: np.maximum(share_below(a, d), share_below(b, c)))
stored_rank("among the scores beside it", joined(lambda s, held: rankdata(s) / len(s)))
stored_rank("among the scores beside it", joined(lambda s, held: rankdata(s)))
stored_rank("among the scores beside it", joined(lambda s, held: share_below(s, s)))
stored_rank("by their own batch", joined(lambda s, held: (s - s.mean()) / s.std()))
stored_rank("by their own batch", joined(lambda s, held: (s - s.min()) / np.ptp(s)))
stored_rank("by the held-out ones", joined(lambda s, held: (s - held.mean()) / held.std(ddof=1)))
stored_rank("with fewer others", joined(lambda s, held: share_below(s, np.append(held, s))))
stored_rank("of both", lambda a, b, c, d: joined(share_below)(a, b, *[np.append(c, d)] * 2))
stored_rank(
    "below: at [", joined(lambda s, held: (len(held) * share_below(s, held) + 1) / (len(held) + 1))
)
stored_rank("the shape ()", joined(share_below, lambda x, y: max(x.max(), y.max())))

# --------------------------------------------------------------------------------- 8 · my detector


def symbol_counts(train):
    """Return a function that counts the symbols of sequences, (n, symbols)."""
    symbols = sorted(set(itertools.chain(*train)))
    return lambda X: np.array([[each.count(symbol) for symbol in symbols] for each in X], float)


def odd_counts(train):
    count = symbol_counts(train)
    mean, spread = count(train).mean(axis=0), count(train).std(axis=0) + 0.1
    return lambda X: np.abs((count(X) - mean) / spread).max(axis=1)


def neighbours(train):
    count = symbol_counts(train)
    spread = count(train).std(axis=0) + 0.1
    known = NearestNeighbors(n_neighbors=3).fit(count(train) / spread)
    return lambda X: known.kneighbors(count(X) / spread)[0].mean(axis=1)


def odd_steps(train, order=2):
    return NGram(order=order).fit(train).decision_function


@right(ex.my_detector)
def detector_by_ranks(train, sequences):
    fitted, held = train[:200], train[200:]
    first, second = odd_steps(fitted, order=3), neighbours(fitted)
    return rank_by_searching(first(sequences), second(sequences), first(held), second(held))


@right(ex.my_detector)
def detector_by_counts_of_pairs(train=None, sequences=None):
    def pairs(each):
        return Counter(itertools.pairwise(["<", *each, ">"]))

    known = pd.DataFrame([pairs(each) for each in train]).fillna(0)
    new = (
        pd.DataFrame([pairs(each) for each in sequences]).reindex(columns=known.columns).fillna(0)
    )
    unknown = [
        sum(n for pair, n in pairs(each).items() if pair not in known) for each in sequences
    ]
    z = ((new - known.mean()) / (known.std() + 0.1)).abs().max(axis=1)
    return z + 10 * np.array(unknown)


@right(ex.my_detector)
def detector_by_an_unseeded_network(train, sequences):
    """A network of another draw each time, joined by ranks."""
    seed = int(np.random.default_rng().integers(2**31))
    fitted, held = train[::2], train[1::2]
    first = NextKey(steps=60, seed=seed, device="cpu").fit(fitted).decision_function
    second = neighbours(fitted)
    return rank_by_searching(first(sequences), second(sequences), first(held), second(held))


@right(ex.my_detector)
def detector_that_adds(train, sequences):
    return odd_steps(train)(sequences) + odd_counts(train)(sequences)


@right(ex.my_detector)
def detector_with_some_chance(train, sequences):
    scores = detector_by_ranks(train, sequences)
    return list(scores + 1e-3 * np.random.rand(len(scores)))


half = "Half of it is found"
wrong(ex.my_detector, half)(lambda train, X: odd_steps(train)(X))
wrong(ex.my_detector, half)(lambda train, X: odd_steps(train, order=4)(X))
wrong(ex.my_detector, half)(lambda train, X: odd_counts(train)(X))
wrong(ex.my_detector, half)(lambda train, X: neighbours(train)(X))
wrong(ex.my_detector, "is asked for each")(
    lambda train, X: np.array([each not in train for each in X], dtype=float)
)
wrong(ex.my_detector, "is asked for each")(lambda train, X: list(map(len, X)))
wrong(ex.my_detector, "Upside down")(lambda train, X: -detector_by_ranks(train, X))
wrong(ex.my_detector, "same score")(lambda train, X: np.zeros(len(X)))
wrong(ex.my_detector, "for each sequence in train")(lambda train, X: odd_counts(train)(train))
wrong(ex.my_detector, "changes the sequences")(
    lambda train, X: (X.sort(), odd_counts(train)(X))[1]
)
wrong(ex.my_detector, "the sequences beside it")(
    lambda train, X: np.maximum(rankdata(odd_steps(train)(X)), rankdata(odd_counts(train)(X)))
)


@wrong(ex.my_detector, "the sequences beside it")
def detector_scaled_by_the_batch(train, sequences):
    scores = np.stack([odd_steps(train)(sequences), odd_counts(train)(sequences)])
    return (scores / (1 + scores.max(axis=1, keepdims=True))).max(axis=0)


@wrong(ex.my_detector, half)
def detector_by_a_forest(train, sequences):
    count = symbol_counts(train)
    return -IsolationForest(random_state=0).fit(count(train)).score_samples(count(sequences))


@wrong(ex.my_detector, half)
def detector_by_likeness(train, sequences):
    def alike(each, other):
        return difflib.SequenceMatcher(None, each, other).ratio()

    return [1 - max(alike(each, other) for other in train[::10]) for each in sequences]
