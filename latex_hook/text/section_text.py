"""The text of a section for its figures: hashed as source, converted once when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from latex_hook.sources.definitions import Macro
from latex_hook.text.extract import Extract, figure_mark, without_figures
from pbfigure.figure.surrounding_text import AutomaticText

CONVERTED = 250_000
"""Characters of source on each side of a figure that are converted: far more than can be sent."""


class SectionProse:
    """A section's source and its conversion, which all its figures have in common."""

    def __init__(self, extract: Callable[[], Extract], macros: Mapping[str, Macro]) -> None:
        self._take = extract
        self._macros = macros

    @cached_property
    def extract(self) -> Extract:
        """What the text is converted from."""
        return self._take()

    def around(self, at: int) -> AutomaticText:
        """Return the text for the figure at ``at``, if that is marked in the extract."""
        is_long = len(self.extract.text) > 2 * CONVERTED
        paragraphs, positions = self._convert(_near(self.extract, at)) if is_long else self._whole
        return AutomaticText(paragraphs, positions.get(at, 0))

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The whole stretch as text."""
        return self._whole[0]

    @cached_property
    def _whole(self) -> tuple[tuple[str, ...], dict[int, int]]:
        return self._convert(self.extract)

    def _convert(self, extract: Extract) -> tuple[tuple[str, ...], dict[int, int]]:
        """Return the paragraphs, and before which of them each figure stands."""
        # slow to import, and not needed where nothing is sent
        from latex_hook.text.latex_to_prose import readable_paragraphs

        paragraphs: list[str] = []
        positions: dict[int, int] = {}
        for paragraph in readable_paragraphs(extract, self._macros):
            text, figures, text_before = without_figures(paragraph)
            for figure in figures:
                positions[figure] = len(paragraphs) + text_before
            if text:
                paragraphs.append(text)
        last = len(paragraphs)
        return tuple(paragraphs), {at: min(place, last) for at, place in positions.items()}


class SectionText:
    """The text for one figure, taken from its section."""

    def __init__(self, source: str, prose: SectionProse, at: int) -> None:
        self.source = source
        """The comment-stripped, white-space-normalised source of the section."""
        self._prose = prose
        self._at = at

    @property
    def automatic(self) -> bool:
        """Always: the tool took it from the document."""
        return True

    @property
    def extract(self) -> Extract:
        """What it is converted from."""
        return self._prose.extract

    @property
    def is_cut(self) -> bool:
        """Whether :meth:`text` leaves something out."""
        return self._prose.around(self._at).is_cut or len(self.extract.text) > 2 * CONVERTED

    def text(self) -> str:
        """The text as a reader would read it, cut to what the service takes, nearest kept."""
        return self._prose.around(self._at).text()


def _near(extract: Extract, at: int) -> Extract:
    """Return what is near a figure, or the beginning if the figure is not marked."""
    text = extract.text
    place = max(0, text.find(figure_mark(at)))
    start, end = max(0, place - CONVERTED), place + CONVERTED
    if start:
        start = max(start, text.find("\n\n", start, place - CONVERTED // 2))
    if end < len(text):
        end = max(end - CONVERTED // 2, text.rfind("\n\n", place, end))
    return extract._replace(text=text[start:end])
