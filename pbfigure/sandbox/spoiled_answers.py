"""Applies the ordered faults to answers and their pictures: lost, late, damaged, endless, wrong."""

from __future__ import annotations

import copy
import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from pbfigure.sandbox.exchange import Answer, bytes_answer, json_answer, reason
from pbfigure.sandbox.faults import Fired, Order
from pbfigure.sandbox.storage import refused
from pbfigure.sandbox.wrong_shapes import SHAPES

_PIECE = 1 << 16
_MEMBER = 1 << 24
"""Bytes that one member of a gzip bomb unpacks to."""
_OVERSIZE = 80_000_000
_BOMB_SIDE = 12_000

HTML = b"""<!DOCTYPE html>
<html><head><title>Just a moment...</title></head>
<body><h1>Checking your browser before you continue</h1></body></html>
"""
_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">
<rect width="640" height="360" fill="#f4f1ea"/></svg>
"""


def answer_instead(fired: Fired, now: float, elsewhere: str) -> Answer | None:
    """Return the answer that replaces the processing of a call, if an order says so."""
    answer = _instead(fired, now, elsewhere)
    if answer is not None:
        answer.delay += fired.wait
    return answer


def _instead(fired: Fired, now: float, elsewhere: str) -> Answer | None:
    for order in fired.orders:
        if order.fault == "status" and not order.get("after", False):
            return _status(order, now)
        if order.fault == "drop_before":
            return Answer(0, dropped=True, reset=order.get("reset", False))
        if order.fault == "redirect" and "hops" not in order.parameters:
            answer = bytes_answer(order.get("status", 302), "text/plain", b"elsewhere\n")
            answer.headers["Location"] = elsewhere
            return answer
    return None


def spoil(answer: Answer, fired: Fired, now: float) -> Answer:
    """Apply the orders for a call to its answer."""
    for order in fired.orders:
        if order.fault == "status" and order.get("after", False):
            answer = _status(order, now)
        elif order.fault in _COURSES:
            answer = replace(answer, **_COURSES[order.fault](order))
        elif order.fault in _SPOILERS:
            answer = _SPOILERS[order.fault](answer, order)
    answer.delay += fired.wait
    return answer


_COURSES: dict[str, Callable[[Order], dict[str, Any]]] = {
    "drop_after": lambda order: {"dropped": True, "reset": order.get("reset", False)},
    "late": lambda order: {"dropped": True},
    "hang_after": lambda order: {"delay": order.get("seconds", 30)},
    "stall": lambda order: {"stall": order.get("seconds", 30)},
    "drip": lambda order: {"drip": order.get("seconds", 1)},
    "continues": lambda order: {"continues": True},
}
"""How each fault has a right answer sent."""


def _status(order: Order, now: float) -> Answer:
    status = order.get("status", 500)
    body = order.get("body", None)
    if isinstance(body, str):
        answer = bytes_answer(status, "text/html; charset=utf-8", body.encode())
    else:
        message = order.get("message", reason(status))
        answer = json_answer(
            status, {"success": False, "error": {"message": message}} if body is None else body
        )
    wait = order.get("retry_after", None)
    if wait is not None:
        as_date = order.get("retry_after_date", False)
        answer.headers["Retry-After"] = (
            formatdate(now + wait, usegmt=True) if as_date else f"{wait}"
        )
    return answer


def _broken_json(answer: Answer, order: Order) -> Answer:
    return bytes_answer(answer.status, "application/json", answer.body[: len(answer.body) // 2])


def _truncated(answer: Answer, order: Order) -> Answer:
    answer.body = answer.body[: len(answer.body) // 2]
    if not order.get("declared", True):
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def _gzip_bomb(answer: Answer, order: Order) -> Answer:
    members, member = 64, gzip.compress(bytes(_MEMBER), 9, mtime=0)  # a gigabyte
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(members * len(member))
    answer.stream = lambda: (member for _ in range(members))
    return answer


def _endless(answer: Answer, order: Order) -> Answer:
    answer.headers.pop("Content-Length", None)
    start = answer.body[: len(answer.body) // 2]

    def pieces() -> Iterator[bytes]:
        yield start
        while True:
            yield b" " * _PIECE

    answer.stream = pieces
    return answer


def _shape(answer: Answer, order: Order) -> Answer:
    return json_answer(
        answer.status, SHAPES[order.parameters["shape"]](copy.deepcopy(answer.payload))
    )


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
            yield bytes(min(left, _PIECE))
            left -= _PIECE

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
    from PIL import Image

    target = io.BytesIO()
    Image.new("1", (_BOMB_SIDE, _BOMB_SIDE)).save(target, "PNG")
    return bytes_answer(200, answer.headers["Content-Type"], target.getvalue())


_SPOILERS: dict[str, Callable[[Answer, Order], Answer]] = {
    "broken_json": _broken_json,
    "html": lambda _, order: bytes_answer(
        order.get("status", 200), "text/html; charset=utf-8", HTML
    ),
    "truncated": _truncated,
    "gzip_bomb": _gzip_bomb,
    "endless": _endless,
    "shape": _shape,
    "corrupt": _corrupt,
    "oversized": _oversized,
    "mistyped": _mistyped,
    "bomb": _bomb,
    "expired": lambda _, order: refused(order.get("status", 403)),
}
