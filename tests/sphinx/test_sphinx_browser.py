"""Pages as a reader sees them, in a real browser, Chromium: all drawn, none out of its column."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from example import copy_docs
from sandbox_process import SandboxProcess
from sphinx_docs import Docs

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--virtual-time-budget=10000",
]
LOOK = """
<script>
addEventListener("load", () => {
  const seen = [...document.images].map((each) => ({
    src: each.getAttribute("src"), alt: each.alt, drawn: each.naturalWidth,
    shown: each.getBoundingClientRect().width,
  }));
  const pre = document.createElement("pre");
  pre.id = "seen";
  pre.textContent = JSON.stringify({
    images: seen, captions: document.querySelectorAll("figcaption .caption-number").length,
  });
  document.body.append(pre);
});
</script>
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "there is no Chromium: 'make test' installs it, or says how"
    return found


def look(chromium: str, page: Path, profile: Path, script: str, *options: str) -> Any:
    """What the script finds on a page in the browser."""
    copy = page.with_name(f"look-{page.name}")
    copy.write_text(page.read_text("utf-8").replace("</body>", f"{script}</body>"), "utf-8")
    command = [chromium, *OPTIONS, *options, f"--user-data-dir={profile}", "--dump-dom"]
    command.append(copy.as_uri())
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    match = re.search(r'<pre id="seen">(.*?)</pre>', run.stdout, re.DOTALL)
    assert match, run.stdout[-2000:]
    return json.loads(html.unescape(match[1]))


def test_every_picture_of_the_example_is_on_its_page_in_a_browser(
    docs: Docs, use_sandbox: SandboxProcess, chromium: str, tmp_path: Path
) -> None:
    copy_docs(docs.src)
    build = docs.build()
    assert build.lines == []
    drawn = []
    numbered = 0
    for page in sorted({*build.outdir.glob("*.html")} - {build.outdir / "pictures.html"}):
        seen = look(chromium, page, tmp_path / "profile", LOOK)
        drawn += [each for each in seen["images"] if each["src"].startswith("_images/")]
        numbered += seen["captions"]
    assert len(drawn) == 18, "figures of the example"
    assert all(each["drawn"] > 300 and each["shown"] > 100 for each in drawn), drawn
    assert all(each["alt"] for each in drawn)
    assert {Path(each["src"]).name for each in drawn} == set(build.images)
    assert numbered == 18
    assert not any(name.endswith(".svg") for name in build.images), "a placeholder"


MEASURE = """
<script>
addEventListener("load", () => {
  const column = document.querySelector("h1").parentElement.getBoundingClientRect();
  const pre = document.createElement("pre");
  pre.id = "seen";
  pre.textContent = JSON.stringify([...document.querySelectorAll("figure")].map((figure) => {
    const image = figure.querySelector("img"), box = image.getBoundingClientRect();
    return {
      figure: figure.getBoundingClientRect().width, column: column.width,
      width: box.width, height: box.height, right: box.right, window: innerWidth,
      ratio: image.naturalWidth / image.naturalHeight,
    };
  }));
  document.body.append(pre);
});
</script>
"""


@pytest.mark.parametrize("width", [500, 1400])
@pytest.mark.parametrize("theme", ["alabaster", "basic", "furo", "sphinx_rtd_theme"])
def test_no_figure_is_wider_than_its_column_or_out_of_shape_in_a_browser(  # noqa: PLR0917
    docs: Docs,
    use_sandbox: SandboxProcess,
    chromium: str,
    tmp_path: Path,
    theme: str,
    width: int,
) -> None:
    options = ["", ":figwidth: image", ":figwidth: image\n   :scale: 80%", ":scale: 90%",
               ":width: 900px", ":width: 900", ":figwidth: image\n   :width: 300px"]  # fmt: skip
    figures = "".join(
        f".. paperbanana:: A pump\n   :context: document\n   {option}\n\n" for option in options
    )
    docs.write("index.rst", f"Title\n=====\n\nText.\n\n{figures}")
    # Sphinx's own test application takes alabaster from conf.py for basic
    page = docs.build(strict=True, overrides={"html_theme": theme}).outdir / "index.html"
    seen = look(chromium, page, tmp_path / "profile", MEASURE, f"--window-size={width},900")
    assert len(seen) == len(options)
    for option, each in zip(options, seen, strict=True):
        assert each["figure"] <= each["column"] + 1, option
        assert each["width"] <= each["column"] + 1, option
        assert each["right"] <= each["window"], option
        assert abs(each["width"] / each["height"] - each["ratio"]) < 0.02, option
    assert 300 <= seen[-1]["figure"] < 320, "as wide as its image"
    assert abs(seen[-1]["width"] - 300) < 1


TABLE = """
<script>
addEventListener("load", () => {
  const column = document.querySelector("h1").parentElement.getBoundingClientRect();
  const table = document.querySelector("table.paperbanana-list");
  const date = table.querySelector("tbody td:nth-last-child(2) p"), range = new Range();
  range.selectNodeContents(date);
  const pre = document.createElement("pre");
  pre.id = "seen";
  pre.textContent = JSON.stringify({
    column: column.width, table: table.getBoundingClientRect().width,
    picture: table.querySelector("img").getBoundingClientRect().width,
    date: date.textContent, lines: range.getClientRects().length,
  });
  document.body.append(pre);
});
</script>
"""


@pytest.mark.parametrize("theme", ["alabaster", "basic", "furo", "sphinx_rtd_theme"])
def test_the_list_stays_within_its_column_and_breaks_no_date_in_a_browser(
    docs: Docs, use_sandbox: SandboxProcess, chromium: str, tmp_path: Path, theme: str
) -> None:
    prompt = "A tank with a float valve that closes when the tank is full, as an old engraving"
    docs.write("index.rst", f"Pump manual\n===========\n\nText.\n\n.. paperbanana:: {prompt}\n")
    docs.write("all.rst", ":orphan:\n\nAll\n===\n\n.. paperbanana-list::\n   :thumbnails:\n")
    build = docs.build(strict=True, overrides={"html_theme": theme})
    assert "<style>table.paperbanana-list" not in build.read("index.html")
    page = build.outdir / "all.html"
    seen = look(chromium, page, tmp_path / "profile", TABLE, "--window-size=1100,900")
    assert seen["table"] <= seen["column"]
    assert seen["picture"] >= 50
    assert len(seen["date"]) == len("2026-01-31")
    assert seen["lines"] == 1
