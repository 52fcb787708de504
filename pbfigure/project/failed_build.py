"""When a build fails for its figures: ``frozen`` and one is not complete or not approved; or
``on_failure`` is ``error``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pbfigure.figure.notice import Notice
from pbfigure.figure.wording import counted
from pbfigure.project.repeated_messages import places_of
from pbfigure.project.repository import short_path
from pbfigure.project.resolved_figure import ResolvedFigure, count_states
from pbfigure.project.settings import Settings


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
            f" ({', '.join(counts)}: {places_of([*bad, *drafts], len(figures))}). Build in mode"
            f" generate where PAPERBANANA_API_KEY is set, and commit {_folder(settings)}/"
            + ("; or set allow_drafts" if drafts else ""),
            "error",
        )
    if bad and settings.on_failure == "error" and settings.mode == "generate":
        why = f"could not be made, and on_failure is error ({places_of(bad)})"
        return Notice("on_failure", f"{counted(len(bad), 'figure')} {why}", "error")
    return None


def _folder(settings: Settings) -> Path:
    return short_path(settings.figures_dir or Path("figures_dir"))
