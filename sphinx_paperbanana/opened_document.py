"""The figures of a Sphinx project, read without building it: what plan, make and status work on.

Sphinx reads the project in a process of its own (``opening_process``), for a conf.py may do
anything to the process that it runs in. Its doctrees are kept in the user's cache folder, one set a
project and way to build it, so that only changed pages are read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pbfigure.documents.document import Document, SphinxBuild
from pbfigure.figure.block import FigureBlock
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.project.project import Project
from pbfigure.project.renamed_figures import Hidden
from pbfigure.project.settings import Settings

PROCESS = "sphinx_paperbanana.opening_process"
ANSWER = "figures.pickle"
WRONG_SETTINGS = 3
"""The process's exit status where it read settings that cannot be used."""
LINES_SHOWN = 5
"""Of what Sphinx said last, where it failed."""


class Unreadable(FigureError):
    """Sphinx cannot read the project."""

    subtype = "sphinx"


class Answer(NamedTuple):
    """What the process that reads hands over: a project, and its figures."""

    root: Path
    settings: Settings
    memo: Path | None
    keeps_figures: bool
    blocks: Sequence[FigureBlock]
    hidden: Hidden
    notices: Sequence[Notice] = ()


def open_sphinx(source: Path, environ: Mapping[str, str], build: SphinxBuild) -> Document:
    """Return the document in a source folder, with the figures that a build shows.

    Raises :exc:`Unreadable`.
    """
    options = json.dumps(build)
    with _folder_of(source, options) as folder:
        return document_of(_read(source, folder, environ, options), source, environ)


def document_of(answer: Answer, source: Path, environ: Mapping[str, str]) -> Document:
    """Return the document that was read from a source folder."""
    project = Project(
        answer.root, answer.settings, environ, answer.memo, keeps_figures=answer.keeps_figures
    )
    return Document(
        path=source,
        project=project,
        blocks=answer.blocks,
        hidden=answer.hidden,
        notices=answer.notices,
    )


@contextlib.contextmanager
def _folder_of(source: Path, options: str) -> Iterator[Path]:
    """Lock and give the folder of a project's doctrees; one for the moment if that is no use.

    Sphinx unpickles what is there, so it is a folder of this user alone: never below ``cache_dir``,
    which may be shared.
    """
    import platformdirs
    from filelock import FileLock

    name = hashlib.sha256(f"{source.resolve()}\0{options}".encode("utf-8", "replace")).hexdigest()
    with contextlib.ExitStack() as stack:
        try:
            kept = platformdirs.user_cache_path("paperbanana", appauthor=False) / "sphinx"
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not _is_private(kept):
                raise PermissionError
            folder = kept / name[:24]
            folder.mkdir(exist_ok=True)
            stack.enter_context(FileLock(folder / "lock"))
        except (OSError, RuntimeError):  # this user may have no home folder
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield folder


def _is_private(folder: Path) -> bool:
    """Whether nobody else can have written in a folder."""
    status = folder.lstat()
    is_own = sys.platform == "win32" or (status.st_uid, status.st_mode & 0o022) == (os.getuid(), 0)
    return is_own and stat.S_ISDIR(status.st_mode)


def _read(source: Path, folder: Path, environ: Mapping[str, str], options: str) -> Answer:
    answer = folder / ANSWER
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-m", PROCESS, os.fspath(source.resolve()), os.fspath(folder)]
    done = subprocess.run(  # noqa: S603 - this very program
        [*command, options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(environ),
        check=False,
    )
    if done.returncode:
        what = "" if done.returncode == WRONG_SETTINGS else "Sphinx cannot read it: "
        raise Unreadable(f"{source}: {what}{_gist(done.stderr)}")
    loaded: Answer = pickle.loads(answer.read_bytes())  # noqa: S301 - our own process wrote it
    answer.unlink()
    return loaded


def _gist(said: bytes) -> str:
    """Return what Sphinx said last, without the tracebacks in it."""
    lines = said.decode("utf-8", "replace").splitlines()
    plain = [line for line in lines if line[:1].strip() and not line.startswith("Traceback")]
    return "; ".join(plain[-LINES_SHOWN:])
