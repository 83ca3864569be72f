"""WordPiece: a text as tokens, each a word or a part of one, from a fixed list.

A list of 30,000 words would miss every name and every typing error. WordPiece has common words
whole and puts rare ones together from pieces: "embeddings" becomes em ##bed ##ding ##s. What it
knows by no piece at all becomes [UNK].

Schuster and Nakajima, ICASSP 2012, https://doi.org/10.1109/ICASSP.2012.6289079; as in BERT,
Devlin et al., NAACL 2019, https://doi.org/10.18653/v1/N19-1423.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata

FIRST, LAST, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
INSIDE = "##"  # opens a piece that does not begin a word
LONGEST_WORD = 100  # characters; a longer word is [UNK]
INVISIBLE = ("Cc", "Cf", "Co", "Cs")  # control, format, private use, half of a character
REPLACEMENT = "\ufffd"  # stands where a file was read wrongly
# Chinese characters, each a word of its own; Japanese and Korean letters are not among them
IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def split_words(text):
    """Return a text's words: lower case, without accents, each punctuation mark by itself.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        "Café, NOW!" gives ["cafe", ",", "now", "!"]. Control characters are left out, and each
        Chinese character is a word.
    """
    text = "".join(map(_cleaned, text))
    text = unicodedata.normalize("NFD", text)  # é becomes e and an accent
    return "".join(map(_plain, text)).split()


@functools.cache
def _cleaned(character):
    if character in "\t\n\r":
        return " "
    if character == REPLACEMENT or unicodedata.category(character) in INVISIBLE:
        return ""
    if any(first <= ord(character) <= last for first, last in IDEOGRAPHS):
        return f" {character} "
    return character


@functools.cache
def _plain(character):
    if unicodedata.category(character) == "Mn":  # an accent, or another mark without a width
        return ""
    # ASCII's signs count as punctuation too: $ + < = > ^ ` | ~
    is_ascii_sign = "!" <= character <= "~" and not character.isalnum()
    if is_ascii_sign or unicodedata.category(character).startswith("P"):
        return f" {character} "
    return character.lower()


class WordPiece:
    """A tokeniser with its vocabulary.

    Parameters
    ----------
    vocabulary : sequence of str
        The pieces; a piece's place is its number. [CLS], [SEP] and [UNK] are among them.
    """

    def __init__(self, vocabulary):
        self.numbers = {piece: number for number, piece in enumerate(vocabulary)}
        missing = [each for each in (FIRST, LAST, UNKNOWN) if each not in self.numbers]
        if missing:
            raise ValueError(f"The vocabulary lacks {', '.join(missing)}; see its file vocab.txt.")

    def pieces(self, word):
        """Return the pieces of one word, from the left the longest that is known each time.

        Parameters
        ----------
        word : str
            One of ``split_words``.

        Returns
        -------
        list of str
            ["[UNK]"] where a part is not known, or the word has more than 100 characters.
        """
        if len(word) > LONGEST_WORD:
            return [UNKNOWN]
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = INSIDE * (start > 0) + word[start:end]
                if piece in self.numbers:
                    break
            else:
                return [UNKNOWN]
            found.append(piece)
            start = end
        return found

    def tokens(self, text, limit=None):
        """Return a text's tokens, from [CLS] to [SEP].

        Parameters
        ----------
        text : str
            A mark that stands in it, such as "[SEP]", is text: three tokens, not the mark.
        limit : int, optional
            How many tokens at most, both marks included; what comes later is cut off.

        Returns
        -------
        list of str
        """
        pieces = itertools.chain.from_iterable(map(self.pieces, split_words(text)))
        room = None if limit is None else limit - 2
        return [FIRST, *itertools.islice(pieces, room), LAST]

    def encode(self, text, limit=None):
        """Return the numbers of a text's tokens, as the network takes them; see ``tokens``.

        Returns
        -------
        list of int
        """
        return [self.numbers[token] for token in self.tokens(text, limit)]
