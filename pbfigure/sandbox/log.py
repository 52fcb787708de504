"""The log of every request, in memory for tests that count and as JSON lines for people."""

from __future__ import annotations

import json
import threading
from collections import deque
from pathlib import Path
from typing import IO, Any

from pbfigure.sandbox.exchange import Call, Json

KEPT = 50_000
"""Entries kept in memory; older ones fall off, the file keeps them all."""


class Log:
    """The requests and their outcomes; it never contains a key."""

    def __init__(self, path: Path | None = None) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._guard = threading.Lock()
        self._file: IO[str] | None = path.open("a", encoding="utf-8") if path else None

    def add(self, entry: dict[str, Any]) -> None:
        """Log one request."""
        with self._guard:
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                self._file.flush()

    def entries(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """Return the entries, the oldest first."""
        with self._guard:
            return [each for each in self._entries if endpoint in (None, each["endpoint"])]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def start_entry(call: Call, host: str, now: float) -> dict[str, Any]:
    """Return the part of an entry that is known when a call arrives."""
    return {
        "time": now,
        "host": host,
        "method": call.method,
        "path": "(holds a key)" if "sk-team-" in call.path else call.path,
        "endpoint": None,
        "status": None,
        "client_ip": call.client_ip,
        "authorised": False,
        "authorization": call.header("Authorization") is not None,
        "key_elsewhere": _key_elsewhere(call),
        "body": _body(call),
        "task_id": None,
        "fault": None,
    }


def _key_elsewhere(call: Call) -> bool:
    """Return whether a team key is anywhere but in its header."""
    headers = (text for name, text in call.headers.items() if name.lower() != "authorization")
    return (
        "sk-team-" in call.path or b"sk-team-" in call.body or any("sk-team-" in h for h in headers)
    )


def _body(call: Call) -> Json:
    if call.method != "POST":
        return None
    if b"sk-team-" in call.body:
        return "(holds a key)"
    try:
        return json.loads(call.body)
    except (ValueError, RecursionError):
        return call.body[:1000].decode("utf-8", "replace")
