"""The ledger of builds against the service's own: every task once, whoever dies meanwhile."""

from __future__ import annotations

import random
import resource
import signal
import time
from pathlib import Path

import builder
import pytest
from builder import outcomes, start
from sandbox_process import SandboxProcess
from wait_for import wait_for
from workbench import Bench, order

from pbfigure.store.purchase import NOT_CHARGED, Buyer, Purchase


def purchases(bench: Bench) -> dict[str, Purchase]:
    """The ledger by task; the file itself has one line each."""
    ledger = bench.cache().ledger
    found = {each.task_id: each for each in ledger.purchases()}
    assert ledger.path.read_text().count('"what": "purchase"') == len(found)
    return found


def charged(sandbox: SandboxProcess) -> dict[str, float]:
    """What the service charged, by task."""
    return {task["task_id"]: task["charged"] for task in sandbox.tasks()}


def test_every_task_has_a_line_that_says_what_it_cost_and_who_ordered_it(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="failed", error="no", prompt="ship")
    buyer = Buyer(project="p", folder="/docs", document="guide", figure="guide:boat", build="html")
    boat = order("a boat")
    bench.build([type(boat)(boat.key, boat.request, buyer=buyer), order("a ship")])
    found = purchases(bench)
    assert {task: each.credits for task, each in found.items()} == charged(sandbox)
    by_prompt = {each.request.prompt: each for each in found.values()}
    assert by_prompt["a boat"].buyer == buyer
    assert by_prompt["a boat"].draft
    assert (by_prompt["a ship"].status, by_prompt["a ship"].credits) == (NOT_CHARGED, 0)


def test_what_a_task_really_cost_is_what_counts(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="task", calls="all", fault="shape", shape="dear")
    sandbox.order(endpoint="tasks", calls="all", fault="shape", shape="dear")
    (made,) = bench.made(order("a boat"))
    (found,) = purchases(bench).values()
    assert found.credits == made.record.cost_credits > 5


def test_a_task_taken_over_after_a_lost_answer_has_its_line(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    bench.made(order("a boat"))
    (found,) = purchases(bench).values()
    assert found.adopted
    assert found.task_id in charged(sandbox)


def test_a_build_killed_before_it_wrote_the_line_leaves_it_to_the_next(
    bench: Bench, sandbox: SandboxProcess, monkeypatch: object
) -> None:
    buyer_of_the_dead = builder.__file__
    builder.__file__ = str(Path(buyer_of_the_dead).with_name("killed_builder.py"))
    try:
        build = start(bench, ["a boat"])
    finally:
        builder.__file__ = buyer_of_the_dead
    build.communicate(timeout=60)
    assert build.returncode == -signal.SIGKILL
    assert not purchases(bench)
    assert len(sandbox.tasks()) == 1
    bench.made(order("a boat"))
    assert purchases(bench).keys() == charged(sandbox).keys()


@pytest.mark.parametrize("room", [500, 1300, 2000])
def test_where_the_ledger_s_disk_is_full_nothing_more_is_ordered_and_nothing_twice(
    bench: Bench, sandbox: SandboxProcess, room: int
) -> None:
    """The line that does not fit is of the first order, of its task, or of the second order."""
    bench.made(order("a first one"))
    ledger = bench.folder / "v1" / "ledger.jsonl"
    with ledger.open("ab") as file:
        file.write(b"{}" + b" " * 1_500_000 + b"\n")
    full = ledger.stat().st_size + room
    build = start(bench, ["a ship", "a boat"], is_fork=False)
    resource.prlimit(build.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
    told = [str(line["error"]) for line in outcomes(build).values() if "error" in line]
    assert told
    for text in told:
        assert "ledger.jsonl cannot be written (the disk is full)" in text
        assert "--repair" not in text
    assert len(sandbox.tasks()) == 1 + (room > 1000)
    bench.made(order("a ship"), order("a boat"))
    assert len(sandbox.tasks()) == 3
    assert purchases(bench).keys() == charged(sandbox).keys()


def test_a_task_that_the_journal_has_no_room_for_is_told_of_and_fetched_by_the_next_build(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="hang_after", seconds=15)
    build = start(bench, ["a ship"], is_fork=False)
    wait_for(sandbox.tasks)
    room = 10_000  # enough for the ledger, but not for the database
    resource.prlimit(build.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    told = str(outcomes(build)["a ship"]["error"])
    (task,) = sandbox.tasks()
    assert f"task {task['task_id']} is paid for or under way" in told
    assert "cannot be written" in told
    assert "not ordered" not in told
    bench.made(order("a ship"))
    assert len(sandbox.tasks()) == 1


def test_a_picture_fetched_again_is_not_bought_again_in_the_ledger(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (made,) = bench.made(order("a boat"))
    made.picture.path.unlink()
    bench.made(order("a boat"))
    assert len(purchases(bench)) == len(sandbox.tasks()) == 1


def test_builds_killed_at_random_moments_leave_a_ledger_that_agrees_with_the_service(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    chance = random.Random(11)
    prompts = [f"boat {number}" for number in range(8)]
    for _ in range(6):
        builds = [start(bench, chance.sample(prompts, 5)) for _ in range(2)]
        time.sleep(chance.uniform(0.4, 2.0))
        for build in builds:
            build.kill()
            build.communicate()
    bench.build([order(prompt) for prompt in prompts])
    bench.journal().complete_ledger()
    assert purchases(bench).keys() == charged(sandbox).keys()
