"""What git knows of the files in a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

COMMITTED, NOT_COMMITTED, IGNORED = "committed", "not committed", "ignored"


class GitFolder:
    """A folder as git sees it; asked once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tracked = self._names("ls-files")
        self.is_known = tracked is not None
        """Whether there is a git, and the folder is in a repository."""
        self._tracked = tracked or set()
        changed = self._names("diff", "--name-only", "--relative", "HEAD") if tracked else None
        self._changed = self._tracked if changed is None else changed  # nothing committed yet
        others = ("ls-files", "--others", "--ignored", "--exclude-standard")
        self._ignored = (self._names(*others) or set()) if self.is_known else set()

    def has(self, path: Path) -> bool:
        """Return whether a file of the folder is committed or to be committed; true without git."""
        return not self.is_known or path.name in self._tracked

    def state(self, path: Path) -> str:
        """Return whether a file of the folder is committed as it is; empty without git."""
        if not self.is_known:
            return ""
        name = path.name
        if name in self._tracked and name not in self._changed:
            return COMMITTED
        return IGNORED if name in self._ignored else NOT_COMMITTED

    def _names(self, *command: str) -> set[str] | None:
        try:
            told = subprocess.run(  # noqa: S603
                ("git", *command, "-z", "--", "."),  # noqa: S607
                cwd=self._folder,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        if told.returncode:
            return None
        return set(filter(None, told.stdout.decode("utf-8", "surrogateescape").split("\0")))
