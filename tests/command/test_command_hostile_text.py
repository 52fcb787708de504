"""What records, names and git say, a verb prints without what controls a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from documents import Site
from hostile_text import EVIL, raw_in
from sandbox_process import SandboxProcess


@pytest.fixture
def hostile(site: Site, use_sandbox: SandboxProcess) -> Site:
    """A project with a git user, a record and a page's name that mean harm, and one order."""
    for command in (("init", "-q"), ("config", "user.name", f"Ada {EVIL}")):
        subprocess.run(["git", *command], cwd=site.folder, check=True)
    site.write("more/a\u202eb.rst", "Other\n=====\n\nText.\n\n.. paperbanana:: A boat\n")
    site.build()
    for path in (site.docs / "_paperbanana").glob("*.json"):
        record = json.loads(path.read_text())
        record["request"].update(prompt=f"A pump {EVIL}", model=f"model {EVIL}")
        record["request"]["options"]["resolution"] = EVIL
        record.update(created_at=f"2026 {EVIL}", tool=EVIL)
        path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    site.edit("index.rst", "   :resolution: 2K\n", "")
    return site


@pytest.mark.parametrize(
    "verb",
    [
        ("plan", "docs"),
        ("plan", "docs", "--text"),
        ("plan", "docs", "--json"),
        ("status", "docs"),
        ("status", "docs", "--json"),
        ("log",),
        ("log", "--json"),
        ("log", "--csv"),
        ("inspect", "docs", "fig-map"),
        ("inspect", "docs", "fig-map", "--json"),
        ("prune", "docs", "--dry-run"),
        ("cache", "list"),
        ("cache", "list", "--json"),
        ("cache", "verify", "--figures-dir", "docs/_paperbanana"),
        ("tasks",),
        ("plan", "docs", EVIL),
    ],
)
def test_a_verb(hostile: Site, verb: tuple[str, ...]) -> None:
    done = hostile.run(*verb)
    assert not raw_in(done.stdout)
    assert not raw_in(done.stderr)
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    if verb in (("log", "--json"), ("log", "--csv")):
        assert "evil" in done.stdout


def test_a_file_of_settings(site: Site) -> None:
    site.write("../paperbanana.toml", f'"{json.dumps(EVIL)[1:-1]}" = 1\n')
    done = site.run("log")
    assert done.returncode == 2
    assert "evil" in done.stderr
    assert not raw_in(done.stderr)


def test_a_character_that_the_output_has_no_place_for_is_a_question_mark(site: Site) -> None:
    site.write("more/arrow.rst", "Other\n=====\n\nText.\n\n.. paperbanana:: Flow → chart\n")
    command = [sys.executable, "-m", "pbfigure", "plan", "docs"]
    environ = {**os.environ, "PYTHONIOENCODING": "cp1252"}  # a pipe on Windows
    done = subprocess.run(command, cwd=site.folder, env=environ, capture_output=True, check=False)
    assert b"Flow ? chart" in done.stdout, done.stderr
    assert done.returncode == 1
