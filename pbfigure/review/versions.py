"""The pictures that a figure has or had, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pbfigure.documents.origins import Origin
from pbfigure.figure.request_summary import RequestSummary
from pbfigure.figure.wording import counted_bytes
from pbfigure.review.folder import ReviewFolder
from pbfigure.store.picture import Picture
from pbfigure.store.purchase import Purchase
from pbfigure.store.record import Record


@dataclass(frozen=True, slots=True)
class Version:
    """One picture of a figure."""

    record: Record
    picture: Picture
    purchase: Purchase | None
    """Of this machine's ledger."""
    is_shown: bool
    file: str
    """Its file in the page's folder; empty if it is missing or damaged."""
    small: str
    large: str

    @property
    def label(self) -> str:
        """What tells it from the others at a glance."""
        return " · ".join([self.record.created_at[:10], *self.kinds])

    @property
    def kinds(self) -> list[str]:
        """Which revision and variant it is, and whether it is a draft."""
        step, variant = len(self.record.request.revise), self.record.request.variant
        words = [f"revision {step}"] if step else []
        words += [f"variant {variant}"] if variant or not step else []
        return [*words, *(["draft"] if self.record.draft else [])]

    @property
    def size(self) -> str:
        """Its size in words."""
        size = counted_bytes(self.picture.size)
        return f"{self.picture.width} × {self.picture.height} {self.picture.format.upper()}, {size}"

    @property
    def bought(self) -> str:
        """When and by whom, as far as this machine's ledger knows."""
        if self.purchase is None:
            return ""
        by = f", {self.purchase.buyer.who}" if self.purchase.buyer.who else ""
        return f"{self.purchase.moment:%Y-%m-%d %H:%M}{by}"


def versions_of(
    origins: Sequence[Origin], shown: str | None, folder: ReviewFolder
) -> list[Version]:
    """Return the versions of a figure, the shown one first, then the newest first.

    ``shown`` is the sha256 of the picture that the figure shows.
    """
    by_digest: dict[str, Origin] = {}
    for origin in origins:  # one picture may answer several requests
        by_digest.setdefault(origin.picture.sha256, origin)
    found = [
        Version(each.record, each.picture, each.purchase, digest == shown, *folder.put(each))
        for digest, each in by_digest.items()
    ]
    return sorted(found, key=lambda version: not version.is_shown)


def earlier(
    versions: Sequence[Version], asked: RequestSummary, content: str | None, *, is_own: bool
) -> Version | None:
    """Return the version that what is asked now, with a text's digest, is to be compared with.

    That is the shown picture, if it was drawn from something else. If it is the figure's own, that
    is the newest of those that were asked for in other words, with other options or another text.
    """
    if not is_own:
        return next((version for version in versions if version.is_shown), None)
    others = (version for version in versions if not version.is_shown)
    return next(
        (
            each
            for each in others
            if each.record.content_digest != content
            or not asked.is_same_but_variant(each.record.request)
        ),
        None,
    )


def next_variant(versions: Sequence[Version], asked: RequestSummary) -> int:
    """Return the first variant of a request that has no picture."""
    there = {
        each.record.request.variant
        for each in versions
        if asked.is_same_but_variant(each.record.request)
    }
    return next(number for number in range(len(there) + 1) if number not in there)
