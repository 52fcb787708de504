"""Downloads and waits without end: a build keeps its limits, and nothing that was paid is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from simulation import Simulation
from workbench import Bench, order

from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.errors import TimedOut
from pbfigure.scheduler.jobs import Made

SHIPS = [order(f"ship {number}") for number in range(3)]
ENDLESS = [
    {"fault": "drip", "seconds": 1},
    {"fault": "continues"},
    {"fault": "stall", "seconds": 10_000},
    {"fault": "hang_before", "seconds": 10_000},
]


@pytest.mark.parametrize("fault", ENDLESS, ids=lambda fault: fault["fault"])
@pytest.mark.parametrize("limits", [{"task_timeout": 15}, {"build_timeout": 20}], ids=str)
def test_a_download_without_end_is_broken_off_at_the_limits_and_fetched_by_the_next_build(
    bench: Bench, sandbox: SandboxProcess, fault: dict[str, object], limits: dict[str, float]
) -> None:
    bench.build(SHIPS, task_timeout=0)  # orders them
    sandbox.order(endpoint="download", calls="all", **fault)
    clock = bench.clock()
    began = clock.monotonic()
    outcomes = bench.build(SHIPS, **limits)
    # at 50 times the speed, a busy machine's 2 seconds are 100
    assert clock.monotonic() - began < 20 + 200
    for outcome in outcomes.values():
        assert isinstance(outcome, TimedOut)
        assert "without paying again" in str(outcome)
    sandbox.clear_faults()
    assert all(each.resumed for each in bench.made(*SHIPS))
    assert len(sandbox.tasks()) == 3


def test_one_download_without_end_holds_up_no_other_picture(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="download", calls="all", fault="drip", prompt="ship 1")
    outcomes = bench.build(SHIPS, task_timeout=600)
    assert [isinstance(each, Made) for each in outcomes.values()] == [True, False, True]
    assert not list((bench.folder / "v1" / "incoming").iterdir())


def test_a_real_build_of_real_seconds_keeps_its_limit(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    bench.speed = 1
    sandbox.order(endpoint="download", calls="all", fault="continues")
    began = time.monotonic()
    assert "not ready within 3 s" in str(bench.refused(SHIPS[0], task_timeout=3))
    assert time.monotonic() - began < 60


ABSURD: list[dict[str, object]] = [
    {"retry_after": 999_999_999},
    {"retry_after": 10**400},
    {"retry_after": 250_000_000_000, "retry_after_date": True},
]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("endpoint", ["generate", "tasks"])
@pytest.mark.parametrize("wait", ABSURD, ids=["nine digits", "400 digits", "the year 9999"])
def test_an_absurd_wait_stops_one_build_with_a_word_and_ten_minutes_of_later_ones(
    tmp_path: Path, status: int, endpoint: str, wait: dict[str, object]
) -> None:
    simulation = Simulation(tmp_path / "cache")
    simulation.fault(endpoint, "status", status=status, **wait)
    began = simulation.clock.now
    for outcome in simulation.build(*SHIPS).values():
        assert isinstance(outcome, FigureError)
        assert "asks for a wait of" in str(outcome)
        assert "ten minutes" in str(outcome)
    assert simulation.clock.now - began < 120, "a lost answer's grace at the most"
    later = simulation.build(*SHIPS, task_timeout=100)
    assert not any(isinstance(each, Made) for each in later.values())
    assert not simulation.times("generate", "ship 2")
    simulation.clock.now = began + 720
    simulation.made(*SHIPS)
    assert len(simulation.tasks()) == 3


def test_an_absurd_wait_for_the_second_order_ends_the_build_and_the_first_is_fetched_later(
    tmp_path: Path,
) -> None:
    simulation = Simulation(tmp_path / "cache")
    simulation.fault("generate", "status", calls=[2], status=429, retry_after=999_999_999)
    began = simulation.clock.now
    for outcome in simulation.build(*SHIPS).values():
        assert isinstance(outcome, FigureError)
        assert "999,999,999 s" in str(outcome)
    assert simulation.clock.now - began < 60
    simulation.clock.now += 600
    made = simulation.made(*SHIPS)
    assert [each.resumed for each in made.values()].count(True) == 1
    assert len(simulation.tasks()) == 3


def test_an_absurd_wait_for_a_poll_leaves_what_was_ordered_to_the_next_build(
    tmp_path: Path,
) -> None:
    simulation = Simulation(tmp_path / "cache")
    simulation.fault("tasks", "status", calls="2-", status=429, retry_after=999_999_999)
    began = simulation.clock.now
    for outcome in simulation.build(*SHIPS).values():
        assert isinstance(outcome, FigureError)
        assert "999,999,999 s" in str(outcome)
    assert simulation.clock.now - began < 300
    simulation.service.faults.clear()
    simulation.clock.now += 600
    assert all(each.resumed for each in simulation.made(*SHIPS).values())
    assert len(simulation.tasks()) == 3


@pytest.mark.parametrize("wait", [-5, -(10**400)], ids=["negative", "400 digits"])
def test_a_wait_that_is_over_before_it_begins_is_no_wait(tmp_path: Path, wait: int) -> None:
    simulation = Simulation(tmp_path / "cache")
    simulation.fault("generate", "status", status=429, retry_after=wait)
    simulation.made(*SHIPS)
    assert len(simulation.tasks()) == 3
