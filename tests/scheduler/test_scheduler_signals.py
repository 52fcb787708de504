"""Builds that are ended, or stopped and gone on with, in the middle of things."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from builder import outcomes, start
from filelock import Timeout
from sandbox_process import SandboxProcess
from wait_for import wait_for
from workbench import Bench, order

from pbfigure.scheduler.errors import NotOrdered, TimedOut
from pbfigure.scheduler.jobs import Made

SHIP, BOAT = order("a ship"), order("a boat")


def ended(build: subprocess.Popen[str]) -> int:
    """End a build with SIGTERM, as a CI runner or a shutdown does; return its status."""
    build.send_signal(signal.SIGTERM)
    build.communicate(timeout=120)
    return build.returncode


def orders_nothing(bench: Bench) -> bool:
    """Whether no process holds the lock that a process holds while it orders."""
    with contextlib.suppress(Timeout), bench.journal().ordering.acquire(timeout=0):
        return True
    return False


def stop(build: subprocess.Popen[str], bench: Bench) -> None:
    """Stop a build, though not while it writes to the state: others would wait for that."""
    database, status = bench.cache().root / "state" / "cache.db", Path(f"/proc/{build.pid}/stat")
    writes = True
    while writes:
        build.send_signal(signal.SIGSTOP)
        wait_for(lambda: status.read_text().rpartition(")")[2].split()[0] == "T")
        with closing(sqlite3.connect(database, timeout=0)) as state:
            try:
                state.execute("BEGIN IMMEDIATE")
                writes = False
            except sqlite3.OperationalError:
                build.send_signal(signal.SIGCONT)


@pytest.fixture
def stopped(bench: Bench) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start builds that a test stops; whatever becomes of it, they end with it."""
    builds: list[subprocess.Popen[str]] = []

    def begin(*prompts: str) -> subprocess.Popen[str]:
        builds.append(start(bench, prompts, is_fork=False))
        return builds[-1]

    yield begin
    for build in builds:
        build.kill()
        if build.stdout is not None and not build.stdout.closed:
            build.communicate()


# -- ended ----------------------------------------------------------------------------------------


def test_a_build_ended_by_sigterm_while_it_waits_is_taken_up_by_the_next(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=40)
    build = start(bench, ["a ship", "a boat"])
    wait_for(lambda: len(bench.journal().entries()) == 2 and len(sandbox.tasks()) == 2)
    wait_for(lambda: {each.state for each in bench.journal().entries()} == {"submitted"})
    assert ended(build) == -signal.SIGTERM
    made = bench.made(SHIP, BOAT)
    assert [(each.resumed, each.credits) for each in made] == [(True, 0), (True, 0)]
    assert len(sandbox.log("generate")) == 2


def test_a_build_ended_by_sigterm_in_the_middle_of_an_order_is_settled_by_the_next(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="hang_after", seconds=10_000)
    build = start(bench, ["a ship"])
    wait_for(lambda: len(sandbox.tasks()) == 1)
    assert ended(build) == -signal.SIGTERM
    (made,) = bench.made(SHIP)
    assert made.record.adopted, "which the author is told"
    assert len(sandbox.log("generate")) == 1


def test_a_build_ended_by_sigterm_before_its_order_came_through_has_it_ordered_again_and_says_so(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="hang_before", seconds=10_000)
    build = start(bench, ["a ship"])
    wait_for(lambda: sandbox.faults()[0]["fired"])
    assert ended(build) == -signal.SIGTERM
    (made,) = bench.made(SHIP)
    assert made.reordered
    assert len(sandbox.log("generate")) == 2


def test_a_build_ended_by_sigterm_while_it_downloads_leaves_its_task_to_the_next(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="download", calls=[1], fault="stall", seconds=100_000)
    build = start(bench, ["a ship"])
    wait_for(lambda: sandbox.log("download"))
    assert ended(build) == -signal.SIGTERM
    (made,) = bench.made(SHIP)
    assert (made.resumed, made.credits) == (True, 0)
    assert len(sandbox.tasks()) == 1


# -- stopped --------------------------------------------------------------------------------------


def test_what_a_stopped_build_has_ordered_is_awaited_for_a_time_and_nobody_pays_for_it(
    bench: Bench, sandbox: SandboxProcess, stopped: Callable[..., subprocess.Popen[str]]
) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="slow", seconds=200)
    sleeper = stopped("a ship")
    wait_for(lambda: any(each.state == "submitted" for each in bench.journal().entries()))
    wait_for(lambda: orders_nothing(bench))
    stop(sleeper, bench)
    found = bench.build([SHIP, BOAT], build_timeout=300)
    assert isinstance(found["a boat"], Made), "others go on"
    error = found["a ship"]
    assert isinstance(error, TimedOut)
    assert f"process {sleeper.pid} makes it" in str(error)
    assert sandbox.tasks()[0]["task_id"] in str(error)
    sleeper.send_signal(signal.SIGCONT)
    assert "sha256" in outcomes(sleeper)["a ship"]
    assert bench.made(SHIP)[0].credits == 0
    assert sorted(task["request"]["prompt"] for task in sandbox.tasks()) == ["a boat", "a ship"]


def test_a_build_stopped_in_the_middle_of_an_order_holds_up_orders_for_a_time_and_is_named(
    bench: Bench, sandbox: SandboxProcess, stopped: Callable[..., subprocess.Popen[str]]
) -> None:
    bench.made(order("a raft"))
    bench.speed = 10  # it is named if this build sees it stopped for 10 s without a gap of 10 s
    sandbox.order(endpoint="generate", calls=[1], fault="hang_after", seconds=150)
    sleeper = stopped("a ship")
    wait_for(lambda: len(sandbox.tasks()) == 2)
    stop(sleeper, bench)
    found = bench.build([SHIP, BOAT, order("a raft")], build_timeout=60)
    assert isinstance(found["a raft"], Made)
    for prompt, kind in (("a ship", TimedOut), ("a boat", NotOrdered)):
        error = found[prompt]
        assert isinstance(error, kind), found
        assert f"process {sleeper.pid}" in str(error)
    assert len(sandbox.tasks()) == 2
    sleeper.send_signal(signal.SIGCONT)
    assert "sha256" in outcomes(sleeper)["a ship"]
    bench.made(SHIP, BOAT)
    prompts = sorted(task["request"]["prompt"] for task in sandbox.tasks())
    assert prompts == ["a boat", "a raft", "a ship"]


def test_a_stopped_build_that_is_killed_frees_its_place_at_once(
    bench: Bench, sandbox: SandboxProcess, stopped: Callable[..., subprocess.Popen[str]]
) -> None:
    sandbox.order(endpoint="download", calls=[1], fault="stall", seconds=100_000)
    sleeper = stopped("a ship")
    wait_for(lambda: sandbox.log("download"))
    stop(sleeper, bench)
    waiting = stopped("a ship")
    wait_for(lambda: len(list((bench.folder / "v1" / "locks").glob("owner-*"))) == 2)
    sleeper.kill()
    assert "sha256" in outcomes(waiting)["a ship"]
    assert len(sandbox.tasks()) == 1


def test_who_is_waited_for_is_told_while_waiting(
    bench: Bench, sandbox: SandboxProcess, stopped: Callable[..., subprocess.Popen[str]]
) -> None:
    sandbox.order(endpoint="download", calls=[1], fault="stall", seconds=100_000)
    sleeper = stopped("a ship")
    wait_for(lambda: sandbox.log("download"))
    stop(sleeper, bench)
    said: list[str] = []
    bench.build([SHIP], report=lambda each: said.append(str(each)), build_timeout=20)
    assert any(f"(waiting: process {sleeper.pid})" in each for each in said)


def test_an_order_that_never_ends_elsewhere_is_waited_for_no_longer_than_a_task(
    bench: Bench, sandbox: SandboxProcess, stopped: Callable[..., subprocess.Popen[str]]
) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="hang_after", seconds=500)
    sleeper = stopped("a ship")
    wait_for(lambda: len(sandbox.tasks()) == 1)
    stop(sleeper, bench)
    found = bench.build([SHIP, BOAT, order("a raft")], task_timeout=60)
    for prompt in ("a boat", "a raft"):
        error = found[prompt]
        assert isinstance(error, NotOrdered), found
        assert f"process {sleeper.pid} has held " in str(error)
        assert str(bench.journal().ordering.lock_file) in str(error)
    error = found["a ship"]
    assert isinstance(error, TimedOut), found
    assert f"process {sleeper.pid} makes it: that process has done nothing" in str(error)
    assert len(sandbox.log("generate")) == 1
    sleeper.send_signal(signal.SIGCONT)
    assert "sha256" in outcomes(sleeper)["a ship"]
    bench.made(SHIP, BOAT)
    prompts = sorted(task["request"]["prompt"] for task in sandbox.tasks())
    assert prompts == ["a boat", "a ship"]


def test_a_lock_that_is_never_let_go_of_stops_orders_but_not_the_fetching_of_what_is_pending(
    bench: Bench, sandbox: SandboxProcess, stopped: Callable[..., subprocess.Popen[str]]
) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="slow", seconds=100)
    first = stopped("a ship")
    wait_for(lambda: any(each.state == "submitted" for each in bench.journal().entries()))
    first.kill()
    lock = Path(bench.journal().ordering.lock_file)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        found = bench.build([SHIP, BOAT], task_timeout=500)
    error = found["a boat"]
    assert isinstance(error, NotOrdered), found
    assert f"another process has held {lock} for" in str(error)
    assert isinstance(found["a ship"], Made)
    assert len(sandbox.log("generate")) == 1
    bench.made(SHIP, BOAT)
    assert sorted(task["request"]["prompt"] for task in sandbox.tasks()) == ["a boat", "a ship"]


# -- side by side ---------------------------------------------------------------------------------


def test_a_small_build_is_done_long_before_the_big_one_beside_it(
    bench: Bench, sandbox: SandboxProcess, stopped: Callable[..., subprocess.Popen[str]]
) -> None:
    big = stopped(*(f"ship {number}" for number in range(500)))
    wait_for(lambda: len(sandbox.log("generate")) >= 56)  # as many as a window takes
    assert all("sha256" in each for each in outcomes(start(bench, map(str, range(5)))).values())
    assert sum("ship" in task["request"]["prompt"] for task in sandbox.tasks()) < 500
    assert 429 not in [entry["status"] for entry in sandbox.log()]
    big.kill()
