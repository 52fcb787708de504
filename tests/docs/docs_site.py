"""The documentation site, built once for all tests of a run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

from filelock import FileLock

DOCS = Path(__file__).parents[2] / "docs"
MESSAGE_TYPES = {
    section.partition("\n")[0]: re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    for section in (DOCS / "reference/messages.md").read_text("utf-8").split("\n## ")[1:]
}
"""The types of messages in each section of the reference."""


def build_site(temporary: Path) -> tuple[Path, str]:
    """Build the site as ``make docs`` does, unless another worker did; return what was said too."""
    shared = temporary.parent if "PYTEST_XDIST_WORKER" in os.environ else temporary
    folder, said = shared / "site", shared / "site.txt"
    with FileLock(shared / "site.lock"):
        if not said.exists():
            command = [
                sys.executable,
                "-m",
                "sphinx",
                "-n",
                "-W",
                "--keep-going",
                "-q",
                "-b",
                "html",
            ]
            done = subprocess.run(
                [*command, str(DOCS), str(folder)], capture_output=True, text=True, check=False
            )
            said.write_text(f"{done.stdout}{done.stderr}status {done.returncode}")
    return folder, said.read_text()


class Page(HTMLParser):
    """What a page links to and loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses and anchors of a tag."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("script", "img", "iframe", "source", "video") and "src" in given:
            self.loaded.append(given["src"])
        elif tag == "link" and given.get("rel") not in ("prev", "next", "canonical"):
            self.loaded.append(given["href"])
