"""What ``pbfigure plan`` and ``status`` of a project of 1,000 figures cost, in CPU seconds.

Asked: each under 2 s, where all pictures are there and git has them, and where a page changed. The
CPU seconds of the command with the process in which Sphinx reads the project, medians::

    python benchmarks/plans.py --figures 1000 --pages 50 --rounds 5
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from sandbox_process import SandboxProcess

CONF = "extensions = ['sphinx_paperbanana']\npaperbanana_requests_per_minute = 60000\n"
SECTION = """\
Part {number}
----------------

The mixed layer of compartment {number} exchanges gas with the air above it, at a rate that grows
with the wind, and passes a part of what it takes up to the *water* below.

.. paperbanana:: How compartment {number} takes up carbon
   :name: uptake-{number}
"""
LIMIT = 2.0
"""CPU seconds of one command."""


def write(source: Path, figures: int, pages: int) -> None:
    """Write the project."""
    source.mkdir(parents=True)
    (source / "conf.py").write_text(CONF)
    names = [f"page{page:04}" for page in range(pages)]
    toc = "\n   ".join(names)
    (source / "index.rst").write_text(f"Index\n=====\n\n.. toctree::\n\n   {toc}\n")
    for page, name in enumerate(names):
        numbers = range(page * figures // pages, (page + 1) * figures // pages)
        sections = "\n".join(SECTION.format(number=number) for number in numbers)
        (source / f"{name}.rst").write_text(f"Page {page}\n=========\n\n{sections}")


def prepare(folder: Path, figures: int, pages: int) -> dict[str, str]:
    """Write the project, make and commit every picture; return the environment of the verbs."""
    source = folder / "docs"
    write(source, figures, pages)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PAPERBANANA_")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment |= {
        "PAPERBANANA_CACHE_DIR": str(folder / "cache"),
        "XDG_CACHE_HOME": str(folder / "user-cache"),
        "PAPERBANANA_MAX_CREDITS": "1000000",
    }
    with SandboxProcess(speed=2000) as sandbox:
        sandbox.settings(credits=1_000_000)
        environment |= sandbox.env
        seconds(folder, environment, "make", "docs", "--yes")
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "docs"), (*author, "commit", "-q", "-m", "Figures")):
        subprocess.run(("git", *command), cwd=folder, check=True)
    return environment


def seconds(folder: Path, environment: dict[str, str], *arguments: str) -> float:
    """Run a verb; return the CPU seconds of it and of all that it started."""
    before = os.times()
    command = [sys.executable, "-m", "pbfigure", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{arguments} ended with {done.returncode}")
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def main() -> None:
    """Measure, print, and end with 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the project here")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="plans-"))
    environment_file = folder / "environment.json"
    if environment_file.exists():
        environment = json.loads(environment_file.read_text())
    else:
        environment = prepare(folder, given.figures, given.pages)
        environment_file.write_text(json.dumps(environment))
    page = folder / "docs" / "page0000.rst"
    passed = True
    for verb in ("plan", "status"):
        for name, edited in (("all there", False), ("a page changed", True)):
            taken = []
            for turn in range(given.rounds + 1):
                if edited:
                    page.write_text(page.read_text().replace("the air", f"air {turn}", 1))
                    os.utime(page, (time.time(), time.time()))
                cpu = seconds(folder, environment, verb, "docs")
                taken += [cpu] if turn else []  # the first is for the machine's caches
            median = statistics.median(taken)
            passed = passed and median <= LIMIT
            print(f"{verb}, {name}: {median:.2f} s CPU (limit {LIMIT:g})")
    if given.folder is None:
        shutil.rmtree(folder)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
