"""An upgrade with a new form of key: what is open under the old one is not ordered again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace

from builder import outcomes, start
from sandbox_process import SandboxProcess
from stock import digest
from workbench import Bench, order

from pbfigure.figure.key import Key
from pbfigure.scheduler.job import Failed, Order
from pbfigure.scheduler.journal import SUBMITTED

OLD = order("a ship")
NEW: Order = replace(
    OLD, key=Key(digest("new"), digest("new request"), None, former=(OLD.key.digest,))
)


def until(condition: Callable[[], object]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that")


def test_a_task_ordered_under_a_former_key_is_fetched_under_the_new_one(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="download", calls=[1, 2, 3, 4, 5], fault="corrupt")
    bench.refused(OLD)
    assert bench.entry(OLD).state == SUBMITTED  # type: ignore[union-attr]
    (made,) = bench.made(NEW)
    assert made.resumed
    assert made.record.key == NEW.key.digest
    assert len(sandbox.tasks()) == 1
    assert bench.journal().entries() == []
    assert bench.journal().key_of(made.record.task_id) == NEW.key.digest
    assert bench.made(NEW)[0].record == made.record


def test_an_answer_lost_under_a_former_key_is_settled_before_anything_is_ordered(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="hang_after", seconds=10_000)
    build = start(bench, ["a ship"])
    until(lambda: len(sandbox.tasks()) == 1)
    build.send_signal(signal.SIGKILL)
    build.communicate()
    made, boat = bench.made(NEW, order("a boat"))
    assert made.record.adopted
    assert not boat.record.adopted
    assert made.record.key == NEW.key.digest
    assert len(sandbox.tasks()) == 2


def test_a_failure_under_a_former_key_is_remembered(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="failed")
    bench.refused(OLD)
    assert isinstance(bench.refused(NEW), Failed)
    assert len(sandbox.log("generate")) == 1


def test_what_an_older_release_makes_just_now_is_awaited(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=60)
    build = start(bench, ["a ship"])
    until(lambda: len(sandbox.tasks()) == 1)
    (made,) = bench.made(NEW)
    outcomes(build)
    assert made.record.key == OLD.key.digest, "found under the key it was bought under"
    assert len(sandbox.tasks()) == 1
