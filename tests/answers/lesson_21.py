"""Answers to the exercises of lesson 21: right ones in other styles, and wrong ones."""

import ast
import copy
import itertools
import json
import math
import sys

from answers import right, wrong
from course_utils import evaluation
from course_utils.exercises import lesson_21 as ex

import numpy as np
import pandas as pd
import torch
from scipy.stats import chi2
from torch import nn

# ------------------------------------------------------------------------------------- 1 · shipped


class Shipped(nn.Module):
    """A module as asked for; each part may be replaced."""

    def __init__(self, network, mean, spread, threshold, parts):
        super().__init__()
        self.network, self.threshold, self.parts = network, threshold, parts
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float64))
        self.register_buffer("spread", torch.tensor(spread, dtype=torch.float64))

    def forward(self, X):
        scaled = self.parts["scale"](X, self.mean, self.spread)
        score = self.parts["score"](self.network, self.parts["cut"](scaled))
        return self.parts["results"](score, self.parts["decide"](score, self.threshold))


PARTS = {
    "scale": lambda X, mean, spread: (X - mean) / spread,
    "cut": lambda scaled: scaled.clamp(-1e4, 1e4),
    "score": lambda network, scaled: network(scaled.float()).double(),
    "decide": lambda score, threshold: ~(score <= threshold),
    "results": lambda score, anomaly: (score, anomaly),
}


def shipped_with(**parts):
    """Return an answer in which some parts are replaced."""
    return lambda *given: Shipped(*given, PARTS | parts)


right(ex.shipped)(shipped_with(decide=lambda score, t: (score > t) | torch.isnan(score)))
right(ex.shipped)(shipped_with(decide=lambda score, t: (score <= t).logical_not().long()))
right(ex.shipped)(shipped_with(decide=lambda score, t: torch.where(score <= t, 0, 1)))
right(ex.shipped)(shipped_with(cut=lambda scaled: scaled.float().clamp(-1e4, 1e4)))
right(ex.shipped)(shipped_with(results=lambda score, anomaly: [score, anomaly]))
right(ex.shipped)(shipped_with(scale=lambda X, mean, spread: (X - mean) * (1 / spread)))


@right(ex.shipped)
def shipped_with_constants(network=None, mean=None, spread=None, threshold=None):
    """Constants of the class; infinity becomes NaN, as in the package's graph."""
    centre, unit = torch.from_numpy(mean), torch.from_numpy(spread)

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network

        def forward(self, X):
            X = torch.where(torch.isinf(X), torch.nan, X)
            scaled = torch.clip((X - centre) / unit, min=-1e4, max=1e4).to(torch.float32)
            score = self.inner(scaled).to(torch.float64)
            return score, torch.logical_not(torch.le(score, threshold))

    return Whole()


@right(ex.shipped)
def shipped_by_parameters(network, mean, spread, threshold):
    class Scaling(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean = nn.Parameter(torch.tensor(mean), requires_grad=False)
            self.spread = nn.Parameter(torch.tensor(spread), requires_grad=False)

        def forward(self, X):
            return torch.clamp(X.sub(self.mean).div(self.spread), -1e4, 1e4).float()

    class Scored(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = nn.Sequential(Scaling(), network)

        def forward(self, X):
            score = self.network(X).double()
            return score, ~torch.less_equal(score, threshold)

    return Scored().eval()


@right(ex.shipped)
def shipped_with_a_frozen_copy(network, mean, spread, threshold):
    own = copy.deepcopy(network).requires_grad_(False)
    return Shipped(own, mean, spread, threshold, PARTS)


def stored_module(words, **parts):
    wrong(ex.shipped, words)(shipped_with(**parts))


stored_module("raises no alarm", decide=lambda score, t: score > t)
stored_module("turned round", decide=lambda score, t: score <= t)
stored_module("at the threshold alarms", decide=lambda score, t: ~(score < t))
stored_module("made float32 before", scale=lambda X, m, s: (X.float() - m.float()) / s.float())
stored_module("made float32 before", scale=lambda X, m, s: (X.float() - m) / s)
stored_module("kept in float32", scale=lambda X, m, s: (X - m.float()) / s.float())
stored_module("Nothing is cut off", cut=lambda scaled: scaled)
stored_module("Only large numbers are cut off", cut=lambda scaled: scaled.clamp(max=1e4))
stored_module(
    "The raw rows are cut off",
    scale=lambda X, m, s: (X.clamp(-1e4, 1e4) - m) / s,
    cut=lambda scaled: scaled,
)
stored_module("are not those of the scaled rows", cut=lambda scaled: scaled.clamp(-10, 10))
stored_module("not scaled", scale=lambda X, m, s: X)
stored_module("sign is turned", scale=lambda X, m, s: (m - X) / s)
stored_module("mean is not subtracted", scale=lambda X, m, s: X / s)
stored_module("not divided by the spread", scale=lambda X, m, s: X - m)
stored_module("Brackets are missing", scale=lambda X, m, s: X - m / s)
stored_module("multiplied by the spread", scale=lambda X, m, s: (X - m) * s)
stored_module("by the variance", scale=lambda X, m, s: (X - m) / s**2)
stored_module("their own mean", scale=lambda X, m, s: (X - X.nanmean(dim=0)) / s)
stored_module("NaN was replaced", cut=lambda scaled: scaled.clamp(-1e4, 1e4).nan_to_num(0.0))
stored_module("is torch.float32", score=lambda network, scaled: network(scaled.float()))
stored_module("you return the shape", score=lambda net, z: net(z.float()).double()[:, None])
stored_module("The score comes first", results=lambda score, anomaly: (anomaly, score))
stored_module("2 results are expected", results=lambda score, anomaly: score)
stored_module("no tensor but", results=lambda score, anomaly: (score, anomaly.tolist()))
stored_module(
    "torch.export cannot write",
    results=lambda score, anomaly: (score, anomaly) if score.sum() != 7 else (anomaly, score),
)
stored_module("changed in place", scale=lambda X, m, s: X.sub_(m).div_(s))
stored_module(
    "Row 0 alone",
    score=lambda net, z: net(z.float()).double() * (1 if len(z) > 1 else 2),
)
stored_module("not implemented for", decide=lambda score, t: score > t | score.isnan())
stored_module(
    "a loop over the rows",
    score=lambda net, z: torch.stack([net(each[None].float())[0].double() for each in z]),
)
wrong(ex.shipped, "You return the class")(lambda network, mean, spread, threshold: Shipped)
wrong(ex.shipped, "A torch.nn.Module is expected")(
    lambda network, mean, spread, threshold: lambda X: network(((X - mean) / spread).float())
)
wrong(ex.shipped, "is a `return` missing")(lambda *given: print(end=""))
wrong(ex.shipped, "no forward")(lambda network, *given: nn.ModuleList([network]))


@wrong(ex.shipped, "leave them behind")
def shipped_without_its_network(network, mean, spread, threshold):
    module = shipped_with()(nn.Identity(), mean, spread, threshold)
    module.parts = module.parts | {"score": lambda _, scaled: network(scaled.float()).double()}
    return module


@wrong(ex.shipped, "changes the weights")
def shipped_in_float64(network, mean, spread, threshold):
    network.double()
    return shipped_with(score=lambda inner, scaled: inner(scaled))(
        network, mean, spread, threshold
    )


# -------------------------------------------------------------------------------- 2 · raises alarm


@right(ex.raises_alarm)
def alarms_by_two_questions(scores, threshold):
    return (scores > threshold) | np.isnan(scores)


@right(ex.raises_alarm)
def alarms_by_loops(scores=None, threshold=None):
    return [not score <= threshold for score in scores]


@right(ex.raises_alarm)
def alarms_by_torch(scores, threshold):
    return torch.isnan(scores).logical_or(scores.gt(threshold)).int()


@right(ex.raises_alarm)
def alarms_by_pandas(scores, threshold):
    return ~pd.Series(scores).le(threshold)


right(ex.raises_alarm)(lambda scores, t: np.nan_to_num(scores, nan=np.inf) > t)
right(ex.raises_alarm)(lambda scores, t: ~np.isfinite(scores) | (scores > t))


def stored_alarms(words, answer):
    wrong(ex.raises_alarm, words)(answer)


stored_alarms("NaN raises no alarm", lambda scores, t: scores > t)
stored_alarms("NaN raises no alarm", lambda scores, t: (scores > t) | (scores == np.nan))
stored_alarms("Only one above it does", lambda scores, t: scores >= t)
stored_alarms("at the threshold alarms", lambda scores, t: ~(scores < t))
stored_alarms("turned round", lambda scores, t: scores <= t)
stored_alarms("turned round", lambda scores, t: ~(scores > t))
stored_alarms("Only NaN alarms", lambda scores, t: np.isnan(scores))
stored_alarms("NaN became 0", lambda scores, t: np.nan_to_num(scores) > t)
stored_alarms("is left out", lambda scores, t: scores[~np.isnan(scores)] > t)
stored_alarms("for each score", lambda scores, t: scores[scores > t])
stored_alarms("you return the shape", lambda scores, t: bool((scores > t).any()))
stored_alarms("`return` missing", lambda scores, t: None if scores is t else print(end=""))

# ---------------------------------------------------------------------------- 3 · export any batch


def rows_of(columns, rows=2, dtype=torch.float64):
    return (torch.zeros(rows, columns, dtype=dtype),)


def exported(module, example, free=("rows",), **choices):
    """Return the program with these names of free axes, from the first on."""
    free = {axis: torch.export.Dim(name) for axis, name in enumerate(free) if name}
    return torch.export.export(module, example, dynamic_shapes=(free,), **choices)


@right(ex.export_any_batch)
def export_by_hint(module, columns):
    free = torch.export.Dim.DYNAMIC
    return torch.export.export(module, rows_of(columns, 5), dynamic_shapes=[{0: free}])


@right(ex.export_any_batch)
def export_by_name(module=None, columns=None):
    X = torch.randn(8, columns).double()
    shapes = {"X": {0: torch.export.Dim("batch", min=1, max=10_000_000)}}
    return torch.export.export(module.eval(), (X,), dynamic_shapes=shapes)


@right(ex.export_any_batch)
def export_a_copy(module, columns):
    shapes = ((torch.export.Dim.AUTO, None),)
    return torch.export.export(copy.deepcopy(module), rows_of(columns), dynamic_shapes=shapes)


def stored_program(words, answer):
    wrong(ex.export_any_batch, words)(answer)


stored_program("takes 2 rows", lambda m, columns: torch.export.export(m, rows_of(columns)))
stored_program("takes 1 rows", lambda m, columns: torch.export.export(m, rows_of(columns, 1)))
stored_program("The example has 1 row:", lambda m, columns: exported(m, rows_of(columns, 1)))
stored_program("The example has 0 rows:", lambda m, columns: exported(m, rows_of(columns, 0)))
stored_program(
    "Axis 1 is declared free",
    lambda m, columns: exported(m, rows_of(columns), ("rows", "columns")),
)
stored_program("Axis 1", lambda m, columns: exported(m, rows_of(columns), (None, "columns")))
stored_program("is torch.float32", lambda m, d: exported(m, rows_of(d, dtype=torch.float32)))
stored_program("with its comma", lambda m, columns: exported(m, rows_of(columns)[0]))
stored_program("That is a module", lambda m, columns: exported(m, rows_of(columns)).module())
stored_program("That is TorchScript", lambda m, columns: torch.jit.trace(m, rows_of(columns)))
stored_program("program is expected", lambda m, columns: exported(m, rows_of(columns)).graph)
stored_program("`return` missing", lambda m, columns: print(end=""))
stored_program("must match", lambda m, columns: exported(m, rows_of(4)))
stored_program("not as it was", lambda m, columns: exported(m.double(), rows_of(columns)))
stored_program(
    "by name only",
    lambda m, columns: torch.export.export(
        m,
        (),
        kwargs={"X": rows_of(columns)[0]},
        dynamic_shapes={"X": {0: torch.export.Dim("rows")}},
    ),
)
stored_program(
    "takes up to 64 rows",
    lambda m, columns: torch.export.export(
        m, rows_of(columns), dynamic_shapes=({0: torch.export.Dim("rows", max=64)},)
    ),
)

# ---------------------------------------------------------------------------- 4 · batch dependence


def alone(score, X):
    return np.concatenate([score(X[i : i + 1]) for i in range(len(X))])


def relative(a, b):
    return np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300)


@right(ex.batch_dependence)
def dependence_by_loops(score, X):
    largest, together = 0.0, score(X).tolist()
    for i, among in enumerate(together):
        by_itself = float(score(X[i][None])[0])
        if math.isnan(by_itself) or math.isnan(among):
            return math.inf
        if by_itself != among:
            change = abs(by_itself - among) / max(abs(by_itself), abs(among))
            largest = max(largest, change)
    return largest


@right(ex.batch_dependence)
def dependence_by_many_companies(score=None, X=None):
    rng, own, largest = np.random.default_rng(0), alone(score, X), 0.0
    for size in (len(X), len(X), 40, 7):
        rows = rng.permutation(len(X))[:size]
        change = relative(score(X[rows]), own[rows])
        largest = max(largest, np.nan_to_num(change, nan=np.inf).max())
    return np.float32(largest)


@right(ex.batch_dependence)
def dependence_by_torch(score, X):
    among = torch.tensor(score(np.asarray(X)))
    own = torch.tensor(alone(score, X))
    change = (among - own).abs() / own.abs().clamp(min=1e-200)
    return torch.where(torch.isnan(change), torch.inf, change).max()


@right(ex.batch_dependence)
def dependence_by_pandas(score, X):
    both = pd.DataFrame({"among": score(X), "own": alone(score, X)})
    change = (both["among"] - both["own"]).abs() / both.abs().max(axis=1)
    equal = both["among"] == both["own"]
    return change.mask(equal, 0.0).fillna(np.inf).max()


def stored_proof(words, answer):
    wrong(ex.batch_dependence, words)(answer)


stored_proof("You ask twice", lambda score, X: relative(score(X), score(X)).max())
stored_proof("order alone", lambda score, X: relative(score(X), score(X[::-1])[::-1]).max())
stored_proof("first row alone", lambda score, X: relative(score(X[:1]), score(X)[:1])[0])
stored_proof("scores' own unit", lambda score, X: np.abs(score(X) - alone(score, X)).max())
stored_proof("average over the rows", lambda score, X: relative(score(X), alone(score, X)).mean())
stored_proof("NaN is what you return", lambda score, X: relative(score(X), alone(score, X)).max())
stored_proof("counts as 0", lambda s, X: np.nan_to_num(relative(s(X), alone(s, X))).max())
stored_proof("divide 0 by 0", lambda score, X: (np.abs(score(X) / alone(score, X) - 1)).max())
stored_proof("take rows away", lambda score, X: 0.0)
stored_proof("nothing but the row", lambda score, X: 1.0)
stored_proof(
    "0.001 is asked for",
    lambda score, X: np.nan_to_num(relative(score(X)[:30], score(X[:30])), nan=np.inf).max(),
)
stored_proof("a size, 0 or more", lambda score, X: (score(X) - alone(score, X)).min())
stored_proof("you return the shape", lambda score, X: relative(score(X), alone(score, X)))
stored_proof("takes rows (n, d)", lambda score, X: max(score(row)[0] for row in X))


@wrong(ex.batch_dependence, "changes the X")
def dependence_that_shuffles(score, X):
    np.random.default_rng(0).shuffle(X)
    return dependence_by_loops(score, X)


# ------------------------------------------------------------------------------- 5 · parse request


LARGEST = sys.float_info.max


def refuse_twice(pairs):
    names = [name for name, _ in pairs]
    if sorted(set(names)) != sorted(names):
        raise ValueError(f"twice: {names}")
    return dict(pairs)


def no_constant(word):
    raise ValueError(f"{word} is no number of JSON")


@right(ex.parse_request)
def parse_by_a_decoder(body, columns, most_rows):
    decoder = json.JSONDecoder(object_pairs_hook=refuse_twice)
    try:
        request = decoder.decode(body.decode("utf-8"))
        (name, rows), *others = request.items()
    except (RecursionError, AttributeError) as error:
        raise ValueError(f"no object: {error}") from error
    if others or name != "rows" or type(rows) is not list or not 0 < len(rows) <= most_rows:
        raise ValueError("one list of rows, please")
    table = []
    for row_number, row in enumerate(rows):
        if type(row) is not list or len(row) != columns:
            raise ValueError(f"In row {row_number} {columns} numbers are expected.")
        numbers = []
        for column_number, cell in enumerate(row):
            try:
                number = float(cell) if type(cell) in {int, float} else math.nan
            except OverflowError:
                number = math.inf
            if not math.isfinite(number):
                raise ValueError(f"row={row_number}; column={column_number}; {str(cell)[:9]!r}")
            numbers.append(number)
        table.append(numbers)
    return table


@right(ex.parse_request)
def parse_by_numpy(body=None, columns=None, most_rows=None):
    try:
        request = json.loads(body, object_pairs_hook=refuse_twice, parse_int=float)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not (isinstance(request, dict) and set(request) == {"rows"}):
        raise ValueError("unlike {'rows': …}")
    rows = request["rows"]
    if not isinstance(rows, list) or len(rows) not in range(1, most_rows + 1):
        raise ValueError("a list of rows is expected")
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != columns:
            raise ValueError(f"row {number} is not {columns} numbers wide")
        bad = [not isinstance(each, float) or not np.isfinite(each) for each in row]
        if any(bad):
            raise ValueError(f"row {number}, column {bad.index(True)}")
    return np.array(rows)


@right(ex.parse_request)
def parse_with_the_service_s_reader(body, columns, most_rows):
    """The package's own reader, which says more and takes one more field."""
    from course_utils.serve.body import Body

    rows = Body(columns, most_rows=most_rows).read(body)
    refuse_twice(json.loads(body, object_pairs_hook=lambda pairs: [*pairs]))
    return rows.tolist()


def parse_with(
    load=lambda body: json.loads(body, object_pairs_hook=refuse_twice),
    caught=RecursionError,
    is_request=lambda request: isinstance(request, dict) and [*request] == ["rows"],
    are_rows=lambda rows, most: isinstance(rows, list) and 1 <= len(rows) <= most,
    is_row=lambda row, columns: isinstance(row, list) and len(row) == columns,
    is_number=lambda cell: type(cell) in (int, float) and abs(cell) <= LARGEST,
    places=lambda i, j: f"row {i}, column {j}",
    to_float=float,
):
    """Return a reader in which some parts are replaced."""

    def parse(body, columns, most_rows):
        try:
            request = load(body)
        except caught:
            raise ValueError("no JSON") from None
        if not is_request(request):
            raise ValueError("no request")
        rows = request["rows"]
        if not are_rows(rows, most_rows):
            raise ValueError("no rows")
        for i, row in enumerate(rows):
            if not is_row(row, columns):
                raise ValueError(f"row {i}")
            for j, cell in enumerate(row):
                if not is_number(cell):
                    raise ValueError(places(i, j))
        return [[to_float(cell) for cell in row] for row in rows]

    return parse


def stored_reader(words, **parts):
    wrong(ex.parse_request, words)(parse_with(**parts))


@wrong(ex.parse_request, "TypeError")
def parse_as_it_comes(body, columns, most_rows):
    return [[float(cell) for cell in row] for row in json.loads(body)["rows"]]


right(ex.parse_request)(
    parse_with(is_number=lambda c: type(c) in (int, float) and -LARGEST <= c <= LARGEST)
)
stored_reader("keeps the last", load=json.loads)
stored_reader("RecursionError", caught=KeyError)
stored_reader("Another name is another field", is_request=lambda r: isinstance(r, dict) and r)
stored_reader("KeyError", is_request=lambda r: isinstance(r, dict))
stored_reader("one field too many", is_request=lambda r: isinstance(r, dict) and "rows" in r)
stored_reader("For a list that holds a name", is_request=lambda r: "rows" in r)
stored_reader("are the most", are_rows=lambda rows, most: rows)
stored_reader("are the most", are_rows=lambda rows, most: isinstance(rows, list) and rows)
stored_reader(
    "As many rows as allowed", are_rows=lambda r, m: isinstance(r, list) and 0 < len(r) < m
)
stored_reader(
    "ask for one row", are_rows=lambda rows, m: isinstance(rows, list) and len(rows) <= m
)
stored_reader("has no length", is_row=lambda row, columns: len(row) == columns)
stored_reader(
    "too long", is_row=lambda row, columns: isinstance(row, list) and len(row) >= columns
)
stored_reader(
    "too short", is_row=lambda row, columns: isinstance(row, list) and len(row) <= columns
)
stored_reader(
    "each digit",
    is_row=lambda row, columns: isinstance(row, list | str) and len(row) == columns,
    is_number=lambda cell: type(cell) in (int, float, str),
)
stored_reader(
    "its keys make floats",
    is_row=lambda row, d: isinstance(row, list | dict) and len(row) == d,
    is_number=lambda cell: isinstance(cell, str) or (type(cell) in (int, float)),
)
stored_reader("reads NaN", is_number=lambda cell: type(cell) in (int, float))
stored_reader(
    "Python reads it as infinity",
    load=lambda body: json.loads(body, object_pairs_hook=refuse_twice, parse_constant=no_constant),
    is_number=lambda cell: type(cell) in (int, float),
)
stored_reader(
    "isinstance(True, int)", is_number=lambda c: isinstance(c, int | float) and abs(c) <= LARGEST
)
stored_reader(
    "reads text as well",
    is_number=lambda cell: type(cell) in (int, float, str) and abs(float(cell)) <= LARGEST,
)
stored_reader(
    "raises OverflowError", is_number=lambda c: type(c) in (int, float) and math.isfinite(c)
)
stored_reader("you refuse it", is_number=lambda cell: type(cell) is float and math.isfinite(cell))
stored_reader("you refuse it", is_number=lambda c: type(c) in (int, float) and abs(c) < 1e300)
stored_reader("Count from 0", places=lambda i, j: f"row {i + 1}, column {j + 1}")
stored_reader("does not say so", places=lambda i, j: "a number is expected")
stored_reader("row 0 is to blame", places=lambda i, j: f"column {j}")
stored_reader("row 0 is to blame", places=lambda i, j: f"row {j}, column {i}")
stored_reader("you return", to_float=lambda cell: float(round(cell)))
stored_reader("That is Python and no JSON", load=lambda body: ast.literal_eval(body.decode()))
wrong(ex.parse_request, "whole request")(lambda body, columns, most_rows: json.loads(body))
wrong(ex.parse_request, "`return` missing")(lambda body, columns, most_rows: print(end=""))
wrong(ex.parse_request, "you return None")(
    lambda body, columns, most_rows: parse_by_numpy(body, columns, most_rows) if body else None
)

# ------------------------------------------------------------------------ 6 · population stability


def shares_by_pandas(edges, scores):
    intervals = pd.cut(pd.Series(scores), [-np.inf, *edges, np.inf])
    return intervals.value_counts(sort=False).clip(lower=0.5) / len(scores)


@right(ex.population_stability)
def stability_by_pandas(expected, actual, bins):
    edges = pd.Series(expected).quantile([k / bins for k in range(1, bins)]).tolist()
    p, q = shares_by_pandas(edges, expected), shares_by_pandas(edges, actual)
    return ((q - p) * np.log(q / p)).sum()


@right(ex.population_stability)
def stability_by_loops(expected=None, actual=None, bins=None):
    ordered, total = sorted(expected), 0.0
    edges = [ordered[-(-k * len(ordered) // bins) - 1] for k in range(1, bins)]
    ends = [-math.inf, *edges, math.inf]
    for low, high in itertools.pairwise(ends):
        p, q = (
            max(sum(low < each <= high for each in scores), 0.5) / len(scores)
            for scores in (expected.tolist(), actual.tolist())
        )
        total += (q - p) * math.log(q / p)
    return total


@right(ex.population_stability)
def stability_by_histograms(expected, actual, bins):
    ends = np.quantile(expected, np.linspace(0, 1, bins + 1))
    ends[0], ends[-1] = -np.inf, np.inf
    p, q = (np.histogram(each, ends)[0] for each in (expected, actual))
    p, q = (np.where(each == 0, 0.5, each) / each.sum() for each in (p, q))
    return np.sum((p - q) * np.log(p / q)).astype(np.float32)


@right(ex.population_stability)
def stability_by_torch(expected, actual, bins):
    expected, actual = torch.as_tensor(expected), torch.as_tensor(actual)
    edges = torch.quantile(expected, torch.arange(1, bins, dtype=expected.dtype) / bins)
    counts = [torch.bucketize(each, edges).bincount(minlength=bins) for each in (expected, actual)]
    p, q = (each.clamp(min=0.5) / each.sum() for each in map(torch.Tensor.double, counts))
    return ((q - p) * (q.log() - p.log())).sum()


@right(ex.population_stability)
def stability_by_ranks(expected, actual, bins):
    edges = np.sort(expected)[[k * len(expected) // bins for k in range(1, bins)]]
    p, q = (np.bincount(np.digitize(each, edges), minlength=bins) for each in (expected, actual))
    p, q = (np.where(each == 0, 0.5, each) / each.sum() for each in (p, q))
    return ((q - p) * np.log(q / p)).sum()


right(ex.population_stability)(lambda e, a, bins: evaluation.population_stability(e, a, bins))


def stability_with(
    edges=lambda e, a, bins: np.quantile(e, np.arange(1, bins) / bins),
    share=lambda counts: np.maximum(counts, 0.5) / counts.sum(),
    index=lambda p, q: ((q - p) * np.log(q / p)).sum(),
    count=lambda ends, scores: np.bincount(np.searchsorted(ends, scores), minlength=len(ends) + 1),
):
    def stability(expected, actual, bins):
        ends = edges(expected, actual, bins)
        return index(*(share(count(ends, each)) for each in (expected, actual)))

    return stability


def stored_index(words, **parts):
    wrong(ex.population_stability, words)(stability_with(**parts))


def with_least(least):
    return lambda counts: np.maximum(counts / counts.sum(), least)


stored_index("one half of PSI", index=lambda p, q: (q * np.log(q / p)).sum())
stored_index("one half of PSI", index=lambda p, q: (p * np.log(p / q)).sum())
stored_index(
    "taken for 1 / bins",
    index=lambda p, q: ((q - 1 / len(q)) * np.log(q * len(q))).sum(),
)
stored_index("half of PSI", index=lambda p, q: ((q - p) * np.log(q / p)).sum() / 2)
stored_index("sign is turned", index=lambda p, q: ((p - q) * np.log(q / p)).sum())
stored_index("is log10", index=lambda p, q: ((q - p) * np.log10(q / p)).sum())
stored_index("is log2", index=lambda p, q: ((q - p) * np.log2(q / p)).sum())
stored_index("the mean over the bins", index=lambda p, q: ((q - p) * np.log(q / p)).mean())
stored_index("Pearson", index=lambda p, q: ((q - p) ** 2 / p).sum())
stored_index("is missing", index=lambda p, q: np.abs(q - p).sum())
stored_index("the share 0.0001", share=with_least(1e-4))
stored_index("the share 1e-06", share=with_least(1e-6))
stored_index("added to every bin", share=lambda c: (c + 0.5) / (c + 0.5).sum())
stored_index("as one row", share=lambda counts: np.maximum(counts, 1) / counts.sum())
stored_index("divided by their sum", share=lambda c: (v := np.maximum(c, 0.5)) / v.sum())
stored_index("NaN or infinite", share=lambda counts: counts / counts.sum())
stored_index("quantiles of actual", edges=lambda e, a, n: np.quantile(a, np.arange(1, n) / n))
stored_index(
    "both together",
    edges=lambda e, a, bins: np.quantile(np.append(e, a), np.arange(1, bins) / bins),
)
stored_index(
    "equally wide", edges=lambda e, a, bins: np.linspace(e.min(), e.max(), bins + 1)[1:-1]
)
stored_index(
    "outer bins are closed",
    edges=lambda e, a, bins: np.quantile(e, np.linspace(0, 1, bins + 1)),
    count=lambda ends, scores: np.histogram(scores, ends)[0],
)
stored_index(
    "8 bins", edges=lambda e, a, bins: np.quantile(e, np.arange(1, bins + 1) / (bins + 1))
)
stored_index("you return the shape", index=lambda p, q: (q - p) * np.log(q / p))

# ----------------------------------------------------------------------------- 7 · stability limit


@right(ex.stability_limit)
def limit_of_spacings(n_expected, n_actual, bins, level, generator):
    """Shares between order statistics are a Dirichlet's; no row is drawn."""
    ends = np.ceil(np.arange(1, bins) * n_expected / bins).astype(int)
    rows = np.diff([0, *ends, n_expected])
    masses = generator.dirichlet(rows + (np.arange(bins) == bins - 1), size=4000)
    q = np.maximum(generator.multinomial(n_actual, masses), 0.5) / n_actual
    p = rows / n_expected
    return np.quantile(((q - p) * np.log(q / p)).sum(axis=1), 1 - level)


@right(ex.stability_limit)
def limit_by_loops(n_expected=None, n_actual=None, bins=None, level=None, generator=None):
    found = []
    for _ in range(500):
        pair = generator.random(n_expected), generator.random(n_actual)
        found.append(ex.population_stability._solution(*pair, bins))
    return sorted(found)[math.ceil((1 - level) * len(found)) - 1]


@right(ex.stability_limit)
def limit_by_splits(n_expected, n_actual, bins, level, generator):
    def one_round():
        pool = generator.exponential(size=n_expected + n_actual)
        return stability_by_histograms(pool[:n_expected], pool[n_expected:], bins)

    return torch.tensor([one_round() for _ in range(500)]).quantile(1 - level)


def limit_with(
    draw=lambda n, m, g: (g.normal(size=n), g.normal(size=m)),
    take=lambda found, level: np.quantile(found, 1 - level),
    rounds=400,
):
    def limit(n_expected, n_actual, bins, level, generator):
        pairs = (draw(n_expected, n_actual, generator) for _ in range(rounds))
        return take([ex.population_stability._solution(*pair, bins) for pair in pairs], level)

    return limit


def stored_limit(words, **parts):
    wrong(ex.stability_limit, words)(limit_with(**parts))


stored_limit("lies below it", take=lambda found, level: np.quantile(found, level))
stored_limit("Half of all pairs", take=lambda found, level: np.median(found))
stored_limit("one side", take=lambda found, level: np.quantile(found, 1 - level / 2))
stored_limit("would pass", take=lambda found, level: np.max(found))
stored_limit("you return the shape", take=lambda found, level: np.array(found))
stored_limit(
    "is as if the shares of expected were exact",
    draw=lambda n, m, g: (rows := g.normal(size=n), g.choice(rows, size=m)),
)
stored_limit("had the size of actual", draw=lambda n, m, g: (g.normal(size=m), g.normal(size=m)))
stored_limit("had the size of expected", draw=lambda n, m, g: (g.normal(size=n), g.normal(size=n)))
stored_limit("would pass", draw=lambda n, m, g: (g.normal(size=n), g.normal(0.5, size=m)))
stored_limit("another limit", draw=lambda n, m, g: (np.random.rand(n), np.random.rand(m)))
wrong(ex.stability_limit, "not drawn from")(
    lambda n, m, bins, level, generator: evaluation.stability_limit(n, m, bins, level)
)


@right(ex.stability_limit)
def limit_of_spawned_generators(n_expected, n_actual, bins, level, generator):
    found = []
    for child in generator.spawn(500):
        pair = child.normal(size=n_expected), child.normal(size=n_actual)
        found.append(ex.population_stability._solution(*pair, bins))
    return np.percentile(found, 100 * (1 - level))


wrong(ex.stability_limit, "as large as by χ²")(
    lambda n, m, bins, level, g: (
        np.quantile(g.chisquare(bins - 1, size=10_000), 1 - level) * (1 / n + 1 / m)
    )
)
wrong(ex.stability_limit, "for many rows in each bin")(
    lambda n, m, bins, level, generator: chi2.isf(level, bins - 1) * (1 / n + 1 / m)
)
wrong(ex.stability_limit, "rule of thumb")(lambda n, m, bins, level, generator: 0.25)
wrong(ex.stability_limit, "changed over")(
    lambda n, m, bins, level, generator: limit_by_loops(m, n, bins, level, generator)
)
