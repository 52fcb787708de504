"""Make the picture of README.md: a source, what building it prints, and the page that comes out.

Nothing in it is drawn by hand: Sphinx builds the source against the sandbox, and Chromium shows
what there is. Run it in the repository's environment: ``python docs/images/make.py``
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import RstLexer

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from chromium import chromium

OUT = Path(__file__).with_name("from-prompt-to-page.png")
CONF = """\
extensions = ["sphinx_paperbanana"]
html_theme = "furo"
numfig = True
"""
SOURCE = """\
How we review
=============

Every paper goes to two reviewers, who answer
within three weeks; then the editor decides.
:numref:`fig-review` shows the way.

.. paperbanana:: A flow chart of the review process,
   from submission to decision
   :name: fig-review
   :alt: Submission, two reviews, decision
   :caption: How a paper is reviewed.
"""
COMMANDS = (
    ["pbfigure", "sandbox", "--", "sphinx-build", "docs", "html"],
    ["pbfigure", "sandbox", "--", "sphinx-build", "-b", "epub", "docs", "epub"],
)
SEED = "7"
"""Of the sandbox: it draws the same picture each time."""
SHEET = """<!DOCTYPE html><html><head><meta charset="utf-8"><style>
* {{ box-sizing: border-box }}
body {{ margin: 0; font: 15px/1.5 "DejaVu Sans", sans-serif; color: #1f2d3d; background: #eef2f4;
  width: 1280px; padding: 28px; display: grid; grid-template-columns: 560px 1fr; gap: 24px;
  align-items: stretch }}
.left {{ display: flex; flex-direction: column; gap: 24px }}
section {{ background: #fff; border-radius: 10px; overflow: hidden; border: 1px solid #d5dee3 }}
h2 {{ margin: 0; padding: 9px 18px; font-size: 13px; font-weight: 600; color: #52616b;
  background: #f7f9fa; border-bottom: 1px solid #e1e8ec }}
pre.source {{ background: none }}
pre {{ margin: 0; padding: 16px 18px; font: 14.5px/1.55 "DejaVu Sans Mono", monospace;
  white-space: pre-wrap }}
.terminal {{ flex: 1; background: #16242e; border-color: #16242e }}
.terminal h2 {{ background: #1f313d; border-color: #16242e; color: #a9bac4 }}
.terminal pre {{ color: #e4ecf0; font-size: 12.5px }}
.terminal b {{ color: #7cc8e0; font-weight: 400 }}
img {{ display: block; width: 100%; padding: 10px 18px 18px }}
{style}
</style></head><body>
<div class="left">
<section><h2>docs/index.rst</h2>{source}</section>
<section class="terminal"><h2>terminal</h2><pre>{terminal}</pre></section>
</div>
<section><h2>the page (its picture is a draft, drawn by the sandbox)</h2>
<img src="data:image/png;base64,{page}"></section>
</body></html>
"""


def main() -> None:
    """Build the page, and show it beside its source."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        docs = Path(folder) / "docs"
        docs.mkdir()
        (docs / "conf.py").write_text(CONF, "utf-8")
        (docs / "index.rst").write_text(SOURCE, "utf-8")
        said = [_run(command, Path(folder)) for command in COMMANDS]
        page = browser.new_page(viewport={"width": 640, "height": 600}, device_scale_factor=2)
        _show(page, folder, "\n\n".join(said))


def _run(command: list[str], folder: Path) -> str:
    """Run what the picture shows, with the same draft each time; return what it prints."""
    fixed = ["--seed", SEED, "--latency", "0", "--cache-dir", str(folder / "cache")]
    bin_folder = Path(sys.executable).parent
    whole = [str(bin_folder / command[0]), command[1], *fixed, "--"]
    whole += [str(bin_folder / command[3]), *command[4:]]
    done = subprocess.run(whole, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603
    printed = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    lines = [line for line in printed if line.startswith(("paperbanana: 1 figure:", "sandbox:"))]
    return "\n".join([f"<b>$ {escape(' '.join(command))}</b>", *map(escape, lines)])


def _show(page: Page, folder: str, said: str) -> None:
    page.goto(f"file://{folder}/html/index.html")
    page.add_style_tag(content=".content-icon-container, .headerlink { display: none !important }")
    shot = page.locator("article[role=main]").screenshot()
    formatter = HtmlFormatter(style="friendly", nowrap=True)
    page.set_content(
        SHEET.format(
            style=formatter.get_style_defs(".source"),
            source=f"<pre class=source>{highlight(SOURCE, RstLexer(), formatter)}</pre>",
            terminal=said,
            page=base64.b64encode(shot).decode(),
        )
    )
    page.set_viewport_size({"width": 1280, "height": 100})
    page.screenshot(path=OUT, full_page=True)
    Image.open(OUT).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(OUT, optimize=True)


if __name__ == "__main__":
    main()
