"""Alternative text, and the size that a picture takes: what readers and browsers are told."""

from __future__ import annotations

import html
import re
from pathlib import Path

import docutils
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from sandbox_process import SandboxProcess
from sphinx_docs import Docs
from sphinx_languages import Language, write

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
        assert build.lines[0].startswith(f"{path}:{line}: WARNING: paperbanana: it has no")
        assert build.lines[0].endswith("[paperbanana.alt]")
    write(docs, lang, *(lang.figure(f"Pump {number}") for number in range(9)))
    (told,) = docs.build().lines
    assert "(9 figures: index." in told, "figures with one cause share one message"
    docs.conf("suppress_warnings = ['paperbanana.alt']")
    assert docs.build(strict=True).warnings == ""


UNITLESS = docutils.__version_info__ >= (0, 22)
"""Whether a size without a unit becomes an attribute; before, it became a style in pixels."""


@pytest.mark.parametrize(
    ("options", "size", "style"),
    [
        ("", (1024, 576), "height: auto"),
        (":width: 300px", (1024, 576), "width: 300px; height: auto"),
        (":width: 300", (300, 169), "height: auto")
        if UNITLESS
        else (":width: 300", (1024, 576), "width: 300px; height: auto"),
        (":width: 50%", (1024, 576), "width: 50%; height: auto"),
        (":height: 100px", (1024, 576), "height: 100px; width: auto"),
        (":height: 144", (256, 144), "height: auto")
        if UNITLESS
        else (":height: 144", (1024, 576), "height: 144px; width: auto"),
        (":scale: 50", (1024, 576), "width: 512px; height: auto"),
        (":width: 30px\n:height: 20px", (1024, 576), "width: 30px; height: 20px;"),
    ],
)
@pytest.mark.parametrize("builder", ["html", "epub"])
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


def test_translation_progress_counts_an_alt_once_and_no_image(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("locale_dirs = ['locale']\ngettext_additional_targets = ['image']")
    docs.write(
        "index.rst",
        f"{TITLE}.. paperbanana:: A pump\n   :alt: Words\n\n.. paperbanana:: A tank\n",
    )
    words = {"Title": "Titel", "Text.": "Text!", "Words": "Worte"}
    catalog = Catalog(locale="de")
    for message, translated in words.items():
        catalog.add(message, translated)
    target = docs.src / "locale" / "de" / "LC_MESSAGES" / "index.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, catalog)
    build = docs.build(overrides={"language": "de"})
    page = build.read("index.html")
    assert alts(page) == ["Worte", "A tank"]
    assert build.app.env.get_doctree("index")["translation_progress"] == {
        "total": 4,  # the other one's prompt is its alternative text
        "translated": 3,
    }
