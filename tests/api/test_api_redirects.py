"""A redirect's body may be endless, and is not read to see where it leads."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from pbfigure.api.client import Client
from pbfigure.api.credential import Credential
from pbfigure.api.download import Downloads
from pbfigure.api.errors import ApiError
from pbfigure.api.transport import ANSWER_LIMIT, Transport


def endless_redirect(sent: list[int]) -> int:
    """Answer one request with a redirect whose body goes on until nobody reads; return the port."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = server.accept()
        with connection, server:
            connection.recv(65_536)
            head = "HTTP/1.1 302 Found\r\nLocation: https://example.invalid/x\r\n\r\n"
            connection.sendall(head.encode())
            try:
                while sum(sent) < 1_000_000_000:
                    sent.append(connection.send(b"x" * 65_536))
            except OSError:
                return

    threading.Thread(target=answer, daemon=True).start()
    port: int = server.getsockname()[1]
    return port


def test_the_api_s_is_bounded_like_any_answer() -> None:
    sent: list[int] = []
    url = f"http://127.0.0.1:{endless_redirect(sent)}/api/v1"
    with pytest.raises(ApiError):
        Client(Transport(url, Credential("sk-team-x"))).credits()
    assert sum(sent) < 10 * ANSWER_LIMIT


def test_a_download_s_is_not_read_at_all(tmp_path: Path) -> None:
    sent: list[int] = []
    url = f"http://127.0.0.1:{endless_redirect(sent)}/picture.png"
    with pytest.raises(ApiError):
        Downloads(loopback=True).fetch(url, tmp_path / "picture")
    assert sum(sent) < 10 * ANSWER_LIMIT
