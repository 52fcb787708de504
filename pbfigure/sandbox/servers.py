"""The service on two loopback ports: the API and the storage host.

This module reads requests without trusting their length, sends answers unchanged, and drops or
resets connections.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from pbfigure.sandbox.control import PREFIX, Control
from pbfigure.sandbox.exchange import Answer, Call, ScaledClock, reason
from pbfigure.sandbox.request_rules import MAX_BODY
from pbfigure.sandbox.service import PREFIX as API
from pbfigure.sandbox.service import Service

LOOPBACK = "127.0.0.1"
IDLE_SECONDS = 120
"""A connection that says nothing for so long is closed."""
LINGER_SECONDS = 0.5
"""How long the rest of a refused body is read, so that the client receives the refusal."""


class Servers:
    """A service's two listeners, with a thread for each request.

    A context manager: it starts when entered and stops when left.
    """

    def __init__(self, service: Service, port: int = 0) -> None:
        self.service = service
        control = Control(service)

        def answer_api(call: Call) -> Answer:
            is_control = call.route == "/" or call.route.startswith(PREFIX)
            return (control if is_control else service).handle(call)

        self._stopping = threading.Event()
        self._api = _Listener(port, answer_api, service, self._stopping)
        self._storage = _Listener(0, service.handle_storage, service, self._stopping)
        self.page_url = f"http://{LOOPBACK}:{self._api.server_port}/"
        self.base_url = f"http://{LOOPBACK}:{self._api.server_port}{API}"
        self.storage_url = f"http://{LOOPBACK}:{self._storage.server_port}"
        service.storage_url = self.storage_url

    def __enter__(self) -> Servers:
        for listener in (self._api, self._storage):
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()  # waiting answers end
        for listener in (self._api, self._storage):
            listener.shutdown()
            listener.server_close()
        self.service.log.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(
        self,
        port: int,
        answer: Callable[[Call], Answer],
        service: Service,
        stopping: threading.Event,
    ) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.answer = answer
        self.clock = service.clock
        self.stopping = stopping

    def wait(self, seconds: float) -> None:
        """Wait some seconds of the service's clock."""
        if isinstance(self.clock, ScaledClock):
            seconds = self.clock.real_seconds(seconds)
        self.stopping.wait(seconds)

    def server_bind(self) -> None:
        # Without HTTPServer's look-up of the host's name, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that closed the connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Listener
    headers: Message[str, str]

    def _serve(self) -> None:
        body, left_over = self._read_body()
        call = Call(
            self.command, self.path, dict(self.headers.items()), body, self.client_address[0]
        )
        self._send(self.server.answer(call))
        if left_over:
            self.close_connection = True
            self._read_away()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _read_body(self) -> tuple[bytes, bool]:
        """Return the body, and whether one was not read because of its length."""
        length = self.headers.get("Content-Length")
        if length is None:
            return b"", "Transfer-Encoding" in self.headers
        if not length.isdigit() or int(length) > MAX_BODY:
            return b"", True
        return self.rfile.read(int(length)), False

    def _read_away(self) -> None:
        # Closing with bytes unread resets the connection, and the answer with it.
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            until = time.monotonic() + LINGER_SECONDS
            while time.monotonic() < until and self.rfile.read1(1 << 16):
                pass

    def _send(self, answer: Answer) -> None:
        if answer.delay:
            self.server.wait(answer.delay)
        if answer.dropped:
            self._drop(answer.reset)
            return
        while answer.continues and not self.server.stopping.is_set():
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
            self.server.wait(0.1)
        declared = answer.headers.get("Content-Length")
        self.send_response_only(answer.status, reason(answer.status))
        for name, text in answer.headers.items():
            self.send_header(name, text)
        if declared is None or self.headers.get("Connection", "").lower() == "close":
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            sent = self._send_body(answer)
            if declared is None or sent != int(declared):
                self.close_connection = True
        self.wfile.flush()

    def _send_body(self, answer: Answer) -> int:
        sent = 0
        for chunk in answer.chunks():
            if sent and (answer.stall or answer.drip):
                self.wfile.flush()
                self.server.wait(answer.stall or answer.drip)
            if self.server.stopping.is_set() and (answer.stream is not None or answer.drip):
                break
            self.wfile.write(chunk)
            sent += len(chunk)
        return sent

    def _drop(self, reset: bool) -> None:
        self.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.rfile.close()
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """The service keeps its own log."""
