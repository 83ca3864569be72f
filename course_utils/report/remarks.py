"""What the report says of a table: remarks with a cure, and errors that stop it."""

from dataclasses import dataclass

__all__ = ["LESSONS", "Remark", "ReportError", "closest", "count", "listed", "shorten"]

# where a reader finds more; the files lie in the folder notebooks
LESSONS = {
    "01": "01_what_is_an_anomaly",
    "02": "02_honest_evaluation",
    "06": "06_keras_classifier",
    "07": "07_imbalance_and_thresholds",
    "12": "12_deep_one_class",
    "15": "15_time_series",
    "16": "16_text_and_logs",
    "17": "17_explaining_detections",
    "18": "18_ways_to_fool_yourself",
    "19": "19_choosing_a_detector",
    "20": "20_streams_and_drift",
}
LONGEST = 60  # characters of a user's text in a sentence


class ReportError(ValueError):
    """A file or a wish that no report can be made of; the message says what to do."""


@dataclass(frozen=True)
class Remark:
    """One thing that a reader of the numbers must know.

    Attributes
    ----------
    text : str
        What is so.
    cure : str
        What to do about it; "" where nothing need be done.
    lesson : str
        The number of the lesson that tells more, a key of ``LESSONS``; "" for none.
    warning : bool
        Whether numbers may be wrong because of it.
    """

    text: str
    cure: str = ""
    lesson: str = ""
    warning: bool = True


def shorten(value):
    """Return a user's text in one line of at most 60 characters, an ellipsis where it is cut."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def listed(values, most=6):
    """Return names in quotes and in one line, at most so many of them."""
    names = [f"“{shorten(value)}”" for value in values]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def count(number, singular, plural=None):
    """Return a number with its noun: "1 row", "1,200 rows"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def closest(name, names):
    """Return those of the names that look like this one, the best first, three at most."""
    import difflib

    folded = {each.casefold().strip(): each for each in names}
    found = difflib.get_close_matches(name.casefold().strip(), folded, n=3, cutoff=0.5)
    return [folded[each] for each in found]
