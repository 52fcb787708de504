"""``cache verify`` on the state database: rebuilt from the records, foreign rows taken out."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from filelock import FileLock
from stock import digest
from verified_machine import (
    Machine,
    knows_its_tasks,
    put,
)

from pbfigure.store.database import Database, ReadOnlyDatabase
from pbfigure.store.errors import StateUnavailable


def test_a_state_that_is_gone_leaves_every_task_known(machine: Machine) -> None:
    shutil.rmtree(machine.state.parent)
    assert machine.verify().findings == []
    assert knows_its_tasks(machine)


def test_a_ledger_that_is_gone_is_made_anew_and_knows_the_tasks_of_the_records(
    machine: Machine,
) -> None:
    machine.cache.ledger.path.unlink()
    assert machine.only().kind == "ledger"
    assert machine.verify(repair=True).faults_left == 0
    assert knows_its_tasks(machine)
    assert machine.verify().findings == []


@pytest.mark.parametrize("damage", ["not a database", "cut short", "scribbled over", "no table"])
def test_a_damaged_state_is_rebuilt_and_what_can_be_read_of_it_saved(
    machine: Machine, damage: str
) -> None:
    database = Database(machine.state.parent)
    with database.transaction():
        for number in range(400):
            database.put(f"accepted:p:{number:03}", {"key": digest("a"), "text": "x" * 300})
    database.close()
    data = bytearray(machine.state.read_bytes())
    if damage == "not a database":
        machine.state.write_bytes(b"<html>" * 99)
    elif damage == "cut short":
        machine.state.write_bytes(data[: len(data) // 2])
    elif damage == "scribbled over":
        data[len(data) // 3 : len(data) // 2] = b"\xee" * (len(data) // 2 - len(data) // 3)
        machine.state.write_bytes(data)
    else:
        machine.sql("DROP TABLE Cache")
    assert machine.only().kind == "state"
    found = machine.verify(repair=True)
    assert found.faults_left == 0
    assert knows_its_tasks(machine)
    assert len(machine.quarantined()) >= 1  # the damaged file itself
    again = Database(machine.state.parent)
    saved = len(again.names("accepted:"))
    again.close()
    assert saved > 0 or damage in ("not a database", "no table", "cut short")
    assert machine.verify().faults_left == 0


@pytest.mark.parametrize("part", ["folder", "file"])
def test_a_linked_state_is_not_written_through_and_what_it_says_is_taken_over(
    machine: Machine, part: str
) -> None:
    with machine.cache.state.transaction():
        machine.cache.state.put("accepted:p:x", {"key": digest("a")})
    machine.cache.close()
    linked = machine.state.parent if part == "folder" else machine.state
    elsewhere = linked.rename(machine.folder / "elsewhere")
    linked.symlink_to(elsewhere)
    with pytest.raises(StateUnavailable, match="is a symbolic link"):
        ReadOnlyDatabase(machine.state.parent)
    whole = machine.folder / "elsewhere" / ("cache.db" if part == "folder" else "")
    before = whole.read_bytes()
    assert machine.only().kind == "state"
    assert machine.verify(repair=True).faults_left == 0
    assert whole.read_bytes() == before
    assert not linked.is_symlink()
    assert machine.cache.state.get("accepted:p:x") == {"key": digest("a")}


@pytest.mark.parametrize("harm", ["link", "folder"])
def test_a_ledger_that_cannot_be_read_is_never_replaced(machine: Machine, harm: str) -> None:
    ledger = machine.cache.ledger.path
    elsewhere = ledger.rename(machine.folder / "ledger elsewhere")
    if harm == "link":
        ledger.symlink_to(elsewhere)
    else:
        ledger.mkdir()
    for repair in (False, True):
        found = machine.verify(repair=repair)
        assert [(each.kind, each.path) for each in found.findings] == [("ledger", str(ledger))]
        assert found.faults_left == 1
    assert not ledger.is_file() or ledger.is_symlink()


def test_records_are_left_as_they_are_while_a_damaged_state_cannot_take_their_orders(
    machine: Machine,
) -> None:
    machine.state.write_bytes(b"<html>" * 99)
    machine.record("b").write_bytes(b"{}")
    wrong = machine.cache.record_path("f" * 64)
    wrong.parent.mkdir(exist_ok=True)
    machine.record("c").rename(wrong)
    with FileLock(machine.cache.locks / "owner-living.lock"):
        assert machine.verify(repair=True).faults_left == 3
        assert machine.record("b").read_bytes() == b"{}"
        assert wrong.exists()
    assert machine.verify(repair=True).faults_left == 0
    entry = machine.journal.entry(machine.records["b"].key)
    assert entry is not None
    assert entry.task_id == "task-b"


def test_a_damaged_state_is_left_alone_while_a_build_runs(machine: Machine) -> None:
    machine.state.write_bytes(b"<html>" * 99)
    with FileLock(machine.cache.locks / "owner-living.lock"):
        assert machine.verify(repair=True).faults_left == 1
        assert machine.state.read_bytes() == b"<html>" * 99
    assert machine.verify(repair=True).faults_left == 0


@pytest.mark.parametrize(
    "row",
    [
        {"key": "accepted:x:y", "value": b"\x80\x04N.", "mode": 4},
        {"key": "accepted:x:y", "value": "[]"},
        {"key": "accepted:x:y", "value": None, "mode": 2, "filename": "../../../precious"},
        {"key": "rate_limit:x", "value": '["x"]'},
        {"key": "told:x", "value": "nonsense"},
    ],
)
def test_a_row_that_is_not_ours_is_taken_out_and_a_copy_kept(
    machine: Machine, row: dict[str, Any]
) -> None:
    put(machine, row)
    assert machine.only().kind == "state"
    assert machine.verify(repair=True).faults_left == 0
    (copy,) = machine.quarantined()
    assert json.loads(copy)["name"] == row["key"]
    assert machine.verify().faults_left == 0


def test_a_row_without_a_name_is_left_behind(machine: Machine) -> None:
    put(machine, {"key": "told:x", "value": "{}"})
    put(machine, {"key": b"\x80\x04N.", "raw": 0, "value": "{}"})
    assert machine.only().kind == "state"
    with pytest.raises(StateUnavailable):
        machine.cache.state.names("")
    machine.cache.close()
    assert machine.verify(repair=True).faults_left == 0
    assert machine.cache.state.names("") == ["told:x"]
