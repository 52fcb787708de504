"""Documentation of real projects, with generated figures inserted: nothing else may change.

The source distributions come from PyPI. A script puts figures below section titles of each tree,
as an author would, and builds it with and without them, for html and latex, against the sandbox.
Judged from outside: what is said, what is written, what is sent and what is shown beside it::

    python benchmarks/real_trees.py --folder /tmp/trees [NAME …]

Packages that the trees need are installed into an environment of their own in the folder; there
each tree's ``judged.txt`` has every text that was sent beside what the page shows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sandbox_process import SandboxProcess  # noqa: E402

from benchmarks.tree_figures import FIGURES, insert  # noqa: E402
from benchmarks.tree_pages import (  # noqa: E402
    LATEX_FIGURE,
    PROMPT,
    RAW,
    same_pages,
    seen,
    settled,
    squeezed,
    without_figures,
    words,
)
from benchmarks.trees import BOTH, ENVIRON, TREES, WITH, environment, unpacked  # noqa: E402

SOURCES = """
from sphinx.config import Config
from sphinx.util.matching import get_matching_files
from sphinx.util.tags import Tags

config = Config.read(".", overrides={}, tags=Tags())
excluded = [*config.exclude_patterns, *config.templates_path]
print("|".join(get_matching_files(".", ("**.rst", "**.md"), excluded)))
"""
SPEED = 50
"""How many times as fast as ours the service's clock runs."""


def main() -> None:
    """Try the trees that are named, or all of them; print a row of the table for each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TREES)}")
    options.add_argument("--folder", type=Path, default=Path("/tmp/real-trees"))
    options.add_argument("--figures", type=int, default=50)
    options.add_argument("--seed", type=int, default=15)
    asked = options.parse_args()
    print(Row.head())
    for name in asked.names or TREES:
        trial = Trial(name, asked.folder.resolve(), asked.figures, random.Random(asked.seed))
        print(trial.row(), flush=True)


class Row(NamedTuple):
    """What came of one tree."""

    tree: str
    pages: int
    figures: int
    new_warnings: int
    changed_elsewhere_html: int
    changed_elsewhere_latex: int
    wrong_section: int
    raw_markup: int
    words: int
    not_shown: int
    not_sent: int
    requests_again: int
    rewritten_again: int
    latex_as_html: bool
    parallel_equal: bool

    @classmethod
    def head(cls) -> str:
        """Return the head of the table."""
        names = [field.replace("_", " ") for field in cls._fields]
        return f"| {' | '.join(names)} |\n|{'---|' * len(names)}"

    def __str__(self) -> str:
        return f"| {' | '.join(map(str, self))} |"


class Trial:
    """One tree, with and without figures."""

    def __init__(self, name: str, folder: Path, figures: int, chance: random.Random) -> None:
        self.tree = TREES[name]
        self.name = name
        self.folder = folder / name
        self.python = environment(folder, self.tree)
        source = unpacked(folder / "sdists", self.tree.sdist)
        shutil.rmtree(self.folder, ignore_errors=True)
        for kind in ("plain", "figures"):
            shutil.copytree(source, self.folder / kind, symlinks=True)
            if self.tree.fetched:
                (self.docs(kind) / self.tree.fetched).write_text("# Theme elements\n")
            with (self.docs(kind) / "conf.py").open("a", encoding="utf-8") as conf:
                conf.write(BOTH + self.tree.conf + "\n" + (WITH if kind == "figures" else ""))
        self.titles = self._inserted(figures, chance)
        self.plain_said = self.build("plain", "html") + self.build("plain", "latex")
        self.pages = sorted(self.out("plain", "html").rglob("*.html"))

    def docs(self, kind: str) -> Path:
        """Return the folder of sources."""
        return self.folder / kind / self.tree.docs

    def out(self, kind: str, builder: str) -> Path:
        """Return the folder that a builder writes to."""
        return self.folder / f"{kind}-{builder}"

    def _inserted(self, count: int, chance: random.Random) -> dict[str, str]:
        """Put figures below titles of sections; return the titles by prompt."""
        sources = self._sources()
        state = chance.getstate()
        for kind in ("plain", "figures"):
            chance.setstate(state)
            titles = insert(self.docs(kind), sources, count, chance, FIGURES[kind])
        Image.new("RGB", (1600, 900)).save(self.docs("plain") / "sketch.png")
        return titles

    def _sources(self) -> list[Path]:
        """Return the sources of the pages, by what conf.py excludes."""
        done = subprocess.run(
            [self.python, "-c", SOURCES],
            env=os.environ | ENVIRON,
            cwd=self.docs("plain"),
            capture_output=True,
            check=True,
            text=True,
        )
        return sorted(map(Path, done.stdout.splitlines()[-1].split("|")))

    def build(
        self, kind: str, builder: str, *options: str, out: Path | None = None, **env: str
    ) -> list[str]:
        """Build; return the warnings, without the names of folders and numbers of lines."""
        out = out or self.out(kind, builder)
        doctrees = self.folder / f"{out.name.removesuffix(builder)}doctrees"
        command = [self.python, "-m", "sphinx", "-q", "-b", builder, "-d", str(doctrees), *options]
        done = subprocess.run(
            [*command, str(self.docs(kind)), str(out)],
            env=os.environ | ENVIRON | env,
            cwd=self.docs(kind),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        (self.folder / f"{out.name}.log").write_text(done.stdout + done.stderr)
        if done.returncode:
            raise SystemExit(f"{self.name}: {builder} failed:\n{done.stderr[-3000:]}")
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)
        said = said.replace(f"{self.folder / kind}/", "").replace(str(ROOT), "")
        return [re.sub(r"(?<=[a-z]):\d+(?=:)", "", line) for line in said.splitlines() if line]

    def row(self) -> Row:
        """Build with figures, and judge."""
        with SandboxProcess(speed=SPEED, latency=10, credits=10**6) as sandbox:
            env = sandbox.env | {
                "PAPERBANANA_CACHE_DIR": str(self.folder / "cache"),
                "PAPERBANANA_REQUESTS_PER_MINUTE": str(55 * SPEED),
            }
            said = self.build("figures", "html", **env)
            said += self.build("figures", "latex", **env)
            before, written = len(sandbox.log()), times(self.out("figures", "html"))
            self.build("figures", "html", **env)
            rewritten = changed_since(written, self.out("figures", "html"))
            written = times(self.out("plain", "html"))
            self.build("plain", "html")
            rewritten -= changed_since(written, self.out("plain", "html"))
            parallel = self.folder / "parallel-html"
            self.build("figures", "html", "-j", "4", out=parallel, **env)
            if self.tree.language:
                translated = self.folder / "translated-html"
                self.build("figures", "html", "-D", f"language={self.tree.language}",
                           out=translated, **env)  # fmt: skip
            again = len(sandbox.log()) - before
            orders = [entry["body"] for entry in sandbox.log("generate")]
        (self.folder / "orders.json").write_text(json.dumps(orders))
        sent = {order["prompt"]: order["options"]["content"] for order in orders}
        judged = self._judged(sent)
        new = Counter(said) - Counter(self.plain_said)
        (self.folder / "new-warnings.txt").write_text("\n".join(new.elements()))
        return Row(
            self.name,
            len(self.pages),
            len(self.titles),
            sum(new.values()),
            self._changed_html(),
            self._changed_latex(),
            *judged,
            again,
            len(rewritten),
            self._same_pictures(),
            same_pages(self.out("figures", "html"), parallel, self.folder / "parallel.diff"),
        )

    def _judged(self, sent: dict[str, str]) -> tuple[int, int, int, int, int]:
        """Return how many texts are wrong, and how many words differ from what the page shows."""
        wrong = raw = 0
        total = extra_words = missing_words = 0
        report = []
        for page in sorted(self.out("figures", "html").rglob("*.html")):
            html = BeautifulSoup(page.read_bytes(), "lxml")
            for image in html.find_all("img", alt=PROMPT):
                prompt = str(image["alt"])
                section = image.find_parent("section")
                if section is None or prompt not in sent:
                    wrong += 1
                    report.append(f"##### {prompt}: {page}: not sent, or in no section")
                    continue
                title, shown, optional = seen(section)
                text = sent.pop(prompt)
                right = squeezed(text).startswith(squeezed(title))
                wrong += not right
                markup = Counter(RAW.findall(text)) - Counter(RAW.findall(f"{shown}{optional}"))
                raw += markup.total()
                has, shows, may = words(text), words(shown), words(optional)
                extra, missing = has - shows - may, shows - has
                total += sum(shows.values())
                extra_words += sum(extra.values())
                missing_words += sum(missing.values())
                report.append(
                    f"##### {prompt}: {page} {section.get('id')} right={right}\n"
                    f"raw: {dict(markup)}\nnot shown: {dict(extra)}\nnot sent: {dict(missing)}\n"
                    f"----- sent\n{text}\n----- shown\n{shown}\n"
                )
        (self.folder / "judged.txt").write_text("\n".join(report))
        wrong += len(sent) + len(self.titles) - len(report)
        return wrong, raw, total, extra_words, missing_words

    def _changed_html(self) -> int:
        """Return how many pages differ in more than the figures."""
        changed = []
        with_figures = self.out("figures", "html")
        for page in self.pages:
            other = with_figures / page.relative_to(self.out("plain", "html"))
            plain = page.read_text(encoding="utf-8")
            bare = without_figures(other.read_text(encoding="utf-8")) if other.exists() else ""
            plain = without_figures(plain)
            if settled(plain) != settled(bare):
                changed.append(str(other))
                (self.folder / "changed").mkdir(exist_ok=True)
                name = other.relative_to(with_figures).as_posix().replace("/", "-")
                (self.folder / "changed" / f"{name}.plain").write_text(settled(plain))
                (self.folder / "changed" / f"{name}.with").write_text(settled(bare))
        (self.folder / "changed.txt").write_text("\n".join(changed))
        return len(changed)

    def _changed_latex(self) -> int:
        """Return how many TeX files differ in more than the figures."""
        changed = 0
        for path in self.out("plain", "latex").glob("*.tex"):
            bare = path.read_text(encoding="utf-8")
            other = (self.out("figures", "latex") / path.name).read_text(encoding="utf-8")
            bare, other = LATEX_FIGURE.sub("", bare), LATEX_FIGURE.sub("", other)
            bare, other = (squeezed(settled(text)) for text in (bare, other))
            if bare != other:
                changed += 1
                (self.folder / "latex.plain").write_text(bare)
                (self.folder / "latex.with").write_text(other)
        return changed

    def _same_pictures(self) -> bool:
        """Return whether each figure on paper has the picture of the one on the screen."""
        html, latex = self.out("figures", "html"), self.out("figures", "latex")
        tex = "".join(path.read_text(encoding="utf-8") for path in latex.glob("*.tex"))
        printed = {f"{name}.png" for name in re.findall(r"[\w-]+--[\w-]+-\w{12}(?=\})", tex)}
        return bool(printed) and all(
            (html / "_images" / name).read_bytes() == (latex / name).read_bytes()
            for name in printed
        )


def times(folder: Path) -> dict[Path, int]:
    """Return when each page was written."""
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*.html")}


def changed_since(written: dict[Path, int], folder: Path) -> set[Path]:
    """Return the pages that were written after these times."""
    return {page for page, time in times(folder).items() if time != written.get(page)}


if __name__ == "__main__":
    main()
