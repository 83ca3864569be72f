"""The lessons' references: one form, a link each, and one citation for one work.

Nothing is fetched. What a link can show without the network is checked: that it leads to a place
that stays, that its identifier is well-formed, and that no two works share one.
"""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
FORM = re.compile(
    r"- (?P<authors>[^*\[\]]+), \*\[(?P<title>[^\[\]]+)\]\((?P<link>https://[^\s()]+)\)\*, "
    r"(?P<venue>.+? \d{4})(?:: .+)?\."
)
ARXIV = r"abs/(?P<year>\d\d)(?:0[1-9]|1[0-2])\.\d{4,5}"
# what a link of each host looks like after the slash
HOSTS = {
    "arxiv.org": ARXIV,
    # a parenthesis of a DOI is written %28 or %29: a bare one can end a markdown link
    "doi.org": r"10\.\d{4,9}/[\w.;:/%-]*[\w%]",
    "proceedings.mlr.press": r"v\d+/[a-z]+\d\d[a-z]?\.html",
    "proceedings.neurips.cc": r"paper_files/paper/\d{4}/hash/[0-9a-f]{32}-Abstract[\w-]*\.html",
    "jmlr.org": r"papers/v\d+/[\w-]+\.html",
    "openreview.net": r"forum\?id=[\w-]+",
    "www.deeplearningbook.org": r"contents/\w+\.html",
    # IJCAI 2001 has no DOI; 10.5555 is the library's own number for such works
    "dl.acm.org": r"doi/10\.5555/\d+\.\d+",
    # a report whose own address has no https
    "www.semanticscholar.org": r"paper/[\w-]+/[0-9a-f]{40}",
}
EVERY_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


class Citation(NamedTuple):
    """What must be the same wherever a work is cited; the remark after the year may differ."""

    authors: str
    title: str
    link: str
    venue: str


def reference_lines(path):
    """Return the lines below `## References` up to the pointer to another lesson."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    [section] = [text.split("## References\n")[1] for text in prose if "## References\n" in text]
    section = re.split(r"^\**(?:Before|Next)\b", section, maxsplit=1, flags=re.MULTILINE)[0]
    return [line for line in section.splitlines() if line.strip()]


def citations(path):
    found = map(FORM.fullmatch, reference_lines(path))
    return [Citation(**each.groupdict()) for each in found if each]


def of_all_lessons():
    return sorted({each for path in NOTEBOOKS for each in citations(path)})


def plain(title):
    return re.sub(r"\W+", " ", title).casefold().strip()


@EVERY_NOTEBOOK
def test_every_reference_has_the_form_of_all_and_a_link(path):
    lines = reference_lines(path)
    assert lines
    odd = [line for line in lines if not FORM.fullmatch(line)]
    assert odd == [], "expected: - Authors, *[Title](https://…)*, venue year: remark."


@EVERY_NOTEBOOK
def test_every_link_leads_to_a_known_place_with_a_well_formed_identifier(path):
    for each in citations(path):
        parts = urlsplit(each.link)
        assert parts.hostname in HOSTS, each
        place = each.link.split(f"{parts.hostname}/", 1)[1]
        assert re.fullmatch(HOSTS[parts.hostname], place), each


@EVERY_NOTEBOOK
def test_no_preprint_is_younger_than_its_publication(path):
    for each in citations(path):
        if number := re.fullmatch(f"https://arxiv.org/{ARXIV}", each.link):
            assert 2000 + int(number["year"]) <= int(each.venue[-4:]), each


@EVERY_NOTEBOOK
def test_no_work_is_listed_twice_in_a_lesson(path):
    titles = [plain(each.title) for each in citations(path)]
    assert sorted(set(titles)) == sorted(titles)


def test_a_work_is_cited_alike_in_every_lesson_and_no_link_serves_two():
    clashes = [
        (one, other)
        for one, other in combinations(of_all_lessons(), 2)
        if plain(one.title) == plain(other.title) or one.link.casefold() == other.link.casefold()
    ]
    assert clashes == []
