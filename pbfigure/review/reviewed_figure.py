"""A figure on the review page: its section, its pictures, and what it is drawn from."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from pbfigure.checking import findings_in
from pbfigure.checking.finding import Finding
from pbfigure.documents.origins import Origin
from pbfigure.documents.plan import BUYS, Action, Step
from pbfigure.documents.plan_text import SYMBOLS
from pbfigure.documents.what_changed import changed_since_pinned
from pbfigure.figure.cost import estimate
from pbfigure.figure.notice import FigureError
from pbfigure.figure.request import options_of
from pbfigure.figure.wording import counted_credits, shortened
from pbfigure.review.folder import ReviewFolder
from pbfigure.review.text_difference import Piece, difference
from pbfigure.review.versions import Version, earlier, next_variant, versions_of
from pbfigure.store.cache_dir import CacheDir

_ALT_LIMIT = 250
TEXT_SHOWN = 20_000
"""Characters of a text that the page has; the file beside it has all of it."""


class Section(StrEnum):
    """The parts of the page, in their order."""

    NEW = "New"
    CHANGED = "Changed"
    UNAPPROVED = "Not yet approved"
    UNCHANGED = "Unchanged"

    @property
    def blurb(self) -> str:
        """What it has, in a sentence."""
        return _BLURBS[self]


_BLURBS = {
    Section.NEW: "They have no picture yet.",
    Section.CHANGED: "They show something else than they ask for, or not the approved picture.",
    Section.UNAPPROVED: "They show their own picture, and nobody said that it is right.",
    Section.UNCHANGED: "They show a picture that somebody approved.",
}


class DrawnFrom(StrEnum):
    """What is known of the text that a picture is drawn from."""

    NOTHING = "It is drawn from its prompt alone."
    THIS = "It is drawn from this text."
    COMPARED = "Compared with the text of the version before."
    UNKNOWN = (
        "It is not the text of the version before, whose words are not known here: a record keeps"
        " only a text's digest, and only the machine that ordered a picture keeps its text."
    )

    @property
    def is_change(self) -> bool:
        """Whether the text is another one now."""
        return self in (DrawnFrom.COMPARED, DrawnFrom.UNKNOWN)


@dataclass(frozen=True)
class ReviewedFigure:
    """One figure on the page."""

    step: Step
    versions: Sequence[Version]
    """The shown one first, then the newest first."""
    before: Version | None
    """The version that what is asked now is compared with."""
    text: str
    """What is sent with it now."""
    former_text: str | None
    """What the version before was drawn from, if that is known."""
    verb_options: Sequence[str]
    """The options that give a verb the same build."""
    findings: Sequence[Finding] = ()
    """What the figure check found in the shown picture."""

    @property
    def name(self) -> str:
        """As lists show it."""
        return self.step.figure.name

    @cached_property
    def id(self) -> str:
        """Its id on the page, the same each time that the page is made."""
        unique = f"{self.step.figure.document.path}\0{self.step.resolved.full_name}"
        return f"f-{hashlib.sha256(unique.encode('utf-8', 'replace')).hexdigest()[:16]}"

    @property
    def mark(self) -> str:
        """A digest of all that the page shows of it."""
        resolved = self.step.resolved
        approval = resolved.approval
        said = (
            *(self.step.state, resolved.key, resolved.pinned, self.reason),
            approval and (approval.at, approval.picture),
            [(each.picture.sha256, each.is_shown, each.file) for each in self.versions],
        )
        return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()[:16]

    # -- what it is -----------------------------------------------------------------------------

    @cached_property
    def section(self) -> Section:
        """Its section on the page."""
        resolved, action = self.step.resolved, self.step.action
        if resolved.record is None:
            return Section.NEW
        is_other = resolved.approval is not None and not resolved.approved
        if action != Action.NONE or changed_since_pinned(resolved) or is_other:
            return Section.CHANGED
        return Section.UNCHANGED if resolved.approved else Section.UNAPPROVED

    @property
    def symbol(self) -> str:
        """What a build does about it, as a plan's sign, or whether it is approved."""
        if symbol := SYMBOLS.get(self.step.action):
            return symbol
        return {Section.CHANGED: "=", Section.UNAPPROVED: "○"}.get(self.section, "✓")

    @property
    def kind(self) -> str:
        """The class of its symbol."""
        return self.section.name.lower() if self.symbol != "?" else "blocked"

    @property
    def reason(self) -> str:
        """Why it stands in its section, in a sentence."""
        resolved = self.step.resolved
        parts = []
        if self.step.action != Action.NONE or changed_since_pinned(resolved):
            parts.append(self.step.reason())
        if resolved.approval is not None and resolved.why_unapproved:
            parts.append(resolved.why_unapproved)
        return "; ".join(parts)

    def counted(self, credits: float) -> str:
        """Return a number of credits, as they are to be bought with."""
        return counted_credits(credits, sandbox=self.step.project.is_local)

    @property
    def credits(self) -> int:
        """What a build would pay for it, by the price list."""
        return self.step.credits if self.step.action in BUYS else 0

    # -- its picture ----------------------------------------------------------------------------

    @property
    def shown(self) -> Version | None:
        """The picture that it shows."""
        first = next(iter(self.versions), None)
        return first if first is not None and first.is_shown else None

    @property
    def alt_shown(self) -> str:
        """The alternative text of its picture on this page; never empty."""
        block = self.step.resolved.block
        return shortened(block.shown.get("alt") or block.prompt, _ALT_LIMIT) or self.name

    @property
    def alt_said(self) -> str:
        """Its alternative text, and where that comes from."""
        alt = self.step.resolved.block.shown.get("alt")
        if alt is None:
            return "None of its own: its prompt stands in."
        return alt or "Empty: it is a decoration."

    @property
    def width(self) -> int:
        """How wide it is where its document shows it, in CSS pixels."""
        appearance = self.step.resolved.block.appearance
        return 0 if self.shown is None else appearance.css_width(self.shown.picture.width)

    @property
    def width_as_written(self) -> str:
        """The size that its document gives it."""
        shown = self.step.resolved.block.shown
        said = [f"{name} {shown[name]}" for name in ("width", "height", "scale") if name in shown]
        return ", ".join(said)

    # -- what it is drawn from --------------------------------------------------------------------

    @cached_property
    def prompt(self) -> Sequence[Piece]:
        """Its prompt, with what changed since the version before."""
        now = self.step.resolved.block.prompt
        return difference(
            now if self.before is None else str(self.before.record.request["prompt"]), now
        )

    @cached_property
    def style(self) -> Sequence[Piece]:
        """What is appended to its prompt, with what changed."""
        figure = self.step.resolved.figure
        now = "" if figure is None else figure.request.style
        before = now if self.before is None else str(self.before.record.request.get("style", ""))
        return difference(before, now)

    @property
    def revisions(self) -> Sequence[tuple[str, bool]]:
        """What it revises, step by step, and whether the version before has that step too."""
        figure = self.step.resolved.figure
        now = () if figure is None else figure.request.instructions
        before = list(now) if self.before is None else self.before.record.instructions
        return [
            (each, before[: number + 1] == list(now[: number + 1]))
            for number, each in enumerate(now)
        ]

    @property
    def drawn_from(self) -> DrawnFrom:
        """What is known of the text."""
        figure = self.step.resolved.figure
        if figure is None or figure.key.content is None:
            return DrawnFrom.NOTHING
        if self.before is None or self.before.record.content_digest == figure.key.content:
            return DrawnFrom.THIS
        return DrawnFrom.UNKNOWN if self.former_text is None else DrawnFrom.COMPARED

    @cached_property
    def text_pieces(self) -> Sequence[Piece]:
        """Its text, with what changed since the version before."""
        former = self.text if self.former_text is None else self.former_text[:TEXT_SHOWN]
        return difference(former, self.text[:TEXT_SHOWN]) if self.text else []

    @property
    def text_left_out(self) -> int:
        """Characters of its text that the page does not have."""
        return max(0, len(self.text) - TEXT_SHOWN)

    @cached_property
    def options(self) -> Sequence[tuple[str, str, str]]:
        """The request's options: name, value, and the value before if that was another."""
        figure = self.step.resolved.figure
        if figure is None:
            return []
        now = options_of(figure.request.summary())
        then = now if self.before is None else options_of(self.before.record.request)
        names = (name for name in dict.fromkeys((*now, *then)) if name != "variant")
        found = ((name, now.get(name, "none"), then.get(name, "none")) for name in names)
        return [(n.replace("_", "-"), own, "" if own == was else was) for n, own, was in found]

    # -- what to do about it ----------------------------------------------------------------------

    @property
    def variant_credits(self) -> int | None:
        """What another variant costs, by the price list; None if none can be bought."""
        figure = self.step.resolved.figure
        if figure is None:
            return None
        # with what it revises, if that is missing
        return max(estimate(figure.request), self.credits)

    @property
    def approve_command(self) -> str:
        """The command that approves the shown picture."""
        return "" if self.shown is None else self._command("approve", self.shown.picture.sha256)

    @property
    def variant_command(self) -> str:
        """The command that buys another variant."""
        figure = self.step.resolved.figure
        if figure is None:
            return ""
        count = next_variant(self.versions, figure.request.summary()) + 1
        return self._command("variants", "--count", str(count))

    @property
    def withdraw_command(self) -> str:
        """The command that takes an approval back."""
        return self._command("approve", "--withdraw")

    def pin_command(self, version: Version) -> str:
        """The command that pins a version."""
        return self._command("pin", version.picture.sha256)

    @property
    def unpin_command(self) -> str:
        """The command that takes its choice back."""
        return self._command("unpin") if self.step.resolved.choice is not None else ""

    def _command(self, verb: str, *more: str) -> str:
        path = str(self.step.figure.document.path)
        return shlex.join(["pbfigure", verb, *self.verb_options, path, self.name, *more])


def reviewed(
    step: Step,
    origins: Sequence[Origin],
    cache: CacheDir,
    folder: ReviewFolder,
    verb_options: Sequence[str],
) -> ReviewedFigure:
    """Return a figure as the page shows it; its pictures are put into the page's folder."""
    resolved = step.resolved
    shown, figure = resolved.record, resolved.figure
    versions = versions_of(origins, None if shown is None else shown.picture.sha256, folder)
    if figure is None:
        return ReviewedFigure(step, versions, None, "", None, verb_options)
    is_own = shown is not None and shown.key == figure.key.digest
    asked, content = figure.request.summary(), figure.key.content
    before = earlier(versions, asked, content, is_own=is_own)
    former = None if before is None else cache.text(before.record.key)
    findings = findings_in(step.project, resolved)
    return ReviewedFigure(step, versions, before, _text_of(step), former, verb_options, findings)


def _text_of(step: Step) -> str:
    figure = step.resolved.figure
    try:
        options = figure.request.payload()["options"] if figure is not None else {}
    except FigureError as error:
        return str(error)
    return str(options.get("content", ""))
