"""Exercise of lesson 12 on a network whose weights alone cannot send every row to one point."""

from __future__ import annotations

import copy
from itertools import pairwise

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import difference, require

# ---------------------------------------------------------------- 1 · a network that cannot cheat

build_network = Exercise(
    "Mend the builder: linear layers of these widths that give twice the output for twice the "
    "row, an output of either sign, and a bend between each two layers.",
    hints=(
        "Three things are wrong with it. Which parts could give every row one output? And which "
        "outputs can it never give?",
        "pairwise((3, 8, 2)) gives (3, 8) and (8, 2): the inputs and outputs of each layer.",
        "nn.Linear has a bias unless you say bias=False.",
        "Collect nn.Linear and nn.ReLU in a list, leave out the last ReLU with layers[:-1], and "
        "hand them over with nn.Sequential(*layers[:-1]).",
    ),
    praise="Right. It maps 0 to 0 and twice a row to twice its output, so no setting of its "
    "weights but zero sends every row to one point.",
)


@build_network.set_solution
def build_network_solution(widths):
    from torch import nn

    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@build_network.set_check
def build_network_check(answer):
    """Read a network's layers, then compare its outputs with those of its own weights and ReLU."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for widths in ((3, 8, 2), (4, 16, 16, 5), (6, 3), (2, 7, 3, 4, 3)):
            network, twin = answer(widths), answer(widths)
            _judge_form(network, widths)
            require(
                {*network.parameters()}.isdisjoint(twin.parameters()),
                "Two calls return networks that share their weights: who trains one trains the "
                "other. Make new layers at each call.",
            )
            _judge_outputs(copy.deepcopy(network).cpu().double().train(), widths)


def _judge_form(network, widths) -> None:
    import torch
    from torch import nn

    require(network is not None, "Your function returned None: is a `return` missing?")
    require(
        isinstance(network, nn.Module),
        f"A torch module is expected, such as nn.Sequential; this is {type(network).__name__}.",
    )
    if any(map(nn.parameter.is_lazy, network.parameters())):
        network(torch.zeros(1, widths[0]))  # which sets the widths of nn.LazyLinear
    for each in network.modules():
        name = type(each).__name__ if type(each).__module__.startswith("torch.nn") else ""
        require(
            "Dropout" not in name,
            f"There is a {name} between the layers: it draws at random which numbers count. "
            "Nothing but linear layers and ReLU is asked for.",
        )
        require(
            "Norm" not in name,
            f"There is a {name}: it shifts and stretches what passes, by numbers that are learnt "
            "or by the rows' own mean, as good as a bias. Nothing but linear layers and ReLU is "
            "asked for.",
        )
        require(
            not isinstance(each, nn.Linear) or each.bias is None,
            "A bias was left in: nn.Linear has one unless you say bias=False. With a bias in the "
            "last layer, zero weights and bias = c send every row to the centre, at loss 0.",
        )
    sizes = [tuple(each.shape) for each in network.parameters()]
    shapes = [size[::-1] for size in sizes if len(size) == 2]  # (in, out) of each layer
    expected = list(pairwise(widths))
    require(
        shapes == expected,
        f"The layers go {shapes} for widths {widths}; {expected} is expected, inputs first.",
    )
    more = [size for size in sizes if len(size) != 2]
    require(
        not more,
        f"Besides the layers' weights, parameters of the shapes {more} are learnt. Weights alone "
        "are asked for: a number that is added is as good as a bias.",
    )
    require(
        all(each.requires_grad for each in network.parameters()),
        "The weights are frozen: with requires_grad=False no training moves them.",
    )
    require(
        all(each.any() for each in network.parameters()),
        "A layer has nothing but zero weights: every row goes to one point from the start, and "
        "no slope leads away. nn.Linear draws weights itself.",
    )


def _judge_outputs(network, widths) -> None:
    import torch

    rows = torch.randn(200, widths[0], generator=torch.Generator().manual_seed(1)).double()
    weights = [each.detach() for each in network.parameters()]
    gaps = len(weights) - 1
    with torch.no_grad():
        once, again, twice = network(rows), network(rows), network(2 * rows)
        centre = network(torch.zeros_like(rows))
        right = _outputs(rows, weights, [_slope(network, widths)] * gaps)
        far = difference(network(1000 * rows), 1000 * once)
    if not difference(once, right) and not far:
        return
    require(
        torch.allclose(once, again),
        "The same rows come out otherwise at a second call: something is drawn at random.",
    )
    require(
        (once < 0).any() or not (right < 0).any(),
        "No output is ever negative: an activation stands after the last layer. The centre may "
        "have negative coordinates, and half of the space would be out of reach.",
    )
    for missing in range(gaps):
        slopes = [1.0 if each == missing else 0.0 for each in range(gaps)]
        require(
            difference(once, _outputs(rows, weights, slopes)) or gaps == 1,
            f"No activation stands between the layers {missing + 1} and {missing + 2} for widths "
            f"{widths}, so that the two are one matrix. ReLU goes into every gap.",
        )
    require(
        difference(once, _outputs(rows, weights, [1.0] * gaps)),
        "Without an activation between them, the layers are one matrix: f(−x) = −f(x).",
    )
    moved, doubled = once - centre, twice - centre
    require(
        torch.allclose(centre, torch.zeros_like(centre)) or difference(doubled, 2 * moved),
        "A row of zeros does not come out as zeros: something is added on the way, which is as "
        "good as a bias.",
    )
    require(
        torch.allclose(2 * once, twice, rtol=1e-4, atol=1e-5) and not far,
        "Twice a row does not give twice the output: an activation bends at large values or is "
        "bounded. A unit that saturates is as good as a bias. Take ReLU.",
    )
    text = difference(once, right)
    require(
        False,
        f"The network's outputs are not those of its weights with ReLU between the layers: for "
        f"widths {widths} {text.replace('you return', 'it returns')}",
    )


def _outputs(rows, weights, slopes):
    """Return what linear layers give with x, or slope · x below 0; slope 0 is ReLU, 1 nothing."""
    import torch

    for weight, slope in zip(weights[:-1], slopes, strict=True):
        rows = rows @ weight.T
        rows = torch.where(rows > 0, rows, slope * rows)
    return rows @ weights[-1].T


def _slope(network, widths) -> float:
    """Return an activation's slope below 0: 0 for ReLU, 0.01 for a leaky one, −1 for |x|."""
    import torch

    network = copy.deepcopy(network)
    for each in network.parameters():
        each.zero_()[0, 0] = 1.0
    row = torch.zeros(2, widths[0]).double()
    row[:, 0] = -1.0
    through, gaps = -float(network(row)[0, 0]), len(widths) - 2
    if gaps and 0 < through < 1:
        return through ** (1 / gaps)
    return through if gaps and through < 0 else 0.0  # what is turned once, stays above 0
