"""latexmk as its user sees it while it runs: what it said so far, its rounds, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from papers import Paper
from wait_for import wait_for

ROUND = "=== Watching for updated files"


class Running:
    """latexmk at work."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text("utf-8", "replace")

    def round(self, number: int) -> str:
        """What was said in a round of ``-pvc``, once it is over."""
        wait_for(lambda: self.said.count(ROUND) >= number)
        return self.said.split(ROUND)[number - 1]

    def interrupt(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)


@contextmanager
def started(paper: Paper, *options: str) -> Iterator[Running]:
    output = paper.folder / "said.txt"
    unbuffered = ("-e", "$| = 1")
    command = ["latexmk", "-pdf", "-interaction=nonstopmode", *unbuffered, *options, "paper.tex"]
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command,
            cwd=paper.folder,
            env=paper.env,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Running(process, output)
    finally:
        for _ in range(48):  # while another program runs for it, latexmk does not hear of one
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
                break
        else:
            raise TimeoutError("latexmk does not end")
