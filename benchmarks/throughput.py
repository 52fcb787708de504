"""How fast figures are made at the documented limits, against the physical bound.

    python benchmarks/throughput.py            # simulated, and over sockets at 20 times the speed
    python benchmarks/throughput.py --figures 1 10 100 --seeds 3 --speed 0

The bound: the i-th of the orders cannot leave before minute ⌊i/60⌋, and its task takes as long as
it takes (lognormal, median 60 s). The simulation is exact, for nothing in it takes time but limits
and tasks; over sockets the limits, latencies and the scheduler's clock are scaled together.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "scheduler")]

from sandbox_process import SandboxProcess  # noqa: E402
from simulation import Measured, bound_of, simulate  # noqa: E402
from workbench import Bench, order  # noqa: E402

FAST = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


def over_sockets(figures: int, speed: float) -> Measured:
    """Make so many figures against a sandbox in a process of its own, all clocks scaled."""
    with (
        tempfile.TemporaryDirectory(dir=FAST) as folder,
        SandboxProcess(speed=speed, latency=60, credits=10_000_000) as sandbox,
    ):
        bench = Bench(sandbox.base_url, sandbox.key, Path(folder), speed=speed)
        began = time.monotonic()
        bench.made(*(order(f"ship {number}") for number in range(figures)), task_timeout=100_000)
        seconds = (time.monotonic() - began) * speed
        log = [entry for entry in sandbox.log() if entry["host"] == "api"]
        limited = sum(entry["status"] == 429 for entry in log)
        measured = Measured(figures, seconds, bound_of(sandbox.tasks()), len(log), limited)
        bench.close()
    return measured


def row(name: str, runs: list[Measured]) -> str:
    """One line of the table: means, and the worst for what must not happen."""
    return (
        f"| {name} | {runs[0].figures} | {statistics.mean(r.bound for r in runs):.0f}"
        f" | {statistics.mean(r.seconds for r in runs):.0f}"
        f" | {statistics.mean(r.over_bound for r in runs):.3f}"
        f" | {max(r.over_bound for r in runs):.3f}"
        f" | {statistics.mean(r.requests_per_figure for r in runs):.2f}"
        f" | {sum(r.limited for r in runs)} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figures", type=int, nargs="*", default=[1, 10, 100, 1000])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--speed", type=float, default=20.0, help="over sockets; 0: not at all")
    given = parser.parse_args()
    print("| | figures | bound, s | taken, s | ÷ bound | worst | requests a figure | 429 |")
    print("|---|---|---|---|---|---|---|---|")
    for figures in given.figures:
        runs = []
        for seed in range(given.seeds if figures < 1000 else min(2, given.seeds)):
            with tempfile.TemporaryDirectory(dir=FAST) as folder:
                runs.append(simulate(figures, Path(folder), seed=seed))
        print(row("simulated", runs), flush=True)
    for figures in given.figures:
        if given.speed and figures <= 100:
            print(
                row(f"sockets × {given.speed:g}", [over_sockets(figures, given.speed)]), flush=True
            )


if __name__ == "__main__":
    main()
