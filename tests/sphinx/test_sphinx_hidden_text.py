"""What a reader does not see is not sent, and whoever builds sends the same."""

from __future__ import annotations

import re

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders
from sphinx_languages import Language, write

REGENERATE = {"paperbanana_on_text_change": "regenerate"}


def texts(sandbox: SandboxProcess) -> dict[str, str]:
    return {order["prompt"]: order["options"]["content"] for order in orders(sandbox)}


def directive(lang: Language, name: str, argument: str, body: str) -> str:
    if lang.is_rst:
        inner = "".join(f"   {line}".rstrip() + "\n" for line in body.splitlines())
        return f".. {name}:: {argument}\n\n{inner}\n"
    return f"::::{{{name}}} {argument}\n{body}\n::::\n\n"


@pytest.fixture
def page(docs: Docs, lang: Language) -> Language:
    docs.conf(
        "extensions += ['sphinx.ext.todo', 'sphinx.ext.ifconfig']\n"
        "myst_enable_extensions = ['colon_fence']\n"
        "def setup(app):\n    app.add_config_value('series', 'stable', '')"
    )
    write(
        docs,
        lang,
        directive(lang, "only", "internal", "Text for colleagues."),
        directive(lang, "only", "internal or draft", "Text of a draft."),
        directive(lang, "only", "html", "Text on a screen."),
        directive(lang, "only", "latex", "Text on paper."),
        directive(lang, "only", "not latex", "Text not on paper."),
        directive(lang, "ifconfig", "series == 'stable'", "Text of the series."),
        directive(lang, "ifconfig", "series != 'stable'", "Text of a beta."),
        directive(lang, "ifconfig", "nothing_like_it", "Text of a mistake."),
        directive(lang, "ifconfig", "builder == 'latex'", "Text of one builder."),
        directive(lang, "todo", "", "Text to be done."),
        lang.figure("A pump"),
    )
    return lang


BASE = ["Title", "Some text.", "Text on a screen.", "Text not on paper.", "Text of the series."]


@pytest.mark.parametrize("first", ["html", "latex", "epub"])
def test_hidden_text_stays_at_home_and_every_builder_shows_the_same_picture(
    docs: Docs, page: Language, use_sandbox: SandboxProcess, first: str
) -> None:
    docs.build(first)
    assert texts(use_sandbox) == {"A pump": "\n\n".join(BASE)}
    for builder in ("html", "latex", "epub", "dirhtml", "singlehtml"):
        docs.build(builder, overrides=REGENERATE)
        docs.build(builder, overrides=REGENERATE, fresh=True)
    assert len(orders(use_sandbox)) == 1


def test_the_projects_own_tags_and_settings_say_what_is_seen_in_every_later_build(
    docs: Docs, page: Language, use_sandbox: SandboxProcess
) -> None:
    docs.build()
    build = docs.build(tags=("internal",))  # no page is read again for it
    assert "the text around this figure changed" in build.status
    assert len(orders(use_sandbox)) == 1
    shown = {"todo_include_todos": True, "series": "beta", **REGENERATE}
    docs.build(tags=("internal",), overrides=shown)
    assert texts(use_sandbox)["A pump"].split("\n\n") == [
        "Title",
        "Some text.",
        "Text for colleagues.",
        "Text of a draft.",
        "Text on a screen.",
        "Text not on paper.",
        "Text of a beta.",
        "Text to be done.",
    ]
    docs.build(tags=("internal",), overrides=shown, fresh=True)
    assert len(orders(use_sandbox)) == 2
    docs.build(overrides=REGENERATE)
    assert len(orders(use_sandbox)) == 2


def test_what_stands_beside_a_figure_for_paper_is_the_text_of_its_readers(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    docs.conf("myst_enable_extensions = ['colon_fence']")
    figure = lang.figure("A pump on paper").strip()
    on_paper = f"Text on paper.\n\n{figure}"
    write(
        docs,
        lang,
        directive(lang, "only", "html", "Text on a screen."),
        directive(lang, "only", "latex", on_paper),
    )
    docs.build()
    assert orders(use_sandbox) == []
    docs.build("latex")
    assert texts(use_sandbox) == {"A pump on paper": "Title\n\nSome text.\n\nText on paper."}


def test_the_text_of_a_label_on_a_hidden_section_is_none(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "index.rst",
        "Title\n=====\n\n.. paperbanana:: A pump\n   :context: label:secret\n\n"
        ".. only:: internal\n\n   .. _secret:\n\n   Secret\n   ------\n\n   Secret text.\n",
    )
    docs.build()
    assert "Secret" not in str(orders(use_sandbox))


def test_what_conf_py_puts_on_every_page_is_not_the_text_of_one(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("rst_prolog = 'PROLOG text.\\n\\n.. note:: A PROLOG note.'")
    docs.conf("rst_epilog = 'EPILOG text.\\n\\n.. |name| replace:: a *product*'")
    docs.write(
        "index.rst",
        ":author: A secret author\n\nTitle\n=====\n\nOf |name|.\n\n.. paperbanana:: A pump\n",
    )
    docs.build(strict=True)
    assert texts(use_sandbox) == {"A pump": "Title\n\nOf a product."}


def test_a_table_of_objects_that_ends_a_page_is_text_though_an_epilog_follows(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("extensions.append('sphinx.ext.autosummary')\nautosummary_generate = False")
    docs.conf("rst_epilog = '\\nEPILOG text.'")
    docs.write(
        "index.rst",
        "Title\n=====\n\n.. paperbanana:: A pump\n\n.. autosummary::\n\n   json.dumps\n",
    )
    docs.build(strict=True)
    text = texts(use_sandbox)["A pump"]
    assert "Serialize obj to a JSON formatted str." in text
    assert "EPILOG" not in text


def test_a_release_in_the_text_is_no_text_and_changes_at_no_cost(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("import os\nrelease = os.environ['RELEASE_OF_TEST']")
    docs.conf("rst_prolog = f'.. |tag| replace:: v{release}\\n.. |tagged| replace:: |tag| here'")
    docs.write(
        "index.rst",
        "Title\n=====\n\nPump |release| (|version|), as |tag| says on |today| |tagged|.\n\n"
        ".. paperbanana:: A pump\n",
    )
    with pytest.MonkeyPatch.context() as patch:
        for release in ("2.1", "2.2"):
            patch.setenv("RELEASE_OF_TEST", release)
            docs.build(strict=True, overrides=REGENERATE)
    sent = [order["options"]["content"] for order in orders(use_sandbox)]
    assert sent == ["Title\n\nPump, as says on here."]


def test_where_an_object_was_in_memory_is_no_text_and_changes_at_no_cost(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    for address in ("0x7f2c3c010ae0", "0x7f1288f431a0"):  # as autodoc shows it in two builds
        docs.write(
            "index.rst",
            f"Title\n=====\n\n.. py:function:: run(how=<function walk at {address}>)\n\n"
            ".. paperbanana:: A pump\n",
        )
        docs.build(strict=True, overrides=REGENERATE)
    sent = [order["options"]["content"] for order in orders(use_sandbox)]
    assert sent == ["Title\n\nrun(how=<function walk>)"]


def test_what_a_class_of_the_theme_hides_is_no_text(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    classes = ("hidden", "d-none", "d-none d-md-block", "d-flex", "shown")
    containers = "".join(f".. container:: {each}\n\n   In {each}.\n\n" for each in classes)
    paragraph = ".. rst-class:: d-none\n\nA paragraph.\n\n"
    docs.write("index.rst", f"Title\n=====\n\n{containers}{paragraph}.. paperbanana:: A pump\n")
    docs.build()
    shown = "Title\n\nIn d-none d-md-block.\n\nIn d-flex.\n\nIn shown."
    assert texts(use_sandbox) == {"A pump": shown}


TUTORIAL = """
from docutils import nodes
from sphinx.locale import _
from sphinx.util.docutils import SphinxDirective

class todo(nodes.Admonition, nodes.Element):
    pass

class TodoDirective(SphinxDirective):
    has_content = True

    def run(self):
        node = todo('', nodes.title('', _('Todo')))
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]

def visit_todo(self, node):
    self.visit_admonition(node)

def depart_todo(self, node):
    self.depart_admonition(node)

def remove(app, doctree, docname):
    if not app.config.todo_include_todos:
        for node in list(doctree.findall(todo)):
            node.parent.remove(node)

def setup(app):
    app.add_config_value('todo_include_todos', False, 'html')
    app.add_node(todo, html=(visit_todo, depart_todo))
    app.add_directive('todo', TodoDirective)
    app.connect('doctree-resolved', remove)
"""


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_todo_of_the_extension_of_sphinxs_tutorial_is_text_where_it_is_shown(
    docs: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, is_shown: bool
) -> None:
    docs.write("todos_of_tutorial.py", TUTORIAL)
    monkeypatch.syspath_prepend(docs.src)
    docs.conf(f"extensions.append('todos_of_tutorial')\ntodo_include_todos = {is_shown}")
    docs.write(
        "index.rst",
        "Title\n=====\n\n.. todo::\n\n   To be done.\n\n   .. paperbanana:: A house\n\n"
        ".. paperbanana:: A pump\n",
    )
    docs.build()
    shown = "Title\n\nTo be done." if is_shown else "Title"
    figures = ["A pump", "A house"] if is_shown else ["A pump"]
    assert texts(use_sandbox) == dict.fromkeys(figures, shown)


PROOFS = """
from sphinx.domains import Domain
from sphinx.roles import XRefRole

class ProofDomain(Domain):
    name = 'prf'
    roles = {'ref': XRefRole()}

def setup(app):
    app.add_domain(ProofDomain)
"""


def test_the_label_behind_a_reference_of_a_plugin_is_no_text(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(PROOFS)
    docs.write(
        "index.rst",
        "Title\n=====\n\nBy :prf:ref:`thm-1` and :prf:ref:`its proof <thm-1>`.\n\n"
        ".. paperbanana:: A pump\n",
    )
    docs.build()
    assert texts(use_sandbox) == {"A pump": "Title\n\nBy and its proof."}


def test_the_project_that_a_reference_leads_to_is_no_text(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    (docs.src / "objects.inv").write_bytes(
        b"# Sphinx inventory version 1\n# Project: P\n# Version: 1\n"
    )
    docs.conf("extensions += ['sphinx.ext.intersphinx']")
    docs.conf("intersphinx_mapping = {'py3': ('https://example.org/', 'objects.inv')}")
    roles = "See :py:func:`py3:open`, :envvar:`py3:PATH`, :py:func:`~os.open`, :envvar:`no:SUCH`."
    if not lang.is_rst:
        roles = re.sub(r":([a-z:]+):(?=`)", r"{\1}", roles)
    write(docs, lang, roles + "\n\n", lang.figure("A pump"))
    docs.build()
    assert texts(use_sandbox)["A pump"].endswith("See open(), PATH, open(), no:SUCH.")


@pytest.mark.parametrize("anchors", [2, 0])
def test_a_link_to_the_id_of_a_heading_shows_its_title(
    docs: Docs, use_sandbox: SandboxProcess, anchors: int
) -> None:
    docs.conf(f"extensions += ['myst_parser']\nmyst_heading_anchors = {anchors}")
    docs.conf("myst_enable_extensions = ['substitution']\nmyst_substitutions = {'what': 'pumps'}")
    docs.write(
        "index.md", "# On {{ what }}\n\nSee [](#on-pumps).\n\n```{paperbanana} A pump\n```\n"
    )
    docs.build(strict=bool(anchors))  # without, MyST before version 5 says that there is no such id
    assert texts(use_sandbox) == {"A pump": "On pumps\n\nSee On pumps."}


INSERTING = """
from docutils.parsers.rst import Directive

class Insert(Directive):
    def run(self):
        lines = ['Inserted text.', '', '(:download:`Source <conf.py>`, :download:`pdf <conf.py>`)']
        self.state_machine.insert_input(lines, self.state_machine.input_lines.source(0))
        return []

def setup(app):
    app.add_directive('insert', Insert)
"""


def test_what_a_directive_inserts_is_text_but_for_a_row_of_files(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("rst_prolog = '.. |product| replace:: Flowmaster'" + INSERTING)
    docs.write("index.rst", "Title\n=====\n\n.. insert::\n\n.. paperbanana:: A pump\n")
    docs.build(strict=True)
    assert texts(use_sandbox) == {"A pump": "Title\n\nInserted text."}


def test_what_a_gallery_puts_around_an_example_is_not_its_text(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "index.rst",
        "Title\n=====\n\nSome text.\n\n.. paperbanana:: A pump\n\n"
        ".. note::\n   :class: sphx-glr-download-link-note\n\n   Go to the end.\n\n"
        ".. rst-class:: sphx-glr-timing\n\n   **Total running time:** (0 minutes 1.2 seconds)\n\n"
        ".. container:: sphx-glr-footer\n\n   Download it.\n",
    )
    docs.build(strict=True)
    assert texts(use_sandbox) == {"A pump": "Title\n\nSome text."}


NAMED = {
    "rst": """\
Title
=====

See :ref:`part-NAME`, :numref:`fig-NAME`, :ref:`our-NAME`,
:ref:`fig-NAME` [NAME2002]_ [#NAME]_ (:numref:`fig-NAME`);
:doc:`other-NAME`.

.. paperbanana:: A pump
   :name: our-NAME
   :caption: Ours NAME
   :target: https://example.org/NAME

.. figure:: pump.png
   :name: fig-NAME

   A small pump

.. toctree::

   other-NAME

.. _part-NAME:

Part
----

.. [NAME2002] A book.
.. [#NAME] A note.
""",
    "md": """\
# Title

See {ref}`part-NAME`, {numref}`fig-NAME`, [](our-NAME), [](part-NAME), <project:#part-NAME>,
[](fig-NAME) [^NAME];
[](other-NAME.md), {doc}`other-NAME`.

```{paperbanana} A pump
:name: our-NAME
:caption: Ours NAME
:target: https://example.org/NAME
```

```{figure} pump.png
:name: fig-NAME

A small pump
```

```{toctree}
other-NAME
```

(part-NAME)=
## Part

[^NAME]: A note.
""",
}
SAID = {
    "rst": "See Part,\nA small pump;\nOther.",
    "md": "See Part, Part, Part,\nA small pump;\nOther, Other.",
}


def test_names_are_not_text_and_may_change_at_no_cost(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    for name in ("first", "second"):
        docs.write(f"index.{lang.ending}", NAMED[lang.ending].replace("NAME", name))
        docs.write(f"other-{name}.{lang.ending}", lang.title("Other"))
        docs.build(overrides=REGENERATE)
        (docs.src / f"other-{name}.{lang.ending}").unlink()
    text = f"Title\n\n{SAID[lang.ending]}\n\nA small pump\n\nPart"
    assert [order["options"]["content"] for order in orders(use_sandbox)] == [text]


def test_substitutions_that_hold_one_another_are_left_out(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "index.rst",
        "Title\n=====\n\nAn |outer| and |a|.\n\n.. |outer| replace:: |inner| pump\n"
        ".. |inner| replace:: small\n.. |a| replace:: |b|\n.. |b| replace:: |a|\n\n"
        ".. paperbanana:: A pump\n",
    )
    docs.build()
    assert texts(use_sandbox) == {"A pump": "Title\n\nAn small pump and."}


def test_a_translated_build_reads_the_author_and_what_sphinx_words_is_left_out(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    docs.conf("locale_dirs = ['locale']\nmyst_enable_extensions = ['colon_fence']")
    see = "See :ref:`part`." if lang.is_rst else "See [](#part)."
    write(
        docs,
        lang,
        f"{see}\n\n",
        directive(lang, "deprecated", "3.0", "Use valves."),
        directive(lang, "versionadded", "2.0", ""),
        directive(lang, "contents", "", "").replace("::::", "```"),
        lang.figure("A pump"),
        lang.label("part"),
        lang.section("Part"),
    )
    german = "".join(
        f'msgid "{text}"\nmsgstr "{translated}"\n\n'
        for text, translated in (("Part", "Teil"), ("Some text.", "Ein Text."))
    )
    docs.write("locale/de/LC_MESSAGES/index.po", f'msgid ""\nmsgstr ""\n\n{german}')
    german_page = (docs.build_apart(language="de") / "index.html").read_text(encoding="utf-8")
    assert "Ein Text." in german_page
    assert "Veraltet" in german_page
    docs.build(overrides=REGENERATE)
    docs.build(overrides=REGENERATE, fresh=True, jobs=2)
    text = "Title\n\nSome text.\n\nSee Part.\n\n3.0: Use valves.\n\nPart"
    assert [order["options"]["content"] for order in orders(use_sandbox)] == [text]
