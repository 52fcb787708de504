"""What a build wrote: which image files each page shows, so that the next one can tell what changed.

A page is written again when one of its figures shows another file than before, or when the file
is gone from the build tree. Image files that no page shows any longer are removed, since epub
packs whatever lies there; only names that this extension put there itself are touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sphinx.builders.html import StandaloneHTMLBuilder

from pbfigure.store.files import read_bounded, write_whole
from sphinx_paperbanana.domain import PaperbananaDomain

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder

_LIMIT = 16_000_000

Names = dict[str, list[str]]


def pages_to_write(builder: Builder, names: Names) -> list[str]:
    """Return the documents whose pages do not show what they should, or not from a file.

    ``names`` are the image files that each document is to show.
    """
    if not isinstance(builder, StandaloneHTMLBuilder):
        return []  # the others write everything, always
    before = _read(builder)
    folder = Path(builder.outdir) / builder.imagedir
    return [
        docname
        for docname, files in names.items()
        if before.get(docname) != files or not all((folder / name).exists() for name in files)
    ]


def names_shown(domain: PaperbananaDomain) -> Names:
    """Return the image files that each document is to show, in its figures' order."""
    names: Names = {}
    for mark, shown in domain.shown.items():
        if shown.path is not None:
            names.setdefault(mark.rpartition("#")[0], []).append(shown.path.name)
    return names


def remember_written(app: Sphinx, exception: Exception | None) -> None:
    """After a good build, note what it shows, and remove what it no longer does."""
    builder = app.builder
    if exception is not None or not isinstance(builder, StandaloneHTMLBuilder):
        return
    domain = cast("PaperbananaDomain", app.env.get_domain("paperbanana"))
    before, now = _read(builder), names_shown(domain)
    if before == now:
        return
    kept = {name for files in now.values() for name in files} | set(builder.images.values())
    for name in {name for files in before.values() for name in files} - kept:
        if Path(name).name == name:
            with contextlib.suppress(OSError):
                (Path(builder.outdir) / builder.imagedir / name).unlink()
    with contextlib.suppress(OSError):
        write_whole(_path(builder), json.dumps(now).encode())


def _path(builder: Builder) -> Path:
    where = hashlib.sha256(f"{builder.name}\0{builder.outdir}".encode()).hexdigest()[:12]
    return Path(builder.doctreedir) / f"paperbanana-shown-{where}.json"


def _read(builder: Builder) -> Names:
    try:
        names = json.loads(read_bounded(_path(builder), limit=_LIMIT))
    except (OSError, ValueError):
        return {}
    return names if isinstance(names, dict) else {}
