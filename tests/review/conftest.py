"""A reviewed project, built once for all tests of a file, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from documents import Site
from playwright.sync_api import Browser, Page, sync_playwright
from sandbox_process import SandboxProcess

HOSTILE = "<script>window.hurt = 1</script> <img src=x onerror='window.hurt = 2'> \u202eevil &amp;"
ROLLS = 3
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
    "boat": section("fig-new", "A crane", "Cranes lift."),
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
        done = self.verb("variants", "docs", "fig-flow", "--count", str(ROLLS), "--yes")
        assert done.returncode == 0, done
        record = next((self.docs / "_paperbanana").glob("index--fig-map-*.png"))
        digits = self.sha256(record)[:12]
        done = self.verb("approve", "docs", "fig-map", digits, "--by", "Ada Lovelace")
        assert done.returncode == 0, done

    @staticmethod
    def sha256(path: Path) -> str:
        """The digest of a file."""
        import hashlib

        return hashlib.sha256(path.read_bytes()).hexdigest()

    def verb(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What a verb said, in the project's environment."""
        return self.run(*arguments, **self.environ)


@pytest.fixture(scope="module")
def api() -> Iterator[SandboxProcess]:
    """A sandbox whose clock runs twenty times as fast as ours."""
    with SandboxProcess(speed=20) as started:
        yield started


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, api: SandboxProcess) -> ReviewedSite:
    folder = tmp_path_factory.mktemp("reviewed")
    environ = {
        **api.env,
        "PAPERBANANA_CACHE_DIR": str(folder / "machine-cache"),
        "XDG_CACHE_HOME": str(folder / "user-cache"),
        "PBFIGURE_DEBUG": "1",
    }
    return ReviewedSite(folder / "site", environ)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "there is no Chromium: 'make test' installs it, or says how"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open an address; whatever the page complains of fails the test."""
    contexts, complaints = [], []

    def opened(
        url: str,
        *,
        width: int = 1440,
        height: int = 1000,
        dark: bool = False,
        offline: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            offline=offline,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)  # a busy machine is no failure
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(autouse=True)
def _no_user_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
