"""PNGs as arXiv's pdfTeX embeds them without decoding: plain grey or RGB, nothing else in them.

No palette, no alpha, no gAMA, sRGB, cHRM or iCCP, no tRNS, no interlacing: with any of these pdfTeX
takes the picture apart and the PDF grows. Only the bundle's copies are changed; the bytes that were
bought stay as they are in the project and the store.
"""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

from pbfigure.figure.limits import SIZE_LIMIT
from pbfigure.store.files import read_bounded
from pbfigure.store.picture import examine

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
FORMATS = ("PNG", "JPEG", "WEBP")
"""What the service delivers; Pillow is not to try anything else."""
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


def embeddable(picture: Path) -> tuple[bytes, str]:
    """Return a picture's bytes as TeX anywhere embeds them, and their file ending.

    Raises :exc:`BadPicture` where it is none, ``OSError`` where it cannot be read.
    """
    examine(picture)  # whole, of a known format, and no larger than it may be
    data = read_bounded(picture, limit=SIZE_LIMIT)
    if data.startswith(b"\xff\xd8"):
        return data, ".jpg"
    if is_plain(data):
        return data, ".png"
    from PIL import Image

    with Image.open(BytesIO(data), formats=FORMATS) as image:
        mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
        if image.mode in ("P", "LA", "PA", "RGBA") or "transparency" in image.info:
            paper = Image.new("RGBA", image.size, "white")
            plain = Image.alpha_composite(paper, image.convert("RGBA")).convert(mode)
        else:
            plain = image.convert(mode)
    plain.info.clear()
    out = BytesIO()
    plain.save(out, "PNG", optimize=True)
    return out.getvalue(), ".png"
