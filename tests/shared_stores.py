"""A team's stores over real sockets, that count what they are asked and can misbehave; and the
sandbox as the real service would be, whose pictures are no drafts.
"""

from __future__ import annotations

import threading
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sandbox_process import SandboxProcess
from werkzeug.serving import WSGIRequestHandler, make_server

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
BUCKET, PREFIX = "figures", "team"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class Server:
    """A web server in a thread: an application, with faults before it."""

    def __init__(self, app: Wsgi) -> None:
        self.requests: list[tuple[str, str]] = []
        """Method and path."""
        self.status: dict[str, int] = {}
        """What a method is answered with, whatever is asked; ``*`` is any method."""
        self.delay = 0.0
        """Seconds before each answer."""
        self.busiest = 0
        """The most requests at the same time."""
        self.spoil: Callable[[str, bytes], bytes] = lambda path, body: body
        self._app = app
        self._open = 0
        self._lock = threading.Lock()
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet
        )
        self._server.socket.listen(200)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        with self._lock:
            self.requests.append((method, path))
            self._open += 1
            self.busiest = max(self.busiest, self._open)
        try:
            time.sleep(self.delay)
            status = self.status.get(method, self.status.get("*"))
            if status is not None:
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start(f"{status} Fault", [("Content-Length", "0")])
                return [b""]
            said: list[Any] = []
            body = b"".join(self._app(environ, lambda *args: said.extend(args[:2])))
            spoiled = self.spoil(path, body) if method == "GET" else body
            headers = [(name, value) for name, value in said[1] if len(spoiled) == len(body)
                       or name.lower() != "content-length"]  # fmt: skip
            if len(spoiled) != len(body):
                headers.append(("Content-Length", str(len(spoiled))))
            start(said[0], headers)
            return [spoiled]
        finally:
            with self._lock:
                self._open -= 1

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Store(ABC):
    """A team's store, seen from behind: its address, and its objects by name."""

    address: str
    env: dict[str, str]
    """What its users need in their environment."""
    server: Server | None = None

    @abstractmethod
    def objects(self) -> dict[str, bytes]: ...

    @abstractmethod
    def put(self, name: str, data: bytes) -> None: ...

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()

    def one(self, kind: str) -> str:
        """The name of the only object of a kind: ``ac`` or ``cas``."""
        (name,) = (name for name in self.objects() if name.startswith(f"v1/{kind}/"))
        return name


class Folder(Store):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self.address, self.env = folder.as_uri(), {}

    def objects(self) -> dict[str, bytes]:
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self._folder)): path.read_bytes() for path in files}

    def put(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class Web(Store):
    """A web server that takes PUT, as nginx and build caches do; it knows no conditions."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self.server = Server(self._app)
        self.address, self.env = f"{self.server.url}/{PREFIX}", {}

    def _app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if method == "PUT":
            self._objects[path] = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            start("201 Created", [("Content-Length", "0")])
            return [b""]
        data = self._objects.get(path)
        if data is None:
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        start("200 OK", [("Content-Length", str(len(data)))])
        return [data if method == "GET" else b""]

    def objects(self) -> dict[str, bytes]:
        return {path.removeprefix(f"/{PREFIX}/"): data for path, data in self._objects.items()}

    def put(self, name: str, data: bytes) -> None:
        self._objects[f"/{PREFIX}/{name}"] = data


class S3(Store):
    """moto's server."""

    def __init__(self) -> None:
        import boto3
        from moto.core.models import botocore_stubber
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        botocore_stubber.enabled = False
        self.server = Server(DomainDispatcherApplication(create_backend_app))
        self.env = {
            "AWS_ENDPOINT": self.server.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "of-the-team",
            "AWS_SECRET_ACCESS_KEY": "secret-of-the-team",
        }
        self._client = boto3.client(
            "s3",
            endpoint_url=self.server.url,
            region_name="us-east-1",
            aws_access_key_id="behind",
            aws_secret_access_key="behind",
        )
        urllib.request.urlopen(f"{self.server.url}/moto-api/reset", data=b"").close()
        self._client.create_bucket(Bucket=BUCKET)
        self.server.requests.clear()
        self.address = f"s3://{BUCKET}/{PREFIX}"

    def objects(self) -> dict[str, bytes]:
        listed = self._client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        names = [each["Key"] for each in listed]
        bodies = (self._client.get_object(Bucket=BUCKET, Key=name)["Body"] for name in names)
        return {
            name.removeprefix(f"{PREFIX}/"): body.read()
            for name, body in zip(names, bodies, strict=True)
        }

    def put(self, name: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/{name}", Body=data)


def open_store(kind: str, tmp_path: Path) -> Store:
    """A store of a kind: ``file``, ``s3`` or ``http``."""
    if kind == "file":
        return Folder(tmp_path / "the-teams-store")
    return S3() if kind == "s3" else Web()


class RealService:
    """The sandbox without the header that marks its pictures as drafts."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._host = sandbox.base_url.removesuffix("/api/v1")
        self._server = Server(self._app)
        self.env = {
            "PAPERBANANA_BASE_URL": f"{self._server.url}/api/v1",
            "PAPERBANANA_API_KEY": sandbox.key,
        }

    def _app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        query = environ["QUERY_STRING"]
        url = self._host + environ["PATH_INFO"] + (f"?{query}" if query else "")
        size = int(environ.get("CONTENT_LENGTH") or 0)
        request = urllib.request.Request(
            url, environ["wsgi.input"].read(size) or None, method=environ["REQUEST_METHOD"]
        )
        request.add_header("Authorization", environ.get("HTTP_AUTHORIZATION", ""))
        request.add_header("Content-Type", environ.get("CONTENT_TYPE", "application/json"))
        opener = urllib.request.build_opener(_KeepErrors, urllib.request.ProxyHandler({}))
        with opener.open(request) as answer:
            body = answer.read()
            kept = ("Content-Type", "Date", "Retry-After")
            headers = [(name, value) for name, value in answer.headers.items() if name in kept]
            start(f"{answer.status} Status", [*headers, ("Content-Length", str(len(body)))])
            return [body]

    def stop(self) -> None:
        self._server.stop()


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response
