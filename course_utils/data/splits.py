"""Cut data into training, validation and test rows without letting any row be on two sides."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData, as_anomaly_data, number_rows

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

PROTOCOLS = ("supervised", "clean-train", "contaminated-train")
PARTS = ("train", "validation", "test")
ATTEMPTS = 50  # draws before a split with large groups is given up


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Three parts of one data set that share no row.

    Parameters
    ----------
    train, validation, test : AnomalyData
        The parts. Fit on the first, choose on the second, report on the third.
    protocol : str
        What the training rows are: "supervised", "clean-train" or "contaminated-train"; "by time"
        where the parts follow one another.
    """

    train: AnomalyData
    validation: AnomalyData
    test: AnomalyData
    protocol: str

    def __repr__(self):
        """Return a small table: rows, anomalies and their share in each part."""
        lines = [
            f"Split of {self.train.name}, protocol {self.protocol}",
            f"{'part':<12}{'rows':>9}{'anomalies':>12}{'share':>10}",
        ]
        for part in PARTS:
            data = getattr(self, part)
            share = f"{100 * data.prevalence:.2f} %"
            lines.append(f"{part:<12}{len(data):>9,}{data.n_anomalies:>12,}{share:>10}")
        return "\n".join(lines)


def split(data, protocol="supervised", sizes=(0.6, 0.2, 0.2), contamination=None, seed=0):
    """Cut data into training, validation and test rows.

    Every part gets the same share of anomalies as far as whole rows allow. Identical rows (or
    images, texts, sequences), and rows of one group, stay on one side. In a series, rows are
    identical only at one time in one group: its groups alone decide. At one seed the validation
    and the test rows are the same for every protocol, so that results can be compared.

    Parameters
    ----------
    data : AnomalyData
        At least three normal rows and three anomalies. Data with a time needs groups.
    protocol : {"supervised", "clean-train", "contaminated-train"}
        What becomes of the anomalies among the training rows: "supervised" keeps them with their
        labels, "clean-train" leaves them out, "contaminated-train" keeps `contamination` of them
        for a detector that looks at no label.
    sizes : (float, float, float)
        Shares of training, validation and test rows, each above 0; they add up to 1.
    contamination : float in (0, 0.5], optional
        For "contaminated-train": the share of anomalies among the training rows that are left.
        None keeps them as drawn.
    seed : int
        One seed, one split.

    Returns
    -------
    Split

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, if a class has too few rows (or too few groups) to be
        in every part, if there are too few anomalies for `contamination`, or if a time series
        without groups would be shuffled.
    """
    as_anomaly_data(data, "data")
    checks.one_of(protocol, "protocol", PROTOCOLS)
    sizes = _as_sizes(sizes)
    seed = checks.as_seed(seed, "seed")
    if contamination is not None and protocol != "contaminated-train":
        raise ValueError(
            f"contamination is {contamination} with protocol {protocol!r}; it is for "
            "'contaminated-train' alone."
        )
    _refuse_series(data)
    part_of_row = _draw_parts(data, sizes, np.random.default_rng(seed))
    train, validation, test = (data.take(part_of_row == part) for part in range(len(PARTS)))
    if protocol == "clean-train":
        train = train.take(train.y == 0)
    elif contamination is not None:
        train = _contaminated(train, contamination, seed)
    return Split(train, validation, test, protocol)


def split_by_time(data, sizes=(0.6, 0.2, 0.2)):
    """Cut data that has a time into early training, later validation and latest test rows.

    Rows of one time stay on one side. Groups do not count: where several recordings cover one
    period, each part holds its stretch of all of them.

    Parameters
    ----------
    data : AnomalyData
        With a time; the rows may be in any order.
    sizes : (float, float, float)
        Shares of training, validation and test rows, each above 0; they add up to 1.

    Returns
    -------
    Split
        Protocol "by time"; in each part the rows keep their order. A part may hold no anomaly.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, if the data has no time, or if some part would hold no
        row.
    """
    as_anomaly_data(data, "data")
    sizes = _as_sizes(sizes)
    if data.time is None:
        raise ValueError(f"data has no time ({data.name}); use data.split for it.")
    # In whole rows, free of the rounding error of a sum of shares.
    first, second = np.rint(np.cumsum(sizes)[:2] * len(data)).astype(np.int64)
    earliest = np.sort(data.time)
    bounds = earliest[np.minimum([first, second], len(data) - 1)]
    part_of_row = np.searchsorted(bounds, data.time, side="right")
    rows = np.bincount(part_of_row, minlength=len(PARTS))
    if rows.min() == 0:
        raise ValueError(
            f"data has {len(data)} rows at {len(np.unique(data.time))} times, which gives "
            f"{', '.join(f'{part} {count}' for part, count in zip(PARTS, rows, strict=True))} "
            "rows; at least one in each part is expected."
        )
    parts = (data.take(part_of_row == part) for part in range(len(PARTS)))
    return Split(*parts, "by time")


def thin_anomalies(data, prevalence, seed=0):
    """Leave out anomalies at random until they have the wanted share.

    At one seed a lower prevalence keeps a subset of what a higher one keeps.

    Parameters
    ----------
    data : AnomalyData
        With at least one anomaly and one normal row.
    prevalence : float in (0, 0.5]
        The share of anomalies that is wanted, no higher than the share there is. At least one
        anomaly is kept.
    seed : int
        Which anomalies stay.

    Returns
    -------
    AnomalyData
        All normal rows and the anomalies that are left, in their order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or if there are too few anomalies.
    """
    as_anomaly_data(data, "data")
    prevalence = checks.in_range(prevalence, "prevalence", 0, 0.5, low_open=True)
    checks.as_labels(data.y, "y", both_classes=True)
    anomalies = np.flatnonzero(data.y == 1)
    wanted = _anomalies_for(prevalence, len(data) - anomalies.size)
    if wanted > anomalies.size:
        raise ValueError(
            f"prevalence is {prevalence:g}, which takes {wanted} anomalies; at most "
            f"{data.prevalence:.4g} is expected, as there are {anomalies.size}."
        )
    shuffled = np.random.default_rng(checks.as_seed(seed, "seed")).permutation(anomalies)
    keep = data.y == 0
    keep[shuffled[:wanted]] = True
    return data.take(keep)


def _anomalies_for(share, normal_rows):
    """Return a of a / (a + normal_rows) = share, at least 1."""
    return max(1, round(share / (1 - share) * normal_rows))


def _contaminated(train, contamination, seed):
    contamination = checks.in_range(contamination, "contamination", 0, 0.5, low_open=True)
    try:
        return thin_anomalies(train, contamination, seed)
    except ValueError as error:
        raise ValueError(f"contamination is too high for these training rows: {error}") from error


def _as_sizes(sizes):
    sizes = checks.as_scores(sizes, "sizes")
    expected = "three shares above 0 that add up to 1"
    if sizes.size != len(PARTS) or sizes.min() <= 0 or abs(sizes.sum() - 1) > 1e-9:
        raise ValueError(f"sizes is {tuple(sizes.tolist())}; {expected} are expected.")
    return sizes


def _refuse_series(data):
    if data.time is not None and data.groups is None:
        raise ValueError(
            f"data is a time series ({data.name}); its rows must not be shuffled, or a detector "
            "would learn from the hours around those it is tested on. Cut it by time with "
            "split_by_time, or give it groups that stay together."
        )


def _draw_parts(data, sizes, generator):
    """Return the part of each row, shape (n,): 0 train, 1 validation, 2 test."""
    blocks = _blocks(data)
    counts = np.stack(
        [np.bincount(blocks[data.y == label], minlength=blocks.max() + 1) for label in (0, 1)],
        axis=1,
    )  # (blocks, 2): normal rows and anomalies in each block
    _refuse_too_few(counts)
    quotas = np.stack([_quotas(rows, sizes) for rows in counts.sum(axis=0)])  # (2, 3)
    for _ in range(ATTEMPTS):
        part_of_row = _draw_blocks(counts, quotas, generator)[blocks]
        if _every_part_has_both(part_of_row, data.y):
            return part_of_row
    raise ValueError(
        f"data was not split: in {ATTEMPTS} draws some part got no anomaly or no normal row, as "
        f"it has few or large sets of rows that must stay together ({len(counts)} sets of "
        "identical rows and rows of one group). More even sizes are expected."
    )


def _blocks(data):
    """Number the sets of rows that must stay together: identical rows and rows of one group."""
    identical = number_rows(data)
    if data.groups is None:
        return identical
    group = np.unique(data.groups, return_inverse=True)[1] + identical.max() + 1
    nodes = group.max() + 1
    links = coo_array((np.ones(len(data)), (identical, group)), shape=(nodes, nodes))
    component = connected_components(links, directed=False)[1]
    return np.unique(component[identical], return_inverse=True)[1]


def _refuse_too_few(counts):
    for label, noun in enumerate(("normal rows", "anomalies")):
        rows = counts[:, label].sum()
        blocks = np.count_nonzero(counts[:, label])
        if blocks < len(PARTS):
            together = "" if blocks == rows else f" in {blocks} sets that must stay together"
            raise ValueError(
                f"data has {rows} {noun}{together}; at least {len(PARTS)} are expected, one for "
                "each of train, validation and test."
            )


def _quotas(rows, sizes):
    """Share out the rows of one class: whole numbers, at least one for each part, shape (3,)."""
    quotas = _rounded(sizes * rows)
    while quotas.min() == 0:
        quotas[quotas.argmax()] -= 1
        quotas[quotas.argmin()] += 1
    return quotas


def _rounded(shares):
    """Round to whole numbers with the same sum, by largest remainder."""
    whole = np.floor(shares).astype(np.int64)
    missing = round(shares.sum()) - whole.sum()
    whole[np.argsort(whole - shares, kind="stable")[:missing]] += 1
    return whole


def _draw_blocks(counts, quotas, generator):
    """Give each block to a part, at random, with the places that are left as the odds.

    Blocks of several rows go first, those with anomalies before the others and large before
    small; single rows then fill what is left, so that the quotas come out exactly where there
    are single rows enough.
    """
    size = counts.sum(axis=1)
    large = np.flatnonzero(size > 1)
    large = large[np.lexsort((generator.random(large.size), -size[large], counts[large, 1] == 0))]
    left = quotas.tolist()  # plain lists: the loop is ten times as fast
    part_of_block = np.empty(len(counts), dtype=np.int64)
    draws = generator.random(large.size).tolist()
    for block, draw, rows in zip(large.tolist(), draws, counts[large].tolist(), strict=True):
        part = _pick(left[1 if rows[1] else 0], draw)
        part_of_block[block] = part
        left[0][part] -= rows[0]
        left[1][part] -= rows[1]
    for label in (0, 1):
        single = generator.permutation(np.flatnonzero((size == 1) & (counts[:, label] == 1)))
        part_of_block[single] = _fill(left[label], single.size)
    return part_of_block


def _pick(places, draw):
    """Return a part, with odds in proportion to its places; `draw` is uniform on [0, 1).

    There is a place: a class has as many left, over all parts, as it has rows to come.
    """
    odds = [max(place, 0) for place in places]
    position = draw * sum(odds)
    for part, odd in enumerate(odds[:-1]):
        if position < odd:
            return part
        position -= odd
    return len(odds) - 1


def _fill(places, rows):
    """Return `rows` part numbers, shape (rows,), in proportion to the places."""
    places = np.maximum(places, 0)
    return np.repeat(np.arange(places.size), _rounded(places / max(places.sum(), 1) * rows))


def _every_part_has_both(part_of_row, labels):
    return len(np.unique(2 * part_of_row + labels)) == 2 * len(PARTS)
