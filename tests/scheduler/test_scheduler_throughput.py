"""A hundred figures at the documented limits: near the physical bound, and never told to wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from simulation import simulate
from workbench import Bench, order


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_figures_take_at_most_a_tenth_over_the_bound_and_meet_no_429(
    tmp_path: Path, seed: int
) -> None:
    measured = simulate(100, tmp_path, seed=seed)
    assert measured.limited == 0
    assert measured.over_bound <= 1.10
    assert measured.requests_per_figure <= 1.5


def test_a_few_figures_are_not_kept_waiting_by_the_looks(tmp_path: Path) -> None:
    measured = simulate(5, tmp_path)
    assert measured.limited == 0
    assert measured.over_bound <= 1.10


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
