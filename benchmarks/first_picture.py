"""From `make html` to the first and the last picture of ten, and what Sphinx does meanwhile.

    python benchmarks/first_picture.py [--pages 200] [--latency 20]

A whole build of so many pages, ten with a figure, over sockets in real time; the sandbox's tasks
are lognormal with the latency as their median. It is built twice with other prompts: the first
time nothing is known of the service, the second time the ledger has the first build's latencies.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from sandbox_process import SandboxProcess

FIGURES = 10
CONF = """
import pathlib, time
extensions = ["sphinx_paperbanana"]
moments = pathlib.Path("moments")

def setup(app):
    def note(event, priority):
        def listener(app, *args):
            with moments.open("a") as file:
                print(event, time.time(), file=file)
        app.connect(event, listener, priority)
    note("env-updated", 0)
    note("write-started", 0)
    note("build-finished", 999)
"""


def write_sources(folder: Path, pages: int, words: str) -> None:
    """Write the pages; the first ten have a figure each."""
    (folder / "conf.py").write_text(CONF)
    names = [f"page{number}" for number in range(pages)]
    index = "Index\n=====\n\n.. toctree::\n\n" + "".join(f"   {name}\n" for name in names)
    (folder / "index.rst").write_text(index)
    for number, name in enumerate(names):
        figure = f".. paperbanana:: {words} {number}\n"
        text = "Some text about water.\n\n" * 20 + (figure if number < FIGURES else "")
        (folder / f"{name}.rst").write_text(f"{name}\n{'=' * 9}\n\n{text}")


def build(folder: Path, sandbox: SandboxProcess, cache: Path) -> dict[str, float]:
    """Build; return the seconds from its start to each moment."""
    (folder / "moments").unlink(missing_ok=True)
    environ = {**os.environ, **sandbox.env, "PAPERBANANA_CACHE_DIR": str(cache)}
    made = {task["task_id"] for task in sandbox.tasks()}
    began, downloads = time.time(), len(sandbox.log("download"))
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "_build"]
    subprocess.run(command, cwd=folder, env=environ, check=True)
    moments = {
        event: float(moment) - began
        for event, moment in map(str.split, (folder / "moments").read_text().splitlines())
    }
    tasks = [task for task in sandbox.tasks() if task["task_id"] not in made]
    arrived = sorted(each["time"] - began for each in sandbox.log("download")[downloads:])
    ready = sorted(task["finished_at"] - began for task in tasks)
    return {
        "all pages are read": moments["env-updated"],
        "first order": min(task["created_at"] for task in tasks) - began,
        "last order": max(task["created_at"] for task in tasks) - began,
        "first picture is ready": ready[0],
        "first picture is here": arrived[0],
        "last picture is ready": ready[-1],
        "last picture is here": arrived[-1],
        "writing begins": moments["write-started"],
        "the build ends": moments["build-finished"],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--latency", type=float, default=20.0)
    given = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as name, SandboxProcess(latency=given.latency) as sandbox:
        for words in ("The flow of water through field", "The way of a boat to harbour"):
            folder = Path(name) / str(len(found))
            folder.mkdir()
            write_sources(folder, given.pages, words)
            found.append(build(folder, sandbox, Path(name) / "cache"))
    print("| seconds after the start | first build | the service is known |\n|---|---|---|")
    for event in found[0]:
        print(f"| {event} | {found[0][event]:.1f} | {found[1][event]:.1f} |")


if __name__ == "__main__":
    main()
