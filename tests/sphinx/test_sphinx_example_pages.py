"""The example's pages as files: whole offline, with their formulas and the table of pictures."""

from __future__ import annotations

import re

from example import copy_docs
from sphinx_docs import Docs

ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)=["']?(?:https?:)?//[^>]*>"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
)
"""What a page or a style sheet loads from another site by itself."""
FORMULAS = {"chemistry": 3, "pumps": 3, "surface": 7}


def test_the_example_loads_nothing_from_another_site_and_shows_formulas_and_a_table_of_pictures(
    docs: Docs,
) -> None:
    copy_docs(docs.src)
    page = docs.build(overrides={"paperbanana_mode": "offline"})
    files = [file for kind in ("html", "css") for file in page.outdir.rglob(f"*.{kind}")]
    found = {file.name: ELSEWHERE.findall(file.read_text("utf-8")) for file in files}
    assert {name: loads for name, loads in found.items() if loads} == {}
    pages = {file.stem: file.read_text("utf-8") for file in files if file.suffix == ".html"}
    assert {name: text.count("<math ") for name, text in pages.items() if "<math " in text} == (
        FORMULAS
    )
    assert "<merror" not in "".join(pages.values())
    assert pages["pictures"].count("<tr") == 1 + 17
