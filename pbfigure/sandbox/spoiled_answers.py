"""Applies the ordered faults to an answer: lost, late, truncated, wrong shape, or infinite."""

from __future__ import annotations

import copy
import gzip
from collections.abc import Callable, Iterator
from email.utils import formatdate

from pbfigure.sandbox.exchange import Answer, bytes_answer, json_answer, reason
from pbfigure.sandbox.faults import Fired, Order
from pbfigure.sandbox.wrong_shapes import SHAPES

_PIECE = 1 << 16
_MEMBER = 1 << 24
"""Bytes that one member of a gzip bomb unpacks to."""

HTML = b"""<!DOCTYPE html>
<html><head><title>Just a moment...</title></head>
<body><h1>Checking your browser before you continue</h1></body></html>
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
        spoiler = _SPOILERS.get(order.fault)
        if spoiler is not None:
            answer = spoiler(answer, order, now)
    answer.delay += fired.wait
    return answer


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


def _status_after(answer: Answer, order: Order, now: float) -> Answer:
    return _status(order, now) if order.get("after", False) else answer


def _drop(answer: Answer, order: Order, now: float) -> Answer:
    answer.dropped, answer.reset = True, order.get("reset", False)
    return answer


def _hang(answer: Answer, order: Order, now: float) -> Answer:
    answer.delay += order.get("seconds", 30)
    return answer


def _stall(answer: Answer, order: Order, now: float) -> Answer:
    answer.stall += order.get("seconds", 30)
    return answer


def _drip(answer: Answer, order: Order, now: float) -> Answer:
    answer.drip = order.get("seconds", 1)
    return answer


def _continues(answer: Answer, order: Order, now: float) -> Answer:
    answer.continues = True
    return answer


def _broken_json(answer: Answer, order: Order, now: float) -> Answer:
    return bytes_answer(answer.status, "application/json", answer.body[: len(answer.body) // 2])


def _html(answer: Answer, order: Order, now: float) -> Answer:
    return bytes_answer(order.get("status", 200), "text/html; charset=utf-8", HTML)


def _truncated(answer: Answer, order: Order, now: float) -> Answer:
    answer.body = answer.body[: len(answer.body) // 2]
    if not order.get("declared", True):
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def _gzip_bomb(answer: Answer, order: Order, now: float) -> Answer:
    members, member = 64, gzip.compress(bytes(_MEMBER), 9, mtime=0)  # a gigabyte
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(members * len(member))
    answer.stream = lambda: (member for _ in range(members))
    return answer


def _endless(answer: Answer, order: Order, now: float) -> Answer:
    answer.headers.pop("Content-Length", None)
    start = answer.body[: len(answer.body) // 2]

    def pieces() -> Iterator[bytes]:
        yield start
        while True:
            yield b" " * _PIECE

    answer.stream = pieces
    return answer


def _shape(answer: Answer, order: Order, now: float) -> Answer:
    return json_answer(
        answer.status, SHAPES[order.parameters["shape"]](copy.deepcopy(answer.payload))
    )


_SPOILERS: dict[str, Callable[[Answer, Order, float], Answer]] = {
    "status": _status_after,
    "drop_after": _drop,
    "late": _drop,
    "hang_after": _hang,
    "stall": _stall,
    "drip": _drip,
    "continues": _continues,
    "broken_json": _broken_json,
    "html": _html,
    "truncated": _truncated,
    "gzip_bomb": _gzip_bomb,
    "endless": _endless,
    "shape": _shape,
}
