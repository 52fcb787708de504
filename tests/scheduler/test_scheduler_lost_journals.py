"""The journal emptied, replaced, restored or gone, between builds: nothing is bought again."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from builder import outcomes, start
from click.testing import CliRunner
from sandbox_process import SandboxProcess
from test_scheduler_lost_records import verified
from wait_for import wait_for
from workbench import Bench, order

from pbfigure.command.settle import settle
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.batch import run_batch
from pbfigure.scheduler.errors import NotFetched, TaskFailed, UnknownFate
from pbfigure.scheduler.jobs import Made, Outcome
from pbfigure.scheduler.journal_entry import Entry, OrderState
from pbfigure.scheduler.lost_answer import GRACE

FOUR = [order(f"ship {number}") for number in range(4)]
SHIP, BOAT = order("a ship"), order("a boat")


def state(bench: Bench) -> Path:
    return bench.folder / "v1" / "state"


def truncate(bench: Bench) -> None:
    (state(bench) / "cache.db").write_bytes(b"")


def empty(bench: Bench) -> None:
    with sqlite3.connect(state(bench) / "cache.db") as database:
        database.execute("DELETE FROM Cache")
    database.close()


def remove(bench: Bench) -> None:
    shutil.rmtree(state(bench))


def replace(bench: Bench) -> None:
    """Put another machine's journal in its place, after that one bought a picture of its own."""
    other = Bench(bench.base_url, bench.key, bench.folder.parent / "other machine")
    other.made(order("a whale"))
    other.close()
    remove(bench)
    shutil.copytree(state(other), state(bench))


def restore(bench: Bench) -> None:
    shutil.rmtree(state(bench))
    shutil.copytree(bench.folder.parent / "older copy", state(bench))


LOSSES: list[Callable[[Bench], None]] = [truncate, empty, remove, replace, restore]


def leave_pending(bench: Bench, sandbox: SandboxProcess) -> None:
    """Have one picture made, copy the journal, and then leave four tasks to the next build."""
    bench.made(order("a first one"))
    bench.close()
    shutil.copytree(state(bench), bench.folder.parent / "older copy")
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=60)
    outcomes = bench.build(FOUR, task_timeout=20)
    assert not any(isinstance(each, Made) for each in outcomes.values())
    bench.close()
    assert len(sandbox.tasks()) == 5


def build_and_hear(bench: Bench, *orders: object) -> tuple[list[Outcome], str]:
    """Build, and return the outcomes with what is told of the journal."""
    outcomes: list[Outcome] = []
    services = bench.services()
    run_batch(
        orders,  # type: ignore[arg-type]
        services,
        on_outcome=lambda _, outcome: outcomes.append(outcome),
    )
    return outcomes, services.journal.damage_notice


@pytest.mark.parametrize("lose", LOSSES)
def test_pending_figures_whose_journal_is_lost_are_fetched_and_it_is_told_once(
    bench: Bench, sandbox: SandboxProcess, lose: Callable[[Bench], None]
) -> None:
    leave_pending(bench, sandbox)
    lose(bench)
    ordered = len(sandbox.log("generate"))
    outcomes, told = build_and_hear(bench, *FOUR)
    assert all(isinstance(each, Made) and each.resumed for each in outcomes), outcomes
    assert len(outcomes) == 4
    assert len(sandbox.log("generate")) == ordered
    what = "is an older copy, or a build" if lose is restore else "was emptied or replaced"
    assert f"state {what}" in told
    assert ": 4 orders that it does not know" in told
    assert build_and_hear(bench, *FOUR)[1] == ""
    assert not any(map(bench.entry, FOUR))


@pytest.mark.parametrize("lose", [truncate, empty, remove])
def test_an_emptied_journal_is_told_of_also_where_nothing_was_open(
    bench: Bench, sandbox: SandboxProcess, lose: Callable[[Bench], None]
) -> None:
    bench.made(SHIP)
    bench.close()
    lose(bench)
    assert "0 orders" in build_and_hear(bench, SHIP, BOAT)[1]
    assert build_and_hear(bench, SHIP, BOAT)[1] == ""
    assert len(sandbox.tasks()) == 2


@pytest.mark.parametrize("lose", LOSSES)
def test_an_order_without_an_answer_whose_journal_is_lost_is_settled_by_the_task_list(
    bench: Bench, sandbox: SandboxProcess, lose: Callable[[Bench], None]
) -> None:
    bench.made(BOAT)
    bench.close()
    shutil.copytree(state(bench), bench.folder.parent / "older copy")
    sandbox.order(endpoint="generate", fault="drop_after")
    assert isinstance(bench.refused(SHIP, build_timeout=40), UnknownFate)
    bench.close()
    lose(bench)
    ordered = len(sandbox.log("generate"))
    outcomes, _ = build_and_hear(bench, SHIP)
    mine = [task for task in sandbox.tasks() if task["request"]["prompt"] == "a ship"]
    assert len(mine) == 1
    assert len(sandbox.log("generate")) == ordered
    if lose is replace:  # the whale is nobody's here, so two tasks may be the ship
        assert isinstance(outcomes[0], UnknownFate)
        assert mine[0]["task_id"] in str(outcomes[0])
    else:
        assert isinstance(outcomes[0], Made)
        assert outcomes[0].record.task_id == mine[0]["task_id"]


def test_what_another_build_made_is_not_bought_by_one_under_which_the_journal_was_removed(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="status", status=429, retry_after=200)
    waiting = start(bench, ["a ship", "a boat"])
    wait_for(lambda: sandbox.log("generate"))
    remove(bench)
    bench.made(SHIP, BOAT)
    told = outcomes(waiting)
    assert len(sandbox.tasks()) == 2, told
    assert all("sha256" in line for line in told.values()), told


def test_an_order_without_an_answer_whose_line_the_ledger_lost_is_settled_all_the_same(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    """As after an older copy of the ledger alone was put back."""
    bench.made(BOAT)
    bench.close()
    ledger = bench.folder / "v1" / "ledger.jsonl"
    older = ledger.read_bytes()
    sandbox.order(endpoint="generate", fault="drop_after")
    assert isinstance(bench.refused(SHIP, build_timeout=40), UnknownFate)
    bench.close()
    ledger.write_bytes(older)
    (made,) = bench.made(SHIP)
    assert made.record.adopted
    assert len(sandbox.log("generate")) == 2


def test_of_two_open_orders_of_one_kind_neither_takes_the_one_task_there_is(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    bench.refused(SHIP, build_timeout=40)
    lost = bench.entry(SHIP)
    assert lost is not None
    journal = bench.journal()
    with journal:  # as an order that its author was asked about
        free = Entry(key=BOAT.key.digest)
        journal.intend(free, BOAT.facts, lost.intent_at, lost.account)
    bench.close()
    remove(bench)
    outcomes, told = build_and_hear(bench, SHIP, BOAT)
    assert all(isinstance(each, FigureError) for each in outcomes), outcomes
    assert "2 orders" in told
    entries = [bench.entry(each) for each in (SHIP, BOAT)]
    assert [each and each.state for each in entries] == [OrderState.UNKNOWN, OrderState.UNKNOWN]
    assert len(sandbox.log("generate")) == 1


def test_an_older_copy_does_not_bring_an_earlier_order_s_grace_back(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    """The first order made nothing; the copy says that its grace is long over."""
    sandbox.order(endpoint="generate", fault="drop_before")
    bench.refused(SHIP, build_timeout=20)
    bench.close()
    shutil.copytree(state(bench), bench.folder.parent / "older copy")
    sandbox.order(endpoint="generate", calls=[1], fault="late", seconds=40)
    bench.refused(SHIP, build_timeout=100)
    bench.close()
    restore(bench)
    bench.made(SHIP)
    assert len(sandbox.tasks()) == 1


def test_an_order_that_is_over_is_over_in_an_older_copy_too(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_before")
    bench.refused(SHIP, build_timeout=20)
    bench.close()
    shutil.copytree(state(bench), bench.folder.parent / "older copy")
    bench.made(SHIP)
    bench.close()
    restore(bench)
    assert bench.entry(SHIP) is None
    clock = bench.clock()
    began = clock.monotonic()
    bench.made(BOAT)
    assert clock.monotonic() - began < GRACE, "no grace is waited for"
    assert len(sandbox.tasks()) == 2


def test_a_picture_whose_record_was_deleted_is_fetched_again_while_the_service_has_it(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    bench.made(SHIP)
    bench.close()
    shutil.rmtree(bench.folder / "v1" / "records")
    remove(bench)
    assert bench.made(SHIP)[0].resumed
    assert len(sandbox.log("generate")) == 1


def test_without_its_ledger_a_cache_orders_nothing_until_it_is_repaired_and_fetches_all(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    leave_pending(bench, sandbox)
    ledger = bench.folder / "v1" / "ledger.jsonl"
    ledger.unlink()
    outcomes = bench.build([*FOUR, BOAT])
    assert "ledger.jsonl" in str(outcomes.pop("a boat"))
    assert all(isinstance(each, Made) for each in outcomes.values())
    bench.close()
    found = verified(bench, repair=False)
    assert [each.kind for each in found.findings] == ["ledger"]
    assert verified(bench, repair=True).faults_left == 0
    bench.made(BOAT)
    assert len(sandbox.tasks()) == 6
    assert {json.loads(line)["what"] for line in ledger.read_text().splitlines()} >= {"ledger"}


def test_a_cache_folder_that_was_emptied_whole_is_a_new_machine_s(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    bench.made(SHIP)
    bench.close()
    shutil.rmtree(bench.folder)
    outcomes, told = build_and_hear(bench, SHIP)
    assert isinstance(outcomes[0], Made)
    assert not told
    assert len(sandbox.tasks()) == 2


def test_what_was_given_up_stays_given_up_when_the_journal_is_lost(
    bench: Bench, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(bench.folder))
    monkeypatch.chdir(bench.folder.parent)
    leave_pending(bench, sandbox)
    key = FOUR[0].key.digest
    assert CliRunner().invoke(settle, [key, "--drop"]).exit_code == 0
    remove(bench)
    sandbox.clear_faults()
    outcomes, told = build_and_hear(bench, *FOUR)
    assert all(isinstance(each, Made) for each in outcomes)
    assert "3 orders" in told
    assert len(sandbox.tasks()) == 6


@pytest.mark.parametrize("answer", ["hang_after", "slow"])
def test_a_build_that_cannot_write_its_journal_any_more_says_what_is_on_order(
    bench: Bench, sandbox: SandboxProcess, answer: str
) -> None:
    """The second order has no answer yet, or its task is slow, when the first one's task fails."""
    sandbox.order(endpoint="generate", calls=[1], fault="failed")
    sandbox.order(endpoint="generate", calls=[1], fault="slow", seconds=20)
    sandbox.order(endpoint="generate", calls=[2], fault=answer, seconds=60)
    sandbox.order(endpoint="generate", calls="3-9", fault="status", status=429, retry_after=60)

    def drop_the_table(_: object) -> None:
        if len(sandbox.tasks()) == 2:
            with sqlite3.connect(state(bench) / "cache.db") as database:
                database.execute("DROP TABLE IF EXISTS Cache")
            database.close()

    bench.read_timeout = 1
    told = bench.build([SHIP, BOAT, order("a whale")], report=drop_the_table)
    assert isinstance(told["a boat"], UnknownFate if answer == "hang_after" else NotFetched)
    assert str(told["a whale"]).startswith("not ordered: ")
    bench.close()
    assert verified(bench, repair=True).faults_left == 0
    told = bench.build([SHIP, BOAT])
    assert [type(each) for each in told.values()] == [TaskFailed, Made]
    assert len(sandbox.tasks()) == 2
