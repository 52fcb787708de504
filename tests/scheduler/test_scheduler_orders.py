"""One flight a key: what is ordered, what is not, and what a later build takes up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess
from workbench import Bench, order

from pbfigure.figure.key import key_of
from pbfigure.figure.notice import FigureError
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.scheduler.errors import OverEstimate
from pbfigure.scheduler.jobs import Made, Order
from pbfigure.scheduler.journal_entry import OrderState, api_digits
from pbfigure.store.errors import StateUnavailable


def test_a_picture_is_made_and_what_is_kept_is_what_the_service_sent(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (made,) = bench.made(order("a ship"))
    (task,) = sandbox.tasks()
    assert made.record.task_id == task["task_id"]
    assert made.record.picture.sha256 == task["images"][0]["sha256"]
    assert made.credits == task["charged"] == 5
    assert made.record.draft


def test_identical_requests_of_one_build_are_made_once(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    bench.made(order("a ship"), order("a  ship"), order("a boat"))
    assert len(sandbox.tasks()) == 2


def test_a_second_build_asks_nothing(bench: Bench, sandbox: SandboxProcess) -> None:
    bench.made(order("a ship"))
    asked = len(sandbox.log())
    (again,) = bench.made(order("a ship"))
    assert len(sandbox.log()) == asked
    assert again.credits == 0


def test_the_text_that_a_picture_was_ordered_with_is_kept_for_its_owner_alone(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    pump = order("a pump", type="pipeline", model=None, content=WrittenText("The rotor turns.\n"))
    sandbox.order(endpoint="generate", calls=[1], fault="drop_after")  # found by the task list
    bench.made(pump, order("a ship"))
    assert bench.cache().text(pump.key.digest) == "The rotor turns.\n"
    kept = bench.cache().text_path(pump.key.digest)
    assert kept.stat().st_mode & 0o777 == 0o600
    texts = bench.cache().root / "texts"
    assert [path for path in texts.rglob("*") if path.is_file()] == [kept]


def test_a_text_that_cannot_be_kept_stops_no_order(bench: Bench, tmp_path: Path) -> None:
    bench.cache().prepare()
    (bench.cache().root / "texts").symlink_to(tmp_path)
    pump = order("a pump", type="pipeline", model=None, content=WrittenText("The rotor turns."))
    bench.made(pump)
    assert bench.cache().text(pump.key.digest) is None


def test_a_failed_task_fails_its_figure_alone_and_is_not_ordered_by_every_build(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="failed", error="no", prompt="ship")
    outcomes = bench.build([order("a ship"), order("a boat")])
    assert isinstance(outcomes["a boat"], Made)
    assert "no" in str(bench.refused(order("a ship")))
    assert bench.entry(order("a ship")).state == OrderState.FAILED  # type: ignore[union-attr]
    assert len(sandbox.tasks()) == 2
    sandbox.clear_faults()
    bench.made(order("a ship"), retry_failed_after=0)
    assert len(sandbox.tasks()) == 3


def test_a_failure_dated_in_the_future_by_a_wrong_clock_does_not_bar_its_figure(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    ship = order("a ship")
    with bench.journal() as journal:
        (entry,) = journal.take([ship.key.digest]).values()
        journal.fail(entry, "it failed", bench.clock().time() + 1e8)
    bench.made(ship)


def test_a_canceled_task_is_a_failed_one(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="generate", fault="canceled")
    assert "canceled" in str(bench.refused(order("a ship")))


def test_a_task_that_takes_too_long_is_left_to_the_next_build(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="slow", seconds=60)
    error = bench.refused(order("a ship"), task_timeout=10)
    assert "next build" in str(error)
    assert bench.entry(order("a ship")).state == OrderState.SUBMITTED  # type: ignore[union-attr]
    (made,) = bench.made(order("a ship"), task_timeout=2000)
    assert made.resumed
    assert made.credits == 0
    assert len(sandbox.tasks()) == 1


def test_build_timeout_ends_all_waiting_and_loses_nothing(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=60)
    wanted = [order(f"ship {number}") for number in range(3)]
    outcomes = bench.build(wanted, build_timeout=20)
    assert all(isinstance(outcome, FigureError) for outcome in outcomes.values())
    sandbox.clear_faults()
    assert all(made.resumed for made in bench.made(*wanted) if made.credits == 0)
    assert len(sandbox.tasks()) == 3


def test_max_credits_stops_orders_by_what_the_tasks_say_they_cost(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    for endpoint in ("generate", "task", "tasks"):  # more than the reference's 5 for each
        sandbox.order(endpoint=endpoint, calls="all", fault="shape", shape="dear")
    outcomes = bench.build([order(f"ship {number}") for number in range(4)], max_credits=20)
    made = [outcome for outcome in outcomes.values() if isinstance(outcome, Made)]
    assert [each.credits for each in made] == [8, 8]
    assert len(sandbox.tasks()) == 2
    (error, *_) = [each for each in outcomes.values() if isinstance(each, FigureError)]
    assert "16 credits are spent" in str(error)
    assert "max_credits is 20" in str(error)


def test_nothing_is_ordered_where_the_estimate_is_too_high(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    outcomes = bench.build([order(f"ship {number}") for number in range(4)], max_credits=19)
    assert {type(each) for each in outcomes.values() if isinstance(each, FigureError)} == {
        OverEstimate
    }
    assert sandbox.log() == []


def test_where_the_estimate_is_too_high_what_was_paid_before_is_fetched_all_the_same(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=60)
    ship, boat, barge = order("a ship"), order("a boat"), order("a barge")
    bench.build([ship, boat], task_timeout=0)
    assert len(sandbox.tasks()) == 2
    outcomes = bench.build([ship, boat, barge], max_credits=4)
    assert isinstance(outcomes["a ship"], Made)
    assert isinstance(outcomes["a boat"], Made)
    refused = outcomes["a barge"]
    assert isinstance(refused, FigureError)
    assert "expected to cost 5 credits, and max_credits is 4" in str(refused)
    assert len(sandbox.tasks()) == 2


def test_a_server_that_asks_for_an_hour_is_not_waited_for_and_told_of(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    bench.speed = 500  # ten minutes are waited for in the end
    sandbox.order(endpoint="tasks", fault="status", status=503, retry_after=3600)
    error = bench.refused(order("a ship"))
    assert "asks for a wait of 3,600 s" in str(error)
    sandbox.clear_faults()
    told = bench.refused(order("a boat"), task_timeout=100)
    assert "asks for a wait of " in str(told), "it is still heeded"
    assert sandbox.tasks() == []
    bench.made(order("a boat"), task_timeout=100_000)


def test_a_folder_of_locks_that_cannot_be_written_is_an_error_with_its_name(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    bench.made(order("a ship"))
    locks = bench.cache().locks
    shutil.rmtree(locks)
    locks.write_text("in the way")
    with pytest.raises(StateUnavailable, match=str(locks)):
        bench.build([order("a boat")])
    assert len(sandbox.tasks()) == 1


def test_a_task_that_does_not_tell_its_cost_counts_as_the_reference_prices_it(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    for endpoint in ("generate", "task", "tasks"):
        sandbox.order(endpoint=endpoint, calls="all", fault="shape", shape="no_cost")
    assert [made.credits for made in bench.made(order("a ship"), order("a boat"))] == [5, 5]


def test_without_credits_nothing_more_is_ordered_but_what_was_paid_is_collected(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.settings(credits=12)
    outcomes = bench.build([order(f"ship {number}") for number in range(5)])
    assert sum(isinstance(outcome, Made) for outcome in outcomes.values()) == 2
    assert len(sandbox.log("generate")) == 3
    errors = [str(each) for each in outcomes.values() if isinstance(each, FigureError)]
    assert all("credits" in error for error in errors)


def test_a_refused_key_stops_all_and_what_was_ordered_waits_for_a_good_one(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=100)
    assert "next build" in str(bench.refused(order("a ship"), task_timeout=5))
    sandbox.clear_faults()
    bench.key = "sk-team-revoked"
    outcomes = bench.build([order("a ship"), order("a boat")])
    assert all(isinstance(outcome, FigureError) for outcome in outcomes.values())
    bench.key = sandbox.key
    bench.made(order("a ship"), order("a boat"))
    assert len(sandbox.tasks()) == 2


def test_a_bad_request_fails_its_figure_alone(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(
        endpoint="generate", calls="all", fault="status", status=400, message="bad", prompt="ship"
    )
    outcomes = bench.build([order("a ship"), order("a boat")])
    assert isinstance(outcomes["a ship"], FigureError)
    assert isinstance(outcomes["a boat"], Made)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"status": 401}, "PAPERBANANA_API_KEY"),
        ({"status": 404}, "it does not have it"),
        ({"status": 200, "body": {"success": True, "data": {"status": "failed"}}}, "(failed)"),
        ({"status": 429, "retry_after": 3}, ""),
        ({"status": 503}, ""),
    ],
)
def test_a_revision_is_ordered_only_once_the_service_says_where_its_base_is(
    bench: Bench, sandbox: SandboxProcess, fault: dict[str, Any], why: str
) -> None:
    ship = order("a ship")
    (base,) = bench.made(ship)
    if "body" in fault:
        fault["body"]["data"]["task_id"] = base.record.task_id
    sandbox.order(endpoint="task", calls=[1], fault="status", **fault)
    revised = ship.request.revised("Use blue")
    wanted = Order(key_of(revised), revised, base=base.record)
    if why:
        said = bench.refused(wanted)
        assert why in str(said)
        assert len(sandbox.log("generate")) == 1
    (blue,) = bench.made(wanted)
    assert blue.record.request.base == ship.key.digest
    assert len(sandbox.tasks()) == 2


def test_what_an_earlier_build_left_over_is_collected_by_one_that_wants_something_else(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="slow", seconds=15)
    bench.refused(order("a ship"), task_timeout=2)
    sandbox.order(endpoint="generate", fault="slow", seconds=40)
    bench.made(order("a boat"))
    assert bench.cache().find(order("a ship").key.digest) is not None
    assert bench.entry(order("a ship")) is None


def test_a_picture_that_was_bought_and_lost_is_fetched_and_not_bought_again(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (first,) = bench.made(order("a ship"))
    first.picture.path.unlink()
    (again,) = bench.made(order("a ship"))
    assert again.record.picture == first.record.picture
    assert again.record.draft
    assert len(sandbox.tasks()) == 1


def test_a_draft_that_a_restarted_sandbox_has_forgotten_is_ordered_anew(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (first,) = bench.made(order("a ship"))
    first.picture.path.unlink()
    sandbox.order(endpoint="task", calls="1-5", fault="status", status=404)
    bench.made(order("a ship"))
    assert len(sandbox.tasks()) == 2


def test_a_draft_that_is_not_known_right_after_it_was_ordered_is_not_ordered_again(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="task", calls="all", fault="status", status=404)
    assert "settle" in str(bench.refused(order("a ship")))
    assert len(sandbox.tasks()) == 1
    sandbox.clear_faults()
    bench.made(order("a ship"))
    assert len(sandbox.tasks()) == 1


def test_a_task_that_the_api_does_not_know_stays_in_the_journal_for_the_right_key(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    ship = order("a ship")
    with bench.journal() as journal:
        (entry,) = journal.take([ship.key.digest]).values()
        journal.submit(replace(entry, order=ship.facts), "gone")
    assert "settle" in str(bench.refused(ship))
    assert bench.entry(ship).task_id == "gone"  # type: ignore[union-attr]
    assert not sandbox.tasks()


def test_a_journal_entry_that_is_damaged_is_asked_about_and_not_bought_again(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    ship = order("a ship")
    with bench.journal() as journal:
        journal.take([ship.key.digest])
        name = f"journal:{api_digits(bench.base_url)}:{ship.key.digest}"
        journal._database.put(name, {"state": "submitted", "task_id": 7})
    assert "settle" in str(bench.refused(ship))
    assert not sandbox.tasks()


def test_the_progress_ends_with_everything_made(bench: Bench) -> None:
    seen = []
    bench.made(order("a ship"), order("a boat"), report=seen.append)
    assert (seen[-1].made, seen[-1].total, seen[-1].unmade) == (2, 2, ())
    assert seen[-1].credits == 10
