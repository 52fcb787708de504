"""Where the ``pbfigure`` command begins.

``pbfigure latex`` is what latexmk waits for, so it is started before anything else is imported.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command, and leave with its exit status."""
    if sys.argv[1:2] == ["latex"]:
        from latex_hook.__main__ import main as run_hook

        sys.exit(run_hook(sys.argv[2:]))
    from pbfigure.command import main as run_verb

    run_verb()


if __name__ == "__main__":
    main()
