"""What reads the words of pictures, and its readings, which are kept: each picture is read once.

A reader is an OCR engine behind one small interface. Its extra is optional: no engine is imported
before a picture is to be read.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from PIL import Image

from pbfigure.checking.installed import BEST, installed
from pbfigure.checking.word import Box, Reader, Word
from pbfigure.figure.input_limits import parsed_json
from pbfigure.figure.notice import FigureError
from pbfigure.store.files import read_bounded, write_whole

_READING_LIMIT = 4_000_000
"""Bytes of a kept reading."""


class NoReader(FigureError):
    """No extra with a reader is installed."""

    subtype = "check"


def open_reader(language: str, name: str | None) -> Reader:
    """Return a reader for a document's language; without a name, the best that is installed.

    Raises :exc:`NoReader`.
    """
    name = name or installed()
    if name is None:
        raise NoReader("nothing here reads pictures: pip install 'sphinx-paperbanana[check]'")
    if name == BEST:
        from pbfigure.checking.rapid_reader import RapidReader

        return RapidReader()
    from pbfigure.checking.tesseract_reader import TesseractReader

    return TesseractReader(language)


class Readings:
    """The readings of pictures, kept by the picture's sha256 and the reader's name."""

    def __init__(self, reader: Reader, folder: Path, *, writes: bool = True) -> None:
        """``folder`` is where they are kept; ``writes``: whether new ones are."""
        self._reader = reader
        self._folder = folder
        self._writes = writes

    def kept(self, sha256: str) -> list[Word] | None:
        """Return the words of a picture that was read before, or None."""
        return _kept(self._path(sha256))

    def of(self, sha256: str, image: Image.Image) -> list[Word]:
        """Return the words of a picture; it is read if it was not yet."""
        words = self.kept(sha256)
        if words is None:
            words = self._reader.read(image)
            if self._writes:
                with contextlib.suppress(OSError):
                    write_whole(self._path(sha256), json.dumps(words).encode(), mode=0o600)
        return words

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.{self._reader.name}.json"


def _kept(path: Path) -> list[Word] | None:
    """Return a kept reading; None if there is none that can be used."""
    try:
        rows = parsed_json(read_bounded(path, limit=_READING_LIMIT), _READING_LIMIT)
        return [
            Word(str(text), float(confidence), Box(*map(int, box)), int(line))
            for text, confidence, box, line in rows
        ]
    except (OSError, ValueError, TypeError):
        return None
