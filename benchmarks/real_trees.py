"""Documentation of real projects, with generated figures inserted: nothing else may change.

The source distributions come from PyPI. A script puts figures below section titles of each tree,
as an author would, and builds it with and without them, for html and latex, against the sandbox.
Judged from outside: what is said, what is written, what is sent and what is shown beside it::

    python benchmarks/real_trees.py --folder /tmp/trees [NAME …]

Packages that the trees need are installed into an environment of their own in the folder.
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
import sysconfig
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sandbox_process import SandboxProcess  # noqa: E402

SPEED = 50
"""How many times as fast as ours the service's clock runs."""


class Tree(NamedTuple):
    """A project whose documentation is built."""

    sdist: str
    """What pip downloads."""
    docs: str
    """The folder of conf.py in it."""
    packages: tuple[str, ...] = ()
    """What its conf.py and its pages import, beside what the tests need."""
    conf: str = ""
    """Lines added to conf.py: what needs a network is left out, and most pages of a large tree."""
    language: str = ""
    """A language that it is translated into."""
    fetched: str = ""
    """The page that conf.py would fetch, unless it is there."""


TREES = {
    "sphinx": Tree(
        "sphinx==9.0.4",
        "doc",
        conf="exclude_patterns += ['changes', 'changes.rst', 'extdev/deprecated.rst']",
    ),
    "flask": Tree(
        "flask==3.1.3", "docs", ("pallets-sphinx-themes", "sphinxcontrib-log-cabinet")
    ),
    "click": Tree(
        "click==8.5.1", "docs", ("pallets-sphinx-themes", "sphinxcontrib-log-cabinet")
    ),
    "networkx": Tree(
        "networkx==3.6.1",
        "doc",
        ("texext", "sphinx-gallery", "myst-nb", "pandas", "intersphinx-registry"),
        "extensions.remove('sphinx_gallery.gen_gallery')\n"
        "exclude_patterns = ['release/*_*', 'auto_examples', 'reference/algorithms/[a-su-z]*',"
        " 'release/release_[0-3]*', 'reference/readwrite',"
        " 'developer/nexps', 'reference/classes', 'reference/drawing.rst', 'reference/function*']\n"
        "myst_enable_extensions = ['dollarmath', 'amsmath']",
    ),
    "aiogram": Tree(
        "aiogram==3.31.0",
        "docs",
        ("aiogram==3.31.0", "sphinx-substitution-extensions"),
        "exclude_patterns += ['api/types', 'api/enums', 'api/methods/[b-z]*']",
        language="uk_UA",
    ),
    "xarray": Tree(
        "xarray==2026.9.0",
        "doc",
        (
            "xarray==2026.9.0", "myst-nb", "jupyter-sphinx", "sphinx-autosummary-accessors",
            "sphinxext-opengraph", "sphinxext-rediraffe", "sphinx-remove-toctrees",
        ),
        "for name in ('jupyterlite_sphinx', 'sphinx_llm.txt', 'jupyter_sphinx'):\n"
        "    extensions.remove(name)\n"
        "nb_execution_mode = 'off'\n"
        "exclude_patterns += ['api', 'api.rst', 'generated', 'whats-new.rst', 'examples',"
        " 'api-hidden.rst']\nautosummary_generate = False",
    ),
    "sphinx-book-theme": Tree(
        "sphinx-book-theme==1.4.0",
        "docs",
        (
            "ablog", "myst-nb", "sphinxcontrib-youtube", "sphinx-examples", "sphinx-thebe",
            "sphinx-togglebutton", "sphinxcontrib-bibtex", "sphinxext-opengraph",
        ),
        "nb_execution_mode = 'off'\nhtml_theme_options['use_sidenotes'] = False",
        fetched="content/pydata-content-blocks.md",
    ),
    "rqalpha": Tree(
        "rqalpha==6.4.2",
        "docs/source",
        ("nbsphinx", "rqalpha==6.4.2"),
        "extensions.remove('sphinx_autodoc_typehints')\nlanguage = 'zh_CN'",
    ),
    "pip": Tree(
        "pip==26.3", "docs/html", ("sphinxcontrib-towncrier", "sphinx-issues"),
    ),
    "pytest": Tree(
        "pytest==9.2.0",
        "doc/en",
        ("pygments-pytest", "sphinx-removed-in", "sphinxcontrib-trio"),
        "exclude_patterns += ['announce', 'changelog.rst', 'proposals', 'historical-notes.rst']",
    ),
}  # fmt: skip
FIGURES = {
    "plain": "{{figure}} /sketch.png\n:alt: {}",
    "figures": "{{paperbanana}} {}",
}
ENVIRON = {
    "PYTHONPATH": str(ROOT),
    "SOURCE_DATE_EPOCH": "1750000000",
    "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
}
BOTH = "\nintersphinx_mapping = {}\n"
WITH = "extensions = [*extensions, 'sphinx_paperbanana']\n"
RST_TITLE = re.compile(r"(?<=\n\n)(\S.*)\n([=\-~^\"'`#*+:.])\2{2,}\n(?=\n)")
MYST_TITLE = re.compile(r"(?<=\n)#{1,4} (.*)\n(?=\n)")
FENCE = re.compile(r"^([`~:]{3,}).*?^\1[`~:]*$", re.MULTILINE | re.DOTALL)
RAW = re.compile(r":[a-z:+-]+:`|\{[a-z:-]+\}`|^\.\. [\w:-]+::|"
                 r"^(?:`{3}|:{3})\{|</?(?:div|span|p|a)\b|\]\(|`_\b|\0",
                 re.MULTILINE)  # fmt: skip
"""What looks like markup that was not read."""
FURNITURE = (
    ".headerlink, .copybtn, .viewcode-link, .viewcode-back, .linenos, script, style, noscript,"
    " .footnote-list, .citation-list, aside.footnote, .sphinx-tabs-tab[aria-hidden],"
    " .toctree-wrapper, .caption-number, .sd-hide-link-text, .contents, nav, .docutils.footnote,"
    " .footnote-reference, .system-message, .backlinks, .colon, .eqno"
)
"""What a page shows that is not its author's text, or stands apart from it."""


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


OPTIONAL = ".admonition-title, .versionmodified, dl.field-list > dt, summary, .rubric, .enumerated"
"""What may be Sphinx's words or the author's, and is sent as it is written."""
BLOCKS = [
    "p",
    "li",
    "button",
    "div",
    "td",
    "th",
    "dt",
    "dd",
    "summary",
    "label",
    "span.line",
    "pre",
]
FIELDS = "param type rtype returns raises Returns Raises Parameters"


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
        self.plain_said = self.build("plain", "html")
        self.titles = self._inserted(figures, chance)
        self.build("plain", "html")
        self.plain_said += self.build("plain", "latex")
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
        """Return the sources of the pages that were built."""
        plain, out = self.docs("plain"), self.out("plain", "html")
        paths = [path for path in plain.rglob("*") if path.suffix in (".rst", ".md")]
        return sorted(
            path.relative_to(plain)
            for path in paths
            if (out / path.relative_to(plain).with_suffix(".html")).exists()
            or (out / path.relative_to(plain).with_suffix("") / "index.html").exists()
        )

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
            plainly = times(self.out("plain", "html"))
            self.build("plain", "html")
            plainly = {page for page, time in times(self.out("plain", "html")).items()
                       if time != plainly[page]}  # fmt: skip
            again = len(sandbox.log()) - before
            rewritten = {page for page, time in times(self.out("figures", "html")).items()
                         if time != written[page]}  # fmt: skip
            parallel = self.folder / "parallel-html"
            self.build("figures", "html", "-j", "4", out=parallel, **env)
            if self.tree.language:
                translated = self.folder / "translated-html"
                self.build("figures", "html", "-D", f"language={self.tree.language}",
                           out=translated, **env)  # fmt: skip
            again += len(sandbox.log()) - before - again
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
            len(rewritten - plainly),
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
            for image in html.find_all("img", alt=re.compile(r"^Sketch \d+ of ")):
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
            bare, other = (squeezed(text) for text in (bare, other))
            if bare != other:
                changed += 1
                (self.folder / "latex.plain").write_text(bare)
                (self.folder / "latex.with").write_text(other)
        return changed

    def _same_pictures(self) -> bool:
        """Return whether each figure on paper has the picture of the one on the screen."""
        html, latex = self.out("figures", "html"), self.out("figures", "latex")
        tex = "".join(path.read_text(encoding="utf-8") for path in latex.glob("*.tex"))
        printed = {f"{name}.png" for name in re.findall(r"[\w-]+--\w{12}-[\w-]+", tex)}
        return bool(printed) and all(
            (html / "_images" / name).read_bytes() == (latex / name).read_bytes()
            for name in printed
        )


LATEX_FIGURE = re.compile(
    r"\n\\begin\{figure\}(?:(?!\\end\{figure\}).)*(?:--\w{12}-[\w-]+|sketch).*?\\end\{figure\}\n",
    re.DOTALL,
)


def environment(folder: Path, tree: Tree) -> str:
    """Return the interpreter of an environment that has this program's packages and the tree's."""
    venv = folder / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        (site,) = venv.glob("lib/python*/site-packages")
        (site / "base.pth").write_text(sysconfig.get_path("purelib"))
    if tree.packages:
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*command, *tree.packages], check=True)
    return str(python)


def unpacked(folder: Path, sdist: str) -> Path:
    """Return the folder of a source distribution, downloaded once."""
    target = folder / sdist.replace("==", "-")
    if not target.exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-binary",
            ":all:",
        ]
        subprocess.run([*command, "-d", str(target), sdist], check=True)
        (archive,) = target.glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")
    (source,) = (path for path in target.iterdir() if path.is_dir())
    return source


def insert(
    docs: Path, sources: list[Path], count: int, chance: random.Random, figure: str
) -> dict[str, str]:
    """Put figures below titles of sections; return the titles by prompt."""
    places = [
        (path, match.end(), match[1])
        for path in sources
        for match in titles_in(path, (docs / path).read_text(encoding="utf-8"))
    ]
    chosen = sorted(chance.sample(places, min(count, len(places))))
    found: dict[str, str] = {}
    for number, (path, end, title) in reversed(list(enumerate(chosen))):
        subject = " ".join(re.findall(r"[^\W_]+", title))
        prompt = f"Sketch {number} of {subject}"
        text = (docs / path).read_text(encoding="utf-8")
        written = figure.format(prompt)
        if path.suffix == ".rst":
            written = re.sub(r"^", "   ", written.removeprefix("{"), flags=re.MULTILINE)
            written = f"\n.. {written.strip().replace('}', '::', 1)}\n"
        else:
            written = f"\n```{written}\n```\n"
        (docs / path).write_text(text[:end] + written + text[end:], encoding="utf-8")
        found[prompt] = title
    return found


def titles_in(path: Path, text: str) -> Iterator[re.Match[str]]:
    """Yield the titles of a source, those of examples left out."""
    if path.suffix == ".rst":
        yield from RST_TITLE.finditer(text)
        return
    hidden = [match.span() for match in FENCE.finditer(text)]
    for match in MYST_TITLE.finditer(text):
        if not any(start < match.start() < end for start, end in hidden):
            yield match


def seen(section: Tag) -> tuple[str, str, str]:
    """Return the title of a section, what a reader sees of it, and what may be Sphinx's own."""
    copy = BeautifulSoup(str(section), "lxml")
    for image in copy.find_all("img", alt=re.compile(r"^Sketch \d+ of ")):
        (image.find_parent("figure") or image).decompose()
    for furniture in copy.select(FURNITURE):
        furniture.decompose()
    for block in copy.find_all(BLOCKS):
        block.append("\n")
    title = copy.find(re.compile(r"^h[1-6]$"))
    heading = title.get_text() if title else ""
    alts = " ".join(str(image.get("alt") or "") for image in copy.find_all("img"))
    optional = f"{FIELDS} " * 99 + alts
    for numbered in copy.find_all("ol"):
        start = int(str(numbered.get("start", 1)))
        items = len(numbered.find_all("li", recursive=False))
        optional += " " + " ".join(map(str, range(start, start + items)))
    for words_of_sphinx in copy.select(OPTIONAL):
        optional += " " + words_of_sphinx.get_text()
        words_of_sphinx.decompose()
    return heading, copy.get_text(), optional


def squeezed(text: str) -> str:
    """Return a text without its spaces, and with the quotes of a keyboard."""
    return "".join(text.translate(TYPED).split())


TYPED = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "--", "—": "---", "…": "..."})


def words(text: str) -> Counter[str]:
    """Return the words of a text."""
    return Counter(re.findall(r"\w+", text))


def without_figures(html: str) -> str:
    """Return a page without its generated figures."""
    figure = r"<figure(?:(?!</figure>).)*?alt=\"Sketch \d+ of .*?</figure>\n?"
    return re.sub(figure, "", html, flags=re.DOTALL)


def settled(html: str) -> str:
    """Return a page without its empty lines, and without what a build counts or dates."""
    html = re.sub(r"0x[0-9a-f]{8,}|\?v=[0-9a-f]{8}", "", html)
    return re.sub(r"\n\s*", "\n", html)


def times(folder: Path) -> dict[Path, int]:
    """Return when each page was written."""
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*.html")}


def same_pages(first: Path, second: Path, report: Path) -> bool:
    """Return whether two builds wrote the same pages and pictures."""
    names = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    different = [
        str(name)
        for name in sorted(names)
        if name.suffix in (".html", ".png") and "_modules" not in name.parts
        if not (second / name).exists() or content(first / name) != content(second / name)
    ]
    report.write_text("\n".join(different))
    return not different


def content(path: Path) -> bytes | str:
    """Return what a build wrote, without what every build writes anew."""
    return (
        settled(path.read_text(encoding="utf-8")) if path.suffix == ".html" else path.read_bytes()
    )


if __name__ == "__main__":
    main()
