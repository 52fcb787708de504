"""``pbfigure cache``: status, JSON, read-only folders, and text that anyone may have written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

from program_forks import forked
from stock import digest, read_only
from verified_machine import (
    Machine,
    overwrite,
)


def test_a_read_only_cache_can_be_verified(machine: Machine) -> None:
    with read_only(machine.folder):
        found = machine.verify()
    assert (found.findings, found.records) == ([], 4)


def test_what_cannot_be_mended_for_want_of_permission_stays_a_fault(machine: Machine) -> None:
    overwrite(machine.picture("b"), b"damaged")
    with read_only(machine.folder):
        assert machine.verify(repair=True).faults_left == 1


def command(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [forked("pbfigure"), "cache", *arguments],
        cwd=machine.folder,
        env={**os.environ, "PAPERBANANA_CACHE_DIR": str(machine.cache.folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_text_that_anyone_may_have_written_is_fit_for_a_terminal(machine: Machine) -> None:
    name = "a\x1b[31m\n\u202e" + os.fsdecode(b"\xff") + ".png"
    (machine.figures.folder / name).write_bytes(b"")
    of_both = ("verify", "--figures-dir", "figures")
    told = command(machine, *of_both)
    assert "a [31m" in told.stdout
    assert all(line.isprintable() for line in told.stdout.splitlines())
    as_json = command(machine, *of_both, "--json")
    assert all(line.isprintable() for line in as_json.stdout.splitlines())
    (finding,) = json.loads(as_json.stdout)["findings"]
    assert finding["path"].endswith(name)


def test_the_command_tells_by_its_status_whether_faults_are_left(machine: Machine) -> None:
    sound = command(machine, "verify")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout.startswith("3 records, 3 pictures")
    machine.picture("a").unlink()
    told = command(machine, "verify", "--figures-dir", "figures")
    assert told.returncode == 1
    assert f"fault: {machine.picture('a')}: the picture is missing" in told.stdout
    repaired = command(machine, "verify", "--figures-dir", "figures", "--repair", "--json")
    assert repaired.returncode == 0
    document = json.loads(repaired.stdout)
    assert (document["faults_left"], document["repaired"], document["records"]) == (0, 1, 4)
    assert document["cache_dir"] == str(machine.cache.folder)
    assert document["findings"][0]["repaired"] is True
    assert command(machine, "verify", "--figures-dir", "nowhere").returncode == 2
    assert command(machine, "verify", "--mend").returncode == 2


def test_the_command_lists_what_is_there_and_what_it_cost(machine: Machine) -> None:
    machine.picture("b").unlink()
    table = command(machine, "list")
    assert table.returncode == 0
    assert "3 records" in table.stdout
    assert "18 credits" in table.stdout
    assert table.stdout.count("gone") == 1
    lines = json.loads(command(machine, "list", "--json").stdout)["pictures"]
    assert [line["key"] for line in lines] == sorted(map(digest, "abc"))
    assert {line["task_id"]: line["is_there"] for line in lines} == {
        "task-a": True,
        "task-b": False,
        "task-c": True,
    }
    shutil.rmtree(machine.cache.folder)
    assert json.loads(command(machine, "list", "--json").stdout)["pictures"] == []
