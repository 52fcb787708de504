"""Records that cannot be read, in either store, seen from a project: nothing is bought again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fast_clock import FastClock
from sandbox_process import SandboxProcess

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.notice import Place
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import ResolvedFigure
from pbfigure.project.settings import Layer, gather

BLOCK = FigureBlock("guide", Place("guide.rst", 3), "The carbon cycle", WrittenText("Carbon."))

Build = Callable[..., ResolvedFigure]


@pytest.fixture
def build(tmp_path: Path, use_sandbox: SandboxProcess) -> Build:
    def run(**settings: object) -> ResolvedFigure:
        layers = [environment_layer(os.environ, tmp_path), Layer(settings, "{}", tmp_path)]
        project = Project(tmp_path, gather(layers, figures_dir=tmp_path / "figures"), os.environ)
        try:
            (figure,) = resolve(project, [BLOCK], clock=FastClock(20)).figures
            return figure
        finally:
            project.close()

    return run


@pytest.fixture
def rotten(tmp_path: Path, build: Build) -> Path:
    """The only record in the cache, of a figure that was bought, and rotted since."""
    build()
    (path,) = (tmp_path / "machine-cache").rglob("records/*/*.json")
    path.write_bytes(path.read_bytes()[:100])
    return path


def said(figure: ResolvedFigure) -> str:
    return " ".join(notice.text for notice in figure.notices)


@pytest.mark.usefixtures("rotten")
def test_a_project_that_has_the_picture_shows_it_and_asks_nobody(
    build: Build, sandbox: SandboxProcess
) -> None:
    before = len(sandbox.log())
    assert build().state == "present"
    assert len(sandbox.log()) == before


def test_a_project_without_the_picture_has_its_task_fetched_and_is_told_what_was_found(
    build: Build, rotten: Path, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    shutil.rmtree(tmp_path / "figures")
    figure = build(max_credits=0)  # for it costs nothing
    assert (figure.state, figure.made, figure.credits) == ("present", True, 0)
    assert str(rotten) in said(figure)
    assert "without paying again" in said(figure)
    assert build().state == "present"
    assert len(sandbox.log("generate")) == 1


@pytest.mark.parametrize("mode", ["offline", "frozen"])
def test_without_the_network_it_is_said_that_a_record_is_damaged(
    build: Build, rotten: Path, tmp_path: Path, mode: str
) -> None:
    shutil.rmtree(tmp_path / "figures")
    figure = build(mode=mode)
    assert figure.path is None
    assert str(rotten) in said(figure)


def test_with_nothing_else_left_it_is_not_bought_silently(
    build: Build, rotten: Path, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    shutil.rmtree(tmp_path / "figures")
    shutil.rmtree(rotten.parents[2] / "state")
    (rotten.parents[2] / "ledger.jsonl").unlink()
    figure = build()
    assert figure.path is None
    assert "so as not to pay twice" in said(figure)
    assert [notice.subtype for notice in figure.notices if notice.level != "info"] == ["unknown"]
    assert len(sandbox.log("generate")) == 1


def test_a_damaged_picture_of_the_project_and_a_damaged_record_are_mended_by_the_task(
    build: Build, rotten: Path, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    (own,) = (tmp_path / "figures").glob("*.png")
    whole = own.read_bytes()
    own.write_bytes(whole[:-50])
    assert build().made
    assert own.read_bytes() == whole
    assert rotten.read_bytes() != b""
    assert len(sandbox.log("generate")) == 1


@pytest.fixture
def conflict(tmp_path: Path, build: Build) -> Path:
    """The project's own record as a merge left it."""
    build()
    (path,) = (tmp_path / "figures").glob("*.json")
    text = path.read_text()
    path.write_text(text.replace(' "adopted"', '<<<<<<< ours\n "adopted"', 1))
    return path


def test_a_projects_record_that_cannot_be_read_is_written_anew_from_the_cache(
    build: Build, conflict: Path, sandbox: SandboxProcess
) -> None:
    before = len(sandbox.log())
    assert build().state == "present"
    assert "<<<<" not in conflict.read_text()
    assert len(sandbox.log()) == before


@pytest.fixture
def cloned_conflict(conflict: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where the machine's cache knows nothing of it."""
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(tmp_path / "other"))
    return conflict


@pytest.mark.parametrize("mode", ["generate", "offline"])
def test_on_another_machine_it_is_not_bought_again_and_nothing_is_overwritten(
    build: Build, cloned_conflict: Path, sandbox: SandboxProcess, mode: str
) -> None:
    broken = cloned_conflict.read_bytes()
    figure = build(mode=mode)
    assert figure.path is None
    assert str(cloned_conflict) in said(figure)
    assert "git checkout" in said(figure)
    assert len(sandbox.log("generate")) == 1
    assert cloned_conflict.read_bytes() == broken
