"""``pbfigure review``: every figure and every version of it on one page."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pbfigure.command.arguments import open_documents
from pbfigure.command.options import options_of_build, sphinx_build
from pbfigure.command.output import print_line, say
from pbfigure.documents.document import Document, SphinxBuild
from pbfigure.figure.wording import counted
from pbfigure.project.repository import short_path
from pbfigure.review.folder import DEFAULT, ReviewFolder
from pbfigure.review.page import make_review, page_of


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "-o",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT,
    show_default=True,
    help="Where the page is written; git leaves it alone.",
)
@click.option("--serve", is_flag=True, help="Serve it on this machine: its buttons then work.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of --serve; any free one.")
@click.option("--by", metavar="NAME", help="Who approves, with --serve; git's user.name otherwise.")
@sphinx_build
def review(
    paths: tuple[str, ...], folder: Path, serve: bool, port: int, by: str | None, build: SphinxBuild
) -> None:
    """Write one page with every figure and every version of it, to look at and to approve.

    PATH is a Sphinx source folder or a main .tex file. The page opens without a network, and
    nothing is asked of the service.

    With --serve the page approves, pins and buys another variant, once you confirm its cost. Only
    who has the printed address can open it. Ctrl-C ends it; nothing that was paid for is lost.
    """
    documents = open_documents(paths, build)
    own = ReviewFolder(folder, documents[0].project.cache_folder / "review")
    made = make_review(documents, own, options_of_build(build), say)
    page = own.write_page(page_of(made))
    sections = ", ".join(f"{len(each)} {name.lower()}" for name, each in made.sections.items())
    print_line(f"{counted(len(made.figures), 'figure')}: {sections or 'none'}")
    if not serve:
        print_line(f"open {short_path(page)}")
    elif _serve(documents, own, by, port):
        raise KeyboardInterrupt  # something was being bought


def _serve(documents: Sequence[Document], folder: ReviewFolder, by: str | None, port: int) -> bool:
    """Serve the page until Ctrl-C; return whether it was buying then."""
    from pbfigure.review.server import ReviewServer
    from pbfigure.review.session import Session

    session = Session(documents, folder, by)
    try:
        server = ReviewServer(session, port)
    except OSError as error:
        raise click.ClickException(f"port {port}: {error.strerror or error}") from None
    with server:
        with contextlib.suppress(KeyboardInterrupt):
            print_line(f"open {server.url}")
            print_line("Ctrl-C ends it")
            sys.stdout.flush()
            server.serve_forever()
        print_line()
        return session.end()
