"""Alternative text, and the size that a picture takes: what readers and browsers are told."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs
from sphinx_languages import Language, write
from test_sphinx_browser import OPTIONS, chromium

__all__ = ["chromium"]

TITLE = "Title\n=====\n\nText.\n\n"
SENTENCE = "A pump lifts water from the well to the tank on the roof. "


def images(page: str) -> list[str]:
    return re.findall(r"<img [^>]*>", page[page.index("<h1") :])


def alts(page: str) -> list[str]:
    return [html.unescape(re.search(r'alt="([^"]*)"', tag)[1]) for tag in images(page)]  # type: ignore[index]


@pytest.mark.parametrize(
    ("prompt", "alt"),
    [
        (SENTENCE * 9, (SENTENCE * 4).strip()),
        ("水を汲み上げるポンプの図。" * 40, "水を汲み上げるポンプの図。" * 19),
        ("pump " * 100, "pump " * 50 + "…"),
        ("A pump,\n   on a roof", "A pump, on a roof"),
    ],
)
def test_a_long_prompt_is_cut_at_a_sentence(
    docs: Docs, use_sandbox: SandboxProcess, prompt: str, alt: str
) -> None:
    docs.write("index.rst", f"{TITLE}.. paperbanana:: {prompt}\n   :caption: Not this\n")
    found = alts(docs.build(strict=True).read("index.html"))
    assert found == [alt]
    assert alts(docs.build(strict=True).read("index.html")) == found


def test_an_outdated_picture_is_described_by_its_own_prompt(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", f"{TITLE}.. paperbanana:: A cat\n   :name: pet\n")
    docs.build(strict=True)
    docs.edit("index.rst", "A cat", "A dog")
    build = docs.build(overrides={"paperbanana_mode": "offline"})
    assert alts(build.read("index.html")) == ["A cat"]
    assert "paperbanana: outdated: " in build.warnings
    assert "1 outdated" in build.status


def test_a_warning_names_figures_without_an_alt_of_their_own_where_that_is_asked_for(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    path = write(
        docs,
        lang,
        lang.figure("With", ":alt: Words"),
        lang.figure("Decoration", ":alt:"),
        lang.figure("Without", ":caption: A caption"),
    )
    assert docs.build(strict=True).warnings == ""
    docs.conf("paperbanana_require_alt = True")
    text = Path(path).read_text().splitlines()
    line = next(number for number, row in enumerate(text, 1) if "Without" in row)
    for _ in range(2):
        build = docs.build()
        assert len(build.lines) == 1
        assert build.lines[0].startswith(f"{path}:{line}: WARNING: paperbanana: this figure has no")
        assert build.lines[0].endswith("[paperbanana.alt]")
    docs.conf("suppress_warnings = ['paperbanana.alt']")
    assert docs.build(strict=True).warnings == ""


@pytest.mark.parametrize(
    ("options", "size", "style"),
    [
        ("", (1024, 576), "height: auto"),
        (":width: 300px", (1024, 576), "width: 300px; height: auto"),
        (":width: 300", (300, 169), "height: auto"),
        (":width: 50%", (1024, 576), "width: 50%; height: auto"),
        (":height: 100px", (1024, 576), "height: 100px; width: auto"),
        (":height: 144", (256, 144), "height: auto"),
        (":scale: 50", (1024, 576), "width: 512px; height: auto"),
        (":width: 30px\n:height: 20px", (1024, 576), "width: 30px; height: 20px;"),
    ],
)
@pytest.mark.parametrize("builder", ["html", "singlehtml", "epub"])
def test_every_image_says_how_large_it_is(  # noqa: PLR0917
    docs: Docs,
    use_sandbox: SandboxProcess,
    builder: str,
    options: str,
    size: tuple[int, int],
    style: str,
) -> None:
    docs.conf("version = '1'\nepub_copyright = 'us'")
    lines = "".join(f"   {line}\n" for line in options.splitlines())
    docs.write("index.rst", f"{TITLE}.. paperbanana:: A pump\n{lines}")
    build = docs.build(builder, strict=True)
    (page,) = build.outdir.glob("index.*html")
    (image,) = images(page.read_text("utf-8"))
    assert f'<img width="{size[0]}" height="{size[1]}" ' in image
    assert f'style="{style}"' in image


LOOK = """
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
    docs.write("index.rst", f"{TITLE}{figures}")
    page = docs.build(strict=True).outdir / "index.html"
    page.write_text(page.read_text("utf-8").replace("</body>", f"{LOOK}</body>"), "utf-8")
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
