"""What figures cost a LaTeX document that has them all, against plain ``\\includegraphics``.

A hundred figures in ten files, about 165 KB of source, pdflatex under latexmk; the two documents
show the same pictures and are built in turn. The least of each is printed too: other work on the
machine makes a build slower, and never faster. Besides: how often each build starts the hook, how
fast sources are scanned, and what the hook takes where there is nothing to do::

    python benchmarks/latex.py --rounds 7
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "latex")]

from real_sources import documents  # noqa: E402
from sandbox_process import SandboxProcess  # noqa: E402

from latex_hook.sources.inputs import read_document  # noqa: E402
from latex_hook.sources.masking import mask  # noqa: E402
from latex_hook.sources.scan import scan  # noqa: E402
from latex_hook.tex.init_files import set_up  # noqa: E402
from latex_hook.tex.request_file import read_requests  # noqa: E402

CHAPTERS, PER_CHAPTER = 10, 10
PREAMBLE = (
    "\\documentclass[11pt]{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{amsmath,amssymb}\n"
    "\\usepackage{booktabs,subcaption}\n\\usepackage[margin=25mm]{geometry}\n\\usepackage{hyperref}\n"
)
"""What papers load."""
PARAGRAPH = (
    "The mixed layer of compartment {n} exchanges gas with the air above it, at a rate $k_{{{n}}}$"
    " that grows with the wind~\\cite{{wind}}, and passes a part of what it takes up to the water"
    " below. How much of that stays there depends on the season, on the \\emph{{biological pump}}"
    " and on {n} other things, which Section~\\ref{{s{n}}} tells. Nothing here is measured."
)
LATEXMK = ["latexmk", "-pdf", "-interaction=batchmode", "-silent", "paper.tex"]


def write(folder: Path, figure: Callable[[int], str], package: str) -> None:
    """Write the document with one kind of figure."""
    inputs = []
    for chapter in range(CHAPTERS):
        parts = []
        for number in range(PER_CHAPTER):
            n = chapter * PER_CHAPTER + number
            text = "\n\n".join([PARAGRAPH.format(n=n)] * 4)
            parts.append(
                f"\\section{{Compartment {n}}}\\label{{s{n}}}\n{text}\n\n\\begin{{figure}}[htbp]\n"
                f"{figure(n)}\n\\caption{{Uptake by compartment {n}.}}\n\\end{{figure}}\n"
            )
        name = f"chapter{chapter}"
        (folder / f"{name}.tex").write_text("\n".join(parts))
        inputs.append(f"\\input{{{name}}}")
    (folder / "paper.tex").write_text(
        f"{PREAMBLE}\\usepackage{{{package}}}\n\\begin{{document}}\n"
        + "\n".join(inputs)
        + "\n\\begin{thebibliography}{1}\\bibitem{wind} W.\\end{thebibliography}\n\\end{document}\n"
    )


def timed(folder: Path, env: dict[str, str], command: list[str]) -> tuple[float, float]:
    """Run a command; return seconds by the clock and of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=env,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def clean(folder: Path) -> None:
    """Leave what ``latexmk -C`` leaves."""
    for path in folder.iterdir():
        if path.is_file() and path.suffix not in (".tex", ".sty") and path.name != ".latexmkrc":
            path.unlink()


def builds(rounds: int) -> None:
    """Build both documents in turn, and print the ratios."""
    with tempfile.TemporaryDirectory() as temporary, SandboxProcess(speed=60) as sandbox:
        folders = {kind: Path(temporary) / kind for kind in ("plain", "figures")}
        for folder in folders.values():
            folder.mkdir()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {
            **os.environ,
            **sandbox.env,
            "PATH": path,
            "PAPERBANANA_CACHE_DIR": f"{temporary}/cache",
            "PAPERBANANA_REQUESTS_PER_MINUTE": "60000",
        }
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once
        sandbox.settings(ip_limit=10**6, key_limit=10**6, team_limit=10**6)
        own, plain = folders["figures"], folders["plain"]
        kinds = ("diagram of", "plot of the", "sketch of the")
        write(
            own,
            lambda n: f"\\pbfigure[width=.5\\linewidth]{{A {kinds[n % 3]} uptake in box {n}}}",
            "paperbanana",
        )
        set_up(own / "paper.tex")
        timed(own, env, LATEXMK)
        shutil.copytree(own / "paperbanana", plain / "paperbanana")
        shown = pictures(own)
        write(plain, lambda n: f"\\includegraphics[width=.5\\linewidth]{{{shown[n]}}}", "graphicx")
        size = sum(path.stat().st_size for path in own.glob("*.tex"))
        print(f"{CHAPTERS * PER_CHAPTER} figures, {size / 1000:.0f} KB of source, {rounds} rounds")
        measured: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for number in range(rounds):
            for kind, folder in folders.items():
                clean(folder)
                measured.setdefault((kind, "clean build"), []).append(timed(folder, env, LATEXMK))
            for kind, folder in folders.items():
                chapter = folder / "chapter5.tex"
                text = re.sub(
                    r"Nothing.*? measured", f"Nothing {number} is measured", chapter.read_text()
                )
                chapter.write_text(text)
                measured.setdefault((kind, "one edit"), []).append(timed(folder, env, LATEXMK))
            for kind, folder in folders.items():
                measured.setdefault((kind, "no-op"), []).append(timed(folder, env, LATEXMK))
        print(f"{'':12} {'plain':>8} {'figures':>8} {'ratio':>6} | CPU: plain, figures, ratio")
        for _ in range(rounds):
            clean(own)
            shutil.rmtree(f"{temporary}/cache/latex")
            measured.setdefault(("figures", "clone"), []).append(timed(own, env, LATEXMK))
        measured["plain", "clone"] = measured["plain", "clean build"]
        for what in ("clean build", "one edit", "no-op", "clone"):
            both = [measured[kind, what] for kind in ("plain", "figures")]
            for name, of in (("median", statistics.median), ("least", min)):
                a, b = ([of(x[i] for x in each) for i in (0, 1)] for each in both)
                print(
                    f"{what:12} {a[0]:7.2f}s {b[0]:7.2f}s {b[0] / a[0]:6.3f} |"
                    f" {a[1]:.2f}s {b[1]:.2f}s {b[1] / a[1]:.3f} {name}"
                )
        starts(own, env)
        idle(own, env, rounds)


def starts(folder: Path, env: dict[str, str]) -> None:
    """Count how often the hook is started, and how often it reads the sources."""
    told = {**env, "PYTHONPROFILEIMPORTTIME": "1"}
    chapter = folder / "chapter5.tex"
    edits: dict[str, Callable[[], object]] = {
        "clean build": lambda: clean(folder),
        "one edit": lambda: chapter.write_text(chapter.read_text().replace("measured", "known")),
        "no-op": lambda: None,
    }
    timed(folder, env, LATEXMK)
    time.sleep(3)  # files just written are looked at again
    for what, change in edits.items():
        change()
        said = subprocess.run(LATEXMK, cwd=folder, env=told, check=True, capture_output=True)
        lines = said.stderr.decode().splitlines()
        started, read = (
            sum(line.endswith(f" latex_hook.{name}") for line in lines)
            for name in ("unchanged", "run")
        )
        print(f"{what:12} the hook starts {started} times, and reads the sources {read} times")


def pictures(folder: Path) -> list[str]:
    """The picture of each figure, in the order of the document."""
    from latex_hook.tex.picture_map import read_map

    (entries,) = read_map(folder / "paperbanana/pbmap.tex").values()
    files = {md5: entry.file for (_, md5), entry in entries.items()}
    return [files[asked.md5] for asked in read_requests(folder / "paper.pbq").asked]


def idle(folder: Path, env: dict[str, str], rounds: int) -> None:
    """Time the hook where there is nothing to do, and where a text changed that it tells of."""
    arguments = ["--phase", "before", "paper.tex"]
    commands = {
        "nothing changed": ["pbfigure", "latex", "--quiet", *arguments],
        "a text changed": ["pbfigure", "latex", *arguments],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    timed(folder, env, LATEXMK)
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
    builds(given.rounds)


if __name__ == "__main__":
    main()
