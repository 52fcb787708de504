"""The messages about figures without a picture of their own, and about drafts.

Figures with one cause share one message, which names the first places: fifty figures without a
key are one line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from pbfigure.figure.notice import Notice
from pbfigure.figure.states import State
from pbfigure.figure.wording import counted
from pbfigure.project.repository import short_path
from pbfigure.project.resolved_figure import ResolvedFigure, count_states
from pbfigure.project.settings import Settings

PLACES = 5
"""Most figures that one message names."""
FEW = 2
"""Up to this many figures with one cause have a message each, at their own place."""


def report_misses(figures: Iterable[ResolvedFigure], *, on_a_page: bool) -> None:
    """Report every figure that has no picture of its own, unless its reason was reported.

    ``on_a_page``: say what its page shows instead.
    """
    for figure in figures:
        if figure.is_miss and not figure.was_reported:
            was_tried = figure.subtype and figure.state not in (State.PENDING, State.HELD)
            why = f"it could not be made: {figure.why}" if was_tried else figure.why
            instead = f"; {_shown_instead(figure)}" if on_a_page else ""
            figure.warn(figure.subtype or figure.state, f"{figure.state}: {why}{instead}")


def _shown_instead(figure: ResolvedFigure) -> str:
    if figure.path is None:
        return "a placeholder is shown"
    return f"its last picture is shown{', a draft of the sandbox' if figure.draft else ''}"


def report_drafts(figures: Iterable[ResolvedFigure]) -> None:
    """Report every figure that shows a draft of the sandbox, unless it is reported as a miss."""
    for figure in figures:
        if figure.draft and not figure.is_miss:
            figure.warn("draft", "its picture is a draft of the sandbox, not of the service")


def report_failures(figures: Sequence[ResolvedFigure], settings: Settings) -> list[Notice]:
    """Return why the settings make this build a failure: one notice for each reason."""
    found = [_report_incomplete(figures, settings), _report_unapproved(figures, settings)]
    return [notice for notice in found if notice is not None]


def _report_unapproved(figures: Sequence[ResolvedFigure], settings: Settings) -> Notice | None:
    if settings.mode != "frozen" or not settings.require_approval:
        return None
    found = [
        f"{each.block.place} ({each.why_unapproved})"
        for each in figures
        if each.why_unapproved and not each.is_miss
    ]
    if not found:
        return None
    return Notice(
        "approval",
        f"{counted(len(found), 'picture')} not approved, and require_approval is set:"
        f" {', '.join(found)}. Look at them with 'pbfigure review', approve what is right, and"
        f" commit {_folder(settings)}/",
        "error",
    )


def _report_incomplete(figures: Sequence[ResolvedFigure], settings: Settings) -> Notice | None:
    bad = [figure for figure in figures if not figure.is_complete]
    if settings.mode == "frozen":
        drafts = [f for f in figures if f.draft and not f.is_miss and not settings.allow_drafts]
        if not bad and not drafts:
            return None
        counts = [*count_states(bad), *([f"{len(drafts)} draft"] if drafts else [])]
        return Notice(
            "frozen",
            f"{counted(len(bad) + len(drafts), 'figure')} not complete, and mode is frozen"
            f" ({', '.join(counts)}: {_places([*bad, *drafts], len(figures))}). Build in mode"
            f" generate where PAPERBANANA_API_KEY is set, and commit {_folder(settings)}/"
            + ("; or set allow_drafts" if drafts else ""),
            "error",
        )
    if bad and settings.on_failure == "error" and settings.mode == "generate":
        why = f"could not be made, and on_failure is error ({_places(bad)})"
        return Notice("on_failure", f"{counted(len(bad), 'figure')} {why}", "error")
    return None


def _folder(settings: Settings) -> Path:
    return short_path(settings.figures_dir or Path("figures_dir"))


def one_cause(notice: Notice, figures: Sequence[ResolvedFigure]) -> Notice:
    """Return a notice with the figures that it concerns; ``why`` of each is its text."""
    for figure in figures:
        figure.why = figure.why or notice.text
        figure.was_reported = True
    counts = count_states(figures)
    number = counted(len(figures), "figure")
    count = f"{number} {figures[0].state}" if len(counts) == 1 else f"{number}: {', '.join(counts)}"
    return Notice(notice.subtype, f"{notice.text} ({count}: {_places(figures)})", notice.level)


def fold(figures: Sequence[ResolvedFigure]) -> list[Notice]:
    """Remove the notices that several figures have in common; return each of them once."""
    alike: dict[tuple[str, str, str], list[tuple[ResolvedFigure, Notice]]] = defaultdict(list)
    for figure in figures:
        for notice in figure.notices:
            # causes that differ in a task's number only are one cause to a reader
            cause = re.sub(r"\b(task[ /])\S+", r"\1", notice.text)
            alike[notice.subtype, notice.level, cause].append((figure, notice))
    return [_folded(group) for group in alike.values() if len(group) > FEW]


def _folded(group: list[tuple[ResolvedFigure, Notice]]) -> Notice:
    for figure, notice in group:
        figure.notices.remove(notice)
    first = group[0][1]
    others = "" if all(notice.text == first.text for _, notice in group) else ", and others alike"
    most = len(group) if group[0][0].state == State.INVALID else PLACES  # each is to be mended
    places = _places([figure for figure, _ in group], most)
    return Notice(
        first.subtype, f"{first.text}{others} ({len(group)} figures: {places})", first.level
    )


def _places(figures: Sequence[ResolvedFigure], most: int = PLACES) -> str:
    named = ", ".join(str(figure.block.place) for figure in figures[:most])
    return named + (", …" if len(figures) > most else "")
