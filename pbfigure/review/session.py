"""The actions of the live page: approve, pin, buy another variant, and undo the last decision.

Actions run one at a time, under a lock. Buying a variant takes a while, so each runs in a thread of
its own, by the code of ``pbfigure variants``; an interrupt reaches it as it reaches a build.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.documents import pin_and_approve
from pbfigure.documents.document import Document, DocumentFigure
from pbfigure.documents.variants import VARIANTS_LIMIT, Variant, Variants
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.figure.options import PIN
from pbfigure.figure.unexpected import boundary
from pbfigure.figure.wording import counted_credits
from pbfigure.review.folder import ReviewFolder
from pbfigure.review.page import make_review, page_of
from pbfigure.scheduler.clock import SystemClock
from pbfigure.scheduler.jobs import Progress
from pbfigure.store.files import read_bounded, write_whole
from pbfigure.store.pins_and_approvals import LIMIT


class Refused(FigureError):
    """The page asks for something that is not possible now."""

    subtype = "review"


class _Undo(NamedTuple):
    """How a decision is taken back."""

    what: str
    figure: DocumentFigure
    path: Path
    before: bytes | None
    """What the file held; None if there was none."""


@dataclass(slots=True)
class _BuyingVariant:
    """A variant that is being bought, or was."""

    said: str
    thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is under way."""
        return self.thread is not None


@dataclass
class Session:
    """The live review of some documents, until its user ends it."""

    documents: Sequence[Document]
    folder: ReviewFolder
    by: str | None
    """Who approves; None: git's user name."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _undo: list[_Undo] = field(default_factory=list)
    _buying: dict[str, _BuyingVariant] = field(default_factory=dict)
    _ended: Future[None] = field(default_factory=Future)

    def __post_init__(self) -> None:
        self.review = make_review(self.documents, self.folder)

    def page(self) -> str:
        """Return the page as things are now."""
        with self._lock:
            return page_of(self.review, live=True)

    def variants(self) -> dict[str, dict[str, Any]]:
        """Return how far the variants are that are being bought, by figure."""
        return {
            figure: {"said": buying.said, "busy": buying.is_busy}
            for figure, buying in list(self._buying.items())
        }

    def end(self) -> bool:
        """Interrupt what is being bought, and wait for it; return whether anything was."""
        self._ended.set_result(None)
        running = [buying.thread for buying in self._buying.values() if buying.thread is not None]
        for thread in running:
            thread.join()
        return bool(running)

    # -- decisions --------------------------------------------------------------------------------

    def act(self, what: str, wanted: dict[str, Any]) -> str:
        """Do what the page asks for; return what was done. Raises :exc:`FigureError`."""
        with self._lock, boundary():
            if what == "undo":
                return self._take_back()
            figure = self._figure(wanted)
            if what == "variant":
                return self._buy_variant(str(wanted["figure"]), figure, wanted.get("credits"))
            digits = str(wanted.get("digits") or "")
            if what in ("approve", "pin") and not PIN.fullmatch(digits):
                raise Refused("it takes 8 to 64 hex digits of a picture")
            return self._decide(what, figure, digits)

    def _figure(self, wanted: dict[str, Any]) -> DocumentFigure:
        for each in self.review.figures:
            if each.id == wanted.get("figure"):
                return each.step.figure
        raise Refused("there is no such figure: load the page again")

    def _decide(self, what: str, figure: DocumentFigure, digits: str) -> str:
        before = dict(_written(figure))
        match what:
            case "approve":
                by = figure.document.project.user if self.by is None else self.by
                path = pin_and_approve.approve(figure, digits, by).path
                said = f"{figure.name}: {digits[:12]} is approved"
            case "withdraw":
                path = pin_and_approve.withdraw(figure)
                said = f"{figure.name} is not approved any more"
            case "pin":
                path = pin_and_approve.pin(figure, digits).path
                said = f"{figure.name} is pinned to {digits[:12]}"
            case "unpin":
                path = pin_and_approve.unpin(figure)
                said = f"{figure.name} is not pinned any more"
            case _:
                raise Refused(f"there is no {what[:20]!r} here")
        self._undo.append(_Undo(said, figure, path, before.get(path)))
        self._look_again()
        return f"{said}: commit {path.name}" if path.exists() else said

    def _take_back(self) -> str:
        if not self._undo:
            raise Refused("there is nothing to undo")
        what, figure, path, before = self._undo.pop()
        if before is None:
            path.unlink(missing_ok=True)
        else:
            write_whole(path, before)
        figure.document.tell_build()
        self._look_again()
        return f"Undone: {what}"

    def _look_again(self) -> None:
        for document in self.documents:  # what was read of its folder is not so any more
            document.project.close()
        self.review = make_review(self.documents, self.folder)

    # -- variants ---------------------------------------------------------------------------------

    def _buy_variant(self, name: str, figure: DocumentFigure, confirmed: object) -> str:
        """Begin to buy one variant, for what was confirmed and no more."""
        before = self._buying.get(name)
        if before is not None and before.is_busy:
            raise Refused(f"a variant of {figure.name} is under way")
        if self._ended.done():
            raise Refused("the review is ending")
        pin_and_approve.valid(figure)
        number, cost = _next_variant(figure)
        credits = counted_credits(cost, sandbox=figure.document.project.is_local)
        if not isinstance(confirmed, int) or cost > confirmed:
            raise Refused(
                f"another variant of {figure.name} costs {credits}, which was not confirmed"
            )
        buying = self._buying[name] = _BuyingVariant(f"variant {number} is ordered for {credits}")
        buying.thread = threading.Thread(target=self._buy, args=(buying, figure, number, cost))
        buying.thread.start()
        return f"{figure.name}: variant {number} is ordered for {credits}"

    def _buy(self, buying: _BuyingVariant, figure: DocumentFigure, number: int, cost: int) -> None:
        def report(progress: Progress) -> None:
            stages = [each for _, each in progress.drawing] or [each for each, _ in progress.stages]
            waits = f", waiting: {progress.waiting_for}" if progress.waiting_for else ""
            buying.said = f"variant {number}: {', '.join(stages) or 'begun'}{waits}"

        said = ""
        project = figure.document.project.writing("review")
        try:
            with boundary():
                several = Variants(project, figure.resolved.block, number + 1)
                if several.credits > cost:
                    raise Refused("it costs more now than was confirmed")
                clock = _Interruptible(self._ended)
                notices = several.make(lambda notice: None, report, clock)
                said = _outcome(several.all[-1], notices)
        except FigureError as error:
            said = f"variant {number}: {error}"
        except KeyboardInterrupt:
            said = "interrupted; nothing that was paid for is lost"
        finally:
            try:
                project.close()
                if not self._ended.done():
                    with self._lock:
                        figure.document.tell_build()
                        self._look_again()
            finally:
                buying.said, buying.thread = said or "it failed", None


class _Interruptible(SystemClock):
    """A clock under which a batch is interrupted once the session ends."""

    def __init__(self, ended: Future[None]) -> None:
        self._ended = ended

    def wait(self, running: Iterable[Future[Any]], seconds: float) -> None:
        """Wait. Raises ``KeyboardInterrupt`` once the session ends, as Ctrl-C does in a build."""
        super().wait([*running, self._ended], seconds)
        if self._ended.done():
            raise KeyboardInterrupt


def _written(figure: DocumentFigure) -> Iterator[tuple[Path, bytes]]:
    """Yield the files of decisions about a figure, for them to be taken back; no link is followed.

    Raises :exc:`Refused`.
    """
    folder = figure.document.project.settings.figures_dir
    for path in figure.resolved.decision_files(folder):
        try:
            yield path, read_bounded(path, limit=LIMIT)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Refused(f"{path.name} cannot be read: {error.strerror or error}") from None


def _next_variant(figure: DocumentFigure) -> tuple[int, int]:
    """Return the first variant of a figure that has no picture, and its credits."""
    project = figure.document.project.writing("review")
    try:
        several = Variants(project, figure.resolved.block, VARIANTS_LIMIT)
    finally:
        project.close()
    for variant in several.missing:
        return variant.number, sum(each.credits for each in variant.resolved.missing_versions)
    raise Refused(f"{figure.name} has {VARIANTS_LIMIT} variants: pin one of them")


def _outcome(variant: Variant, notices: Sequence[Notice]) -> str:
    resolved = variant.resolved
    if variant.is_there:
        cost = counted_credits(resolved.credits, sandbox=resolved.draft)
        return f"variant {variant.number} is there, for {cost}"
    why = "; ".join(notice.text for notice in notices) or resolved.why
    return f"variant {variant.number} is not there: {why}"
