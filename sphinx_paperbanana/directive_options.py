"""What the directive takes, and how the values of its options are read.

Whatever is wrong with one makes the figure wrong, instead of being lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives
from sphinx.directives.patches import Figure
from sphinx.util.docutils import SphinxDirective

from pbfigure.figure.options import INPUTS, OPTIONS

if TYPE_CHECKING:
    from sphinx.util.typing import OptionSpec


def _flag_or_value(argument: str | None) -> str:
    return argument or "true"


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
            except (ValueError, TypeError) as error:
                return BadValue(f"{(argument or '').strip()[:80]!r} cannot be read ({error})")

        return read_or_explain


OPTION_SPEC: OptionSpec = _OptionSpec(
    {
        **(Figure.option_spec or {}),
        **dict.fromkeys((*OPTIONS, *INPUTS), directives.unchanged),
        "google-search": _flag_or_value,
        "prompt-file": directives.unchanged_required,
        "image-input-file": directives.unchanged_required,
        "context": directives.unchanged_required,
        "translate": _flag_or_value,
    }
)


class FigureBlockDirective(SphinxDirective):
    """What a figure's block takes."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[OptionSpec] = OPTION_SPEC
