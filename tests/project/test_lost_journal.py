"""A journal that is lost, seen from a project: what its author is told, and what is shown."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest
from project_builds import Build, only, told
from sandbox_process import SandboxProcess

from pbfigure.figure.states import State


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "machine-cache" / "v1"


def test_a_lost_journal_is_told_once_and_a_pending_figure_fetched(
    build: Build, cache: Path, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="slow", seconds=4)
    assert only(build(task_timeout=0.01)).state == State.PENDING
    (cache / "state" / "cache.db").write_bytes(b"")
    assert only(build(mode="offline")).state == State.PENDING, "as the ledger has it"
    resolution = build()
    assert only(resolution).state == State.PRESENT
    assert told(resolution) == ["cache"]
    (notice,) = [each for each in resolution.notices if each.level == "warning"]
    assert "was emptied or replaced: 1 order that it does not know" in notice.text
    assert told(build()) == []
    assert len(sandbox.tasks()) == 1


def test_what_was_fetched_after_the_cache_folder_went_is_in_the_project_s_own_folder(
    build: Build, cache: Path, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sandbox.order(endpoint="download", fault="hang_before", seconds=2)

    def remove() -> None:
        while not sandbox.log("download"):
            time.sleep(0.05)
        shutil.rmtree(cache)

    thread = threading.Thread(target=remove)
    thread.start()
    figure = only(build())
    thread.join()
    assert figure.state == State.PRESENT
    assert figure.path is not None
    assert figure.path.is_relative_to(tmp_path / "figures")
    assert only(build()).state == State.PRESENT
    assert len(sandbox.tasks()) == 1
