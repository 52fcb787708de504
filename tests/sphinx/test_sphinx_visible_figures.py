"""Only what a page of this build shows is bought: the sandbox's ledger says what was."""

from __future__ import annotations

import re

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders, prompts
from sphinx_languages import Language, write

TITLE = "Title\n=====\n\nText.\n\n"


def indented(text: str) -> str:
    return "".join(f"   {line}" if line.strip() else line for line in text.splitlines(True))


@pytest.fixture
def book(docs: Docs) -> Docs:
    """Pages with a figure each: in the book, in the web's toctree alone, and in none."""
    docs.conf("extensions += ['sphinx.ext.todo']\nversion = '1'\nepub_copyright = 'us'")
    toctree = ".. toctree::\n\n   chapter\n\n"
    web = ".. only:: html\n\n   .. toctree::\n\n      website\n"
    docs.write("index.rst", f"{TITLE}.. paperbanana:: Start\n\n{toctree}{web}")
    docs.write("chapter.rst", f"{TITLE}.. paperbanana:: Chapter\n")
    docs.write("website.rst", f"{TITLE}.. paperbanana:: Website\n")
    docs.write("orphan.rst", f":orphan:\n\n{TITLE}.. paperbanana:: Orphan\n")
    return docs


@pytest.mark.parametrize(
    ("builder", "bought"),
    [
        ("html", ["Chapter", "Orphan", "Start", "Website"]),
        ("epub", ["Chapter", "Orphan", "Start", "Website"]),
        ("singlehtml", ["Chapter", "Start", "Website"]),
        ("latex", ["Chapter", "Start"]),
        ("texinfo", ["Chapter", "Start"]),
    ],
)
def test_a_page_that_the_builder_leaves_out_costs_nothing(
    book: Docs, use_sandbox: SandboxProcess, builder: str, bought: list[str]
) -> None:
    assert book.build(builder, strict=True).warnings == ""
    assert sorted(prompts(use_sandbox)) == bought


@pytest.mark.parametrize(
    ("builder", "documents"),
    [
        ("latex", "latex_documents = [('chapter', 'a.tex', 'A', 'us', 'manual')]"),
        ("latex", "latex_documents = [('index', 'a.tex', 'A', 'us', 'manual', True)]"),
        ("texinfo", "texinfo_documents = [('chapter', 'a', 'A', 'us', 'a', 'a', 'a')]"),
        ("texinfo", "texinfo_documents = [('index', 'a', 'A', 'us', 'a', 'a', 'a', True)]"),
    ],
)
def test_a_list_of_documents_decides_what_is_bought(
    book: Docs, use_sandbox: SandboxProcess, builder: str, documents: str
) -> None:
    book.conf(documents)
    assert book.build(builder, strict=True).warnings == ""
    assert prompts(use_sandbox) == ["Chapter"]


@pytest.mark.parametrize("documents", ["[()]", "5"])
def test_a_list_of_documents_that_ends_the_build_buys_nothing(
    book: Docs, use_sandbox: SandboxProcess, documents: str
) -> None:
    book.conf(f"latex_documents = {documents}")
    with pytest.raises((IndexError, TypeError)):
        book.build("latex")
    assert prompts(use_sandbox) == []


def test_rinoh_takes_the_list_of_latex_where_it_has_none(
    book: Docs, use_sandbox: SandboxProcess
) -> None:
    book.conf("extensions.append('rinoh.frontend.sphinx')")
    book.conf("latex_documents = [('chapter', 'a.tex', 'A', 'us', 'manual')]")
    book.build("rinoh")
    assert prompts(use_sandbox) == ["Chapter"]


def test_appendices_are_part_of_a_book(book: Docs, use_sandbox: SandboxProcess) -> None:
    book.conf("latex_documents = [('chapter', 'a.tex', 'A', 'us', 'manual')]")
    book.conf("latex_appendices = ['orphan']")
    book.build("latex", strict=True)
    assert sorted(prompts(use_sandbox)) == ["Chapter", "Orphan"]


@pytest.mark.parametrize("builder", ["html", "latex", "epub"])
def test_a_figure_in_a_hidden_todo_is_bought_once_todos_are_shown(
    docs: Docs, use_sandbox: SandboxProcess, builder: str
) -> None:
    docs.conf("extensions += ['sphinx.ext.todo']\nversion = '1'\nepub_copyright = 'us'")
    docs.write("index.rst", f"{TITLE}.. todo::\n\n   .. paperbanana:: Later\n\nMore.\n")
    assert docs.build(builder, strict=True).warnings == ""
    assert prompts(use_sandbox) == []
    docs.build(builder, strict=True, overrides={"todo_include_todos": "1"})
    assert prompts(use_sandbox) == ["Later"]


def test_what_its_parent_or_docinfo_drops_is_not_bought(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "index.rst",
        ":status: new\n:figure:\n   .. paperbanana:: In docinfo\n\n"
        ".. header:: .. paperbanana:: In a header\n\n"
        ".. footer:: .. paperbanana:: In a footer\n\n"
        f"{TITLE}.. list-table::\n\n   * - .. paperbanana:: In a broken table\n"
        "   * - a\n     - b\n",
    )
    build = docs.build()
    assert "list-table" in build.warnings
    assert "WARNING: paperbanana" not in build.warnings
    assert prompts(use_sandbox) == []


def test_what_an_extension_takes_from_a_page_is_not_bought(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(
        "from docutils import nodes\n"
        "def hide(app, doctree):\n"
        "    for node in list(doctree.findall(nodes.container)):\n"
        "        node.parent.remove(node)\n"
        "def setup(app):\n    app.connect('doctree-read', hide)\n"
    )
    docs.write(
        "index.rst",
        f"{TITLE}.. container:: solution\n\n   .. paperbanana:: Hidden\n\n.. paperbanana:: Shown\n",
    )
    assert docs.build(strict=True).warnings == ""
    assert prompts(use_sandbox) == ["Shown"]
    assert docs.build().warnings == "", "nor later, when the page is not read again"
    assert prompts(use_sandbox) == ["Shown"]


NEEDS = """
from docutils import nodes
from docutils.parsers.rst import Directive

class Need(nodes.General, nodes.Element):
    pass

class NeedDirective(Directive):
    has_content = True

    def run(self):
        node = Need()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]

def hide(app, doctree, docname):
    for node in list(doctree.findall(Need)):
        node.replace_self(node.children if app.config.needs_include_needs else [])

def setup(app):
    app.add_config_value('needs_include_needs', True, 'html')
    app.add_directive('req', NeedDirective)
    app.connect('doctree-resolved', hide)
"""


def test_a_figure_and_text_in_needs_that_a_setting_hides_stay_at_home(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("needs.py", NEEDS)
    docs.conf(f"import sys\nsys.path.insert(0, {str(docs.src)!r})\nextensions.append('needs')")
    need = ".. req::\n\n   Words of a need.\n\n   .. paperbanana:: In a need\n\n"
    docs.write("index.rst", f"{TITLE}{need}.. paperbanana:: Shown\n")
    docs.build(strict=True, overrides={"needs_include_needs": "0"})
    assert prompts(use_sandbox) == ["Shown"]
    assert "Words of a need" not in str(use_sandbox.log())
    build = docs.build(overrides={"needs_include_needs": "1"})
    assert sorted(prompts(use_sandbox)) == ["In a need", "Shown"]
    assert "Words of a need" in str(use_sandbox.log())
    assert build.read("index.html").count("<img ") == 2


# -- in a line of text, in a figure of figures ------------------------------------------------


def test_a_substitution_shows_its_picture_in_a_line_wherever_it_is_used(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "index.rst",
        f"{TITLE}First\n-----\n\nPress |pump| twice: |pump|.\n\n"
        ".. |pump| paperbanana:: A small pump\n   :width: 2em\n\n"
        ".. |never| paperbanana:: Used nowhere\n\n"
        ".. only:: latex\n\n   See |paper|.\n\n.. |paper| paperbanana:: On paper\n",
    )
    build = docs.build(strict=True)
    assert build.warnings == ""
    assert prompts(use_sandbox) == ["A small pump"]
    html = build.read("index.html")
    assert html.count('alt="A small pump"') == 2
    assert re.search("Press <a [^>]*><img", html)
    assert 'id="paperbanana' not in html, "an id twice on a page is none"
    assert docs.build("latex", strict=True).warnings == "", "it fetches whatever has an address"
    assert prompts(use_sandbox) == ["A small pump", "On paper"]


def test_a_substitution_of_myst_is_a_picture_in_a_line_and_a_figure_on_its_own(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(
        "extensions += ['myst_parser']\nmyst_enable_extensions = ['substitution']\n"
        "myst_substitutions = {'pump': '```{paperbanana} A pump\\n:width: 2em\\n```'}"
    )
    docs.write("index.md", "# Title\n\nPress {{ pump }} now.\n\n{{ pump }}\n")
    build = docs.build(strict=True)
    assert build.warnings == ""
    assert prompts(use_sandbox) == ["A pump"]
    html = build.read("index.html")
    assert re.search("<p>Press <a [^>]*><img [^>]*></a> now.</p>", html)
    assert html.count("<figure") == 1


def test_a_substitution_of_another_kind_of_figure_is_refused_with_one_line(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", f"{TITLE}A |pump|.\n\n.. |pump| paperbanana:: A\n   :caption: B\n")
    build = docs.build()
    assert len(build.lines) == 1
    assert "index.rst:8: WARNING: paperbanana: caption: a picture in a sub" in build.lines[0]
    assert prompts(use_sandbox) == []


def test_a_substitution_that_is_written_twice_buys_the_one_that_is_shown(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    first, second = (f".. |pump| paperbanana:: {name}\n\n" for name in ("First", "Second"))
    docs.write("index.rst", f"{TITLE}A |pump|.\n\n{first}{second}")
    docs.build()
    assert prompts(use_sandbox) == ["Second"]


@pytest.mark.parametrize("ending", ["rst", "md"])
def test_a_figure_of_figures_shows_them(
    docs: Docs, use_sandbox: SandboxProcess, ending: str
) -> None:
    docs.conf("extensions += ['myst_parser', 'sphinx_subfigure']\nnumfig = True")
    left, right = (
        f".. paperbanana:: {name}\n   :alt: {name} pump\n\n"
        if ending == "rst"
        else f"```{{paperbanana}} {name}\n:alt: {name} pump\n```\n"
        for name in ("Left", "Right")
    )
    both = f"{left}{right}Two pumps.\n"
    docs.write(
        f"index.{ending}",
        f"{TITLE}.. subfigure:: AB\n   :name: both\n\n{indented(both)}\nSee :numref:`both`.\n"
        if ending == "rst"
        else f"# Title\n\nText.\n\n````{{subfigure}} AB\n:name: both\n\n{both}````\n",
    )
    build = docs.build(strict=True)
    assert build.warnings == ""
    assert sorted(prompts(use_sandbox)) == ["Left", "Right"]
    figure = build.read("index.html")
    figure = figure[figure.index("<figure") : figure.index("</figure>")]
    assert figure.count("<img") == 2
    assert "Fig. 1" in figure


WRAPPER = """
from docutils import nodes
from docutils.parsers.rst import Directive

class Wrap(Directive):
    optional_arguments = 1
    has_content = True

    def run(self):
        node = nodes.paragraph()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [nodes.paragraph('', f'{self.arguments[0]} ', node) if self.arguments else node]

def setup(app):
    app.add_directive('wrap', Wrap)
"""
"""As Breathe does with reStructuredText in comments of C++, and many an author's own directive."""


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("", "First words.\n\n- an item\n\nLast words."),
        ("Before.", "Before. First words.\nan item\n\nLast words."),
    ],
)
def test_a_figure_in_blocks_that_a_directive_calls_a_paragraph_is_a_figure(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess, before: str, text: str
) -> None:
    docs.conf(WRAPPER)
    figure = lang.figure("A pump", ":name: pump\n:caption: Words below it.")
    blocks = f"First words.\n\n{figure}\n- an item\n\nLast words.\n"
    see = "See :numref:`pump`." if lang.is_rst else "See {numref}`pump`."
    fence = f"````{{wrap}} {before}\n{blocks}````"
    wrapped = f".. wrap:: {before}\n\n{indented(blocks)}" if lang.is_rst else fence
    write(docs, lang, f"{wrapped}\n\n{see}\n")
    build = docs.build(strict=True)
    assert build.warnings == ""
    (order,) = orders(use_sandbox)
    assert order["options"]["content"] == f"Title\n\nSome text.\n\n{text}\n\nSee."
    html = build.read("index.html")
    assert html.count("<figure") == 1
    assert "Fig. 1" in html[html.index("See") :]
