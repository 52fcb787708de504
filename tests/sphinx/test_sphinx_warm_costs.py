"""What a build costs where every figure is there, in counts that no busy machine changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import CONF, Docs

PAGES = 6
PAGE = """\
Page {number}
=======

Some text about :ref:`this <page-{number}>`.

.. _page-{number}:

.. {figure}
   :name: it-{number}

"""
COUNT = """
import json, sys
opened = []
sys.addaudithook(lambda name, given: opened.append(str(given[0])) if name == "open" else None)
from sphinx.cmd.build import main
status = main(["-b", "html", "--no-color", *sys.argv[1:]])
assert status == 0, status
print(json.dumps({"modules": sorted(sys.modules), "opened": opened}))
"""
BUILD = """
import gc, sys
gc.disable()  # when it runs is a matter of chance, and one run is a hundredth of a build
called = 0
def tally(frame, event, given):
    global called
    called += event.endswith("call")
if sys.argv.pop(1) == "calls":
    sys.setprofile(tally)
from sphinx.cmd.build import main
status = main(["-q", "-b", "html", *sys.argv[1:]])
sys.setprofile(None)
print(called)
sys.exit(status)
"""
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")


class Counts(NamedTuple):
    """What one build did."""

    modules: list[str]
    """The modules of this project that it imported."""
    opened: list[Path]
    """The files that it opened in the figures folder, and its own in the folder of doctrees."""


def write(docs: Docs, figure: Callable[[int], str], pages: int) -> None:
    names = "\n   ".join(f"page{number}" for number in range(pages))
    docs.write("index.rst", f"Title\n=====\n\n.. toctree::\n\n   {names}\n")
    for number in range(pages):
        docs.write(f"page{number}.rst", PAGE.format(number=number, figure=figure(number)))


def generated(number: int) -> str:
    return f"paperbanana:: Figure {number}"


def touch(docs: Docs) -> None:
    for page in docs.src.glob("*.rst"):
        os.utime(page)


def settle(docs: Docs) -> None:
    """Wait until the files are old enough for memos to trust them."""
    files = [*docs.figures.iterdir(), *docs.out.rglob("*")]
    newest = max(path.stat().st_ctime_ns for path in files)
    while newest > time.time_ns() - 2_100_000_000:
        time.sleep(0.1)


def arguments(docs: Docs) -> list[str]:
    return [str(docs.src), str(docs.out / "html"), "-d", str(docs.out / "doctrees")]


def counted(docs: Docs, *, changed: bool = False) -> Counts:
    command = [sys.executable, "-c", COUNT, *arguments(docs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said, told = done.stdout.splitlines()[:-1], json.loads(done.stdout.splitlines()[-1])
    assert "updating environment: 0 added, 0 changed, 0 removed" in said or changed, said
    ours = ("pbfigure", "sphinx_paperbanana")
    opened = [Path(path) for path in told["opened"]]
    return Counts(
        [name for name in told["modules"] if name.partition(".")[0] in ours],
        [
            path
            for path in opened
            if path.parent == docs.figures or path.name.startswith("paperbanana-")
        ],
    )


@pytest.fixture
def warm(docs: Docs, use_sandbox: SandboxProcess) -> Docs:
    """A project that was built, and whose next build knows all files.

    The last build is a process of its own: where Sphinx's configuration is not quite that of this
    one, in which other tests ran, the first build there writes every page.
    """
    write(docs, generated, PAGES)
    docs.build()
    settle(docs)
    counted(docs, changed=True)
    return docs


def test_a_build_where_nothing_changed_opens_two_memos_and_no_figure(
    warm: Docs, use_sandbox: SandboxProcess
) -> None:
    requests = len(use_sandbox.log())
    counts = counted(warm)
    assert sorted(path.name.rpartition("-")[0] for path in set(counts.opened)) == [
        "paperbanana-shown",
        "paperbanana-unchanged",
    ]
    assert len(counts.modules) <= 26, counts.modules
    assert not [n for n in counts.modules if n.startswith(("pbfigure.api.c", "pbfigure.scheduler"))]
    assert len(use_sandbox.log()) == requests


def test_where_every_page_is_read_again_no_picture_and_no_record_is_read(
    warm: Docs, use_sandbox: SandboxProcess
) -> None:
    requests = len(use_sandbox.log())
    touch(warm)
    counts = counted(warm, changed=True)
    assert not [path for path in counts.opened if path.parent == warm.figures]
    assert len(counts.modules) <= 49, counts.modules
    assert len(use_sandbox.log()) == requests


def test_where_a_figure_has_another_name_its_files_are_known_as_well(
    warm: Docs, use_sandbox: SandboxProcess
) -> None:
    warm.edit("page1.rst", ":name: it-1", ":name: that")
    assert not [path for path in counted(warm, changed=True).opened if path.parent == warm.figures]
    assert len(use_sandbox.tasks()) == PAGES


def run(docs: Docs, counter: str, *inside: str) -> subprocess.CompletedProcess[str]:
    command = [*inside, sys.executable, "-c", BUILD, counter, *arguments(docs)]
    given = ("PATH", "PYTHONPATH", "HOME", "LC_ALL", "PAPERBANANA_")
    environment = {name: value for name, value in os.environ.items() if name.startswith(given)}
    environment["PYTHONHASHSEED"] = "0"
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def calls(docs: Docs) -> int:
    """Return how many functions a build calls, Python's own among them."""
    return int(run(docs, "calls").stdout)


def instructions(docs: Docs) -> int:
    """Return how many instructions a build takes, by valgrind."""
    said = run(docs, "instructions", *VALGRIND).stderr.splitlines()
    line = next(line for line in said if "I refs" in line or "I   refs" in line)
    return int(line.rpartition(":")[2].replace(",", ""))


@pytest.mark.parametrize(
    ("counted_by", "limits"),
    [(calls, (1.018, 1.04)), pytest.param(instructions, (1.018, 1.036), marks=pytest.mark.soak)],
)
def test_a_warm_build_does_little_more_than_one_without_the_extension(
    docs: Docs,
    use_sandbox: SandboxProcess,
    tmp_path: Path,
    counted_by: Callable[[Docs], int],
    limits: tuple[float, float],
) -> None:
    (unchanged, touched), pages = limits, 12
    write(docs, generated, pages)
    docs.build()
    plain = Docs(tmp_path / "plain")
    plain.write("conf.py", CONF.replace("'sphinx_paperbanana'", ""))
    write(plain, lambda number: f"figure:: picture.png\n   :alt: Figure {number}", pages)
    shutil.copy(next(docs.figures.glob("*.png")), plain.src / "picture.png")
    settle(docs)
    for each in (plain, docs):
        for _ in range(2):
            run(each, "nothing")
    assert counted_by(docs) <= unchanged * counted_by(plain), "nothing changed"
    touch(docs)
    touch(plain)
    assert counted_by(docs) <= touched * counted_by(plain), "every page touched"
