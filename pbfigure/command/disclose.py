"""``pbfigure disclose``: a statement of AI use for a document's figures, ready to paste."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from pbfigure.command.arguments import open_documents
from pbfigure.command.options import as_json, sphinx_build
from pbfigure.command.output import print_json, print_line
from pbfigure.disclosure.venues import VENUES, venue
from pbfigure.documents.document import SphinxBuild, figures_of
from pbfigure.figure.notice import printable
from pbfigure.figure.options import nearest_name


def _known_venue(_ctx: click.Context, _param: click.Parameter, key: str) -> str:
    if key not in VENUES:
        raise click.BadParameter(
            f"{printable(key)!r} is none of {', '.join(VENUES)}{nearest_name(key, VENUES)}"
        )
    return key


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--venue",
    "key",
    metavar=f"[{'|'.join(VENUES)}]",
    callback=_known_venue,
    required=True,
    help="Who asks for it.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "latex")),
    help="Of what is printed; latex for aidisclose and for documents that are LaTeX, else text.",
)
@sphinx_build
@as_json
def disclose(
    paths: Sequence[str],
    key: str,
    form: str | None,
    build: SphinxBuild,
    as_json: bool,
) -> None:
    """Print a statement of AI use for the figures that a document shows.

    It has a declaration, a sentence for each caption, and an appendix of prompts, filled in from
    the figures' records. It is a first wording, by rules that change: read it, fill in what is in
    [ ], and check the venue's page, whose address it gives. Nothing is asked of the service.

    Exit status: 0 every figure has its picture, 1 some are drafts or have none, 2 wrong use.
    """
    from pbfigure.disclosure.statement import LATEX, TEXT, Statement

    documents = open_documents(paths, build)
    unread = [f"{each.path}: {n.text}" for each in documents for n in each.notices]
    statement = Statement(venue(key), figures_of(documents), unread)
    if as_json:
        print_json(statement.as_json())
    else:
        is_latex = key == "aidisclose" or all(document.is_latex for document in documents)
        for line in statement.as_text(form or (LATEX if is_latex else TEXT)).splitlines():
            print_line(line)
    sys.exit(1 if statement.incomplete else 0)
