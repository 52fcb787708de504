"""Which picture each figure of each project showed last, in the machine's state database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # a warm build opens no database
    from pbfigure.store.database import Database

_ROWS = "accepted:"


class LastPicture(NamedTuple):
    """The picture that a figure showed last."""

    project: str
    """The project's identity on this machine."""
    figure: str
    """The figure's name."""
    key: str


def last_picture(state: Database, project: str, figure: str) -> str | None:
    """Return the key of a figure's last picture, or None. Raises :exc:`StateUnavailable`."""
    key = (state.get(f"{_ROWS}{project}:{figure}") or {}).get("key")
    return key if isinstance(key, str) else None


def last_pictures(state: Database, project: str = "") -> Iterator[LastPicture]:
    """Yield the last picture of every figure, of one project or of all. Raises
    :exc:`StateUnavailable`.
    """
    for name in state.names(f"{_ROWS}{project}:" if project else _ROWS):
        _, of, figure = name.split(":", 2)
        if (key := last_picture(state, of, figure)) is not None:
            yield LastPicture(of, figure, key)


def keep_last_picture(state: Database, last: LastPicture) -> None:
    """Write the last picture of a figure. Raises :exc:`StateUnavailable`."""
    state.put(f"{_ROWS}{last.project}:{last.figure}", {"key": last.key})
