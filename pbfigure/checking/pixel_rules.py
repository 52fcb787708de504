"""What is wrong with how a picture looks: rules over its pixels and the boxes of its words."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from PIL import Image, ImageStat

from pbfigure.checking.finding import Finding, Kind
from pbfigure.checking.spelling import tokens
from pbfigure.checking.word import Box, Word
from pbfigure.checking.word_rules import CONFIDENCE, around, lines_of
from pbfigure.figure.options import OPTIONS
from pbfigure.figure.request import is_ratio

CONTRAST = 4.5
"""Between text and what is behind it (WCAG 2.2, success criterion 1.4.3)."""
_STROKES = 0.03
"""The share of a word's box that surely is strokes, and not their soft edges."""
_EXACT = 0.95
"""How exact is what is read off pixels whose edges are soft."""
_PLAIN = 3.0
"""Standard deviation of the grey levels of a picture that shows next to nothing."""
_ASIDE = 0.05
"""By how much the proportion of sides may differ from what was asked."""


class Ink(NamedTuple):
    """The strokes of a word."""

    box: Box
    contrast: float
    """WCAG's ratio, from 1 to 21."""


def ink_of(image: Image.Image, box: Box) -> Ink | None:
    """Return the strokes in a box of a picture; None if there are none to be seen."""
    left, top = max(0, box.left - 1), max(0, box.top - 1)
    crop = image.crop(
        (left, top, min(image.width, box.right + 1), min(image.height, box.bottom + 1))
    )
    colours: list[tuple[int, tuple[int, int, int]]] = crop.getcolors(crop.width * crop.height)  # type: ignore[assignment]
    bins: Counter[tuple[int, ...]] = Counter()
    for count, colour in colours:
        bins[tuple(level // 16 for level in colour)] += count
    ((common, _),) = bins.most_common(1)
    paper = [each for each in colours if tuple(level // 16 for level in each[1]) == common]
    behind = statistics.fmean(
        [_luminance(colour) for _count, colour in paper], [count for count, _colour in paper]
    )
    ranked = sorted(
        ((_luminance(colour), count) for count, colour in colours),
        key=lambda each: abs(each[0] - behind),
        reverse=True,
    )
    left_over, total, taken = _STROKES * crop.width * crop.height, 0.0, 0.0
    for luminance, count in ranked:
        used = min(count, left_over - taken)
        total, taken = total + used * luminance, taken + used
        if taken >= left_over:
            break
    strokes = total / taken
    brighter, darker = max(behind, strokes), min(behind, strokes)
    grey = crop.convert("L")
    light, dark = _grey(behind), _grey(strokes)
    far = abs(dark - light) * 0.4
    bounds = grey.point([255 if abs(v - light) > far else 0 for v in range(256)]).getbbox()
    if bounds is None or far < 2:
        return None
    tight = Box(left + bounds[0], top + bounds[1], left + bounds[2], top + bounds[3])
    return Ink(tight, (brighter + 0.05) / (darker + 0.05))


def em_height(text: str, ink: Box) -> float:
    """Return the font's size in pixels, from the height of what is drawn of it.

    In most fonts small letters are half as high, capitals and digits seven tenths; what goes below
    the line takes two tenths.
    """
    is_high = any(c.isupper() or c.isdigit() or c in "bdfhiklt()[]|/" for c in text)
    is_deep = any(c in "gjpqyQ,;()[]|/" for c in text)
    return (ink.bottom - ink.top) / ((0.72 if is_high else 0.52) + (0.21 if is_deep else 0))


def looks_of(
    image: Image.Image, words: Sequence[Word], *, points: float, smallest: float, unit: str
) -> list[Finding]:
    """Return what is wrong with how the words of a picture look.

    ``points`` is how long a pixel of the picture is where it is shown, and ``smallest`` the
    smallest size of text, both in ``unit``.
    """
    found = []
    for line in lines_of(word for word in words if word.confidence >= CONFIDENCE):
        judged = [word for word in line if any(tokens(word.text))]
        inks = [(word, ink) for word in judged if (ink := ink_of(image, word.box)) is not None]
        if not inks:
            continue
        text, box = " ".join(word.text for word in line), around(line)
        size = points * statistics.median(em_height(word.text, ink.box) for word, ink in inks)
        contrast = statistics.median(ink.contrast for _word, ink in inks)
        if size < smallest * _EXACT:
            what = (
                f"{text!r} is {size:.1f} {unit} high where it is shown, below {smallest:g} {unit}"
            )
            found.append(Finding(Kind.SMALL_TEXT, what, text, "", box))
        if contrast < CONTRAST * _EXACT:
            what = f"the contrast of {text!r} is {contrast:.1f}:1, below {CONTRAST:g}:1"
            found.append(Finding(Kind.CONTRAST, what, text, "", box))
        found += _cut_off(image, inks)
    return found


def whole_picture(image: Image.Image, aspect_ratio: object, resolution: object) -> list[Finding]:
    """Return what is wrong with a picture as a whole, given what its record says was asked for.

    A record may say anything: what no request could ask for is no wish.
    """
    found = []
    small = image.convert("L")
    small.thumbnail((256, 256))
    if ImageStat.Stat(small).stddev[0] < _PLAIN:
        found.append(Finding(Kind.EMPTY, "it is nearly of one colour, and shows next to nothing"))
    if isinstance(aspect_ratio, str) and aspect_ratio != "auto" and is_ratio(aspect_ratio):
        across, _, down = aspect_ratio.partition(":")
        asked, came = float(across) / float(down), image.width / image.height
        if abs(came / asked - 1) > _ASIDE:
            what = f"{aspect_ratio} was asked for, and it is {image.width} × {image.height}"
            found.append(Finding(Kind.SHAPE, what))
    if isinstance(resolution, str) and resolution in OPTIONS["resolution"].choices:
        side = 1024 * int(resolution[:1])
        if max(image.size) < 0.9 * side:
            what = f"{resolution} was asked for, and it is {image.width} × {image.height}"
            found.append(Finding(Kind.SHAPE, what))
    return found


def _cut_off(image: Image.Image, inks: Iterable[tuple[Word, Ink]]) -> list[Finding]:
    """Find words whose strokes go to the border of the picture."""
    return [
        Finding(Kind.CUT_OFF, f"{word.text!r} is cut off at the border", word.text, "", ink.box)
        for word, ink in inks
        if ink.box.left == 0
        or ink.box.top == 0
        or ink.box.right >= image.width
        or ink.box.bottom >= image.height
    ]


def _luminance(colour: tuple[int, int, int]) -> float:
    """Return WCAG's relative luminance of a colour."""
    red, green, blue = (_LINEAR[level] for level in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _grey(luminance: float) -> int:
    """Return the grey level of a luminance."""
    return min(range(256), key=lambda level: abs(_LINEAR[level] - luminance))


_LINEAR = [
    level / 255 / 12.92 if level <= 10 else ((level / 255 + 0.055) / 1.055) ** 2.4
    for level in range(256)
]
