"""Many figures at the documented limits: near the bound, in few requests, without a 429."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from simulation import Simulation, Unmarked, measure, simulate
from workbench import Bench, order

from pbfigure.scheduler.order_queue import LONG_WAIT

TEAM_PAGE = Path(__file__).parents[2] / "docs/how-to/for-a-team.md"


@pytest.mark.parametrize(
    ("figures", "known", "requests"),
    [(1, 0, 55), (1, 30, 43), (10, 0, 61), (10, 30, 96), (100, 0, 346), (100, 30, 356)],
)
def test_a_fixed_number_of_figures_takes_no_more_requests_than_before(
    tmp_path: Path, figures: int, known: int, requests: int
) -> None:
    """A guard: whoever raises a number says why. Three builds each; the clock is simulated."""
    runs = [simulate(figures, tmp_path / str(seed), seed=seed, known=known) for seed in range(3)]
    assert sum(run.limited for run in runs) == 0
    assert sum(run.requests for run in runs) <= requests
    if figures == 100:
        assert max(run.over_bound for run in runs) <= 1.06


def test_single_figures_of_a_known_service_are_noticed_soon_and_in_few_requests(
    tmp_path: Path,
) -> None:
    simulation = Simulation(tmp_path, adapter=Unmarked, seed=1)
    for number in range(30):
        simulation.made(order(f"boat {number}"))
    runs = [measure(simulation, [order(f"ship {number}")]) for number in range(30)]
    assert statistics.median(run.late for run in runs) <= 2.5
    assert statistics.mean(run.late for run in runs) <= 3
    assert statistics.mean(run.requests for run in runs) <= 15


def test_a_service_that_became_ten_times_as_fast_or_slow_is_followed(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, adapter=Unmarked, seed=1)
    for number in range(30):
        simulation.made(order(f"boat {number}"))
    for latency in (6.0, 600.0):
        simulation.service.settings.latency = latency
        for number in range(20):
            simulation.made(order(f"{latency} {number}"), task_timeout=LONG_WAIT * 100)
        run = measure(simulation, [order(f"ship at {latency} s")])
        assert run.late <= 0.2 * run.bound + 2
        assert run.requests <= 40


def test_a_list_full_of_the_teams_other_tasks_costs_a_poll_its_pages_and_orders_little(
    tmp_path: Path,
) -> None:
    simulation = Simulation(tmp_path, adapter=Unmarked, seed=1)
    simulation.service.add_foreign_tasks({"count": 500, "age": 30})
    run = measure(simulation, [order(f"ship {number}") for number in range(150)])
    assert run.limited == 0
    assert run.over_bound <= 1.1
    assert run.requests_per_figure <= 1.7


@pytest.mark.parametrize("share", [60, 12, 3])
def test_a_machines_share_of_the_teams_limit_orders_as_much_as_the_page_for_teams_says(
    tmp_path: Path, share: int
) -> None:
    simulation = Simulation(tmp_path, adapter=Unmarked, seed=1)
    simulation.requests_per_minute = share
    simulation.made(*(order(f"ship {number}") for number in range(15 * share)), task_timeout=10_000)
    ordered = sorted(task["created_at"] for task in simulation.tasks())
    minutes = (ordered[-1] - ordered[0]) / 60 + 1
    rows = re.findall(r"^\|(.*)\|$", TEAM_PAGE.read_text("utf-8"), re.MULTILINE)
    cells = [row.replace(" ", "").split("|") for row in rows]
    said = {row[at]: (row[0], row[at + 1]) for row in cells if len(row) == 5 for at in (1, 3)}
    machines, together = map(int, said[str(share)])
    assert len(ordered) / minutes * machines == pytest.approx(together, abs=1)


def test_a_hundred_figures_over_sockets_meet_no_429(
    start_sandbox: Callable[..., SandboxProcess], tmp_path: Path
) -> None:
    speed = 30.0
    sandbox = start_sandbox(speed=speed, latency=60)
    bench = Bench(sandbox.base_url, sandbox.key, tmp_path / "cache", speed=speed)
    bench.made(*(order(f"ship {number}") for number in range(100)), task_timeout=10_000)
    bench.close()
    log = [entry for entry in sandbox.log() if entry["host"] == "api"]
    assert 429 not in [entry["status"] for entry in log]
    assert len(log) <= 150
