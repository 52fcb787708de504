"""Bytes: what readers of figures of 4K download, and what a repository grows by.

    python benchmarks/weight.py [FIGURES [WIDTH]]

A page a figure, made by the sandbox, whose sheets are drawings in flat colours with some text; the
pages are built with the pictures as bought, and with smaller copies (``html_max_width``).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from memory import build, write_sources
from sandbox_process import SandboxProcess

SHOWN = re.compile(r'<img[^>]* src="([^"]+)"')


class Weight(NamedTuple):
    """Bytes a figure."""

    bought: float
    """Of the picture as the service sent it."""
    downloaded: float
    """Of the picture that a page shows."""
    downloaded_smaller: float
    """The same with smaller copies."""
    record: float
    """Of the record beside the picture."""
    git: float
    """By which the repository grows, as git says after it has packed all."""
    git_again: float
    """By which it grows when every page has another text and nothing is bought."""


def shown(folder: Path) -> int:
    """Return the bytes of all pictures that the pages show, each once a page."""
    pages = list((folder / "_build").rglob("*.html"))
    sources = [(page, name) for page in pages for name in SHOWN.findall(page.read_text())]
    return sum((page.parent / name).stat().st_size for page, name in sources)


def committed(folder: Path, environ: dict[str, str]) -> int:
    """Commit the figures, and return the bytes of the packed repository."""
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for command in (["init", "-q"], ["add", "_paperbanana"], ["commit", "-qm.", "--allow-empty"],
                    ["gc", "-q"]):  # fmt: skip
        subprocess.run([*git, *command], cwd=folder, env=environ, check=True)
    packs = (folder / ".git" / "objects" / "pack").glob("*.pack")
    return sum(pack.stat().st_size for pack in packs)


def measured(figures: int, width: int) -> Weight:
    """Make figures, and return what they weigh."""
    scratch = Path(tempfile.mkdtemp())
    folder = scratch / "docs"
    try:
        with SandboxProcess(latency=2, credits=10_000_000) as sandbox:
            sandbox.settings(key_limit=10**6, ip_limit=10**6, team_limit=10**6)
            write_sources(folder, figures, "png")
            environ = {**os.environ, **sandbox.env, "PAPERBANANA_CACHE_DIR": str(scratch / "cache")}
            environ["PAPERBANANA_REQUESTS_PER_MINUTE"] = "100000"
            build(folder, environ)
            downloaded = shown(folder)
            kept = list((folder / "_paperbanana").iterdir())
            records = [path.stat().st_size for path in kept if path.suffix == ".json"]
            pictures = [path.stat().st_size for path in kept if path.suffix == ".png"]
            grown = committed(folder, environ)
            for page in folder.glob("page*.rst"):
                page.write_text(page.read_text().replace("Some text", "Another text"))
            build(folder, environ)
            grown_again = committed(folder, environ) - grown
            shutil.rmtree(folder / "_build")
            build(folder, environ | {"PAPERBANANA_HTML_MAX_WIDTH": str(width)})
            sums = [sum(pictures), downloaded, shown(folder), sum(records), grown, grown_again]
    finally:
        shutil.rmtree(scratch)
    return Weight(*(each / figures for each in sums))


def main() -> None:
    """Measure, and print."""
    figures = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    width = int(sys.argv[2]) if len(sys.argv) > 2 else 1600
    print(f"{figures} figures, kB a figure:")
    for name, value in measured(figures, width)._asdict().items():
        print(f"{name:20} {value / 1000:.1f}")


if __name__ == "__main__":
    main()
