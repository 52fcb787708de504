"""What the machine's cache saved: pictures that projects took from it instead of buying them.

The cache remembers which picture each figure of each project took from it last, so this asks for no
file of its own. This is a lower bound: a figure's earlier pictures, figures of one project that
share a picture, clones on other machines, and builds that show what is there are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.last_pictures import last_pictures
from pbfigure.store.purchase import NOT_CHARGED, Purchase


@dataclass(slots=True)
class Saved:
    """Purchases that were not made, and what they would have cost."""

    pictures: int = 0
    credits: float = 0.0
    drafts: int = 0
    """Those of the sandbox, counted apart: they would have cost nothing."""
    draft_credits: float = 0.0


def saved_by_cache(
    cache: CacheDir, listed: Iterable[Purchase], purchases: Sequence[Purchase]
) -> Saved:
    """Return what the cache saved other projects of the ``listed`` purchases; ``purchases`` are
    all of this machine. Each picture counts once a project. Raises ``StateUnavailable``.
    """
    bought_for = {(each.buyer.project, each.key) for each in purchases}
    by_key = {each.key: each for each in listed if each.status != NOT_CHARGED}
    taken = {(last.project, last.key) for last in last_pictures(cache.state)}
    saved = Saved()
    for purchase in (by_key[key] for _, key in taken - bought_for if key in by_key):
        if purchase.draft:
            saved.drafts += 1
            saved.draft_credits += purchase.credits
        else:
            saved.pictures += 1
            saved.credits += purchase.credits
    return saved
