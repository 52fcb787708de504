r"""Source bytes to text and back, in the encoding in which TeX reads them.

UTF-8 if the bytes are valid UTF-8; else the encoding that TeX tells the document begins in, and
after ``\inputencoding`` or ``\XeTeXinputencoding`` that one. A byte that cannot be read so becomes
a lone surrogate. The source can still be written back as it was, but a text with such a character
in it is never sent.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

_NAMES = {
    **{f"latin{number}": f"iso8859-{number}" for number in range(1, 5)},
    **{"latin5": "iso8859-9", "latin7": "iso8859-13", "latin9": "iso8859-15"},
    **{"latin10": "iso8859-16", "latin-9": "iso8859-15", "l9": "iso8859-15"},
    **{"ansinew": "cp1252", "cp437de": "cp437", "applemac": "mac_roman", "macce": "mac_latin2"},
    **{"maccyr": "mac_cyrillic", "iso88595": "iso8859-5"},
    **{"8859-8": "iso8859-8", "utf8": "utf-8", "utf8x": "utf-8", "ascii": "utf-8"},
    **{name: name for name in ("koi8-r", "koi8-u")},
    **{f"cp{n}": f"cp{n}" for n in (437, 850, 852, 855, 858, 862, 865, 866, *range(1250, 1258))},
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1258)},
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (*range(1, 12), *range(13, 17))},
}
"""Python's codecs by the names that inputenc and XeTeX have for them."""
_SWITCH = re.compile(
    r"\\(?:XeTeX)?inputencoding\s{0,9}(?:\{\s{0,9}|\"?)([A-Za-z0-9-]{1,20})(?:\s{0,9}\}|\"?)"
)
_UNREAD = re.compile("[\udc80-\udcff]")
_SWITCHING_UTF8 = "utf8"
"""UTF-8 up to an ``\\inputencoding``: another of its names tells this from UTF-8 throughout."""


def codec_of(name: str) -> str | None:
    """Return the codec of an encoding that inputenc names; None if it is unknown."""
    return _NAMES.get(name.lower())


def encoding_at(text: str, at: int, codec: str) -> str:
    r"""Return the codec that ``\inputencoding`` makes one of at an offset of a source."""
    return _pieces(text[:at], codec)[-1][1] if "inputencoding" in text else codec


def decode(data: bytes, codec: str) -> tuple[str, str]:
    """Return a source's text and its codec; ``codec`` is that of the place it is read at."""
    if data.startswith(codecs.BOM_UTF8):
        return data.decode("utf-8", "surrogateescape"), "utf-8"
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8"), "utf-8"
    if b"inputencoding" not in data:
        return data.decode(codec, "surrogateescape"), codec
    pieces = [
        piece.encode("latin-1").decode(each, "surrogateescape")
        for piece, each in _pieces(data.decode("latin-1"), codec)
    ]
    return "".join(pieces), _SWITCHING_UTF8 if codec == "utf-8" else codec


def encode(text: str, codec: str) -> bytes:
    """Return the bytes of a source as it was read by :func:`decode`."""
    if codec == "utf-8" and not _UNREAD.search(text):
        return text.encode()
    return b"".join(piece.encode(each, "surrogateescape") for piece, each in _pieces(text, codec))


def _pieces(text: str, codec: str) -> list[tuple[str, str]]:
    """Return the pieces of a source in one encoding each."""
    pieces = []
    at = 0
    for match in _SWITCH.finditer(text):
        pieces.append((text[at : match.end()], codec))
        codec, at = codec_of(match[1]) or "utf-8", match.end()
    return [*pieces, (text[at:], codec)]


def first_unread(text: str) -> int | None:
    """Return the offset of the first byte that could not be read; None if all were."""
    match = None if text.isascii() else _UNREAD.search(text)
    return match.start() if match else None
