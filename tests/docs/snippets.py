"""The pages of the documentation as tests read them: every fenced block, and words to the tests.

A block with a ``:caption:`` is a file of that name. Two comments speak to the tests:
``<!-- not run: REASON -->`` before a block that cannot be run, or is of a language of which nothing
is known here; ``<!-- first: COMMANDS -->`` for what readers do not need to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

ROOT = Path(__file__).parents[2]
LANGUAGES = {"rst": "reStructuredText", "md": "MyST"}
"""The two languages of Sphinx, and how their tabs are called."""
_MARKDOWN = MarkdownIt("commonmark").use(colon_fence_plugin).use(front_matter_plugin)
_OPTION = re.compile(r":([\w-]+):[ \t]*(.*)\n?")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page, or a comment with commands."""

    page: Path
    line: int
    language: str
    text: str
    file: str | None = None
    tab: str | None = None
    heading: int = 0
    """The line of the heading it stands under."""
    not_run: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page of the documentation, and the README."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """Return the blocks of a page in their order."""
    return tuple(_Reader(page).blocks(page.read_text("utf-8")))


class _Reader:
    def __init__(self, page: Path) -> None:
        self._page = page
        self._heading = 0

    def blocks(self, text: str, above: int = 0, tab: str | None = None) -> Iterator[Block]:
        not_run = None
        for token in _MARKDOWN.parse(text):
            line = above + (token.map[0] if token.map else 0) + 1
            if token.type == "heading_open":
                self._heading = line
            elif token.type == "html_block":
                comment = re.fullmatch(r"<!--\s*([a-z ]+):(.*?)-->", token.content.strip(), re.S)
                if comment and comment[1] == "first":
                    commands = comment[2].strip() + "\n"
                    yield Block(self._page, line, "first", commands, None, tab, self._heading)
                elif comment and comment[1] == "not run":
                    not_run = " ".join(comment[2].split())
            elif token.type == "colon_fence" and token.info.startswith("{"):
                name = re.match(r"\{tab-item\}\s*(.*)", token.info)
                yield from self.blocks(token.content, line, name[1].strip() if name else tab)
            elif token.type == "fence":
                yield self._block(token.info.strip(), token.content, line, tab, not_run)
                not_run = None

    def _block(
        self, info: str, text: str, line: int, tab: str | None, not_run: str | None
    ) -> Block:
        file = None
        if code := re.match(r"\{code-block\}\s*(\S*)", info):
            info = code[1]
            while option := _OPTION.match(text):
                text = text[option.end() :]
                line += 1
                file = option[2].strip() if option[1] == "caption" else file
            text = text.removeprefix("\n")
        language = info.split()[0] if info else "text"
        return Block(self._page, line, language, text, file, tab, self._heading, not_run)
