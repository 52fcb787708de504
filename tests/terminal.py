"""A terminal of a test's own, and a program on it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from program_forks import forked
from wait_for import wait_for


class Terminal:
    """A command as its user sees it on a terminal, and what is typed there."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        columns: int = 80,
        program: Sequence[str] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.said = ""
        self.process = subprocess.Popen(
            [*(program or [forked("pbfigure")]), *arguments],
            cwd=folder,
            env={**environ, "COLUMNS": str(columns), "LINES": "40", "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Read on until something is so."""

        def holds() -> bool:
            self._read()
            return condition()

        wait_for(holds, lambda: self.said)

    def see(self, words: str) -> None:
        self.wait_for(lambda: words in self.said)

    def end(self) -> int:
        """Read to the end; return the exit status."""
        self.wait_for(lambda: self.process.poll() is not None)
        self._read()
        os.close(self._ours)
        return self.process.returncode

    def _read(self) -> None:
        try:
            while data := os.read(self._ours, 65536):
                self.said += data.decode("utf-8", "replace").replace("\r\n", "\n")
        except (BlockingIOError, OSError):
            return
