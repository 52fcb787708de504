"""Which files belong together: those of one repository. Without any import worth mentioning."""

from __future__ import annotations

from pathlib import Path


def repository_of(folder: Path) -> Path:
    """Return the root of the repository that a folder is in, or the folder itself."""
    return next((f for f in (folder, *folder.parents) if (f / ".git").exists()), folder)


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
