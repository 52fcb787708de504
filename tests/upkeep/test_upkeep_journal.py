"""``cache verify`` on the journal: open orders are told of, damaged ones become undecided."""

from __future__ import annotations

from typing import Any

import pytest
from stock import digest
from verified_machine import (
    API,
    ORDER,
    Machine,
    put,
)

from pbfigure.project.settings import BASE_URL
from pbfigure.scheduler.journal import Journal
from pbfigure.store.database import Database


def order(machine: Machine, state: str, **fields: Any) -> str:
    key = digest("order")
    entry = {"key": key, "state": state, "order": ORDER, **fields}
    database = Database(machine.state.parent)
    database.put(f"journal:{API}:{key}", entry)
    database.close()
    return key


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("intent", {"intent_at": 1.0}),
        ("submitted", {"task_id": "t"}),
        ("unknown", {"candidates": ["t"]}),
        ("failed", {"error": "no"}),
    ],
)
def test_open_orders_are_counted_and_are_no_fault(
    machine: Machine, state: str, fields: dict[str, Any]
) -> None:
    order(machine, state, **fields)
    for repair in (False, True):
        found = machine.verify(repair=repair)
        assert (found.orders, found.findings) == (1, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "eaten"},
        {"state": "submitted", "task_id": None},
        {"state": "submitted", "task_id": "a b"},
        {"state": "submitted", "task_id": "t", "order": {"request": {}}},
        {"state": "intent", "order": []},
    ],
)
def test_a_damaged_order_becomes_one_that_its_owner_decides_about(
    machine: Machine, fields: dict[str, Any]
) -> None:
    key = order(machine, **fields)
    assert [f.kind for f in machine.verify().findings if f.is_fault] == ["journal"]
    assert machine.verify(repair=True).faults_left == 0
    database = Database(machine.state.parent)
    entry = Journal(database, machine.cache.locks, BASE_URL).entry(key)
    database.close()
    assert entry is not None
    assert entry.state == "unknown"
    assert entry.candidates == (("t",) if fields.get("task_id") == "t" else ())
    assert machine.verify().faults_left == 0


def test_an_order_that_is_no_text_becomes_one_of_unknown_fate(machine: Machine) -> None:
    key = digest("order")
    put(machine, {"key": f"journal:{API}:{key}", "value": b"\x80\x04N.", "mode": 4})
    assert machine.verify(repair=True).faults_left == 0
    database = Database(machine.state.parent)
    assert (database.get(f"journal:{API}:{key}") or {})["state"] == "unknown"
    database.close()
