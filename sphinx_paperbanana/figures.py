"""A figure: as its directive asks for it, as it was read, and as a build shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pbfigure.figure.block import FigureBlock
    from sphinx_paperbanana.text.conditional import TakenText
    from sphinx_paperbanana.text.translating import Translation
    from sphinx_paperbanana.visibility import Condition


class PendingFigure:
    """What a figure's image carries, as ``paperbanana-pending``, from the directive to the
    transform that takes its text.
    """

    def __init__(
        self, block: FigureBlock, context: str, alt: str | None, translate: bool | None = None
    ) -> None:
        self.block = block
        self.context = context
        self.alt = alt
        self.translate = translate
        self.fills_in = False
        """Whether names of substitutions in it are still to be replaced by their words."""
        self.mark = ""
        """The figure's mark, once its text is taken."""


class RegisteredFigure(NamedTuple):
    """A figure as it was read."""

    block: FigureBlock
    text: TakenText | None
    """The text around it, unless it is drawn from its own body or from a labelled section."""
    label: str | None
    """The label whose section's text it is drawn from, where that is asked: looked up once all
    documents are read."""
    conditions: tuple[Condition, ...]
    """Those that it stands under."""
    anchor: str
    """The id of its node, by which it can be linked to."""
    alt: str | None
    """The author's own alternative text, before translation; None if there is none."""
    translate: bool | None = None
    """Whether another language has a picture of its own; None: as the setting says."""
    translation: Translation | None = None
    """In the language of this build; None where its prompt is not translated."""

    @property
    def spoken_prompt(self) -> str:
        """The prompt, as readers hear it where there is no alternative text."""
        return self.block.prompt if self.translation is None else self.translation.prompt


class Facts(NamedTuple):
    """What the table of figures says about a picture."""

    identity: str
    """Equal for two figures that show, or will show, the same picture."""
    prompt: str
    """That the shown picture is drawn from, on one line; a figure may show an earlier prompt's."""
    model: str
    """Or the type of request, if that names no model."""
    date: str = ""
    """Empty if the picture is not bought yet."""
    credits: float = 0.0
    draft: bool = False


class Whole(NamedTuple):
    """The picture that a page shows a smaller copy of."""

    path: Path | None
    """None if the copy does not lead to it."""
    size: tuple[int, int]
    """Width and height in pixels."""


class RenderedFigure(NamedTuple):
    """What a build shows for a figure."""

    path: Path | None
    """None if this builder shows no images."""
    alt: str
    """The alternative text of a figure without one of its own."""
    size: tuple[int, int] | None = None
    """Width and height of the image file in pixels."""
    facts: Facts | None = None
    """None if the figure is wrong, or if nothing asks for it."""
    whole: Whole | None = None
    """What ``path`` is a smaller copy of."""

    def files(self) -> list[Path]:
        """Return the image files that a page needs for it."""
        wanted = self.path, self.whole and self.whole.path
        return [path for path in wanted if path is not None]


def image_names(shown: Mapping[str, RenderedFigure]) -> dict[str, list[str]]:
    """Return, by document, the image files that pages need, each with its folder: the same picture
    may have another label there.
    """
    names: dict[str, list[str]] = {}
    for mark, figure in shown.items():
        for path in figure.files():
            names.setdefault(docname_of(mark), []).append("/".join(path.parts[-2:]))
    return names


def mark_of(docname: str, number: int) -> str:
    """Return what tells a figure apart within the build: its document and its number there."""
    return f"{docname}#{number}"


def docname_of(mark: str) -> str:
    """Return the document of a mark."""
    return mark.rpartition("#")[0]
