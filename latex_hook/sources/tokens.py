"""How TeX reads a piece of source: as tokens, written out again as a string.

``paperbanana.sty`` names a figure by the MD5 of what TeX sees of a call. The static scan foretells
that name, so that pictures are there before the first pass. Where it errs (a redefined character,
say) nothing breaks: the request file has the truth, at the cost of one more pass.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

_TOKEN = re.compile(
    r"""
      %[^\n]*(?:\n[ \t]*|\Z)(?P<after_comment>(?:\n[ \t]*)*)
    | (?P<word>\\[a-zA-Z]+)(?:[ \t]*\n[ \t]*(?P<after_word>(?:\n[ \t]*)*)|[ \t]*)
    | (?P<space>\\[ \t])(?:[ \t]*\n[ \t]*(?P<after_space>(?:\n[ \t]*)*)|[ \t]*)
    | (?P<symbol>\\[^a-zA-Z])
    | (?P<newline>[ \t]*\n[ \t]*)(?P<blank>(?:\n[ \t]*)*)
    | (?P<white>[ \t]+)
    | \#
    """,
    re.VERBOSE | re.DOTALL,
)


_LAST_WORD = re.compile(r"(?<!\\)(?:\\\\)*\\[a-zA-Z]*\Z")


def as_tex_reads(source: str) -> str:
    """Return ``source`` as ``\\detokenize`` would write it: comments gone, white space folded.

    A blank line becomes ``\\par``, a control word is followed by one space, ``#`` is doubled.
    """
    text = _TOKEN.sub(_written, source).strip(" ")
    return f"{text} " if _LAST_WORD.search(text) else text


def _written(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "after_comment":
        return _paragraphs(match["after_comment"])
    if kind in ("word", "after_word"):
        return f"{match['word']} " + _paragraphs(match["after_word"])
    if kind in ("space", "after_space"):
        return "\\ " + _paragraphs(match["after_space"])
    if kind == "symbol":
        return match["symbol"]
    if kind == "blank":
        return " " + _paragraphs(match["blank"])
    return " " if kind == "white" else "##"


def _paragraphs(blank_lines: str | None) -> str:
    return "\\par " * (blank_lines or "").count("\n")


def as_written(string: str) -> str:
    """Return the source that TeX would read as ``string``: what TeX doubled, halved again."""
    return string.replace("##", "#").replace("\\par ", "\n\n")


def split_keys(text: str) -> list[tuple[str, str | None]]:
    """Return the ``key = value`` pairs of a TeX option list; a key without a value has None.

    Commas and equals signs in braces do not count; a value loses one pair of braces around it.
    ``text`` is what :func:`as_tex_reads` returned.
    """
    pairs: list[tuple[str, str | None]] = []
    for item in _split(text, ","):
        key, *value = _split(item, "=", 1)
        if key.strip():
            pairs.append((key.strip(" "), _unbraced(value[0]) if value else None))
    return pairs


def split_items(text: str) -> list[str]:
    """Return the items of a TeX option list; commas in braces do not count."""
    return _split(text, ",")


def _split(text: str, mark: str, most: int = -1) -> list[str]:
    parts: list[str] = []
    depth = start = 0
    for match in re.finditer(rf"\\.|[{{}}{mark}]", text):
        found = match[0]
        if found == "{":
            depth += 1
        elif found == "}":
            depth -= 1
        elif found == mark and depth == 0 and len(parts) != most:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _unbraced(value: str) -> str:
    value = value.strip(" ")
    if value.startswith("{") and group_end(value, 0) == len(value):
        return value[1:-1]
    return value


_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACE_OR_COMMENT = re.compile(r"%[^\n]*|\\.|[{}]", re.DOTALL)


def group_end(text: str, start: int, *, comments: bool = False) -> int | None:
    """Return the offset behind the group whose ``{`` stands at ``start``; None if never closed.

    With ``comments``, ``text`` is a source, in which TeX sees no brace behind a ``%``.
    """
    depth = 0
    for match in (_BRACE_OR_COMMENT if comments else _BRACE).finditer(text, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return None


_BRACKET = re.compile(r"\\.|[{}\[\]]", re.DOTALL)
_BRACKET_OR_COMMENT = re.compile(r"%[^\n]*|\\.|[{}\[\]]", re.DOTALL)


def option_end(text: str, start: int, *, comments: bool = False) -> int | None:
    """Return the offset behind the optional argument whose ``[`` stands at ``start``.

    With ``comments`` as for :func:`group_end`.
    """
    depth = brackets = 0
    for match in (_BRACKET_OR_COMMENT if comments else _BRACKET).finditer(text, start):
        found = match[0]
        if found == "{":
            depth += 1
        elif found == "}":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0 and found == "[":
            brackets += 1
        elif depth == 0 and found == "]":
            brackets -= 1
            if brackets == 0:
                return match.end()
    return None


IDENTITY_KEYS = (
    "type",
    "model",
    "task-name",
    "resolution",
    "aspect-ratio",
    "output-format",
    "image-input",
    "image-input-file",
    "google-search",
    "prompt-file",
    "variant",
    "context",
    "pin",
)
"""The keys that enter a figure's MD5, in the order of ``paperbanana.sty``."""

FILE_KEYS = ("prompt-file", "image-input-file")


def identity(values: Mapping[str, str], prompt: str, file_digests: Mapping[str, str]) -> str:
    """Return the string whose MD5 is a call's name to TeX.

    ``values`` and ``prompt`` are strings as TeX reads them; ``file_digests`` has, for each file
    named, the MD5 of its bytes in upper case (an empty string where there is no such file).
    """
    parts = []
    for key in IDENTITY_KEYS:
        if key in values:
            value = values[key]
            digest = "@" + file_digests.get(value, "") if key in FILE_KEYS else ""
            parts.append(f"{key}={value}{digest}|")
    return "".join(parts) + "|" + prompt


def names_of(identity_string: str, encoding: str = "utf-8") -> tuple[str, ...]:
    """Return the MD5 of a call, and beside it the one that XeTeX computes where that differs.

    XeTeX takes 0x10000 off characters beyond the Basic Multilingual Plane before it hashes.
    """
    names = [_md5(identity_string, encoding)]
    if any(ord(character) > 0xFFFF for character in identity_string):
        shifted = "".join(chr(ord(c) - 0x10000) if ord(c) > 0xFFFF else c for c in identity_string)
        names.append(_md5(shifted, encoding))
    return tuple(names)


def _md5(text: str, encoding: str) -> str:
    data = text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    return hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
