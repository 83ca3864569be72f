"""For the tests of parsers: the files they read, real or made, and what damage does to them."""

import re
import tempfile
import time
from pathlib import Path

from course_utils.data import AnomalyData

import public_files
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

SECONDS = 2  # of this process, not of the clock on the wall
fuzzed = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def sources(folder):
    """Return the sorts of files that are here: "made" always, "public" where they are."""
    return ["made"] + ["public"] * public_files.folder(folder).is_dir()


def hand_over(monkeypatch, place, source, folder, made):
    """Let the loaders find the public files, or those made in `place`; return the folder."""
    if source == "made":
        public_files.make(place, made)
    found = public_files.folder(folder) if source == "public" else place
    monkeypatch.setattr("course_utils.data.store.download.fetch", lambda name: found)
    return found


def damaged(content):
    """Any bytes, or `content` with some bytes changed, put in or taken out, and its end cut."""
    places = st.integers(0, len(content))
    changes = st.lists(st.tuples(places, st.integers(0, 4), st.binary(max_size=12)), max_size=5)
    return st.one_of(
        st.binary(max_size=400), st.builds(_change, st.just(content), changes, places)
    )


def _change(content, changes, end):
    for place, taken, put in changes:
        content = content[:place] + put + content[place + taken :]
    return content[: max(end, len(content) // 2)]


def ends_well(parse, name, content, expected=AnomalyData, line=True):
    """Assert that `parse` of such a file returns data, or tells file and line, and soon."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        said = None
        start = time.process_time()
        try:
            made = parse(path)
        except ValueError as error:
            said = str(error)
        assert time.process_time() - start < SECONDS
    if said is None:
        assert isinstance(made, expected)
    else:
        assert name in said
        assert not line or re.search(r"line \d+ |is empty|is damaged", said), said


def refused(parse, name, content, message):
    """Assert that `parse` of such a file raises a ValueError with this message."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ValueError, match=message):
            parse(path)
