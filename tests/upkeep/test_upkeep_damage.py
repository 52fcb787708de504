"""Verification of what really happens: killed builds, and any damage to any file."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sandbox_process import SandboxProcess
from stock import digest, image_bytes, picture_at, record_of

from pbfigure.project.project import Project
from pbfigure.project.settings import BASE_URL, Layer, gather
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import Entry
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.picture import examine
from pbfigure.store.verified_files import VerifiedFiles
from pbfigure.upkeep.verify import verify
from pbfigure.upkeep.verify_findings import Verification

BUILDER = Path(__file__).with_name("builder_process.py")


def verified(root: Path, *, repair: bool = False, **given_settings: Any) -> Verification:
    layer = Layer({"cache_dir": str(root / "cache"), **given_settings}, "{}", root)
    project = Project(root, gather([layer], figures_dir=root / "figures"), {})
    return verify(project, repair=repair)


def test_builds_killed_at_any_moment_leave_no_fault_behind(
    tmp_path: Path, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(tmp_path / "cache"))
    chance = random.Random(7)
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, str(BUILDER), str(tmp_path)], stdout=subprocess.PIPE
        ) as build:
            assert build.stdout is not None
            build.stdout.readline()
            time.sleep(chance.uniform(0, 0.8))
            build.send_signal(signal.SIGKILL)
        found = verified(tmp_path, base_url=use_sandbox.base_url)
        assert [finding for finding in found.findings if finding.is_fault] == []
    done = subprocess.run([sys.executable, str(BUILDER), str(tmp_path)], check=False)
    assert done.returncode == 0
    found = verified(tmp_path, repair=True, base_url=use_sandbox.base_url)
    assert (found.records, found.faults_left, found.orders) == (16, 0, 0)
    assert len(use_sandbox.tasks()) == 8


KILLED_BEFORE_THE_ENTRY_IS_CLOSED = """\
import os, runpy, signal, sys
from pbfigure.scheduler.journal import Journal
Journal.close = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
del sys.argv[0]
runpy.run_path(sys.argv[0])
"""


def test_an_order_whose_build_was_killed_after_the_record_is_closed_by_the_next_build(
    tmp_path: Path, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(tmp_path / "cache"))
    build = [str(BUILDER), str(tmp_path), "1"]
    killed = [sys.executable, "-c", KILLED_BEFORE_THE_ENTRY_IS_CLOSED, *build]
    assert subprocess.run(killed, check=False).returncode == -signal.SIGKILL
    left = verified(tmp_path, base_url=use_sandbox.base_url)
    assert (left.records, left.orders) == (1, 1)
    assert subprocess.run([sys.executable, *build], check=False).returncode == 0
    found = verified(tmp_path, base_url=use_sandbox.base_url)
    assert (found.records, found.orders, found.faults_left) == (2, 0, 0)
    assert len(use_sandbox.tasks()) == 1


@pytest.mark.parametrize("made", ["", "CREATE TABLE Settings (key TEXT NOT NULL UNIQUE, value)"])
def test_a_build_killed_while_it_makes_the_state_leaves_no_fault(tmp_path: Path, made: str) -> None:
    cache = CacheDir(tmp_path / "cache", VerifiedFiles(None))
    (cache.root / "state").mkdir(parents=True)
    with sqlite3.connect(cache.root / "state" / "cache.db") as database:
        database.execute(made)
    database.close()
    assert verified(tmp_path).findings == []
    cache.state.put("name", {"number": 1})
    assert cache.state.get("name") == {"number": 1}
    cache.close()


# -- any damage -----------------------------------------------------------------------------------


def _stores() -> Path:
    """Make a cache of four pictures, two of them a project's too, once for all examples."""
    root = Path(tempfile.mkdtemp(prefix="sound-"))
    cache = CacheDir(root / "cache", VerifiedFiles(None))
    figures = FiguresDir(root / "figures", VerifiedFiles(None))
    journal = Journal(cache.state, cache.locks, BASE_URL)
    for seed, name in enumerate("abcd"):
        path = cache.incoming() / f"{digest(name)[:32]}.part"
        record = record_of(name, picture_at(path, seed=seed))
        journal.submit(Entry(key=record.key), record.task_id)
        cache.keep(record, [path])
        journal.close(record.key)
        if name in "ab":
            figures.keep(name, record.for_figure(name), [cache.path_of(record.picture)])
    cache.close()
    return root


@pytest.fixture(scope="module")
def sound() -> Any:
    root = _stores()
    yield root
    shutil.rmtree(root)


_changes = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(["delete", "cut", "scribble", "empty", "swap", "link", "folder"]),
        st.integers(0, 5000),
    ),
    min_size=1,
    max_size=5,
)


def _damage(path: Path, how: str, at: int, other: Path) -> None:
    if not path.is_file() or path.is_symlink():
        return
    data = path.read_bytes()
    path.unlink()
    if how == "cut":
        path.write_bytes(data[: at % (len(data) + 1)])
    elif how == "scribble":
        at %= len(data) + 1
        path.write_bytes(data[:at] + b"\xee\xee\xee" + data[at + 3 :])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "swap" and other.is_file():
        path.write_bytes(other.read_bytes())
    elif how == "link":
        path.symlink_to(other)
    elif how == "folder":
        path.mkdir()


@settings(max_examples=40, deadline=None)
@given(changes=_changes)
@example(changes=[(4, "swap", 224), (18, "delete", 0)])  # one picture in another's place
@example(changes=[(6, "cut", 0), (25, "delete", 0)])  # a record, and the state database
@example(changes=[(21, "swap", 1), (7, "folder", 0)])  # a record whose place is taken
@example(changes=[(25, "link", 0)])  # the state database, a link to itself
def test_any_damage_is_named_and_a_repair_leaves_nothing_more_to_mend(
    sound: Path, changes: list[tuple[int, str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(sound, Path(folder) / "stores", symlinks=True))
        files = sorted(path for path in root.rglob("*") if path.is_file())
        for which, how, at in changes:
            path = files[which % len(files)]
            _damage(path, how, at, files[(which + at) % len(files)])
        verified(root)
        verified(root, repair=True)
        again = verified(root, repair=True)
        assert not [f for f in again.findings if f.is_fault and f.repaired]
        left = [finding for finding in again.findings if finding.is_fault]
        # a link in the ledger's place stays: it may lead to the ledger
        assert {f.kind for f in left} <= {"picture", "record", "link", "ledger"}, left
        _only_whole_pictures_are_given_out(root)


def _only_whole_pictures_are_given_out(root: Path) -> None:
    cache = CacheDir(root / "cache", VerifiedFiles(None))
    bought = {digest(name): image_bytes(seed=seed) for seed, name in enumerate("abcd")}
    for key, data in bought.items():
        found = cache.find(key)
        if found is not None:
            assert examine(found[1]).sha256 == found[0].picture.sha256
            assert found[1].read_bytes() == data
    cache.close()


_names = st.one_of(
    st.builds(
        "{}:{}:{}".format,
        st.sampled_from(["journal", "task", "rate_limit", "accepted", "told", "x"]),
        st.sampled_from(["00000000", "", "é"]),
        st.sampled_from([digest("a"), digest("z"), "t", ""]),
    ),
    st.text(max_size=8),
    st.binary(max_size=8),
)
_values = st.one_of(
    st.sampled_from(['{"key": 5}', '{"state": "submitted"}', '{"times": [[]]}', "{", "[]", "{}"]),
    st.binary(max_size=9),
    st.none(),
    st.integers(-9, 9),
)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(_names, _values, st.integers(0, 4), st.booleans()), max_size=4))
def test_any_rows_in_the_state_database_are_named_and_taken_out(
    sound: Path, rows: list[tuple[str | bytes, object, int, bool]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(sound, Path(folder) / "stores"))
        connection = sqlite3.connect(root / "cache" / "v1" / "state" / "cache.db")
        with connection:
            for key, value, mode, raw in rows:
                connection.execute(
                    "INSERT OR REPLACE INTO Cache (key, raw, mode, value, store_time, access_time,"
                    " size) VALUES (?, ?, ?, ?, 0, 0, 0)",
                    (key, raw, mode, value),
                )
        connection.close()
        verified(root)
        assert verified(root, repair=True).faults_left == 0
        assert verified(root).faults_left == 0
        cache = CacheDir(root / "cache", VerifiedFiles(None))
        journal = Journal(cache.state, cache.locks, BASE_URL)
        assert all(journal.is_known(f"task-{name}") for name in "abcd")
        assert journal.entries() is not None
        cache.close()


def test_the_tests_own_folder_is_left_alone(sound: Path) -> None:
    assert verified(sound).findings == []
    assert os.listdir(sound / "cache" / "v1" / "incoming") == []  # noqa: PTH208
