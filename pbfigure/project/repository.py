"""The repository that a document is in: its root, which files are its own, what git has of them.

It imports nothing that takes time.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

TEX_ENDINGS = (".tex", ".ltx", ".dtx")
"""How the name of the main file of a LaTeX document ends."""
FIGURES_DIRS = ("_paperbanana", "paperbanana")
"""The names of a project's folder of figures: in Sphinx, and in LaTeX."""
REPORT = "paperbanana.json"
"""The name of the file in which a build describes its figures for programs."""
COMMITTED, NOT_COMMITTED, IGNORED = "committed", "not committed", "ignored"


def repository_of(folder: Path) -> Path:
    """Return the root of the repository that a folder is in, or the folder itself."""
    return next((f for f in (folder, *folder.parents) if (f / ".git").exists()), folder)


def project_label(folder: Path) -> str:
    """Return how a project's folder is called without saying where it is on this machine."""
    root = repository_of(folder)
    return folder.relative_to(root.parent).as_posix() if root != root.parent else ""


def root_of_own(folder: Path) -> Path:
    """Return the folder below which the files of a document in ``folder`` are its own."""
    repository = repository_of(folder)
    return folder if _is_hidden(folder.relative_to(repository)) else repository


def is_own(file: Path, root: Path) -> bool:
    """Whether a file, its links resolved, is the document's own: one that may be read and sent.

    What is outside ``root`` is not; nor what is hidden there: ``.git`` and ``.env`` hold secrets.
    """
    return file.is_relative_to(root) and not _is_hidden(file.relative_to(root))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def nearest_file(name: str, folder: Path) -> Path | None:
    """Return the file of that name that is nearest to ``folder``: in it, or above it within the
    repository.
    """
    repository = repository_of(folder)
    for each in (folder, *folder.parents):
        if (each / name).is_file():
            return each / name
        if each == repository:
            break
    return None


def short_path(path: Path) -> Path:
    """Return a path as it is named from the current folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def user_of(folder: Path) -> str:
    """Return the name under which git would commit in ``folder``; nothing where git has none."""
    return (_git(folder, "config", "--get", "user.name") or b"").decode("utf-8", "replace").strip()


@cache
def git_folder(folder: Path) -> GitFolder:
    """Return what git knows of the files in a folder; a process asks once."""
    return GitFolder(folder)


class GitFolder:
    """What git knows of the files in a folder."""

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
        listed = _git(self._folder, *command, "-z", "--", ".")
        if listed is None:
            return None
        return set(filter(None, listed.decode("utf-8", "surrogateescape").split("\0")))


def _git(folder: Path, *command: str) -> bytes | None:
    """Return what git prints; None if there is no git, or it fails."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603
            ("git", *command),  # noqa: S607
            cwd=folder,
            capture_output=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
