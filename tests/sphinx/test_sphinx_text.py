"""What of a page is sent: a corpus of every kind of markup, and of plugins that authors use.

Each folder below ``text/`` is a project; beside each page stands the text of its figure, which a
person has read.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders

from sphinx_paperbanana.figures import docname_of
from sphinx_paperbanana.registry import registry_of

CORPUS = Path(__file__).parent / "text"
PROJECTS = sorted(path.parent.name for path in CORPUS.glob("*/conf.py"))
SETTINGS = {"paperbanana_max_credits": 1000, "paperbanana_on_text_change": "regenerate"}


@pytest.fixture(params=PROJECTS)
def project(request: pytest.FixtureRequest, docs: Docs) -> Path:
    """A project of the corpus, as the sources of ``docs``."""
    path = CORPUS / request.param
    ignored = shutil.ignore_patterns("*.txt", "__pycache__")
    shutil.copytree(path, docs.src, dirs_exist_ok=True, ignore=ignored)
    return path


def test_what_is_sent_is_what_the_page_shows_for_every_builder_and_language(
    docs: Docs, project: Path, use_sandbox: SandboxProcess
) -> None:
    pages: dict[str, str] = {}
    for builder in ("html", "latex"):  # one figure is only on paper
        build = docs.build(builder, fresh=True, overrides=SETTINGS)
        for mark, figure in registry_of(build.app.env).in_build(build.app):
            if not figure.block.prompt.startswith("Another"):
                pages[docname_of(mark)] = figure.block.prompt
    sent = {order["prompt"]: order["options"]["content"] for order in orders(use_sandbox)}
    assert {page: sent[prompt] + "\n" for page, prompt in pages.items()} == {
        path.stem: path.read_text(encoding="utf-8") for path in project.glob("*.txt")
    }
    bought = len(orders(use_sandbox))
    assert bought == len(sent)
    for builder, language in (("epub", "en"), ("singlehtml", "de"), ("latex", "ja")):
        docs.build_apart(builder, **SETTINGS, language=language)
        assert len(orders(use_sandbox)) == bought, (builder, language)


@pytest.mark.parametrize("language", ["hi", "it", "tr"])
def test_words_of_sphinx_are_known_where_its_catalogue_has_spaces_around_them(
    docs: Docs, use_sandbox: SandboxProcess, language: str
) -> None:
    docs.write("spaced_pumps.py", "class Pump:\n    'Pumps.'\n\nclass Small(Pump):\n    'Small.'\n")
    docs.conf(
        "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n"
        "extensions.append('sphinx.ext.autodoc')"
    )
    docs.write(
        "index.rst",
        "Title\n=====\n\n.. autoclass:: spaced_pumps.Small\n   :show-inheritance:\n\n"
        ".. js:function:: run(speed)\n\n   :param speed: How fast.\n   :throws Leak: If it does.\n"
        "   :returns: Water.\n\n.. paperbanana:: A pump\n",
    )
    docs.build(overrides=SETTINGS)
    docs.build_apart(language=language, **SETTINGS)
    (order,) = orders(use_sandbox)
    assert "\n\nPump\n\n" in order["options"]["content"]
    assert "throws: Leak" in order["options"]["content"]
