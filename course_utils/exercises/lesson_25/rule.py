"""Exercise of lesson 25 on the rule of the trade: what a guard knows before any data."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.ranking import area
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# ----------------------------------------------------------------------------------- 2 · port rule

SEEDS = (2521, 2522, 2523)
LINE = 0.92
KNOWN = ("port scan", "password guessing", "flood")
FAILED, CONNECTIONS, HOSTS, PORTS = 9, 10, 11, 12  # columns

port_rule = Exercise(
    "Write the guard's rule: a score for each connection from four columns, without learning, "
    f"that ranks scans, guessing and floods above harmless connections: AUROC {LINE:g} on "
    "networks held back.",
    hints=(
        "A scan opens many ports of one computer, guessing and floods knock on one door again "
        "and again; scans and guesses fail as well. What harmless programs make many connections?",
        "Monitoring and roll-outs meet one host after the other, so many `hosts` speak for harm"
        "lessness. How many connections does each host get?",
        "connections / hosts is how hard one host is knocked at; add some 5 to 10 where `failed`.",
    ),
    praise="Right: a rule of one line, without a label, for kinds that somebody knew.",
    prepare=lambda: _networks(),
)


@port_rule.set_solution
def port_rule_solution(failed, ports, connections, hosts):
    return connections / hosts + 0.3 * ports + 7 * failed


@functools.cache
def _networks():
    """Return for each network the rule's four columns, and whether a row is a known attack."""
    from course_utils import data

    made = []
    for seed in SEEDS:
        network = data.make_network(rows=10_000, seed=seed)
        known = np.isin(network.kinds, KNOWN)
        rows = known | (network.y == 0)
        columns = network.X[rows][:, [FAILED, PORTS, CONNECTIONS, HOSTS]].T
        made.append((tuple(columns), known[rows]))
    return made


@port_rule.set_check
def port_rule_check(answer):
    made = _networks()
    scores = [_scores_of(answer, columns) for columns, _ in made]
    _require_each_row_alone(answer, made[0][0], scores[0])

    def mean_area(many):
        pairs = zip(many, made, strict=True)
        return np.mean([area(each[~known], each[known]) for each, (_, known) in pairs])

    reached = mean_area(scores)
    told = f"AUROC {reached:.3f} on {len(made)} networks held back; {LINE:g} is the line."
    if reached >= LINE:
        return
    require(
        max(map(np.ptp, scores)) > 0,
        "All connections of a network get the same score, which ranks nothing.",
    )
    require(mean_area([-each for each in scores]) < LINE, f"Upside down: high is suspect. {told}")
    _name_the_sign_of_hosts(answer, made, told)
    without = mean_area([_scores_of(answer, (0 * f, p, c, h)) for (f, p, c, h), _ in made])
    require(
        reached - without > 0.002 or np.mean([len(np.unique(each)) for each in scores]) < 3,
        f"Whether a connection failed makes no difference to it. Six of ten known attacks fail, "
        f"and few harmless connections do. {told}",
    )
    require(
        max(len(np.unique(each)) for each in scores) > 3,
        f"The score has two or three values: nothing ranks within them. {told}",
    )
    raise Misconception(f"{told} What do many connections to one host mean, and many hosts?")


def _scores_of(answer, columns):
    got = as_array(answer(*(each.copy() for each in columns)), what="the scores")
    require(got.shape != (), "One number came back; each connection gets a score of its own.")
    return as_array(got, shape=columns[0].shape, what="the scores")


def _require_each_row_alone(answer, columns, scores):
    """Refuse a rule that looks at other connections: alone, a connection has the same score."""
    few = as_array(
        answer(*(each[100:160].copy() for each in columns)), what="the scores", finite=False
    )
    require(
        few.shape == (60,) and np.allclose(few, scores[100:160], rtol=1e-4, atol=1e-6),
        "Sixty connections alone get other scores than among the others. A rule learns nothing, "
        "no mean and no maximum of the rows that it is given.",
    )


def _name_the_sign_of_hosts(answer, made, told):
    """Say so where a source that meets more hosts gets a higher score, all else equal."""
    failed, ports, connections, hosts = made[0][0]
    more = _scores_of(answer, (failed, ports, connections, hosts + 5))
    less = _scores_of(answer, (failed, ports, connections, hosts))
    require(
        (more > less).mean() < 0.5,
        "More hosts make it more suspicious here. Who meets many hosts in a minute is, here, "
        f"mostly monitoring or a roll-out; the known attacks stay at one. {told}",
    )
