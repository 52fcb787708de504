"""``python -m latex_hook MAIN.tex``: the same as ``pbfigure latex MAIN.tex``, without more imports.

latexmk waits for it, so nothing is imported that an idle run does not need.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from latex_hook.hook import INTERRUPTED, Run, run_hook
from latex_hook.wanted import Phase

if TYPE_CHECKING:
    import argparse

_PHASES = tuple(phase.value for phase in Phase)

DESCRIPTION = (
    "Make what MAIN.tex lacks, and write the map that TeX reads. latexmk starts it;"
    " by hand it does the same."
)


def main(arguments: list[str] | None = None) -> int:
    """Run the hook as the command line says; return the exit status."""
    given = _quickly(arguments if arguments is not None else sys.argv[1:])
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


_FLAGS = ("--phase", "--request-file", "--report-file")


def _quickly(arguments: list[str]) -> argparse.Namespace | SimpleNamespace:
    """Read what latexmk's rule says; everything else is left to argparse, which takes its time."""
    words = [word for word in arguments if word != "--quiet"]
    pairs = dict(zip(words[:-1:2], words[1:-1:2], strict=False))
    plain = len(words) % 2 == 1 and not words[-1].startswith("-")
    if not plain or not set(pairs) <= set(_FLAGS) or pairs.get("--phase") not in _PHASES:
        return _parser().parse_args(arguments)
    files = {name: Path(pairs[name]) if name in pairs else None for name in _FLAGS[1:]}
    return SimpleNamespace(
        main=Path(words[-1]),
        phase=pairs["--phase"],
        request_file=files["--request-file"],
        report_file=files["--report-file"],
        quiet=len(words) < len(arguments),
        mode=None,
        on_failure=None,
    )


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(prog="pbfigure latex", description=DESCRIPTION)
    parser.add_argument("main", type=Path, metavar="MAIN.tex")
    parser.add_argument("--phase", choices=_PHASES, default="alone")
    parser.add_argument("--request-file", type=Path, help="TeX's .pbq file (default: beside MAIN)")
    parser.add_argument("--report-file", type=Path, help="where to repeat what matters")
    parser.add_argument("--quiet", action="store_true", help="only warnings and errors")
    parser.add_argument("--mode", help="generate, offline or frozen")
    parser.add_argument("--on-failure", help="warn or error")
    return parser


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
