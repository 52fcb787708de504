"""Lock files and downloads that someone else made links of, or that killed builds left."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from sandbox_process import SandboxProcess
from workbench import Bench, order

from pbfigure.scheduler.errors import TimedOut
from pbfigure.scheduler.journal_entry import Entry

SHIP = order("a ship")


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    path = tmp_path / "precious"
    path.write_bytes(b"precious")
    return path


def test_nothing_is_ordered_under_a_lock_that_is_a_link_and_its_target_stays_as_it_is(
    bench: Bench, sandbox: SandboxProcess, precious: Path
) -> None:
    bench.made(order("a boat"))
    (lock,) = (bench.folder / "v1" / "locks").glob("ordering-*.lock")
    lock.unlink()
    lock.symlink_to(precious)
    assert str(lock) in str(bench.refused(SHIP))
    assert precious.read_bytes() == b"precious"
    assert len(sandbox.log("generate")) == 1
    lock.unlink()
    bench.made(SHIP)


def test_an_owner_whose_lock_is_a_link_counts_as_alive_so_that_nobody_pays_for_its_key(
    bench: Bench, sandbox: SandboxProcess, precious: Path
) -> None:
    journal = bench.journal()
    owner = f"{4242:08x}" + "0" * 24
    journal.submit(replace(Entry(key=SHIP.key.digest), owner=owner), "its-task")
    lock = bench.folder / "v1" / "locks" / f"owner-{owner}.lock"
    lock.symlink_to(precious)
    told = bench.refused(SHIP, build_timeout=10)
    assert isinstance(told, TimedOut)
    assert "process 4242 makes it" in str(told)
    assert precious.read_bytes() == b"precious"
    assert sandbox.log("generate") == []


def test_the_lock_of_a_build_that_was_killed_long_ago_is_removed_and_no_other(bench: Bench) -> None:
    locks = bench.cache().locks
    dead, living, fresh = (locks / f"owner-{name}.lock" for name in "dlf")
    ordering = locks / "ordering-x.lock"
    for path in (dead, living, fresh, ordering):
        path.touch()
    for path in (dead, living, ordering):
        os.utime(path, (0, 0))
    with FileLock(living):
        bench.made(SHIP)
        assert [path.exists() for path in (dead, living)] == [False, True]
    assert fresh.exists()
    assert ordering.exists()


def test_old_downloads_are_removed_and_a_link_among_them_harms_no_other_file(
    bench: Bench, precious: Path
) -> None:
    bench.made(SHIP)
    incoming = bench.folder / "v1" / "incoming"
    names = [f"{number:032x}.part" for number in range(5)]
    stale, fresh, link, dangling, folder = (incoming / name for name in names)
    stale.write_bytes(b"half a picture")
    fresh.write_bytes(b"half a picture")
    link.symlink_to(precious)
    dangling.symlink_to("nowhere")
    folder.mkdir()
    os.utime(precious, (0, 0))
    for path in (stale, link, dangling, folder):
        os.utime(path, (0, 0), follow_symlinks=False)
    bench.made(order("a boat"))
    assert {path.name for path in incoming.iterdir()} == {fresh.name, folder.name}
    assert precious.read_bytes() == b"precious"
