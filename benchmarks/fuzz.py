"""Fuzz every reader of text that a repository brings, each input bounded in time and memory.

``python benchmarks/fuzz.py --minutes 10``: inputs are pieces of the format, repeated, nested, cut and
spoiled, up to a bit more than the format's limit. An input may take one second of the processor and
200 MB, and end in what its reader documents; all else is a finding, and kept in ``--keep``.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from pbfigure.figure.notice import FigureError

SECONDS, MEMORY = 1.0, 200_000_000
"""Of the processor, and bytes: the bounds of one input."""
NOT_OURS = "a place in docutils, Sphinx or MyST alone"
ROOT = Path(__file__).parent.parent
PACKAGES = ("pbfigure", "latex_hook", "sphinx_paperbanana")
os.environ["PBFIGURE_DEBUG"] = "1"

Reader = Callable[[bytes], object]


class TooSlow(BaseException):
    """The input took more than its time."""


# -- the inputs ---------------------------------------------------------------------------------

COMMON = ["\x1b[31m", "\u202e", "\u0301\u0316", "²", "\ufeff", "é", "水", "\0", "\r", "\u2028", "9"]
PIECES = {
    "toml": [
        *("mode", "max_credits", "figures_dir", "defaults", "style", " = ", "a.", '"a".', "[", "]"),
        *(
            "{",
            "}",
            "[[",
            "]]",
            "'",
            '"',
            '"""',
            "'''",
            "\n",
            "#",
            "true",
            "1e",
            ".5",
            "~root",
            "~x",
        ),
        *(
            "../",
            ".git/refs",
            "/",
            "\\",
            "\\u0000",
            ",",
            "=",
            "[defaults]\n",
            'resolution = "2K"\n',
        ),
    ],
    "request": [
        *("pbq=3\n", "figure=" + "A" * 32 + "\n", "line=1\n", "line=²\n", "prompt=A pump\n", "\n"),
        *(
            "heading=1\n",
            "title=x\n",
            "shown=1\n",
            "end=figures:1,headings:0,partial:0\n",
            "part=a\n",
        ),
        *(
            "unknown=x\n",
            "id=a\n",
            "encoding=latin1\n",
            "encoding=",
            "source=\\x{\n",
            "set-mode=x\n",
        ),
        *(
            "context=label:x\n",
            "pin=1\n",
            "prompt=\\today\n",
            "=",
            "\\emph{",
            "}",
            "$",
            "---",
            "``",
        ),
    ],
    "map": ["doc|id|", "A" * 32, "|p/a.png", "||||", "\n", "<1F", ">", "<110000>", "%", "../", "|"],
    "json": [
        *(
            '{"version": 1',
            '"key": "',
            "a" * 64,
            '"request": {',
            '"options": {}',
            "[",
            "]",
            "{",
            "}",
        ),
        *(
            ",",
            ":",
            '"',
            "\\ud800",
            "1e",
            "-",
            "NaN",
            "true",
            "null",
            '"pictures": [{',
            '"figure": "',
        ),
        *('"picture": "', '"prompt": "x"', "\n", " ", '"a":'),
    ],
    "prompt": [
        "A pump ",
        "\n",
        "---",
        "``",
        "$x$",
        "\\emph{",
        "}",
        "https://x.org/a.png ",
        "%",
        "&<>",
    ],
    "tex": [
        *(
            "\\pbfigure{A pump}\n",
            "\\pbfigure[",
            "\\pbfigure{",
            "\\section{",
            "\\label{",
            "\\emph{",
        ),
        *(
            "\\begin{pbcontext}",
            "\\end{pbcontext}",
            "\\begin{itemize}",
            "\\end{itemize}",
            "\\item ",
        ),
        *(
            "\\newcommand{\\x}[1]{",
            "\\x{",
            "\\def\\y#1{",
            "\\y",
            "\\verb|",
            "\\footnote{",
            "\\iffalse",
        ),
        *(
            "\\fi",
            "\\input{main}",
            "\\input{",
            "{",
            "}",
            "[",
            "]",
            "$",
            "$$",
            "\\(",
            "%",
            "\n",
            "\n\n",
        ),
        *(
            "\\begin{verbatim}",
            "\\end{verbatim}",
            "\\begin{tabular}{",
            "&",
            "\\\\",
            "word ",
            "~",
            "#1",
        ),
        *(
            "\\SI{5}{",
            "\\gls{",
            "\\href{a}{",
            "\\'",
            '\\"',
            "\\cite[",
            "\\begin{",
            "\\end{",
            "\\let\\z",
        ),
        *(
            "\\lstinline|",
            "\\begin{equation}",
            "\\end{equation}",
            "\\left(",
            "\\frac{",
            "^{",
            "\\text{",
        ),
    ],
    "rest": [
        *(
            "\n.. paperbanana:: A pump\n",
            "   :prompt: x\n",
            "   :context: ",
            "body\n",
            "   :caption: *x\n",
        ),
        *(
            "   :name: a\n",
            "   :legend: x\n",
            "   :prompt-file: a.txt\n",
            "\n",
            "   Text. ",
            "*",
            "**",
        ),
        *(
            "``",
            "`x`_ ",
            "|x| ",
            "Title\n=====\n",
            "* item\n",
            "  ",
            ":math:`x`",
            "\n.. note::\n\n   ",
        ),
        *(
            "\n.. figure:: x.png\n",
            "\n.. only:: html\n\n   ",
            "   :alt:\n",
            "   :width: 9x\n",
            "\\",
            "::\n",
        ),
    ],
    "myst": [
        *(
            "\n```{paperbanana} A pump\n",
            "```\n",
            ":prompt: x\n",
            ":context: body\n",
            "---\n",
            "\n",
            "> ",
        ),
        *(
            "prompt: |\n",
            ":::{note}\n",
            ":::\n",
            "# Title\n",
            "- item\n",
            "  ",
            "*",
            "`",
            "[",
            "](x)",
        ),
        *(
            "```{figure} x.png\n",
            ":caption: x\n",
            ":legend: x\n",
            "| a | b |\n",
            "$x$",
            "<div>",
            "\\",
        ),
    ],
}
LIMITS = {"toml": 70_000, "request": 1_000_000, "map": 1_000_000, "json": 1_100_000}
"""Bytes of the longest input; of texts with pages, 20,000."""


def an_input(kind: str, draw: random.Random) -> bytes:
    """Return an input: pieces in any order, one of them perhaps over and over."""
    pieces = [*PIECES[kind], *draw.sample(COMMON, 3)]
    limit = LIMITS.get(kind, 20_000)
    length = int(limit ** draw.uniform(0.4, 1.0))
    shape = draw.random()
    if shape < 0.35:  # one unit over and over
        unit = "".join(draw.choices(pieces, k=draw.randint(1, 4)))
        text = unit * max(1, length // max(1, len(unit)))
    elif shape < 0.55:  # something that opens, as often as something that closes
        opening, inner, closing = draw.choices(pieces, k=3)
        times = max(1, length // max(1, len(opening + closing)))
        text = opening * times + inner + closing * times
    else:
        used = draw.sample(pieces, min(len(pieces), draw.randint(3, 20)))
        text = "".join(draw.choices(used, k=min(length, 30_000) // 4 + 1))
    start = {
        "request": "pbq=3\nshown=1\nshown=2\n",
        "json": "{",
        "rest": "Title\n=====\n",
        "myst": "# Title\n\n",
    }
    data = bytearray(
        (start.get(kind, "") * (draw.random() < 0.8) + text).encode("utf-8", "replace")
    )
    for _ in range(draw.choice((0, 0, 0, 0, 0, 1, 5))):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data[: limit + 1000])


# -- the readers --------------------------------------------------------------------------------


def readers(folder: Path) -> dict[str, tuple[str, Reader]]:
    """Return every reader by name, with the kind of its inputs."""
    from latex_hook.blocks import collect
    from latex_hook.sources.inputs import read_document
    from latex_hook.sources.locate import files_of
    from latex_hook.sources.scan import scan
    from latex_hook.tex.picture_map import read_map
    from latex_hook.tex.request_file import parse_requests
    from latex_hook.text.section import Sections, UnknownContext
    from pbfigure.figure.block import FigureBlock
    from pbfigure.figure.content import WrittenText
    from pbfigure.figure.figure import compose
    from pbfigure.figure.notice import Place
    from pbfigure.project.settings import gather, toml_layer
    from pbfigure.store.choices import Choices
    from pbfigure.store.record import read_record, write_record
    from sphinx_paperbanana import placeholder
    from sphinx_paperbanana.alt_text import alt_text

    settings = folder / "settings"
    for own in (folder, settings):
        (own / ".git").mkdir(parents=True)

    def toml(data: bytes) -> None:
        (settings / "paperbanana.toml").write_bytes(data)
        gather([toml_layer(settings)], figures_dir=settings / "figures")

    def picture_map(data: bytes) -> None:
        (folder / "pbmap.tex").write_bytes(data)
        read_map(folder / "pbmap.tex")

    def record(data: bytes) -> None:
        write_record(read_record(data))

    def choice(data: bytes) -> None:
        (folder / "a.pin").write_bytes(data)
        Choices(folder).all()

    def prompt(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        try:
            options = {"type": "pipeline", "id": text[:300], "image-input": text[:99]}
            content = WrittenText(text)
            for chosen in ({}, options):
                compose(FigureBlock("a", Place(text[:99], 1), text, content, chosen))
        finally:
            alt_text(text)
            said = placeholder.Missing(text[:200], "a:1", text, "missing", text)
            placeholder.placeholder(folder / "drawn", said, vector=len(text) % 2 == 0)

    def tex(data: bytes) -> None:
        (folder / "main.tex").write_bytes(data)
        text = data.decode("utf-8", "replace")
        asked = "".join(
            f"figure={number:032X}\nline={line}\nprompt=A pump\nsource=A pump\n"
            for number, line in enumerate((1, 2, text.count("\n") + 1))
        )
        shown, end = "shown=1\nshown=2\nshown=3\n", "end=figures:3,headings:0,partial:0\n"
        requests = parse_requests(f"pbq=3\n{shown}{asked}{end}".encode())
        found = scan(read_document(folder / "main.tex", folder, {}, files_of(requests)))
        sections = Sections(found, requests)
        contents = [figure.block.content for figure in collect(found, requests, folder, "main")]
        for context in ("section", "document"):
            with contextlib.suppress(UnknownContext):  # a byte that is in no encoding
                contents.append(sections.content(0, context))
        for content in contents:
            if content is not None:
                content.text()

    sphinx = _sphinx_reader(folder / "docs")
    placeholder._ = str  # type: ignore[assignment]  # no catalog is loaded
    return {
        "TOML": ("toml", toml),
        "request file": ("request", parse_requests),
        "map": ("map", picture_map),
        "record": ("json", record),
        "choice": ("json", choice),
        "prompt and text": ("prompt", prompt),
        "TeX": ("tex", tex),
        "reST": ("rest", lambda data: sphinx("index.rst", data)),
        "MyST": ("myst", lambda data: sphinx("page.md", data)),
    }


def _sphinx_reader(folder: Path) -> Callable[[str, bytes], None]:
    from sphinx.application import Sphinx

    folder.mkdir()
    (folder / "conf.py").write_text("extensions = ['sphinx_paperbanana', 'myst_parser']\n")
    (folder / "index.rst").write_text("Title\n=====\n")
    (folder / "page.md").write_text("# Title\n")
    out = folder.parent / "out"
    app = Sphinx(folder, folder, out, out, "dummy", status=None, warning=None)

    def read(name: str, data: bytes) -> None:
        from pbfigure.project.resolution import resolve
        from sphinx_paperbanana.config import open_project
        from sphinx_paperbanana.domain import paperbanana_domain

        docname = name.partition(".")[0]
        (folder / name).write_bytes(data.decode("utf-8", "replace").encode("utf-8", "replace"))
        app.events.emit("env-purge-doc", app.env, docname)
        app.env.clear_doc(docname)
        app.builder.read_doc(docname)
        domain = paperbanana_domain(app.env)
        figures = [written.block for _, written in domain.in_build(app)]
        resolve(open_project(app, mode="offline"), figures, look_up_only=True)

    return read


# -- the run ------------------------------------------------------------------------------------


def run(minutes: float, seed: int, keep: Path, only: str) -> int:
    """Fuzz for some minutes; return how many findings there are."""
    draw = random.Random(seed)
    counts: collections.Counter[str] = collections.Counter()
    slowest: dict[str, float] = collections.defaultdict(float)
    findings: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as name:
        known = readers(Path(name).resolve())
        known = {reader: pair for reader, pair in known.items() if only in reader}
        for _, read in known.values():  # what is imported at the first use is no input's
            one("", read, b"\n")
        base = _size()
        resource.setrlimit(resource.RLIMIT_AS, (base + MEMORY, resource.RLIM_INFINITY))
        signal.signal(signal.SIGVTALRM, _stop)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            reader = draw.choice(list(known))
            kind, read = known[reader]
            data = an_input(kind, draw)
            begun = time.process_time()
            finding = one(reader, read, data)
            slowest[reader] = max(slowest[reader], time.process_time() - begun)
            counts[reader] += 1
            if finding.endswith(NOT_OURS):
                counts[f"{reader}, beyond the bounds in {NOT_OURS}"] += 1
            elif finding:
                findings[finding] += 1
                if findings[finding] == 1:
                    keep.mkdir(parents=True, exist_ok=True)
                    path = keep / f"{reader.replace(' ', '-')}-{sum(findings.values())}"
                    path.write_bytes(data)
                    print(f"{path} ({len(data):,} bytes): {finding}", flush=True)
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for reader, count in counts.items():
        print(f"{reader}: {count:,} inputs, the slowest {slowest[reader]:.2f} s")
    print(
        f"{sum(counts.values()):,} inputs, {sum(findings.values())} findings, {largest} MB at most"
    )
    return sum(findings.values())


def one(reader: str, read: Reader, data: bytes) -> str:
    """Read one input; return what is wrong, or nothing."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS if reader else 0)
    try:
        read(data)
    except TooSlow as error:
        return f"{reader}: more than {SECONDS} s, at {_frames(error)}"
    except MemoryError as error:
        return f"{reader}: more than {MEMORY // 1_000_000} MB, at {_frames(error)}"
    except FigureError:
        pass
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{reader}: {type(error).__name__}, at {_frames(error)}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return ""


def _frames(error: BaseException) -> str:
    """Return where it was in this project."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f"{Path(f.filename).name}:{f.name}" for f in frames if _is_ours(f.filename)]
    return " < ".join(reversed(ours[-3:])) or NOT_OURS


def _is_ours(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES


def _stop(*_: object) -> None:
    raise TooSlow


def _size() -> int:
    """Return the bytes of this process's memory, as the system counts what it is limited to."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def main() -> int:
    """Fuzz as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="for findings")
    parser.add_argument("--only", default="", help="a part of a reader's name")
    given = parser.parse_args()
    print(f"seed {given.seed}")
    return min(1, run(given.minutes, given.seed, given.keep, given.only))


if __name__ == "__main__":
    sys.exit(main())
