r"""Request files of externalized pictures: one outside the document's folder is ignored.

TeX writes the main request file, and names the parts in it. A document may come from anyone, so a
name may hold ``..``, be absolute, or pass through a link.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from papers import Paper, article
from sandbox_process import SandboxProcess

FIGURE = "\\pbfigure[type=standard,model=nano-banana-2,width=2cm]{%s}"


@pytest.fixture
def outside(online: Paper) -> Path:
    """A folder beside the document's, with the request file of another figure, and its ``.md5``."""
    other = Paper(online.folder.parent / "outside", online.env)
    other.init()
    other.write("paper.tex", article(FIGURE % "A ship"))
    other.tex()
    other.path(".pbq").rename(other.folder / "part.pbq")
    other.write("part.md5", "kept")
    return other.folder


@pytest.fixture
def document(online: Paper) -> Paper:
    online.init()
    online.write("paper.tex", article(FIGURE % "A boat"))
    online.tex()
    return online


def name_parts(document: Paper, *names: str) -> None:
    """Add parts to the request file that TeX wrote, behind its first line."""
    lines = document.path(".pbq").read_text().splitlines(keepends=True)
    lines[1:1] = [f"part={name}\n" for name in names]
    document.path(".pbq").write_text("".join(lines))


def ordered(document: Paper, sandbox: SandboxProcess) -> list[str]:
    """Run the hook; return the prompts that it ordered."""
    document.run("python", "-m", "latex_hook", document.main)
    return sorted(entry["body"]["prompt"] for entry in sandbox.log("generate"))


@pytest.mark.parametrize("name", ["part", "./part", "pictures/part", "pictures//./part"])
def test_a_part_inside_is_read_under_any_alias_of_its_name_and_drawn_again(
    document: Paper, outside: Path, sandbox: SandboxProcess, name: str
) -> None:
    place = document.folder / os.path.normpath(name)
    place.parent.mkdir(exist_ok=True)
    for ending in (".pbq", ".md5"):
        shutil.copy(outside / f"part{ending}", place.with_suffix(ending))
    name_parts(document, name, os.path.normpath(name))
    assert ordered(document, sandbox) == ["A boat", "A ship"]
    assert not place.with_suffix(".md5").exists(), "TeX draws the picture again"


@pytest.mark.parametrize("name", ["../outside/part", "{outside}/part", "folder/part", "file"])
def test_a_part_outside_is_neither_read_nor_removed(
    document: Paper, outside: Path, sandbox: SandboxProcess, name: str
) -> None:
    (document.folder / "folder").symlink_to(outside)
    for ending in (".pbq", ".md5"):
        (document.folder / f"file{ending}").symlink_to(outside / f"part{ending}")
    name_parts(document, name.format(outside=outside))
    said = document.run("python", "-m", "latex_hook", document.main).output
    assert ("is not read: it is a link" in said) == (".." not in name and name[0] != "{")
    assert ordered(document, sandbox) == ["A boat"]
    assert (outside / "part.md5").read_text() == "kept"
    assert (document.folder / "file.md5").is_symlink()
