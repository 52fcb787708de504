"""``python -m latex_hook MAIN.tex``: the same as ``pbfigure latex MAIN.tex``, without more imports.

latexmk starts it often where there is nothing to do, so nothing else is imported before that is
known.
"""

from __future__ import annotations

import os
import sys

from latex_hook.unchanged import LastRun

_FLAGS = ("--phase", "--request-file", "--report-file")
_SWITCHES = ("--quiet", "--saved", "--beside")


def main(arguments: list[str] | None = None) -> int:
    """Run the hook as the command line says; return the exit status.

    What latexmk's rule says is read here, and ``--beside`` here alone: TeX runs at the same time.
    All else, and ``--help``, is left to the command, which takes its time, and leaves with
    ``SystemExit``.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    words = [word for word in arguments if word not in _SWITCHES]
    given = dict(zip(words[:-1:2], words[1:-1:2], strict=False))
    plain = len(words) % 2 == 1 and not words[-1].startswith("-") and set(given) <= set(_FLAGS)
    if not plain or given.get("--phase") not in ("before", "after"):
        from pbfigure.command import main as run_command
        from pbfigure.command.latex import latex

        run_command(latex, arguments, "pbfigure latex")
    request_file = given.get("--request-file") or f"{os.path.splitext(words[-1])[0]}.pbq"
    last_run = LastRun(words[-1], request_file, os.environ, beside="--beside" in arguments)
    quiet = "--quiet" in arguments
    if last_run.is_unchanged(quiet=quiet, before=given["--phase"] == "before"):
        return 0
    from pathlib import Path

    from latex_hook.run import Phase, Run, run_hook

    report = given.get("--report-file")
    return run_hook(
        Run(
            main=Path(words[-1]),
            folder=Path.cwd(),
            request_file=Path(request_file),
            phase=Phase(given["--phase"]),
            saved="--saved" in arguments,
            quiet=quiet,
            report_file=Path(report) if report else None,
            last_run=last_run,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
