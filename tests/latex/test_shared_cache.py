"""The machine's cache as somebody else left it: the hook follows no link in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from papers import Paper, article
from sandbox_process import SandboxProcess

OPTIONS = "type=standard,model=nano-banana-2"
FIGURES = f"\\pbfigure[{OPTIONS}]{{A whale}}\n\n\\pbfigure[{OPTIONS},output-format=webp]{{A boat}}"


def cache_of(paper: Paper) -> Path:
    return Path(paper.env["PAPERBANANA_CACHE_DIR"])


@pytest.fixture
def shared(online: Paper) -> Paper:
    online.env["PAPERBANANA_CACHE_DIR"] = str(online.folder.parent / "shared")
    cache_of(online).mkdir()
    online.write("paper.tex", article(FIGURES))
    online.init()
    return online


@pytest.mark.parametrize("name", ["latex", "locks", "v1/locks"])
def test_nothing_is_written_where_a_folder_of_the_cache_leads_elsewhere(
    shared: Paper, use_sandbox: SandboxProcess, name: str
) -> None:
    outside = shared.folder.parent / "outside"
    outside.mkdir()
    (cache_of(shared) / name).parent.mkdir(exist_ok=True)
    (cache_of(shared) / name).symlink_to(outside)
    built = [shared.latexmk(), shared.latexmk()]
    assert list(outside.iterdir()) == []
    if name != "v1/locks":  # without its locks the cache takes no orders
        assert [each.status for each in built] == [0, 0]
        assert len(shared.shown()) == 2
        assert len(use_sandbox.log("generate")) == 2
    else:
        assert "is a symbolic link, and not followed" in built[0].output
        assert use_sandbox.log("generate") == []


def test_a_memo_that_is_a_link_or_a_device_is_not_read(
    shared: Paper, use_sandbox: SandboxProcess
) -> None:
    shared.tex()
    assert shared.run("pbfigure", "latex", "paper.tex").status == 0
    outside = shared.folder.parent / "outside"
    (memo,) = (cache_of(shared) / "latex").glob("*.copies")
    before = memo.read_bytes()
    outside.write_bytes(before)
    for target in (outside, Path("/dev/zero")):
        memo.unlink()
        memo.symlink_to(target)
        run = shared.run("pbfigure", "latex", "paper.tex", timeout=240)
        assert run.status == 0
        assert "2 figures: 2 present; 0 credits" in run.output
        assert not memo.is_symlink()
    assert outside.read_bytes() == before
    assert len(use_sandbox.log("generate")) == 2


def test_a_pipe_in_place_of_a_memo_holds_nobody_up(
    shared: Paper, use_sandbox: SandboxProcess
) -> None:
    shared.tex()
    assert shared.run("pbfigure", "latex", "paper.tex").status == 0
    for path in sorted((cache_of(shared) / "latex").iterdir()):
        path.unlink()
        os.mkfifo(path)
    assert shared.run("pbfigure", "latex", "paper.tex", timeout=240).status == 0
    assert len(use_sandbox.log("generate")) == 2
