"""What the scoring service counts while it runs, in the form that Prometheus reads."""

from __future__ import annotations

import threading

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import HistogramMetricFamily

TIMES_THE_THRESHOLD = 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3, 5, 10, 100
SECONDS = 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10


class Counts:
    """The service's counters, in a registry of their own.

    Parameters
    ----------
    threshold : float
        The detector's; one edge of the histogram of scores lies on it.
    """

    def __init__(self, threshold):
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # memory and processor time, where Linux tells them
        self.requests = Counter(
            "scoring_requests", "Answers by their status.", ["status"], registry=registry
        )
        self.seconds = Histogram(
            "scoring_request_seconds",
            "Time from a request's first line to its answer, /score only.",
            buckets=SECONDS,
            registry=registry,
        )
        self._rows = Counter("scoring_rows", "Rows scored.", registry=registry)
        self._anomalies = Counter("scoring_anomalies", "Rows flagged.", registry=registry)
        self._scores = _Scores(threshold)
        registry.register(self._scores)

    def note(self, scores, anomalies):
        """Count rows that were scored.

        Parameters
        ----------
        scores : ndarray of float64, shape (n,)
        anomalies : ndarray of bool, shape (n,)
        """
        self._rows.inc(len(scores))
        self._anomalies.inc(int(anomalies.sum()))
        self._scores.add(scores)

    def text(self):
        """Return all counts as text.

        Returns
        -------
        bytes
        """
        return generate_latest(self._registry)


class _Scores:
    """A histogram that takes a whole batch at once: one number at a time is too slow for it.

    Its edges are multiples of the threshold, counted from it where it is not positive, so that a
    drift shows however large a detector's scores are. A score that is NaN lies above them all,
    as its alarm does.
    """

    def __init__(self, threshold):
        reach = abs(threshold) or 1.0
        edges = [threshold + reach * (times - 1) for times in TIMES_THE_THRESHOLD]
        edges[TIMES_THE_THRESHOLD.index(1)] = threshold
        self._edges = np.array(edges)
        self._counts = np.zeros(len(edges) + 1, dtype=np.int64)
        self._sum = 0.0
        self._lock = threading.Lock()

    def add(self, scores):
        places = np.searchsorted(self._edges, scores, side="left")  # an edge is in its own bucket
        counts = np.bincount(places, minlength=len(self._counts))
        total = float(scores[np.isfinite(scores)].sum())
        with self._lock:
            self._counts += counts
            self._sum += total

    def collect(self):
        with self._lock:
            counts, total = self._counts.cumsum(), self._sum
        edges = [*map(repr, self._edges.tolist()), "+Inf"]
        yield HistogramMetricFamily(
            "scoring_scores",
            "Scores of the rows.",
            buckets=list(zip(edges, counts.tolist(), strict=True)),
            sum_value=total,
        )
