"""The pictures that a figure has or had, as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pbfigure.documents.origins import Origin
from pbfigure.figure.request import same_but_variant
from pbfigure.figure.wording import counted_bytes
from pbfigure.review.folder import ReviewFolder
from pbfigure.store.ledger import Purchase
from pbfigure.store.picture import Picture
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
        step, variant = len(self.record.instructions), _variant(self.record)
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
    versions: Sequence[Version], asked: Mapping[str, Any], content: str | None, *, is_own: bool
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
            or not same_but_variant(each.record.request, asked)
        ),
        None,
    )


def next_variant(versions: Sequence[Version], asked: Mapping[str, Any]) -> int:
    """Return the first variant of a request that has no picture."""
    there = {
        _variant(each.record) for each in versions if same_but_variant(each.record.request, asked)
    }
    return next(number for number in range(len(there) + 1) if number not in there)


def _variant(record: Record) -> int:
    """Return the number of a picture's variant."""
    variant = record.request.get("variant", 0)
    return variant if isinstance(variant, int) else 0
