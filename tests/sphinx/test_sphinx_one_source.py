"""A figure that one directive puts on several pages: one picture, one purchase, one line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders, prompts

from pbfigure.command.status import status

FIGURE = ".. paperbanana:: How the pump runs\n"
INCLUDE = "\n.. include:: /parts/pump.txt\n\n"


def page(title: str, text: str, then: str = "") -> str:
    return f"{title}\n{'=' * len(title)}\n\n{text}\n{then}"


def contents(sandbox: SandboxProcess) -> list[str]:
    return [order["options"].get("content", "") for order in orders(sandbox)]


@pytest.fixture
def twice(docs: Docs) -> Docs:
    """A figure in a file that two pages include."""
    docs.write("parts/pump.txt", FIGURE)
    docs.write("index.rst", page("Start", ".. toctree::\n   :glob:\n\n   *\n"))
    docs.write("one.rst", page("One", "First text.", INCLUDE))
    docs.write("two.rst", page("Two", "Second text.", INCLUDE))
    return docs


DOCSTRING = f'''class Pump:
    """Run it.

    Attributes:
        on: Whether it runs.

    {FIGURE}    """
'''
AUTODOC = (
    "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n"
    "extensions += ['sphinx.ext.autodoc', 'sphinx.ext.autosummary', 'sphinx.ext.napoleon']"
)


@pytest.mark.parametrize("where", ["docstring", "prolog", "epilog", "substitution"])
def test_a_directive_that_several_pages_show_is_bought_once(
    docs: Docs, use_sandbox: SandboxProcess, where: str
) -> None:
    module = f"pumps_{where}"
    docs.write(f"{module}.py", DOCSTRING)
    docs.conf(AUTODOC)
    one, two = f"\n.. autoclass:: {module}.Pump\n   :no-index:\n", ""
    if where == "docstring":
        two = f"\n.. autosummary::\n   :toctree: generated\n\n   {module}.Pump\n"
    else:
        one = two = "\n|pump|\n" if where == "substitution" else ""
        text = ".. |pump| paperbanana:: How the pump runs\n" if one else f"\n{FIGURE}"
        docs.conf(f"rst_{'epilog' if where == 'epilog' else 'prolog'} = {text!r}")
    docs.write("index.rst", page("Start", ".. toctree::\n   :glob:\n\n   *\n   */*\n"))
    docs.write("one.rst", page("One", "First text.", one))
    docs.write("two.rst", page("Two", "Second text.", two))
    build = docs.build(strict=True)
    assert prompts(use_sandbox) == ["How the pump runs"]
    assert len(build.images) == 1
    assert "1 figure: 1 present; 1 made" in build.status


def test_a_docstring_that_classes_inherit_is_bought_once(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "inherited_pumps.py",
        f'''class Pump:
    #: How large.
    #:
    #: {FIGURE.strip().replace("runs", "stands")}
    size: int

    @property
    def rate(self):
        """How much.

        {FIGURE}        """

    def stop(self):
        """Stop it.

        {FIGURE.replace("runs", "stops")}        """


class Small(Pump):
    def stop(self):
        pass
''',
    )
    docs.conf(AUTODOC)
    objects = "".join(f"   inherited_pumps.{name}\n" for name in ("Pump", "Small"))
    docs.write("index.rst", page("Start", f".. autosummary::\n   :toctree: generated\n\n{objects}"))
    docs.conf("autodoc_default_options = {'members': True, 'inherited-members': True}")
    build = docs.build()
    assert sorted(prompts(use_sandbox)) == [
        "How the pump runs",
        "How the pump stands",
        "How the pump stops",
    ]
    assert "<img" in build.read("generated/inherited_pumps.Small.html")


@pytest.mark.parametrize("include", ["start-after: .. here", "start-line: 2", "parser: myst"])
def test_a_page_and_an_extract_of_it_on_another_page_show_one_figure(
    docs: Docs, use_sandbox: SandboxProcess, include: str
) -> None:
    docs.conf("extensions.append('myst_parser')\nsource_suffix['.md'] = 'markdown'")
    is_markdown = include.startswith("parser")
    figure = FIGURE if not is_markdown else "```{paperbanana}\nHow the pump runs\n```\n"
    name = "readme.md" if is_markdown else "readme.rst"
    docs.write(name, f"{page('Readme', 'Text.').replace('=', '-')}\n.. here\n\nWords.\n\n{figure}")
    include = "parser: myst_parser.sphinx_\n   :start-line: 2" if is_markdown else include
    docs.write("about.rst", page("About", f".. include:: /{name}\n   :{include}\n"))
    docs.write("index.rst", page("Start", ".. toctree::\n\n   about\n   readme\n"))
    docs.build(strict=True)
    assert prompts(use_sandbox) == ["How the pump runs"]


def test_two_figures_of_one_prompt_in_an_extract_are_not_taken_for_one(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    sections = "\n".join(f"{name}\n-----\n\nOn {name}.\n\n{FIGURE}" for name in ("Pumps", "Fans "))
    docs.write("part.txt", f"Not of it.\n\n.. here\n\n{sections}")
    docs.write("index.rst", page("Start", ".. include:: part.txt\n   :start-after: .. here\n"))
    build = docs.build()
    assert "it has the same name as the figure at part.txt" in build.warnings
    assert prompts(use_sandbox) == []


def test_a_substitution_of_myst_is_one_figure_where_conf_py_has_it(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(
        "extensions.append('myst_parser')\nmyst_enable_extensions = ['substitution']\n"
        "myst_substitutions = {'pump': '```{paperbanana} A pump\\n```'}"
    )
    own = (
        "---\nmyst:\n  substitutions:\n    own: |\n      ```{paperbanana} Its own\n      ```\n---\n"
    )
    docs.write(
        "index.md", "# One\n\n{{ pump }}\n\n## Again\n\n{{ pump }}\n\n```{toctree}\ntwo\n```\n"
    )
    docs.write("two.md", f"{own}# Two\n\nText.\n\n{{{{ pump }}}}\n\n{{{{ own }}}}\n")
    docs.build(strict=True)
    assert sorted(zip(prompts(use_sandbox), contents(use_sandbox), strict=True)) == [
        ("A pump", "One\n\nAgain"),
        ("Its own", "Two\n\nText."),
    ]


def test_its_text_is_that_of_the_first_page_whoever_builds_and_whatever_is_read(
    twice: Docs, use_sandbox: SandboxProcess
) -> None:
    twice.conf("latex_documents = [('two', 'two.tex', 'Two', 'Me', 'howto')]")
    twice.build("latex", strict=True)
    assert contents(use_sandbox) == ["One\n\nFirst text."]
    for number in range(6):  # so many that pages are read in parallel
        twice.write(f"page{number}.rst", page("Other", "Text."))
    html = twice.build(strict=True, jobs=2)
    (picture,) = html.images
    assert all(picture in html.read(f"{name}.html") for name in ("one", "two"))
    twice.edit("two.rst", "Second", "Another")
    assert "1 figure: 1 present; 0 credits" in twice.build(strict=True).status
    assert "1 figure: 1 present; 0 credits" in twice.build(strict=True, fresh=True).status
    assert len(orders(use_sandbox)) == 1
    assert len(list(twice.figures.glob("*.png"))) == 1


def test_a_first_page_that_comes_and_goes_buys_nothing(
    twice: Docs, use_sandbox: SandboxProcess
) -> None:
    (picture,) = twice.build(strict=True).images.values()
    twice.write("a.rst", page("Newest", "It comes first.", INCLUDE))
    assert "1 figure: 1 kept" in twice.build(strict=True).status
    assert "1 figure: 1 kept" in twice.build("singlehtml", strict=True).status
    (twice.src / "a.rst").unlink()
    (twice.src / "one.rst").unlink()
    build = twice.build(strict=True)
    assert "1 figure: 1 kept" in build.status
    assert set(build.images.values()) == {picture}
    assert len(orders(use_sandbox)) == 1


def test_the_first_page_is_one_where_some_reader_sees_it(
    twice: Docs, use_sandbox: SandboxProcess
) -> None:
    include = INCLUDE.strip()
    twice.write("one.rst", page("One", "First text.", f"\n.. only:: inside\n\n   {include}\n"))
    twice.build(strict=True)
    assert contents(use_sandbox) == ["Two\n\nSecond text."]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("   :id: pump\n", "One\n\nFirst text."),
        ("   :name: fig-pump\n", "One\n\nFirst text."),
        ("   :context: body\n\n   Its own text.\n", "Its own text."),
        ("   :context: document\n", "One\n\nFirst text.\n\nThen\n\nMore."),
    ],
)
def test_names_and_texts_of_its_own_change_nothing_of_that(
    twice: Docs, use_sandbox: SandboxProcess, options: str, text: str
) -> None:
    twice.write("parts/pump.txt", FIGURE + options)
    twice.write("one.rst", page("One", "First text.", f"{INCLUDE}Then\n----\n\nMore.\n"))
    assert "1 figure: 1 present" in twice.build(strict=True).status
    assert contents(use_sandbox) == [
        text if text.startswith("Its") or "Then" in text else f"{text}\n\nThen\n\nMore."
    ]
    assert len(list(twice.figures.glob("*.png"))) == 1


def test_a_substitution_that_each_page_defines_makes_it_a_figure_of_each_page(
    twice: Docs, use_sandbox: SandboxProcess
) -> None:
    twice.write("parts/pump.txt", ".. paperbanana:: How the |part| runs\n")
    for name in ("one", "two"):
        twice.edit(f"{name}.rst", " text.", f" text.\n\n.. |part| replace:: {name}")
    twice.build(strict=True)
    assert sorted(prompts(use_sandbox)) == ["How the one runs", "How the two runs"]


def test_twice_on_one_page_it_is_one_figure(docs: Docs, use_sandbox: SandboxProcess) -> None:
    docs.write("parts/pump.txt", FIGURE)
    docs.write("index.rst", page("One", "Text.", INCLUDE) + page("Two", "Other.", INCLUDE))
    build = docs.build(strict=True)
    assert build.read("index.html").count("<img ") == 2
    assert contents(use_sandbox) == ["One\n\nText."]


def test_plan_and_status_have_one_line_that_names_its_pages(
    twice: Docs, use_sandbox: SandboxProcess
) -> None:
    plan = twice.build("paperbanana-plan").status
    assert plan.count("6 credits (new; one picture on one, two)") == 1
    assert "Plan: 1 to buy for 6" in plan
    twice.build()
    told = CliRunner().invoke(status, [str(twice.src), "--json"]).output
    (figure,) = json.loads(told)["figures"]
    assert figure["pages"] == ["one", "two"]
    assert figure["file"] == "parts/pump.txt"


def test_what_a_plugin_writes_is_a_directive_of_its_own_wherever_it_stands(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(
        "from docutils.statemachine import StringList\n"
        "from sphinx.util.docutils import SphinxDirective\n"
        "class Routes(SphinxDirective):\n"
        "    def run(self):\n"
        "        rows = ['.. paperbanana:: How it runs', '']\n"
        "        return self.parse_text_to_nodes(\n"
        "            StringList(rows, '<routes>'))\n"
        "def setup(app):\n"
        "    app.add_directive('routes', Routes)"
    )
    docs.write("index.rst", page("One", "First text.", "\n.. routes::\n\n.. toctree::\n\n   two\n"))
    docs.write("two.rst", page("Two", "Second text.", "\n.. routes::\n"))
    docs.build(strict=True)
    assert contents(use_sandbox) == ["One\n\nFirst text.", "Two\n\nSecond text."]
