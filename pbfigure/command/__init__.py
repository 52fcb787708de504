"""The ``pbfigure`` command. Each verb is a module, imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from io import StringIO

import click

from pbfigure import __version__
from pbfigure.figure.notice import FigureError, printable
from pbfigure.figure.unexpected import DEBUG, boundary

VERBS = {
    "plan": ("plan", "Show what would be made and what it would cost; buy nothing."),
    "make": ("make", "Make what is missing, once you confirm what it costs."),
    "refresh": ("make", "Make a figure now that failed, or for the text as it is now."),
    "sandbox": ("sandbox", "Run the API on this machine, for trying things out."),
    "credits": ("credits_and_tasks", "Show the team's remaining credits."),
    "tasks": ("credits_and_tasks", "List the key's tasks at the service."),
    "init": ("latex", "Put paperbanana.sty and latexmk's rule beside a main .tex file."),
    "latex": ("latex", "Make what a LaTeX document lacks; latexmk starts it."),
    "bundle": ("latex", "Write a LaTeX document into a folder that compiles anywhere."),
    "log": ("log", "List every purchase of this machine, and what each month cost."),
    "inspect": ("inspect", "Say where a picture came from, and what a figure has."),
    "check": ("check", "Read the pictures: garbled labels, small text, poor contrast."),
    "variants": ("variants", "Buy several pictures of a figure, to choose from."),
    "status": ("status", "Show every figure and its files, used and unused."),
    "pin": ("pin_and_approve", "Have a figure show one of the pictures that there are."),
    "prune": ("prune", "Remove files of figures that no figure uses."),
    "review": ("review", "Show every figure and every version of it on one page."),
    "approve": ("pin_and_approve", "Approve the picture that a figure shows."),
    "unpin": ("pin_and_approve", "Have a figure show the picture of its own prompt again."),
    "disclose": ("disclose", "Print a statement of AI use for a publisher, ready to paste."),
    "resolve": ("resolve", "Say what to show for figures that other programs ask for."),
    "settle": ("settle", "List, adopt, drop or retry orders whose fate is unknown."),
    "cache": ("cache", "List, verify, prune, export, import, sync what was bought here."),
}
"""Each verb's module and its line of help."""


class _Verbs(click.Group):
    """Imports a verb's module only when the verb is named: ``--help`` needs none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"{__name__}.{VERBS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pbfigure")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
def cli(debug: bool) -> None:
    """Keep AI-drawn scientific figures in documents: paid for once, the same for everyone.

    Exit status: 0 all well, 1 some figure missing, failed or over budget, 2 wrong use or
    configuration, 130 interrupted (nothing that was paid for is lost).
    """
    if debug:
        os.environ[DEBUG] = "1"


def main(
    command: click.Command = cli,
    arguments: Sequence[str] | None = None,
    prog_name: str = "pbfigure",
) -> None:
    """Run the command, and leave with the exit status that the help promises."""
    try:
        with boundary(click.Abort, click.ClickException):
            status = command.main(arguments, prog_name, standalone_mode=False)
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        click.echo("\n".join(map(printable, shown.getvalue().splitlines())), err=True)
        status = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing that was paid for is lost", err=True)
        status = 130
    except FigureError as error:
        from pbfigure.api.errors import ApiError

        click.echo(f"pbfigure: {error}", err=True)
        status = 1 if isinstance(error, ApiError) else 2
    sys.exit(status)
