"""A sample of the fault matrix; the whole of it is benchmarks/fault_matrix.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from fault_matrix import PLACES, faults_of, observe  # noqa: E402

CELLS = [
    (endpoint, place, fault)
    for endpoint in PLACES
    for fault in faults_of(endpoint)
    for place in PLACES[endpoint]
]


@pytest.mark.parametrize(("endpoint", "place", "fault"), CELLS[::37], ids=str)
def test_a_fault_ends_in_a_picture_or_one_clear_error_and_nothing_is_paid_twice_lost_or_wrong(
    endpoint: str, place: str, fault: dict[str, object]
) -> None:
    cell = observe(endpoint, place, fault)
    assert cell.is_good, cell


def test_builds_killed_at_random_pay_nothing_twice_and_lose_nothing() -> None:
    command = [sys.executable, str(BENCHMARKS / "kill_loop.py"), "--json", "--kills", "20"]
    command += ["--pictures", "8"]
    done = subprocess.run(
        [*command, "--seconds", "20"], capture_output=True, text=True, check=False
    )
    counted = json.loads(done.stdout)
    assert counted["trouble"] == []
    assert done.returncode == 0
    assert sum(counted.get(f"kills of {kind}", 0) for kind in ("engine", "sphinx", "latex")) > 0
    assert counted["LaTeX documents"] == counted["Sphinx documents"] == 3 * counted["rounds"]
