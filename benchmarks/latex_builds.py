"""What figures cost a LaTeX build that has them all, against ``\\includegraphics`` and others.

A hundred figures in ten files, under latexmk: clean (``latexmk -C`` before), with one edit, and
with nothing to do. The other packages are those that keep what they made once: minted (listings),
pythontex (what Python prints) and memoize (drawings of TikZ); one that is not installed is left
out. All documents show as many figures amid the same text, and are built in turn::

    python benchmarks/latex_builds.py [--engines pdflatex xelatex lualatex] [--kinds plain figures]
        [--figures 100] [--megabytes 1] [--rounds 3] [--instructions]

The least seconds of each are told, by the clock and of the processor, as other work on the machine
makes a build slower and never faster. The hook runs beside TeX, on another core: only the clock of
a machine that is not busy leaves it out. ``--instructions`` counts by valgrind instead, and the
hook apart.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "latex")]

from instructions import instructions_of  # noqa: E402
from sandbox_process import SandboxProcess  # noqa: E402

from latex_hook.tex.init_files import set_up  # noqa: E402
from latex_hook.tex.picture_map import read_map  # noqa: E402
from latex_hook.tex.request_file import read_requests  # noqa: E402

CHAPTERS = 10
PREAMBLE = (
    "\\documentclass[11pt]{article}\n\\usepackage{amsmath,amssymb}\n"
    "\\usepackage{booktabs,subcaption}\n\\usepackage[margin=25mm]{geometry}\n\\usepackage{hyperref}\n"
)
"""What papers load."""
PARAGRAPH = (
    "The mixed layer of compartment {n} exchanges gas with the air above it, at a rate $k_{{{n}}}$"
    " that grows with the wind~\\cite{{wind}}, and passes a part of what it takes up to the water"
    " below. How much of that stays there depends on the season, on the \\emph{{biological pump}}"
    " and on {n} other things, which Section~\\ref{{s{n}}} tells. Nothing here is measured."
)
FLAGS = {"pdflatex": "-pdf", "xelatex": "-pdfxe", "lualatex": "-pdflua"}
"""What tells latexmk the engine."""
DRAWN = ("diagram of", "plot of the", "sketch of the")
PYTHONTEX_RULE = (
    "add_cus_dep('pytxcode', 'tex', 0, 'pythontex');\n"
    "sub pythontex { return system('pythontex', $_[0]); }\n"
)
"""As in latexmk's own example."""
HOOK = re.compile(r"latex_hook|pbfigure")
"""What the command line of the hook has."""


class Kind(NamedTuple):
    """A way to have figures."""

    packages: str
    figure: str
    """The figure of a number; doubled braces are TeX's."""
    rules: str = ""
    """Of latexmk."""
    program: str = ""
    """What must be installed beside the package."""
    flags: tuple[str, ...] = ()


KINDS = {
    "plain": Kind("graphicx", "\\includegraphics[width=.5\\linewidth]{{{picture}}}"),
    "figures": Kind(
        "paperbanana", "\\pbfigure[width=.5\\linewidth]{{A {drawn} uptake in box {n}}}"
    ),
    "minted": Kind(
        "minted",
        "\\begin{{minted}}{{python}}\ndef uptake_{n}(wind):\n"
        "    return [wind * {n} ** each for each in range(9)]\n\\end{{minted}}",
        program="pygmentize",
        flags=("-shell-escape",),
    ),
    "pythontex": Kind(
        "pythontex",
        '\\begin{{pycode}}\nprint("uptake", sum(range({n})))\n\\end{{pycode}}',
        rules=PYTHONTEX_RULE,
        program="pythontex",
    ),
    "memoize": Kind(
        "tikz,memoize",
        "\\begin{{tikzpicture}}\\foreach\\x in {{0,...,9}} \\draw (0,0) -- (\\x,.0{n});"
        "\\end{{tikzpicture}}",
        flags=("-shell-escape",),
    ),
}


class Paper:
    """One document of one kind."""

    def __init__(self, folder: Path, kind: str, engine: str, env: dict[str, str]) -> None:
        self.folder, self.kind, self._env = folder, KINDS[kind], env
        self.command = ["latexmk", FLAGS[engine], "-interaction=batchmode", "-silent"]
        self.command += [*self.kind.flags, "paper.tex"]
        folder.mkdir(parents=True)

    def write(self, figures: int, megabytes: float, pictures: Sequence[str] = ()) -> None:
        """Write the document; the text is as long as it has to be, and four paragraphs at least."""
        size = megabytes * 1e6 / figures
        inputs = []
        for chapter in range(CHAPTERS):
            parts = []
            for n in range(chapter * figures // CHAPTERS, (chapter + 1) * figures // CHAPTERS):
                paragraph = PARAGRAPH.format(n=n)
                text = "\n\n".join([paragraph] * max(4, round(size / (len(paragraph) + 2))))
                drawn, picture = DRAWN[n % 3], pictures[n] if pictures else ""
                figure = self.kind.figure.format(n=n, drawn=drawn, picture=picture)
                parts.append(
                    f"\\section{{Compartment {n}}}\\label{{s{n}}}\n{text}\n\n"
                    f"\\begin{{figure}}[htbp]\n{figure}\n"
                    f"\\caption{{Uptake by compartment {n}.}}\n\\end{{figure}}\n"
                )
                if n % 15 == 14:
                    parts.append("\\clearpage\n")  # TeX keeps but so many floats
            (self.folder / f"chapter{chapter}.tex").write_text("\n".join(parts))
            inputs.append(f"\\input{{chapter{chapter}}}")
        (self.folder / "paper.tex").write_text(
            f"{PREAMBLE}\\usepackage{{{self.kind.packages}}}\n\\begin{{document}}\n"
            + "\n".join(inputs)
            + "\n\\begin{thebibliography}{1}\\bibitem{wind} W.\\end{thebibliography}\n"
            "\\end{document}\n"
        )
        if self.kind.rules:
            (self.folder / ".latexmkrc").write_text(self.kind.rules)
        if self.kind is KINDS["figures"]:
            set_up(self.folder / "paper.tex")

    def build(self) -> tuple[float, float]:
        """Build; return seconds by the clock, and of the processor for all processes."""
        return timed(self.folder, self._env, self.command)

    def instructions(self) -> tuple[float, float]:
        """Build under valgrind; return millions of instructions, and those of the hook."""
        perl = [shutil.which("perl") or "perl", shutil.which("latexmk") or "latexmk"]
        waited = hook = 0.0
        for line, millions in instructions_of([*perl, *self.command[1:]], self._env, self.folder):
            if HOOK.search(line):
                hook += millions
            else:
                waited += millions
        return waited, hook

    def clean(self) -> None:
        """Leave what ``latexmk -C`` leaves: what any of the packages made once."""
        timed(self.folder, self._env, [*self.command[:-1], "-C", "paper.tex"])

    def edit(self) -> None:
        """Change a sentence in a chapter."""
        chapter = self.folder / "chapter5.tex"
        said = f"Nothing {time.time_ns()} is measured"
        chapter.write_text(re.sub(r"Nothing.*? measured", said, chapter.read_text(), count=1))

    def pictures(self) -> list[str]:
        """Return the picture of each figure, in the order of the document."""
        (entries,) = read_map(self.folder / "paperbanana/pbmap.tex").values()
        files = {md5: entry.file for (_, md5), entry in entries.items()}
        return [files[asked.md5] for asked in read_requests(self.folder / "paper.pbq").asked]


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


@contextmanager
def environment() -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a folder, and the environment of builds whose figures a sandbox makes."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        SandboxProcess(speed=60, credits=10_000_000) as sandbox,
    ):
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
        yield Path(temporary), env


def is_installed(kind: str) -> bool:
    """Whether a kind can be built here."""
    if kind == "figures":
        return True
    style = f"{KINDS[kind].packages.rpartition(',')[2]}.sty"
    found = subprocess.run(["kpsewhich", style], capture_output=True, check=False)
    program = KINDS[kind].program
    return found.returncode == 0 and (not program or shutil.which(program) is not None)


def papers(
    engine: str,
    kinds: Sequence[str],
    folder: Path,
    env: dict[str, str],
    *,
    figures: int = 100,
    megabytes: float = 0.0,
) -> dict[str, Paper]:
    """Write and build documents, those of the first two kinds with the same pictures."""
    made = {kind: Paper(folder / engine / kind, kind, engine, env) for kind in kinds}
    own, plain = made["figures"], made["plain"]
    own.write(figures, megabytes)
    own.build()
    shutil.copytree(own.folder / "paperbanana", plain.folder / "paperbanana")
    plain.write(figures, megabytes, own.pictures())
    for paper in made.values():
        if paper not in (own, plain):
            paper.write(figures, megabytes)
    for _ in range(2):  # what is made in one build, the next one takes
        time.sleep(2.1)  # files just written are looked at again
        for paper in made.values():
            paper.clean()
            paper.build()
    return made


SCENARIOS: dict[str, Callable[[Paper], None]] = {
    "clean": Paper.clean,
    "edit": Paper.edit,
    "no-op": lambda paper: None,
}
Costs = dict[str, dict[str, float]]
"""By scenario and kind."""


def least_seconds(made: dict[str, Paper], rounds: int) -> tuple[Costs, Costs]:
    """Return the least seconds of builds that take turns, by the clock and of the processor."""
    by_clock, by_processor = (
        {scenario: dict.fromkeys(made, float("inf")) for scenario in SCENARIOS} for _ in range(2)
    )
    for _ in range(rounds):
        for scenario, change in SCENARIOS.items():
            for kind, paper in made.items():
                change(paper)
                for least, taken in zip((by_clock, by_processor), paper.build(), strict=True):
                    least[scenario][kind] = min(least[scenario][kind], taken)
    return by_clock, by_processor


def counted(made: dict[str, Paper]) -> tuple[Costs, Costs]:
    """Return the millions of instructions of each document's builds, and those of the hook."""
    waited: Costs = {}
    hook: Costs = {}
    for scenario, change in SCENARIOS.items():
        for kind, paper in made.items():
            change(paper)
            both = paper.instructions()
            waited.setdefault(scenario, {})[kind], hook.setdefault(scenario, {})[kind] = both
    return waited, hook


def table(costs: Costs, name: str, unit: str, hook: Costs | None = None) -> list[str]:
    """Return rows of Markdown: what plain figures take, and what others take, by that."""
    rows = []
    for scenario, kinds in costs.items():
        plain = kinds["plain"]
        cells = [f"{kinds[kind] / plain:.3f}" for kind in kinds if kind != "plain"]
        if hook is not None:
            cells.append(f"{hook[scenario]['figures']:.0f}")
        taken = f"{plain:,.0f}" if unit == "M" else f"{plain:.3g}"
        rows.append(f"| {name} | {scenario} | {taken} {unit} | {' | '.join(cells)} |")
    return rows


def heading(kinds: Sequence[str], *, hook: bool = False) -> list[str]:
    """Return the heading of such a table."""
    names = [f"{kind} ÷ plain" for kind in kinds if kind != "plain"] + ["the hook"] * hook
    return [f"| engine | build | plain | {' | '.join(names)} |", "|---" * (len(names) + 3) + "|"]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engines", nargs="*", choices=FLAGS, default=list(FLAGS))
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--figures", type=int, default=100)
    parser.add_argument("--megabytes", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--instructions", action="store_true")
    given = parser.parse_args()
    kinds = [kind for kind in given.kinds if is_installed(kind)]
    if missing := set(given.kinds) - set(kinds):
        print(f"not installed here: {', '.join(sorted(missing))}")
    print("\n".join(heading(kinds, hook=given.instructions)))
    for engine in given.engines:
        with environment() as (folder, env):
            size = {"figures": given.figures, "megabytes": given.megabytes}
            made = papers(engine, kinds, folder, env, **size)
            if given.instructions:
                waited, hook = counted(made)
                print("\n".join(table(waited, engine, "M", hook)), flush=True)
            else:
                by_clock, by_processor = least_seconds(made, given.rounds)
                rows = table(by_clock, f"{engine}, clock", "s")
                rows += table(by_processor, f"{engine}, CPU", "s")
                print("\n".join(rows), flush=True)


if __name__ == "__main__":
    main()
