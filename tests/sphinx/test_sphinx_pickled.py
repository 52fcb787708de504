"""The shape of what Sphinx keeps of figures between builds, which no upgrade may mistake."""

from __future__ import annotations

import io
import pickle
from typing import Any

from sandbox_process import SandboxProcess
from sphinx_docs import Docs

from sphinx_paperbanana.registry import BY_DOCUMENT, DATA_VERSION, registry_of

SHAPE = {
    "pbfigure.figure.block.Appearance": "width float | None, room float,"
    " unit Literal['px', 'pt'], scale float, language str",
    "pbfigure.figure.block.FigureBlock": "document str, place Place, prompt str,"
    " content Content | None, options Mapping[str, str], name str | None,"
    " shown Mapping[str, str], problems tuple[str, ...], appearance Appearance, number str,"
    " pages tuple[str, ...], language str",
    "pbfigure.figure.surrounding_text.WrittenText": "source str",
    "pbfigure.figure.notice.Place": "file str, line int",
    "sphinx_paperbanana.figure_list.figure_list": "",
    "sphinx_paperbanana.figures.RegisteredFigure": "block FigureBlock, text TakenText | None,"
    " label str | None, conditions tuple[Condition, ...], anchor str, alt str | None,"
    " translate bool | None, translation Translation | None",
    "sphinx_paperbanana.text.conditional.Conditional": "conditions tuple[Condition, ...],"
    " pieces tuple[Piece, ...]",
    "sphinx_paperbanana.text.conditional.Reference": "target str, docname str | None, any bool,"
    " name str",
    "sphinx_paperbanana.text.conditional.TakenText": "paragraphs tuple[Paragraph, ...],"
    " position int",
    "sphinx_paperbanana.text.translating.FigureWords": "",
    "sphinx_paperbanana.text.translating.Translation": "prompt str, body tuple[str, ...],"
    " text TakenText | None",
    "sphinx_paperbanana.visibility.Condition": "directive str, expression str",
    "sphinx_paperbanana.registry.FigureRegistry": "pickled, open, labels_wanted, toctrees, labels,"
    " titles, translated_labels, translated_titles",
}
"""Of version 11. Whoever changes it counts ``DATA_VERSION`` up, and the number here too."""
PAGE = """\
.. _start:

Title
=====

.. only:: html

   Words of :ref:`other`.

.. paperbanana:: A pump

.. paperbanana:: A map
   :context: label:start
   :alt: In words

.. paperbanana:: A valve
   :context: body

   Its body.

.. only:: html

   .. toctree::

      other

.. paperbanana-list::
"""


class Noting(pickle.Unpickler):
    """Notes the classes of this project that it meets."""

    def __init__(self, data: bytes, met: set[type]) -> None:
        super().__init__(io.BytesIO(data))
        self._met = met

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        if module.partition(".")[0] in ("pbfigure", "sphinx_paperbanana"):
            self._met.add(found)
        return found


def shape(kind: type) -> str:
    """Return the fields of a named tuple with their types; nothing of a node."""
    fields: tuple[str, ...] = getattr(kind, "_fields", ())
    return ", ".join(f"{name} {kind.__annotations__[name].__forward_arg__}" for name in fields)


def test_what_is_pickled_has_the_shape_of_its_version(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("locale_dirs = ['locale']")
    docs.write("locale/en/LC_MESSAGES/index.po", 'msgid "A pump"\nmsgstr "A big pump"\n')
    docs.write("index.rst", PAGE)
    docs.write("other.rst", ".. _other:\n\nOther\n=====\n")
    build = docs.build()
    registry = registry_of(build.app.env)
    pickled = [pickle.dumps(registry), *registry.pickled.values()]
    pickled += [path.read_bytes() for path in build.doctrees.glob("*.doctree")]
    met: set[type] = set()
    for each in pickled:
        Noting(each, met).load()
    found = {f"{kind.__module__}.{kind.__name__}": shape(kind) for kind in met}
    found["sphinx_paperbanana.registry.FigureRegistry"] = ", ".join(BY_DOCUMENT)
    assert (DATA_VERSION, found) == (11, SHAPE)
