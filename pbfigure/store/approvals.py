"""The pictures that somebody approved for figures: ``SLUG.approved``.

An approval is of one picture: a figure that shows another one is not approved any more.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pbfigure.figure.notice import printable
from pbfigure.store.decisions import Decisions
from pbfigure.store.picture import SHA256

ENDING = ".approved"
NAME_LIMIT = 200
"""Characters of who approved; ours."""
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)")


class Approval(NamedTuple):
    """One approval."""

    path: Path
    figure: str = ""
    """The figure's name."""
    picture: str = ""
    """The picture's sha256; empty if the file cannot be read."""
    by: str = ""
    """Who, as they name themselves; printable."""
    at: str = ""
    """When: UTC, ISO 8601."""


class Approvals(Decisions[Approval]):
    """The approvals of one project."""

    ending = ENDING

    def read(self, path: Path, words: Mapping[str, str]) -> Approval:
        """Return the approval that a file's words are; all of them are needed."""
        figure, picture, by, at = (words.get(n, "") for n in ("figure", "picture", "by", "at"))
        is_whole = SHA256.fullmatch(picture) and _AT.fullmatch(at) and 0 < len(by) <= NAME_LIMIT
        return Approval(path, figure, picture, printable(by), at) if is_whole else Approval(path)

    def approve(self, slug: str, figure: str, picture: str, by: str) -> Path:
        """Write an approval, of this moment. Raises ``OSError``."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        return self.put(slug, {"figure": figure, "picture": picture, "by": by, "at": at})
