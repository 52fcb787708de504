"""A build that goes on from the last one shows what a clean one shows, and asks for no more.

Each seed is the life of a project: random edits, and a build of each. A failure names its seed;
``SEQUENCES=500 FIRST_SEED=0`` has ``make soak`` try that many.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import pytest
from random_author import Author
from sandbox_process import SandboxProcess
from sphinx_docs import Docs

EDITS = 5
FIRST = int(os.environ.get("FIRST_SEED", "0"))
STAMPS = re.compile(
    rb"<dc:date>[^<]*|dcterms:modified\">[^<]*|<dc:identifier[^<]*|urn:uuid:[^\"<]*"
    rb'|"[^"]*":\[\],'
)
"""The time of a build, in epub's; words that Sphinx's search lists though no page has them now."""
_NEVER = re.compile(r"\.buildinfo$|\.epub$|environment\.pickle$|\.doctree$|last_build$")


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(speed=200) as started:
        yield started


def live(folder: Path, seed: int, sandbox: SandboxProcess) -> None:
    """Edit and build one project; compare each build with a clean one."""
    docs, clean = Docs(folder), Docs(folder)
    clean.out = folder / "clean"
    author = Author(docs, seed)
    asked = len(sandbox.log())
    for _ in range(EDITS):
        builder, jobs, tags = author.build()
        said = f"seed {seed}: {', '.join(author.told)}"
        build = docs.build(builder, jobs=jobs, tags=tags)
        requests = sandbox.log()[asked:]
        ordered = [entry["body"] for entry in requests if entry.get("endpoint") == "generate"]
        prompts = {figure.prompt for figure in author.figures()}
        for body in ordered:
            assert body["prompt"].partition(",")[0].split("\n")[0] in prompts, said
        asked += len(requests)
        shutil.rmtree(clean.out, ignore_errors=True)
        other = clean.build(builder, tags=tags)
        assert [each["body"] for each in sandbox.log()[asked:]] == [], said
        assert states(build.status) == states(other.status), said
        differing = differences(build.outdir, other.outdir)
        assert not differing, f"{said}\n" + "\n".join(differing)
        author.edit()


def states(status: str) -> list[str]:
    """How many figures there are in each state, as the build says."""
    return re.findall(r"paperbanana: (\d+ figures?: [^;]*)", status)


def differences(going_on: Path, clean: Path) -> list[str]:
    """The files of a clean build that the other lacks or has otherwise, and images of no page."""
    there, wanted = contents(going_on), contents(clean)
    differing = [
        f"{name}:\n{difference(there.get(name, b''), wanted[name])}"
        for name in wanted
        if there.get(name) != wanted[name]
    ]
    left = [name for name in there.keys() - wanted.keys() if is_picture(name)]
    return sorted([*differing, *(f"left: {name}" for name in left)])


def difference(going_on: bytes, clean: bytes) -> str:
    """The first lines that differ, for whoever reads a failure."""
    before, after = (data.decode("utf-8", "replace").splitlines() for data in (going_on, clean))
    return "\n".join(list(unified_diff(before, after, lineterm="", n=0))[:12])[:3000]


def is_picture(name: str) -> bool:
    return "_images/" in name


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by name, without the stamps."""
    found: dict[str, bytes] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not _NEVER.search(name) and "_static/" not in name:
            data = path.read_bytes().replace(b"../clean/", b"../out/")
            found[name] = STAMPS.sub(b"", data)
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + 6))
def test_a_build_that_goes_on_is_a_clean_one(
    seed: int, tmp_path: Path, shared_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shared_sandbox.env.items():
        monkeypatch.setenv(name, value)
    live(tmp_path, seed, shared_sandbox)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(FIRST + 6, FIRST + int(os.environ.get("SEQUENCES", "500"))))
def test_so_is_each_of_many(
    seed: int, tmp_path: Path, shared_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_a_build_that_goes_on_is_a_clean_one(seed, tmp_path, shared_sandbox, monkeypatch)


COPIES = (
    "Title\n=====\n\n.. paperbanana:: A pump\n   :name: it\n\nText.\n",
    "Title\n=====\n\n.. paperbanana:: A pump\n   :name: it\n\nOther text.\n\n"
    ".. paperbanana:: A pump\n",
)


def test_a_kept_figure_shows_at_once_what_was_bought_for_its_copy(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", COPIES[0])
    docs.build()
    docs.write("index.rst", COPIES[1])
    first = docs.build()
    assert "2 figures: 2 present" in first.status
    requests = len(use_sandbox.log())
    assert docs.build(fresh=True).read("index.html") == first.read("index.html")
    assert len(use_sandbox.log()) == requests


@pytest.mark.parametrize("builder", ["html", "epub"])
def test_pictures_of_no_page_go_though_the_doctrees_were_deleted(
    builder: str, docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("html_copy_source = False")
    docs.write("index.rst", COPIES[0])
    (gone,) = docs.build(builder).images
    shutil.rmtree(docs.out / "doctrees")
    other = docs.out / builder / "_images" / "another-tool-36dda7c08388.png"
    other.write_bytes(b"not ours")
    docs.edit("index.rst", "A pump", "A valve")
    left = docs.build(builder).images
    assert len(left) == 2
    assert gone not in left
    assert other.name in left
