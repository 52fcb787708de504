"""Limits of what comes from elsewhere: pictures and ids of the service, texts of a repository.

They are ours, not the API's. Anyone may have written a repository's text: what is beyond the limits
of size, nesting and length of numbers is refused before anything parses, measures or wraps it.
Nothing that a person writes comes near them. All checks are linear.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeGuard

SIZE_LIMIT = 64_000_000
"""Bytes of one picture: a PNG at 4K has about 20 MB."""
PIXEL_LIMIT = 100_000_000
"""Pixels of one picture: six times a square of 4K."""
PICTURES_LIMIT = 16
"""Most stored pictures of one task: the reference's examples show one."""
TASK_ID = re.compile(r"[\x21-\x7e]{1,200}")
"""The form of a task id: the reference shows UUIDs but promises no form."""
CREDITS_LIMIT = 1e9
"""A larger number is not a plausible number of credits."""

TOML_LIMIT = 64_000
"""Bytes of ``paperbanana.toml``."""
TEXT_LIMIT = 64_000
"""Bytes of a prompt file or list of images: the longest prompt, at six bytes a character."""
NAME_LIMIT = 1_000
"""Characters of a path or an address in a setting."""
DEPTH_LIMIT = 16
"""Brackets within brackets, and the parts of a dotted key."""
NUMBER_LIMIT = 30
"""Characters of a number."""


class OutOfBounds(ValueError):
    """A text that is not read; ``str`` says which limit it breaks."""


def is_cost(value: object) -> TypeGuard[float]:
    """Whether a value is a plausible number of credits that something cost."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < CREDITS_LIMIT


# patterns, not compiled: most builds read nothing that needs them, and re keeps what it compiled
_STRINGS = (
    r'(?s)"""(?:[^"\\]++|\\.|"(?!""))*+(?:""")?' + r"|'''(?:[^']++|'(?!''))*+(?:''')?"
    r'|"(?:[^"\\\n]++|\\.)*+"?' + r"|'[^'\n]*+'?|\#[^\n]*+"  # what is left open goes to its end
)
"""Strings and comments of TOML; JSON's strings are among them."""
_LONG_KEY = rf"(?:\A|[=,\n\[{{])(?:[^=,\n\[{{.]*+\.){{{DEPTH_LIMIT + 1}}}"
_LONG_NUMBER = rf"[0-9][0-9A-Za-z_]{{{NUMBER_LIMIT},}}"


def _checked(data: bytes, limit: int) -> str:
    """Return a text in UTF-8. Raises :exc:`OutOfBounds`, and ``UnicodeDecodeError``."""
    if len(data) > limit:
        raise OutOfBounds(f"it has {len(data):,} bytes, over the limit of {limit:,}")
    text = data.decode()
    _check_shape(text)
    return text


def parsed_json(data: bytes, limit: int) -> Any:  # noqa: ANN401
    """Return what a JSON text says. Raises :exc:`OutOfBounds`, and ``ValueError``."""
    import json

    return json.loads(_checked(data, limit))


def parsed_toml(data: bytes) -> dict[str, Any]:
    """Return what a TOML text says, also behind the byte order mark that editors on Windows write.

    Raises :exc:`OutOfBounds`, and ``ValueError``.
    """
    import tomllib  # only if there is such a file

    return tomllib.loads(_checked(data, TOML_LIMIT).removeprefix("\ufeff"))


_MARKS = r"[^\w\x00-\u02ff]{31,}"
"""Where more than 30 combining marks may stand in a row."""


def composed(text: str) -> str:
    """Return a text in NFC. No more than 30 marks in a row: their order takes quadratic time.

    What separates them is that of the Stream-Safe Text Format (Unicode Standard Annex 15).
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", re.sub(_MARKS, _stream_safe, text))


def _stream_safe(match: re.Match[str]) -> str:
    parts, marks = [], 0
    for character in match[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > 30:
            parts.append("\N{COMBINING GRAPHEME JOINER}")
            marks = 1
        parts.append(character)
    return "".join(parts)


def _check_shape(text: str) -> None:
    """Raise :exc:`OutOfBounds` if brackets, dotted keys or numbers are beyond the limits."""
    bare = re.sub(_STRINGS, "", text)
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", bare):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEPTH_LIMIT or re.search(_LONG_KEY, bare):
        raise OutOfBounds(f"it nests deeper than {DEPTH_LIMIT}")
    if re.search(_LONG_NUMBER, bare):
        raise OutOfBounds(f"it has a number of more than {NUMBER_LIMIT} characters")
