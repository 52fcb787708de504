"""What publishers ask of figures that AI drew: ``venues.toml``, read."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple


class Venue(NamedTuple):
    """One publisher, or another reader of a statement."""

    key: str
    """As the command line names it."""
    name: str
    as_of: str
    """When its rule was looked at."""
    source: str
    """The address of the live page."""
    rule: str
    where: str
    """Where the statement goes."""
    forbids: tuple[str, ...]
    heading: str
    declaration: str
    """A Jinja template, as ``caption``."""
    caption: str
    list: str
    """The sentence before a table of all figures."""
    no_evidence: bool = False
    """Whether figures that are data or evidence are forbidden."""

    def as_json(self) -> dict[str, Any]:
        """The rule as programs read it."""
        names = ("key", "name", "as_of", "source", "rule", "where", "heading")
        return {**{name: getattr(self, name) for name in names}, "forbids": list(self.forbids)}


VENUES = (
    *("elsevier", "springer-nature", "ieee", "acm", "wiley", "taylor-francis", "plos", "icmje"),
    *("arxiv", "aidisclose", "plain"),
)
"""Their keys, so that the command's help need not read the file."""


@cache
def venue(key: str) -> Venue:
    """Return a venue by its key."""
    import tomllib
    from importlib import resources

    text = (resources.files("pbfigure.disclosure") / "venues.toml").read_text("utf-8")
    data = tomllib.loads(text)
    common = {name: value for name, value in data.items() if isinstance(value, str)}
    fields = {**common, **data[key]}
    return Venue(key=key, **{**fields, "forbids": tuple(fields["forbids"])})
