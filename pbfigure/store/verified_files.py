"""Remembers which pictures were checked, so that an unchanged file is checked only once."""

from __future__ import annotations

import os
from pathlib import Path

from pbfigure.store.bad_picture import BadPicture, Misdescribed
from pbfigure.store.file_memo import FileStamp, load_memo, save_memo
from pbfigure.store.picture import Picture, examine


class VerifiedFiles:
    """The memo of checked pictures: path to stamp and sha256."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, list[int | str]] | None = None
        self._used: dict[str, list[int | str]] = {}

    def check(self, path: Path, picture: Picture) -> None:
        """Check that ``path`` holds the undamaged ``picture``.

        Raises :exc:`BadPicture` if it does not (:exc:`Misdescribed` if only the digest is right)
        and ``FileNotFoundError``.
        """
        stamp = FileStamp.of(path.lstat())
        identity: list[int | str] = [*stamp, picture.sha256]
        name = os.fspath(path)
        if self._known is None:
            self._known = load_memo(self._path) if self._path is not None else {}
        if self._known.get(name) == identity or self._used.get(name) == identity:
            self._used[name] = identity
            return
        found = examine(path)
        if found.sha256 != picture.sha256:
            raise BadPicture("its bytes are not those that were bought")
        if found != picture:
            raise Misdescribed("its record does not describe it")
        if stamp.is_settled:
            self._used[name] = identity

    def save(self) -> None:
        """Save the memo for the next build."""
        known = self._known or {}
        if self._path is None or self._used.items() <= known.items():
            return
        # another builder of the project may show other figures
        others = {name: identity for name, identity in known.items() if os.path.lexists(name)}
        self._known = others | self._used
        save_memo(self._path, self._known)
