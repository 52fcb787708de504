"""A project with figures in every section of the page, and what its tests look at it with."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

from documents import Site
from playwright.sync_api import Locator, Page

Open = Callable[..., Page]
"""Opens an address."""
HOSTILE = "<script>window.hurt = 1</script> <img src=x onerror='window.hurt = 2'> \u202eevil &amp;"
VARIANTS = 3
PAGES = """\
Guide
=====

{flow}

{map}

{old}

{kept}

{boat}

{hostile}
"""


def section(name: str, prompt: str, text: str, *options: str) -> str:
    """A section with a figure."""
    lines = "".join(f"   {option}\n" for option in (f":name: {name}", *options))
    return f"{name}\n{'-' * len(name)}\n\n{text}\n\n.. paperbanana:: {prompt}\n{lines}"


def sources(**changed: str) -> str:
    """The page with its figures, some of them in other words."""
    figures = {
        "flow": section(
            "fig-flow", "A flow chart of the pump in three steps", "Water flows.", ":width: 60%",
            ":caption: How the pump works.", ":alt: Three steps of a pump",
        ),
        "map": section("fig-map", "A map of the works", "The works lie here."),
        "old": section("fig-old", "Two tanks, one above the other", "Tanks hold water."),
        "kept": section("fig-kept", "A valve", "The valve closes slowly."),
        "boat": section("fig-boat", "A boat on a lake", "Boats float."),
        "hostile": section("fig-hostile", "A pipe", "Pipes."),
    }  # fmt: skip
    return PAGES.format(**(figures | changed))


CHANGED = {
    "old": section("fig-old", "Three tanks, one above the other", "Tanks hold water."),
    "kept": section("fig-kept", "A valve", "The valve closes quickly."),
    "boat": section(
        "fig-new", "A crane", "Cranes lift.", ":revise: Paint it red", ":style: Flat colours"
    ),
    "hostile": section(
        "fig-hostile", HOSTILE, "Pipes.", f":alt: {HOSTILE}", ":caption: <b>bold</b>"
    ),
}


class ReviewedSite(Site):
    """A project with figures in every section of the page."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        super().__init__(folder)
        self.environ = environ
        self.write("index.rst", sources())
        said = self.build(**environ)
        assert "6 made" in said, said
        done = self.verb("variants", "docs", "fig-flow", "--count", str(VARIANTS), "--yes")
        assert done.returncode == 0, done
        record = next((self.docs / "_paperbanana").glob("index--fig-map-*.png"))
        digits = self.sha256(record)[:12]
        done = self.verb("approve", "docs", "fig-map", digits, "--by", "Ada Lovelace")
        assert done.returncode == 0, done

    @staticmethod
    def sha256(path: Path) -> str:
        """The digest of a file."""
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def verb(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What a verb said, in the project's environment."""
        return self.run(*arguments, **self.environ)


def figure(page: Page, name: str) -> Locator:
    """A figure on the page."""
    return page.get_by_role("article", name=name, exact=True)
