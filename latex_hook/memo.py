"""What the last run came to, so that the next can tell at once that there is nothing to do.

A few lines beside TeX's own auxiliary files: a digest of everything the pictures depend on, the
map's, and the pictures' sizes and times. Only a run that left nothing open writes it; to lose it
costs a look into the stores.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from latex_hook.wanted import Wanted

VERSION = "1"


def digest_of(wanted: Iterable[Wanted], settings: str) -> str:
    """Return the digest of what the pictures of these figures depend on."""
    digest = hashlib.sha256(f"{VERSION}\0{settings}\0".encode("utf-8", "surrogatepass"))
    for figure in wanted:
        block = figure.block
        content = block.content
        said = (
            figure.id,
            figure.md5s,
            block.document,
            block.prompt,
            sorted(block.options.items()),
            block.problems,
            block.name,
            None if content is None else (content.automatic, content.source),
        )
        digest.update(repr(said).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def settings_digest(folder: Path, environ: Mapping[str, str], given: Mapping[str, str]) -> str:
    """Return a digest of where settings come from; of the key, only whether it is there."""
    parts = [repr(sorted(given.items())), str(folder)]
    for name in sorted(environ):
        if name == "PAPERBANANA_API_KEY":
            parts.append(f"{name}:{bool(environ[name].strip())}")
        elif name.startswith("PAPERBANANA_"):
            parts.append(f"{name}={environ[name]}")
    for parent in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            parts.append((parent / "paperbanana.toml").read_bytes().hex())
            break
        if (parent / ".git").exists():
            break
    return "\0".join(parts)


def remember(path: Path, digest: str, map_file: Path, pictures: Iterable[Path]) -> None:
    """Write the memo. One that cannot be written is no loss."""
    with contextlib.suppress(OSError):
        lines = [digest, _sha(map_file), *sorted({_stamp(picture) for picture in pictures})]
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_text("\n".join(lines) + "\n", "utf-8", "surrogateescape")
        temporary.replace(path)


def forget(path: Path) -> None:
    """Remove the memo: something is open."""
    with contextlib.suppress(OSError):
        path.unlink()


def nothing_to_do(path: Path, digest: str, map_file: Path) -> bool:
    """Whether everything is as the last run left it."""
    try:
        lines = path.read_text("utf-8", "surrogateescape").splitlines()
        if lines[:2] != [digest, _sha(map_file)]:
            return False
        return all(_stamp(Path(line.split(" ", 2)[2])) == line for line in lines[2:])
    except (OSError, IndexError):
        return False


def _sha(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return "-"


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns} {path}"
