"""The real sphinx-autobuild over a source folder: no build for nothing, and no bill for saving."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, prompts
from wait_for import wait_for

QUIET = 4.0
"""Seconds without a build after which none is coming: sphinx-autobuild takes well under one."""
PROGRAM = Path(sys.executable).with_name("sphinx-autobuild")


class Watcher:
    def __init__(self, docs: Docs, *options: str) -> None:
        self.log = docs.folder / "autobuild.log"
        command = [PROGRAM, docs.src, docs.out, "--port", "0", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    @property
    def builds(self) -> int:
        return len(re.findall(r"build succeeded|build finished", self.log.read_text()))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        wait_for(condition, lambda: self.log.read_text()[-3000:])

    def settle(self) -> int:
        """How many builds there were when none has come for a while."""
        before = -1
        while before != self.builds:
            before = self.builds
            time.sleep(QUIET)
        return before


@pytest.fixture
def watch(docs: Docs) -> Iterator[Callable[..., Watcher]]:
    started: list[Watcher] = []

    def start(*options: str) -> Watcher:
        started.append(Watcher(docs, *options))
        return started[-1]

    yield start
    for watcher in started:
        watcher.process.terminate()
        watcher.process.wait(240)


@pytest.fixture
def page(docs: Docs) -> Docs:
    docs.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A cat\n   :name: pet\n")
    return docs


def test_with_the_folder_ignored_each_save_is_one_build(
    page: Docs, use_sandbox: SandboxProcess, watch: Callable[..., Watcher]
) -> None:
    watcher = watch("--ignore", str(page.figures))
    watcher.wait_for(lambda: watcher.builds == 1)
    assert watcher.settle() == 1
    assert len(list(page.figures.glob("*.png"))) == 1
    page.edit("index.rst", "A cat", "A dog")
    watcher.wait_for(lambda: watcher.builds == 2)
    assert watcher.settle() == 2
    assert prompts(use_sandbox) == ["A cat", "A dog"]


def test_offline_buys_nothing_on_save_and_shows_what_is_made_elsewhere_at_once(
    page: Docs, use_sandbox: SandboxProcess, watch: Callable[..., Watcher]
) -> None:
    watcher = watch("-D", "paperbanana_mode=offline")
    watcher.wait_for(lambda: watcher.builds == 1)
    assert watcher.settle() == 1
    page.edit("index.rst", "Text.", "Some text.")
    watcher.wait_for(lambda: watcher.builds == 2)
    assert watcher.settle() == 2
    assert use_sandbox.log() == []
    # in another terminal, the figures are made
    command = [PROGRAM.with_name("pbfigure"), "make", page.src, "--yes"]
    subprocess.run(command, check=True)
    assert prompts(use_sandbox) == ["A cat"]
    watcher.wait_for(lambda: ".png" in (page.out / "index.html").read_text())
