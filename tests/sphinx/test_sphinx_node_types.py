"""Every kind of node that docutils, Sphinx and the plugins know: what of it is a figure's text.

A kind that is new to them is in no list here and fails the first test: somebody has to say whether
readers see it.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from functools import cache
from types import ModuleType

import docutils
import myst_parser
import numpydoc
import pytest
import sphinx
import sphinx_design
import sphinx_inline_tabs
import sphinx_tabs
import sphinxcontrib.mermaid
import sphinxcontrib.plantuml
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes
from sphinx.testing.util import SphinxTestApp
from sphinx_docs import Docs

from sphinx_paperbanana.text.added_words import AddedWords
from sphinx_paperbanana.text.section_reader import SectionReader
from sphinx_paperbanana.visibility import Condition

PACKAGES = (docutils, sphinx, myst_parser, numpydoc, sphinx_design, sphinx_inline_tabs, sphinx_tabs)

PREFIXES = tuple(
    f"{each.__name__}." for each in (*PACKAGES, sphinxcontrib.mermaid, sphinxcontrib.plantuml)
)

ABSTRACT = """
    Admonition BackLinkable Bibliographic Body Decorative Element FixedTextElement General Inline
    Invisible Labeled Node Part PreBibliographic PureTextElement Referential Resolvable Root
    Sequential Special Structural SubStructural Targetable Text TextElement Titular
    _desc_classes_injector _GeneralHTMLTagElement desc_sig_element translatable document
"""
"""What others are derived from, text itself, and the whole."""
SHOWN = """
    abbreviation acronym admonition attention attribution block_quote bullet_list caption caution
    compound container danger definition definition_list definition_list_item description
    doctest_block emphasis entry enumerated_list error field field_body field_list field_name figure
    hint important inline label legend line line_block list_item literal literal_block math
    math_block note option option_argument option_group option_list option_list_item option_string
    paragraph reference row rubric section sidebar strong subscript subtitle superscript table tbody
    term tgroup thead tip title title_reference topic warning colspec classifier

    acks centered compact_paragraph desc desc_addname desc_annotation desc_content desc_inline
    desc_name desc_optional desc_parameter desc_parameterlist desc_returns desc_sig_keyword
    desc_sig_keyword_type desc_sig_literal_char desc_sig_literal_number desc_sig_literal_string
    desc_sig_name desc_sig_operator desc_sig_punctuation desc_sig_space desc_signature
    desc_signature_line desc_type desc_type_parameter desc_type_parameter_list glossary hlist
    hlistcol literal_emphasis literal_strong manpage pending_xref_condition production
    productionlist seealso start_of_file versionmodified autosummary_table

    PassthroughTextElement aside_main dropdown_main dropdown_title sd_badge sd_tab_label steps_list
    SphinxTabsContainer SphinxTabsPanel SphinxTabsTab SphinxTabsTablist TabContainer TabLabel
"""
"""What a reader sees the words of."""
HIDDEN = """
    comment substitution_definition pending raw target system_message meta decoration generated
    docinfo footnote citation

    highlightlang index tabular_col_spec toctree todolist autosummary_toc viewcode_anchor
"""
"""What shows a reader nothing, or not as a part of the text."""
WITHIN_HIDDEN = """
    header footer address author authors contact copyright date organization revision status version
"""
"""What stands in ``decoration`` and ``docinfo`` alone."""
POINTING = """
    footnote_reference citation_reference problematic number_reference
    download_reference substitution_reference pending_xref AliasNode
"""
"""What shows a number, or words that stand elsewhere: see ``text/*/roles.rst`` and ``links.md``."""
CONDITIONAL = "only ifconfig todo_node"
PICTURES = "image graphviz mermaid plantuml inheritance_diagram"
WORDLESS = "transition sd_line_break sd_icon fontawesome sd_tab_input TabInput"
"""What has no words: rules, icons and buttons."""
LATER = """
    captioned_literal_block footnotemark footnotetext math_reference thebibliography
    collected_footnote Unknown
"""
"""What writers make of other nodes, long after text is taken."""


def listed(names: str) -> list[str]:
    return names.split()


@cache
def kinds() -> dict[str, type[nodes.Node]]:
    """Every kind of node there is, by its name."""
    for package in PACKAGES:
        _import_all(package)
    found: dict[str, type[nodes.Node]] = {}
    waiting: list[type[nodes.Node]] = [nodes.Node]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if f"{kind.__module__}.".startswith(PREFIXES):  # whatever other tests have imported
            found[kind.__name__] = kind
    return found


def _import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if "__main__" in module.name or ".tests" in module.name:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                importlib.import_module(module.name)
            except ImportError:  # of what is not installed: another parser, a theme
                continue


ALL = (ABSTRACT, SHOWN, HIDDEN, WITHIN_HIDDEN, POINTING, CONDITIONAL, PICTURES, WORDLESS, LATER)


def test_of_every_kind_of_node_it_is_known_what_a_reader_sees() -> None:
    known = [name for names in ALL for name in listed(names)]
    assert sorted(known) == sorted(set(known))
    assert sorted(set(kinds()) - set(known)) == []


PARTS: dict[str, type[nodes.Element]] = {
    "option_list_item": nodes.description,
    "definition_list_item": nodes.definition,
    "field": nodes.field_body,
    "bullet_list": nodes.list_item,
    "enumerated_list": nodes.list_item,
    "steps_list": nodes.list_item,
    "row": nodes.entry,
}
"""What a kind has words in."""
ARGUMENTS = {"pending": (nodes.Element,), "desc_inline": ("py",)}


def made(name: str) -> nodes.Element:
    """A node of a kind, with a word in it."""
    node = kinds()[name](*ARGUMENTS.get(name, ()))
    assert isinstance(node, nodes.Element)
    node["version"], node["enumtype"] = "1.0", "arabic"
    paragraph = nodes.paragraph("", "WORD")
    if name in PARTS:
        node += PARTS[name]("", paragraph)
    elif name == "line_block":
        node += nodes.line("", "WORD")
    elif name in ("versionmodified", "autosummary_table"):  # they hold text by their class alone
        node += paragraph
    else:
        node += nodes.Text("WORD") if isinstance(node, nodes.TextElement) else paragraph
    return node


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> SphinxTestApp:
    docs = Docs(tmp_path_factory.mktemp("node_types"))
    docs.write("index.rst", "Title\n=====\n")
    return docs.build("dummy").app


def read(app: SphinxTestApp, node: nodes.Element) -> SectionReader:
    document = new_document("page.rst")
    section = nodes.section("", nodes.title("", "Title"))
    # what stands in a sentence stands in a paragraph
    section += nodes.paragraph("", "", node) if isinstance(node, nodes.Inline) else node
    document += section
    return SectionReader(section, AddedWords(app.env))


@pytest.mark.parametrize("name", listed(SHOWN))
def test_what_a_reader_sees_is_text(app: SphinxTestApp, name: str) -> None:
    assert any("WORD" in paragraph for paragraph in read(app, made(name)).paragraphs)


@pytest.mark.parametrize("name", listed(HIDDEN))
def test_what_a_reader_does_not_see_is_no_text(app: SphinxTestApp, name: str) -> None:
    node = made(name)
    if name == "target":  # with words it is a place in a sentence
        node.clear()
    assert read(app, node).paragraphs == ["Title"]


@pytest.mark.parametrize("name", listed(CONDITIONAL))
def test_what_some_readers_see_is_kept_under_its_condition(app: SphinxTestApp, name: str) -> None:
    node = made(name)
    node["expr"] = "internal"
    (_, (conditional,)) = read(app, node).paragraphs
    setting = Condition("setting", "todo_include_todos")
    expected = setting if name == "todo_node" else Condition(name, "internal")
    assert conditional == ((expected,), ("WORD",))


@pytest.mark.parametrize("name", listed(PICTURES))
def test_of_a_picture_its_source_or_its_alternative_text_is_text(
    app: SphinxTestApp, name: str
) -> None:
    attribute = {"image": "alt", "plantuml": "uml", "inheritance_diagram": "content"}
    node = kinds()[name]()
    assert isinstance(node, nodes.Element)
    node[attribute.get(name, "code")] = "WORD"
    assert read(app, node).paragraphs == ["Title", "WORD"]


@pytest.mark.parametrize("name", listed(WORDLESS))
def test_what_has_no_words_is_no_text(app: SphinxTestApp, name: str) -> None:
    node = kinds()[name]()
    assert isinstance(node, nodes.Element)
    assert read(app, node).paragraphs == ["Title"]


BUNDLES = {
    "an image is not told by the name of its object": ("image/png", "text/plain"),
    "nor is a page that holds one": ("text/html", "text/plain"),
    "nor is what a script draws": ("application/javascript", "text/plain"),
}


@pytest.mark.parametrize("forms", BUNDLES.values(), ids=BUNDLES)
def test_the_name_of_an_object_in_a_notebook_is_no_text(
    app: SphinxTestApp, forms: tuple[str, ...]
) -> None:
    assert read(app, output(dict.fromkeys(forms, "<Figure size 640x480>"))).paragraphs == ["Title"]


def test_of_an_output_in_a_notebook_one_form_is_text(app: SphinxTestApp) -> None:
    both = {"text/plain": "x**2", "text/latex": "x^2"}
    assert read(app, output(both)).paragraphs == ["Title", "x^2"]
    table = {"text/html": "", "text/plain": "   a\n0  1"}
    assert read(app, output(table)).paragraphs == ["Title", "a\n0  1"]
    assert read(app, output({"text/plain": "<Axes>"})).paragraphs == ["Title", "<Axes>"]


def test_an_output_that_is_glued_into_a_sentence_says_one_form_there(app: SphinxTestApp) -> None:
    words = {"text/html": "<b>x</b>", "text/plain": "<HTML object>"}, {"text/plain": "42"}
    sentence = nodes.paragraph("", "See ", output(words[0]), nodes.Text(" and "), output(words[1]))
    sentence += nodes.Text(" here.")
    assert read(app, sentence).paragraphs == ["Title", "See and 42 here."]


def output(forms: dict[str, str]) -> nodes.container:
    """An output of a notebook, as MyST-NB has it."""
    bundle = nodes.container(nb_element="mime_bundle")
    for kind, text in forms.items():
        form = nodes.container(mime_type=kind)
        if kind.startswith("image/"):
            form += nodes.image(uri="picture.png")
        elif kind in ("text/plain", "text/latex"):
            form += nodes.literal_block(text, text)
        else:
            form += nodes.raw("", text, format="html")
        bundle += form
    return bundle


def test_code_that_a_jupyter_cell_hides_is_no_text(app: SphinxTestApp) -> None:
    for hides, expected in ((True, ["Title"]), (False, ["Title", "WORD"])):
        cell = nodes.container(hide_code=hides)
        cell += type("CellInputNode", (nodes.container,), {})("", nodes.literal_block("", "WORD"))
        assert read(app, cell).paragraphs == expected


def test_what_nbsphinx_sets_in_colours_is_text_without_its_prompt(app: SphinxTestApp) -> None:
    def cell(*parts: nodes.Element) -> nodes.container:
        prompt = nodes.literal_block("", "[1]:", classes=["prompt"])
        return nodes.container("", prompt, nodes.container("", *parts))

    text, html = (
        nodes.raw("", content, format=name)
        for name, content in (("text", "\x1b[31mWORD\x1b[0m"), ("html", "<b>WORD</b>"))
    )
    assert read(app, cell(html, text)).paragraphs == ["Title", "WORD"]
    assert read(app, cell(text)).paragraphs == ["Title"]


def test_only_parameters_have_commas_between_them(app: SphinxTestApp) -> None:
    path = addnodes.desc_parameterlist("", "", addnodes.desc_annotation("", "int: "))
    path += [addnodes.desc_parameter("", name) for name in ("user", "page")]
    assert read(app, addnodes.desc_signature("", "", path)).paragraphs[1:] == ["(int: user, page)"]


def test_a_title_within_a_title_is_a_word_of_its_own(app: SphinxTestApp) -> None:
    title = nodes.title("", "", nodes.Text("Exercise"), nodes.subtitle("", "Pumps"))
    assert read(app, nodes.admonition("", title)).paragraphs == ["Title", "Exercise Pumps"]
