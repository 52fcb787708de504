"""What would be made, and why: the plan of one or more documents, before anything is bought.

A plan is made of the figures as they are looked up; it asks nothing of the service and spends
nothing. ``plan_text`` and ``plan_json`` show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from pbfigure.figure.states import State
from pbfigure.figure.words import enumerated, listed
from pbfigure.project.document import Document, DocumentFigure
from pbfigure.project.resolved_figure import Version
from pbfigure.project.versions import keeps_picture
from pbfigure.project.what_changed import changed_since_pinned, describe_change


class Action(StrEnum):
    """What making a document does about a figure."""

    BUY = "buy"
    """It has no picture yet."""
    REPLACE = "replace"
    """It is bought, where it has an earlier picture."""
    FETCH = "fetch"
    """It was paid for, and is fetched for free."""
    KEEP = "keep"
    """Only the text around it changed: it keeps its picture."""
    NONE = "none"
    """It is present."""
    BLOCKED = "blocked"
    """Nothing can be made until its author does something."""


MAKES = (Action.BUY, Action.REPLACE, Action.FETCH)
BUYS = (Action.BUY, Action.REPLACE)
PER_BUILD, PER_DAY = "max_credits", "max_credits_per_day"


_WORDS = {Action.KEEP: "text around it changed, kept", Action.BUY: "new"}


@dataclass(slots=True)
class Step:
    """One figure of a plan."""

    figure: DocumentFigure
    action: Action
    credits: int = 0
    """By the price list; 0 also for a picture that another figure of the plan pays for."""
    versions: list[Version] = field(default_factory=list)
    """What it makes of a figure: its picture, revisions of it, its own last."""
    shared_with: str = ""
    """The name of that figure."""
    held_by: str = ""
    """The setting for which builds leave it."""

    @property
    def is_made(self) -> bool:
        """Whether it is made once its author agrees; only the limit of a day still holds it."""
        return self.action in MAKES and self.held_by != PER_DAY

    @property
    def in_cache_only(self) -> bool:
        """Whether the picture it shows is not among the project's own files, which a clone has."""
        shown, files = self.figure.resolved.path, self.figure.document.project.figures
        return shown is not None and files is not None and shown.parent != files.folder

    @property
    def state(self) -> State:
        """The state that a build would give the figure."""
        return State.HELD if self.held_by else self.figure.resolved.state

    def reason(self, room: int = 200) -> str:
        """Return why, in about ``room`` characters where a prompt can be cut."""
        words = self._reason(room)
        if len(self.versions) > 1:
            costs = (f"{each.credits or 'nothing'} for {each.name}" for each in self.versions)
            words += f"; {enumerated([*costs])}"
        if self.shared_with:
            words += f"; one picture with {self.shared_with}"
        if len(pages := self.figure.resolved.block.pages) > 1:
            words += f"; one picture on {listed(pages)}"
        return words

    def _reason(self, room: int) -> str:
        resolved = self.figure.resolved
        if self.action in _WORDS:
            return _WORDS[self.action]
        if self.action == Action.NONE:
            if since := changed_since_pinned(resolved):
                return f"pinned; its {since} changed since"
            return "a draft of the sandbox" if resolved.draft else "present"
        if self.action == Action.FETCH:
            return (
                "damaged; fetched again, free" if resolved.lost else "ordered before; fetched, free"
            )
        if self.action == Action.REPLACE and resolved.figure and resolved.record:
            keeps = keeps_picture(resolved.figure, self.figure.document.project)
            return describe_change(resolved.figure, resolved.record, room, keeps=keeps)
        return f"{resolved.state}: {resolved.why}"


@dataclass(frozen=True)
class Plan:
    """The steps of one or more documents."""

    documents: Sequence[Document]
    steps: Sequence[Step]

    @cached_property
    def credits(self) -> int:
        """What all of it costs, by the price list."""
        return sum(step.credits for step in self.steps)

    @property
    def is_local(self) -> bool:
        """Whether all that costs something is drawn by the sandbox."""
        return all(each.project.is_local for each in self.documents if self.cost_of(each))

    @property
    def is_complete(self) -> bool:
        """Whether every figure has its picture."""
        done = (Action.NONE, Action.KEEP)
        return all(document.is_complete for document in self.documents) and all(
            step.action in done for step in self.steps
        )

    def of(self, document: Document) -> list[Step]:
        """Return the steps of one document."""
        return [step for step in self.steps if step.figure.document is document]

    def cost_of(self, document: Document) -> int:
        """Return what a document costs, by the price list."""
        return sum(step.credits for step in self.of(document))

    def held(self) -> list[tuple[Document, str]]:
        """Return the documents for which a build would buy nothing, each with the setting that is
        why.
        """
        settings = ((each, {step.held_by for step in self.of(each)}) for each in self.documents)
        return [(each, max(found)) for each, found in settings if any(found)]


def make_plan(documents: Sequence[Document], figures: Iterable[DocumentFigure]) -> Plan:
    """Return the plan for some figures of documents, as they were looked up."""
    payers: dict[str, str] = {}
    steps = []
    for figure in figures:
        step = Step(figure, _action(figure))
        if step.action in BUYS:
            step.shared_with = payers.get(figure.resolved.key, "")
            for version in figure.resolved.versions:
                if version.figure.key.digest not in payers:
                    payers[version.figure.key.digest] = figure.name
                    step.versions.append(version)
            step.credits = sum(version.credits for version in step.versions)
        steps.append(step)
    plan = Plan(documents, steps)
    for document in documents:
        cost, limit = plan.cost_of(document), document.project.settings.max_credits
        left = document.project.left_today() if cost else None
        held_by = PER_BUILD if limit is not None and cost > limit else ""
        held_by = PER_DAY if left is not None and cost > left else held_by
        for step in plan.of(document) if held_by else ():
            step.held_by = held_by if step.action in BUYS else ""
    return plan


def _action(figure: DocumentFigure) -> Action:
    resolved = figure.resolved
    if resolved.state == State.PRESENT:
        return Action.NONE
    if resolved.state == State.KEPT:
        return Action.KEEP
    if resolved.state == State.PENDING:
        return Action.FETCH
    if resolved.state in (State.INVALID, State.UNKNOWN, State.FAILED) or resolved.pinned:
        return Action.BLOCKED
    if resolved.lost is not None:
        return Action.FETCH if resolved.lost.in_cache else Action.BLOCKED
    return Action.REPLACE if resolved.record is not None else Action.BUY
