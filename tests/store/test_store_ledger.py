"""The ledger's file: one line a task, whoever writes it and whenever they are killed."""

from __future__ import annotations

import datetime
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_process import purchase

from pbfigure.store.errors import StateUnavailable
from pbfigure.store.ledger import Ledger
from pbfigure.store.purchase import NOT_CHARGED, Buyer

PROCESS = Path(__file__).with_name("ledger_process.py")


def start(folder: Path, *tasks: str, kill_at: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(PROCESS), str(folder), str(kill_at), *tasks])


def lines(ledger: Ledger) -> list[tuple[str, str]]:
    """What each line is, and of which task: every line has to be whole."""
    read = [json.loads(line) for line in ledger.path.read_text().splitlines()]
    return [(line["what"], line["task_id"]) for line in read]


@pytest.mark.parametrize("kill_at", range(1, 9))
def test_whoever_is_killed_at_whichever_step_leaves_one_line_a_task(
    tmp_path: Path, kill_at: int
) -> None:
    (tmp_path / "locks").mkdir()
    assert start(tmp_path, "one", "two", kill_at=kill_at).wait(60) == -signal.SIGKILL
    assert start(tmp_path, "one", "two").wait(60) == 0
    ledger = Ledger(tmp_path)
    found = lines(ledger)
    kinds = [(what, task) for what in ("purchase", "correction") for task in ("one", "two")]
    assert sorted(found) == sorted(kinds)
    assert [(each.task_id, each.credits) for each in ledger.purchases()] == [("one", 7), ("two", 7)]


def test_processes_that_write_at_once_leave_one_line_a_task(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    tasks = [f"task-{number}" for number in range(40)]
    writers = [start(tmp_path, *tasks[turn:], *tasks[:turn]) for turn in (0, 10, 20)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    found = lines(Ledger(tmp_path))
    assert sorted(found) == sorted(
        (what, task) for what in ("purchase", "correction") for task in tasks
    )


def test_a_line_that_was_never_finished_is_cut_off_and_one_without_an_end_is_kept(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    (tmp_path / "locks").mkdir()
    ledger.enter(purchase("one"))
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + whole[:50])
    Ledger(tmp_path).enter(purchase("two"))
    ledger.path.write_bytes(ledger.path.read_bytes().rstrip(b"\n"))
    Ledger(tmp_path).enter(purchase("three"))
    assert lines(ledger) == [("purchase", task) for task in ("one", "two", "three")]


def test_a_ledger_that_does_not_exist_is_empty_and_is_not_made_by_reading(tmp_path: Path) -> None:
    assert Ledger(tmp_path).purchases() == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_stranger_wrote_is_passed_over_and_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    ledger = Ledger(tmp_path)
    ledger.path.write_text('{"what": "purchase"}\nnonsense\n[]\n{"what": 1, "version": 1}\n')
    ledger.enter(purchase("one"))
    assert [each.task_id for each in ledger.purchases()] == ["one"]
    ledger.path.rename(tmp_path / "elsewhere")
    ledger.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateUnavailable, match="symbolic link"):
        Ledger(tmp_path).enter(purchase("two"))


def test_where_a_newer_release_wrote_a_line_nothing_is_ordered(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    ledger = Ledger(tmp_path, "host")
    ledger.begin()
    ledger.write_order("a" * 64, {"order_id": "one"})
    with ledger.path.open("a") as file:
        file.write('{"what": "intent", "version": 2, "key": "of another form"}\n')
    before = ledger.path.read_bytes()
    with pytest.raises(StateUnavailable, match="install the newest sphinx-paperbanana"):
        ledger.write_order("b" * 64, {"order_id": "two"})
    assert (ledger.path.read_bytes(), ledger.open_orders()) == (before, {"a" * 64})
    ledger.enter(purchase("one"))
    assert [each.task_id for each in ledger.purchases()] == ["one"]


def test_a_failed_task_costs_nothing_and_what_was_spent_is_counted_by_project_and_service(
    tmp_path: Path,
) -> None:
    (tmp_path / "locks").mkdir()
    ledger = Ledger(tmp_path)
    ledger.enter(purchase("failed"))
    ledger.correct("host", "failed", credits=0, status=NOT_CHARGED)
    ledger.enter(purchase("good", credits=12))
    ledger.enter(purchase("earlier", at="2026-03-30T23:59:00Z"))
    ledger.enter(purchase("elsewhere", api="other"))
    ledger.enter(purchase("others", buyer=Buyer(project="q")))
    since = datetime.datetime(2026, 3, 31, tzinfo=datetime.UTC)
    assert ledger.spent("p", "host", since) == 12
    assert ledger.purchases()[0].status == NOT_CHARGED
