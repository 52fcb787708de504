"""A team's stores on servers that others use in earnest: nginx, and Azurite for Azure's language.

They are started once for all tests of a process; each test has a prefix of its own.
"""

from __future__ import annotations

import atexit
import base64
import email.utils
import hashlib
import hmac
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from shared_stores import BUCKET, Folder, Store, free_ports

ACCOUNT = "devstoreaccount1"
# everybody's: it stands in Azurite's documentation
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
CONFIG = """\
{user}daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def advised_server(folder: Path, port: int) -> str:
    """What docs/how-to/for-a-team.md advises, at another place, with a part that is read only."""
    page = (Path(__file__).parents[1] / "docs/how-to/for-a-team.md").read_text("utf-8")
    server = page.partition("```nginx\n")[2].partition("```")[0]
    ours = {"listen 8080": f"listen 127.0.0.1:{port}", "root /srv/figures": f"root {folder}"}
    for theirs, mine in ours.items():
        assert server.count(theirs) == 1
        server = server.replace(theirs, mine)
    for_reading = "    location /reading/ { limit_except GET { deny all; } }\n}"
    return server.rstrip().removesuffix("}") + for_reading


class Nginx(Folder):
    """nginx as Debian has it, which takes PUT into a folder, or lets everybody only read."""

    def __init__(self, *, for_reading: bool = False) -> None:
        url, folder = _nginx()
        prefix = f"reading/{uuid.uuid4().hex}" if for_reading else uuid.uuid4().hex
        super().__init__(folder / prefix)
        self.address = f"{url}/{prefix}"


class Azurite(Store):
    """Azurite, of npm. What is behind is seen through the library's own calls."""

    def __init__(self) -> None:
        from obstore.store import from_url

        prefix = uuid.uuid4().hex
        self.address = f"az://{BUCKET}/{prefix}"
        self.env = {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": _azurite()}
        with pytest.MonkeyPatch.context() as patched:
            for name, value in self.env.items():
                patched.setenv(name, value)
            self._store = from_url(self.address, client_options={"allow_http": True})

    def objects(self) -> dict[str, bytes]:
        import obstore

        names = [each["path"] for chunk in obstore.list(self._store) for each in chunk]
        return {name: bytes(obstore.get(self._store, name).bytes()) for name in names}

    def put(self, name: str, data: bytes) -> None:
        import obstore

        obstore.put(self._store, name, data)

    def remove(self, name: str) -> None:
        import obstore

        obstore.delete(self._store, name)


def _started(command: list[str], folder: Path, is_ready: Callable[[], bool]) -> None:
    """Start a server that ends with this process, and wait until it is ready."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(process.wait)
    atexit.register(process.terminate)
    while True:
        assert process.poll() is None, (folder / "log").read_text()[-3000:]
        try:
            if is_ready():
                return
        except OSError:
            pass
        time.sleep(0.05)


@cache
def _nginx() -> tuple[str, Path]:
    folder, (port,) = Path(tempfile.mkdtemp()), free_ports(1)
    (folder / "objects").mkdir()
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        CONFIG.format(user=user, folder=folder, server=advised_server(folder / "objects", port))
    )
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            urllib.request.urlopen(f"{url}/none").close()
        except urllib.error.HTTPError as error:
            return error.code == 404
        return False

    command = [shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"]
    _started([*command, "-p", str(folder), "-c", str(folder / "nginx.conf")], folder, is_ready)
    return url, folder / "objects"


@cache
def _azurite() -> str:
    folder, (port,) = Path(tempfile.mkdtemp()), free_ports(1)
    url = f"http://127.0.0.1:{port}"
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    own = place / "pbfigure-tests/azurite/node_modules/.bin"  # where .ci/system-packages puts it
    program = shutil.which("azurite-blob", path=f"{os.environ['PATH']}:{own}") or "azurite-blob"
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    options += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    _started([program, *options], folder, lambda: _makes_container(url))
    return url


def _makes_container(url: str) -> bool:
    """Make the container, as Azure's REST interface has it made (Shared Key)."""
    date, version = email.utils.formatdate(usegmt=True), "2021-08-06"
    signed = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:{version}\n"
    signed += f"/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), signed.encode(), hashlib.sha256).digest()
    headers = {
        "x-ms-date": date,
        "x-ms-version": version,
        "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}",
        "Content-Length": "0",
    }
    address = f"{url}/{ACCOUNT}/{BUCKET}?restype=container"
    request = urllib.request.Request(address, method="PUT", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return bool(answer.status == 201)
