"""Texts as vectors: MiniLM, with the three things it is made of in a file each.

``safetensors`` reads the weights, ``wordpiece`` cuts a text into tokens, ``bert`` is the network,
and ``minilm`` puts them together.
"""

from course_utils.embeddings.minilm import MiniLM

__all__ = ["MiniLM"]
