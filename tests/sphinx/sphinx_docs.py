"""A Sphinx project of a test's own, built in this process by the real Sphinx."""

from __future__ import annotations

import io
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from program_forks import forked
from sandbox_process import SandboxProcess
from sphinx.testing.util import SphinxTestApp

CONF = """\
extensions = ['sphinx_paperbanana']
project = 'Test'
html_theme = 'basic'
source_suffix = {'.rst': 'restructuredtext'}
"""
"""Sphinx's own default for suffixes is one object for all builds of a process: one with MyST adds
to it.
"""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def orders(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    """The body of every order that the service was sent, the oldest first."""
    return [entry["body"] for entry in sandbox.log("generate")]


def prompts(sandbox: SandboxProcess) -> list[str]:
    """The prompt of every order, the oldest first."""
    return [order.get("prompt", "") for order in orders(sandbox)]


@dataclass
class Build:
    """What one build said, and where it wrote."""

    outdir: Path
    doctrees: Path
    status: str
    warnings: str
    statuscode: int
    app: SphinxTestApp

    def read(self, name: str) -> str:
        return (self.outdir / name).read_text(encoding="utf-8")

    @property
    def lines(self) -> list[str]:
        """The warnings and errors, one each."""
        return [line for line in self.warnings.splitlines() if line.strip()]

    @property
    def images(self) -> dict[str, bytes]:
        """The pictures in the build tree by name."""
        return {path.name: path.read_bytes() for path in self.outdir.glob("_images/*")}


class Docs:
    """Sources in a folder of their own, and builds of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.src = folder / "src"
        self.out = folder / "out"
        self.figures = self.src / "_paperbanana"
        self.write("conf.py", CONF)

    def write(self, name: str, text: str) -> None:
        """Write a source file, so that Sphinx sees it as newer than any build."""
        path = self.src / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a piece of a source file that is there exactly once."""
        path = self.src / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def conf(self, lines: str) -> None:
        """Add lines to conf.py."""
        with (self.src / "conf.py").open("a", encoding="utf-8") as file:
            file.write(lines + "\n")

    def build(
        self,
        builder: str = "html",
        *,
        tags: tuple[str, ...] = (),
        jobs: int = 0,
        overrides: dict[str, Any] | None = None,
        strict: bool = False,
        fresh: bool = False,
    ) -> Build:
        """Build as ``sphinx-build -b BUILDER -t TAG -j JOBS -D NAME=VALUE`` would.

        ``strict`` is -W, ``fresh`` is -E.
        """
        status, warning = io.StringIO(), io.StringIO()
        app = SphinxTestApp(
            builder,
            srcdir=self.src,
            builddir=self.out,
            freshenv=fresh,
            confoverrides=dict(overrides or {}),
            status=status,
            warning=warning,
            tags=list(tags),
            parallel=jobs,
        )
        app.warningiserror = strict
        try:
            app.build()
        finally:
            app.cleanup()
        said = _COLOUR.sub("", warning.getvalue())
        told = _COLOUR.sub("", status.getvalue())
        return Build(app.outdir, app.doctreedir, told, said, app.statuscode, app)

    def build_apart(self, builder: str = "html", **settings: Any) -> Path:
        """Build in a process of its own, as ``sphinx-build -D NAME=VALUE``; return the output.

        In this process, some words of Sphinx stay in the language that it began with.
        """
        out = self.folder / f"apart-{builder}-{settings.get('language', 'en')}"
        defined = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
        command = [forked(), "-m", "sphinx", "-q", "-b", builder, *defined]
        subprocess.run([*command, os.fspath(self.src), os.fspath(out)], check=True, timeout=600)
        return out

    def tree(self) -> dict[str, bytes]:
        """Every file that the project and its builds consist of; not the machine's cache."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for folder in (self.src, self.out)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
