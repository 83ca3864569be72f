"""registry, cards and loaders: none without the others, and no entry that cannot be right."""

import csv
import re

from course_utils import data
from course_utils.data.store import registry

import public_files as files
import pytest

ENTRIES = registry.entries()
CARDS = {path.name: path.read_text(encoding="utf-8") for path in registry.FOLDER.glob("*.md")}
FUNCTIONS = {name for name in dir(data) if re.match(r"(load|make)_", name)}
DIGEST = "0" * 64


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_has_its_card_and_its_loader(name):
    entry = ENTRIES[name]
    assert entry.loader in FUNCTIONS
    assert f"data.{entry.loader}(" in CARDS[entry.card]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_that_gives_data_is_on_a_card(name):
    assert any(f"data.{name}(" in card for card in CARDS.values())


@pytest.mark.parametrize("name", sorted(CARDS))
def test_every_card_is_about_a_function(name):
    named = set(re.findall(r"\b(data\.\w+|embeddings\.\w+)\(", CARDS[name]))
    assert named
    known = [("data", dir(data)), ("embeddings", ["MiniLM"])]
    assert named <= {f"{room}.{each}" for room, names in known for each in names}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_can_be_printed_anywhere_and_fits(name):
    entry = ENTRIES[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert entry.licence.isascii()
    assert len(entry.licence) <= 30
    assert entry.rows is None or entry.rows > 0


def test_the_sets_of_the_course_are_there():
    wanted = {"nsl_kdd", "kdd_cup_99", "credit_card_fraud", "nab", "cwru_bearings", "cifar_10"}
    wanted |= {"fashion_mnist", "magnetic_tiles", "mvtec_ad", "sms_spam", "hdfs", "bgl"}
    assert wanted | {"solar_cells", "yahoo_s5"} <= set(ENTRIES)
    assert sum(name.startswith("adbench_") for name in ENTRIES) == 12


def test_what_users_bring_says_how_to_come_by_it():
    brought = ["mvtec_ad", "solar_cells", "yahoo_s5"]
    assert [name for name in ENTRIES if ENTRIES[name].obtain] == brought
    for name in brought:
        assert "https://" in ENTRIES[name].obtain
        assert not any(file.addresses for file in ENTRIES[name].files)


def test_addresses_on_a_repository_are_pinned():
    for entry in ENTRIES.values():
        for file in entry.files:
            for address in file.addresses:
                if "githubusercontent" in address:
                    assert re.search(r"/[0-9a-f]{40}/", address)


def test_the_digests_are_those_of_the_real_files():
    """Where the real files are, their list says the same; elsewhere the registry is enough."""
    listed = files.FOLDER / "SHA256SUMS.tsv"
    known = {
        f"{entry.mirror}/{file.path}": (file.sha256, str(file.bytes))
        for entry in ENTRIES.values()
        for file in entry.files
    }
    assert len(known) > 1300
    if listed.is_file():
        with listed.open(encoding="utf-8", newline="") as lines:
            rows = {row["file"]: row for row in csv.DictReader(lines, delimiter="\t")}
        both = known.keys() & rows.keys()
        assert len(both) > 1300
        for path in both:
            assert known[path] == (rows[path]["sha256"], rows[path]["bytes"])


# --- a damaged registry


def entry_with(**changes):
    file = {"path": "a.csv", "sha256": DIGEST, "bytes": 1, "addresses": ["https://a.org/a"]}
    words = {key: changes.pop(key) for key in list(changes) if key in file or key == "archive"}
    return {"files": [file | words]} | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 63}, "is not 64 hexadecimal digits"),
        ({"sha256": "g" * 64}, "is not 64 hexadecimal digits"),
        ({"sha256": "A" * 64}, "is not 64 hexadecimal digits"),
        ({"bytes": 0}, "bytes is 0"),
        ({"bytes": "1"}, "TypeError"),
        ({"addresses": []}, r"no address for \['a.csv'\]"),
        ({"addresses": ["ftp://a.org/a"]}, "is no web address"),
        ({"path": "../a.csv"}, "is not safe"),
        ({"path": "/a.csv"}, "is not safe"),
        ({"path": "a\\b"}, "is not safe"),
        ({"mirror": "a/b"}, "'a/b' is no plain file name"),
        ({"mirror": ".."}, "is no plain file name"),
        ({"modality": "sound"}, "modality is 'sound'; one of"),
        ({"files": []}, "no address for any file"),
        ({"unpack": True}, "unpacked_bytes"),
        ({"loaders": "x"}, "loaders"),
        ({"list": "none.tsv", "base": "https://a.org/"}, "none.tsv"),
        ({"archive": {"address": "x", "member": "a", "sha256": DIGEST, "bytes": 1}}, "no web"),
        ({"archive": {"address": "https://a.org/", "member": "a", "bytes": 1}}, "sha256"),
    ],
)
def test_an_entry_that_cannot_be_right_is_refused(tmp_path, changes, message):
    if changes == {"unpack": True}:
        table = entry_with()
        table["files"][0]["unpack"] = True
    else:
        table = entry_with(**changes)
    place = files.write_registry(tmp_path, one=table)
    with pytest.raises((ValueError, OSError), match=message):
        registry.read(place / "registry.toml")


def test_two_files_with_one_path(tmp_path):
    table = entry_with()
    table["files"].append(table["files"][0] | {"path": "A.csv"})
    place = files.write_registry(tmp_path, one=table)
    with pytest.raises(ValueError, match=r"\[one\]: ValueError: two files have one path"):
        registry.read(place / "registry.toml")


def test_a_registry_that_is_damaged_or_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="Work in a clone"):
        registry.read(tmp_path / "registry.toml")
    for content in (b"[a\n", b"\xff\xfe", b"a = 1\n"):
        (tmp_path / "registry.toml").write_bytes(content)
        with pytest.raises(ValueError, match=r"registry\.toml"):
            registry.read(tmp_path / "registry.toml")


def test_a_list_of_files(tmp_path):
    lines = f"sha256\tbytes\tpath\tsource\n{DIGEST}\t5\td/a b.png\td/c+d.png\n"
    files.make(tmp_path, {"files/many.tsv": lines.encode()})
    files.write_registry(tmp_path, one={"list": "files/many.tsv", "base": "https://a.org/x/"})
    (file,) = registry.read(tmp_path / "registry.toml")["one"].files
    assert (file.path, file.sha256, file.bytes) == ("d/a b.png", DIGEST, 5)
    assert file.addresses == ("https://a.org/x/d/c%2Bd.png",)


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("a", True),
        ("a/b.c-d+e (1)/é.txt", True),
        (".hidden", True),
        ("console", True),
        ("", False),
        ("a//b", False),
        ("a/", False),
        ("..", False),
        ("a/../b", False),
        ("a\\b", False),
        ("c:a", False),
        ("a\x00b", False),
        ("a.", False),
        ("a /b", False),
        ("a/CON", False),
        ("lpt1.txt", False),
    ],
)
def test_which_paths_are_safe(path, safe):
    assert registry.is_safe(path) is safe
