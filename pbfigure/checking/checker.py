"""Checks the pictures of a project: reads each once, and judges it by what it was drawn from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from pbfigure.checking.dictionary import dictionary_of
from pbfigure.checking.finding import Finding, Kind
from pbfigure.checking.pixel_rules import looks_of, whole_picture
from pbfigure.checking.readers import Readings, open_reader
from pbfigure.checking.spelling import Sources, Vocabulary
from pbfigure.checking.word_rules import labels_of, unsourced
from pbfigure.figure.block import Appearance
from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.project.project import Project
from pbfigure.project.resolved_figure import ResolvedFigure
from pbfigure.store.errors import BadPicture
from pbfigure.store.files import read_bounded
from pbfigure.store.picture import FORMATS, examine

SHOWN = 3
"""Findings of one kind that one warning names."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings in one picture."""

    findings: Sequence[Finding]
    unsourced: Sequence[str] = ()
    """Words that stand in no source: for the eye."""


@dataclass
class Checker:
    """Checks pictures for one project."""

    project: Project
    reader: str | None = None
    """The reader's name; None: the best that is installed."""
    _readings: dict[str, Readings] = field(default_factory=dict)

    def figure(self, resolved: ResolvedFigure) -> Checked:
        """Check the picture that a figure shows. Raises FigureError, and ``OSError``."""
        if resolved.path is None or resolved.record is None:
            return Checked(())
        block, record = resolved.block, resolved.record
        request = record.request
        sources = Sources(request.prompt, self._text(resolved), block.shown.get("caption", ""))
        ignore = block.options.get("check-ignore", "").replace(",", " ").split()
        return self.picture(
            resolved.path,
            sources,
            block.appearance,
            ignore=ignore,
            asked=request.options,
        )

    def was_read(self, resolved: ResolvedFigure) -> bool:
        """Whether the picture that a figure shows was read before."""
        if resolved.record is None:
            return False
        readings = self._reading(resolved.block.appearance.language)
        return readings.kept(resolved.record.picture.sha256) is not None

    def picture(
        self,
        path: Path,
        sources: Sources | None = None,
        appearance: Appearance | None = None,
        *,
        ignore: Iterable[str] = (),
        asked: dict[str, Any] | None = None,
    ) -> Checked:
        """Check one picture; without ``sources``, only for what needs none.

        Raises :exc:`BadPicture`, FigureError, and ``OSError``.
        """
        known = examine(path)  # within bounds, and of a format that the service has
        data = read_bounded(path, limit=SIZE_LIMIT)
        if hashlib.sha256(data).hexdigest() != known.sha256:
            raise BadPicture("it changed while it was read")
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            image = opened.convert("RGB")
        appearance = appearance or Appearance()
        words = self._reading(appearance.language).of(known.sha256, image)
        settings = self.project.settings
        vocabulary = Vocabulary(
            sources or Sources(),
            dictionary_of(appearance.language),
            (*settings.check_ignore, *ignore),
        )
        asked = asked or {}
        in_print = appearance.unit == "pt"
        findings = [
            *(labels_of(words, sources, vocabulary) if sources is not None else ()),
            *looks_of(
                image,
                words,
                points=appearance.shown_width(image.width) / image.width,
                smallest=(settings.check_min_pt if in_print else settings.check_min_px) or 0,
                unit=appearance.unit,
            ),
            *whole_picture(image, asked.get("aspect_ratio"), asked.get("resolution")),
        ]
        kept = [each for each in findings if not each.word or not vocabulary.is_ignored(each.word)]
        return Checked(kept, unsourced(words, vocabulary) if sources is not None else ())

    def _reading(self, language: str) -> Readings:
        if language not in self._readings:
            self._readings[language] = Readings(
                open_reader(language, self.reader),
                self.project.cache_folder / "readings",
                writes=not self.project.read_only,
            )
        return self._readings[language]

    def _text(self, resolved: ResolvedFigure) -> str:
        """Return the text that a picture was drawn from; where that is not kept, as it is now."""
        sent = self.project.cache.text(resolved.record.key) if resolved.record else None
        if sent is not None:
            return sent
        content = resolved.figure.request.content if resolved.figure is not None else None
        return content.text() if content is not None else ""


def check_figures(project: Project, figures: Iterable[ResolvedFigure]) -> None:
    """Warn of what is wrong with figures' pictures; nothing fails for that."""
    checker = Checker(project)
    for resolved in figures:
        try:
            warn_of(resolved, checker.figure(resolved))
        except Exception as error:  # noqa: BLE001 - whatever an engine does, the picture is there
            resolved.warn("check", f"its picture could not be checked: {error}", "info")


def warn_of(resolved: ResolvedFigure, checked: Checked) -> None:
    """Warn of what was found in a figure's picture: once for each kind."""
    by_kind: dict[Kind, list[Finding]] = {}
    for finding in checked.findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    for found in by_kind.values():
        what = "; ".join(each.text for each in found[:SHOWN])
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        resolved.warn(found[0].subtype, f"in its picture, {what}{more}. {found[0].advice}")
