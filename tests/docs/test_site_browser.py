"""The documentation site as readers see it, in Chromium: wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_core_python.sync_playwright import Axe
from chromium import chromium
from docs_site import build_site
from playwright.sync_api import Browser

SIZES = {"wide": (1440, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_stay_within_the_window(
    scheme: str, size: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site, _ = build_site(tmp_path_factory.getbasetemp())
    width, height = SIZES[size]
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.set_default_timeout(120_000)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("index", "reference/settings", "troubleshooting"):
        page.goto((site / f"{name}.html").as_uri())
        found = Axe().run(page)["violations"]
        what = [(each["id"], node["html"][:120]) for each in found for node in each["nodes"]]
        assert what == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()
