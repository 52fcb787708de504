"""How fast figures are made at the documented limits, against the physical bound and two peers.

    python benchmarks/throughput.py            # simulated, and over sockets at 20 times the speed
    python benchmarks/throughput.py --figures 1 10 100 --seeds 3 --speed 0 --svg cold.svg

The bound: the i-th of the orders cannot leave before minute ⌊i/60⌋, and its task takes as long as
it takes (lognormal, median 60 s). The simulation is exact, for nothing in it takes time but limits
and tasks; over sockets the limits, latencies and the scheduler's clock are scaled together.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "scheduler")]

from sandbox_process import SandboxProcess  # noqa: E402
from simulation import Measured, Simulation, Unmarked, bound_of, measure, simulate  # noqa: E402
from workbench import Bench, order  # noqa: E402

from pbfigure.sandbox import SANDBOX_KEY, Call, Service  # noqa: E402

FAST = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
KNOWN = 30
"""Figures that earlier builds made of a service that is known."""


# -- peers ----------------------------------------------------------------------------------------


def exchange(service: Service, method: str, path: str, body: object = None) -> tuple[int, dict]:
    """Exchange one request; return the status, or -seconds to wait, and the data."""
    data = b"" if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}", "Content-Length": str(len(data))}
    if data:
        headers["Content-Type"] = "application/json"
    answer = service.handle(Call(method, f"/api/v1{path}", headers, data))
    if answer.status == 429:
        return -int(answer.headers["Retry-After"]), {}
    return answer.status, json.loads(answer.body)["data"]


def quick_start(service: Service, figures: int) -> Iterator[float]:
    """The loop of the API reference's quick start: one figure after the other, a look every 5 s."""
    exchange(service, "GET", "/credits")
    for number in range(figures):
        body = {
            "type": "standard",
            "scene": "text-to-image",
            "prompt": f"ship {number}",
            "model": "nano-banana-pro",
        }
        while (made := exchange(service, "POST", "/generate", body))[0] < 0:
            yield -made[0]
        while True:
            status, data = exchange(service, "GET", f"/task/{made[1]['task_id']}")
            if status > 0 and data["status"] == "success":
                break
            yield max(5, -status)


def peer(figures: int, folder: Path, seed: int, *, threads: int) -> Measured:
    """Make figures by the quick start's loop, in so many threads, each of which honours 429."""
    simulation = Simulation(folder, seed=seed)
    clock, service = simulation.clock, simulation.service
    began = clock.now
    for thread in range(threads):
        clock.start(quick_start(service, figures // threads + (thread < figures % threads)))
    while clock.others:
        clock.wait([], clock.others[0][0] - clock.now)
    log = service.log.entries()
    limited = sum(entry["status"] == 429 for entry in log)
    bound = bound_of(simulation.tasks())
    return Measured(figures, clock.now - began, bound, len(log), limited)


# -- others on the same key -----------------------------------------------------------------------


def busy(figures: int, folder: Path, seed: int) -> Measured:
    """Make figures while teammates have one made every 2 s, under keys of their own."""

    def teammates(service: Service) -> Iterator[float]:
        while True:
            service.add_foreign_tasks({"latency": 60})
            yield 2.0

    return beside(teammates, figures, folder, seed)


def shared_key(figures: int, folder: Path, seed: int) -> Measured:
    """Make figures while another program sends 12 requests a minute under the same key."""

    def program(service: Service) -> Iterator[float]:
        while True:
            exchange(service, "GET", "/credits")
            yield 5.0

    return beside(program, figures, folder, seed)


def beside(
    others: Callable[[Service], Iterator[float]], figures: int, folder: Path, seed: int
) -> Measured:
    """Make figures beside others; what they send does not count."""
    simulation = Simulation(folder, adapter=Unmarked, seed=seed)
    for number in range(KNOWN):
        simulation.made(order(f"boat {number}", output_format="png"))
    simulation.clock.now += 3600
    simulation.clock.start(others(simulation.service))
    simulation.clock.wait([], 300)
    wanted = [order(f"ship {number}", output_format="png") for number in range(figures)]
    return measure(simulation, wanted, but="credits")


# -- over sockets ---------------------------------------------------------------------------------


def over_sockets(figures: int, speed: float) -> Measured:
    """Make so many figures against a sandbox in a process of its own, all clocks scaled."""
    with (
        tempfile.TemporaryDirectory(dir=FAST) as folder,
        SandboxProcess(speed=speed, latency=60, credits=10_000_000) as sandbox,
    ):
        bench = Bench(sandbox.base_url, sandbox.key, Path(folder), speed=speed)
        bench.made(*(order(f"boat {number}") for number in range(KNOWN)), task_timeout=100_000)
        time.sleep(61 / speed)
        sent, made = len(sandbox.log()), {task["task_id"] for task in sandbox.tasks()}
        began = time.monotonic()
        bench.made(*(order(f"ship {number}") for number in range(figures)), task_timeout=100_000)
        seconds = (time.monotonic() - began) * speed
        log = [entry for entry in sandbox.log()[sent:] if entry["host"] == "api"]
        limited = sum(entry["status"] == 429 for entry in log)
        ours = [task for task in sandbox.tasks() if task["task_id"] not in made]
        measured = Measured(figures, seconds, bound_of(ours), len(log), limited)
        bench.close()
    return measured


# -- the table ------------------------------------------------------------------------------------

SERIES: dict[str, tuple[Callable[[int, Path, int], Measured], int]] = {
    "the service is known": (
        lambda figures, folder, seed: simulate(figures, folder, seed=seed, known=KNOWN),
        10_000,
    ),
    "first build": (lambda figures, folder, seed: simulate(figures, folder, seed=seed), 1000),
    "busy task list": (busy, 1000),
    "another program's 12 a minute": (shared_key, 1000),
    "a thread a figure": (
        lambda figures, folder, seed: peer(figures, folder, seed, threads=figures),
        1000,
    ),
    "quick start's loop": (
        lambda figures, folder, seed: peer(figures, folder, seed, threads=1),
        100,
    ),
}
"""How figures are made, and the most that are."""


def row(name: str, runs: list[Measured]) -> str:
    """One line of the table: means, and the worst for what must not happen."""
    return (
        f"| {name} | {runs[0].figures} | {len(runs)} | {statistics.mean(r.bound for r in runs):.0f}"
        f" | {statistics.mean(r.seconds for r in runs):.0f}"
        f" | {statistics.mean(r.over_bound for r in runs):.3f}"
        f" | {max(r.over_bound for r in runs):.3f}"
        f" | {statistics.mean(r.late for r in runs):.1f}"
        f" | {statistics.median(r.late for r in runs):.1f}"
        f" | {statistics.mean(r.requests_per_figure for r in runs):.2f}"
        f" | {sum(r.limited for r in runs)} |"
    )


def plot(curves: dict[str, dict[int, float]], target: Path) -> None:
    """Draw the time over the bound by the number of figures."""
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "the same bytes each time"
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, curve in curves.items():
        axes.plot(list(curve), list(curve.values()), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="figures", ylabel="time ÷ bound")
    axes.legend()
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figures", type=int, nargs="*", default=[1, 10, 100, 1000, 10_000])
    parser.add_argument("--seeds", type=int, default=10, help="builds; of a single figure, 6 times")
    parser.add_argument("--speed", type=float, default=20.0, help="over sockets; 0: not at all")
    parser.add_argument("--svg", type=Path, help="where to draw the curves")
    given = parser.parse_args()
    print(
        "| | figures | builds | bound, s | taken, s | ÷ bound | worst | late, s | median"
        " | requests a figure | 429 |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    curves: dict[str, dict[int, float]] = {}
    for name, (make, most) in SERIES.items():
        for figures in [each for each in given.figures if each <= most]:
            builds = {1: 6 * given.seeds, 1000: -(-given.seeds // 2), 10_000: 1}
            runs = []
            for seed in range(builds.get(figures, given.seeds)):
                with tempfile.TemporaryDirectory(dir=FAST) as folder:
                    runs.append(make(figures, Path(folder), seed))
            print(row(name, runs), flush=True)
            curves.setdefault(name, {})[figures] = statistics.mean(r.over_bound for r in runs)
    for figures in given.figures:
        if given.speed and figures <= 100:
            runs = [over_sockets(figures, given.speed)]
            print(row(f"known, sockets × {given.speed:g}", runs), flush=True)
    if given.svg is not None:
        plot(curves, given.svg)


if __name__ == "__main__":
    main()
