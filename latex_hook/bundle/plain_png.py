"""PNGs as arXiv's pdfTeX embeds them without decoding: plain grey or RGB, nothing else in them.

No palette, no alpha, no gAMA, sRGB, cHRM or iCCP, no tRNS, no interlacing: with any of these pdfTeX
takes the picture apart and the PDF grows. Only the bundle's copies are changed; the bytes that were
bought stay as they are in the project and the store. A signed PNG is never changed, for its
signature would be lost: TeX takes it apart.
"""

from __future__ import annotations

import struct
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.provenance.label import Label, label_of
from pbfigure.provenance.published_copies import converted_bytes, labelled_bytes
from pbfigure.store.errors import OverLimit
from pbfigure.store.files import read_bounded
from pbfigure.store.picture import FORMATS, examine
from pbfigure.store.provenance_marks import Mark

if TYPE_CHECKING:
    from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STRIP = 1_000_000
"""Pixels that are converted at a time: whole, a picture would be in memory up to five times."""
_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "LA": 4, "PA": 4}
"""Bytes of a decoded pixel by Pillow's modes; 4 in all others."""
_WEBP_COPIES = 4
"""Copies of the decoded pixels that Pillow and libwebp have in memory at once."""
_UNWANTED = frozenset((b"gAMA", b"sRGB", b"cHRM", b"iCCP", b"tRNS", b"PLTE"))


def is_plain(data: bytes) -> bool:
    """Whether a PNG can be embedded as it is."""
    if not data.startswith(_SIGNATURE) or len(data) < 33:
        return False
    bits, colour, _, _, interlace = struct.unpack(">5B", data[24:29])
    if bits != 8 or colour not in (0, 2) or interlace:
        return False
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind in _UNWANTED:
            return False
        if kind == b"IDAT":
            return True
        at += 12 + length
    return False


def embeddable(picture: Path, label: Label | None = None) -> tuple[bytes, str]:
    """Return a picture's bytes as TeX anywhere embeds them, and their file ending.

    An unmarked picture gets the ``label``, if one is given.

    Raises :exc:`BadPicture` if the file is not a picture, or takes too much memory to convert, and
    ``OSError`` if it cannot be read.
    """
    found = examine(picture)  # whole, of a known format, and no larger than it may be
    data = read_bounded(picture, limit=SIZE_LIMIT)
    is_signed_png = found.format == "png" and found.mark is Mark.C2PA
    if found.format == "jpeg" or is_signed_png or is_plain(data):
        ending = ".jpg" if found.format == "jpeg" else ".png"
        return data if label is None else labelled_bytes(data, found.format, label), ending
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of many pixels, and of metadata: it was examined
        opened = Image.open(BytesIO(data), formats=FORMATS)
    with opened as image:
        _check_memory(image, picture)
        plain = _plain(image)
    plain.info.clear()
    out = BytesIO()
    plain.save(out, "PNG")
    said = label or label_of(None, "")
    labels = label is not None
    return converted_bytes(out.getvalue(), data, found.format, said, labels=labels), ".png"


def _check_memory(image: Image.Image, picture: Path) -> None:
    """Refuse what would take more than a picture may, the original and its conversion together."""
    from pbfigure.store.decoding import check_memory

    each = _PIXEL.get(image.mode, 4) + _PIXEL.get(_mode(image), 4)
    if image.format == "WEBP":
        each = max(each, _WEBP_COPIES * 4)
    try:
        check_memory(image, each, "make fit for every TeX")
    except OverLimit as error:
        advice = "Make it a JPEG, or a PNG in plain grey or RGB"
        raise OverLimit(f"{picture.name}: {error}. {advice}") from None


def _mode(image: Image.Image) -> str:
    return "L" if image.mode in ("1", "L", "LA") else "RGB"


def _plain(image: Image.Image) -> Image.Image:
    """Return a picture in grey or RGB, on white paper where it is transparent; strip by strip."""
    from PIL import Image

    mode = _mode(image)
    clear = image.mode in ("P", "LA", "PA", "RGBA") or "transparency" in image.info
    plain = Image.new(mode, image.size)
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        strip = image.crop((0, top, image.width, bottom))
        if clear:
            paper = Image.new("RGBA", strip.size, "white")
            strip = Image.alpha_composite(paper, strip.convert("RGBA"))
        plain.paste(strip.convert(mode), (0, top))
    return plain
