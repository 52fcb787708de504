"""The example paper: builds whole, and shares a figure with the documentation beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from example import copy_docs, copy_paper
from papers import Paper
from sandbox_process import SandboxProcess


def whole(folder: Path) -> dict[str, Path]:
    """The pictures in a figures folder, by their bytes."""
    return {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in folder.iterdir()
        if path.suffix in (".png", ".jpg", ".webp") and "-shown" not in path.stem
    }


def test_the_paper_builds_and_shares_one_figure_and_its_picture_with_the_documentation(
    online: Paper, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    copy_paper(online.folder)
    assert online.run("pbfigure", "init", "paper.tex").status == 0
    built = online.latexmk()
    assert built.status == 0, built
    assert online.warnings() == []
    assert online.errors() == []
    assert "There were undefined references" not in online.log()
    assert len(online.shown()) == 7
    asked = len(use_sandbox.log("generate"))
    assert asked == 7

    docs = tmp_path / "docs"
    copy_docs(docs)
    built = online.run("sphinx-build", "-M", "html", str(docs), str(tmp_path / "out"))
    assert built.status == 0, built
    shared = set(whole(online.folder / "paperbanana")) & set(whole(docs / "_paperbanana"))
    assert len(shared) == 1
    (picture,) = shared
    assert whole(docs / "_paperbanana")[picture].name.split("--")[1].startswith("fig-strip")
    prompts = [
        str(task) for task in use_sandbox.tasks() if "flat-colour cross-section" in str(task)
    ]
    assert len(prompts) == 1
