"""Lead the links of Markdown files, which are written for the repository, to pages of the site.

FORMAT.md and others stand outside ``docs/`` and are included into a page here; a link to them leads
to that page, a link to any other file outside ``docs/`` is its text alone. A link whose text is a
file's name reads as the page's title.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
PAGES = {
    "ARCHITECTURE.md": "explanation/architecture",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "FORMAT.md": "explanation/formats",
    "README.md": "index",
    "benchmarks/RESULTS.md": "explanation/measurements",
}
"""Files outside ``docs/``, and the pages that include them."""

_LINK = re.compile(r"\[([^]\n]*)\]\((?![a-z]+:)([^)#\s]+\.(?:md|json))(#[^)\s]*)?\)")


def rewritten(text: str, folder: Path) -> str:
    """Return Markdown of a file in ``folder`` with its links as the site needs them."""

    def link(match: re.Match[str]) -> str:
        words, target, fragment = match[1], match[2], match[3] or ""
        path = (folder / target).resolve().relative_to(ROOT)
        shown = "" if words.endswith(".md") else words  # Sphinx sets the page's title
        if path.parts[0] == "docs":
            return f"[{shown}](/{path.relative_to('docs').as_posix()}{fragment})"
        page = PAGES.get(path.as_posix())
        return f"[{shown}](/{page}.md{fragment})" if page else words

    return _LINK.sub(link, text)


def _read(app: Sphinx, docname: str, content: list[str]) -> None:
    path = Path(app.env.doc2path(docname))
    if path.suffix == ".md":
        content[0] = rewritten(content[0], path.parent)


def _included(app: Sphinx, path: Path, docname: str, content: list[str]) -> None:
    if path.suffix == ".md":
        content[0] = rewritten(content[0], (Path(app.srcdir) / path).resolve().parent)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to what Sphinx reads."""
    app.connect("source-read", _read)
    app.connect("include-read", _included)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
