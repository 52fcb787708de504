"""What other extensions and odd places do with a generated figure."""

from __future__ import annotations

import re
import shutil

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders, prompts


def test_a_figure_in_a_docstring_takes_its_sections_text(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(
        "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n"
        "extensions.append('sphinx.ext.autodoc')"
    )
    docs.write(
        "a_documented_module.py",
        'def run():\n    """Run it.\n\n    .. paperbanana:: How it runs\n    """\n',
    )
    docs.write("index.rst", "API\n===\n\n.. autofunction:: a_documented_module.run\n")
    assert docs.build(strict=True).warnings == ""
    assert prompts(use_sandbox) == ["How it runs"]
    assert "Run it." in orders(use_sandbox)[0]["options"]["content"]


def test_figures_in_lists_tables_and_admonitions_are_figures(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "index.rst",
        """\
Title
=====

* An item

  .. paperbanana:: In a list
     :caption: One

.. note::

   .. paperbanana:: In a note
      :caption: Two

.. list-table::

   * - Cell
     - .. paperbanana:: In a table

.. comment

   .. paperbanana:: In a comment
""",
    )
    build = docs.build(strict=True)
    assert sorted(prompts(use_sandbox)) == ["In a list", "In a note", "In a table"]
    assert len(build.images) == 3
    assert "paperbanana://" not in build.read("index.html")


def test_a_page_without_a_section_gives_its_whole_text(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", "Only words.\n\n.. paperbanana:: A figure\n")
    docs.build()
    assert orders(use_sandbox)[0]["options"]["content"] == "Only words."


def test_a_page_of_which_a_figure_is_all_is_told_to_have_no_text(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", ".. paperbanana:: A figure\n")
    build = docs.build()
    assert "text: a pipeline figure is drawn from the text around it" in build.warnings
    assert use_sandbox.log() == []


def test_a_removed_page_takes_its_figures_along(docs: Docs, use_sandbox: SandboxProcess) -> None:
    docs.write("index.rst", "Title\n=====\n\nText.\n")
    docs.write("gone.rst", ":orphan:\n\nGone\n====\n\nText.\n\n.. paperbanana:: A figure\n")
    assert len(docs.build(strict=True).images) == 1
    (docs.src / "gone.rst").unlink()
    build = docs.build(strict=True)
    assert build.images == {}
    assert len(use_sandbox.tasks()) == 1
    assert len(list(docs.figures.glob("*.png"))) == 1, "what was paid for stays in the project"


@pytest.mark.parametrize("options", ["", "   :name: fig-pump\n"])
def test_pages_that_move_together_and_ask_for_the_same_keep_each_its_own_picture(
    docs: Docs, use_sandbox: SandboxProcess, options: str
) -> None:
    docs.write("index.rst", "Title\n=====\n\n.. toctree::\n   :glob:\n\n   */*\n")
    shown = {}
    for folder, words in (("old", "Some"), ("new", "Other")):
        for page in ("one", "two"):
            text = f"Part\n====\n\n{words} text of {page}.\n\n.. paperbanana:: A pump\n{options}"
            docs.write(f"{folder}/{page}.rst", text)
        html = docs.build(strict=True)
        shown[folder] = [
            re.findall(r'_images/([^"]*)', html.read(f"{folder}/{page}.html"))
            for page in ("one", "two")
        ]
        shutil.rmtree(docs.src / folder)
    assert shown["old"] == shown["new"]
    assert len(prompts(use_sandbox)) == 2


def test_a_picture_that_a_page_shows_as_a_plain_image_stays_when_its_figure_changes(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A fox\n\n.. toctree::\n\n   other\n")
    docs.write("other.rst", "Other\n=====\n")
    (picture,) = docs.build(strict=True).images
    docs.write("other.rst", f"Other\n=====\n\n.. image:: _paperbanana/{picture}\n")
    docs.build(strict=True)
    docs.edit("index.rst", "A fox", "A wolf")
    build = docs.build(strict=True)
    assert len(use_sandbox.log("generate")) == 2
    assert f'src="_images/{picture}"' in build.read("other.html")
    assert len(build.images) == 2
    assert picture in build.images


def test_the_same_sources_elsewhere_need_only_the_committed_figures(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", "Title\n=====\n\nText.\n\n.. paperbanana:: A figure\n")
    images = docs.build().images
    clone = Docs(docs.folder / "clone")
    for path in docs.src.rglob("*"):
        if path.is_file():
            target = clone.src / path.relative_to(docs.src)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    build = clone.build(
        strict=True,
        overrides={"paperbanana_mode": "frozen", "paperbanana_cache_dir": "nowhere"},
    )
    assert build.statuscode == 0
    assert build.images == images
