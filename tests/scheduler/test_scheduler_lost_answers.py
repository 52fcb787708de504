"""Orders whose answer was lost: adopted, ordered again after the grace, or left to the author."""

from __future__ import annotations

import time

import pytest
from sandbox_process import SandboxProcess
from workbench import SPEED, Bench, order

from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.jobs import Made
from pbfigure.scheduler.journal_entry import OrderState
from pbfigure.scheduler.lost_answer import GRACE

LOST_AFTER_IT_WAS_TAKEN = [
    {"fault": "drop_after"},
    {"fault": "drop_after", "reset": True},
    {"fault": "status", "status": 500, "after": True},
    {"fault": "status", "status": 503, "after": True, "retry_after": 5},
    {"fault": "status", "status": 502, "after": True, "body": "<html>"},
    {"fault": "status", "status": 403, "after": True, "body": "<html>"},
    {"fault": "broken_json"},
    {"fault": "html"},
    {"fault": "truncated"},
    {"fault": "shape", "shape": "no_task_id"},
    {"fault": "shape", "shape": "success_false"},
    {"fault": "late", "seconds": 30},
]


@pytest.mark.parametrize(
    "fault", LOST_AFTER_IT_WAS_TAKEN, ids=lambda each: "-".join(map(str, each.values()))
)
def test_a_task_whose_answer_was_lost_is_adopted_and_not_bought_again(
    bench: Bench, sandbox: SandboxProcess, fault: dict[str, object]
) -> None:
    sandbox.order(endpoint="generate", **fault)
    (made,) = bench.made(order("a ship"))
    (task,) = sandbox.tasks()
    assert made.record.task_id == task["task_id"]
    assert made.record.adopted
    assert made.record.draft


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "drop_before"},
        {"fault": "drop_before", "reset": True},
        {"fault": "status", "status": 500, "body": "<html>"},
        {"fault": "status", "status": 503, "body": "<html>", "retry_after": 3},
        {"fault": "redirect"},
    ],
    ids=lambda each: "-".join(map(str, each.values())),
)
def test_what_was_never_taken_is_ordered_again_but_only_after_the_grace(
    bench: Bench, sandbox: SandboxProcess, fault: dict[str, object]
) -> None:
    sandbox.order(endpoint="generate", **fault)
    (made,) = bench.made(order("a ship"))
    first, second = sandbox.log("generate")
    assert second["time"] - first["time"] >= GRACE - 1
    assert len(sandbox.tasks()) == 1
    assert not made.record.adopted


def test_a_rate_limit_made_nothing_and_is_waited_out(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="generate", fault="status", status=429, retry_after=9)
    bench.made(order("a ship"))
    first, second = sandbox.log("generate")
    assert 9 <= second["time"] - first["time"] < GRACE


def test_with_a_foreign_task_about_nothing_is_adopted_nor_ordered_again(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="generate", fault="foreign", count=1, task={"model": "nano-banana-2"})
    error = bench.refused(order("a ship"))
    assert "pbfigure settle" in str(error)
    entry = bench.entry(order("a ship"))
    assert entry is not None
    assert entry.state == OrderState.UNKNOWN
    assert len(entry.candidates) == 2
    assert "settle" in str(bench.refused(order("a ship")))
    assert len(sandbox.tasks()) == 1


def test_a_foreign_task_of_another_kind_is_not_adopted(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_before")
    bench_free = order("a ship")
    sandbox.add_foreign_task(type="pipeline")
    sandbox.order(endpoint="tasks", calls=[2], fault="foreign", task={"type": "pipeline"})
    assert "settle" in str(bench.refused(bench_free))


def test_foreign_tasks_of_long_ago_are_no_matter(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.add_foreign_task(model="nano-banana-2", count=150, age=86_400, latency=1)
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="tasks", calls="all", fault="unordered")
    (made,) = bench.made(order("a ship"))
    assert made.record.adopted


def test_a_task_that_was_listed_once_and_is_not_any_more_is_not_bought_again(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="tasks", calls="3-", fault="missing")  # 1: the time, 2: the first look
    assert "settle" in str(bench.refused(order("a ship")))
    assert len(sandbox.tasks()) == 1


@pytest.mark.parametrize("shape", ["no_task_id", "null_task_id", "no_status"])
def test_a_list_whose_entries_cannot_be_read_proves_nothing(
    bench: Bench, sandbox: SandboxProcess, shape: str
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="tasks", calls="2-", fault="shape", shape=shape)
    assert "settle" in str(bench.refused(order("a ship")))
    assert len(sandbox.tasks()) == 1


def test_the_next_build_settles_what_one_that_was_killed_left(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    ship = order("a ship")
    with bench.journal() as journal:  # written down, and dead before it was asked
        (entry,) = journal.take([ship.key.digest]).values()
        now = bench.clock().time()
        journal.intend(entry, ship.facts, now, bench.services().rate_limit.account)
    (boat, made) = bench.made(order("a boat"), ship)
    assert len(sandbox.tasks()) == 2
    assert not boat.record.adopted
    assert not made.record.adopted


def test_an_answer_lost_under_another_api_key_is_left_to_the_author(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.settings(keys=[sandbox.key, "sk-team-other"])
    ship = order("a ship")
    with bench.journal() as journal:
        (entry,) = journal.take([ship.key.digest]).values()
        journal.intend(entry, ship.facts, bench.clock().time(), "another")
    outcomes = bench.build([ship, order("a boat")])
    assert isinstance(outcomes["a ship"], FigureError)
    assert isinstance(outcomes["a boat"], Made)
    assert len(sandbox.tasks()) == 1


def test_a_clock_of_ours_that_is_hours_off_changes_nothing(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    for hours in (-5, 5):
        prompt = f"a ship {hours}"
        services = bench.services()
        shifted = type(services.clock)(SPEED, time.time() + hours * 3600 / (SPEED - 1))
        bench.clock = lambda shifted=shifted: shifted  # type: ignore[method-assign, misc]
        sandbox.order(endpoint="generate", fault="drop_after", prompt=prompt)
        (made,) = bench.made(order(prompt))
        assert made.record.adopted
    assert len(sandbox.tasks()) == 2


def test_while_the_list_is_out_of_reach_nothing_is_ordered_again(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="tasks", calls="2-", fault="status", status=500)
    outcomes = bench.build([order("a ship"), order("a boat")])
    assert all(isinstance(outcome, FigureError) for outcome in outcomes.values())
    sandbox.clear_faults()
    made = bench.made(order("a ship"), order("a boat"))
    assert [each.record.adopted for each in made] == [True, False]
    assert len(sandbox.tasks()) == 2
