"""``pbfigure cache export`` and ``cache import``: pictures that were bought, in one file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pbfigure.command.arguments import open_documents
from pbfigure.command.options import as_json, base_url, cache_dir, here, no_flags_with, sphinx_build
from pbfigure.command.output import print_json, print_line, say
from pbfigure.documents.document import SphinxBuild, figures_of, keys_of
from pbfigure.figure.wording import counted, counted_bytes, listed

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@sphinx_build
@cache_dir
@as_json
def export(
    file: Path,
    paths: Sequence[str],
    build: SphinxBuild,
    cache_dir: Path | None,
    as_json: bool,
) -> None:
    """Write bought pictures into one FILE, for another machine.

    Without a PATH, all that the machine's cache has; with PATHs, what their figures show. FILE is a
    plain tar; the same pictures give the same bytes. Drafts stay here. Records are signed where
    PAPERBANANA_SHARED_SECRET is set.

    Exit status: 0 all well, 1 some figure has no picture in the machine's cache, 2 wrong use.
    """
    from pbfigure.store.signed_objects import Signer
    from pbfigure.upkeep.export_import import export as export_all

    no_flags_with(paths, cache_dir)
    documents = open_documents(paths, build)
    project = documents[0].project if documents else here(cache_dir=cache_dir)
    keys: set[str] | None = None
    without: list[str] = []
    if documents:
        figures = figures_of(documents)
        keys, record = keys_of(figures), project.cache.record
        without += [each.name for each in figures if not any(map(record, keys_of([each])))]
    done = export_all(project.cache, keys, file, Signer(project.shared_secret))
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size, **asdict(done), "without": without})
    else:
        pictures, records = counted(done.pictures, "picture"), counted(done.records, "record")
        print_line(f"{file}: {pictures}, {records} ({counted_bytes(size)})")
    if done.drafts:
        say(f"{counted(done.drafts, 'draft')} of the sandbox left out")
    if done.damaged:
        say(
            f"left out as damaged: {listed([key[:12] for key in done.damaged])};"
            " 'pbfigure cache verify' says more"
        )
    if without:
        say(f"not in the machine's cache: {listed(without)}")
    sys.exit(1 if done.damaged or without else 0)


@click.command("import")
@click.argument("file", type=_FILE)
@cache_dir
@base_url
@as_json
def import_(file: Path, cache_dir: Path | None, base_url: str | None, as_json: bool) -> None:
    """Take the pictures of an exported FILE into the machine's cache.

    Each is checked as if it came from the service. What the cache has stays as it is. Take a FILE
    from those alone whom you would let edit your documents: whoever wrote it decides what figures
    show, unless records are signed (PAPERBANANA_SHARED_SECRET).

    Exit status: 0 all well, 1 something in FILE was refused, 2 wrong use.
    """
    from pbfigure.store.archive import Archive, BadArchive
    from pbfigure.store.signed_objects import Signer
    from pbfigure.upkeep.export_import import import_ as import_all

    project = here(cache_dir=cache_dir, base_url=base_url)
    try:
        archive = Archive(file, Signer(project.shared_secret))
    except BadArchive as error:
        raise click.ClickException(f"{file}: {error}") from None
    try:
        done = import_all(project, archive)
    finally:
        archive.close()
    if as_json:
        print_json({"file": str(file), "end": archive.end, **asdict(done)})
    else:
        parts = [f"{counted(done.records, 'record')} taken", f"{done.there} here already"]
        parts += [f"{done.restored} restored"] if done.restored else []
        print_line(f"{file}: {', '.join(parts)}")
    if done.under_way:
        say(
            f"{counted(done.under_way, 'record')} left out: this machine ordered the figure itself,"
            " and its next build fetches it"
        )
    if done.others:
        say(f"skipped: {done.others:,} entries that this program did not write")
    if done.refused:
        say(f"refused: {counted(len(done.refused), 'record')}: {listed(done.refused, 3)}")
    if archive.end:
        say(f"{file}: {archive.end}")
    sys.exit(1 if done.refused or archive.end else 0)
