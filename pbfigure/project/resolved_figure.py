"""What stands for a figure when a build is done with it, and for all of them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure
from pbfigure.figure.notice import Notice
from pbfigure.project.shelf import Found
from pbfigure.store.record import Record

PRESENT, MADE, DRIFTED, PINNED, OUTDATED, PENDING, MISSING, INVALID = (
    "present",
    "made",
    "drifted",
    "pinned",
    "outdated",
    "pending",
    "missing",
    "invalid",
)


@dataclass(slots=True)
class ResolvedFigure:
    """What stands for one figure block."""

    block: FigureBlock
    figure: Figure | None
    """None where the block is no figure."""
    state: str = MISSING
    """present: as bought for this very request; made: just now; drifted: only the text around it
    changed since; pinned; outdated: another request's, shown for want of its own; pending: ordered,
    for the next build to fetch; missing; invalid."""
    record: Record | None = None
    path: Path | None = None
    """The picture to show, or None for a placeholder."""
    credits: float = 0.0
    """Paid in this build."""
    why: str = ""
    """For a placeholder: why there is no picture."""
    notices: list[Notice] = field(default_factory=list)
    told: bool = False
    """Whether the author was told already why it has no picture of its own."""

    @property
    def is_miss(self) -> bool:
        """Whether its own picture is still to be bought."""
        return self.state in (MISSING, OUTDATED, PENDING)

    def show(self, state: str, found: Found) -> None:
        """Take a picture to be shown."""
        self.state, self.record, self.path = state, found.record, found.path

    def tell(self, subtype: str, text: str, *, info: bool = False) -> None:
        """Tell the author something."""
        self.notices.append(Notice(subtype, text, "info" if info else "warning"))
        self.told = True


@dataclass(frozen=True, slots=True)
class Resolution:
    """All figures of a build, in the order of its blocks."""

    figures: Sequence[ResolvedFigure]
    notices: Sequence[Notice]
    """What concerns the build, not one figure."""
    credits_spent: float
    must_fail: bool
    """Whether the settings make this build a failure."""

    def summary(self) -> str:
        """One line: how many figures there are, and how each came to be."""
        counts: dict[str, int] = defaultdict(int)
        for standing in self.figures:
            counts[standing.state] += 1
        words = {PRESENT: "up to date", DRIFTED: "kept though the text around changed"}
        parts = [f"{count} {words.get(state, state)}" for state, count in counts.items()]
        total = len(self.figures)
        return (
            f"{total} figure{'' if total == 1 else 's'}: {', '.join(parts) or 'none'};"
            f" {self.credits_spent:g} credits spent"
        )
