"""Every goal of speed, measured in one run, with the other extensions beside it: ``make bench``.

Writes the part of RESULTS.md between its two marks: the machine, a table of goals with what was
measured, the numbers behind it, and curves (``curves/*.svg``). Ratios are of runs taken in turn;
times are CPU seconds of whole processes, medians, with the spread from the least to the most::

    python benchmarks/bench.py [--quick] [--only warm start store memory orders]
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from unittest import mock

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests"), str(HERE.parent / "tests" / "scheduler")]

import memory  # noqa: E402
import plans  # noqa: E402
import store  # noqa: E402
import warm_build  # noqa: E402

RESULTS = HERE / "RESULTS.md"
CURVES = HERE / "curves"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
PACKAGES = ("sphinx", "docutils", "pillow", "matplotlib", "sphinxcontrib-mermaid")
PACKAGES += ("sphinxcontrib-plantuml", "diskcache", "joblib")
IMPORT = """
import sphinx.cmd.build, sphinx.builders.html, sphinx.builders.singlehtml, time
import sphinx.transforms.post_transforms.images, sphinx.directives.patches
began = time.process_time()
import sphinx_paperbanana
from sphinx_paperbanana import config, entrances, env_updated, html_outputs, plan, translations
print(time.process_time() - began)
"""
"""What a build imports of the extension before it reads anything, beyond what Sphinx has."""


class Goal(NamedTuple):
    """One line of the table of goals."""

    what: str
    limit: float
    measured: float
    unit: str = ""

    def row(self) -> str:
        """The line, with the verdict."""
        verdict = "met" if self.measured <= self.limit else "**not met**"
        limit, measured = f"{self.limit:g}{self.unit}", f"{self.measured:.3g}{self.unit}"
        if not self.unit:
            measured = f"{self.measured:.3f}"
        return f"| {self.what} | ≤ {limit} | {measured} | {verdict} |"


class Part(NamedTuple):
    """What a part of the benchmark found: its goals, and lines of Markdown."""

    goals: Sequence[Goal]
    lines: Sequence[str]


def spread(seconds: Sequence[float]) -> str:
    """Return a median with the least and the most."""
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"


def curve(name: str, axes: tuple[str, str], lines: dict[str, list[tuple[float, float]]]) -> str:
    """Draw a curve, and return the Markdown that shows it."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = name
    from matplotlib import pyplot

    figure, plot = pyplot.subplots(figsize=(6, 3.5))
    for label, points in lines.items():
        plot.plot(*zip(*points, strict=True), marker="o", label=label)
    plot.set(xlabel=axes[0], ylabel=axes[1], ylim=(0, None))
    plot.legend(fontsize="small")
    CURVES.mkdir(exist_ok=True)
    figure.savefig(CURVES / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    return f"![{axes[1]} by {axes[0]}](curves/{name}.svg)"


# -- warm builds --------------------------------------------------------------------------------


def edit(source: Path) -> None:
    """Change one page, so that it is read and written again."""
    page = source / "page0001.rst"
    page.write_text(f"{page.read_text()}\n.. {time.time_ns()}\n")


def nothing(source: Path) -> None:
    """Change nothing."""


SCENARIOS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "every page touched": (warm_build.touch, ()),
    "touched, -j 2": (warm_build.touch, ("-j", "2")),
    "one page edited": (edit, ()),
    "no change": (nothing, ()),
}


def _peers(folder: Path, environment: dict[str, str], pages: int, figures: int) -> list[str]:
    """Write and build the projects of the other extensions; return those that can be built."""
    built = []
    for kind in warm_build.PEERS:
        if kind == "plantuml" and shutil.which("plantuml") is None:
            continue
        warm_build.write(folder / kind, kind, pages, figures)
        warm_build.build(folder / kind, environment)
        built.append(kind)
    return built


def warm_of(
    pages: int, figures: int, rounds: int, *, peers: bool
) -> dict[str, dict[str, list[float]]]:
    """Return the CPU seconds of every kind's builds, by scenario; all kinds take turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        environment = warm_build.prepare(folder, pages, figures)
        kinds = ["plain", "generated"]
        kinds += _peers(folder, environment, pages, figures) if peers else []
        time.sleep(store.SETTLED)
        for kind in kinds[:2]:
            for _ in range(2):
                warm_build.build(folder / kind, environment)
        found: dict[str, dict[str, list[float]]] = {}
        for scenario, (change, flags) in SCENARIOS.items():
            taken: dict[str, list[float]] = {kind: [] for kind in kinds}
            for turn in range(rounds + 1):
                for kind in kinds:
                    if kind not in ("plain", "generated") and turn > 1:
                        continue  # once, behind one for the machine's caches
                    change(folder / kind)
                    cpu = warm_build.build(folder / kind, environment, *flags)
                    if turn:
                        taken[kind].append(cpu)
                if scenario == "no change" and not turn:
                    time.sleep(store.SETTLED)
            found[scenario] = taken
        return found


def warm(*, quick: bool) -> Part:
    """Builds in which every figure is there already."""
    shapes = [(100, 1)] if quick else [(200, 1), (2000, 1), (50, 40)]
    goals: list[Goal] = []
    lines = ["CPU seconds of a build, median (least to most), and the ratio to plain figures.", ""]
    growth: dict[str, list[tuple[float, float]]] = {}
    for pages, figures in shapes:
        found = warm_of(pages, figures, 5 if quick else 7, peers=pages <= 200)
        shape = f"{pages:,} pages × {figures}"
        lines += [f"| {shape} | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
        for kind in found["no change"]:
            cells = []
            for scenario, taken in found.items():
                ratio = statistics.median(taken[kind]) / statistics.median(taken["plain"])
                cells.append(f"{spread(taken[kind])}, {ratio:.3f}")
                if kind == "generated":
                    goals.append(Goal(f"warm build, {shape}, {scenario}: ÷ plain", 1.01, ratio))
                if figures == 1:
                    points = growth.setdefault(f"{kind}, {scenario}", [])
                    points.append((pages, statistics.median(taken[kind])))
            lines.append(f"| {kind} | {' | '.join(cells)} |")
        lines.append("")
    if not quick:
        shown = {
            name: points
            for name, points in growth.items()
            if name.startswith(("plain", "generated")) and "-j" not in name
        }
        lines += [curve("warm-builds", ("pages", "CPU seconds"), shown), ""]
    return Part(goals, lines)


# -- start, store, memory, orders ---------------------------------------------------------------


def _cpu(command: Iterable[str], environment: dict[str, str]) -> float:
    before = os.times()
    subprocess.run([*command], env=environment, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def start(*, quick: bool) -> Part:
    """What everyone waits for before anything is done."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    rounds = 9 if quick else 21
    imports, helps = [], []
    for _ in range(rounds):
        told = subprocess.run(
            [sys.executable, "-c", IMPORT], env=environment, capture_output=True, check=True
        )
        imports.append(1000 * float(told.stdout))
        helps.append(1000 * _cpu([sys.executable, "-m", "pbfigure", "--help"], environment))
    goals = [
        Goal("import of the extension beyond Sphinx", 15, statistics.median(imports), " ms"),
        Goal("`pbfigure --help`", 150, statistics.median(helps), " ms"),
    ]
    lines = [f"Import {spread(imports)} ms; help {spread(helps)} ms."]
    if not quick:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            verbs = plans.prepare(Path(name), 1000, 50)
            plans.seconds(Path(name), verbs, "plan", "docs")
            taken = [plans.seconds(Path(name), verbs, "plan", "docs") for _ in range(5)]
        goals.append(Goal("`plan` of 1,000 figures", 2, statistics.median(taken), " s"))
        lines.append(f"Plan {spread(taken)} s.")
    return Part(goals, [*lines, ""])


def store_(*, quick: bool) -> Part:
    """The stores against other ways to keep bytes."""
    lines = ["CPU seconds for all records, and seconds in brackets.", ""]
    looked: dict[str, list[tuple[float, float]]] = {}
    for count in [100] if quick else [100, 1000, 10_000]:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            costs = store.measure(count, Path(name))
        lines += [*store.table(costs, count), ""]
        for (way, verb), cost in costs.items():
            if verb == "look-up":
                looked.setdefault(way, []).append((count, cost.cpu))
    goals = []
    for name, way in (("machine's cache", store.Ours), ("figures folder", store.Committed)):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            given = store.items(10_000, Path(folder))
            with mock.patch("os.fsync"):  # how durable it is, is no matter here
                way(Path(folder)).put(given)
            time.sleep(store.SETTLED)
            way(Path(folder)).get(given)
            cost = store.cost(lambda: way(Path(folder)).get(given), rounds=5)  # noqa: B023
        goals.append(Goal(f"warm look-up of 10,000 figures, {name}", 0.3, cost.cpu, " s"))
    if not quick:
        lines += [curve("look-ups", ("records", "CPU seconds"), looked), ""]
    return Part(goals, lines)


def memory_(*, quick: bool) -> Part:
    """Peak memory of builds that make and show pictures of 4K, above that of plain figures."""
    goals = []
    for kind in ("png", "jpeg", "webp"):
        peaks = memory.measured(8 if quick else 100, kind)
        for what, peak in (("makes", peaks.making), ("shows", peaks.showing)):
            name = f"memory of a build that {what} {peaks.tasks} × 4K {kind}, above plain"
            goals.append(Goal(name, 60, peak - peaks.plain, " MB"))
    return Part(goals, [])


def orders(*, quick: bool) -> Part:
    """The scheduler against the physical bound; `throughput.py` has more."""
    from simulation import simulate

    goals = []
    for figures, limit in ((100, 1.02),) if quick else ((100, 1.02), (1000, 1.03)):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            run = simulate(figures, Path(folder), seed=0)
        goals.append(Goal(f"orders of {figures:,} figures: time ÷ bound", limit, run.over_bound))
        requests = run.requests_per_figure
        goals.append(Goal(f"orders of {figures:,} figures: requests a figure", 1.2, requests))
    return Part(goals, [])


PARTS = {
    "warm": ("Warm builds", warm),
    "start": ("Start", start),
    "store": ("Stores", store_),
    "memory": ("Memory", memory_),
    "orders": ("Orders", orders),
}


def machine() -> str:
    """Return what all numbers are of."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    installed = []
    for name in PACKAGES:
        try:
            installed.append(f"{name} {version(name)}")
        except ImportError:
            installed.append(f"no {name}")
    today = datetime.datetime.now(datetime.UTC).date()
    load = os.getloadavg()[0]
    return (
        f"{today}; {os.cpu_count()} × {cpu}, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}, {', '.join(installed)}; load at the start"
        f" {load:.1f}."
    )


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller: under five minutes")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    found = {}
    told = machine()
    for name in given.only:
        print(f"{name} …", flush=True)
        found[name] = PARTS[name][1](quick=given.quick)
        for goal in found[name].goals:
            print(goal.row(), flush=True)
    how = "make bench QUICK=1" if given.quick else "make bench"
    if given.only != list(PARTS):
        how = f"python benchmarks/bench.py {'--quick ' * given.quick}--only {' '.join(given.only)}"
    lines = [BEGIN, f"`{how}`, {told}", "", "| goal | asked | measured | |", "|---|---|---|---|"]
    lines += [goal.row() for part in found.values() for goal in part.goals]
    for name, part in found.items():
        if part.lines:
            lines += ["", f"### {PARTS[name][0]}", "", *part.lines]
    text = RESULTS.read_text()
    before, _, rest = text.partition(BEGIN)
    body = "\n".join(lines).rstrip()
    RESULTS.write_text(f"{before}{body}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
