"""What one Sphinx build of the tests need not do again that another has done: compile a template,
and read what is installed. Nor does it note each setting, role and kind of node.

Nor does one sandbox draw a card again that another has drawn.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import sphinx.theming
from jinja2 import Environment
from sphinx.util.logging import SphinxLoggerAdapter

from pbfigure.store.files import write_whole

SYNTAX = ("block_start_string", "variable_start_string", "trim_blocks", "lstrip_blocks")
_compile: Any = Environment.compile
_entry_points = cache(sphinx.theming.entry_points)  # type: ignore[attr-defined]


def begin(set_attribute: Any = setattr, shared: Path | None = None) -> None:
    """Begin with that; compiled templates are shared with the processes that are given the same
    folder.
    """
    set_attribute(SphinxLoggerAdapter, "debug", lambda *_, **__: None)
    set_attribute(sphinx.theming, "entry_points", _entry_points)
    _entry_points(group="sphinx.html_themes")
    set_attribute(Environment, "compile", lambda *arguments: _compiled(shared, *arguments))


def draw_once(shared: Path) -> None:
    """Begin with that in a sandbox; cards are shared with those that are given the same folder."""
    from pbfigure.sandbox import drawing

    draw = drawing.draw

    def drawn(*request: Any) -> bytes:
        key = json.dumps((request, drawing.LONG_SIDES), sort_keys=True)
        path = shared / hashlib.sha256(key.encode()).hexdigest()
        if not path.exists():
            write_whole(path, draw(*request))
        return path.read_bytes()

    drawing.draw = drawn  # type: ignore[assignment]


_known: dict[tuple[Any, ...], CodeType] = {}


def _compiled(
    shared: Path | None, env: Environment, source: str, name: Any = None, filename: Any = None
) -> CodeType:
    syntax = tuple(getattr(env, option) for option in SYNTAX)
    key = (type(env).__name__, *sorted(env.extensions), syntax, source, name, str(filename))
    if key in _known:
        return _known[key]
    path = shared and shared / hashlib.sha256(repr(key).encode()).hexdigest()
    if path and path.exists():
        code: CodeType = marshal.loads(path.read_bytes())
    else:
        code = _compile(env, source, name, filename)
        if path:
            write_whole(path, marshal.dumps(code))
    _known[key] = code
    return code
