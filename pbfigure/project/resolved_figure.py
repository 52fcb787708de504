"""What a build shows for each figure, and for all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.cost import estimate
from pbfigure.figure.figure import Figure
from pbfigure.figure.figure_name import language_mark
from pbfigure.figure.notice import Level, Notice, printable
from pbfigure.figure.states import State
from pbfigure.figure.unexpected import Unexpected, boundary
from pbfigure.figure.wording import counted, counted_credits
from pbfigure.store.pins_and_approvals import Approval, Approvals, Pin, Pins
from pbfigure.store.record import Record, StoredPicture

if TYPE_CHECKING:
    from pbfigure.project.committed_pictures import LostPicture


class MissingVersion(NamedTuple):
    """A version of a figure that is not here: its first picture, or a revision of it."""

    figure: Figure
    is_paid: bool = False
    """Whether it was ordered or bought before, so that it is fetched for free."""

    @property
    def credits(self) -> int:
        """What it costs, by the price list."""
        return 0 if self.is_paid else estimate(self.figure.request)

    @property
    def name(self) -> str:
        """Its name among the figure's versions."""
        number = len(self.figure.request.instructions)
        return f"revision {number}" if number else "the picture"

    def as_json(self) -> dict[str, Any]:
        """The version as programs read it."""
        return {
            "key": self.figure.key.digest,
            "instruction": self.figure.request.instruction or None,
            "credits": self.credits,
        }


@dataclass(slots=True)
class ResolvedFigure:
    """What a build shows for one figure block."""

    block: FigureBlock
    figure: Figure | None
    """None if the block is invalid."""
    state: State = State.MISSING
    """A figure that is held, pending, failed or unknown shows its last picture too."""
    record: Record | None = None
    path: Path | None = None
    """The picture to show, or None for a placeholder."""
    made: bool = False
    """Whether this build ordered or fetched its picture."""
    credits: float = 0.0
    """Paid in this build."""
    why: str = ""
    """Why it has no picture of its own."""
    subtype: str = ""
    """The subtype of the error that is why."""
    notices: list[Notice] = field(default_factory=list)
    """Messages about this figure alone; those that several share are the resolution's."""
    pin: Pin | None = None
    """What ``pbfigure pin`` wrote, if its source has no pin."""
    missing_versions: tuple[MissingVersion, ...] = ()
    """The versions to make for its own picture, in that order; the last is its own picture."""
    base: Record | None = None
    """The record of the picture that the first of them revises."""
    approval: Approval | None = None
    """Its last approval, of any picture."""
    lost: LostPicture | None = None
    """The picture that was bought for it and is missing or damaged."""
    was_reported: bool = False
    """Whether a notice, of this figure or of the build, says why it has no picture of its own."""

    @property
    def is_miss(self) -> bool:
        """Whether it has no picture of its own yet."""
        return self.state not in (State.PRESENT, State.KEPT, State.INVALID)

    @property
    def is_complete(self) -> bool:
        """Whether it shows its own picture."""
        return self.state in (State.PRESENT, State.KEPT)

    @property
    def draft(self) -> bool:
        """Whether it shows a draft of the sandbox."""
        return self.record is not None and self.record.draft

    @property
    def pinned(self) -> bool:
        """Whether its author chose its picture."""
        return self.figure is not None and self.figure.pin is not None

    @property
    def approved(self) -> bool:
        """Whether somebody approved the picture that it shows."""
        shown = None if self.record is None else self.record.picture.sha256
        return self.approval is not None and self.approval.picture == shown

    @property
    def why_unapproved(self) -> str:
        """Why the picture that it shows is not approved; empty if it is, or if it shows none."""
        if self.record is None or self.approved:
            return ""
        if self.approval is None:
            return "nobody approved its picture"
        if not self.approval.picture:
            return f"{self.approval.path} cannot be read"
        return f"{self.approval.by} approved another picture, {self.approval.picture[:12]}"

    def decision_files(self, folder: Path | None) -> set[Path]:
        """Return the files in which decisions about it are, or would be in a folder of figures."""
        files = {decision.path for decision in (self.pin, self.approval) if decision is not None}
        if folder is not None and self.figure is not None:
            slug = self.figure.slug
            files |= {folder / f"{slug}{kind.ending}" for kind in (Pins, Approvals)}
        return files

    @property
    def key(self) -> str:
        """Its key's digest; empty if it is no figure that can be made."""
        return self.figure.key.digest if self.figure is not None else ""

    @property
    def is_named(self) -> bool:
        """Whether its author gave it an ``id`` or a name."""
        return bool(self.block.options.get("id", "").strip() or self.block.name)

    @property
    def short_name(self) -> str:
        """Its ``id``, or its name in its document; else its full name."""
        own = self.block.options.get("id", "").strip() or self.block.name
        return printable(f"{own}{language_mark(self.block)}") if own else self.full_name

    @property
    def full_name(self) -> str:
        """Its name in the project; its place if it is no figure that can be made."""
        if self.figure is not None:
            return printable(self.figure.name)
        name = self.block.name
        return printable(f"{self.block.document}:{name}" if name else str(self.block.place))

    def as_json(self) -> dict[str, Any]:
        """What every verb and report says of the figure to programs."""
        request = None if self.figure is None else self.figure.request
        return {
            "full_name": self.full_name,
            **self.block.place._asdict(),
            "state": self.state.value,
            "draft": self.draft,
            "pinned": self.pinned,
            "style": None if request is None else request.style or None,
            "revise": [] if request is None else list(request.instructions),
            "approved": self.approved,
            "key": self.key or None,
            "picture": None if self.path is None else str(self.path),
        }

    def show(self, state: State, picture: StoredPicture) -> None:
        """Show a picture."""
        self.state, self.record, self.path = state, picture.record, picture.path

    def base_made(self, record: Record) -> None:
        """Note that a version that it revises is here now: only those after it are left to make."""
        keys = [version.figure.key.digest for version in self.missing_versions]
        if record.key in keys:
            done = keys.index(record.key) + 1
            self.base, self.missing_versions = record, self.missing_versions[done:]

    @contextmanager
    def failing_alone(self) -> Iterator[None]:
        """Turn an unexpected error into the failure of this figure alone, which is not bought."""
        try:
            with boundary():
                yield
        except Unexpected as error:
            self.figure, self.path, self.record = None, None, None
            self.state, self.why = State.INVALID, str(error)
            self.warn(error.subtype, self.why, "error")

    def warn(self, subtype: str, text: str, level: Level = "warning") -> None:
        """Report something about this figure."""
        self.notices.append(Notice(subtype, text, level))
        self.was_reported = True


class Resolution(NamedTuple):
    """All figures of a build, in the order of its blocks."""

    figures: Sequence[ResolvedFigure]
    notices: Sequence[Notice]
    """What concerns the build, or several figures with one cause."""
    credits_spent: float
    must_fail: bool
    """Whether the settings make this build a failure."""
    from_sandbox: bool = False
    """Whether what was spent is the sandbox's."""

    @property
    def is_complete(self) -> bool:
        """Whether every figure shows its own picture."""
        return all(figure.is_complete for figure in self.figures)

    @property
    def made(self) -> int:
        """How many figures this build ordered or fetched."""
        return sum(figure.made for figure in self.figures)

    def summary(self) -> str:
        """One line: how many figures there are, how many in each state, and what was spent."""
        states = ", ".join(count_states(self.figures))
        spent = spent_words(self.credits_spent, sandbox=self.from_sandbox)
        return summary_line(len(self.figures), states, self.made, spent)


def summary_line(total: int, states: str, made: int, spent: str) -> str:
    """Return the line that ends a build."""
    count = f"{counted(total, 'figure')}: {states or 'none'}"
    return f"{count}; {f'{made} made, ' if made else ''}{spent}"


def spent_words(credits: float, *, sandbox: bool) -> str:
    """Return what was spent, and for the sandbox's credits, that nothing was paid."""
    if not credits or not sandbox:
        return f"{credits:g} credits spent"
    return f"{counted_credits(credits, sandbox=True)} spent (nothing was paid)"


def count_states(figures: Iterable[ResolvedFigure]) -> list[str]:
    """Return how many figures are in each state, as words: ``3 present``.

    One whose block is invalid is missing, like any other without a picture.
    """
    states = (figure.state for figure in figures)
    counts: Counter[State] = Counter(
        State.MISSING if state == State.INVALID else state for state in states
    )
    return [f"{counts[state]} {state}" for state in State if counts[state]]
