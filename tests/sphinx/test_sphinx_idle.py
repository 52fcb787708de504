"""The extension is enabled and nothing is drawn: a project builds exactly as it did without it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sphinx_docs import Docs

CONF = (
    "extensions = ['myst_parser']\nproject = 'Test'\nhtml_theme = 'basic'\n"
    "html_copy_source = False\nnitpicky = True\nnumfig = True\n"
)
OTHER = "# Other\n\n(spot)=\n## A spot\n\nText.\n\n```{py:function} drive()\n```\n"
MYST = (
    "# Start\n\n[](spot) [](other.md) [](drive) [](#a-spot) <project:#spot> {any}`spot`"
    " {ref}`spot` {doc}`other` {py:func}`drive`\n\n```{toctree}\nother\nrest\n```\n\n## A spot\n"
)
REST = (
    "Rest\n====\n\n:any:`spot` :ref:`spot` :doc:`other` :py:func:`drive` :any:`drive`"
    " `other <other.html>`_\n"
)


def _output(folder: Path) -> dict[str, bytes]:
    """Every page and index; Sphinx's search index also lists the version of each extension."""
    return {
        str(path.relative_to(folder)): re.sub(
            rb',?"sphinx_paperbanana":\d+', b"", path.read_bytes()
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".html", ".inv", ".tex", ".txt", ".js")
    }


@pytest.mark.parametrize("builder", ["html", "latex", "text"])
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
        built = docs.build(builder, strict=True)
        assert built.lines == []
        assert built.statuscode == 0
        outputs.append(_output(built.outdir))
    assert outputs[0]
    assert outputs[0] == outputs[1]
