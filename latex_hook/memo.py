"""What the last run came to, so that the next can tell at once that there is nothing to do.

A few lines in the user's cache folder: a digest of everything the pictures depend on, one of each
figure's text, the map's, and the pictures' sizes and times. Only a run that left nothing open
writes it; to lose it costs a look into the stores.
"""

from __future__ import annotations

import contextlib
import hashlib
import stat
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from latex_hook.blocks import TexFigure
from latex_hook.tex.picture_map import TEX_LIMIT
from pbfigure.project.repository import nearest_file

VERSION = "5"
ANY = "*"
"""In place of a text's digest: this figure's picture is not drawn from the text around it."""


class Digests(NamedTuple):
    """What pictures depend on."""

    own: str
    """Everything that the author wrote for the figures, and where settings come from."""
    texts: tuple[str, ...]
    """For each figure, of the text taken from around it, as its key has it; empty where none is."""


def digests_of(figures: Sequence[TexFigure], settings: str) -> Digests:
    """Return the digests of what the pictures of these figures depend on."""
    own = hashlib.sha256(f"{VERSION}\0{settings}\0".encode("utf-8", "surrogatepass"))
    texts = []
    known: dict[str, str] = {}  # the figures of a section have its text in common
    for figure in figures:
        block = figure.block
        content = block.content
        automatic = content is not None and content.automatic
        source = content.source if content is not None else ""
        if source and source not in known:
            known[source] = text_digest(source)
        text = known[source] if source else ""
        said = (
            figure.id,
            figure.md5,
            figure.residue,
            block.document,
            block.name,
            block.prompt,
            sorted(block.options.items()),
            block.problems,
            automatic or text,
        )
        own.update(repr(said).encode("utf-8", "surrogatepass"))
        texts.append(text if automatic else "")
    return Digests(own.hexdigest(), tuple(texts))


def settings_digest(folder: Path, environ: Mapping[str, str], given: Mapping[str, str]) -> str:
    """Return a digest of where settings come from; of secrets, only whether they are there."""
    parts = [repr(sorted(given.items())), str(folder)]
    for name in sorted(environ):
        if name in ("PAPERBANANA_API_KEY", "PAPERBANANA_SHARED_SECRET"):
            parts.append(f"{name}:{bool(environ[name].strip())}")
        elif name.startswith("PAPERBANANA_"):
            parts.append(f"{name}={environ[name]}")
    with contextlib.suppress(OSError):
        if path := nearest_file("paperbanana.toml", folder):
            from pbfigure.figure.bounds import TOML_LIMIT  # most projects have none
            from pbfigure.store.files import read_bounded

            parts.append(read_bounded(path, limit=TOML_LIMIT).hex())
    return "\0".join(parts)


def text_digest(source: str) -> str:
    """Return the digest of a text that its figure's key has (see ``pbfigure.figure.key``).

    Told here without the imports that a key takes; a test holds the two together.
    """
    if not source.isascii():
        from pbfigure.figure.bounds import composed

        source = composed(source)
    return hashlib.sha256(" ".join(source.split()).encode("utf-8", "surrogatepass")).hexdigest()


class Memo:
    """The memo of one document as it is built in one place.

    The cache may be shared: where its folder of memos is a link, nothing is read or written there.
    """

    def __init__(self, folder: Path, request_file: Path) -> None:
        file = str(request_file.absolute()).encode("utf-8", "surrogatepass")
        name = hashlib.sha256(file).hexdigest()[:24]
        own = not folder.is_symlink()
        self.path = folder / f"{name}.memo" if own else None
        self.seen = folder / f"{name}.seen" if own else None
        """Where the engine remembers which files it checked; None: nowhere."""
        self.copies = folder / f"{name}.copies" if own else None
        """Where the hook remembers which copies for TeX it made; None: nowhere."""
        self.pictures: list[Path] = []
        """What the last run showed, once :meth:`changed_texts` told that it still is so."""

    def remember(
        self,
        digests: Digests,
        map_file: Path,
        pictures: Sequence[Path],
        drawn: Sequence[Collection[str]],
        *,
        keeps: bool,
    ) -> None:
        """Write the memo; one that cannot be written is no loss.

        ``drawn`` is, for each figure, the digests of the texts that its pictures were drawn from,
        the picture's that is shown first; ``ANY`` where no text matters. ``keeps`` says that no
        figure is made anew when only the text around it changes.
        """
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            from pbfigure.store.files import write_whole  # an idle run does without

            texts = " ".join(",".join(each) or "-" for each in drawn)
            head = [digests.own, _sha(map_file), "keep" if keeps else "exact", texts]
            lines = [*head, *sorted({_stamp(picture) for picture in pictures})]
            text = "\n".join(lines) + "\n"
            write_whole(self.path, text.encode("utf-8", "surrogateescape"))

    def forget(self) -> None:
        """Remove the memo: something is open."""
        if self.path is not None:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def changed_texts(self, digests: Digests, map_file: Path) -> list[int] | None:
        """Return which figures' texts are not what their pictures were drawn from.

        None where there may be something to do: more than such texts changed, or pictures are not
        kept then, or another picture of the figure was drawn from the text as it is now.
        """
        try:
            lines = self._read().decode("utf-8", "surrogateescape").split("\n")[:-1]
            own, map_digest, kept, texts = lines[:4]
            if map_digest == "?" or (own, map_digest) != (digests.own, _sha(map_file)):
                return None
            self.pictures = [Path(line.split(" ", 2)[2]) for line in lines[4:]]
            if [_stamp(picture) for picture in self.pictures] != lines[4:]:
                return None
        except (OSError, ValueError, IndexError):
            return None
        drawn = ["" if each == "-" else each for each in texts.split()]
        changed = []
        for number, (known, now) in enumerate(zip(drawn, digests.texts, strict=False)):
            shown, _, others = known.partition(",")
            if shown not in (now, ANY):
                if kept != "keep" or now in others.split(","):
                    return None
                changed.append(number)
        return changed

    def _read(self) -> bytes:
        """Return the memo; nothing where a link or a device is in its place. Raises ``OSError``."""
        if self.path is None or not stat.S_ISREG(self.path.lstat().st_mode):
            return b""
        return self.path.read_bytes()


def _sha(path: Path) -> str:
    """Return a digest of the map; of what is no regular file or none for TeX, one that none has."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > TEX_LIMIT:
            return "?"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return "-"


def _stamp(path: Path) -> str:
    status = path.lstat()
    return f"{status.st_size} {status.st_mtime_ns} {path}"
