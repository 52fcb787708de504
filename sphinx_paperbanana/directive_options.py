"""What the directive takes, and how the values of its options are read.

A wrong value makes the figure invalid, and is never dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from docutils.parsers.rst import directives
from sphinx.directives.patches import Figure

from pbfigure.figure.options import INPUTS, OPTIONS

if TYPE_CHECKING:
    from sphinx.util.typing import OptionSpec


def _flag_or_value(argument: str | None) -> str:
    return argument or "true"


def _context(argument: str) -> str:
    kind, colon, label = " ".join(directives.unchanged_required(argument).split()).partition(":")
    context = kind.lower() + colon + label
    if not re.fullmatch(r"section|document|none|body|label:\s*\S.*", context):
        raise ValueError("it is not one of section, document, none, label:NAME, body")
    return context


def _translate(argument: str) -> str:
    return directives.choice(argument or "true", ("true", "false"))


def _not_zero(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader of sizes that refuses those that hide a picture."""

    def read_size(argument: str) -> Any:  # noqa: ANN401
        size = read(argument)
        if re.fullmatch(r"[0.]+\D*", str(size)):
            raise ValueError("nothing of the picture would be seen")
        return size

    return read_size


class BadValue(str):
    """What is wrong with an option's value."""


class _OptionSpec(dict[str, Any]):
    """Takes every option with every value, so that a wrong one makes the figure wrong.

    MyST drops an option that it does not know or cannot read, and the figure would be bought
    without it.
    """

    def __init__(self, readers: dict[str, Callable[[str], Any]]) -> None:
        super().__init__({name: self._forgiving(read) for name, read in readers.items()})

    def __missing__(self, name: str) -> Any:  # noqa: ANN401
        return directives.unchanged

    @staticmethod
    def _forgiving(read: Callable[[str], Any]) -> Callable[[str], Any]:
        def read_or_explain(argument: str) -> Any:  # noqa: ANN401
            try:
                return read(argument)
            except (ValueError, TypeError, AttributeError) as error:
                # some readers of docutils take every value for text, and an empty one is None
                why = error if argument else "it is empty"
                return BadValue(f"{(argument or '').strip()[:80]!r} cannot be read ({why})")

        return read_or_explain


_SIZES = ("width", "height", "scale", "figwidth")
OPTION_SPEC: OptionSpec = _OptionSpec(
    {
        **(Figure.option_spec or {}),
        **{name: _not_zero((Figure.option_spec or {})[name]) for name in _SIZES},
        **dict.fromkeys((*OPTIONS, *INPUTS), directives.unchanged),
        "google-search": _flag_or_value,
        "prompt-file": directives.unchanged_required,
        "image-input-file": directives.unchanged_required,
        "context": _context,
        "translate": _translate,
    }
)
