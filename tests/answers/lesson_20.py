"""Answers to the exercises of lesson 20: right ones in other styles, and wrong ones."""

import bisect
import copy
import itertools
import math
import random
from collections import deque

from answers import right, wrong
from course_utils.exercises import lesson_20 as ex

import numpy as np
import pandas as pd
import torch
from scipy import stats

# -------------------------------------------------------------------------- 1 · prequential scores


@right(ex.prequential_scores)
def prequential_by_index(model, rows):
    scores = np.zeros(len(rows), dtype=np.float32)
    for number in range(len(rows)):
        scores[number] = model.score_one(rows[number])
        model.learn_one(rows[number])
    return scores


@right(ex.prequential_scores)
def prequential_by_generator(model=None, rows=None):
    def scored():
        for row in rows:
            yield model.score_one(row)
            model.learn_one(row)

    return list(scored())


@right(ex.prequential_scores)
def prequential_in_one_line(model, rows):
    return [(model.score_one(row), model.learn_one(row))[0] for row in rows]


@right(ex.prequential_scores)
def prequential_in_a_series(model, rows):
    scores, waiting = [], deque(rows)
    while waiting:
        row = waiting.popleft()
        scores.append(torch.tensor(model.score_one(row)))
        model.learn_one(row)
    return pd.Series([float(each) for each in scores], dtype=float)


@right(ex.prequential_scores)
def prequential_by_recursion(model, rows):
    if len(rows) == 0:
        return np.array([])
    first_score = model.score_one(rows[0])
    model.learn_one(rows[0])
    return np.concatenate([[first_score], prequential_by_recursion(model, rows[1:])])


wrong(ex.prequential_scores, "You return a generator, which has not run")(
    lambda model, rows: ((model.score_one(row), model.learn_one(row))[0] for row in rows)
)
wrong(ex.prequential_scores, "no copy of it")(
    lambda model, rows: prequential_in_one_line(copy.deepcopy(model), rows)
)


@wrong(ex.prequential_scores, "learned before it is scored")
def prequential_too_late(model, rows):
    scores = []
    for row in rows:
        model.learn_one(row)
        scores.append(model.score_one(row))
    return scores


@wrong(ex.prequential_scores, "knows the future")
def prequential_after_all(model, rows):
    for row in rows:
        model.learn_one(row)
    return [model.score_one(row) for row in rows]


@wrong(ex.prequential_scores, "those of a frozen model")
def prequential_before_all(model, rows):
    scores = [model.score_one(row) for row in rows]
    for row in rows:
        model.learn_one(row)
    return scores


wrong(ex.prequential_scores, "never learns")(
    lambda model, rows: [model.score_one(row) for row in rows]
)


@wrong(ex.prequential_scores, "model was never asked")
def prequential_without_a_score(model, rows):
    for row in rows:
        model.learn_one(row)


@wrong(ex.prequential_scores, "score_one is called more than once")
def prequential_twice(model, rows):
    scores = []
    for row in rows:
        if model.score_one(row) >= 0:
            scores.append(model.score_one(row))
        model.learn_one(row)
    return scores


@wrong(ex.prequential_scores, "learn_one is called more than once")
def prequential_in_two_epochs(model, rows):
    scores = prequential_in_one_line(model, rows)
    for row in rows:
        model.learn_one(row)
    return scores


@wrong(ex.prequential_scores, "another order than they came in")
def prequential_backwards(model, rows):
    return prequential_in_one_line(model, rows[::-1])


@wrong(ex.prequential_scores, "stand in the reverse order")
def prequential_newest_first(model, rows):
    scores = deque()
    for row in rows:
        scores.appendleft(model.score_one(row))
        model.learn_one(row)
    return list(scores)


@wrong(ex.prequential_scores, "of 12 rows are learned")
def prequential_with_a_gate(model, rows):
    scores = []
    for row in rows:
        scores.append(model.score_one(row))
        if scores[-1] < 2:
            model.learn_one(row)
    return scores


@wrong(ex.prequential_scores, "of 12 rows are learned")
def prequential_without_the_last(model, rows):
    scores = [model.score_one(rows[0])]
    for before, row in itertools.pairwise(rows):
        model.learn_one(before)
        scores.append(model.score_one(row))
    return scores


@wrong(ex.prequential_scores, "of 12 rows are scored")
def prequential_without_the_first(model, rows):
    scores = [0.0]
    model.learn_one(rows[0])
    for row in rows[1:]:
        scores.append(model.score_one(row))
        model.learn_one(row)
    return scores


@wrong(ex.prequential_scores, "is score_one where learn_one of row 0")
def prequential_a_row_late(model, rows):
    scores = []
    for number, row in enumerate(rows):
        scores.append(model.score_one(row))
        if number:
            model.learn_one(rows[number - 1])
    model.learn_one(rows[-1])
    return scores


wrong(ex.prequential_scores, "One number came back")(
    lambda model, rows: np.mean(prequential_in_one_line(model, rows))
)
wrong(ex.prequential_scores, "right and sorted")(
    lambda model, rows: sorted(prequential_in_one_line(model, rows))
)
wrong(ex.prequential_scores, "running means")(
    lambda model, rows: pd.Series(prequential_in_one_line(model, rows)).expanding().mean()
)
wrong(ex.prequential_scores, "but the scores differ")(
    lambda model, rows: np.log1p(prequential_in_one_line(model, rows))
)


@wrong(ex.prequential_scores, "`return` missing")
def prequential_without_return(model, rows):
    prequential_in_one_line(model, rows)


# -------------------------------------------------------------------------------------- 2 · delays


@right(ex.delays)
def delays_by_sums(arrivals, work):
    """A row is done when the last of the pauses is over and all the work since then is done."""
    total = np.cumsum(work)
    return total + np.maximum.accumulate(arrivals - (total - work)) - arrivals


@right(ex.delays)
def delays_by_lindley(arrivals=None, work=None):
    delays, wait = [], 0.0
    for number in range(len(work)):
        if number:
            wait = max(0.0, wait + work[number - 1] - (arrivals[number] - arrivals[number - 1]))
        delays.append(wait + work[number])
    return delays


@right(ex.delays)
def delays_by_torch(arrivals, work):
    total = work.cumsum(dim=0)
    start = (arrivals - total + work).cummax(dim=0).values if len(work) else work
    return total + start - arrivals


@right(ex.delays)
def delays_in_pandas(arrivals, work):
    table = pd.DataFrame({"arrival": arrivals, "work": work})
    total = table["work"].cumsum()
    return total + (table["arrival"] - total.shift(fill_value=0)).cummax() - table["arrival"]


@right(ex.delays)
def delays_by_accumulate(arrivals, work):
    done = itertools.accumulate(
        zip(arrivals.tolist(), work.tolist(), strict=True),
        lambda free, row: max(free, row[0]) + row[1],
        initial=-math.inf,
    )
    return [end - arrival for end, arrival in zip(list(done)[1:], arrivals, strict=True)]


@right(ex.delays)
def delays_from_the_first_row(arrivals, work):
    """In float32, and for no empty stream."""
    arrivals, done = arrivals.astype(np.float32), np.zeros(len(work), dtype=np.float32)
    done[0] = arrivals[0] + work[0]
    for row in range(1, len(work)):
        done[row] = max(arrivals[row], done[row - 1]) + work[row]
    return done - arrivals


wrong(ex.delays, "seconds of work")(lambda arrivals, work: work.copy())
wrong(ex.delays, "waiting alone")(
    lambda arrivals, work: delays_by_sums(arrivals, work) - work,
)
wrong(ex.delays, "times at which rows are done")(
    lambda arrivals, work: delays_by_sums(arrivals, work) + arrivals,
)
wrong(ex.delays, "counted from the first arrival")(
    lambda arrivals, work: delays_by_sums(arrivals, work) + arrivals - arrivals[0],
)
wrong(ex.delays, "times at which rows start")(
    lambda arrivals, work: delays_by_sums(arrivals, work) + arrivals - work,
)
wrong(ex.delays, "work of all rows so far")(lambda arrivals, work: np.cumsum(work))
wrong(ex.delays, "always busy")(lambda arrivals, work: arrivals[0] + np.cumsum(work) - arrivals)
wrong(ex.delays, "always busy")(lambda arrivals, work: np.cumsum(work) - arrivals)
wrong(ex.delays, "idle time is forgotten")(
    lambda arrivals, work: np.maximum(arrivals[0] + np.cumsum(work) - arrivals, work)
)
wrong(ex.delays, "had never waited")(
    lambda arrivals, work: (
        work + np.append(0, np.maximum(0, (arrivals + work)[:-1] - arrivals[1:]))
    )
)
wrong(ex.delays, "all of the work before it")(
    lambda arrivals, work: work + np.append(0, work[:-1])
)


@wrong(ex.delays, "own work counts in its waiting")
def delays_with_own_work(arrivals, work):
    wait, waits = 0.0, [0.0]
    for gap, seconds in zip(np.diff(arrivals), work[1:], strict=True):
        wait = max(0.0, wait + seconds - gap)
        waits.append(wait)
    return waits + work


wrong(ex.delays, "One number came back")(
    lambda arrivals, work: np.quantile(delays_by_sums(arrivals, work), 0.99)
)
wrong(ex.delays, "shorter than the row's own work")(
    lambda arrivals, work: delays_by_sums(arrivals, work) / 2
)
wrong(ex.delays, "Those are not the delays")(
    lambda arrivals, work: 2 * delays_by_sums(arrivals, work)
)
wrong(ex.delays, "one for each")(lambda arrivals, work: delays_by_sums(arrivals, work)[1:])
wrong(ex.delays, "rows that cost nothing")(
    lambda arrivals, work: delays_by_sums(arrivals, work) + (work == 0)
)


@wrong(ex.delays, "your server is free from 0 on")
def delays_of_a_server_that_begins_at_0(arrivals, work):
    free, delays = 0.0, []
    for arrival, seconds in zip(arrivals, work, strict=True):
        free = max(free, arrival) + seconds
        delays.append(free - arrival)
    return delays


# -------------------------------------------------------------------------------- 3 · alarm budget


@right(ex.alarm_budget)
def budget_by_loop(scores, rows_a_day, most):
    for threshold in sorted(scores):
        if rows_a_day * np.mean(scores > threshold) <= most:
            return threshold
    return None


@right(ex.alarm_budget)
def budget_by_place(scores=None, rows_a_day=None, most=None):
    allowed = min(int(most * len(scores) / rows_a_day), len(scores) - 1)
    return sorted(scores, reverse=True)[allowed]


@right(ex.alarm_budget)
def budget_by_quantile(scores, rows_a_day, most):
    share = max(0.0, 1 - most / rows_a_day)
    return np.float32(np.quantile(scores, share, method="inverted_cdf"))


@right(ex.alarm_budget)
def budget_by_torch(scores, rows_a_day, most):
    above = (scores.unsqueeze(0) > scores.unsqueeze(1)).double().mean(dim=1)
    return scores[above * rows_a_day <= most].min()


@right(ex.alarm_budget)
def budget_by_pandas(scores, rows_a_day, most):
    counts = pd.Series(scores).value_counts(normalize=True).sort_index()
    above = 1 - counts.cumsum()
    return above.index[rows_a_day * above <= most + 1e-9].min()


@right(ex.alarm_budget)
def budget_by_bisection(scores, rows_a_day, most):
    rising = np.unique(scores)
    place = bisect.bisect_left(
        range(len(rising)),
        -most,
        key=lambda index: -rows_a_day * (scores > rising[index]).sum() / len(scores),
    )
    return rising[place]


@right(ex.alarm_budget)
def budget_by_share_below(scores, rows_a_day, most):
    return min(each for each in scores if rows_a_day * (1 - np.mean(scores <= each)) <= most)


@right(ex.alarm_budget)
def budget_by_counts(scores, rows_a_day, most):
    values, counts = np.unique(scores, return_counts=True)
    return values[np.argmax((len(scores) - counts.cumsum()) * rows_a_day <= most * len(scores))]


wrong(ex.alarm_budget, "two thirds more than 0 above")(
    lambda scores, rows, most: np.sort(scores)[::-1][
        min(round(len(scores) * most / rows), len(scores) - 1)
    ]
)
wrong(ex.alarm_budget, "a little more than 0 above")(
    lambda scores, rows, most: np.sort(scores)[::-1][
        min(math.ceil(len(scores) * most / rows), len(scores) - 1)
    ]
)
wrong(ex.alarm_budget, "share that may alarm")(lambda scores, rows, most: most / rows)
wrong(ex.alarm_budget, "how many of the scores may alarm")(
    lambda scores, rows, most: most * len(scores) / rows
)
wrong(ex.alarm_budget, "Those are the false alarms a day")(
    lambda scores, rows, most: rows * np.mean(scores > budget_by_loop(scores, rows, most))
)
wrong(ex.alarm_budget, "The budget allows more")(lambda scores, rows, most: scores.max())
wrong(ex.alarm_budget, "not a day's rows")(
    lambda scores, rows, most: min(t for t in scores if (scores > t).sum() <= most)
)
wrong(ex.alarm_budget, "not a day's rows")(lambda scores, rows, most: scores.min())
wrong(ex.alarm_budget, "One score too high")(
    lambda scores, rows, most: min(t for t in scores if rows * np.mean(scores >= t) <= most)
)
wrong(ex.alarm_budget, "One score too high")(
    lambda scores, rows, most: min(t for t in scores if rows * np.mean(scores > t) < most)
)
wrong(ex.alarm_budget, "One score too low")(
    lambda scores, rows, most: max(t for t in scores if rows * np.mean(scores > t) > most)
)
wrong(ex.alarm_budget, "That lies between two scores")(
    lambda scores, rows, most: np.quantile(scores, 1 - most / rows)
)
wrong(ex.alarm_budget, "Upside down")(lambda scores, rows, most: np.quantile(scores, most / rows))
wrong(ex.alarm_budget, "place at which")(
    lambda scores, rows, most: list(scores).index(budget_by_loop(scores, rows, most))
)
wrong(ex.alarm_budget, "3 standard deviations")(
    lambda scores, rows, most: scores.mean() + 3 * scores.std()
)
wrong(ex.alarm_budget, "shape (128,)")(
    lambda scores, rows, most: rows * (scores[:, None] > scores).mean(axis=0)
)
wrong(ex.alarm_budget, "false alarms a day are expected")(
    lambda scores, rows, most: np.median(scores)
)
wrong(ex.alarm_budget, "`return` missing")(lambda scores, rows, most: print(end=""))


@wrong(ex.alarm_budget, "changes the `scores`")
def budget_that_sorts(scores, rows_a_day, most):
    threshold = budget_by_place(scores, rows_a_day, most)
    scores.sort()
    return threshold


# ------------------------------------------------------------------------------- 4 · rows to refit


@right(ex.rows_to_refit)
def refit_by_early_choice(alarm, change, now, least):
    if change is None:
        change = alarm
    if now < change + least:
        return None
    return [change, now]


@right(ex.rows_to_refit)
def refit_by_rows(alarm=None, change=None, now=None, least=None):
    rows = range(alarm if change is None else change, now)
    return (rows.start, rows.stop) if len(rows) >= least else None


@right(ex.rows_to_refit)
def refit_in_an_array(alarm, change, now, least):
    start, stop = next(each for each in (change, alarm) if each is not None), now
    return None if stop - start < least else np.array([start, stop])


@right(ex.rows_to_refit)
def refit_in_a_tensor(alarm, change, now, least):
    ends = torch.tensor([float(alarm if change is None else change), now])
    return tuple(ends) if ends.diff() >= least else None


def refit_with(start=lambda a, c, n, k: c, stop=lambda a, c, n, k: n, enough=None):
    """Return an answer in which one part is replaced."""

    def refit(alarm, change, now, least):
        given = alarm, alarm if change is None else change, now, least
        if not (enough or (lambda a, c, n, k: n - c >= k))(*given):
            return None
        return start(*given), stop(*given)

    return refit


def stored_refit(words, **parts):
    wrong(ex.rows_to_refit, words)(refit_with(**parts))


@wrong(ex.rows_to_refit, "140 of the rows from 360 to 560 came before the change")
def refit_as_given(alarm, change, now, least):
    return max(0, now - least), now


stored_refit("only 60 rows have come since the change. Wait", enough=lambda a, c, n, k: True)
wrong(ex.rows_to_refit, "only 20 rows have come since the alarm")(
    lambda alarm, change, now, least: (alarm, now)
)
stored_refit("None is expected; you return", start=lambda *_: 0, enough=lambda *_: True)
wrong(ex.rows_to_refit, "None is expected; you return")(
    lambda alarm, change, now, least: (change, now) if now - change >= least else ()
)
stored_refit("the last 200 rows", start=lambda a, c, n, k: n - k)
stored_refit("You count from the alarm", start=lambda a, c, n, k: a)
stored_refit("Only the first 200 rows since the change", stop=lambda a, c, n, k: c + k)
stored_refit(
    "Only the first 200 rows since the alarm",
    start=lambda a, c, n, k: a,
    stop=lambda a, c, n, k: a + k,
)
stored_refit("You stop at the alarm", stop=lambda a, c, n, k: a)
stored_refit("newest row is left out", stop=lambda a, c, n, k: n - 1)
stored_refit("has not come yet", stop=lambda a, c, n, k: n + 1)
stored_refit("The row of the change itself", start=lambda a, c, n, k: c + 1)
stored_refit("Those are all rows", start=lambda *_: 0)
stored_refit("before the change, the old", start=lambda *_: 0, stop=lambda a, c, n, k: c)
stored_refit("how many rows there are", stop=lambda a, c, n, k: n - c)
stored_refit("changed over", start=lambda a, c, n, k: n, stop=lambda a, c, n, k: c)
stored_refit("just as many rows as `least`", enough=lambda a, c, n, k: n - c > k)
stored_refit("With alarm 540, change 500, now 900", stop=lambda a, c, n, k: n + 300)
wrong(ex.rows_to_refit, "rows have come since the alarm. Count them from the change")(
    lambda alarm, change, now, least: (
        refit_by_rows(alarm, change, now, least) if now - alarm >= least else None
    )
)
wrong(ex.rows_to_refit, "0 counts as false")(
    lambda alarm, change, now, least: refit_in_an_array(alarm, change or None, now, least)
)
wrong(ex.rows_to_refit, "With change None there are 190 rows since the alarm")(
    lambda alarm, change, now, least: (
        (alarm, now) if change is None else refit_by_rows(alarm, change, now, least)
    )
)
wrong(ex.rows_to_refit, "NoneType")(
    lambda alarm, change, now, least: (change, now) if now - change >= least else None
)
wrong(ex.rows_to_refit, "You return a slice")(
    lambda alarm, change, now, least: slice(change, now) if now - change >= least else None
)
wrong(ex.rows_to_refit, "the shape (400,)")(
    lambda alarm, change, now, least: np.arange(change, now) if now - change >= least else None
)
wrong(ex.rows_to_refit, "One number came back")(
    lambda alarm, change, now, least: change if now - change >= least else None
)
wrong(ex.rows_to_refit, "None came back")(lambda alarm, change, now, least: print(end=""))


# ----------------------------------------------------------------------------------- 5 · may learn


@right(ex.may_learn)
def gate_by_quantile(score, recent, left_out):
    return len(recent) == 0 or score <= np.quantile(recent, 1 - left_out)


@right(ex.may_learn)
def gate_by_counting(score=None, recent=None, left_out=None):
    if not len(recent):
        return True
    return sum(1 for each in recent if each >= score) / len(recent) >= left_out


@right(ex.may_learn)
def gate_by_sorting(score, recent, left_out):
    rising = sorted(recent)
    not_lower = len(rising) - bisect.bisect_left(rising, score)
    return int(not rising or not_lower >= left_out * len(rising))


@right(ex.may_learn)
def gate_by_pandas(score, recent, left_out):
    level = pd.Series(recent, dtype=float).quantile(1 - left_out)
    return not score > level  # NaN while there are none


@right(ex.may_learn)
def gate_by_percentile(score, recent, left_out):
    return len(recent) == 0 or stats.percentileofscore(recent, score) <= 100 * (1 - left_out)


@right(ex.may_learn)
def gate_by_rank(score, recent, left_out):
    most = max(1, round(left_out * len(recent)))
    return not len(recent) or score <= np.sort(recent)[-most]


@right(ex.may_learn)
def gate_in_a_tensor(score, recent, left_out):
    recent = torch.tensor(recent)
    return torch.tensor(True) if not len(recent) else (recent >= score).double().mean() >= left_out


def stored_gate(words, learns):
    wrong(ex.may_learn, words)(
        lambda score, recent, left_out: len(recent) == 0 or learns(score, recent, left_out)
    )


stored_gate("Every row is learned", lambda score, recent, left_out: True)
stored_gate("Every row is learned", lambda score, recent, left_out: score <= recent.max())
stored_gate("No row is ever learned", lambda score, recent, left_out: False)
stored_gate("Upside down", lambda s, recent, left_out: s > np.quantile(recent, 1 - left_out))
stored_gate("Only the lowest share", lambda s, recent, share: s <= np.quantile(recent, share))
stored_gate("lowest scores are left out", lambda s, recent, share: s >= np.quantile(recent, share))
stored_gate("lowest scores are left out", lambda s, recent, left: np.mean(recent <= s) >= left)
stored_gate(
    "High scores alone are anomalous",
    lambda s, recent, left: np.quantile(recent, left) <= s <= np.quantile(recent, 1 - left),
)
stored_gate("Half of `left_out`", lambda s, recent, left: s <= np.quantile(recent, 1 - left / 2))
stored_gate("half below", lambda s, recent, left: left / 2 <= np.mean(recent >= s) <= 1 - left / 2)
stored_gate("above the median", lambda score, recent, left_out: score <= np.median(recent))
stored_gate("nothing is ever learned", lambda s, r, left_out: np.mean(r > s) >= left_out)
stored_gate("nothing is ever learned", lambda s, r, left_out: s < np.quantile(r, 1 - left_out))
stored_gate("True or False is asked for", lambda s, recent, left_out: np.mean(recent >= s))
stored_gate("of the recent ones are above", lambda s, recent, left: s <= np.quantile(recent, 0.9))
stored_gate("the shape (200,)", lambda score, recent, left_out: recent >= score)
wrong(ex.may_learn, "never begins")(lambda s, recent, left_out: np.mean(recent >= s) >= left_out)
wrong(ex.may_learn, "raises IndexError")(
    lambda score, recent, left_out: score <= np.quantile(recent, 1 - left_out)
)


@wrong(ex.may_learn, "an array is neither true nor false")
def gate_that_asks_an_array(score, recent, left_out):
    if not recent:
        return True
    return score <= np.quantile(recent, 1 - left_out)


wrong(ex.may_learn, "raises ZeroDivisionError")(
    lambda score, recent, left_out: sum(recent >= score) / len(recent) >= left_out
)
wrong(ex.may_learn, "`return` missing")(lambda score, recent, left_out: print(end=""))


# ---------------------------------------------------------------------------------------- 6 · slot


@right(ex.slot)
def slot_by_two_draws(seen, size, generator):
    if seen < size:
        return seen
    if generator.random() < size / (seen + 1):
        return int(generator.integers(size))
    return None


@right(ex.slot)
def slot_by_choice(seen=None, size=None, generator=None):
    place = generator.choice(seen + 1) if seen >= size else seen
    return [place][0] if place < size else None


@right(ex.slot)
def slot_by_scaling(seen, size, generator):
    if seen < size:
        return np.int64(seen)
    place = math.floor(generator.uniform(0, seen + 1))
    return float(place) if place <= size - 1 else None


@right(ex.slot)
def slot_from_the_other_end(seen, size, generator):
    if size > seen:
        return torch.tensor(seen)
    place = seen - generator.integers(0, seen, endpoint=True)
    return None if place >= size else place


def slot_with(chance=lambda seen, size: size / (seen + 1), place=lambda s, n, g: g.integers(n)):
    """Return an answer in which the chance or the place is replaced."""

    def slot(seen, size, generator):
        if seen < size:
            return seen
        return place(seen, size, generator) if generator.random() < chance(seen, size) else None

    return slot


def stored_slot(words, **parts):
    wrong(ex.slot, words)(slot_with(**parts))


stored_slot("window of the last rows", chance=lambda seen, size: 1)
stored_slot("No row is kept once", chance=lambda seen, size: 0)
stored_slot("Off by one", chance=lambda seen, size: size / seen)
stored_slot("no more", chance=lambda seen, size: size / (seen + 2))
stored_slot("chance 1 / (seen + 1)", chance=lambda seen, size: 1 / (seen + 1))
stored_slot("Half of the rows", chance=lambda seen, size: 0.5)
stored_slot("rows are dropped with the chance", chance=lambda seen, size: 1 - size / (seen + 1))
stored_slot("size / (seen + 1)", chance=lambda seen, size: 0.3)
stored_slot("Each is to be as likely", place=lambda seen, size, generator: seen % size)
stored_slot("Each is to be as likely", place=lambda seen, size, generator: 0)
wrong(ex.slot, "window of the last rows")(lambda seen, size, generator: seen % size)


@right(ex.slot)
def slot_by_a_sample(seen, size, generator):
    if seen < size:
        return seen
    kept = generator.choice(seen + 1, size=size, replace=False)
    places = np.flatnonzero(kept == seen)
    return places[0] if len(places) else None


@wrong(ex.slot, "rows are kept; about")
def slot_by_rounding(seen, size, generator):
    place = seen if seen < size else round(seen * generator.random())
    return place if place < size else None


# sampled with replacement: near an off-by-one with three places, not with one
stored_slot("rows are kept; about", chance=lambda seen, size: 1 - (1 - 1 / (seen + 1)) ** size)
wrong(ex.slot, "a row that is dropped gets None")(
    lambda seen, size, g: seen if seen < size else int(g.integers(seen + 1))
)
wrong(ex.slot, "a row that is dropped gets None")(
    lambda seen, size, g: (
        (-1 if slot_by_two_draws(seen, size, g) is None else slot_by_two_draws(0, size, g))
        if seen >= size
        else seen
    )
)
wrong(ex.slot, "A place is asked for")(
    lambda seen, size, g: seen if seen < size else bool(g.random() < size / (seen + 1))
)
wrong(ex.slot, "is not full, and is dropped")(lambda seen, size, generator: print(end=""))
wrong(ex.slot, "so that none is overwritten")(
    lambda seen, size, generator: seen + 1 if seen < size - 1 else 0
)
wrong(ex.slot, "so that none is overwritten")(
    lambda seen, size, g: 0 if seen < size else slot_by_two_draws(seen, size, g)
)
wrong(ex.slot, "chance comes from elsewhere")(
    lambda seen, size, g: slot_by_two_draws(seen, size, np.random.default_rng())
)


@wrong(ex.slot, "chance comes from elsewhere")
def slot_by_global_chance(seen, size, generator):
    if seen < size:
        return seen
    place = random.randrange(seen + 1)
    return place if place < size else None


@wrong(ex.slot, "rows are kept; about")
def slot_with_its_own_seed(seen, size, generator):
    return slot_by_two_draws(seen, size, np.random.default_rng(seen))


# --------------------------------------------------------------------------------- 7 · drift alarm


def shares_of(reference, scores, half=0.5):
    rising = np.sort(reference)
    below, not_above = (np.searchsorted(rising, scores, side) for side in ("left", "right"))
    return (below + half * (not_above - below)) / len(rising)


def first(alarms):
    rows = np.flatnonzero(alarms)
    return int(rows[0]) if len(rows) else None


def cumulated(allowance=0.15, limit=6.0, half=0.5, up=1, down=1, rank=shares_of):
    """Return an answer by Page's cumulated sums."""

    def alarm(reference, scores):
        high = low = 0.0
        for row, share in enumerate(rank(reference, scores, half).tolist()):
            high = max(0.0, high + up * (share - 0.5) - allowance)
            low = max(0.0, low + down * (0.5 - share) - allowance)
            if high > limit or low > limit:
                return row
        return None

    return alarm


def windowed(rows, deviations, value=shares_of):
    """Return an answer by the mean of the last rows beside the reference's."""

    def alarm(reference, scores):
        known, new = value(reference, reference), value(reference, scores)
        total = np.cumsum(np.append(0, new))
        means = (total[rows:] - total[:-rows]) / rows
        row = first(np.abs(means - known.mean()) > deviations * known.std() / rows**0.5)
        return None if row is None else row + rows - 1

    return alarm


def drift_by_adwin(reference, scores, value=shares_of):
    from river.drift import ADWIN

    watch = ADWIN()
    for each in value(reference, reference):
        watch.update(each)
    for row, each in enumerate(value(reference, scores)):
        watch.update(each)
        if watch.drift_detected:
            return row
    return None


@right(ex.drift_alarm)
def drift_by_smoothing(reference=None, scores=None):
    """The exponentially weighted mean of the shares (EWMA), as a tensor of one row number."""
    shares = pd.Series(np.append(np.full(200, 0.5), shares_of(reference, scores)))
    away = (shares.ewm(alpha=0.03, adjust=False).mean() - 0.5).abs().to_numpy()[200:]
    row = first(away > 0.19)
    return None if row is None else torch.tensor(row)


@right(ex.drift_alarm)
def drift_by_two_samples(reference, scores):
    """Kolmogorov's and Smirnov's distance of the last hundred rows, every twentieth row."""
    rising = np.sort(reference)
    below = np.searchsorted(rising, rising, "right") / len(rising)
    for row in range(99, len(scores), 20):
        last = np.sort(scores[row - 99 : row + 1])
        if np.abs(np.searchsorted(last, rising, "right") / 100 - below).max() > 0.3:
            return row
    return None


@right(ex.drift_alarm)
def drift_by_stability(reference, scores):
    """The population stability index of the last hundred rows, every tenth row."""
    edges = np.unique(np.quantile(reference, [0.2, 0.4, 0.6, 0.8]))
    counts = [
        np.bincount(np.searchsorted(edges, each, "right"), minlength=len(edges) + 1)
        for each in (reference, *np.lib.stride_tricks.sliding_window_view(scores, 100)[::10])
    ]
    shares = [np.maximum(each / each.sum(), 0.5 / each.sum()) for each in counts]
    known = shares[0]
    row = first([((each - known) * np.log(each / known)).sum() > 0.35 for each in shares[1:]])
    return None if row is None else 10 * row + 99


@right(ex.drift_alarm)
def drift_in_torch(reference, scores):
    """Page's sums without a loop: a cumulated sum above its lowest value so far."""
    rising, scores = torch.from_numpy(reference).sort().values, torch.from_numpy(scores)
    shares = sum(torch.searchsorted(rising, scores, right=each) for each in (False, True))
    shares = shares / 2 / len(rising)
    rings = torch.zeros(len(scores), dtype=bool)
    for each in (shares - 0.65, 0.35 - shares):
        total = torch.cat([torch.zeros(1), each.cumsum(0)])
        rings |= (total - total.cummin(0).values)[1:] > 6
    return rings.nonzero()[0, 0] if rings.any() else None


@right(ex.drift_alarm)
def drift_by_clipped_distances(reference, scores):
    low, middle, high = np.quantile(reference, [0.25, 0.5, 0.75])
    known, new = (np.clip((x - middle) / (high - low), -1, 1) for x in (reference, scores))
    up = down = 0.0
    for row, each in enumerate(new - known.mean()):
        up, down = max(0, up + each - 0.3), max(0, down - each - 0.3)
        if max(up, down) > 12:
            return row
    return None


right(ex.drift_alarm)(windowed(50, 5))
right(ex.drift_alarm)(windowed(100, 6))
right(ex.drift_alarm)(cumulated(0.1, 8))
right(ex.drift_alarm)(drift_by_adwin)


def as_they_are(reference, scores, half=0.5):
    return scores


def standardised(reference, scores, half=0.5):
    return 0.5 + 0.3 * (scores - reference.mean()) / reference.std()


wrong(ex.drift_alarm, "It never alarms")(lambda reference, scores: print(end=""))
wrong(ex.drift_alarm, "clipped to 96%")(lambda reference, scores: first(scores > reference.max()))
wrong(ex.drift_alarm, "Anomalies ring it")(windowed(50, 4, as_they_are))
wrong(ex.drift_alarm, "Anomalies ring it")(cumulated(rank=standardised))
wrong(ex.drift_alarm, "Anomalies ring it")(
    lambda reference, scores: drift_by_adwin(reference, scores, as_they_are)
)
wrong(ex.drift_alarm, "false alarms; 1 is allowed")(windowed(50, 4))
wrong(ex.drift_alarm, "many scores are equal")(cumulated(half=0))
wrong(ex.drift_alarm, "drift downwards are missed")(cumulated(down=0))
wrong(ex.drift_alarm, "drift upwards are missed")(cumulated(up=0))
wrong(ex.drift_alarm, "ADWIN tells them")(cumulated(0.15, 40))
wrong(ex.drift_alarm, "ADWIN tells them")(windowed(600, 6))
wrong(ex.drift_alarm, "drifts are missed; 1 is")(windowed(100, 13))
wrong(ex.drift_alarm, "it looks at what comes later")(
    lambda reference, scores: windowed(50, 5)(scores, scores)
)


wrong(ex.drift_alarm, "drifted from the first row on")(
    lambda reference, scores: cumulated()(scores[:50], scores)
)
wrong(ex.drift_alarm, "that row has not come")(lambda reference, scores: 500)
wrong(ex.drift_alarm, "changes the `reference`")(
    lambda reference, scores: (reference.sort(), cumulated()(reference, scores))[1]
)


@wrong(ex.drift_alarm, "drift slowly are missed")
def drift_against_lately(reference, scores):
    """The last fifty rows beside those a hundred rows earlier."""
    smooth = pd.Series(shares_of(reference, scores)).rolling(50).mean().to_numpy()
    row = first(np.abs(smooth[100:] - smooth[:-100]) > 0.27)
    return None if row is None else row + 100


@wrong(ex.drift_alarm, "must not depend on earlier calls")
def drift_with_a_memory(reference, scores, called=[]):  # noqa: B006
    called.append(True)
    row = cumulated()(reference, scores)
    return None if row is None else min(row + len(called), len(scores) - 1)


@wrong(ex.drift_alarm, "where the change began")
def drift_dated_back(reference, scores):
    row = cumulated()(reference, scores)
    return None if row is None else max(0, row - 30)


@wrong(ex.drift_alarm, "The first alarm is asked for")
def drift_by_the_last_alarm(reference, scores):
    smooth = np.convolve(shares_of(reference, scores), np.ones(50) / 50)[: len(scores)]
    rows = 50 + np.flatnonzero(np.abs(smooth[50:] - 0.5) > 0.22)
    return rows[-1] if len(rows) else None


wrong(ex.drift_alarm, "A value for each row")(
    lambda reference, scores: shares_of(reference, scores) > 0.99
)
wrong(ex.drift_alarm, "One index is asked for")(
    lambda reference, scores: np.flatnonzero(shares_of(reference, scores) > 0.99)
)
wrong(ex.drift_alarm, "At which row does it alarm")(
    lambda reference, scores: cumulated()(reference, scores) is not None
)
wrong(ex.drift_alarm, "an index from 0 to")(
    lambda reference, scores: -1 if (row := cumulated()(reference, scores)) is None else row
)
