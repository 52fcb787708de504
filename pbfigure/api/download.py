"""Downloads a picture from the storage host: no API key, limited size and time, every redirect
checked.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from pbfigure.api.connections import Connections
from pbfigure.api.errors import ApiError, Garbled, Interrupted, Unreachable
from pbfigure.api.http_headers import retry_after
from pbfigure.api.transport import CONNECT_TIMEOUT, READ_TIMEOUT
from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.figure.public_url import (
    NotPublic,
    check_public_url,
    is_loopback,
    is_public,
    without_secrets,
)

REDIRECT_LIMIT = 3
DOWNLOAD_TIMEOUT = 600.0
"""Seconds for a whole picture, enough for 64 MB at 1 Mbit/s."""


class RefusedAddress(ApiError):
    """An address, or the target of a redirect, that must not be requested."""


class _NotKept(Exception):
    """The disk failed. Not an ``OSError``, because network errors are of that type too."""

    def __init__(self, error: OSError) -> None:
        self.error = error


class Downloads:
    """Downloads pictures. Thread-safe.

    ``loopback`` allows plain http to this machine; set if the API itself is on it.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        adapter: Callable[[], requests.adapters.BaseAdapter] | None = None,
    ) -> None:
        self._loopback = loopback
        self._adapter = adapter
        self._guard = threading.Lock()
        self._open: dict[Connections, str] = {}
        """The address that each running download is from."""
        self._aborted: set[str] = set()
        self._closed = False

    def close(self) -> None:
        """Abort the running downloads and start no more."""
        with self._guard:
            self._closed = True
            open_now = list(self._open)
        for connections in open_now:
            connections.cut()

    def abort(self, urls: Iterable[str]) -> None:
        """Abort the downloads from these addresses, and start no more from them."""
        with self._guard:
            self._aborted.update(urls)
            open_now = [each for each, url in self._open.items() if url in self._aborted]
        for connections in open_now:
            connections.cut()

    def fetch(self, url: str, into: Path) -> None:
        """Download ``url`` to ``into``. Raises an :exc:`ApiError`, or ``OSError`` for the disk."""
        connections = Connections(self._check_peer)
        failure: Exception
        with self._guard:
            is_over = self._closed or url in self._aborted
            if not is_over:
                self._open[connections] = url
        try:
            if is_over:
                raise Interrupted("no more downloads are started")
            with (
                connections.within(DOWNLOAD_TIMEOUT),
                connections.session(_Unsigned(), self._adapter) as session,
            ):
                self._follow(session, url, into)
            if not connections.is_cut:
                return
            failure = Interrupted(f"the download from {_host(url)} was broken off")
        except ApiError as error:
            failure = error
        except _NotKept as error:
            failure = error.error
        except requests.ConnectTimeout:
            failure = Unreachable(f"{_host(url)} did not accept a connection")
        except (HTTPError, OSError, ValueError) as error:  # exceptions of requests are OSErrors
            failure = Interrupted(f"the download from {_host(url)} broke ({type(error).__name__})")
        finally:
            with self._guard:
                self._open.pop(connections, None)
        raise failure

    def _follow(self, session: requests.Session, url: str, into: Path) -> None:
        for _ in range(REDIRECT_LIMIT + 1):
            self._check(url)
            session.trust_env = urlsplit(url).scheme == "https"  # no proxy for this machine
            with session.get(
                url, stream=True, allow_redirects=False, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT)
            ) as response:
                if not response.is_redirect:
                    _write(response, url, into)
                    return
                url = urljoin(url, response.headers["Location"])
        raise RefusedAddress(f"the picture's address redirects more than {REDIRECT_LIMIT} times")

    def _check_peer(self, address: str) -> None:
        """Refuse a connection to a private address, whatever the name resolved to before."""
        peer = ipaddress.ip_address(address.partition("%")[0])
        if not (is_public(peer) or (self._loopback and peer.is_loopback)):
            raise RefusedAddress("the picture's address led to a private or internal one")

    def _check(self, url: str) -> None:
        """Refuse anything but public https, by the name and by every address it resolves to."""
        parts = urlsplit(url)
        if self._loopback and parts.scheme == "http" and is_loopback(parts.hostname or ""):
            return
        try:
            check_public_url(url, what="the picture's address")
        except NotPublic as error:
            raise RefusedAddress(str(error)) from None
        try:
            found = socket.getaddrinfo(parts.hostname, 443, type=socket.SOCK_STREAM)
        except OSError:
            if requests.utils.get_environ_proxies(url):
                return  # the proxy resolves and checks names
            raise Unreachable(f"{_host(url)} is not known") from None
        for *_, address in found:
            if not is_public(ipaddress.ip_address(str(address[0]).partition("%")[0])):
                raise RefusedAddress(f"{_host(url)} is at a private or internal address")


class _Unsigned(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _host(url: str) -> str:
    return urlsplit(without_secrets(url)).netloc or "the storage host"


def _write(response: requests.Response, url: str, into: Path) -> None:
    status = response.status_code
    if status in (403, 404, 410):
        raise Interrupted(f"{_host(url)} no longer has the picture (status {status})")
    if status != 200:
        wait = retry_after(response.headers.get("Retry-After"), response.headers)
        raise Interrupted(f"{_host(url)} answered with status {status}", retry_after=wait)
    declared = response.headers.get("Content-Length")
    length = int(declared) if declared is not None and declared.isdigit() else None
    if length is not None and length > SIZE_LIMIT:
        raise Garbled(f"the picture has {length:,} bytes, over the limit of {SIZE_LIMIT:,}")
    size = 0
    with _opened(into) as file:
        for chunk in response.iter_content(1 << 16):
            size += len(chunk)
            if size > SIZE_LIMIT:
                raise Garbled(f"the picture has more than {SIZE_LIMIT:,} bytes")
            try:
                file.write(chunk)
            except OSError as error:
                raise _NotKept(error) from None


def _opened(into: Path) -> IO[bytes]:
    try:
        return into.open("wb", buffering=0)
    except OSError as error:
        raise _NotKept(error) from None
