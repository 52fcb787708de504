"""``pbfigure review --serve`` in a process of its own, and raw requests to it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from program_forks import forked


class LiveReview:
    """The server of a project's review, until it is ended."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *arguments: str) -> None:
        command = [forked("pbfigure"), "review", "docs", "--serve", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = iter(self.process.stdout.readline, "")
        self.url = next((line.split()[1] for line in said if line.startswith("open http")), "")
        assert self.url, self.process.communicate()

    @property
    def netloc(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        """The path of the page, with its token."""
        return urlsplit(self.url).path

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit status, and what was said on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=240)
        return self.process.returncode, said

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.communicate()

    def raw(self, head: str, body: bytes = b"") -> tuple[int, str]:
        """Send a request byte by byte as it is written; return the status and the whole answer."""
        host, _, port = self.netloc.partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        text = answer.decode("utf-8", "replace")
        return int(text.split(" ", 2)[1]), text

    def post(self, what: str, wanted: object, **headers: str | None) -> tuple[int, str]:
        """Ask for something as the page does; ``headers`` replace its own, None leaves one out."""
        body = wanted if isinstance(wanted, bytes) else json.dumps(wanted).encode()
        own: dict[str, str | None] = {
            "Host": self.netloc,
            "Origin": f"http://{self.netloc}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{name}: {value}" for name, value in own.items() if value is not None]
        return self.raw("\n".join([f"POST {self.path}{what} HTTP/1.1", *lines]), body)
