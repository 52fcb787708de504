"""Every builder: pictures where it can show them, words where it cannot, and then no request."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from PIL import Image
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, prompts

PAGE = """\
Title
=====

Some text.

.. paperbanana:: A pipeline of stages
   :caption: The stages
   :name: stages

.. paperbanana:: A plain picture
   :type: standard
   :model: nano-banana-2
   :output-format: webp
   :alt: A picture in words
"""


@pytest.fixture
def page(docs: Docs) -> Docs:
    docs.write("index.rst", PAGE)
    return docs


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
def test_html_shows_the_pictures_as_they_came(
    page: Docs, use_sandbox: SandboxProcess, builder: str
) -> None:
    build = page.build(builder, strict=True)
    assert build.warnings == ""
    assert sorted(Path(name).suffix for name in build.images) == [".png", ".webp"]
    html = build.read("index.html")
    assert all(f'src="_images/{name}"' in html for name in build.images)
    assert 'alt="A pipeline of stages"' in html
    assert 'alt="A picture in words"' in html


def test_latex_gets_a_webp_picture_as_png(page: Docs, use_sandbox: SandboxProcess) -> None:
    build = page.build("latex", strict=True)
    pictures = {path.name: path for path in build.outdir.glob("*.png")}
    assert len(pictures) == 2
    assert not list(build.outdir.glob("*.webp"))
    tex = next(build.outdir.glob("*.tex")).read_text()
    for name, path in pictures.items():
        assert f"{{{{{path.stem}}}.png}}" in tex, name
        with Image.open(path) as image:
            assert image.format == "PNG"
    kept = next(page.figures.glob("*.webp"))
    with Image.open(kept) as original:
        copy = next(path for name, path in pictures.items() if kept.stem in name)
        with Image.open(copy) as converted:
            assert converted.convert("RGB").tobytes() == original.convert("RGB").tobytes()
    stamp = next((build.doctrees / "paperbanana").glob("*.png")).stat().st_mtime_ns
    page.build("latex")
    assert next((build.doctrees / "paperbanana").glob("*.png")).stat().st_mtime_ns == stamp


@pytest.mark.parametrize("builder", ["latexpdf"])
def test_latex_of_it_compiles(page: Docs, use_sandbox: SandboxProcess, builder: str) -> None:
    build = page.build("latex")
    tex = next(build.outdir.glob("*.tex")).name
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", tex]
    done = subprocess.run(command, cwd=build.outdir, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-2000:]


def test_an_epub_holds_every_picture_and_no_former_one(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    page.conf("epub_copyright = 'us'\nversion = '1'")
    page.build("epub")
    page.edit("index.rst", "A plain picture", "Another plain picture")
    build = page.build("epub", strict=True)
    book = next(build.outdir.glob("*.epub"))
    with zipfile.ZipFile(book) as archive:
        pictures = [name for name in archive.namelist() if "_images" in name]
        manifest = archive.read("content.opf").decode()
        assert len(pictures) == 2
        assert all(Path(name).suffix == ".png" for name in pictures), pictures
        for name in pictures:
            assert f'href="_images/{Path(name).name}" media-type="image/png"' in manifest or (
                f'media-type="image/png" href="_images/{Path(name).name}"' in manifest
            )
            with Image.open(io.BytesIO(archive.read(name))) as image:
                assert image.format == "PNG"


def test_texinfo_shows_the_pictures(page: Docs, use_sandbox: SandboxProcess) -> None:
    build = page.build("texinfo", strict=True)
    assert len(list(build.outdir.rglob("*.png"))) == 2
    assert next(build.outdir.glob("*.texi")).read_text().count("@image{") == 2


@pytest.mark.parametrize(
    "builder",
    ["text", "man", "gettext", "linkcheck", "dummy", "changes", "doctest", "coverage"],
)
def test_a_builder_without_images_asks_nothing(
    page: Docs, use_sandbox: SandboxProcess, builder: str
) -> None:
    page.conf("extensions += ['sphinx.ext.doctest', 'sphinx.ext.coverage']")
    build = page.build(builder, strict=True)
    assert build.warnings == ""
    assert build.statuscode == 0
    assert use_sandbox.log() == []
    assert not page.figures.exists()


@pytest.mark.parametrize(("builder", "file"), [("text", "index.txt"), ("man", "test.1")])
def test_words_stand_for_a_picture_in_text(page: Docs, builder: str, file: str) -> None:
    page.conf("man_pages = [('index', 'test', 'Test', 'us', 1)]")
    text = page.build(builder).read(file)
    assert "A picture in words" in text
    assert "The stages" in text
    assert "paperbanana://" not in text


def test_a_text_build_says_the_prompt_where_there_are_no_other_words(docs: Docs) -> None:
    docs.write("index.rst", "Title\n=====\n\nText.\n\n.. paperbanana:: A long\n   prompt\n")
    assert "[image: A long prompt]" in docs.build("text").read("index.txt")


def test_html_after_text_makes_what_the_text_build_did_not(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    page.build("text")
    build = page.build("html", strict=True)
    assert len(build.images) == 2
    assert len(use_sandbox.tasks()) == 2
    page.build("latex", strict=True)
    assert len(use_sandbox.tasks()) == 2


def many_pages(docs: Docs) -> None:
    names = [f"page{number:02}" for number in range(12)]
    docs.write("index.rst", "Index\n=====\n\n.. toctree::\n\n   " + "\n   ".join(names) + "\n")
    for name in names:
        docs.write(
            f"{name}.rst",
            f"{name}\n======\n\n.. _about-{name}:\n\nText of {name}.\n\n"
            f".. paperbanana:: Figure of {name}\n   :caption: Caption\n\n"
            ".. paperbanana:: The same everywhere\n   :type: standard\n   :model: nano-banana-2\n",
        )
    docs.edit("page03.rst", "   :caption: Caption\n", "   :context: label:about-page09\n")


@pytest.mark.parametrize("jobs", [0, 3], ids=["serially", "in parallel"])
def test_many_pages_build(docs: Docs, use_sandbox: SandboxProcess, jobs: int) -> None:
    many_pages(docs)
    build = docs.build(jobs=jobs, strict=True)
    assert build.warnings == ""
    assert len(prompts(use_sandbox)) == 13
    assert len(build.images) == 24
    bodies = {e["body"].get("prompt"): e["body"] for e in use_sandbox.log("generate")}
    assert bodies["Figure of page03"]["options"]["content"] == "page09\n\nText of page09."
    requests = len(use_sandbox.log())
    docs.edit("page05.rst", "Text of page05", "Words of page05")
    again = docs.build(jobs=jobs, strict=True)
    assert again.images == build.images
    assert len(use_sandbox.log()) == requests


def test_serial_and_parallel_builds_write_the_same(docs: Docs, use_sandbox: SandboxProcess) -> None:
    many_pages(docs)
    serial = {p.name: p.read_bytes() for p in docs.build(jobs=0).outdir.glob("page*.html")}
    requests = len(use_sandbox.log())
    parallel = docs.build(jobs=3, fresh=True)
    assert {p.name: p.read_bytes() for p in parallel.outdir.glob("page*.html")} == serial
    assert len(use_sandbox.log()) == requests


def test_what_the_configuration_hides_is_not_made(docs: Docs, use_sandbox: SandboxProcess) -> None:
    docs.conf("extensions += ['sphinx.ext.ifconfig']")
    docs.conf("def setup(app):\n    app.add_config_value('stage', 'alpha', 'env')\n")
    docs.write(
        "index.rst",
        "Title\n=====\n\nText.\n\n.. ifconfig:: stage == 'alpha'\n\n"
        "   .. paperbanana:: Early\n\n   .. only:: latex\n\n      .. paperbanana:: Printed\n\n"
        ".. ifconfig:: stage == 'final'\n\n   .. paperbanana:: Late\n\n"
        ".. ifconfig:: nonsense(\n\n   .. paperbanana:: Never\n\n"
        ".. ifconfig:: builder == 'html'\n\n   .. paperbanana:: For the web\n",
    )
    build = docs.build()
    assert [line for line in build.lines if "paperbanana" in line] == []
    assert sorted(prompts(use_sandbox)) == ["Early", "For the web"]
    docs.build(overrides={"stage": "final"})
    assert sorted(prompts(use_sandbox)) == ["Early", "For the web", "Late"]


def test_only_a_builders_own_figures_are_made(docs: Docs, use_sandbox: SandboxProcess) -> None:
    docs.write(
        "index.rst",
        "Title\n=====\n\nText.\n\n.. only:: html\n\n   .. paperbanana:: For the web\n\n"
        ".. only:: latex\n\n   .. paperbanana:: For paper\n\n"
        ".. only:: html and draft\n\n   .. only:: not quick\n\n      .. paperbanana:: Nested\n",
    )
    docs.build("html")
    assert prompts(use_sandbox) == ["For the web"]
    docs.build("latex")
    assert prompts(use_sandbox) == ["For the web", "For paper"]
    docs.build("html", tags=("draft", "quick"))
    assert len(prompts(use_sandbox)) == 2
    build = docs.build("html", tags=("draft",), fresh=True)
    assert prompts(use_sandbox)[2:] == ["Nested"]
    assert len(build.images) == 2


def test_a_translated_build_buys_nothing_and_shows_translated_captions(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    page.conf("locale_dirs = ['locale']\ngettext_additional_targets = ['image']")
    english = page.build("html", strict=True)
    requests = len(use_sandbox.log())
    page.out = page.folder / "out-gettext"  # Sphinx wants a doctree folder apart for it
    template = page.build("gettext", strict=True).read("index.pot")
    assert 'msgid "The stages"' in template
    assert 'msgid "A picture in words"' in template
    assert "paperbanana:" not in template
    assert ".. image::" not in template
    words = {"Some text.": "Etwas Text.", "The stages": "Die Stufen", "Title": "Titel"}
    words["A picture in words"] = "Ein Bild in Worten"
    catalog = read_po(io.StringIO(template), locale="de")
    for message in catalog:
        if message.id in words:
            message.string = words[message.id]
    target = page.src / "locale" / "de" / "LC_MESSAGES" / "index.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_mo(file, catalog)
    page.out = page.folder / "out-de"
    german = page.build("html", overrides={"language": "de"}, strict=True)
    assert len(use_sandbox.log()) == requests
    html = german.read("index.html")
    assert "Etwas Text." in html
    assert "Die Stufen" in html
    assert 'alt="Ein Bild in Worten"' in html
    assert german.images == english.images
