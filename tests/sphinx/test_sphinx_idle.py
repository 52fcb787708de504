"""The extension is enabled and nothing is drawn: a project builds exactly as it did without it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sphinx_docs import Docs
from stock import image_bytes

CONF = (
    "extensions = ['myst_parser', 'sphinx.ext.todo', 'sphinx.ext.ifconfig']\n"
    "project = 'Test'\nhtml_theme = 'basic'\n"
    "myst_heading_anchors = 2\nversion = '1'\n"
    "html_copy_source = False\nnitpicky = True\nnumfig = True\n"
    "man_pages = [('index', 'test', 'Test', 'us', 1)]\nsmartquotes = False\n"
    "gettext_additional_targets = ['image']\n"
)
OTHER = "# Other\n\n(spot)=\n## A spot\n\nText.\n\n```{py:function} drive()\n```\n"
MYST = (
    "# Start\n\n[](spot) [](other.md) [](drive) [](#a-spot) <project:#spot> {any}`spot`"
    " {ref}`spot` {doc}`other` {py:func}`drive`\n\n```{toctree}\nother\nrest\n```\n\n## A spot\n"
)
REST = """\
Rest
====

:any:`spot` :ref:`spot` :doc:`other` :py:func:`drive` :any:`drive` `other <other.html>`_
:numref:`Picture %s <shot>` :term:`pump` :option:`run --fast` :envvar:`HOME` :token:`expr`
:eq:`sum` [Ref]_ [#note]_ |name| target_ :download:`shot.png`

.. _target: https://example.org/

.. |name| replace:: a name

.. |icon| image:: shot.png
   :alt: icon

In a line: |icon|.

.. figure:: shot.png
   :name: shot
   :figwidth: image
   :scale: 50%

   A caption

.. image:: shot.png
   :alt:
   :width: 50%

.. glossary::

   pump
      It lifts.

.. program:: run

.. option:: --fast

.. envvar:: HOME

.. productionlist::
   expr: `expr`

.. math:: 1 + 1
   :label: sum

.. only:: html

   .. toctree::

      hidden

.. todo:: Later.

.. [Ref] A source.

.. [#note] A note.
"""


ENDINGS = (".html", ".inv", ".tex", ".texi", ".txt", ".js", ".1", ".pot", ".fjson", ".pseudoxml")


def _output(folder: Path, source: Path) -> dict[str, bytes]:
    """Every page and index. The search index lists extensions."""
    extension = rb',?"sphinx_paperbanana":\d+|"POT-Creation-Date.*'
    return {
        str(path.relative_to(folder)): re.sub(
            extension, b"", path.read_bytes().replace(bytes(source), b"SRC")
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in ENDINGS
    }


@pytest.mark.parametrize(
    "builder",
    ["html", "singlehtml", "latex", "texinfo", "text", "man", "gettext", "json", "pseudoxml"],
)
def test_cross_references_in_every_markup_build_strictly_and_byte_for_byte_as_without_it(
    tmp_path: Path, builder: str
) -> None:
    outputs = []
    for name, extra in (("without", ""), ("with", "extensions.append('sphinx_paperbanana')\n")):
        docs = Docs(tmp_path / name)
        docs.write("conf.py", CONF + extra)
        docs.write("index.md", MYST)
        docs.write("other.md", OTHER)
        docs.write("rest.rst", REST)
        docs.write("hidden.rst", "Hidden\n======\n")
        (docs.src / "shot.png").write_bytes(image_bytes())
        built = docs.build(builder, strict=True)
        assert built.lines == []
        assert built.statuscode == 0
        outputs.append(_output(built.outdir, docs.src))
    assert outputs[0]
    assert outputs[0] == outputs[1]
