"""How measurements stand in RESULTS.md: goals with verdicts, curves, a block for each part."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
CURVES = HERE / "curves"
PACKAGES = ("sphinx", "docutils", "pillow", "matplotlib", "sphinxcontrib-mermaid")
PACKAGES += ("sphinxcontrib-plantuml", "diskcache", "joblib")


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


def curve(
    name: str,
    axes: tuple[str, str],
    lines: dict[str, list[tuple[float, float]]],
    *,
    log: bool = False,
) -> str:
    """Draw a curve, and return the Markdown that shows it. ``log``: where its x is logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = name
    from matplotlib import pyplot

    figure, plot = pyplot.subplots(figsize=(6, 3.5))
    for label, points in lines.items():
        plot.plot(*zip(*points, strict=True), marker="o", label=label)
    plot.set(xlabel=axes[0], ylabel=axes[1], ylim=(0, None), xscale="log" if log else "linear")
    plot.legend(fontsize="small")
    CURVES.mkdir(exist_ok=True)
    figure.savefig(CURVES / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    return f"![{axes[1]} by {axes[0]}](curves/{name}.svg)"


def machine() -> str:
    """Return what the numbers are of."""
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
    return (
        f"{os.cpu_count()} × {cpu}, {platform.system()} {platform.release()}, Python"
        f" {platform.python_version()}, {', '.join(installed)}."
    )


def write(name: str, lines: Iterable[str]) -> None:
    """Put lines in place of a block of the results."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, _, rest = RESULTS.read_text().partition(begin)
    body = "\n".join(lines).rstrip()
    RESULTS.write_text(f"{before}{begin}{body}\n{end}{rest.partition(end)[2]}")
