"""Which files belong together: those of one repository. It imports nothing that takes time."""

from __future__ import annotations

from pathlib import Path

TEX_ENDINGS = (".tex", ".ltx", ".dtx")
"""How the name of the main file of a LaTeX document ends."""


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


def user_of(folder: Path) -> str:
    """Return the name under which git would commit in ``folder``; nothing where git has none."""
    import subprocess

    command = ("git", "config", "--get", "user.name")
    try:
        told = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.decode("utf-8", "replace").strip()


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
