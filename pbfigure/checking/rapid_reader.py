"""The better reader: RapidOCR on onnxruntime, with the models of its wheel; no network."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import Any

from PIL import Image

from pbfigure.checking.word import Box, Word

SIDE = 2000
"""Pixels of the longer side of what is read."""


class RapidReader:
    """Runs RapidOCR in one thread."""

    @cached_property
    def _engine(self) -> Any:  # noqa: ANN401
        from rapidocr import RapidOCR

        return RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.text_score": 0.8,
                "Global.use_cls": False,
                "Global.max_side_len": SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    @property
    def name(self) -> str:
        """Engine and version."""
        return f"rapidocr-{version('rapidocr')}"

    def read(self, image: Image.Image) -> list[Word]:
        """Return the words of a picture."""
        import numpy as np

        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]  # it takes them as OpenCV does
        found = self._engine(pixels)
        if not found.txts:
            return []
        words: list[Word] = []
        rows = zip(found.txts, found.scores, found.boxes, strict=True)
        for number, (text, score, corners) in enumerate(rows):
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            line = Box(*(int(side) for side in (left, top, right, bottom)))
            words += _split(text, float(score), line, number)
        return words


def _split(text: str, confidence: float, line: Box, number: int) -> list[Word]:
    """Return the words of a line; each takes its share of the line's box by its characters."""
    words, at = [], 0
    width = (line.right - line.left) / max(1, len(text))
    for part in text.split(" "):
        if part:
            left, right = line.left + at * width, line.left + (at + len(part)) * width
            box = Box(round(left), line.top, round(right), line.bottom)
            words.append(Word(part, confidence, box, number))
        at += len(part) + 1
    return words
