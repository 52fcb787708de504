"""``python -m latex_hook MAIN.tex``: the same as ``pbfigure latex MAIN.tex``, without more imports.

latexmk waits for it, so nothing is imported that an idle run does not need.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from latex_hook.hook import INTERRUPTED, Run, run_hook
from latex_hook.wanted import Phase

DESCRIPTION = (
    "Make what MAIN.tex lacks, and write the map that TeX reads. latexmk starts it;"
    " by hand it does the same."
)


def main(arguments: list[str] | None = None) -> int:
    """Run the hook as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="pbfigure latex", description=DESCRIPTION)
    parser.add_argument("main", type=Path, metavar="MAIN.tex")
    parser.add_argument("--phase", choices=[phase.value for phase in Phase], default="alone")
    parser.add_argument("--request-file", type=Path, help="TeX's .pbq file (default: beside MAIN)")
    parser.add_argument("--report-file", type=Path, help="where to repeat what matters")
    parser.add_argument("--quiet", action="store_true", help="only warnings and errors")
    parser.add_argument("--mode", help="generate, offline or frozen")
    parser.add_argument("--on-failure", help="warn or error")
    given = parser.parse_args(arguments)
    settings = {
        name: value
        for name, value in (("mode", given.mode), ("on_failure", given.on_failure))
        if value is not None
    }
    phase = Phase(given.phase)
    run = Run(
        main=given.main,
        # latexmk starts us where TeX runs; by hand, TeX is taken to run beside the main file
        folder=Path.cwd() if phase is not Phase.ALONE else given.main.absolute().parent,
        request_file=given.request_file or given.main.with_suffix(".pbq"),
        phase=phase,
        quiet=given.quiet,
        report_file=given.report_file,
        settings=settings,
    )
    try:
        return run_hook(run)
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
