"""Fuzz every reader of text that a repository brings, each input bounded in time and memory.

``python benchmarks/fuzz.py --minutes 10``: inputs are pieces of the format, repeated, nested, cut
and spoiled, up to a bit more than the format's limit. An input may take one second of the processor
and 200 MB, and end in what its reader documents; all else is a finding, and kept in ``--keep``.
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
from functools import partial
from pathlib import Path

from hostile_texts import an_input
from sphinx.application import Sphinx

from latex_hook.sources.inputs import read_document
from latex_hook.sources.locate import files_of
from latex_hook.sources.scan import scan
from latex_hook.tex.picture_map import read_map
from latex_hook.tex.request_file import parse_requests, read_requests
from latex_hook.tex_figures import collect
from latex_hook.text.context import Sections, UnknownContext
from pbfigure.figure.alt_text import alt_text
from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import compose
from pbfigure.figure.notice import FigureError, Place
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.project.resolution import resolve
from pbfigure.project.settings import gather
from pbfigure.project.settings_file import toml_layer
from pbfigure.store.pins_and_approvals import Pins
from pbfigure.store.record import read_record, write_record
from sphinx_paperbanana import placeholder
from sphinx_paperbanana.config import open_project
from sphinx_paperbanana.registry import registry_of

SECONDS, MEMORY = 1.0, 200_000_000
"""Of the processor, and bytes: the bounds of one input."""
ROOT = Path(__file__).parent.parent
SLOW = ("reST", "MyST", "prompt")
NOT_OURS = "docutils, Sphinx or MyST"
NEAR = 20
"""Calls between ours and an error; with more of them it is the host's, whose work it is to nest."""
PACKAGES = ("pbfigure", "latex_hook", "sphinx_paperbanana")

Reader = Callable[[bytes], object]


class TooSlow(BaseException):
    """The input took more than its time."""


# -- the readers --------------------------------------------------------------------------------


def read_toml(folder: Path, data: bytes) -> None:
    (folder / "paperbanana.toml").write_bytes(data)
    gather([toml_layer(folder)], figures_dir=folder / "figures")


def read_request_file(folder: Path, data: bytes) -> None:
    (folder / "main.pbq").write_bytes(data)
    read_requests(folder / "main.pbq")


def read_picture_map(folder: Path, data: bytes) -> None:
    (folder / "pbmap.tex").write_bytes(data)
    read_map(folder / "pbmap.tex")


def read_choice(folder: Path, data: bytes) -> None:
    (folder / "a.pin").write_bytes(data)
    Pins(folder).all()


def read_prompt(folder: Path, data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    content = WrittenText(text)
    try:
        for options in ({}, {"id": text[:300], "image-input": text[:99], "pin": text[:99]}):
            compose(FigureBlock("a", Place(text[:99], 1), text, content, options))
    finally:  # it is shown though it is refused
        alt_text(text)
        said = placeholder.Missing(text[:200], "a:1", text, "missing", text)
        placeholder.placeholder(folder / "drawn", said, vector=len(text) % 2 == 0)


def read_tex(folder: Path, data: bytes) -> None:
    (folder / "main.tex").write_bytes(data)
    asked = "".join(
        f"figure={number:032X}\nline={line}\nprompt=A pump\nsource=A pump\n"
        for number, line in enumerate((1, 2, data.count(b"\n") + 1))
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


class Pages:
    """A Sphinx project whose pages are read one by one, and their figures looked up."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "conf.py").write_text("extensions = ['sphinx_paperbanana', 'myst_parser']\n")
        (folder / "index.rst").write_text("Title\n=====\n")
        (folder / "page.md").write_text("# Title\n")
        out = folder.parent / "out"
        self._folder = folder
        self._app = Sphinx(folder, folder, out, out, "dummy", status=None, warning=None)

    def read(self, name: str, data: bytes) -> None:
        """Read a page."""
        app, docname = self._app, name.partition(".")[0]
        text = data.decode("utf-8", "replace").encode("utf-8", "replace")
        (self._folder / name).write_bytes(text)
        app.events.emit("env-purge-doc", app.env, docname)
        app.env.clear_doc(docname)
        app.builder.read_doc(docname)
        figures = [written.block for _, written in registry_of(app.env).in_build(app)]
        resolve(open_project(app, mode="offline"), figures, look_up_only=True)


def readers(top: Path) -> dict[str, tuple[str, Reader]]:
    """Return every reader by name, with the kind of its inputs; each has a folder of its own."""
    pages = Pages(top / "docs")
    placeholder._ = str  # type: ignore[assignment]  # no catalog is loaded
    found: dict[str, tuple[str, Reader]] = {
        "record": ("json", lambda data: write_record(read_record(data))),
        "reST": ("rest", partial(pages.read, "index.rst")),
        "MyST": ("myst", partial(pages.read, "page.md")),
    }
    for kind, read in (
        ("toml", read_toml),
        ("request", read_request_file),
        ("map", read_picture_map),
        ("json", read_choice),
        ("prompt", read_prompt),
        ("tex", read_tex),
    ):
        name = read.__name__.removeprefix("read_").replace("_", " ")
        folder = top / name
        (folder / ".git").mkdir(parents=True)
        found[name] = (kind, partial(read, folder))
    return found


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
            # those that take no time have five inputs for one of a page or picture
            reader = draw.choices(list(known), [1 if name in SLOW else 5 for name in known])[0]
            kind, read = known[reader]
            data = an_input(kind, draw)
            begun = time.process_time()
            finding = one(reader, read, data)
            slowest[reader] = max(slowest[reader], time.process_time() - begun)
            counts[reader] += 1
            if finding.endswith(NOT_OURS):
                counts[f"{reader}, beyond the bounds within {NOT_OURS}"] += 1
            elif finding:
                findings[finding] += 1
                if findings[finding] == 1:
                    keep.mkdir(parents=True, exist_ok=True)
                    path = keep / f"{reader.replace(' ', '-')}-{sum(findings.values())}"
                    path.write_bytes(data)
                    print(f"{path} ({len(data):,} bytes): {finding}", flush=True)
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for reader, count in counts.items():
        took = f", the slowest {slowest[reader]:.2f} s" if reader in slowest else ""
        print(f"{reader}: {count:,} inputs{took}")
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
    frames = traceback.extract_tb(error.__traceback__)[-NEAR:]
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
    os.environ["PBFIGURE_DEBUG"] = "1"  # what nobody expected is raised
    print(f"seed {given.seed}")
    return min(1, run(given.minutes, given.seed, given.keep, given.only))


if __name__ == "__main__":
    sys.exit(main())
