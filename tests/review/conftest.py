"""A reviewed project, built once for all tests of a file, and a browser to look at it with."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from chromium import chromium
from playwright.sync_api import Browser, Page, expect
from reviewed_site import Open, ReviewedSite
from sandbox_process import SandboxProcess


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
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open an address; whatever the page complains of fails the test."""
    contexts, complaints = [], []
    patience = 60_000  # milliseconds: a busy machine is no failure
    expect.set_options(timeout=patience)

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
        page.set_default_timeout(patience)
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
