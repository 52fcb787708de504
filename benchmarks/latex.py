"""What the hook of LaTeX costs by itself: its starts, its work, and how fast it scans sources.

``latex_builds.py`` measures whole builds beside other packages. Here: how often each build starts
the hook, what the hook takes where there is nothing to do, and how fast sources are scanned::

    python benchmarks/latex.py --rounds 7
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from latex_builds import SCENARIOS, Paper, environment, timed
from real_sources import documents

from latex_hook.sources.inputs import read_document
from latex_hook.sources.masking import mask
from latex_hook.sources.scan import scan


def starts(paper: Paper, env: dict[str, str]) -> None:
    """Count how often the hook is started, and how often it reads the sources."""
    told = {**env, "PYTHONPROFILEIMPORTTIME": "1"}
    for _ in range(2):
        paper.clean()
        paper.build()
        time.sleep(3)  # files just written are looked at again
    for what, change in SCENARIOS.items():
        change(paper)
        said = subprocess.run(
            paper.command, cwd=paper.folder, env=told, check=True, capture_output=True
        )
        lines = said.stderr.decode().splitlines()
        started, read = (
            sum(line.endswith(f" latex_hook.{name}") for line in lines)
            for name in ("unchanged", "run")
        )
        print(f"{what:12} the hook starts {started} times, and reads the sources {read} times")


def clones(paper: Paper, cache: Path, rounds: int) -> None:
    """Time the first build of a clone: the cache is empty, and every picture is decoded."""
    taken = []
    for _ in range(rounds):
        paper.clean()
        shutil.rmtree(cache / "latex")
        taken.append(paper.build())
    print(f"{'clone':12} CPU median {statistics.median(taken):.2f}s, least {min(taken):.2f}s")


def idle(folder: Path, env: dict[str, str], rounds: int) -> None:
    """Time the hook where there is nothing to do, and where a text changed that it tells of."""
    arguments = ["--phase", "before", "paper.tex"]
    commands = {
        "nothing changed": ["pbfigure", "latex", "--quiet", *arguments],
        "a text changed": ["pbfigure", "latex", *arguments],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    for name, command in commands.items():
        timed(folder, env, command)
        wall = [timed(folder, env, command)[0] for _ in range(3 * rounds)]
        print(f"{name:22} median {statistics.median(wall):.3f}s, least {min(wall):.3f}s")


def scanning() -> None:
    """Time the scan of real sources, and of ten megabytes of them."""
    files = {
        file.path: file.source
        for main in documents()
        for file in read_document(main, main.parent, {}).files.values()
    }
    size = sum(map(len, files.values()))
    begun = time.perf_counter()
    for text in files.values():
        mask(text)
    seconds = time.perf_counter() - begun
    print(
        f"masking {size / 1e6:.1f} MB of {len(files)} real files: {size / 1e6 / seconds:.0f} MB/s"
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        total, names = 0, []
        body = re.compile(r"\\(begin|end)\{document\}|\\(sub)?input|\\include|\\endinput|\\iffalse")
        while total < 10_000_000:
            for text in files.values():
                names.append(f"part{len(names)}")
                part = body.sub("", text)
                (folder / f"{names[-1]}.tex").write_text(part, errors="surrogateescape")
                total += len(part)
        inputs = "\n".join(f"\\input{{{name}}}" for name in names)
        main = folder / "main.tex"
        main.write_text(f"\\documentclass{{book}}\\begin{{document}}\n{inputs}\n\\end{{document}}")
        begun = time.perf_counter()
        found = scan(read_document(main, folder, {}))
        seconds = time.perf_counter() - begun
        print(
            f"{total / 1e6:.1f} MB in {len(names)} files read and scanned in {seconds:.2f}s,"
            f" {len(found.headings)} headings"
        )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    scanning()
    with environment() as (folder, env):
        paper = Paper(folder / "figures", "figures", "pdflatex", env)
        paper.write(100, 0.0)
        paper.build()
        starts(paper, env)
        clones(paper, folder / "cache", given.rounds)
        idle(paper.folder, env, given.rounds)


if __name__ == "__main__":
    main()
