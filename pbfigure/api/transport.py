"""One HTTP exchange with the API's host: signed, limited in time and size, never redirected.

What the host answers is scrubbed of the API key here, by the :class:`Credential`.

Exceptions of requests contain the request and so the key; none leaves this module. Each is replaced
by one of our types after its ``except`` block has ended, so that it is not the context either.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from pbfigure.api.connections import Connections
from pbfigure.api.credential import Credential
from pbfigure.api.errors import (
    BY_STATUS,
    CONFLICTS,
    ApiError,
    Conflict,
    Garbled,
    Interrupted,
    OtherRefusal,
    ServerError,
    Unreachable,
)
from pbfigure.api.http_headers import http_date, retry_after
from pbfigure.api.sandbox_header import is_of_sandbox
from pbfigure.api.task import cut
from pbfigure.figure.public_url import is_loopback

ANSWER_LIMIT = 4_000_000
"""Bytes of a JSON answer; ours: a hundred tasks have about 60 kB."""
CONNECT_TIMEOUT = 10.0
"""Seconds."""
READ_TIMEOUT = 60.0
"""Seconds for a whole answer, also a slow one."""


class _TeamKey(AuthBase):
    """Signs requests: all go to the API's host, because none is redirected."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._credential.reveal()}"
        return request


class Transport:
    """Exchanges with one API with one API key."""

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        adapter: Callable[[], requests.adapters.BaseAdapter] | None = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credential = credential
        self._adapter = adapter
        self._read_timeout = read_timeout
        self._get_lock = threading.Lock()
        self._session: requests.Session | None = None
        self._connections = Connections()
        self._closed = False
        self.is_sandbox: bool | None = None
        """Whether the last answer came from the sandbox; None until there is one."""
        self.on_date: Callable[[float | None], None] = lambda date: None
        """Called with the date of every good answer, or None if it has none."""

    def close(self) -> None:
        """Abort the running GET and send no more requests. A running order is not aborted: its
        answer names the task.
        """
        self._closed = True
        self._connections.cut()
        with self._get_lock:
            if self._session is not None:
                self._session.close()
                self._session = None

    def get(self, path: str) -> dict[str, Any]:
        """Send a GET, one at a time; return the answer's ``data``. Raises an :exc:`ApiError`."""
        with self._get_lock:
            session = self._session
            if session is None or self._connections.is_cut:
                session = self._renewed()
            return self._exchange(session, self._connections, "GET", path, None)

    def post(self, path: str, body: bytes) -> dict[str, Any]:
        """Send a POST on a new connection: a kept one may close at that moment, which looks like a
        lost answer. Raises an :exc:`ApiError`; only :exc:`Unreachable` and the documented
        refusals are certain to have made no task.
        """
        if self._closed:
            raise Unreachable("no more orders are sent")
        connections = Connections()
        with self._new_session(connections) as session:
            session.headers["Connection"] = "close"
            return self._exchange(session, connections, "POST", path, body)

    def _renewed(self) -> requests.Session:
        if self._session is not None:
            self._session.close()
            self._session = None
        if self._closed:
            raise Interrupted("no more requests are sent")
        self._connections = Connections()
        self._session = self._new_session(self._connections)
        self._session.headers["Cache-Control"] = "no-cache"  # an old list could order twice
        return self._session

    def _new_session(self, connections: Connections) -> requests.Session:
        parts = urlsplit(self._base_url)
        session = connections.session(_TeamKey(self._credential), self._adapter)
        if parts.scheme == "http" and is_loopback(parts.hostname or ""):
            session.trust_env = False  # a proxy would receive the key unencrypted
        session.headers["Accept"] = "application/json"
        return session

    def _exchange(
        self,
        session: requests.Session,
        connections: Connections,
        method: str,
        path: str,
        body: bytes | None,
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json; charset=utf-8"} if body is not None else None
        failure: ApiError
        try:
            with (
                connections.within(CONNECT_TIMEOUT + self._read_timeout),
                session.request(
                    method,
                    self._base_url + path,
                    data=body,
                    headers=headers,
                    timeout=(CONNECT_TIMEOUT, self._read_timeout),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                status, answer = response.status_code, response.headers
                data = self._bytes(response)
            if not connections.is_cut:
                return self._read(status, answer, data, f"{method} {path.partition('?')[0]}")
            failure = Interrupted(f"the exchange with {self._host} was broken off")
        except ApiError as error:
            failure = error
        except requests.ConnectTimeout:
            failure = Unreachable(f"{self._host} did not accept a connection")
        except (OSError, HTTPError, ValueError) as error:  # exceptions of requests are OSErrors
            failure = self._broken(error, connections)
        raise failure

    @property
    def _host(self) -> str:
        return urlsplit(self._base_url).netloc

    def _broken(self, error: BaseException, connections: Connections) -> ApiError:
        reason = getattr(error.args[0], "reason", None) if error.args else None
        if isinstance(reason, (NewConnectionError, NameResolutionError)):
            return Unreachable(f"no connection to {self._host}")
        if connections.is_cut:
            return Interrupted(f"{self._host} took over {self._read_timeout:g} s for an answer")
        kind = type(error).__name__
        return Interrupted(f"the exchange with {self._host} broke before its end ({kind})")

    def _read(
        self, status: int, headers: Mapping[str, str], data: bytes, where: str
    ) -> dict[str, Any]:
        document = self._document(data)
        if status != 200:
            raise self._refusal(status, headers, document, where)
        if document is None:
            raise Garbled(f"{self._host} answered {where} with something that is not JSON")
        inner = document.get("data") if isinstance(document, dict) else None
        if not isinstance(inner, dict) or document.get("success") is not True:
            raise Garbled(f"{self._host} answered {where} in a form the API does not document")
        self.on_date(http_date(headers.get("Date")))
        self.is_sandbox = is_of_sandbox(headers)
        return inner

    def _document(self, data: bytes) -> Any:  # noqa: ANN401
        """Return an answer's JSON without the key, if it repeats it; None if it is not JSON.

        It raises nothing, because a decoder's exception contains the text.
        """
        with contextlib.suppress(ValueError, RecursionError):
            return self._scrubbed(json.loads(data))
        return None

    def _scrubbed(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, str):
            return self._credential.scrub(value)
        if isinstance(value, list):
            return [self._scrubbed(each) for each in value]
        if isinstance(value, dict):
            return {name: self._scrubbed(each) for name, each in value.items()}
        return value

    def _bytes(self, response: requests.Response) -> bytes:
        data = bytearray()
        for chunk in response.iter_content(1 << 14):
            data += chunk
            if len(data) > ANSWER_LIMIT:
                raise Garbled(f"{self._host} sent an answer of more than {ANSWER_LIMIT:,} bytes")
        return bytes(data)

    def _refusal(
        self, status: int, headers: Mapping[str, str], document: object, where: str
    ) -> ApiError:
        if 200 <= status < 400:
            return Garbled(f"{self._host} answered {where} with status {status}, not 200")
        message = _message(document)
        refusal = Conflict if status in CONFLICTS else OtherRefusal
        of_client = Garbled if message is None else refusal
        kind = BY_STATUS.get(status) or (ServerError if status >= 500 else of_client)
        text = f"{self._host} answered {where} with {status}" + (f": {message}" if message else "")
        wait = retry_after(headers.get("Retry-After"), headers)
        documented = message is not None and (status in BY_STATUS or status < 500)
        date = http_date(headers.get("Date"))
        return kind(text, retry_after=wait, documented=documented, server_time=date)


def _message(document: object) -> str | None:
    """Return the documented error message for display, or None if the API did not write it."""
    if not isinstance(document, dict) or document.get("success") is not False:
        return None
    error = document.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return cut(message).strip() if isinstance(message, str) else None
