"""The messages that the troubleshooting page quotes are messages of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from docs_site import MESSAGE_TYPES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
QUOTED = [" ".join(block.split()) for block in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)]
TYPE = r" \[paperbanana\.(?:\w+)\]"
SHORTEST = 6
"""Characters of a piece that tells something."""


@cache
def _trees() -> list[ast.Module]:
    files = [
        path
        for package in ("pbfigure", "sphinx_paperbanana", "latex_hook")
        for path in (ROOT / package).rglob("*.py")
        if "sandbox" not in path.parts
    ]
    return [ast.parse(path.read_text("utf-8")) for path in files]


@cache
def _constants() -> dict[str, str]:
    found: dict[str, str] = {}
    for tree in _trees():
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                found |= {t.id: str(node.value.value) for t in node.targets if hasattr(t, "id")}
    return found


def _written(node: ast.AST) -> str:
    """Return a string as the code writes it, with ``…`` for what differs."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else "…"
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_written, node.values))
    if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
        return _constants().get(node.value.id, "…")
    return "…"


@cache
def _messages() -> str:
    def strings() -> Iterator[str]:
        for tree in _trees():
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr | ast.Constant):
                    written = " ".join(_written(node).split())
                    yield from (written, written.replace("…", ""))

    return "\n".join(strings())


def test_every_quoted_message_is_one_that_the_code_prints() -> None:
    assert QUOTED
    for message in QUOTED:
        pieces = [piece.strip(" .;,/()") for piece in re.split(rf"…|: |{TYPE}", message)]
        pieces = [piece for piece in pieces if len(piece) >= SHORTEST]
        assert pieces, message
        assert [piece for piece in pieces if piece not in _messages()] == [], message


def test_every_type_of_warning_is_quoted() -> None:
    quoted = {name for message in QUOTED for name in re.findall(r"\[paperbanana\.(\w+)\]", message)}
    assert quoted == set(MESSAGE_TYPES["Warnings"])
