"""Builders of others, and those that list no image types: as with plain figures, and no dearer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from builder_table import OTHERS
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs, prompts

CONF = """
extensions += [
    "sphinx_markdown_builder", "docxbuilder", "sphinxcontrib.restbuilder",
    "rinoh.frontend.sphinx", "rst2pdf.pdfbuilder", "sphinxcontrib.confluencebuilder",
    "sphinx_simplepdf",
    "sphinxcontrib.mermaid",  # confluencebuilder asks for its settings where it is installed
]
numfig = True
paperbanana_label = False  # else published copies are not what a plain figure shows
version = "1"
epub_copyright = "us"
confluence_publish = False
docx_documents = [("index", "test.docx", {"title": "Test"}, False)]
pdf_documents = [("index", "test", "Test", "us")]
rinoh_documents = [{"doc": "index", "target": "test"}]
man_pages = [("index", "test", "Test", "us", 1)]
applehelp_bundle_id = "org.example.test"
applehelp_disable_external_tools = True
suppress_warnings = ["epub.unknown_project_files"]
"""
PAGE = """\
Title
=====

Some text. See :numref:`stages`.

{first}
   :name: stages
   :alt: Three stages
   :width: 50%
{caption}
{second}
   :name: plain
   :alt: A picture in words
   :align: right
"""
TEXT_FILES = (".html", ".md", ".rst", ".xml", ".pseudoxml", ".conf", ".tex", ".texi", ".txt",
              ".1", ".pot", ".fjson", ".qhcp", ".hhp")  # fmt: skip
SPHINX = ["html", "dirhtml", "singlehtml", "json", "qthelp", "htmlhelp", "devhelp", "applehelp",
          "epub", "latex", "texinfo", "xml", "pseudoxml"]  # fmt: skip
WORDS = ["text", "man", "gettext", "linkcheck", "dummy", "changes"]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the builders start is installed beside Python."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def generated(docs: Docs) -> Docs:
    docs.conf(CONF)
    first, second = ".. paperbanana:: A pipeline", ".. paperbanana:: A picture"
    caption = "   :caption: The stages\n"
    docs.write("index.rst", PAGE.format(first=first, second=second, caption=caption))
    return docs


def plain_of(generated: Docs, folder: Path) -> Docs:
    """The same project with plain figures of the pictures that are kept in its folder."""
    plain = Docs(folder)
    plain.conf(f"{CONF}\nextensions.remove('sphinx_paperbanana')")
    blocks = []
    for name in ("stages", "plain"):
        (picture,) = generated.figures.glob(f"index--{name}-*.png")
        plain.figures.mkdir(exist_ok=True)
        (plain.figures / picture.name).write_bytes(picture.read_bytes())
        blocks.append(f".. figure:: _paperbanana/{picture.name}")
    first, second = blocks
    caption = "\n   The stages\n"
    plain.write("index.rst", PAGE.format(first=first, second=second, caption=caption))
    return plain


def texts(build: Build, docs: Docs) -> dict[str, str]:
    found = {}
    for path in sorted(build.outdir.rglob("*")):
        if path.is_file() and path.suffix in TEXT_FILES and "_sources" not in path.parts:
            text = path.read_text("utf-8").replace(str(docs.src), "SRC")
            # what is meant to differ: the size of an image, so that pages do not jump, and when it
            # is loaded
            text = re.sub(r' loading=\\?"lazy\\?"', "", text)
            text = re.sub(r' ?\b(?:width|height)=\\?"\d+\\?"', "", text)
            text = re.sub(r'; height: auto|;(?=\\?")| style=\\?"height: auto\\?"', "", text)
            text = re.sub(r"<img +", "<img ", text)
            found[str(path.relative_to(build.outdir))] = re.sub(
                r"POT-Creation-Date.*|#: .*|\d\d:\d\d:\d\d|urn:uuid:[\w-]*", "", text
            )
    return found


def pictures(build: Build) -> list[object]:
    """The pictures in a build's output: files, members of archives, images of PDF pages."""
    found: list[object] = []
    for path in sorted(build.outdir.rglob("*")):
        if path.suffix in (".png", ".svg") and "_static" not in path.parts:
            found.append((path.name, path.read_bytes()))
        elif path.suffix in (".docx", ".epub"):
            with zipfile.ZipFile(path) as archive:
                names = (name for name in archive.namelist() if name.endswith(".png"))
                found += [archive.read(name) for name in names if "_static" not in name]
        elif path.suffix == ".pdf":
            listing = subprocess.run(
                ["pdfimages", "-list", path], capture_output=True, text=True, check=True
            )
            rows = [line.split() for line in listing.stdout.splitlines()[2:]]
            found += [(row[2], row[3], row[4], row[12], row[13]) for row in rows]
    return found


@pytest.mark.parametrize("builder", [*SPHINX, *OTHERS, *WORDS])
def test_the_output_is_that_of_plain_figures(
    generated: Docs, use_sandbox: SandboxProcess, tmp_path: Path, builder: str
) -> None:
    if builder == "pdf":  # rst2pdf fails on numbered references to any figure
        generated.edit("index.rst", "See :numref:`stages`.", "")
    generated.build("html", strict=True)
    requests = len(use_sandbox.log())
    plain = plain_of(generated, tmp_path / "plain")
    generated.out = tmp_path / "again"  # Sphinx wants a doctree folder apart for gettext
    if builder == "pdf":
        plain.edit("index.rst", "See :numref:`stages`.", "")
    build, expected = generated.build(builder), plain.build(builder)
    assert len(build.lines) == len(expected.lines)
    assert build.statuscode == expected.statuscode
    assert texts(build, generated) == texts(expected, plain)
    assert pictures(build) == pictures(expected)
    if builder not in WORDS and builder not in ("markdown", "rst", "xml", "pseudoxml"):
        assert len(pictures(build)) >= 2 or builder.endswith("confluence")
    assert len(use_sandbox.log()) == requests


@pytest.mark.parametrize("builder", ["markdown", "docx", "rst", "xml", "pseudoxml", "pdf"])
def test_what_shows_pictures_has_them_made(
    generated: Docs, use_sandbox: SandboxProcess, builder: str
) -> None:
    build = generated.build(builder)
    assert sorted(prompts(use_sandbox)) == ["A picture", "A pipeline"]
    assert "paperbanana://" not in "".join(texts(build, generated).values())


OWN = """
from sphinx.builders.xml import XMLBuilder

class Notebook(XMLBuilder):
    name = "notebook"

def setup(app):
    app.add_builder(Notebook)
"""


def test_an_unknown_builder_is_given_what_there_is_and_nothing_is_bought_for_it_unless_named(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("notebook.py", OWN)
    docs.conf(f"import sys\nsys.path.insert(0, {str(docs.src)!r})\nextensions.append('notebook')")
    docs.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A pump\n   :name: pump\n")
    build = docs.build("notebook", strict=True, overrides={"paperbanana_mode": "frozen"})
    assert build.warnings == ""
    assert build.statuscode == 0
    assert "nothing is bought for notebook (picture_builders)" in build.status
    assert "missing-figure-" in build.read("index.xml")
    assert use_sandbox.log() == []
    docs.build("notebook", strict=True, overrides={"paperbanana_picture_builders": "notebook,x"})
    assert prompts(use_sandbox) == ["A pump"]
    build = docs.build("notebook", strict=True, fresh=True)
    assert 'uri="_paperbanana/index--pump-' in build.read("index.xml")
    assert len(use_sandbox.tasks()) == 1


@pytest.mark.parametrize("builder", ["markdown", "rst", "xml"])
def test_a_page_is_written_again_once_its_picture_is_made_and_then_no_more(
    docs: Docs, use_sandbox: SandboxProcess, builder: str
) -> None:
    docs.conf(CONF)
    docs.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A pump\n   :name: pump\n")
    offline = docs.build(builder, overrides={"paperbanana_mode": "offline"})
    (page,) = offline.outdir.glob("index.*")
    assert "missing-figure-" in page.read_text()
    docs.build(builder, strict=True)
    assert "_paperbanana/index--pump-" in page.read_text()
    written = page.stat().st_mtime_ns
    docs.build(builder, strict=True)
    assert page.stat().st_mtime_ns == written


def test_word_is_given_a_webp_picture_as_png(docs: Docs, use_sandbox: SandboxProcess) -> None:
    docs.conf(CONF)
    docs.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A\n   :output-format: webp\n")
    assert len(pictures(docs.build("docx", strict=True))) == 1
    html = docs.build("html", strict=True)
    assert [Path(name).suffix for name in html.images] == [".webp"]


def test_pictures_are_shared_whichever_builder_has_them_made(
    generated: Docs, use_sandbox: SandboxProcess
) -> None:
    for builder in ("markdown", "latex", "html", "epub", "docx"):
        generated.build(builder)
        assert len(use_sandbox.tasks()) == 2
