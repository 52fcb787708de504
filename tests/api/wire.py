"""A server of raw bytes: what no well-behaved one would send."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress

KEY = "sk-team-this-is-a-planted-secret"


def answer(
    body: bytes | str | dict[str, object], status: int = 200, *headers: str, length: bool = True
) -> bytes:
    """An HTTP answer in bytes."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    data = data.encode() if isinstance(data, str) else data
    lines = [f"HTTP/1.1 {status} Whatever", *headers, "Connection: close"]
    if length:
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def good(data: dict[str, object]) -> bytes:
    """A good answer of the API."""
    return answer({"success": True, "data": data})


class Wire:
    """Answers each connection with the next of its answers, the last of them again and again.

    With ``drip``, it sends a byte each so many seconds.
    """

    def __init__(self, *answers: bytes, drip: float = 0.0) -> None:
        self.asked: list[bytes] = []
        self._answers = list(answers)
        self._drip = drip
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listener.close()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", int(self.host.split(":")[1])), 1).close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.asked.append(_request(connection))
            reply = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            if not self._drip:
                connection.sendall(reply)
                return
            for number in range(len(reply)):
                if self._stopping.is_set():
                    return
                connection.sendall(reply[number : number + 1])
                time.sleep(self._drip)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
