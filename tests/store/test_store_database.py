"""The small state: durable, transactional, evicts nothing, and never runs what it holds."""

from __future__ import annotations

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import diskcache
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stock import read_only

from pbfigure.store.database import Database, ReadOnlyDatabase
from pbfigure.store.errors import StateUnavailable

PUTTER = Path(__file__).with_name("putter_process.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def crafted(folder: Path, **columns: Any) -> None:
    """Put a row of somebody else's making where our programs look for one."""
    Database(folder).close()
    row = {"key": "name", "raw": 1, "store_time": 0.0, "access_time": 0.0, "size": 0, **columns}
    connection = sqlite3.connect(folder / "cache.db")
    with connection:
        marks = ", ".join("?" * len(row))
        connection.execute(
            f"INSERT OR REPLACE INTO Cache ({', '.join(row)}) VALUES ({marks})",
            tuple(row.values()),
        )
    connection.close()


class _Marks:
    """Unpickling it leaves a mark in the file system."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_documents_are_kept_replaced_listed_and_dropped(folder: Path) -> None:
    database = Database(folder)
    assert database.get("a:1") is None
    database.put("a:2", {"x": [1, "ä", None]})
    database.put("a:1", {})
    database.put("b:1", {"y": 1})
    database.put("a:2", {"x": 2})
    assert database.names("a:") == ["a:1", "a:2"]
    assert (database.get("a:1"), database.get("a:2")) == ({}, {"x": 2})
    database.delete("a:1")
    database.delete("never there")
    database.close()
    again = Database(folder)
    assert again.names("") == ["a:2", "b:1"]
    again.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.text(max_size=30),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3),
)
def test_any_document_under_any_name_comes_back(
    folder: Path, name: str, document: dict[str, Any]
) -> None:
    database = Database(folder)
    try:
        database.put(name, document)
    except (StateUnavailable, UnicodeEncodeError):
        assert any(0xD800 <= ord(letter) <= 0xDFFF for letter in name)
    else:
        assert database.get(name) == document
    database.close()


def test_a_transaction_is_done_whole_or_not_at_all(folder: Path) -> None:
    database = Database(folder)
    with pytest.raises(KeyError), database.transaction():
        database.put("a", {})
        raise KeyError
    assert database.get("a") is None
    with database.transaction():
        database.put("a", {})
        database.put("b", {})
    assert database.names("") == ["a", "b"]
    database.close()


def test_a_process_killed_at_any_moment_loses_nothing_it_was_told_is_kept(folder: Path) -> None:
    kept: dict[str, int] = {"one": 0, "two": 0}
    for lap in range(4):
        running = {
            name: subprocess.Popen(
                [sys.executable, str(PUTTER), str(folder), name, str(kept[name])],
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in kept
        }
        for name, process in running.items():
            assert process.stdout is not None
            for _ in range(3 + 2 * lap):
                kept[name] = int(process.stdout.readline())
        for name, process in running.items():
            process.send_signal(signal.SIGKILL)
            rest, _ = process.communicate()
            kept[name] = max([kept[name], *map(int, rest.split())])
        database = Database(folder)
        total = 0
        for name, number in kept.items():
            last = (database.get(f"{name}:last") or {})["number"]
            assert last in (number, number + 1)  # killed between its commit and its word
            names = set(database.names(f"{name}:"))
            assert names == {f"{name}:{n}" for n in range(1, last + 1)} | {f"{name}:last"}
            total += last
            kept[name] = last
        assert (database.get("shared") or {})["count"] == total
        database.close()


def test_the_settings_are_asserted_at_every_opening(folder: Path) -> None:
    Database(folder).close()
    other = diskcache.Cache(
        str(folder),
        eviction_policy="least-recently-used",
        cull_limit=100,
        size_limit=1,
        sqlite_synchronous=0,
        disk_min_file_size=0,
        statistics=1,
    )
    other.close()
    database = Database(folder)
    connection = sqlite3.connect(folder / "cache.db")
    found = dict(connection.execute("SELECT key, value FROM Settings"))
    connection.close()
    assert found["eviction_policy"] == "none"
    assert (found["cull_limit"], found["size_limit"]) == (0, 2**62)
    assert (found["sqlite_synchronous"], found["statistics"]) == (2, 0)
    assert found["disk_min_file_size"] == 2**30
    database.close()


def test_nothing_is_evicted_and_nothing_is_kept_in_a_file_of_its_own(folder: Path) -> None:
    database = Database(folder)
    with database.transaction():
        for number in range(300):
            database.put(f"{number}", {"text": "x" * 100_000})
    database.put("one more", {})
    assert len(database.names("")) == 301
    assert {path.name for path in folder.iterdir()} <= {
        "cache.db",
        "cache.db-wal",
        "cache.db-shm",
    }
    database.close()


@pytest.mark.parametrize("where", ["value", "key"])
def test_a_pickled_row_never_runs_and_is_refused(folder: Path, tmp_path: Path, where: str) -> None:
    marked = tmp_path / "marked"
    evil = pickle.dumps(_Marks(marked))
    if where == "value":
        crafted(folder, mode=diskcache.core.MODE_PICKLE, value=evil)
    else:
        crafted(folder, key=evil, raw=0, mode=diskcache.core.MODE_RAW, value="{}")
    database = Database(folder)
    for ask in (
        lambda: database.get("name"),
        lambda: database.names(""),
        lambda: database.get("x"),
    ):
        try:
            ask()
        except StateUnavailable as error:
            assert "pbfigure cache verify --repair" in str(error)
    if where == "value":
        with pytest.raises(StateUnavailable):
            database.get("name")
    else:
        with pytest.raises(StateUnavailable):
            database.names("")
    database.put("name", {"ours": 1})
    assert database.get("name") == {"ours": 1}
    database.close()
    assert not marked.exists()


@pytest.mark.parametrize("act", ["get", "put", "delete"])
def test_a_row_that_names_a_file_elsewhere_neither_reads_nor_removes_it(
    folder: Path, tmp_path: Path, act: str
) -> None:
    precious = tmp_path / "precious"
    precious.write_text('{"secret": 1}')
    crafted(folder, mode=diskcache.core.MODE_TEXT, filename="../precious", value=None)
    database = Database(folder)
    if act == "get":
        with pytest.raises(StateUnavailable):
            database.get("name")
    elif act == "put":
        database.put("name", {"ours": 1})
        assert database.get("name") == {"ours": 1}
    else:
        database.delete("name")
        assert database.get("name") is None
    database.close()
    assert precious.exists()


@pytest.mark.parametrize("value", ["", "[]", "7", "null", "{", "[" * 100_000, 7, b"{}", None])
def test_a_row_that_is_no_document_is_told_of_not_taken_for_nothing(
    folder: Path, value: object
) -> None:
    crafted(folder, mode=diskcache.core.MODE_RAW, value=value)
    database = Database(folder)
    with pytest.raises(StateUnavailable, match="never wrote"):
        database.get("name")
    database.close()


@pytest.mark.parametrize(
    "damage",
    ["not a database", "cut short", "scribbled over", "foreign settings", "a folder", "a table"],
)
def test_a_damaged_file_is_one_clear_error(folder: Path, damage: str) -> None:
    database = Database(folder)
    with database.transaction():
        for number in range(200):
            database.put(f"name:{number}", {"text": "x" * 200})
    database.close()
    file = folder / "cache.db"
    data = bytearray(file.read_bytes())
    if damage == "not a database":
        file.write_bytes(b"<html>" * 1000)
    elif damage == "cut short":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "scribbled over":
        data[8192:-100] = os.urandom(len(data) - 8292)
        file.write_bytes(data)
    elif damage == "a folder":
        file.unlink()
        file.mkdir()
    else:
        connection = sqlite3.connect(file)
        with connection:
            if damage == "a table":
                connection.execute("ALTER TABLE Cache RENAME COLUMN value TO other")
            else:
                connection.execute("INSERT INTO Settings VALUES ('disk_nonsense', 'x')")
        connection.close()
    with pytest.raises(StateUnavailable) as caught:
        again = Database(folder)
        again.names("")
        for number in range(200):
            again.get(f"name:{number}")
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("linked", ["the folder", "the file"])
def test_a_link_is_not_followed(folder: Path, tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    Database(elsewhere).close()
    before = (elsewhere / "cache.db").read_bytes()
    if linked == "the folder":
        folder.symlink_to(elsewhere)
    else:
        folder.mkdir()
        (folder / "cache.db").symlink_to(elsewhere / "cache.db")
    with pytest.raises(StateUnavailable, match="symbolic link"):
        Database(folder)
    assert (elsewhere / "cache.db").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_clear_error(folder: Path) -> None:
    Database(folder).close()
    with read_only(folder), pytest.raises(StateUnavailable):
        Database(folder).put("a", {})


@pytest.mark.parametrize("kind", [Database, ReadOnlyDatabase])
def test_a_folder_that_cannot_be_looked_into_is_one_clear_error(
    tmp_path: Path, kind: type[Database]
) -> None:
    with pytest.raises(StateUnavailable, match="cannot be opened"):
        kind(tmp_path / ("a" * 300))


def test_a_log_that_cannot_be_opened_is_one_clear_error_and_never_waited_for(folder: Path) -> None:
    """So it is for a thread that begins while the folder is removed or replaced."""
    database = Database(folder)
    database.put("a", {})
    (folder / "cache.db-wal").unlink()
    (folder / "cache.db-wal").mkdir()
    told: list[str] = []

    def put() -> None:
        try:
            database.put("b", {})
        except StateUnavailable as error:
            told.append(str(error))

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    thread.join(120)  # it would try for ever
    assert ["cannot be written" in text for text in told] == [True]


def test_threads_of_one_process_share_it(folder: Path) -> None:
    database = Database(folder)

    def add() -> None:
        for _ in range(20):
            with database.transaction():
                counted = database.get("count") or {"n": 0}
                database.put("count", {"n": counted["n"] + 1})
        database.close()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.get("count") == {"n": 80}
    database.close()
