"""A Sphinx project and the ``pbfigure`` command on it, each in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from program_forks import forked

CONF = "extensions = ['sphinx_paperbanana']\nproject = 'Test'\n"
GUIDE = """\
Guide
=====

Water flows through the pump.

.. paperbanana:: A flow chart of the pump from left to right in three steps
   :name: fig-flow

.. paperbanana:: A map
   :name: fig-map
   :resolution: 2K
"""


class Site:
    """A Sphinx project, and verbs about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.docs = folder / "docs"
        self.write("conf.py", CONF)
        self.write("index.rst", f"{GUIDE}\n.. toctree::\n   :glob:\n\n   more/*\n")

    def write(self, name: str, text: str) -> None:
        path = self.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.docs / name).read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def run(
        self, *arguments: str, columns: int = 80, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [forked("pbfigure"), *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, "COLUMNS": str(columns), **environ},
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )

    def plan(self, *arguments: str, **options: str) -> list[str]:
        """The lines of a plan of the project."""
        return self.run("plan", "docs", *arguments, **options).stdout.splitlines()

    def build(self, builder: str = "html", **environ: str) -> str:
        """Build it, and return what was said."""
        done = subprocess.run(
            [forked(), "-m", "sphinx", "-b", builder, "docs", f"out-{builder}"],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "80", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)

    def tree(self) -> dict[str, bytes]:
        """Every file of the folder; the machine's cache is elsewhere."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return {str(p): p.read_bytes() for p in files if "machine-cache" not in p.parts}
