"""Remembers which image files each page shows: so the next build knows which pages to write.

A page is written again when one of its figures shows another file than before, or when the file
is gone from the build tree; one with a table of all figures, when the table changes; one that shows
figures of another page once more, as a list of todos does, when that page's change.
Image files that no page shows any longer are removed, since epub packs whatever lies there; only
names that this extension put there itself are touched. Other builders remember what they wrote
too, though they keep no image files: their pages lead to other ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.builders.html import StandaloneHTMLBuilder

from pbfigure.store.file_memo import load_memo, save_memo
from sphinx_paperbanana.build_cache import memo_path
from sphinx_paperbanana.config import read_settings
from sphinx_paperbanana.registry import FigureRegistry, registry_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder

Names = dict[str, list[str]]
"""By document, the image files that it shows in its figures' order; for a table of all figures,
also a digest of what it says; for figures of other documents, those documents and their files."""
_TABLE = "table:"
_COPIES = "copies:"
_PLACEHOLDER = r"missing-figure-[0-9a-f]{12}"


def pages_to_write(builder: Builder, registry: FigureRegistry) -> list[str]:
    """Return the documents whose pages do not show what they should, or not from a file."""
    before = load_memo(memo_path(builder, "shown"))
    for docname in before.keys() & registry.env.all_docs.keys():
        for name in before[docname]:
            if name.startswith(_COPIES):
                registry.copies.setdefault(docname, set()).add(name.removeprefix(_COPIES))
    now = _names(registry)
    registry.pages = now, before
    if not isinstance(builder, StandaloneHTMLBuilder):  # it copies no images, or writes everything
        return [docname for docname, files in now.items() if before.get(docname) != files]
    folder = Path(builder.outdir) / builder.imagedir
    try:
        there = set(os.listdir(folder))  # noqa: PTH208 - one look for all figures
    except OSError:
        there = set()
    return [
        docname
        for docname, files in now.items()
        if before.get(docname) != files or not all(name in there for name in _file_names(files))
    ]


def _names(registry: FigureRegistry) -> Names:
    names = registry.image_names
    added: Names = {}
    for docname, others in registry.copies.items():
        for other in sorted(others):
            added.setdefault(docname, []).extend((_COPIES + other, *names.get(other, ())))
    if registry.lists:
        from sphinx_paperbanana.figure_list import rows

        table = _TABLE + hashlib.sha256(json.dumps(rows(registry)).encode()).hexdigest()
        for docname in registry.lists:
            added.setdefault(docname, []).append(table)
    return names | {docname: [*names.get(docname, ()), *more] for docname, more in added.items()}


def _file_names(files: list[str]) -> list[str]:
    return [file.rpartition("/")[2] for file in files if not file.startswith((_TABLE, _COPIES))]


def _called(names: set[str], folder: Path) -> list[Path]:
    """Return the files of these names; Sphinx adds a number where a page shows the picture itself
    beside its labelled copy.
    """
    if not names or not folder.is_dir():
        return []
    return [
        path
        for path in folder.iterdir()
        if any(path.stem[: len(path.stem) - digits] + path.suffix in names for digits in range(3))
    ]


def remove_stale(app: Sphinx, builder: Builder) -> None:
    """Before anything is written, remove the image files that no page is to show any longer."""
    if not isinstance(builder, StandaloneHTMLBuilder):
        return
    now, before = registry_of(builder.env).pages
    if before is None or (before and before == now):
        return
    shown = {name for files in now.values() for name in _file_names(files)}
    kept = shown.union(name for _, name in builder.env.images.values())  # by an image directive
    written = {name for files in before.values() for name in _file_names(files)}
    folder = Path(builder.outdir) / builder.imagedir
    if not memo_path(builder, "shown").exists() and folder.is_dir():
        written = _surely_ours(app, folder)
    for path in _called(written - shown, folder):
        if path.name not in kept:
            with contextlib.suppress(OSError):
                path.unlink()


def _surely_ours(app: Sphinx, folder: Path) -> set[str]:
    """Return the image files that an earlier build put there, though its doctrees are deleted: they
    are called as a picture of the project is, or as a placeholder.
    """
    figures_dir = read_settings(app).figures_dir
    known = {path.stem for path in figures_dir.glob("*.*")} if figures_dir is not None else set()
    return {
        path.name
        for path, stem in ((path, path.stem) for path in folder.iterdir())
        if re.fullmatch(_PLACEHOLDER, stem) or known & {stem, stem.rpartition("-")[0]}
    }


def remember_written(app: Sphinx, exception: Exception | None) -> None:
    """After a good build, note what it shows."""
    if exception is not None:
        return
    registry = registry_of(app.env)
    now, before = registry.pages
    if before is None:  # pages may lack their pictures: the next build writes all that have any
        memo_path(app.builder, "shown").unlink(missing_ok=True)
        return
    if registry.copies:  # what was written in this build tells of more
        now = _names(registry)
    if now != before:
        save_memo(memo_path(app.builder, "shown"), now)
