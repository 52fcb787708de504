"""``python -m latex_hook MAIN.tex``: the same as ``pbfigure latex MAIN.tex``, without more imports.

latexmk waits for it, so nothing is imported that an idle run does not need.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from latex_hook.run import start
from latex_hook.wanted import Phase

_PHASES = tuple(phase.value for phase in Phase)
_FLAGS = ("--phase", "--request-file", "--report-file")


def main(arguments: list[str] | None = None) -> int:
    """Run the hook as the command line says; return the exit status.

    What latexmk's rule says is read here. All else, and ``--help``, is left to the command, which
    takes its time, and leaves with ``SystemExit``.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    words = [word for word in arguments if word != "--quiet"]
    pairs = dict(zip(words[:-1:2], words[1:-1:2], strict=False))
    plain = len(words) % 2 == 1 and not words[-1].startswith("-")
    if not plain or not set(pairs) <= set(_FLAGS) or pairs.get("--phase") not in _PHASES[:2]:
        from pbfigure.command.latex import latex

        latex.main(arguments, prog_name="pbfigure latex")
    files = [Path(pairs[name]) if name in pairs else None for name in _FLAGS[1:]]
    return start(
        Path(words[-1]),
        phase=pairs["--phase"],
        request_file=files[0],
        report_file=files[1],
        quiet=len(words) < len(arguments),
    )


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
