"""Pages as a reader sees them, in a real browser, Chromium: all drawn, none out of its column."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs

EXAMPLES = Path(__file__).parents[2] / "example_docs"
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


def look(chromium: str, page: Path, profile: Path) -> dict[str, object]:
    """What the browser has on a page: its images with their sizes, and how many are numbered."""
    copy = page.with_name(f"look-{page.name}")
    copy.write_text(page.read_text("utf-8").replace("</body>", f"{LOOK}</body>"), "utf-8")
    command = [chromium, *OPTIONS, f"--user-data-dir={profile}", "--dump-dom", copy.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    match = re.search(r'<pre id="seen">(.*?)</pre>', run.stdout, re.DOTALL)
    assert match, run.stdout[-2000:]
    seen: dict[str, object] = json.loads(html.unescape(match[1]))
    return seen


def test_every_picture_of_the_example_is_on_its_page_in_a_browser(
    docs: Docs, use_sandbox: SandboxProcess, chromium: str, tmp_path: Path
) -> None:
    ignored = shutil.ignore_patterns("_paperbanana", "_build", "paper")
    shutil.copytree(EXAMPLES, docs.src, dirs_exist_ok=True, ignore=ignored)
    build = docs.build()
    assert build.lines == []
    drawn = []
    numbered = 0
    for page in sorted(build.outdir.glob("*.html")):
        seen = look(chromium, page, tmp_path / "profile")
        images = seen["images"]
        assert isinstance(images, list)
        drawn += [each for each in images if each["src"].startswith("_images/")]
        numbered += int(str(seen["captions"]))
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
    docs.conf(f"html_theme = {theme!r}")
    docs.write("index.rst", f"Title\n=====\n\nText.\n\n{figures}")
    page = docs.build(strict=True).outdir / "index.html"
    page.write_text(page.read_text("utf-8").replace("</body>", f"{MEASURE}</body>"), "utf-8")
    command = [chromium, *OPTIONS, f"--window-size={width},900", f"--user-data-dir={tmp_path}/p"]
    run = subprocess.run(
        [*command, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    match = re.search(r'<pre id="seen">(.*?)</pre>', run.stdout, re.DOTALL)
    assert match, run.stdout[-2000:]
    seen = json.loads(html.unescape(match[1]))
    assert len(seen) == len(options)
    for option, each in zip(options, seen, strict=True):
        assert each["figure"] <= each["column"] + 1, option
        assert each["width"] <= each["column"] + 1, option
        assert each["right"] <= each["window"], option
        assert abs(each["width"] / each["height"] - each["ratio"]) < 0.02, option
    assert 300 <= seen[-1]["figure"] < 320, "as wide as its image"
    assert abs(seen[-1]["width"] - 300) < 1
