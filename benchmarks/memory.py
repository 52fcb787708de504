"""Peak memory of Sphinx builds that make 100 figures of 4K and show them, above that of plain ones.

    python benchmarks/memory.py [FIGURES [png|jpeg|webp]]

All are whole `sphinx-build -b html` processes, which read every page; what is told is the operating
system's own peak resident size of each. The sandbox runs in a process of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from sandbox_process import SandboxProcess


def write_sources(folder: Path, figures: int, output_format: str | None) -> None:
    """Write a page a figure: made in a format, or, with None, a plain one."""
    folder.mkdir()
    extension = '"sphinx_paperbanana"' if output_format else ""
    sidebars = 'html_sidebars = {"**": []}'  # which would list all pages on every page
    (folder / "conf.py").write_text(f"extensions = [{extension}]\n{sidebars}\n")
    pages = []
    for number in range(figures):
        page = f"page{number}"
        pages.append(f"   {page}\n")
        if output_format:
            figure = (
                f".. paperbanana:: The flow of water through field number {number}\n"
                f"   :resolution: 4K\n   :output-format: {output_format}\n"
            )
        else:
            figure = ".. figure:: picture.png\n"
        (folder / f"{page}.rst").write_text(f"{page}\n{'=' * 9}\n\nSome text.\n\n{figure}\n")
    index = "Index\n=====\n\n.. toctree::\n\n" + "".join(pages)
    (folder / "index.rst").write_text(index)


BUILD = """
import sys
from sphinx.cmd.build import main
status = main(sys.argv[1:])
(line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(line.split()[1])
sys.exit(status)
"""
"""Of the process that the system starts, wait4 tells no less than the peak of its parent."""


def build(folder: Path, environ: dict[str, str]) -> float:
    """Build once and return the peak resident size in MB."""
    command = [sys.executable, "-c", BUILD, "-q", "-b", "html", ".", "_build"]
    done = subprocess.run(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(done.stdout.split()[-1]) / 1024


class Peaks(NamedTuple):
    """MB of three builds."""

    tasks: int
    """How many pictures were made."""
    making: float
    showing: float
    plain: float


def measured(figures: int, output_format: str) -> Peaks:
    """Return the peaks of builds that make figures, show them, and show plain ones."""
    scratch = Path(tempfile.mkdtemp())
    try:
        with SandboxProcess(latency=2, credits=10_000_000) as sandbox:
            sandbox.settings(key_limit=10**6, ip_limit=10**6, team_limit=10**6)
            write_sources(scratch / "made", figures, output_format)
            environ = {**os.environ, **sandbox.env, "PAPERBANANA_CACHE_DIR": str(scratch / "cache")}
            environ["PAPERBANANA_REQUESTS_PER_MINUTE"] = "100000"
            making = build(scratch / "made", environ)
            tasks = len(sandbox.tasks())
            shutil.rmtree(scratch / "made" / "_build")
            showing = build(scratch / "made", environ)
        kept = (scratch / "made" / "_paperbanana").iterdir()
        picture = next(path for path in kept if path.suffix != ".json")
        write_sources(scratch / "plain", figures, None)
        shutil.copy(picture, scratch / "plain" / "picture.png")
        plain = build(scratch / "plain", dict(os.environ))
    finally:
        shutil.rmtree(scratch)
    return Peaks(tasks, making, showing, plain)


def main() -> None:
    """Measure and print."""
    figures = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    output_format = sys.argv[2] if len(sys.argv) > 2 else "png"
    peaks = measured(figures, output_format)
    print(
        f"{peaks.tasks} × {output_format}; plain: {peaks.plain:.0f} MB; above it, making:"
        f" {peaks.making - peaks.plain:.0f} MB, showing: {peaks.showing - peaks.plain:.0f} MB"
    )


if __name__ == "__main__":
    main()
