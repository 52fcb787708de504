"""The text that a figure is drawn from: which section it is, and what of it is taken."""

from __future__ import annotations

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders
from sphinx_languages import Language, line_of, write


def test_the_context_is_what_was_asked_for(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    deep = "Deep\n~~~~\n\n" if lang.is_rst else "### Deep\n\n"
    toc = ".. toctree::\n\n   other\n" if lang.is_rst else "```{toctree}\nother\n```\n"
    write(
        docs,
        lang,
        lang.section("Inner") + "Inner text.\n\n",
        lang.figure("Default"),
        lang.figure("Section", ":context: section"),
        lang.figure("Document", ":context: document"),
        lang.figure("Label", ":context: label:last"),
        lang.figure("Loosely", ":context: label: Last"),
        lang.figure("Elsewhere", ":context: label:elsewhere"),
        deep + "Deep text.\n\n",
        lang.label("last") + lang.section("Last") + "Last text.\n\n",
        toc,
    )
    docs.write(
        f"other.{lang.ending}", lang.label("elsewhere") + lang.title("Other") + "Other text.\n"
    )
    assert docs.build(strict=True).warnings == ""
    inner = "Inner\n\nInner text.\n\nDeep\n\nDeep text."
    last = "Last\n\nLast text."
    assert {order["prompt"]: order["options"]["content"] for order in orders(use_sandbox)} == {
        "Default": inner,
        "Section": inner,
        "Document": f"Title\n\nSome text.\n\n{inner}\n\n{last}",
        "Label": last,
        "Loosely": last,
        "Elsewhere": "Other\n\nOther text.",
    }
    requests = len(use_sandbox.log())
    docs.build(strict=True)
    assert len(use_sandbox.log()) == requests


@pytest.mark.parametrize("prefix", [False, True])
def test_a_sections_title_is_a_label_where_the_project_makes_it_one(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess, *, prefix: bool
) -> None:
    docs.conf("extensions += ['sphinx.ext.autosectionlabel']")
    docs.conf(f"autosectionlabel_prefix_document = {prefix}")
    here, there = ("index:", "other:") if prefix else ("", "")
    toc = ".. toctree::\n\n   other\n" if lang.is_rst else "```{toctree}\nother\n```\n"
    write(
        docs,
        lang,
        lang.figure("Near", f":context: label:{here}The last one"),
        lang.figure("Far", f":context: label:{there}Other"),
        lang.section("The Last One") + "Last text.\n\n",
        toc,
    )
    docs.write(f"other.{lang.ending}", lang.title("Other") + "Other text.\n")
    assert docs.build(strict=True).warnings == ""
    texts = {order["prompt"]: order["options"]["content"] for order in orders(use_sandbox)}
    assert texts == {"Near": "The Last One\n\nLast text.", "Far": "Other\n\nOther text."}


def test_no_context_needs_an_own_text(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    path = write(docs, lang, lang.figure("Prompt", ":context: none"))
    build = docs.build()
    assert orders(use_sandbox) == []
    line = line_of(docs, lang, "Prompt")
    assert build.lines[0].startswith(f"{path}:{line}: WARNING: paperbanana: text: ")
    docs.edit(f"index.{lang.ending}", "context: none", "context: none\n\nOwn" if not lang.is_rst
              else "context: none\n\n   Own")  # fmt: skip
    assert docs.build(strict=True).warnings == ""
    assert orders(use_sandbox)[0]["options"]["content"] == "Own"


def test_an_unknown_label_is_named_with_the_nearest_one(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    path = write(
        docs, lang, lang.figure("P", ":context: label:detials"), lang.label("details"),
        lang.section("Details") + "Text.\n",
    )  # fmt: skip
    build = docs.build()
    line = line_of(docs, lang, "P\n")
    assert len(build.lines) == 1
    assert build.lines[0].startswith(f"{path}:{line}: WARNING: paperbanana: context: no label")
    assert "'detials'" in build.lines[0]
    assert "did you mean 'details'?" in build.lines[0]
    assert orders(use_sandbox) == []


def test_a_name_of_a_table_or_a_figure_is_a_label_of_the_section_around_it(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    toc = ".. toctree::\n\n   other\n" if lang.is_rst else "```{toctree}\nother\n```\n"
    near, far = (
        lang.figure(f"Of the {context}", f":context: label:{context}")
        for context in ("fig-near", "fig-far")
    )
    write(docs, lang, near, far, lang.section("Near"), lang.figure("A", ":name: fig-near"), toc)
    far_page = lang.title("Far") + "Far text.\n\n" + lang.figure("B", ":name: fig-far")
    docs.write(f"other.{lang.ending}", far_page)
    assert docs.build(strict=True).warnings == ""
    texts = {order["prompt"]: order["options"]["content"] for order in orders(use_sandbox)}
    assert texts["Of the fig-near"] == "Near"
    assert texts["Of the fig-far"] == "Far\n\nFar text."


@pytest.mark.parametrize("label", ["genindex", "modindex", "search"])
def test_a_label_of_a_page_that_is_no_document_is_no_context(
    docs: Docs, use_sandbox: SandboxProcess, label: str
) -> None:
    write(docs, Language("rst"), Language("rst").figure("P", f":context: label:{label}"))
    (line,) = docs.build().lines
    assert f"WARNING: paperbanana: context: no label '{label}' stands" in line
    assert f"did you mean '{label}'" not in line
    assert orders(use_sandbox) == []


def test_the_text_of_a_label_is_followed_through_its_page(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    toc = ".. toctree::\n\n   other\n" if lang.is_rst else "```{toctree}\nother\n```\n"
    write(docs, lang, lang.figure("Prompt", ":context: label:there"), toc)
    other = lang.label("there") + lang.title("Other") + "First text.\n"
    docs.write(f"other.{lang.ending}", other)
    docs.build(strict=True)
    docs.edit(f"other.{lang.ending}", "First", "Second")
    build = docs.build(strict=True)
    assert "the text around this figure changed" in build.status
    regenerate = {"paperbanana_on_text_change": "regenerate"}
    docs.build(strict=True, overrides=regenerate)
    docs.write(f"moved.{lang.ending}", lang.label("there") + lang.title("Moved") + "Third text.\n")
    docs.write(f"other.{lang.ending}", lang.title("Other") + "Nothing.\n")
    docs.build(overrides=regenerate)
    texts = [order["options"]["content"] for order in orders(use_sandbox)]
    assert texts == ["Other\n\nFirst text.", "Other\n\nSecond text.", "Moved\n\nThird text."]


def test_a_long_section_is_cut_around_the_figure_and_the_cut_is_noted(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    paragraph = "word " * 4_000
    before = "".join(f"Before {number} {paragraph}\n\n" for number in range(4))
    after = "".join(f"After {number} {paragraph}\n\n" for number in range(4))
    write(docs, lang, before, lang.figure("A"), after)
    build = docs.build(strict=True)
    content = orders(use_sandbox)[0]["options"]["content"]
    assert 80_000 < len(content) <= 100_000
    assert "Before 3" in content
    assert "After 0" in content
    assert "Before 0" not in content
    assert "After 3" not in content
    assert "over the API's limit" in build.status


EXERCISE = """
from docutils import nodes
from docutils.parsers.rst import Directive

class Exercise(Directive):
    has_content = True

    def run(self):
        section = nodes.section(ids=['exercise-content'])
        self.state.nested_parse(self.content, self.content_offset, section)
        return [nodes.admonition('', nodes.title('', 'Exercise'), section)]

def setup(app):
    app.add_directive('exercise', Exercise)
"""


def test_what_a_plugin_makes_of_an_exercise_is_no_section(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    docs.conf("myst_enable_extensions = ['colon_fence']" + EXERCISE)
    figure = lang.figure("A pump").strip()
    inner = f"Solve it.\n\n{figure}\n"
    if lang.is_rst:
        inner = ".. exercise::\n\n" + "".join(f"   {line}\n" for line in inner.splitlines())
    else:
        inner = f":::{{exercise}}\n{inner}:::\n"
    write(docs, lang, inner)
    docs.build(strict=True)
    assert [order["options"]["content"] for order in orders(use_sandbox)] == [
        "Title\n\nSome text.\n\nExercise\n\nSolve it."
    ]


TITLED_EXERCISE = """
from docutils import nodes
from docutils.parsers.rst import Directive

class exercise_title(nodes.title):  # named and made as that of sphinx-exercise
    pass

class Exercise(Directive):
    def run(self):
        words = {'de': 'Übung '}.get(self.state.document.settings.env.config.language, 'Exercise ')
        title = exercise_title('', '', nodes.Text(words), nodes.inline('', 'Fill the tank'))
        return [nodes.admonition('', title, nodes.paragraph('', 'Use a pump.'))]

def setup(app):
    app.add_directive('exercise', Exercise)
"""


def test_a_title_that_begins_in_the_language_of_the_build_is_read_without_that_word(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("titled_exercise.py", TITLED_EXERCISE)
    docs.conf("import os, sys\nsys.path.insert(0, os.path.dirname(__file__))")
    docs.conf("extensions += ['titled_exercise']\npaperbanana_on_text_change = 'regenerate'")
    docs.write("index.rst", "Title\n=====\n\n.. exercise::\n\n.. paperbanana:: A pump\n")
    for language in ("en", "de"):
        docs.build_apart(language=language)
    assert [order["options"]["content"] for order in orders(use_sandbox)] == [
        "Title\n\nFill the tank\n\nUse a pump."
    ]
