"""Several builds at once, as real processes: who pays, who waits, and what a death leaves."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

from builder import outcomes, start
from sandbox_process import SandboxProcess
from wait_for import wait_for
from workbench import Bench, order

from pbfigure.scheduler.lost_answer import GRACE


def test_builds_that_miss_the_same_pictures_at_once_pay_once_and_all_get_them(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    prompts = [f"ship {number}" for number in range(8)]
    builds = [start(bench, prompts[shift:] + prompts[:shift]) for shift in (0, 3, 6)]
    results = [outcomes(build) for build in builds]
    assert len(sandbox.tasks()) == 8
    bought = {task["request"]["prompt"]: task["images"][0]["sha256"] for task in sandbox.tasks()}
    for result in results:
        assert {prompt: line.get("sha256") for prompt, line in result.items()} == bought
    paid = sum(float(str(line["credits"])) for result in results for line in result.values())
    assert paid == sandbox.ledger()["charged"] == 40


def test_the_pace_is_shared_so_that_many_builds_meet_no_rate_limit(
    start_sandbox: Callable[..., SandboxProcess], tmp_path: Path
) -> None:
    # slower than elsewhere: what a busy machine holds up counts as so many seconds of the server's
    sandbox = start_sandbox(speed=8, latency=1)
    bench = Bench(sandbox.base_url, sandbox.key, tmp_path / "cache", speed=8)
    builds = [start(bench, [f"ship {number} {each}" for each in range(25)]) for number in range(3)]
    for build in builds:
        assert all("sha256" in line for line in outcomes(build).values())
    assert len(sandbox.tasks()) == 75
    assert 429 not in [entry["status"] for entry in sandbox.log()]


def test_a_server_that_says_wait_is_heeded_by_every_build(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="status", status=429, retry_after=60)
    builds = [start(bench, [f"ship {number}"]) for number in range(3)]
    for build in builds:
        outcomes(build)
    log = [entry for entry in sandbox.log() if entry["host"] == "api"]
    (told,) = [entry["time"] for entry in log if entry["status"] == 429]
    # what was under way at that moment may still arrive
    assert not [entry for entry in log if told + 15 < entry["time"] < told + 58]


def test_what_a_killed_build_had_ordered_is_free_at_once_and_paid_once(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=100)
    build = start(bench, ["a ship", "a boat"])
    wait_for(lambda: len(sandbox.tasks()) == 2)
    build.send_signal(signal.SIGKILL)
    build.communicate()
    made = bench.made(order("a ship"), order("a boat"))
    assert len(made) == len(sandbox.tasks()) == 2


def test_a_build_takes_over_from_another_that_is_killed_while_it_waits(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=150)
    first = start(bench, ["a ship"])
    wait_for(lambda: len(sandbox.tasks()) == 1)
    second = start(bench, ["a ship"])
    time.sleep(0.8)
    first.kill()
    first.communicate()
    assert "sha256" in outcomes(second)["a ship"]
    assert len(sandbox.tasks()) == 1


def test_a_build_killed_before_its_answer_came_is_settled_by_the_next(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="hang_after", seconds=10_000)
    build = start(bench, ["a ship"])
    wait_for(lambda: len(sandbox.tasks()) == 1)
    build.kill()
    build.communicate()
    clock = bench.clock()
    began = clock.monotonic()
    (made,) = bench.made(order("a ship"))
    assert clock.monotonic() - began >= GRACE - 1
    assert made.record.adopted
    assert len(sandbox.tasks()) == 1


def test_ctrl_c_ends_a_build_at_once_and_what_it_ordered_is_fetched_by_the_next(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="download", calls=[1], fault="stall", seconds=100_000)
    build = start(bench, ["a ship"])
    wait_for(lambda: sandbox.log("download"))
    build.send_signal(signal.SIGINT)
    _, error = build.communicate(timeout=120)
    assert "KeyboardInterrupt" in error
    assert not list((bench.folder / "v1" / "incoming").iterdir())
    (made,) = bench.made(order("a ship"))
    assert made.resumed
    assert len(sandbox.tasks()) == 1


def test_ctrl_c_lets_an_order_come_to_its_end_so_that_its_task_is_written_down(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="hang_after", seconds=100)
    build = start(bench, ["a ship"])
    wait_for(lambda: len(sandbox.tasks()) == 1)
    build.send_signal(signal.SIGINT)
    build.communicate(timeout=120)
    entry = bench.entry(order("a ship"))
    assert entry is not None
    assert entry.task_id == sandbox.tasks()[0]["task_id"]
    assert entry.owner is None


def test_a_cache_folder_deleted_under_a_build_stops_its_orders(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    import shutil

    sandbox.order(endpoint="tasks", calls=[1], fault="hang_before", seconds=50)
    build = start(bench, ["a ship"])
    wait_for(lambda: list((bench.folder / "v1" / "locks").glob("owner-*")))
    wait_for(lambda: sandbox.faults()[0]["fired"])
    shutil.rmtree(bench.folder)
    build.communicate(timeout=240)
    assert not sandbox.log("generate")
