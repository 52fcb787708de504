"""How soon a review of 200 figures is open, as the browser itself measures it.

Asked: under a second from the navigation until the page answers, with what is in view drawn. Also,
how long writing it takes, first (smaller copies of all pictures are made) and again::

    python benchmarks/review_page.py --figures 200 --rounds 5
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from chromium import chromium
from plans import prepare, seconds
from playwright.sync_api import Browser

LIMIT = 1.0
"""Seconds until the page is open."""
OPENED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  const [navigation] = performance.getEntriesByType("navigation");
  const paints = performance.getEntriesByType("paint").map((each) => [each.name, each.startTime]);
  done({
    parsed: navigation.domInteractive, loaded: navigation.loadEventEnd,
    painted: Object.fromEntries(paints)["first-contentful-paint"] ?? 0, now: performance.now(),
    nodes: document.querySelectorAll("*").length,
    pictures: [...document.images].filter((each) => each.naturalWidth).length,
  });
})))"""


def opened(browser: Browser, page_file: Path) -> dict[str, Any]:
    """Open the page with nothing in the browser's cache; return what it measured of itself."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, offline=True)
    page = context.new_page()
    page.goto(page_file.as_uri())
    found: dict[str, Any] = page.evaluate(OPENED)
    context.close()
    return found


def main() -> None:
    """Measure, print, and end with 1 if the limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the project here")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="review-"))
    environment = prepare(folder, given.figures, 10)
    out = folder / "paperbanana-review"
    for what in ("first", "again"):
        began = time.monotonic()
        cpu = seconds(folder, environment, "review", "docs", "-o", str(out))
        print(f"written, {what}: {time.monotonic() - began:.1f} s, {cpu:.1f} s CPU")
    size = (out / "index.html").stat().st_size
    with chromium() as browser:
        found = [opened(browser, out / "index.html") for _ in range(given.rounds + 1)][1:]
    for what in ("parsed", "painted", "loaded", "now"):
        print(f"{what}: {statistics.median(each[what] for each in found):.0f} ms")
    print(f"page: {size / 1e6:.2f} MB, {found[0]['nodes']} nodes, {found[0]['pictures']} drawn")
    if given.folder is None:
        shutil.rmtree(folder)
    sys.exit(statistics.median(each["now"] for each in found) > 1000 * LIMIT)


if __name__ == "__main__":
    main()
