"""Serves the live page on this machine to those who know its address.

The address holds a random token; a request without it is refused. No other page in the browser can
read or do anything here: a request's Host has to be this very server's (a name that leads to it
does not do), a POST's Origin its own page, and no answer lets another origin read it. No cookie is
set: the servers of a machine share those, whatever their port.
"""

from __future__ import annotations

import hmac
import re
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pbfigure.figure.input_limits import parsed_json
from pbfigure.figure.notice import FigureError, json_text
from pbfigure.review.folder import OWN_NAME
from pbfigure.review.session import Session
from pbfigure.store.picture import EXTENSIONS, MIME_TYPES

HOST = "127.0.0.1"
BODY_LIMIT = 10_000
"""Bytes of a request's body."""
IDLE_SECONDS = 30.0
_MIME_TYPES = {EXTENSIONS[kind]: mime_type for kind, mime_type in MIME_TYPES.items()}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the page's own policy is in it
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class ReviewServer(ThreadingHTTPServer):
    """The server of one session."""

    daemon_threads = True

    def __init__(self, session: Session, port: int = 0) -> None:
        """Listen; a port of 0 is any free one. Raises ``OSError``."""
        self.session = session
        self.token = secrets.token_urlsafe(24)
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """The page's address, with its token."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        """Answer with the page, a picture, or how far variants are."""
        name = self._name()
        if name is None:
            return
        session = self.server.session
        if name == "":
            self._answer(HTTPStatus.OK, session.page().encode(), "text/html; charset=utf-8")
        elif name == "variants":
            self._json(HTTPStatus.OK, session.variants())
        elif OWN_NAME.fullmatch(name):
            try:
                data = session.folder.read(name)
            except OSError:
                self._refuse(HTTPStatus.NOT_FOUND, "there is no such picture")
            else:
                self._answer(HTTPStatus.OK, data, _MIME_TYPES[name[name.rindex(".") :]])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """Do something, and answer what was done."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > BODY_LIMIT:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {BODY_LIMIT:,} bytes")
            return
        body = self.rfile.read(int(length))  # also of what is refused, or the answer is lost
        name = self._name()
        if name is None:
            return
        if self.headers.get("Origin") != f"http://{self.headers['Host']}":
            self._refuse(HTTPStatus.FORBIDDEN, "only the page itself may ask for this")
            return
        wanted = self._wanted(body)
        if wanted is None:
            self._refuse(HTTPStatus.BAD_REQUEST, "that is no JSON object")
            return
        try:
            self._json(HTTPStatus.OK, {"said": self.server.session.act(name, wanted)})
        except FigureError as error:
            self._json(HTTPStatus.CONFLICT, {"said": str(error)})

    def _wanted(self, body: bytes) -> dict[str, Any] | None:
        if self.headers.get("Content-Type") != "application/json":
            return None
        try:
            document = parsed_json(body, BODY_LIMIT)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None

    def _name(self) -> str | None:
        """Return what is asked for; if the client may not ask, refuse and return None."""
        port = self.server.server_port
        if self.headers.get_all("Host") not in ([f"{HOST}:{port}"], [f"localhost:{port}"]):
            self._refuse(HTTPStatus.FORBIDDEN, "this server has another name")
            return None
        _, _, asked = self.path.partition("/")
        token, *rest = asked.split("/", 1)
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "open the address that 'pbfigure review' printed")
            return None
        return rest[0] if rest else "nothing"

    def _json(self, status: HTTPStatus, document: object) -> None:
        self._answer(status, json_text(document).encode(), "application/json")

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True
        self._answer(status, f"{why}\n".encode(), "text/plain; charset=utf-8")

    def _answer(self, status: HTTPStatus, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def version_string(self) -> str:
        """Return a name that tells nothing of the machine."""
        return "pbfigure"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address holds the token."""
