"""A MiniLM in small: random weights and few words, in a folder with the files of the real one."""

import contextlib
import hashlib
import json
import struct

from course_utils.embeddings import minilm

import numpy as np

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2028"]  # the last would end a line for splitlines
WORDS = [*MARKS, *"abcdnopw", "the", "pay", "win", "now", "prize", ",", "!", "##a", "##y", "##ing"]
CONFIG = {
    "hidden_size": 12,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "intermediate_size": 20,
    "vocab_size": len(WORDS),
    "max_position_embeddings": 300,
    "type_vocab_size": 2,
    "layer_norm_eps": 0.1,  # large, so that it shows where it is forgotten
}


def written(tensors, metadata=None):
    """Return arrays as the bytes of a safetensors file, by the words of the format."""
    codes = {"float32": "F32", "float64": "F64", "int64": "I64", "int8": "I8", "bool": "BOOL"}
    header, data = {} if metadata is None else {"__metadata__": metadata}, b""
    for name, array in tensors.items():
        start, data = len(data), data + array.tobytes()
        place = {"data_offsets": [start, len(data)], "shape": list(array.shape)}
        header[name] = place | {"dtype": codes[array.dtype.name]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def weights(seed=0):
    """Return random weights by the names of the real file."""
    generator = np.random.default_rng(seed)
    width, hidden = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    shapes = {
        "embeddings.word_embeddings.weight": (CONFIG["vocab_size"], width),
        "embeddings.position_embeddings.weight": (CONFIG["max_position_embeddings"], width),
        "embeddings.token_type_embeddings.weight": (2, width),
        "pooler.dense.weight": (width, width),
        "pooler.dense.bias": (width,),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(CONFIG["num_hidden_layers"]):
        start = f"encoder.layer.{layer}."
        dense = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
        dense |= {"attention.output.dense": (width, width)}
        dense |= {"intermediate.dense": (hidden, width), "output.dense": (width, hidden)}
        for name, shape in dense.items():
            shapes |= {f"{start}{name}.weight": shape, f"{start}{name}.bias": shape[:1]}
        norms += [start + "attention.output.LayerNorm", start + "output.LayerNorm"]
    shapes |= {f"{norm}.{part}": (width,) for norm in norms for part in ("weight", "bias")}
    # a norm's weights lie around 1, so that what comes in shows in what goes out
    tensors = {
        name: generator.normal("Norm.weight" in name, 0.5, shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    positions = np.arange(CONFIG["max_position_embeddings"])[None]
    return {"embeddings.position_ids": positions, **tensors}


def write(folder, seed=0):
    """Write the model's files into a folder."""
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "vocab.txt").write_bytes("".join(f"{word}\n" for word in WORDS).encode())
    (folder / "model.safetensors").write_bytes(written(weights(seed)))


@contextlib.contextmanager
def expected(folder):
    """Let the files of a folder be those that the course was written with, for a while."""
    before = minilm.SHA256
    minilm.SHA256 = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in before
    }
    try:
        yield folder
    finally:
        minilm.SHA256 = before
