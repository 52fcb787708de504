"""What goes over the wire, as plain values: a call, its answer, and the clock both are dated by.

The service works on these alone, so that it can stand behind a socket, or inside a test under a
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
"""The header that tells a client its pictures are drafts; on every answer, even a spoiled one."""


class Clock(Protocol):
    """Where the service takes the time from; the module :mod:`time` is one."""

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
        """Return how long ``seconds`` of this clock last for the machine."""
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
    """One HTTP answer, or the deliberate lack of one.

    ``headers`` are sent as they stand. Where ``Content-Length`` names more than the body holds, or
    is missing, the connection ends with the body.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Callable[[], Iterator[bytes]] | None = None
    """Instead of ``body``: pieces made as they are sent, perhaps without end."""
    delay: float = 0.0
    """Seconds of the service's clock to wait before anything is sent."""
    stall: float = 0.0
    """Seconds to wait when half of the body is sent."""
    dropped: bool = False
    """Close the connection without a byte of answer."""
    reset: bool = False
    """When dropped: reset the connection instead of closing it in good order."""
    payload: Json = None
    """The JSON value ``body`` was written from, for those that spoil answers."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the body piece by piece."""
        if self.stream is not None:
            yield from self.stream()
        elif self.stall:
            half = len(self.body) // 2
            yield self.body[:half]
            yield self.body[half:]
        elif self.body:
            yield self.body


class RefusalError(Exception):
    """A request that gets one of the reference's error answers instead of what it asked for."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}

    def answer(self) -> Answer:
        """Return the error in the documented format (section "Errors")."""
        answer = json_answer(self.status, {"success": False, "error": {"message": self.message}})
        answer.headers |= self.headers
        return answer


def json_answer(status: int, payload: Json) -> Answer:
    """Return ``payload`` as a JSON answer that remembers what it was written from."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body))}
    return Answer(status, headers, body, payload=payload)


def bytes_answer(status: int, content_type: str, body: bytes) -> Answer:
    """Return ``body`` under its content type."""
    return Answer(status, {"Content-Type": content_type, "Content-Length": str(len(body))}, body)


def finish(answer: Answer, now: float) -> Answer:
    """Put on what every answer carries: the sandbox's mark and the service's own date."""
    answer.headers |= {MARK: "1", "Server": "paperbanana-sandbox"}
    answer.headers["Date"] = formatdate(now + answer.delay, usegmt=True)
    return answer


def reason(status: int) -> str:
    """Return the phrase that goes with a status, also for one nobody knows."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
