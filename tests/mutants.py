"""Mutants of a function: copies of its source with one small change in each, made mechanically.

A check that praises a mutant which behaves unlike the solution has a hole. The rules change what
people get wrong: operators, comparisons, axes, constants, signs, indices, terms, arguments, the
divisor of a standard deviation, copies. `misbehaving` adds what no line of the source shows:
arguments changed in place, memory between calls, chance, results in another order.
"""

import ast
import copy
import functools
import inspect
import textwrap

import numpy as np

ARITHMETIC = {
    ast.Add: [ast.Sub, ast.Mult],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
}
COMPARISONS = {
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
# functions and methods that are mistaken for each other
NAMES = {
    "max": ["min", "mean"],
    "min": ["max"],
    "mean": ["sum", "median"],
    "median": ["mean"],
    "sum": ["mean", "max"],
    "std": ["var"],
    "var": ["std"],
    "maximum": ["minimum", "add"],
    "minimum": ["maximum"],
    "argsort": ["sort"],
    "argmax": ["argmin"],
    "argmin": ["argmax"],
    "exp": ["log1p", "expm1"],
    "log": ["log10", "log1p"],
    "sqrt": ["square"],
    "cumsum": ["cumprod"],
    "zeros_like": ["ones_like"],
    "zeros": ["ones"],
    "ones": ["zeros"],
    "all": ["any"],
    "any": ["all"],
    "cov": ["corrcoef"],
    "inv": ["pinv", "transpose"],
    "quantile": ["percentile"],
    "len": ["sum"],
}
DROPPED_CALLS = {
    "abs",
    "copy",
    "sqrt",
    "log",
    "exp",
    "maximum",
    "minimum",
    "clip",
    "where",
    "round",
}


def mutants_of(function):
    """Yield (what was changed, the changed function) for every rule and place.

    Parameters
    ----------
    function : callable
        A function of a file that can be read; its helpers stay as they are.
    """
    source = textwrap.dedent(inspect.getsource(function))
    tree = ast.parse(source)
    tree.body[0].decorator_list = []
    seen = {ast.dump(tree)}
    for place, change, described in _changes(tree):
        changed = copy.deepcopy(tree)
        node = _at(changed, place)
        try:
            change(node, changed)
        except StopIteration:
            continue
        ast.fix_missing_locations(changed)
        if (key := ast.dump(changed)) in seen:
            continue
        seen.add(key)
        names = dict(vars(inspect.getmodule(function)))
        try:
            exec(compile(changed, f"<mutant of {function.__name__}>", "exec"), names)
        except (SyntaxError, ValueError):
            continue
        line = getattr(_at(tree, place), "lineno", 0)
        yield f"line {line}: {described}", names[function.__name__]


def _paths(node, path=()):
    """Yield (path, node) for a tree's nodes; a path is a sequence of (field, index or None)."""
    yield path, node
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield from _paths(value, (*path, (name, None)))
        elif isinstance(value, list):
            for number, each in enumerate(value):
                if isinstance(each, ast.AST):
                    yield from _paths(each, (*path, (name, number)))


def _at(tree, path):
    for name, number in path:
        tree = getattr(tree, name)
        tree = tree if number is None else tree[number]
    return tree


def _changes(tree):
    """Yield (path, change(node, tree), description) for every applicable rule."""
    function = tree.body[0]
    arguments = [each.arg for each in function.args.args]
    for path, node in _paths(tree):
        if path[:2] == (("body", 0), ("args", None)):
            continue  # defaults are the exercise's, not the answer's
        for rule in RULES:
            for change, described in rule(node, path, arguments):
                yield path, change, described


def _replace(path, make):
    """Return a change that puts `make(node)` in the node's place."""

    def change(node, tree):
        parent = _at(tree, path[:-1])
        name, number = path[-1]
        if number is None:
            setattr(parent, name, make(node))
        else:
            getattr(parent, name)[number] = make(node)

    return change


def _operators(node, path, arguments):
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in ARITHMETIC.get(type(node.op), ()):

            def change(node, tree, other=other):
                node.op = other()

            yield change, f"{type(node.op).__name__} → {other.__name__}"
    if isinstance(node, ast.BinOp):
        for side in ("left", "right"):
            yield _replace(path, lambda node, s=side: getattr(node, s)), f"only the {side} term"
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow):

            def swap(node, tree):
                node.left, node.right = node.right, node.left

            yield swap, f"{type(node.op).__name__} the other way round"
    if isinstance(node, ast.UnaryOp):
        yield _replace(path, lambda node: node.operand), f"{type(node.op).__name__} dropped"


def _comparisons(node, path, arguments):
    if isinstance(node, ast.Compare):
        for other in COMPARISONS.get(type(node.ops[0]), ()):

            def change(node, tree, other=other):
                node.ops[0] = other()

            yield change, f"{type(node.ops[0]).__name__} → {other.__name__}"
    if isinstance(node, ast.BoolOp):

        def turn(node, tree):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()

        yield turn, "and ↔ or"


def _constants(node, path, arguments):
    if not isinstance(node, ast.Constant) or isinstance(node.value, str | None | type(...)):
        return
    value = node.value
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [value + 1, value - 1, -value]
    else:
        others = [value * 2, value / 2, -value, value + 1]
    for other in others:
        yield _replace(path, lambda _, o=other: ast.Constant(o)), f"{value} → {other}"


def _calls(node, path, arguments):
    if not isinstance(node, ast.Call):
        return
    for number, keyword in enumerate(node.keywords):

        def drop(node, tree, number=number):
            del node.keywords[number]

        yield drop, f"without {keyword.arg}="
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    for other in NAMES.get(name, ()):

        def rename(node, tree, other=other):
            setattr(node.func, "attr" if isinstance(node.func, ast.Attribute) else "id", other)

        yield rename, f"{name} → {other}"
    if name in ("std", "var", "cov", "nanstd"):

        def unbias(node, tree):
            node.keywords.append(ast.keyword("ddof", ast.Constant(1 if name != "cov" else 0)))

        yield unbias, f"{name} with the other ddof"
    if name in DROPPED_CALLS:
        if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
            yield _replace(path, lambda node: node.func.value), f".{name}() dropped"
        for number in range(len(node.args)):
            yield _replace(path, lambda node, n=number: node.args[n]), f"{name}() dropped"
    if len(node.args) > 1:
        for number in range(len(node.args) - 1):

            def swap(node, tree, n=number):
                node.args[n : n + 2] = node.args[n + 1], node.args[n]

            yield swap, f"arguments {number} and {number + 1} of {name} swapped"
    if name == "default_rng":
        yield (
            _replace(path, lambda node: ast.parse("np.random.default_rng(0)").body[0].value),
            "the seed is not used",
        )
        yield _replace(path, lambda node: ast.parse("np.random").body[0].value), "global chance"
        yield (
            _replace(path, lambda node: ast.parse("np.random.default_rng()").body[0].value),
            "chance without a seed",
        )


def _is_module(node):
    return isinstance(node, ast.Name) and node.id in ("np", "torch", "pd")


def _places(node, path, arguments):
    """Axes, indices, slices, transposes."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield _replace(path, lambda node: node.value), ".T dropped"
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield _replace(path, lambda node: node.value), "index dropped"
    if isinstance(node, ast.Slice):
        for end in ("lower", "upper", "step"):
            if getattr(node, end) is not None:

                def drop(node, tree, end=end):
                    setattr(node, end, None)

                yield drop, f"slice without {end}"
    if isinstance(node, ast.For | ast.comprehension):

        def shorten(node, tree):
            node.iter = ast.parse(f"list({ast.unparse(node.iter)})[:-1]").body[0].value

        yield shorten, "the last round is left out"

        def later(node, tree):
            node.iter = ast.parse(f"list({ast.unparse(node.iter)})[1:]").body[0].value

        yield later, "the first round is left out"

        def backwards(node, tree):
            node.iter = ast.parse(f"list({ast.unparse(node.iter)})[::-1]").body[0].value

        yield backwards, "the rounds go backwards"


def _names(node, path, arguments):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in arguments:
        for other in arguments:
            if other != node.id:
                yield (
                    _replace(path, lambda _, o=other: ast.Name(o, ast.Load())),
                    (f"{node.id} → {other}"),
                )


def _statements(node, path, arguments):
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.For | ast.If) and path:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        yield _replace(path, lambda node: ast.Pass()), f"`{ast.unparse(node)[:40]}` left out"
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        parts = len(node.value.elts)
        for number in range(parts - 1):

            def swap(node, tree, n=number):
                node.value.elts[n : n + 2] = node.value.elts[n + 1], node.value.elts[n]

            yield swap, f"results {number} and {number + 1} swapped"
    if isinstance(node, ast.If):
        for value in (True, False):

            def fix(node, tree, value=value):
                node.test = ast.Constant(value)

            yield fix, f"`if {ast.unparse(node.test)}` is always {value}"
    if isinstance(node, ast.IfExp):
        yield _replace(path, lambda node: node.body), "always the first case"
        yield _replace(path, lambda node: node.orelse), "always the second case"


RULES = (_operators, _comparisons, _constants, _calls, _places, _names, _statements)


def misbehaving(function):
    """Yield (what it does, function): right numbers at first, and something that is not seen."""
    names = list(inspect.signature(function).parameters)

    def wrapped(described):
        def store(run):
            return described, functools.wraps(function)(run)

        return store

    for number, name in enumerate(names):

        def in_place(*given, number=number):
            result = copy.deepcopy(function(*given))
            if isinstance(given[number], np.ndarray) and given[number].size:
                given[number][...] = given[number][::-1] + 1
            return result

        yield wrapped(f"changes `{name}` in place")(in_place)

        frozen = []

        def first_value(*given, number=number, frozen=frozen):
            frozen.append(copy.deepcopy(given[number]))
            return function(*given[:number], frozen[0], *given[number + 1 :])

        yield wrapped(f"always uses the first `{name}` it saw")(first_value)

    calls = []

    def remembers(*given):
        calls.append(1)
        return _scaled(function(*given), 1 + 0.01 * (len(calls) - 1))

    yield wrapped("adds 1 % at each further call")(remembers)

    def by_chance(*given):
        return _scaled(function(*given), 1 + 0.01 * np.random.rand())

    yield wrapped("adds up to 1 % by chance")(by_chance)

    for described, change in (
        ("reversed along the first axis", lambda value: value[::-1]),
        ("sorted along the first axis", lambda value: np.sort(value, axis=0)),
        ("as whole numbers", lambda value: np.rint(value)),
        ("a result too short", lambda value: value[:-1]),
    ):

        def changed(*given, change=change):
            result = function(*given)
            if isinstance(result, tuple):
                return tuple(change(np.atleast_1d(each)) for each in result)
            return change(np.asarray(result)) if np.ndim(result) else result

        yield wrapped(described)(changed)


def _scaled(result, factor):
    if isinstance(result, tuple):
        return tuple(_scaled(each, factor) for each in result)
    return result if isinstance(result, str) else np.asarray(result, dtype=float) * factor
