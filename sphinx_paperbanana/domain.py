"""The registry: which figures were written where, as Sphinx keeps it from build to build."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.domains import Domain

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.content import AutomaticText

if TYPE_CHECKING:
    from sphinx.util.tags import Tags

DATA_VERSION = 1
"""Of what is pickled: counts up with every change to its shape."""


@dataclass(frozen=True, slots=True)
class Written:
    """A figure as it was read."""

    block: FigureBlock
    label: str | None
    """The label whose section's text it is drawn from, where that is asked: looked up once all
    documents are read."""
    only: tuple[str, ...]
    """The expressions of the ``only`` directives around it."""
    alt: str | None
    """Alternative text, where the author gave some."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a build shows for a figure."""

    path: Path | None
    """None where this builder shows no images."""
    alt: str
    """For want of one by the author and of a caption."""


class PaperbananaDomain(Domain):
    """Figures by document, and the text of the labelled sections that they ask for."""

    name = "paperbanana"
    label = "PaperBanana"
    data_version = DATA_VERSION
    initial_data = {"figures": {}, "labels": {}}  # noqa: RUF012 - Sphinx copies it

    def __init__(self, env: Any) -> None:  # noqa: ANN401
        super().__init__(env)
        self.shown: dict[str, Shown] = {}
        """What this build shows, by figure's mark. Of this build only, never pickled."""

    @property
    def figures(self) -> dict[str, list[Written]]:
        """The figures of each document, in reading order."""
        figures: dict[str, list[Written]] = self.data["figures"]
        return figures

    @property
    def labels(self) -> dict[str, dict[str, AutomaticText]]:
        """By document, the text of labelled sections that some figure asks for."""
        labels: dict[str, dict[str, AutomaticText]] = self.data["labels"]
        return labels

    def note(self, docname: str, written: Written) -> str:
        """Register a figure; return the mark that its image node carries."""
        of_document = self.figures.setdefault(docname, [])
        of_document.append(written)
        return mark_of(docname, len(of_document) - 1)

    def wanted_labels(self) -> set[str]:
        """The labels that figures ask for, as far as is known yet."""
        return {w.label for written in self.figures.values() for w in written if w.label}

    def label_text(self, label: str) -> AutomaticText | None:
        """Return the text of a labelled section, should it be known yet."""
        return next((texts[label] for texts in self.labels.values() if label in texts), None)

    def in_build(self, tags: Tags) -> Iterator[tuple[str, Written]]:
        """Yield the mark and the figure of every one that a build with these tags shows."""
        for docname in sorted(self.figures):
            for number, written in enumerate(self.figures[docname]):
                if all(_holds(tags, expression) for expression in written.only):
                    yield mark_of(docname, number), self._completed(written)

    def clear_doc(self, docname: str) -> None:
        """Forget a document that is about to be read again."""
        self.figures.pop(docname, None)
        self.labels.pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process read."""
        for kind in ("figures", "labels"):
            for docname in docnames:
                if docname in otherdata[kind]:
                    self.data[kind][docname] = otherdata[kind][docname]

    def _completed(self, written: Written) -> Written:
        if written.label is None:
            return written
        return replace(
            written, block=replace(written.block, content=self.label_text(written.label))
        )


def mark_of(docname: str, number: int) -> str:
    """Return what tells a figure apart within the build: its document and its number there."""
    return f"{docname}#{number}"


def _holds(tags: Tags, expression: str) -> bool:
    try:
        return tags.eval_condition(expression)
    except Exception:  # noqa: BLE001 - Sphinx itself warns of it, and shows what is within
        return True
