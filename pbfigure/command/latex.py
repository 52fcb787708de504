"""The verbs of the LaTeX front end: ``pbfigure init``, ``latex`` and ``bundle``.

latexmk waits for ``pbfigure latex``: what an idle run does not need is imported in the functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pbfigure.project.repository import TEX_ENDINGS
from pbfigure.project.settings import SETTINGS


def _document(main: Path) -> Path:
    """Return a main file, if it is one."""
    if main.suffix.lower() not in TEX_ENDINGS:
        raise click.UsageError(
            f"{main} is no LaTeX document: the name of its main file ends in"
            f" {', '.join(TEX_ENDINGS[:-1])} or {TEX_ENDINGS[-1]}"
        )
    if not main.is_file():
        raise click.UsageError(f"{main}: there is no such file")
    return main


def _setting(name: str) -> Callable[[Any], Any]:
    """Return the option that sets a setting, over all other layers."""
    text = SETTINGS[name].help.replace("`", "")
    return click.option(f"--{name.replace('_', '-')}", metavar="VALUE", help=text)


_MAIN = click.argument(
    "main",
    metavar="MAIN.tex",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=lambda _ctx, _parameter, main: _document(main),
)
_REQUEST_FILE = click.option(
    "--request-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TeX's .pbq file, where it is not beside MAIN.tex (latexmk -outdir).",
)
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.command()
@_MAIN
@_AS_JSON
def init(main: Path, as_json: bool) -> None:
    """Put paperbanana.sty and latexmk's rule beside MAIN.tex; twice does no harm."""
    from latex_hook.tex.init_files import set_up

    placed = set_up(main)
    from pbfigure.command.output import print_json, print_line

    if as_json:
        print_json({"files": [{"path": str(p.path), "what": p.what} for p in placed]})
        return
    for file in placed:
        print_line(f"{file.path.name}: {file.what}")
    print_line("now write \\usepackage{paperbanana} and \\pbfigure{…}, and run latexmk -pdf")


@click.command()
@click.argument("main", metavar="MAIN.tex", type=click.Path(path_type=Path, dir_okay=False))
@_setting("mode")
@_setting("on_failure")
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
@click.option(
    "--phase",
    type=click.Choice(("before", "after", "alone")),
    default="alone",
    show_default=True,
    help="What to do. alone, by hand: make what TeX asked for when it ran last. latexmk's rule says"
    " before, where TeX is still to run: that is only looked up; and after, where TeX has written"
    " down what it wants. TeX then runs in the current folder.",
)
@click.option("--saved", is_flag=True, help="A watcher started it, because a file was saved.")
@_REQUEST_FILE
@click.option(
    "--report-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Leave warnings and errors there, for latexmk's rule to print when it ends.",
)
def latex(
    main: Path,
    mode: str | None,
    on_failure: str | None,
    quiet: bool,
    phase: str,
    saved: bool,
    request_file: Path | None,
    report_file: Path | None,
) -> None:
    """Make what MAIN.tex lacks, and write the map that TeX reads; latexmk starts it.

    Exit status: as for every verb; 12 in place of 1 after TeX, where the settings (mode frozen,
    on_failure error) make latexmk fail.
    """
    from latex_hook.run import Phase, Run, run_hook
    from latex_hook.tex.request_file import find_request_file

    alone = phase == Phase.ALONE.value
    if alone:  # else it is latexmk that found it
        _document(main)
    settings = {"mode": mode, "on_failure": on_failure}
    run = Run(
        main=main,
        # latexmk starts us where TeX runs; by hand, TeX is taken to run beside the main file
        folder=main.absolute().parent if alone else Path.cwd(),
        request_file=request_file or find_request_file(main),
        phase=Phase(phase),
        saved=saved,
        quiet=quiet,
        report_file=report_file,
        settings={name: value for name, value in settings.items() if value is not None},
    )
    sys.exit(run_hook(run))


@click.command()
@_MAIN
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@_REQUEST_FILE
@_AS_JSON
def bundle(main: Path, folder: Path, request_file: Path | None, as_json: bool) -> None:
    """Write MAIN.tex into DIR so that it compiles anywhere with plain LaTeX."""
    from latex_hook.bundle.bundle import bundle as make_bundle

    bundled = make_bundle(main, folder, request_file)
    from pbfigure.command.output import print_json, print_line

    if as_json:
        print_json(asdict(bundled))
    else:
        print_line(f"{len(bundled.files)} files, {len(bundled.pictures)} of them pictures")
    for sentence in bundled.messages():
        print_line(sentence, err=True)
    sys.exit(1 if bundled.missing or bundled.drafts else 0)
