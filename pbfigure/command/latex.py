"""The verbs of the LaTeX front end: ``pbfigure init``, ``latex`` and ``bundle``.

latexmk waits for ``pbfigure latex``: what an idle run does not need is imported in the functions.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

_MAIN = click.argument("main", metavar="MAIN.tex", type=click.Path(path_type=Path, dir_okay=False))
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.command()
@_MAIN
@_AS_JSON
def init(main: Path, as_json: bool) -> None:
    """Put paperbanana.sty and latexmk's rule beside MAIN.tex; twice does no harm."""
    from latex_hook.setup_project import set_up

    try:
        placed = set_up(main)
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
    if as_json:
        from pbfigure.command.common import print_json

        print_json({"files": [{"path": str(p.path), "what": p.what} for p in placed]})
        return
    for file in placed:
        click.echo(f"{file.path.name}: {file.what}")
    click.echo("now write \\usepackage{paperbanana} and \\pbfigure{…}, and run latexmk -pdf")


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def latex(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Make what MAIN.tex lacks, and write the map that TeX reads; latexmk starts it."""
    from latex_hook.__main__ import main

    try:
        status = main(list(arguments))
    except SystemExit as error:  # argparse: wrong use, or --help
        status = error.code if isinstance(error.code, int) else 2
    ctx.exit(status)


@click.command()
@_MAIN
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--request-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TeX's .pbq file, where it is not beside MAIN.tex (latexmk -outdir).",
)
@_AS_JSON
@click.pass_context
def bundle(
    ctx: click.Context, main: Path, folder: Path, request_file: Path | None, as_json: bool
) -> None:
    """Write MAIN.tex into DIR so that it compiles anywhere with plain LaTeX."""
    from latex_hook.bundle import bundle as make_bundle

    try:
        bundled = make_bundle(main, folder, request_file)
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror or error}") from None
    if as_json:
        from pbfigure.command.common import print_json

        print_json(asdict(bundled))
    else:
        click.echo(f"{len(bundled.files)} files, {len(bundled.pictures)} of them pictures")
    for sentence in (*bundled.missing, *bundled.drafts, *bundled.unknown):
        click.echo(sentence, err=True)
    ctx.exit(1 if bundled.missing or bundled.drafts else 0)
