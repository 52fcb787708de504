"""Connections that end when their time is over, or when they are cut.

A timeout of requests bounds the wait for the next byte, so a server that drips could hold an
exchange for days, and nothing could end it from outside. Here a session's sockets are known: cut,
whoever reads from them sees the connection end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Check = Callable[[str], None]
"""Takes the address that was connected to; raises to have nothing sent there."""


class Connections:
    """The sockets of one session. One exchange at a time."""

    def __init__(self, check_peer: Check | None = None) -> None:
        self.is_cut = False
        """Whether they were cut: what was read since is not to be believed."""
        self._check_peer = check_peer
        self._guard = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def adapter(self) -> HTTPAdapter:
        """Return what a session is to connect with."""
        return _Adapter(self)

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connections unless what is within is done in so many seconds."""
        timer = threading.Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def cut(self) -> None:
        """End every connection, also those that are read from in other threads."""
        with self._guard:
            self.is_cut = True
            sockets = list(self._sockets)
        for each in sockets:
            with contextlib.suppress(OSError):
                # not SSLSocket's own: that takes its state from under the thread that reads
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def check(self, connection: HTTPConnection, made: socket.socket) -> None:
        """Check where a connection led, before anything is sent on it, TLS included."""
        if self._check_peer is not None and connection.proxy is None:
            self._check_peer(str(made.getpeername()[0]))

    def note(self, made: socket.socket) -> None:
        """Take in a connection that is ready."""
        with self._guard:
            self._sockets.add(made)
            if self.is_cut:
                raise ConnectionAbortedError("the connections are cut")


def _noted(kind: type[HTTPConnection], connections: Connections) -> type[HTTPConnection]:
    class Noted(kind):  # type: ignore[misc, valid-type]
        def _new_conn(self) -> socket.socket:
            made: socket.socket = super()._new_conn()
            try:
                connections.check(self, made)
            except BaseException:
                made.close()
                raise
            return made

        def connect(self) -> None:
            super().connect()
            try:
                connections.note(self.sock)
            except BaseException:
                self.close()
                raise

    return Noted


class _Adapter(HTTPAdapter):
    def __init__(self, connections: Connections) -> None:
        http = type(
            "Pool", (HTTPConnectionPool,), {"ConnectionCls": _noted(HTTPConnection, connections)}
        )
        https = type(
            "Pool", (HTTPSConnectionPool,), {"ConnectionCls": _noted(HTTPSConnection, connections)}
        )
        self._pools = {"http": http, "https": https}
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager
