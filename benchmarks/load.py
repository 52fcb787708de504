"""Many builds at once, and very many figures: that nothing fails, and what it takes.

    python benchmarks/load.py [--processes 8] [--figures 200] [--warm 10000] [--apart]

First, processes that all want the same figures at once, on an empty cache: each figure is to be
paid for once, and every process to have all (with --apart, each wants its own). Then one project
with very many figures, all made: each one looked up, with the memo of checked files and without.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from sandbox_process import SandboxProcess

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import compose
from pbfigure.figure.notice import Place
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.settings import gather
from pbfigure.store.picture import examine
from pbfigure.store.record import Record


def blocks(count: int, fleet: str = "") -> list[FigureBlock]:
    place = Place("index.rst", 1)
    text = WrittenText(f"Ships and the sea. {fleet}")
    return [FigureBlock("index", place, f"Ship number {n}", text, {}) for n in range(count)]


def open_project(folder: Path, environ: dict[str, str]) -> Project:
    settings = gather([environment_layer(environ, folder)], figures_dir=folder / "figures")
    return Project(folder, settings, environ, folder / "seen.json")


def one_build(folder: Path, count: int, fleet: str) -> None:
    """Build once, in a process of its own; print what came of it."""
    folder.mkdir(parents=True)
    project = open_project(folder, dict(os.environ))
    try:
        began = time.monotonic()
        resolution = resolve(project, blocks(count, fleet))
    finally:
        project.close()
    shown = sum(figure.path is not None for figure in resolution.figures)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = time.monotonic() - began
    spent = resolution.credits_spent
    print(json.dumps({"shown": shown, "credits": spent, "peak_mb": peak, "seconds": took}))


def at_once(scratch: Path, processes: int, count: int, *, apart: bool) -> None:
    with SandboxProcess(latency=2) as sandbox:
        sandbox.settings(
            key_limit=10**6, ip_limit=10**6, team_limit=10**6, credits=processes * count * 6
        )
        environ = {**os.environ, **sandbox.env, "PAPERBANANA_CACHE_DIR": str(scratch / "cache")}
        environ["PAPERBANANA_REQUESTS_PER_MINUTE"] = "100000"
        began = time.monotonic()
        running = [
            subprocess.Popen(
                [
                    sys.executable,
                    __file__,
                    "--build",
                    str(scratch / f"p{n}"),
                    "--figures",
                    str(count),
                    "--fleet",
                    str(n) if apart else "",
                ],
                stdout=subprocess.PIPE,
                env=environ,
            )
            for n in range(processes)
        ]
        results = [json.loads(process.communicate()[0]) for process in running]
        took = time.monotonic() - began
        tasks, requests = sandbox.tasks(), len([e for e in sandbox.log() if e["host"] == "api"])
    shown = sorted(result["shown"] for result in results)
    spent = sum(result["credits"] for result in results)
    peak = max(result["peak_mb"] for result in results)
    first, last = min(r["seconds"] for r in results), max(r["seconds"] for r in results)
    print(f"the first process was done after {first:.0f} s, the last after {last:.0f} s")
    print(
        f"{processes} processes × {count} figures at once: {took:.0f} s, {len(tasks)} tasks,"
        f" {requests} API requests, figures shown {shown}, {spent:g} credits, peak {peak:.0f} MB"
    )


def fill(project: Project, picture: Path, wanted: list[FigureBlock]) -> None:
    """Write a record and a picture for every block, as a build would have."""
    assert project.figures is not None
    facts = examine(picture)
    for block in wanted:
        figure = compose(block)
        record = Record(
            key=figure.key.digest,
            request_digest=figure.key.request,
            content_digest=figure.key.content,
            content_automatic=False,
            request=figure.request.summary(),
            task_id="task",
            cost_credits=6,
            created_at="2026-11-22T00:00:00Z",
            pictures=(facts,),
            figure=figure.name,
        )
        project.figures.keep(figure.slug, record, [picture])


def warm(scratch: Path, count: int) -> None:
    from PIL import Image

    folder = scratch / "warm"
    folder.mkdir()
    picture = scratch / "picture.png"
    Image.new("RGB", (64, 36), "teal").save(picture)
    environ = {"PAPERBANANA_CACHE_DIR": str(scratch / "warm-cache")}
    wanted = blocks(count)
    fill(open_project(folder, environ), picture, wanted)
    time.sleep(2.5)  # files changed just now are not remembered as checked
    for what in ("without the memo", "with it"):
        project = open_project(folder, environ)
        began, cpu = time.monotonic(), time.process_time()
        resolution = resolve(project, wanted)
        project.close()
        took, cpu = time.monotonic() - began, time.process_time() - cpu
        good = sum(figure.state == "present" for figure in resolution.figures)
        print(f"{count} figures warm, {what}: {good} found, {took:.2f} s, {cpu:.2f} s of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--figures", type=int, default=200)
    parser.add_argument("--warm", type=int, default=10_000)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--fleet", default="", help=argparse.SUPPRESS)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build is not None:
        one_build(given.build, given.figures, given.fleet)
        return
    with tempfile.TemporaryDirectory() as folder:
        at_once(Path(folder), given.processes, given.figures, apart=given.apart)
        warm(Path(folder), given.warm)


if __name__ == "__main__":
    main()
