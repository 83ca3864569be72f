"""What an exported detector costs and keeps: start, time, memory, fewer bits, and the traps.

    python benchmarks/shipping.py --report benchmarks/shipping.md

An AutoEncoder learns from 2,000 normal rows of Shuttle and is run three ways: as it is, by
torch.export, and exported to ONNX by onnxruntime, with one thread each. Times are processor
seconds, taken in turns, so read the ratios. Then the same networks compute with fewer bits; each
seed draws other rows, or other images of brick, and another detector. int8 is calibrated with rows
or images that the detector learned from, and judged on others. Mean ± standard deviation (ddof 1)
over seeds; the largest over seeds where it says so.
"""

import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from course_utils import data
from course_utils.detectors import AutoEncoder, PatchCore, export
from course_utils.images import Images, prepared
from course_utils.serve import ImageScorer, Scorer
from course_utils.serve.precision import _quiet, quantise

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import torch
from machine import conditions
from onnxruntime.quantization import quantize_dynamic
from reports import command
from sklearn.metrics import roc_auc_score

SEEDS = range(5)
ROWS, LEARNED, REPEATS, STARTS = 6_000, 2_000, 101, 3
IMAGES, KIND, DEFECTS, SIDE, LEARNED_IMAGES = 70, "brick", 6, 160, 20
AS_IT_IS, TORCH_EXPORT, ONNX = "decision_function", "torch.export", "onnxruntime"
CODES = {
    AS_IT_IS: "from course_utils import detectors\nscore = detectors.load(path).decision_function",
    TORCH_EXPORT: "import torch\nmodule = torch.export.load(path).module()\n"
    "score = lambda X: module(torch.from_numpy(X))[0].detach().numpy()",
    ONNX: "from course_utils.serve.scorer import Scorer\nscore = Scorer(path).decision_function",
}
START = """
import sys, time
path = {path!r}
import numpy as np
{code}
score(np.zeros((1, 9)))
seconds = time.process_time()
import psutil
print(seconds, psutil.Process().memory_info().rss / 1e6)
"""


def shuttle(seed):
    """Return rows to learn from, others, and the others' labels."""
    table = data.load_shuttle(ROWS, seed)
    normal, anomalies = table.X[table.y == 0], table.X[table.y == 1]
    normal = np.random.default_rng(seed).permutation(normal)
    others = np.concatenate([normal[LEARNED:], anomalies])
    return normal[:LEARNED], others, np.repeat([0, 1], [len(normal) - LEARNED, len(anomalies)])


def files(detector, folder):
    """Write the detector all three ways; return the path of each."""
    ends = dict(zip(CODES, (".pt", ".pt2", ".onnx"), strict=True))
    paths = {name: folder / f"detector{end}" for name, end in ends.items()}
    detector.save(paths[AS_IT_IS])
    detector.export(paths[ONNX])
    _, scores, example, _ = detector._exported()
    graph = export._Graph(detector.network_, scores, detector.threshold_)
    rows = {0: torch.export.Dim("rows")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(graph, (torch.stack([example] * 2),), dynamic_shapes=(rows,))
        torch.export.save(program, paths[TORCH_EXPORT])
    return paths


def starts(paths):
    """Return a table: processor seconds to the first score, and memory then, in a new process."""
    found = {}
    for name, code in CODES.items():
        source = START.format(path=str(paths[name]), code=code)
        asked = [sys.executable, "-W", "ignore", "-c", source]
        runs = [
            subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
            for _ in range(STARTS)
        ]
        found[name] = np.median(np.array(runs, float), axis=0)
    table = pd.DataFrame(found, index=["first score [processor s]", "memory then [MB]"]).T
    return table.round(2)


def times(detector, paths, X):
    """Return a table: median time of 1 and of 1,024 rows, in turns, and differences of scores."""
    module = torch.export.load(paths[TORCH_EXPORT]).module()
    scorer = Scorer(paths[ONNX])
    ways = {
        AS_IT_IS: detector.decision_function,
        TORCH_EXPORT: lambda rows: module(torch.from_numpy(rows))[0].detach().numpy(),
        ONNX: scorer.decision_function,
    }
    found, scores = {name: [] for name in ways}, {name: each(X) for name, each in ways.items()}
    for count in (1, 1024):
        taken = {name: [] for name in ways}
        for _ in range(REPEATS):
            for name, way in ways.items():
                started = time.process_time()
                way(X[:count])
                taken[name].append(time.process_time() - started)
        for name in ways:
            median = np.median(taken[name])
            found[name] += [1e3 * median, median / np.median(taken[AS_IT_IS])]
    for name in ways:
        apart = np.abs(scores[name] / scores[AS_IT_IS] - 1).max()
        decisions = (scores[name] > detector.threshold_) != (
            scores[AS_IT_IS] > detector.threshold_
        )
        found[name] += [apart, decisions.sum()]
    columns = [
        "1 row [ms]", "ratio", "1,024 rows [ms]", "ratio, 1,024 rows",
        "largest difference of scores [relative]", "decisions that differ",
    ]  # fmt: skip
    return pd.DataFrame(found, index=columns).T.map(lambda value: f"{value:.3g}")


def as_markdown(table):
    """Return a table as Markdown, its index first."""
    lines = [["", *table.columns], ["---"] * (len(table.columns) + 1)]
    lines += [[str(each) for each in line] for line in table.itertuples()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def company(score, X):
    """Return the largest relative change of the first ten rows' scores by far rows beside them."""
    alone = np.concatenate([score(row[None]) for row in X[:10]])
    beside = np.array([score(np.stack([row, 30 * row]))[0] for row in X[:10]])
    return np.abs(beside / alone - 1).max()


def tables_in_fewer_bits(folder):
    """Return a table of AUROC and changed decisions by precision, over seeds."""
    found = []
    for seed in SEEDS:
        train, X, y = shuttle(seed)
        detector = AutoEncoder(seed=seed).fit(train)
        path, int8 = folder / "d.onnx", folder / "int8.onnx"
        detector.export(path)
        quantise(path, train, int8)
        with _quiet():
            quantize_dynamic(path, folder / "dynamic.onnx")
        ways = {
            "float32, onnxruntime": Scorer(path).decision_function,
            "bfloat16, torch": lambda X, d=detector: in_half(d, X, torch.bfloat16),
            "float16, torch": lambda X, d=detector: in_half(d, X, torch.float16),
            "int8, static": Scorer(int8).decision_function,
            "int8, dynamic": plain(folder / "dynamic.onnx"),
        }
        reference = detector.decision_function(X)
        for name, way in ways.items():
            scores = way(X)
            changed = (scores > detector.threshold_) != (reference > detector.threshold_)
            found.append((name, roc_auc_score(y, scores), 100 * changed.mean(), company(way, X)))
    columns = [
        "computed in", "AUROC", "decisions changed [%]", "changed by company [relative, largest]"
    ]  # fmt: skip
    return over_seeds(found, columns)


def in_half(detector, X, dtype):
    """Return scores of a twin whose network computes in half precision."""
    twin = detector._on_the_cpu()
    twin.network_.to(dtype)
    with torch.inference_mode():
        return twin._score(twin._scaled(X).to(dtype)).double().numpy()


def plain(path):
    """Return a function that scores a whole batch by a file as onnxruntime takes it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    return lambda X: session.run(["score"], {"X": X})[0]


def over_seeds(found, columns):
    """Return mean ± standard deviation over seeds, of the last column the largest."""
    table = pd.DataFrame(found, columns=columns)
    grouped = table.groupby(columns[0], sort=False)
    text = {
        name: [f"{mean:.4f} ± {sd:.4f}" for mean, sd in zip(each.mean(), each.std(), strict=True)]
        for name, each in ((name, grouped[name]) for name in columns[1:-1])
    }
    text[columns[-1]] = [
        "not asked" if np.isnan(value) else f"{value:.2g}" for value in grouped[columns[-1]].max()
    ]
    return pd.DataFrame(text, index=list(grouped.groups))


def images_in_fewer_bits(folder):
    """Return a table of AUROC and time of PatchCore by precision of its backbone, over seeds."""
    found, milliseconds = [], {}
    for seed in SEEDS:
        made = data.make_textures(KIND, rows=IMAGES, anomalies=DEFECTS, size=SIDE, seed=seed)
        normal = made.X[made.y == 0]
        train, X = normal[:LEARNED_IMAGES], [*normal[LEARNED_IMAGES:], *made.X[made.y == 1]]
        X = np.stack(X)
        y = np.repeat(
            [0, 1], [len(normal) - LEARNED_IMAGES, len(X) - len(normal) + LEARNED_IMAGES]
        )
        detector = PatchCore(sizes=(SIDE,), seed=seed).fit(train)
        names = "image", "small", "whole_weights", "dynamic"
        path, int8, whole_weights, dynamic = (folder / f"{name}.onnx" for name in names)
        detector.export(path)
        quantise(path, train, int8)
        quantise(path, train, whole_weights, bits=8)
        with _quiet():
            quantize_dynamic(path, dynamic, op_types_to_quantize=["Conv"])
        run_dynamic = plain(dynamic)
        ways = {
            "float32, torch": detector.decision_function,
            "bfloat16 backbone, torch": lambda X, d=detector: in_bfloat16(d, X),
            "float32, onnxruntime": ImageScorer(path).decision_function,
            "int8, static": ImageScorer(int8).decision_function,
            "int8, static, weights of 8 bits": ImageScorer(whole_weights).decision_function,
            "int8, dynamic": lambda X, run=run_dynamic: np.concatenate(
                [run(prepared(Images(X), row, row + 1, SIDE).numpy()) for row in range(len(X))]
            ),
        }
        whole = plain(path), plain(int8), plain(whole_weights), run_dynamic
        beside = dict(zip(list(ways)[2:], (changed_beside(run, X) for run in whole), strict=True))
        for name, way in ways.items():
            started = time.process_time()
            scores = way(X)
            milliseconds.setdefault(name, []).append(time.process_time() - started)
            found.append((name, roc_auc_score(y, scores), beside.get(name, np.nan)))
    columns = ["computed in", "AUROC", "changed by company [relative, largest]"]
    table = over_seeds(found, columns)
    taken = {name: np.median(each) for name, each in milliseconds.items()}
    table["time, ratio to torch"] = [
        f"{each / taken['float32, torch']:.2f}" for each in taken.values()
    ]
    return table


def in_bfloat16(detector, X):
    """Return scores of a twin whose backbone computes in bfloat16, and the bank in float32."""
    twin = detector._on_the_cpu()
    twin.network_.to(torch.bfloat16)
    patches = twin._patches
    twin._patches = lambda pixels, size: patches(pixels.to(torch.bfloat16), size).float()
    twin.network_.to = lambda *_: None
    return twin.decision_function(X)


def changed_beside(run, X):
    """Return the largest relative change of ten images' scores by a white one beside them."""
    pixels = prepared(Images(X), 0, 10, SIDE).numpy()
    white = np.full_like(pixels[0], 255)
    alone = np.array([run(each[None])[0] for each in pixels])
    beside = np.array([run(np.stack([each, white]))[0] for each in pixels])
    return np.abs(beside / alone - 1).max()


def traps(detector, folder, X):
    """Return sentences with what was met: each trap, and the number that shows it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = detector._on_the_cpu().network_
        changed = torch.ao.quantization.quantize_dynamic(network, dtype=torch.qint8)
    same = [type(each) for each in network.modules()] == [type(each) for each in changed.modules()]
    path, dynamic = folder / "d.onnx", folder / "dynamic.onnx"
    detector.export(path)
    with _quiet():
        quantize_dynamic(path, dynamic)
    kinds = [[node.op_type for node in onnx.load(each).graph.node] for each in (path, dynamic)]
    row = X[:1].copy()
    row[0, 0] = np.nan
    score, anomaly = onnxruntime.InferenceSession(path).run(["score", "anomaly"], {"X": row})
    return (
        f"- torch.ao's quantize_dynamic leaves every layer of the ensemble as it is: {same}.\n"
        f"- onnxruntime's leaves every node as it is: {sorted(kinds[0]) == sorted(kinds[1])}.\n"
        f"- A row with NaN has the score {score[0]}; score > threshold says "
        f"{bool(score[0] > detector.threshold_)}, the exported decision {anomaly[0]}."
    )


def report():
    """Return the report as Markdown."""
    torch.set_num_threads(1)
    head = conditions("torch", "onnxruntime")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train, X, _ = shuttle(0)
        detector = AutoEncoder(device="cpu").fit(train)
        paths = files(detector, folder)
        parts = [
            "# Shipping: what does an exported detector cost, and what does it keep?",
            f"At the start: {head}",
            " ".join(__doc__.split("\n\n")[2].split()),
            "## Start",
            as_markdown(starts(paths)),
            "## Time",
            as_markdown(times(detector, paths, X)),
            f"## Fewer bits: AutoEncoder on Shuttle, {len(SEEDS)} seeds",
            as_markdown(tables_in_fewer_bits(folder)),
            f"## Fewer bits: PatchCore on {KIND}, {len(SEEDS)} seeds",
            as_markdown(images_in_fewer_bits(folder)),
            "## Traps",
            traps(detector, folder, X),
        ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(command(report, __doc__))
