"""Every goal of speed, measured in one run, with the other extensions beside it: ``make bench``.

Writes a block of RESULTS.md for each part: its goals with what was measured, the numbers behind
them, and curves (``curves/*.svg``); a block that is not measured stays. Ratios are of runs taken in
turn; times are CPU seconds of whole processes, medians, with the spread from the least to the
most. LaTeX is measured by the clock, as its hook runs beside TeX, and a goal of 1 % in
instructions::

    python benchmarks/bench.py [--quick] [--only warm many counted start …]
"""

from __future__ import annotations

import argparse
import datetime
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from unittest import mock

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests"), str(HERE.parent / "tests" / "scheduler")]

import latex_builds  # noqa: E402
import memory  # noqa: E402
import plans  # noqa: E402
import results  # noqa: E402
import simulation  # noqa: E402
import store  # noqa: E402
import throughput  # noqa: E402
import warm_build  # noqa: E402
import weight  # noqa: E402
from results import Goal, Part, curve, spread  # noqa: E402

IMPORT = """
import sphinx.cmd.build, sphinx.builders.html, sphinx.builders.singlehtml, time
import sphinx.transforms.post_transforms.images, sphinx.directives.patches
began = time.process_time()
import sphinx_paperbanana
from sphinx_paperbanana import config, env_updated, event_handlers, pages_to_write
from sphinx_paperbanana import localized_words, plan_builder
print(time.process_time() - began)
"""
"""What a build imports of the extension before it reads anything, beyond what Sphinx has."""


# -- warm builds --------------------------------------------------------------------------------


PEERS = tuple(kind for kind in warm_build.PEERS if kind != "plot_directive")


def warm(*, quick: bool) -> Part:
    """Builds in which every figure is there already, beside other extensions."""
    every = (*PEERS, "plot_directive")
    shapes = [(20, 1, 3, ()), (50, 1, 3, every)] if quick else [(200, 1, 7, every)]
    return _warm([*shapes, *([] if quick else [(2000, 1, 1, PEERS)])], "warm-builds")


def many(*, quick: bool) -> Part:
    """The same with many figures on a page, up to 10,000 in all."""
    shapes = [(5, 40, 1, ())] if quick else [(50, 40, 5, PEERS), (250, 40, 2, ())]
    return _warm(shapes, "many-figures")


def plots(*, quick: bool) -> Part:
    """plot_directive at sizes at which a build that draws them all takes eight minutes."""
    if quick:
        return Part([], ["Not measured: it takes three quarters of an hour."])
    kinds = ("plot_directive",)
    return _warm([(50, 40, 1, kinds), (2000, 1, 1, kinds)], scenarios=_serial())


def _serial() -> list[str]:
    return [name for name, (_, flags) in warm_build.SCENARIOS.items() if not flags]


def _warm(
    shapes: Iterable[tuple[int, int, int, Sequence[str]]],
    name: str = "",
    scenarios: Iterable[str] = warm_build.SCENARIOS,
) -> Part:
    """Measure projects of so many pages, figures a page, and rounds, beside other extensions.

    A name is that of a curve.
    """
    lines = [
        "CPU seconds of a build, median (least to most), and the ratio to the build of plain"
        " figures in the same turn, median. Two builds of one kind differ by more than the 1 % that"
        " is asked for: whether that is met is counted in instructions.",
        "",
    ]
    growth: dict[str, list[tuple[float, float]]] = {}
    for pages, figures, rounds, peers in shapes:
        found = warm_build.warm_of(pages, figures, rounds, _installed(peers), scenarios)
        shape = f"{pages:,} pages × {figures}"
        lines += [f"| {shape} | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
        for kind in found["no change"]:
            cells = []
            for scenario, taken in found.items():
                turns = zip(taken[kind], taken["plain"], strict=False)
                ratio = statistics.median(seconds / plain for seconds, plain in turns)
                cells.append(f"{spread(taken[kind])}, {ratio:.3f}")
                if kind in ("plain", "generated") and "-j" not in scenario:
                    points = growth.setdefault(f"{kind}, {scenario}", [])
                    points.append((pages * figures, statistics.median(taken[kind])))
            lines.append(f"| {kind} | {' | '.join(cells)} |")
        lines.append("")
    if name:
        lines += [curve(name, ("figures", "CPU seconds"), growth), ""]
    return Part([], lines)


def _installed(peers: Iterable[str]) -> list[str]:
    return [kind for kind in peers if kind != "plantuml" or shutil.which("plantuml")]


def counted(*, quick: bool) -> Part:
    """Warm builds by what no other work on the machine changes."""
    if quick or not shutil.which("valgrind"):
        return Part([], ["Not measured: it takes valgrind, and an hour."])
    every = _serial()
    goals, lines = [], ["Millions of instructions, and the ratio to plain figures.", ""]
    for pages, figures, scenarios in ((200, 1, every), (50, 40, every), (2000, 1, every[1:])):
        found = warm_build.counted_of(pages, figures, _installed(PEERS), scenarios)
        shape = f"{pages:,} pages × {figures}"
        lines += [f"| {shape} | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
        for kind in found["no change"]:
            plain = "plain, collector" if "collector" in kind else "plain"
            cells = [
                f"{taken[kind]:,.0f}, {taken[kind] / taken[plain]:.3f}" for taken in found.values()
            ]
            lines.append(f"| {kind} | {' | '.join(cells)} |")
        lines.append("")
        goals += [
            Goal(
                f"instructions of a warm build, {shape}, {scenario}: ÷ plain",
                1.01,
                taken["generated"] / taken["plain"],
            )
            for scenario, taken in found.items()
        ]
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
        figures = 8 if quick else 1000
        peaks = memory.measured(figures, kind)
        for what, peak in (("makes", peaks.making), ("shows", peaks.showing)):
            name = f"memory of a build that {what} {peaks.tasks:,} × 4K {kind}, above plain"
            goals.append(Goal(name, 60, peak - peaks.plain, " MB"))
    return Part(goals, [])


def simulate(figures: int, seed: int) -> simulation.Measured:
    """Make figures of a service that earlier builds know, under a simulated clock."""
    with tempfile.TemporaryDirectory(dir=throughput.FAST) as folder:
        return simulation.simulate(figures, Path(folder), seed=seed, known=throughput.KNOWN)


ORDERS = ((1, 60, 0.0), (10, 10, 0.0), (100, 10, 1.02), (1000, 5, 1.03), (10_000, 1, 1.03))
"""Figures, how many builds make them, and what is asked of their time by the bound."""


def orders(*, quick: bool) -> Part:
    """The scheduler against the physical bound; `throughput.py` has more."""
    goals: list[Goal] = []
    points = []
    for figures, builds, limit in ORDERS[: 3 if quick else None]:
        runs = [simulate(figures, seed) for seed in range(builds // 3 if quick else builds)]
        over = statistics.mean(run.over_bound for run in runs)
        requests = statistics.mean(run.requests_per_figure for run in runs)
        points.append((figures, over))
        what = f"orders of {figures:,} figures" if figures > 1 else "a single figure"
        if limit:
            goals.append(Goal(f"{what}: time ÷ bound", limit, over))
            goals.append(Goal(f"{what}: requests a figure", 1.2, requests))
        elif figures == 1:
            late = statistics.mean(run.late for run in runs)
            goals.append(Goal(f"{what} is noticed after", 2, late, " s"))
            goals.append(Goal(f"{what}: requests", 12, requests))
        goals.append(Goal(f"{what}: answers of 429", 0, sum(run.limited for run in runs)))
    return Part(goals, [curve("orders", ("figures", "time ÷ bound"), {"orders": points}, log=True)])


SIZES = ((100, 1.0, 3), (100, 10.0, 1), (1000, 0.0, 3))
"""Figures, megabytes of source and rounds of longer papers."""


def latex(*, quick: bool) -> Part:
    """LaTeX builds beside other packages, by the clock: TeX does not wait for the hook."""
    if not shutil.which("latexmk"):
        return Part([], ["Not measured: latexmk is not installed here."])
    kinds = [kind for kind in latex_builds.KINDS if latex_builds.is_installed(kind)]
    both = ["plain", "figures"]
    goals: list[Goal] = []
    clock = [
        "Seconds by the clock, least of a document's builds.",
        "",
        *latex_builds.heading(kinds),
    ]
    cpu = ["", "CPU seconds of the same builds, the hook's too.", "", *latex_builds.heading(kinds)]
    counted = ["", "Millions of instructions without the hook, and of the hook.", ""]
    counted += latex_builds.heading(both, hook=True)
    sizes = ["", "Longer papers, pdflatex, by the clock and in CPU seconds.", ""]
    sizes += latex_builds.heading(both)
    for figures, megabytes, rounds in () if quick else SIZES:
        name = f"{figures:,} figures" + f", {megabytes:g} MB" * bool(megabytes)
        with latex_builds.environment() as (folder, env):
            size = {"figures": figures, "megabytes": megabytes}
            made = latex_builds.papers("pdflatex", both, folder, env, **size)
            by_clock, by_processor = latex_builds.least_seconds(made, rounds)
            sizes += latex_builds.table(by_clock, f"{name}, clock", "s")
            sizes += latex_builds.table(by_processor, f"{name}, CPU", "s")
    for engine in ("pdflatex",) if quick else latex_builds.FLAGS:
        with latex_builds.environment() as (folder, env):
            made = latex_builds.papers(engine, kinds, folder, env, figures=20 if quick else 100)
            by_clock, by_processor = latex_builds.least_seconds(made, 3 if quick else 5)
            clock += latex_builds.table(by_clock, engine, "s")
            cpu += latex_builds.table(by_processor, engine, "s")
            if engine == "pdflatex" and not quick and shutil.which("valgrind"):
                costs, hook = latex_builds.counted({kind: made[kind] for kind in both})
                counted += latex_builds.table(costs, engine, "M", hook)
        for (scenario, taken), limit in zip(by_clock.items(), (1.03, 1.02, 1.0), strict=True):
            ratio = taken["figures"] / taken["plain"]
            goals.append(Goal(f"{engine}, {scenario}: ÷ plain", limit, ratio))
    return Part(goals, [*clock, *cpu, *([] if quick else [*counted, *sizes])])


def weight_(*, quick: bool) -> Part:
    """Bytes; nothing is asked but to show them."""
    figures = 10 if quick else 200
    found = weight.measured(figures, 1600)
    lines = [f"{figures} figures of 4K (the sandbox's sheets, PNG), `html_max_width = 1600`.", ""]
    lines += ["| kB a figure | |", "|---|---|"]
    lines += [
        f"| {what.replace('_', ', ')} | {size / 1000:.1f} |"
        for what, size in found._asdict().items()
    ]
    return Part([], lines)


PARTS = {
    "warm": ("Warm builds", warm),
    "many": ("Warm builds of many figures", many),
    "plots": ("Warm builds of many plots", plots),
    "counted": ("Warm builds by instructions", counted),
    "start": ("Start", start),
    "store": ("Stores", store_),
    "memory": ("Memory", memory_),
    "orders": ("Orders", orders),
    "latex": ("LaTeX", latex),
    "bytes": ("Bytes", weight_),
}


def main() -> None:
    """Measure, and write the results of each part when it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller: under five minutes")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    results.write("machine", [results.machine()])
    for name in given.only:
        title, measure = PARTS[name]
        print(f"{title} …", flush=True)
        day, load = datetime.datetime.now(datetime.UTC).date(), os.getloadavg()[0]
        began = time.monotonic()
        part = measure(quick=given.quick)
        minutes = (time.monotonic() - began) / 60
        command = f"python benchmarks/bench.py {'--quick ' * given.quick}--only {name}"
        head = f"`{command}`, {day}, load at the start {load:.1f}, {minutes:.1f} minutes."
        rows = [goal.row() for goal in part.goals]
        print("\n".join(rows), flush=True)
        if rows:
            rows = ["| goal | asked | measured | |", "|---|---|---|---|", *rows, ""]
        results.write(name, [f"### {title}", "", head, "", *rows, *part.lines])


if __name__ == "__main__":
    main()
