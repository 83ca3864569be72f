"""BERT's encoder: vectors for tokens, each of which has looked at all others of its text.

Devlin et al., NAACL 2019, https://doi.org/10.18653/v1/N19-1423; its layers are those of Vaswani
et al., NeurIPS 2017, https://arxiv.org/abs/1706.03762.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

# What the file calls a part, and what it is called here, in the order of replacement.
NAMES = {
    "embeddings.word_embeddings.": "words.",
    "embeddings.position_embeddings.": "positions.",
    "embeddings.token_type_embeddings.": "segments.",
    "embeddings.LayerNorm.": "norm.",
    "encoder.layer.": "layers.",
    "attention.self.": "",
    "attention.output.dense.": "mix.",
    "attention.output.LayerNorm.": "mix_norm.",
    "intermediate.dense.": "widen.",
    "output.dense.": "narrow.",
    "output.LayerNorm.": "narrow_norm.",
}
UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")


def attention(query, key, value, is_padding):
    """Return what each token sees when it looks at all tokens of its text: softmax(QKᵀ/√d) V.

    Parameters
    ----------
    query, key, value : tensor, shape (batch, tokens, d)
        What each token looks for, what it shows to those that look, and what they get to see.
    is_padding : tensor of bool, shape (batch, tokens)
        True where a shorter text has no token. Nobody looks there.

    Returns
    -------
    tensor, shape (batch, tokens, d)
    """
    fit = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])  # (batch, tokens, tokens)
    fit = fit.masked_fill(is_padding[:, None, :], -math.inf)
    return fit.softmax(dim=-1) @ value  # each row of shares sums to 1


class Layer(nn.Module):
    """Self-attention, then two dense layers; what each finds is added to what came in.

    Parameters
    ----------
    width : int
        Numbers that describe a token.
    heads : int
        Into how many parts attention divides them; each looks for itself.
    hidden : int
        Units between the two dense layers.
    epsilon : float
        Added to the variance where it is divided by.
    """

    def __init__(self, width, heads, hidden, epsilon):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.mix, self.mix_norm = nn.Linear(width, width), nn.LayerNorm(width, epsilon)
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.narrow_norm = nn.LayerNorm(width, epsilon)

    def forward(self, x, is_padding):
        """Return the tokens' new vectors.

        Parameters
        ----------
        x : tensor, shape (batch, tokens, width)
        is_padding : tensor of bool, shape (batch, tokens)

        Returns
        -------
        tensor, shape (batch, tokens, width)
        """
        # one head after the other, since all at once take 12 times the memory
        queries, keys, values = (
            dense(x).chunk(self.heads, dim=-1) for dense in (self.query, self.key, self.value)
        )
        heads = zip(queries, keys, values, strict=True)
        seen = torch.cat([attention(*head, is_padding) for head in heads], dim=-1)
        x = self.mix_norm(x + self.mix(seen))
        return self.narrow_norm(x + self.narrow(F.gelu(self.widen(x))))


class Bert(nn.Module):
    """The encoder: a vector for each token and its position, then layer after layer.

    Parameters
    ----------
    config : dict
        Sizes by the names that a model's ``config.json`` gives them.
    """

    def __init__(self, config):
        super().__init__()
        width, epsilon = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.segments = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, epsilon)
        heads, hidden = config["num_attention_heads"], config["intermediate_size"]
        self.layers = nn.ModuleList(
            Layer(width, heads, hidden, epsilon) for _ in range(config["num_hidden_layers"])
        )

    def forward(self, numbers, is_padding):
        """Return a vector for each token.

        Parameters
        ----------
        numbers : tensor of int64, shape (batch, tokens)
            Which tokens they are.
        is_padding : tensor of bool, shape (batch, tokens)

        Returns
        -------
        tensor, shape (batch, tokens, width)
            Those of padding mean nothing.
        """
        places = torch.arange(numbers.shape[1], device=numbers.device)
        # all tokens are of segment 0; segment 1 is for a second text beside the first
        x = self.norm(self.words(numbers) + self.positions(places) + self.segments.weight[0])
        for layer in self.layers:
            x = layer(x, is_padding)
        return x


def load(config, tensors):
    """Return the network with weights from a file.

    Parameters
    ----------
    config : dict
        As ``Bert`` takes it.
    tensors : dict of str to ndarray
        By the file's names; what only the training needed is left out.

    Returns
    -------
    Bert
        On the CPU, in evaluation mode; its weights take no gradients.
    """
    state = {}
    for name, numbers in tensors.items():
        if name not in UNUSED:
            for theirs, ours in NAMES.items():
                name = name.replace(theirs, ours)
            state[name] = torch.from_numpy(numbers)
    with torch.random.fork_rng(devices=[]):  # the first weights are drawn, for nothing
        network = Bert(config)
    network.load_state_dict(state, assign=True)  # float32, whatever other code has set
    return network.requires_grad_(False).eval()
