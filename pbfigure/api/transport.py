"""One HTTP exchange with the API's host: signed, bounded in time and size, never redirected.

Exceptions of requests carry the request and with it the key, so none leaves this module: each is
turned into a type of ours after its ``except`` block has ended, and so is not its context either.
"""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from pbfigure import __version__
from pbfigure.api.credential import Credential
from pbfigure.api.errors import (
    BY_STATUS,
    ApiError,
    Garbled,
    Interrupted,
    ServerError,
    Unreachable,
)
from pbfigure.api.task import printable

USER_AGENT = f"sphinx-paperbanana/{__version__}"
ANSWER_LIMIT = 4_000_000
"""Bytes of a JSON answer; ours: a hundred tasks have about 60 kB."""
CONNECT_TIMEOUT = 10.0
"""Seconds."""
READ_TIMEOUT = 60.0
"""Seconds, for a whole answer: also one that drips."""
SANDBOX_HEADER = "X-PaperBanana-Sandbox"
"""With it the sandbox marks its answers, and so its pictures as drafts."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: its ``data``, and what its headers say."""

    data: dict[str, Any]
    server_time: float | None
    """The server's own clock, in seconds since the epoch."""
    is_sandbox: bool


class _TeamKey(AuthBase):
    """Signs what goes to the API's host. Being there, it also keeps ~/.netrc unread."""

    def __init__(self, credential: Credential, host: str) -> None:
        self._credential = credential
        self._host = host

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if urlsplit(request.url or "").netloc == self._host:
            request.headers["Authorization"] = f"Bearer {self._credential.reveal()}"
        return request


class Transport:
    """Exchanges with one API under one key."""

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
        self._session: requests.Session | None = None

    def close(self) -> None:
        """Close the connections that are kept."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def get(self, path: str) -> Reply:
        """Ask; raises an :exc:`ApiError`."""
        if self._session is None:
            self._session = self._new_session()
        return self._exchange(self._session, "GET", path, None)

    def post(self, path: str, body: bytes) -> Reply:
        """Order, on a connection of its own: a kept one may close just then, which looks the same
        as an answer lost. Raises an :exc:`ApiError`; :exc:`Unreachable` alone and the documented
        refusals are sure to have made nothing.
        """
        with self._new_session() as session:
            session.headers["Connection"] = "close"
            return self._exchange(session, "POST", path, body)

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.auth = _TeamKey(self._credential, urlsplit(self._base_url).netloc)
        session.headers["User-Agent"] = USER_AGENT
        session.headers["Accept"] = "application/json"
        session.headers["Accept-Encoding"] = "identity"
        if self._adapter is not None:
            session.mount("http://", self._adapter())
            session.mount("https://", self._adapter())
        return session

    def _exchange(
        self, session: requests.Session, method: str, path: str, body: bytes | None
    ) -> Reply:
        headers = {"Content-Type": "application/json; charset=utf-8"} if body is not None else None
        failure: ApiError
        try:
            with session.request(
                method,
                self._base_url + path,
                data=body,
                headers=headers,
                timeout=(CONNECT_TIMEOUT, self._read_timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read(response, method, path)
        except ApiError as error:
            failure = error
        except requests.ConnectTimeout:
            failure = Unreachable(f"{self._host} did not accept a connection")
        except (requests.ConnectionError, OSError, HTTPError) as error:
            failure = self._broken(error)
        except (requests.RequestException, ValueError) as error:
            failure = Interrupted(f"the exchange with {self._host} broke ({type(error).__name__})")
        raise failure

    @property
    def _host(self) -> str:
        return urlsplit(self._base_url).netloc

    def _broken(self, error: BaseException) -> ApiError:
        reason = getattr(error.args[0], "reason", None) if error.args else None
        if isinstance(reason, (NewConnectionError, NameResolutionError)):
            return Unreachable(f"no connection to {self._host}")
        return Interrupted(f"the connection to {self._host} broke before its answer was whole")

    def _read(self, response: requests.Response, method: str, path: str) -> Reply:
        status = response.status_code
        data = self._bytes(response)
        where = f"{method} {path.partition('?')[0]}"
        if status != 200:
            raise self._refusal(status, response.headers, data, where)
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            raise Garbled(
                f"{self._host} answered {where} with something that is not JSON"
            ) from None
        inner = document.get("data") if isinstance(document, dict) else None
        if not isinstance(inner, dict) or document.get("success") is not True:
            raise Garbled(f"{self._host} answered {where} in a form the API does not document")
        return Reply(
            inner, http_date(response.headers.get("Date")), SANDBOX_HEADER in response.headers
        )

    def _bytes(self, response: requests.Response) -> bytes:
        deadline = time.monotonic() + self._read_timeout
        data = bytearray()
        for chunk in response.iter_content(1 << 14):
            data += chunk
            if len(data) > ANSWER_LIMIT:
                raise Garbled(f"{self._host} sent an answer of more than {ANSWER_LIMIT:,} bytes")
            if time.monotonic() > deadline:
                raise Interrupted(f"{self._host} took over {self._read_timeout:g} s for an answer")
        return bytes(data)

    def _refusal(self, status: int, headers: Any, data: bytes, where: str) -> ApiError:  # noqa: ANN401
        if 200 <= status < 400:
            return Garbled(f"{self._host} answered {where} with status {status}, not 200")
        kind = BY_STATUS.get(status) or (ServerError if status >= 500 else Garbled)
        message = _message(data)
        text = f"{self._host} answered {where} with {status}" + (f": {message}" if message else "")
        return kind(
            self._credential.scrub(text),
            retry_after=retry_after(headers.get("Retry-After"), headers),
        )


def _message(data: bytes) -> str:
    """Return the documented error message of a body, fit to be shown, or nothing."""
    try:
        message = json.loads(data)["error"]["message"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    return printable(message).strip() if isinstance(message, str) else ""


def http_date(value: str | None) -> float | None:
    """Return an HTTP date as seconds since the epoch, or None where it cannot be read."""
    try:
        return email.utils.parsedate_to_datetime(value or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after(value: str | None, headers: Any) -> float | None:  # noqa: ANN401
    """Return a Retry-After header, seconds or a date by the server's own clock, as seconds."""
    if value is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return min(float(value), 3600.0)
    moment = http_date(value)
    if moment is None:
        return None
    now = http_date(headers.get("Date"))
    return min(max(0.0, moment - (time.time() if now is None else now)), 3600.0)
