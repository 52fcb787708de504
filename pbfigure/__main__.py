"""Where the ``pbfigure`` command begins.

``pbfigure latex`` is what latexmk waits for, so it is started before anything else is imported.
"""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command, and leave with its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a pipe on Windows has a code page without most characters; programs read UTF-8
        encoding = "utf-8" if sys.platform == "win32" else None
        sys.stdout.reconfigure(encoding=encoding, errors="replace")
    if sys.argv[1:2] == ["latex"]:
        from latex_hook.__main__ import main as run_hook

        sys.exit(run_hook(sys.argv[2:]))
    from pbfigure.command import main as run_verb

    run_verb()


if __name__ == "__main__":
    main()
