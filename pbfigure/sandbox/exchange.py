"""HTTP requests and answers as plain values, and the clock that dates them.

The service works on these values alone, so that it can run behind a socket or inside a test with a
simulated clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl, urlsplit

Json: TypeAlias = Any
"""A value that is, or may become, JSON."""

MARK = "X-PaperBanana-Sandbox"
"""The header that marks the sandbox, on every answer: its pictures are drafts."""


class Clock(Protocol):
    """The service's clock; the module :mod:`time` is one."""

    def time(self) -> float:
        """Return the seconds since the epoch."""
        ...


class ScaledClock:
    """The system's clock, running ``speed`` times as fast from the moment it is made."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._origin = time.time()
        self._started = time.monotonic()

    def time(self) -> float:
        """Return the scaled seconds since the epoch."""
        return self._origin + (time.monotonic() - self._started) * self.speed

    def real_seconds(self, seconds: float) -> float:
        """Return the real duration of ``seconds`` of this clock."""
        return seconds / self.speed


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request as it reached the service."""

    method: str
    path: str
    """Path with its query, as in the request line."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client_ip: str = "127.0.0.1"

    def header(self, name: str) -> str | None:
        """Return a header's value, whatever the case of its name."""
        wanted = name.lower()
        return next((text for key, text in self.headers.items() if key.lower() == wanted), None)

    @property
    def route(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of one given twice, the last."""
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))


@dataclass(slots=True)
class Answer:
    """One HTTP answer, or the lack of one.

    ``headers`` are sent unchanged. If ``Content-Length`` is missing or larger than the body, the
    connection ends with the body.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Callable[[], Iterator[bytes]] | None = None
    """Instead of ``body``: an iterator of pieces, perhaps infinite."""
    delay: float = 0.0
    """Seconds of the service's clock to wait before anything is sent."""
    stall: float = 0.0
    """Seconds to wait when half of the body is sent."""
    drip: float = 0.0
    """Seconds to wait after each byte of the body."""
    continues: bool = False
    """Send ``100 Continue`` without end."""
    dropped: bool = False
    """Close the connection without an answer."""
    reset: bool = False
    """If dropped: reset the connection instead of closing it."""
    payload: Json = None
    """The JSON value of ``body``, for faults that change it."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the body piece by piece."""
        if self.stream is not None:
            yield from self.stream()
        elif self.drip:
            yield from (bytes([byte]) for byte in self.body)
        elif self.stall:
            half = len(self.body) // 2
            yield self.body[:half]
            yield self.body[half:]
        elif self.body:
            yield self.body


class RefusalError(Exception):
    """A request that gets an error answer of the reference."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    def answer(self) -> Answer:
        """Return the error in the documented format (section "Errors")."""
        answer = json_answer(self.status, {"success": False, "error": {"message": self.message}})
        answer.headers |= self.headers
        return answer


def json_answer(status: int, payload: Json) -> Answer:
    """Return ``payload`` as a JSON answer."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body))}
    return Answer(status, headers, body, payload=payload)


def bytes_answer(status: int, content_type: str, body: bytes) -> Answer:
    """Return ``body`` under its content type."""
    return Answer(status, {"Content-Type": content_type, "Content-Length": str(len(body))}, body)


def finish(answer: Answer, now: float) -> Answer:
    """Add the headers of every answer: the sandbox's mark and the service's date."""
    answer.headers |= {MARK: "1", "Server": "paperbanana-sandbox"}
    answer.headers["Date"] = formatdate(now + answer.delay, usegmt=True)
    return answer


def reason(status: int) -> str:
    """Return the phrase of a status, also of an unknown one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
