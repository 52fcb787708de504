"""Network namespaces for machines: each has a loopback of its own, and doors to ports of ours.

A door is a socket in a folder, which a namespace does not hide: ours leads to a port here, and in
the namespace a port of the same number leads to it. So addresses stay those of loopback.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path

INSIDE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
"""What comes before a command that is to run in a namespace of its own."""
DOORS = "NAMESPACE_DOORS"


def are_allowed() -> bool:
    """Whether this machine lets us have any."""
    with suppress(OSError):
        return subprocess.run([*INSIDE, "true"], capture_output=True, check=False).returncode == 0
    return False


def open_doors(ports: Collection[int]) -> dict[str, str]:
    """Open doors to ports here; return what a process inside needs in its environment."""
    folder = Path(tempfile.mkdtemp())  # the path of a socket is short
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for port in ports:
        door = socket.socket(socket.AF_UNIX)
        door.bind(str(folder / str(port)))
        door.listen(500)
        _serve(door, partial(socket.create_connection, ("127.0.0.1", port)))
    return {DOORS: json.dumps([str(folder / str(port)) for port in ports])}


def use_doors() -> None:
    """Listen, inside, at the ports that the environment has doors of."""
    for path in json.loads(os.environ.get(DOORS, "[]")):
        address = ("127.0.0.1", int(Path(path).name))
        _serve(socket.create_server(address, backlog=500), partial(_through, path))


def _through(path: str) -> socket.socket:
    door = socket.socket(socket.AF_UNIX)
    door.connect(path)
    return door


def _serve(listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
    def serve() -> None:
        while True:
            near, _ = listener.accept()
            try:
                far = connect()
            except OSError:
                near.close()
                continue
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, target), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
