"""Connections with a total time limit that another thread can close.

A timeout of requests limits the wait for the next byte, so a server that sends slowly could hold an
exchange for days, and nothing could stop it from outside. Here the sockets of a session are known.
After a cut, a thread that reads from one sees the connection end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pbfigure import __version__

USER_AGENT = f"sphinx-paperbanana/{__version__}"

Check = Callable[[str], None]
"""Receives the address of a connection; raises if nothing may be sent there."""


class Connections:
    """The sockets of one session, for one exchange at a time."""

    def __init__(self, check_peer: Check | None = None) -> None:
        self.is_cut = False
        """Whether they were cut; data that was read since is incomplete."""
        self._check_peer = check_peer
        self._guard = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def session(
        self, sign: AuthBase, adapter: Callable[[], BaseAdapter] | None = None
    ) -> requests.Session:
        """Return a session over these connections, or over others that ``adapter`` makes."""
        session = _PlainSession()
        session.auth = sign  # with an auth set, requests does not read ~/.netrc
        session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(self) if adapter is None else adapter())
        return session

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connections unless the block ends within ``seconds``."""
        timer = threading.Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def cut(self) -> None:
        """Close every connection, also while other threads read from it."""
        with self._guard:
            self.is_cut = True
            sockets = list(self._sockets)
        for each in sockets:
            with contextlib.suppress(OSError):
                # not SSLSocket.shutdown: it drops the TLS state that the reading thread uses
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def check(self, connection: HTTPConnection, made: socket.socket) -> None:
        """Check the peer's address before anything is sent, TLS included."""
        if self._check_peer is not None and connection.proxy is None:
            self._check_peer(str(made.getpeername()[0]))

    def register(self, made: socket.socket) -> None:
        """Register a connection."""
        with self._guard:
            self._sockets.add(made)
            if self.is_cut:
                raise ConnectionAbortedError("the connections are cut")


class _PlainSession(requests.Session):
    """Leaves a redirect to the caller.

    Even with ``allow_redirects=False``, requests reads the whole body of a redirect, however long
    it is; here it sees no redirect.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: no redirect."""


def _registering(kind: type[HTTPConnection], connections: Connections) -> type[HTTPConnection]:
    class Registering(kind):  # type: ignore[misc, valid-type]
        _early: socket.socket | None

        def _new_conn(self) -> socket.socket:
            made: socket.socket = super()._new_conn()
            try:
                connections.check(self, made)
                self._early = made.dup()  # TLS takes the socket itself over before it is spoken
                connections.register(self._early)
            except BaseException:
                made.close()
                raise
            return made

        def connect(self) -> None:
            self._early = None
            try:
                super().connect()
                connections.register(self.sock)
            except BaseException:
                self.close()
                raise
            finally:
                if self._early is not None:
                    self._early.close()

    return Registering


class _Adapter(HTTPAdapter):
    def __init__(self, connections: Connections) -> None:
        kinds = {
            "http": (HTTPConnectionPool, HTTPConnection),
            "https": (HTTPSConnectionPool, HTTPSConnection),
        }
        self._pools = {
            scheme: type("Pool", (pool,), {"ConnectionCls": _registering(kind, connections)})
            for scheme, (pool, kind) in kinds.items()
        }
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager
