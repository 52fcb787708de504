"""``python -m latex_hook MAIN.tex``: the same as ``pbfigure latex MAIN.tex``, without more imports.

latexmk waits for it, so nothing is imported that an idle run does not need.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from latex_hook.run import Phase, Run, run_hook

_FLAGS = ("--phase", "--request-file", "--report-file")
_SWITCHES = ("--quiet", "--saved")


def main(arguments: list[str] | None = None) -> int:
    """Run the hook as the command line says; return the exit status.

    What latexmk's rule says is read here. All else, and ``--help``, is left to the command, which
    takes its time, and leaves with ``SystemExit``.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    words = [word for word in arguments if word not in _SWITCHES]
    given = dict(zip(words[:-1:2], words[1:-1:2], strict=False))
    plain = len(words) % 2 == 1 and not words[-1].startswith("-") and set(given) <= set(_FLAGS)
    if not plain or given.get("--phase") not in (Phase.BEFORE.value, Phase.AFTER.value):
        from pbfigure.command.latex import latex

        latex.main(arguments, prog_name="pbfigure latex")
    main_file, report = Path(words[-1]), given.get("--report-file")
    return run_hook(
        Run(
            main=main_file,
            folder=Path.cwd(),
            request_file=Path(given.get("--request-file", main_file.with_suffix(".pbq"))),
            phase=Phase(given["--phase"]),
            saved="--saved" in arguments,
            quiet="--quiet" in arguments,
            report_file=Path(report) if report else None,
        )
    )


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
