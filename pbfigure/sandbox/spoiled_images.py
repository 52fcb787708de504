"""Pictures that arrive damaged, swollen, as something else, or not at all: faults of downloads."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator

from pbfigure.sandbox.exchange import Answer, bytes_answer
from pbfigure.sandbox.faults import Fired, Order
from pbfigure.sandbox.spoil import HTML

_PIECE = bytes(1 << 16)
_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">
<rect width="640" height="360" fill="#f4f1ea"/></svg>
"""


def spoil_image(answer: Answer, fired: Fired) -> Answer:
    """Let the orders for a download have their way with the picture."""
    for order in fired.orders:
        way = _WAYS.get(order.fault)
        if way is not None:
            answer = way(answer, order)
    return answer


def refused(status: int) -> Answer:
    """Return a storage host's way of saying no: XML, not the API's JSON."""
    code = "AccessDenied" if status == 403 else "NoSuchKey"
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return bytes_answer(status, "application/xml", body.encode())


def _corrupt(answer: Answer, order: Order) -> Answer:
    """Damage the pixels behind a sound header, in a way that each format's decoder notices.

    A PNG has a stretch in its middle inverted. A JPEG decoder would draw grey and say nothing, so
    a JPEG gets a second frame header in its scan, which no decoder accepts. WebP decodes anything
    that is long enough: it is cut, and served as if that were all.
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
    """Let a sound picture be followed by zeros, up to 80 MB in all."""
    picture = answer.body
    total = order.get("bytes", 80_000_000)

    def pieces() -> Iterator[bytes]:
        yield picture
        left = total - len(picture)
        while left > 0:
            yield _PIECE[:left]
            left -= len(_PIECE)

    answer.stream = pieces
    answer.headers["Content-Length"] = str(max(total, len(picture)))
    if not order.get("declared", True):
        del answer.headers["Content-Length"]
    return answer


def _mistyped(answer: Answer, order: Order) -> Answer:
    """Send something else under the content type that was asked for."""
    wanted = order.get("as", "jpeg")
    body = {"html": HTML, "svg": _SVG}.get(wanted)
    if body is None:
        body = _converted(answer.body, wanted)
    return bytes_answer(200, answer.headers["Content-Type"], body)


def _converted(picture: bytes, wanted: str) -> bytes:
    # Imported here: a service that nobody asks for pictures starts without Pillow.
    from PIL import Image

    target = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.save(target, wanted.upper())
    return target.getvalue()


def _bomb(answer: Answer, order: Order) -> Answer:
    """Send a sound PNG that is small as a file and 144 megapixels as a picture."""
    body = bomb(order.get("width", 12_000), order.get("height", 12_000))
    return bytes_answer(200, answer.headers["Content-Type"], body)


def bomb(width: int, height: int) -> bytes:
    """Return an all-black PNG of one bit a pixel."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [_part(b"IHDR", header), _part(b"IDAT", data), _part(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _part(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def _expired(answer: Answer, order: Order) -> Answer:
    return refused(order.get("status", 403))


_WAYS: dict[str, Callable[[Answer, Order], Answer]] = {
    "corrupt": _corrupt,
    "oversized": _oversized,
    "mistyped": _mistyped,
    "bomb": _bomb,
    "expired": _expired,
}
