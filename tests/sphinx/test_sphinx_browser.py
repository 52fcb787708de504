"""Pages as a reader sees them, in a real browser, Chromium: in five themes, on a desk, on a phone
and in the dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import impatience
import pytest
from axe_core_python.sync_playwright import Axe
from chromium import chromium
from example import copy_docs
from playwright.sync_api import Browser, Page, Route
from sandbox_process import SandboxProcess
from sphinx_docs import Docs

THEMES = ("alabaster", "furo", "pydata_sphinx_theme", "sphinx_book_theme", "sphinx_rtd_theme")
WITH_DARK = ("furo", "pydata_sphinx_theme", "sphinx_book_theme")
DESK, PHONE = 1400, 390
SIZES = [
    "", ":figwidth: image", ":figwidth: image\n   :scale: 80%", ":scale: 90%", ":width: 900px",
    ":width: 900", ":figwidth: image\n   :width: 300px", ":width: 50%", ":figwidth: 60%",
    ":height: 120px",
]  # fmt: skip
FIGURE = ".. paperbanana:: A pump\n   :context: document\n   :caption: As {}\n   {}\n\n"
PAGE = """\
Title
=====

Text with |pump| in it.

{figures}
.. |pump| paperbanana:: A pump
   :context: document
   :alt: Pump
   :width: 40px

.. paperbanana:: A tank on white
   :context: document
   :figclass: only-light
   :alt: A tank

.. paperbanana:: A tank on black
   :context: document
   :figclass: only-dark
   :alt: A tank

.. paperbanana:: A decoration
   :context: document
   :width: 200px
   :alt:

.. paperbanana:: What cannot be
   :context: document
   :resolution: 9K
"""
LIST = "All\n===\n\n.. paperbanana-list::\n   :thumbnails:\n"
CONF = "numfig = True\npaperbanana_html_max_width = 800\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same pages in every theme, by the theme's name."""
    docs = Docs(tmp_path_factory.mktemp("themes"))
    figures = "".join(FIGURE.format(" ".join(each.split()) or "it is", each) for each in SIZES)
    docs.write("index.rst", PAGE.format(figures=figures) + "\n.. toctree::\n\n   all\n")
    docs.write("all.rst", LIST)
    docs.conf(CONF)
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        sandbox = stack.enter_context(SandboxProcess(speed=20))
        env = sandbox.env | {"PAPERBANANA_CACHE_DIR": str(docs.folder / "cache")}
        for name, value in env.items():
            patch.setenv(name, value)
        impatience.begin(patch.setattr)
        pages = {}
        for theme in THEMES:
            docs.out = docs.folder / theme
            # Sphinx's own test application takes alabaster from conf.py for basic
            build = docs.build(overrides={"html_theme": theme})
            assert len(build.lines) == 1, "the placeholder"
            pages[theme] = build.outdir
        return pages


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a file; ``before`` is done with the page first."""
    contexts = []

    def opened(
        path: Path,
        *,
        width: int = DESK,
        dark: bool = False,
        before: Callable[[Page], object] = lambda page: None,
        until: Literal["load", "domcontentloaded"] = "load",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)  # a busy machine is no failure
        before(page)
        page.goto(path.as_uri(), wait_until=until)
        return page

    yield opened
    for context in contexts:
        context.close()


DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))"


def scroll_through(page: Page) -> None:
    """Come near every picture, and wait until each that is shown is drawn."""
    page.evaluate(
        """async () => {
          for (const image of document.images) {
            if (!image.checkVisibility()) continue;
            image.scrollIntoView();
            await image.decode();
          }
        }"""
    )
    page.evaluate(DRAWN)


BOXES = """() => {
  const column = document.querySelector("section > h1").parentElement.getBoundingClientRect();
  return [...document.querySelectorAll("figure img")].filter((img) => img.checkVisibility()).map(
    (img) => {
      const box = img.getBoundingClientRect();
      return {
        figure: img.closest("figure").getBoundingClientRect().width, column: column.width,
        width: box.width, height: box.height, right: box.right, loading: img.loading,
        ratio: img.naturalWidth / img.naturalHeight,
      };
    });
}"""
OVERFLOW = "() => document.scrollingElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("theme", THEMES)
def test_no_figure_is_wider_than_its_column_or_out_of_shape(
    site: dict[str, Path], open_page: Open, theme: str, width: int
) -> None:
    page = open_page(site[theme] / "index.html", width=width)
    scroll_through(page)
    assert page.evaluate(OVERFLOW) <= 0
    seen = page.evaluate(BOXES)
    pairs = 1 if theme in WITH_DARK else 2  # the other theme's picture of a pair is not shown
    assert len(seen) == len(SIZES) + pairs + 2
    for option, each in zip([*SIZES, *["another"] * (pairs + 2)], seen, strict=True):
        assert each["figure"] <= each["column"] + 1, option
        assert each["width"] <= each["column"] + 1, option
        assert each["right"] <= width, option
        assert abs(each["width"] / each["height"] - each["ratio"]) < 0.02, option
    assert 300 <= seen[6]["figure"] < 320, "as wide as its image"
    assert 280 < seen[6]["width"] <= 300.5, "some themes take their padding from it"
    assert abs(seen[9]["height"] - 120) < 1
    # the first picture of the page, in a line of text, is loaded at once
    assert {each["loading"] for each in seen} == {"lazy"}


SHIFTS = """() => {
  self.shifts = [];
  new PerformanceObserver((list) => self.shifts.push(...list.getEntries())).observe(
    {type: "layout-shift", buffered: true});
}"""


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_moves_when_pictures_come_in(
    site: dict[str, Path], open_page: Open, theme: str
) -> None:
    held: list[Route] = []
    holds = True

    def late(route: Route) -> None:
        if holds:
            held.append(route)
        else:
            route.continue_()

    def before(page: Page) -> None:
        page.add_init_script(f"({SHIFTS})()")
        page.route("**/_images/*", late)

    path = site[theme] / "index.html"
    page = open_page(path, before=before, until="domcontentloaded")
    page.wait_for_function("document.querySelector('figure img').getBoundingClientRect().width > 0")
    page.evaluate("document.fonts.ready")
    page.evaluate(DRAWN)
    height = page.evaluate("(self.shifts.length = 0, document.body.scrollHeight)")  # the theme's
    assert held
    assert not page.evaluate("[...document.images].some((each) => each.naturalWidth)")
    holds = False
    for route in held:
        route.continue_()
    scroll_through(page)
    assert abs(page.evaluate("document.body.scrollHeight") - height) <= 1, "sizes are rounded"
    moved = "self.shifts.map((each) => [each.value, each.sources[0]?.node?.outerHTML])"
    assert page.evaluate(moved) == []


@pytest.mark.parametrize("theme", THEMES)
def test_an_accessibility_checker_finds_nothing_in_figures_and_lists(
    site: dict[str, Path], open_page: Open, theme: str
) -> None:
    the_themes = "{rules: {'color-contrast': {enabled: false}}}"
    for name, what in (("index", "figure"), ("all", "table.paperbanana-list")):
        page = open_page(site[theme] / f"{name}.html")
        scroll_through(page)
        found: Any = Axe().run(page, context=what, options=the_themes)
        assert not found["violations"], found["violations"]
        assert found["passes"]


@pytest.mark.parametrize("theme", WITH_DARK)
def test_of_a_pair_the_one_for_the_theme_is_shown_and_fetched(
    site: dict[str, Path], open_page: Open, theme: str
) -> None:
    for dark in (False, True):
        page = open_page(site[theme] / "index.html", dark=dark)
        scroll_through(page)
        shown = {
            kind: page.locator(f"figure.only-{kind}").is_visible() for kind in ("light", "dark")
        }
        assert shown == {"light": not dark, "dark": dark}


TABLE = """() => {
  const column = document.querySelector("section > h1").parentElement.getBoundingClientRect();
  const table = document.querySelector("table.paperbanana-list");
  const date = table.querySelector("tbody td:nth-last-child(2) p"), range = new Range();
  range.selectNodeContents(date);
  return {
    column: column.width, table: table.scrollWidth,
    picture: table.querySelector("img").getBoundingClientRect().width,
    date: date.textContent, lines: range.getClientRects().length,
  };
}"""


@pytest.mark.parametrize("width", [PHONE, 1100])
@pytest.mark.parametrize("theme", THEMES)
def test_the_list_stays_within_its_column_and_breaks_no_date(
    site: dict[str, Path], open_page: Open, theme: str, width: int
) -> None:
    assert "table.paperbanana-list" not in (site[theme] / "index.html").read_text("utf-8")
    page = open_page(site[theme] / "all.html", width=width)
    assert page.evaluate(OVERFLOW) <= 0
    seen = page.evaluate(TABLE)
    assert seen["table"] <= seen["column"]
    assert seen["picture"] >= 50
    assert len(seen["date"]) == len("2026-01-31")
    assert seen["lines"] == 1


def test_every_picture_of_the_example_is_on_its_page(
    docs: Docs, use_sandbox: SandboxProcess, open_page: Open
) -> None:
    copy_docs(docs.src)
    build = docs.build()
    assert build.lines == []
    drawn: list[dict[str, Any]] = []
    numbered = 0
    for path in sorted({*build.outdir.glob("*.html")} - {build.outdir / "pictures.html"}):
        page = open_page(path)
        scroll_through(page)
        drawn += page.evaluate(
            """() => [...document.images].map((each) => ({
              src: each.getAttribute("src"), alt: each.alt, drawn: each.naturalWidth,
              shown: each.getBoundingClientRect().width,
            }))"""
        )
        numbered += page.locator("figcaption .caption-number").count()
    drawn = [each for each in drawn if each["src"].startswith("_images/")]
    assert len(drawn) == 18, "figures of the example"
    assert all(each["drawn"] > 300 and each["shown"] > 100 for each in drawn), drawn
    assert all(each["alt"] for each in drawn)
    assert {Path(each["src"]).name for each in drawn} == set(build.images)
    assert numbered == 18
    assert not any(name.endswith(".svg") for name in build.images), "a placeholder"
