"""Every fault of the sandbox, on every endpoint, at the first, a middle and the last call.

    python benchmarks/fault_matrix.py --write    # docs/explanation/fault-matrix.md

Each cell is a build of three figures over real sockets against a sandbox of its own, in which one
call goes wrong, and then a second build without any fault. What is recorded is what was observed.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "scheduler")]

from sandbox_process import SandboxProcess  # noqa: E402
from workbench import Bench, order  # noqa: E402

from pbfigure.figure.notice import FigureError  # noqa: E402
from pbfigure.sandbox.fault_rules import FAULTS  # noqa: E402
from pbfigure.scheduler.jobs import Made, Outcome  # noqa: E402

SPEED = 50.0
FIGURES = {"generate": 3, "tasks": 3, "task": 1, "download": 3}
"""In a build: a single task is asked for by its id, several by the list."""
OUT = ROOT / "docs" / "explanation" / "fault-matrix.md"
PLACES = {
    "generate": {"first": 1, "middle": 2, "last": 3},
    "tasks": {"first": 1, "second": 2, "all from the third": "3-"},
    "task": {"first": 1, "second": 2, "all from the third": "3-"},
    "download": {"first": 1, "middle": 2, "last": 3},
}
"""Which calls: three figures are ordered and fetched in three, and looked at in more."""
VARIANTS: dict[str, list[dict[str, object]]] = {
    "status": [
        *({"status": status} for status in (400, 401, 402, 403, 404, 411, 413, 429, 500, 503)),
        {"status": 503, "retry_after": 3},
        {"status": 429, "retry_after": 999_999_999},
        {"status": 500, "after": True},
        {"status": 502, "body": "<html>"},
        {"status": 503, "body": "<html>", "after": True},
    ],
    "shape": [{"shape": shape} for shape in ("no_task_id", "wrong_types", "null_data")],
    "drop_before": [{}, {"reset": True}],
    "drop_after": [{}, {"reset": True}],
    "redirect": [{}],
    "hang_before": [{"seconds": 5}],
    "hang_after": [{"seconds": 5}],
    "stall": [{"seconds": 5}],
    "drip": [{"seconds": 1}],
    "late": [{"seconds": 30}],
    "slow": [{"seconds": 10}],
    "mistyped": [{"as": "html"}, {"as": "webp"}],
}
SKIPPED = {("download", "status", 401): "a storage host knows no keys"}


@dataclass(frozen=True)
class Cell:
    """What one fault at one place came to."""

    outcome: str
    told: str
    fired: int
    paid_twice: int
    lost: int
    wrong: int

    @property
    def is_good(self) -> bool:
        # on a very busy machine a build may end before it comes to that call
        was_tried = self.fired or self.outcome == "all made" or "not ready" in self.told
        return bool(was_tried) and not (self.paid_twice or self.lost or self.wrong)


def faults_of(endpoint: str) -> list[dict[str, object]]:
    """Every fault of an endpoint, with the parameters that are tried."""
    return [
        {"fault": fault, **parameters}
        for fault, about in FAULTS.items()
        if endpoint in about.endpoints
        for parameters in VARIANTS.get(fault, [{}])
        if (endpoint, fault, parameters.get("status")) not in SKIPPED
    ]


def observe(endpoint: str, place: str, fault: dict[str, object]) -> Cell:
    """Run one cell."""
    with (
        tempfile.TemporaryDirectory(prefix="fault-matrix-") as folder,
        SandboxProcess(speed=SPEED, latency=15) as sandbox,
    ):
        bench = Bench(sandbox.base_url, sandbox.key, Path(folder), speed=SPEED, read_timeout=5)
        sandbox.order(endpoint=endpoint, calls=PLACES[endpoint][place], **fault)
        wanted = [order(f"ship {number}") for number in range(FIGURES[endpoint])]
        first = bench.build(wanted, task_timeout=100, build_timeout=5000)
        (played,) = sandbox.faults()
        sandbox.clear_faults()
        second = bench.build(wanted, task_timeout=100)
        cell = _judged(first, second, sandbox.tasks(), played["fired"])
        bench.close()
    return cell


def _judged(
    first: dict[str, Outcome],
    second: dict[str, Outcome],
    tasks: list[dict[str, Any]],
    fired: int,
) -> Cell:
    twice = lost = wrong = 0
    for prompt in first:
        bought = [task for task in tasks if task["request"]["prompt"] == prompt]
        good = [task for task in bought if task["status"] not in ("failed", "canceled")]
        outcome = second[prompt]
        twice += len(good) > 1
        if isinstance(outcome, Made):
            shown = outcome.record.picture.sha256
            spoiled = outcome.record.picture.format == "webp"  # mistyped, and kept as it came
            wrong += not spoiled and shown not in {i["sha256"] for t in bought for i in t["images"]}
        elif good and "settle" not in str(outcome) and "journal" not in str(outcome):
            lost += "next build" not in str(outcome)
    made = [sum(isinstance(each, Made) for each in run.values()) for run in (first, second)]
    errors = [each for run in (first, second) for each in run.values() if _failed(each)]
    return Cell(_words(made, len(first)), _first(errors), fired, twice, lost, wrong)


def _failed(outcome: Outcome) -> bool:
    return isinstance(outcome, FigureError)


def _words(made: list[int], wanted: int) -> str:
    if made[0] == wanted:
        return "all made"
    if made[1] == wanted:
        return f"{made[0]} of {wanted} made, the rest by the next build"
    return f"{made[0]} of {wanted} made, {made[1]} after the next build"


def _first(errors: list[FigureError]) -> str:
    return f"`{type(errors[0]).__name__}`: {str(errors[0])[:110]}" if errors else ""


def _name(fault: dict[str, object]) -> str:
    rest = ", ".join(f"{name} {value}" for name, value in fault.items() if name != "fault")
    return f"{fault['fault']}" + (f" ({rest})" if rest else "")


HEAD = """\
# What goes wrong, and what comes of it

Every fault that the sandbox can play, on every endpoint that a build uses, at the first, a middle
and the last call of a build; then a second build with nothing in its way. Written
by `python benchmarks/fault_matrix.py --write` from what was observed over real sockets. In every
row: pictures paid for twice {twice}, lost {lost}, wrong {wrong}.

"""


def _table(observed: list[tuple[tuple[str, str, dict[str, object]], Cell]]) -> list[str]:
    """One row a fault, and one more where its calls fared differently."""
    lines = ["| endpoint | fault | call | outcome | what is told |", "|---|---|---|---|---|"]
    rows: dict[tuple[str, ...], list[str]] = {}
    for (endpoint, place, fault), cell in observed:
        told = re.sub(r"127\.0\.0\.1:[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27}", "…", cell.told)
        row = (endpoint, _name(fault), cell.outcome, told.replace("|", "/"))
        rows.setdefault(row, []).append(place)
    for (endpoint, fault, outcome, told), places in rows.items():
        which = "each" if len(places) == len(PLACES[endpoint]) else ", ".join(places)
        lines.append(f"| {endpoint} | {fault} | {which} | {outcome} | {told} |")
    return lines


def main() -> int:
    """Run the whole matrix."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {OUT.relative_to(ROOT)}")
    parser.add_argument("--jobs", type=int, default=6)
    given = parser.parse_args()
    places = [
        (endpoint, place, fault)
        for endpoint, calls in PLACES.items()
        for fault in faults_of(endpoint)
        for place in calls
    ]
    with ThreadPoolExecutor(given.jobs) as pool:
        cells = list(pool.map(lambda each: observe(*each), places))
    lines = _table(list(zip(places, cells, strict=True)))
    bad = [(place, cell) for place, cell in zip(places, cells, strict=True) if not cell.is_good]
    sums = {
        "twice": sum(cell.paid_twice for cell in cells),
        "lost": sum(cell.lost for cell in cells),
        "wrong": sum(cell.wrong for cell in cells),
    }
    text = HEAD.format(**sums) + "\n".join(lines) + "\n"
    if given.write:
        OUT.write_text(text)
    else:
        print(text)
    print(len(cells), "cells", sums, *bad, sep="\n", file=sys.stderr)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
