"""What generated figures cost a build that has them all, in CPU, against plain ``figure`` and
other kinds of figures (:data:`PEERS`), for ``bench.py``: the projects are built in turn.

The sandbox draws forty figures, some five a second. Their pictures stand in the machine's
cache for all other figures too, each under its own key and with a record of its own, so that ten
thousand figures are there in minutes; everything from there on is what a build makes of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from instructions import instructions_of
from sandbox_process import SandboxProcess
from store import SETTLED

from pbfigure.documents.document import SphinxBuild
from pbfigure.figure.figure import compose
from sphinx_paperbanana.opened_document import open_sphinx

CONF = "project = 'Warm build'\nnumfig = True\nhtml_sidebars = {'**': []}\n"
"""Without the table of contents beside each page, which costs more than all else together."""
EXTENSION = "extensions = ['sphinx_paperbanana']\npaperbanana_requests_per_minute = 60000\n"
PARAGRAPH = (
    "The mixed layer of compartment {page} exchanges gas with the air above it, at a rate that"
    " grows with the wind, and passes a part of what it takes up to the water below. How much of"
    " that stays there depends on the season, on the *biological pump* and on ``{page}`` other"
    " things, which `the next section <https://example.org/{page}>`_ and :math:`k_{page}` tell."
)
DRAWN = 40
"""Figures that the sandbox draws."""
FIGURE = {
    "generated": ".. paperbanana:: How compartment {page} takes up carbon\n",
    "plain": ".. figure:: pictures/{page}.png\n   :alt: How compartment {page} takes up carbon\n",
    "graphviz": ".. graphviz::\n",
    "plantuml": ".. uml::\n",
    "mermaid": ".. mermaid::\n",
    "plot_directive": ".. plot::\n",
}
BODY = {
    "plain": "   Uptake by compartment {page}\n",
    "graphviz": "   digraph {{ air -> layer{page} -> water{page} }}\n",
    "plantuml": "   air -> layer{page}\n   layer{page} -> water{page}\n",
    "mermaid": "   graph LR; air --> layer{page} --> water{page}\n",
    "plot_directive": "   import matplotlib.pyplot as plt\n   plt.plot([1, {page}, 3])\n",
}
PEERS = {
    "graphviz": "extensions = ['sphinx.ext.graphviz']\n",
    "plantuml": "extensions = ['sphinxcontrib.plantuml']\nplantuml_batch_size = 200\n",
    "mermaid": "extensions = ['sphinxcontrib.mermaid']\n",
    "plot_directive": "extensions = ['matplotlib.sphinxext.plot_directive']\n",
}
"""Other extensions that make figures of a text, by the settings that they take."""


def figure_of(kind: str, number: int) -> str:
    """Return a figure with a caption and a name."""
    options = "" if kind == "plain" else "   :caption: Uptake by compartment {page}\n"
    if kind != "plot_directive":  # it takes none
        options += "   :name: uptake-{page}\n"
    body = f"\n{BODY[kind]}" if kind in BODY else ""
    return (FIGURE[kind] + options + body).format(page=number)


def page_of(kind: str, page: int, figures: int = 1) -> str:
    """Return a page of three sections, about 200 words, and its figures."""
    text = PARAGRAPH.format(page=page)
    figure = "\n\n".join(figure_of(kind, page * figures + each) for each in range(figures))
    see = "See it." if kind == "plot_directive" else f"See :numref:`uptake-{page * figures}`."
    items = "* Wind\n* Ice\n* Waves\n"
    return "\n\n".join(
        [
            f"Compartment {page}\n================",
            text,
            f"Exchange\n--------\n\n{text}\n\n{figure}\n{see}",
            f"Season\n------\n\n{items}\n{text}",
        ]
    )


def write(folder: Path, kind: str, pages: int, figures: int = 1) -> None:
    """Write a project."""
    folder.mkdir(parents=True)
    conf = CONF + (EXTENSION if kind == "generated" else PEERS.get(kind, ""))
    (folder / "conf.py").write_text(conf)
    names = [f"page{number:04}" for number in range(pages)]
    toc = "\n   ".join(names)
    (folder / "index.rst").write_text(f"Index\n=====\n\n.. toctree::\n\n   {toc}\n")
    for number, name in enumerate(names):
        (folder / f"{name}.rst").write_text(page_of(kind, number, figures))


def _command(source: Path, *flags: str) -> list[str]:
    output = source.parent / f"{source.name}-html"
    options = ("-q", "-W", "-b", "html", *flags)
    return [sys.executable, "-m", "sphinx", *options, str(source), str(output)]


def build(source: Path, environment: dict[str, str], *flags: str) -> float:
    """Build a project in a process of its own; return its CPU seconds."""
    process = subprocess.Popen(_command(source, *flags), env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the build of {source} failed: {status}")
    return usage.ru_utime + usage.ru_stime


def touch(source: Path) -> None:
    """Make every page newer than the last build."""
    now = time.time()
    for page in source.glob("*.rst"):
        os.utime(page, (now, now))


def stock(project: Path, drawn: Path, environment: dict[str, str]) -> None:
    """Have every figure of a project in the machine's cache, with the pictures of another one."""
    pictures = [
        (found.record, found.path)
        for found in open_sphinx(drawn, environment, SphinxBuild()).look_up()
        if found.record is not None and found.path is not None
    ]
    document = open_sphinx(project, environment, SphinxBuild())
    cache = document.project.cache
    for number, block in enumerate(document.blocks):
        figure = compose(block)
        record, path = pictures[number % len(pictures)]
        record = record._replace(
            key=figure.key.digest,
            request_digest=figure.key.request,
            content_digest=figure.key.content,
            request=figure.request.summary(),
            task_id=f"{record.task_id}-{number}",
            figure=None,
        )
        cache.keep(record, [path])


def prepare(folder: Path, pages: int, figures: int = 1) -> dict[str, str]:
    """Write both projects and make every picture; return the environment of the warm builds."""
    generated, plain, drawn = folder / "generated", folder / "plain", folder / "drawn"
    write(generated, "generated", pages, figures)
    write(plain, "plain", pages, figures)
    write(drawn, "generated", 1, DRAWN)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PAPERBANANA_")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once
    environment |= {"PAPERBANANA_CACHE_DIR": str(folder / "cache"), "PYTHONHASHSEED": "0"}
    with SandboxProcess(speed=2000, credits=10_000_000) as sandbox:
        environment |= sandbox.env
        build(drawn, environment)
    stock(generated, drawn, environment)  # from now on nobody answers there
    build(generated, environment)
    (plain / "pictures").mkdir()
    for record in (generated / "_paperbanana").glob("*.json"):
        number = json.loads(record.read_text())["figure"].rpartition("-")[2]
        shutil.copy(record.with_suffix(".png"), plain / "pictures" / f"{number}.png")
    return environment


def edit(source: Path) -> None:
    """Change one page, so that it is read and written again."""
    page = source / "page0001.rst"
    page.write_text(f"{page.read_text()}\n.. {time.time_ns()}\n")


def nothing(source: Path) -> None:
    """Change nothing."""


SCENARIOS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "every page touched": (touch, ()),
    "touched, -j 2": (touch, ("-j", "2")),
    "one page edited": (edit, ()),
    "no change": (nothing, ()),
}


def _prepared(folder: Path, pages: int, figures: int, peers: Sequence[str]) -> dict[str, str]:
    """Write the projects of all kinds, build them until they are warm; return the environment."""
    environment = prepare(folder, pages, figures)
    for kind in peers:
        write(folder / kind, kind, pages, figures)
        build(folder / kind, environment)
    time.sleep(SETTLED)
    for kind in ("plain", "generated", *peers):
        for _ in range(2):
            build(folder / kind, environment)
    return environment


def warm_of(
    pages: int,
    figures: int,
    rounds: int,
    peers: Sequence[str],
    scenarios: Iterable[str] = SCENARIOS,
) -> dict[str, dict[str, list[float]]]:
    """Return the CPU seconds of every kind's builds, by scenario; all kinds take turns.

    plot_directive, whose builds take eight times as long, is built twice at most.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        kinds = ("plain", "generated", *peers)
        environment = _prepared(folder, pages, figures, peers)
        found: dict[str, dict[str, list[float]]] = {}
        for scenario in scenarios:
            change, flags = SCENARIOS[scenario]
            if change is nothing:
                for kind in kinds:  # what was edited last is known by its time from here on
                    build(folder / kind, environment)
                time.sleep(SETTLED)
            taken = found[scenario] = {kind: [] for kind in kinds}
            for turn in range(rounds):
                for kind in kinds:
                    if kind == "plot_directive" and turn > 1:
                        continue
                    change(folder / kind)
                    taken[kind].append(build(folder / kind, environment, *flags))
        return found


WITHOUT_COLLECTOR = "import gc\ngc.disable()\n"


def counted_of(
    pages: int, figures: int, peers: Sequence[str], scenarios: Iterable[str]
) -> dict[str, dict[str, float]]:
    """Return the millions of instructions of a serial build of every kind, by scenario.

    No other work on the machine changes them, and so one build of each is enough. Python's
    collector is off, but for "plain, collector" and "generated, collector": whether one more of
    its full collections, 1 % of a small build each, falls into a build tells of nothing.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        environment = _prepared(folder, pages, figures, peers)
        (folder / "sitecustomize.py").write_text(WITHOUT_COLLECTOR)
        path = os.pathsep.join([name, *filter(None, [environment.get("PYTHONPATH")])])
        without = {**environment, "PYTHONPATH": path}
        found: dict[str, dict[str, float]] = {}
        for scenario in scenarios:
            change, _ = SCENARIOS[scenario]
            taken = found[scenario] = {}
            for kind in ("plain", "generated", *peers):
                build(folder / kind, environment)
                time.sleep(SETTLED)
                for row, given in ((kind, without), (f"{kind}, collector", environment)):
                    if given is without or kind not in peers:
                        change(folder / kind)
                        processes = instructions_of(_command(folder / kind), given)
                        taken[row] = sum(millions for _, millions in processes)
        return found
