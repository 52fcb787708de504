"""The short cut of a build where nothing changed: what it saves, and that it hides nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs

PAGE = "Title\n=====\n\nText.\n\n.. paperbanana:: A figure\n   :name: it\n"


def age(folder: Path) -> None:
    """Make files old enough to be trusted: the clock's grain is waited for, not set back."""
    newest = max(path.stat().st_ctime_ns for path in folder.iterdir())
    while newest > time.time_ns() - 2_100_000_000:
        time.sleep(0.1)


@pytest.fixture
def quiet(docs: Docs, use_sandbox: SandboxProcess) -> Docs:
    """A project whose next build can take the short cut."""
    docs.write("index.rst", PAGE)
    docs.build()
    age(docs.figures)
    docs.build()
    assert list((docs.out / "doctrees").glob("paperbanana-unchanged-*.json"))
    return docs


def test_a_quiet_build_says_and_shows_the_same(quiet: Docs, use_sandbox: SandboxProcess) -> None:
    requests = len(use_sandbox.log())
    build = quiet.build(strict=True)
    assert "paperbanana: 1 figure: 1 present; 0 credits spent" in build.status
    assert len(build.images) == 1
    report = build.doctrees / "paperbanana.json"
    for other_build in (report.unlink, lambda: quiet.build("latex")):
        other_build()
        quiet.build(strict=True)
        assert json.loads(report.read_text())["builder"] == "html"
    quiet.edit("index.rst", "Title\n=====\n", "Other title\n===========\n\nAdded.\n\n|release|\n")
    assert "the text around this figure changed" in quiet.build(strict=True).status
    assert len(use_sandbox.log()) == requests


def test_a_damaged_figure_is_noticed_and_healed(quiet: Docs, use_sandbox: SandboxProcess) -> None:
    picture = next(quiet.figures.glob("*.png"))
    whole = picture.read_bytes()
    status = picture.stat()
    picture.write_bytes(whole[:-1] + b"x")
    os.utime(picture, ns=(status.st_atime_ns, status.st_mtime_ns))
    build = quiet.build()
    assert picture.read_bytes() == whole
    assert "was damaged and is healed from the cache" in build.warnings
    assert len(use_sandbox.tasks()) == 1


def test_what_is_changed_is_seen_at_once(
    quiet: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "allow_drafts" not in quiet.build(strict=True).warnings
    moved = quiet.figures.rename(quiet.folder / "moved")
    quiet.figures.symlink_to(moved)
    assert "is a symbolic link" in quiet.build().warnings
    quiet.figures.unlink()
    moved.rename(quiet.figures)
    monkeypatch.delenv("PAPERBANANA_ALLOW_DRAFTS")
    assert "draft" in quiet.build().warnings
    monkeypatch.setenv("PAPERBANANA_ALLOW_DRAFTS", "1")
    assert quiet.build(strict=True).warnings == ""
    quiet.conf("paperbanana_defaults = {'resolution': '2K'}")
    quiet.build(strict=True)
    assert len(use_sandbox.tasks()) == 2
    quiet.edit("index.rst", "A figure", "Another")
    quiet.write("_paperbanana/notes.rst", "No page\n=======\n")
    quiet.build(strict=True)
    assert len(use_sandbox.tasks()) == 3


OPEN = """\
Title
=====

More is in :ref:`other`.

.. ifconfig:: paperbanana_on_save == "generate"

   It is saved.

.. only:: %s

   Only there.

.. paperbanana:: A figure
   :name: it
"""
CHANGED = "the text around this figure changed"


def test_what_tags_settings_and_other_pages_say_is_seen_though_the_page_is_as_it_was(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("extensions += ['sphinx.ext.ifconfig']")
    docs.write("index.rst", OPEN % "internal")
    docs.write("other.rst", ":orphan:\n\n.. _other:\n\nOther\n=====\n")
    docs.build()
    age(docs.figures)
    docs.build()
    assert CHANGED not in docs.build(strict=True).status
    assert CHANGED in docs.build(tags=("internal",)).status
    assert CHANGED in docs.build(overrides={"paperbanana_on_save": "generate"}).status
    assert CHANGED not in docs.build(strict=True).status
    docs.edit("other.rst", "\nOther\n", "\nAnother\n")
    build = docs.build()
    assert "1 changed, 0 removed" in build.status
    assert CHANGED in build.status


def test_a_labelled_copy_that_is_gone_is_made_again(
    quiet: Docs, use_sandbox: SandboxProcess
) -> None:
    copy = next((quiet.out / "doctrees" / "paperbanana").rglob("*.png"))
    before = copy.read_bytes()
    copy.unlink()
    os.utime(quiet.src / "index.rst")
    quiet.build(strict=True)
    assert copy.read_bytes() == before


def test_a_removed_figures_folder_is_made_again(quiet: Docs, use_sandbox: SandboxProcess) -> None:
    for path in quiet.figures.iterdir():
        path.unlink()
    quiet.build(strict=True)
    assert len(list(quiet.figures.iterdir())) == 2
    assert len(use_sandbox.tasks()) == 1


def test_a_memo_of_nonsense_is_no_matter(quiet: Docs, use_sandbox: SandboxProcess) -> None:
    memo = next((quiet.out / "doctrees").glob("paperbanana-unchanged-*.json"))
    good = memo.read_text()
    for nonsense in ("", "[]", "null", '{"digest": 1}', good.replace('"shown"', '"other"'),
                     good.replace('"index#0"', '"index#7"')):  # fmt: skip
        memo.write_text(nonsense)
        build = quiet.build(strict=True)
        assert len(build.images) == 1
        assert "1 present" in build.status


MODULES = """
import sys
import time
from sphinx.cmd.build import main
status = main(["-q", "-b", "html", *sys.argv[1:]])
assert status == 0, status
print("\\n".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def modules(docs: Docs) -> set[str]:
    """Return the packages that a build in a process of its own ends with."""
    command = [sys.executable, "-c", MODULES, docs.src, docs.out / "html", "-d",
               docs.out / "doctrees"]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          check=True)  # fmt: skip
    return set(done.stdout.split())


@pytest.mark.parametrize("touched", [True, False])
def test_a_warm_build_imports_no_package_that_a_plain_one_does_not(
    quiet: Docs, use_sandbox: SandboxProcess, tmp_path: Path, touched: bool
) -> None:
    plain = Docs(tmp_path / "plain")
    plain.write(
        "index.rst", "Title\n=====\n\nText.\n\n.. figure:: p.png\n   :name: it\n\n   Words\n"
    )
    (plain.src / "p.png").write_bytes(next(quiet.figures.glob("*.png")).read_bytes())
    plain.build()
    requests = len(use_sandbox.log())
    if touched:
        for docs in (plain, quiet):
            os.utime(docs.src / "index.rst")
    own = {"sphinx_paperbanana", "pbfigure", "__mp_main__"}
    assert modules(quiet) - modules(plain) - own == set()
    assert len(use_sandbox.log()) == requests


def test_a_warm_build_without_the_short_cut_imports_no_package_either(
    quiet: Docs, tmp_path: Path
) -> None:
    plain = Docs(tmp_path / "plain")
    plain.write("index.rst", "Title\n=====\n\nText.\n")
    plain.build()
    for memo in (quiet.out / "doctrees").glob("paperbanana-unchanged-*.json"):
        memo.unlink()
    assert modules(quiet) - modules(plain) - {"sphinx_paperbanana", "pbfigure"} == set()
