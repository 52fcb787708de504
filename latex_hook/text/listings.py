r"""Verbatim text as a reader sees it: code without its options, captions before it."""

from __future__ import annotations

import re
from collections.abc import Callable

from latex_hook.text.extract import Verbatim

_OPTIONS = re.compile(r"\s*\[((?:[^\[\]{}]|\{(?:[^{}]|\{[^{}]*\})*\}|\[[^\[\]]*\])*)\]")
_ARGUMENT = re.compile(r"[ \t]*\{([^{}\n]*)\}")
_CAPTION = re.compile(r"(?<![a-z])(?:caption|title)\s*=\s*(\{(?:[^{}]|\{[^{}]*\})*\}|[^,]*)")


def shown(piece: Verbatim, read: Callable[[str], str]) -> str:
    """Return what a reader sees of a piece; ``read`` makes text of source."""
    source, name = piece.source, piece.name.rstrip("*")
    if "\n" not in source:
        pair = len(source) > 1 and (
            source[0] == source[-1] or (source[0], source[-1]) == ("{", "}")
        )
        return source[1:-1] if pair else source
    if name == "alltt":
        lines = source.strip("\n").rstrip().split("\n")
        return "\n".join(line[: len(line) - len(line.lstrip())] + read(line) for line in lines)
    caption = ""
    if name not in ("verbatim", "") and (options := _OPTIONS.match(source)):
        source = source[options.end() :]
        if found := _CAPTION.search(options[1]):
            caption = f"Listing: {read(found[1].strip().strip('{}'))}\n"
    if name not in ("verbatim", "") and (argument := _ARGUMENT.match(source)):
        source = source[argument.end() :]
    return caption + source.strip("\n").rstrip()
