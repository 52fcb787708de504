"""Chromium, for tests that look at pages: the system's, or else Playwright's own.

``python tests/chromium.py`` starts it and ends it: its status says whether there is one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no windows at all, and opens a page in a third of the others' time."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it, without a window; it ends with the context."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])


if __name__ == "__main__":
    with chromium():
        pass
