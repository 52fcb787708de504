"""Which files are the document's own, so that none but they are sent, packed or written to.

A document may be anyone's: what it names by ``..``, by an absolute path or through a link is a file
of whoever builds it. Its own files are those below the repository's root, or without a repository
those below the main file's folder; nothing that is hidden there is.
"""

from __future__ import annotations

import os
from pathlib import Path

from pbfigure.figure.notice import FigureError
from pbfigure.project.repository import is_own, root_of_own


class LeadsOut(FigureError):
    """A folder that is to be written to is a link to somewhere else."""

    subtype = "setting"


class Outside(OSError):
    """A file that is not the document's own."""


def root_of(main: Path) -> Path:
    """Return the folder below which the files of the document lie whose main file is ``main``."""
    return root_of_own(main.absolute().parent).resolve()


def own_bytes(path: Path, root: Path, *, limit: int) -> bytes:
    """Return the bytes of one of the document's own files.

    Raises :exc:`Outside`, UnsafeFile for more than ``limit`` bytes or no regular file, ``OSError``.
    """
    from pbfigure.store.files import read_bounded  # an idle run mostly does without

    try:
        real = path.resolve()
    except RuntimeError:  # links in a circle
        raise OSError(f"{path} is a link to itself") from None
    if not is_own(real, root):
        raise Outside(f"{path} is outside the project ({root}), or hidden in it")
    return read_bounded(real, limit=limit)


def check_folder(folder: Path, *roots: Path) -> None:
    """Make sure that a folder that is written to is no link out of ``roots`` or to a hidden folder.

    Raises :exc:`LeadsOut`.
    """
    if folder.is_symlink():
        real = Path(os.path.realpath(folder))
        if not any(is_own(real, root.resolve()) for root in roots):
            where = "outside the project, or hidden in it"
            raise LeadsOut(f"{folder} is a link to {real}, {where}: remove it")
