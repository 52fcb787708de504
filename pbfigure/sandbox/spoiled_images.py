"""Applies the ordered faults to a picture: damaged, too large, of another type, or expired."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator

from pbfigure.sandbox.exchange import Answer, bytes_answer
from pbfigure.sandbox.faults import Fired, Order
from pbfigure.sandbox.spoiled_answers import HTML

_PIECE = bytes(1 << 16)
_OVERSIZE = 80_000_000
_BOMB_SIDE = 12_000
_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">
<rect width="640" height="360" fill="#f4f1ea"/></svg>
"""


def spoil_image(answer: Answer, fired: Fired) -> Answer:
    """Apply the orders for a download to the picture."""
    for order in fired.orders:
        spoiler = _SPOILERS.get(order.fault)
        if spoiler is not None:
            answer = spoiler(answer, order)
    return answer


def refused(status: int) -> Answer:
    """Return a storage host's refusal: XML, not the API's JSON."""
    code = "AccessDenied" if status == 403 else "NoSuchKey"
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return bytes_answer(status, "application/xml", body.encode())


def _corrupt(answer: Answer, order: Order) -> Answer:
    """Damage the pixels behind a valid header, so that each format's decoder notices.

    In a PNG, bytes are inverted. A JPEG decoder would ignore that, so a JPEG gets a second frame
    header, which no decoder accepts. A WebP decoder accepts any bytes of the right length, so it
    is truncated.
    """
    body = bytearray(answer.body)
    middle = len(body) // 2
    if body[8:12] == b"WEBP":
        return bytes_answer(200, answer.headers["Content-Type"], bytes(body[:middle]))
    if body[:2] == b"\xff\xd8":
        body[middle : middle + 4] = b"\xff\xc0\x00\x02"
    else:
        body[middle : middle + 64] = bytes(byte ^ 0xFF for byte in body[middle : middle + 64])
    answer.body = bytes(body)
    return answer


def _oversized(answer: Answer, order: Order) -> Answer:
    """Append zeros to a valid picture, up to 80 MB in all."""
    picture = answer.body

    def pieces() -> Iterator[bytes]:
        yield picture
        left = _OVERSIZE - len(picture)
        while left > 0:
            yield _PIECE[:left]
            left -= len(_PIECE)

    answer.stream = pieces
    answer.headers["Content-Length"] = str(_OVERSIZE)
    if not order.get("declared", True):
        del answer.headers["Content-Length"]
    return answer


def _mistyped(answer: Answer, order: Order) -> Answer:
    """Send another type under the requested content type."""
    body = {"html": HTML, "svg": _SVG}.get(order.get("as", "html"))
    if body is None:
        body = _as_webp(answer.body)
    return bytes_answer(200, answer.headers["Content-Type"], body)


def _as_webp(picture: bytes) -> bytes:
    from PIL import Image  # only if a picture is requested

    target = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.save(target, "WEBP")
    return target.getvalue()


def _bomb(answer: Answer, order: Order) -> Answer:
    """Send a valid PNG of 144 megapixels in a small file."""
    return bytes_answer(200, answer.headers["Content-Type"], _bomb_png(_BOMB_SIDE))


def _bomb_png(side: int) -> bytes:
    """Return an all-black square PNG of one bit for each pixel."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    data = b"".join([*(packer.compress(row) for _ in range(side)), packer.flush()])
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = [_part(b"IHDR", header), _part(b"IDAT", data), _part(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _part(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def _expired(answer: Answer, order: Order) -> Answer:
    return refused(order.get("status", 403))


_SPOILERS: dict[str, Callable[[Answer, Order], Answer]] = {
    "corrupt": _corrupt,
    "oversized": _oversized,
    "mistyped": _mistyped,
    "bomb": _bomb,
    "expired": _expired,
}
