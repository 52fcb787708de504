"""Which pictures were hashed and decoded whole: done once as long as the file is unchanged."""

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
        """Make sure that ``path`` holds ``picture``, whole.

        Raises :exc:`BadPicture` if it does not (:exc:`Misdescribed` if its digest is right all the
        same), and ``FileNotFoundError``.
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
        """Keep what was checked for the next build."""
        known = self._known or {}
        if self._path is None or self._used.items() <= known.items():
            return
        # what this build did not need, the next one may: an “only” for another builder
        others = {name: identity for name, identity in known.items() if os.path.lexists(name)}
        self._known = others | self._used
        save_memo(self._path, self._known)
