"""The pictures that an author chose for figures: ``SLUG.pin``.

An unreadable choice is reported, and nothing is bought in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pbfigure.store.decisions import Decisions
from pbfigure.store.picture import SHA256

ENDING = ".pin"
UNREADABLE = "-"
"""What no digest begins with."""


class Choice(NamedTuple):
    """One choice."""

    path: Path
    figure: str = ""
    """The figure's name."""
    request_digest: str = ""
    """Of the figure as it was: so that a figure that moves takes its choice along."""
    picture: str = UNREADABLE
    """The picture's sha256."""

    @property
    def is_readable(self) -> bool:
        """Whether the file says which picture it is."""
        return self.picture != UNREADABLE


class Choices(Decisions[Choice]):
    """The choices of one project."""

    ending = ENDING

    def read(self, path: Path, words: Mapping[str, str]) -> Choice:
        """Return the choice that a file's words are."""
        if not SHA256.fullmatch(words.get("picture", "")):
            return Choice(path)
        figure, digest = words.get("figure", ""), words.get("request_digest", "")
        return Choice(path, figure, digest, words["picture"])

    def choose(self, slug: str, figure: str, request_digest: str, picture: str) -> Path:
        """Write a choice. Raises ``OSError``."""
        words = {"figure": figure, "picture": picture, "request_digest": request_digest}
        return self.put(slug, words)
