"""Where latexmk puts a document's auxiliary files: only its own configuration knows."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from pbfigure.project.settings import API_KEY

_MARK = "paperbanana-aux-dir:"
_PERL = f'print "\\n{_MARK}" . ($aux_dir || $out_dir) . "\\n"; exit 0'


def build_folder(main: Path) -> Path:
    """Return the folder of a document's auxiliary files, as latexmk's rc files set it.

    latexmk reads them and ends at once. Where it is missing, this is the folder of ``main``.
    """
    folder = main.absolute().parent
    latexmk = shutil.which("latexmk")
    if latexmk is None:
        return folder
    try:
        output = subprocess.run(  # noqa: S603 - latexmk itself, and no shell
            [latexmk, "-e", _PERL, main.name],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name != API_KEY},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return folder
    found = [line.removeprefix(_MARK) for line in output.splitlines() if line.startswith(_MARK)]
    return folder / found[-1] if found else folder
