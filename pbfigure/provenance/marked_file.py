"""What a picture's file says of its origin, in words: for ``inspect``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.provenance.manifest import Manifest, manifest_of
from pbfigure.store.marks import Mark
from pbfigure.store.picture import MIME_TYPES, glance


class MarkedFile(NamedTuple):
    """A picture's file, its mark and, if that can be read here, its manifest."""

    mark: Mark
    manifest: Manifest | None
    can_read: bool
    """Whether the library that reads manifests is installed."""

    @classmethod
    def of(cls, path: Path) -> MarkedFile:
        """Return what a file says. Raises :exc:`BadPicture` and ``OSError``."""
        picture = glance(path)
        if picture.mark is not Mark.C2PA:
            return cls(picture.mark, None, True)
        try:
            return cls(picture.mark, manifest_of(path, MIME_TYPES[picture.format]), True)
        except ImportError:
            return cls(picture.mark, None, False)

    def manifest_json(self) -> dict[str, Any] | None:
        """Return the manifest as programs read it."""
        return None if self.manifest is None else self.manifest.as_json()

    def words(self) -> str:
        """Return what the mark is and, of a manifest, who signed it."""
        if self.mark is Mark.NONE:
            return "none"
        if self.mark is Mark.XMP:
            return "XMP metadata"
        if not self.can_read:
            return "C2PA manifest; install the extra [c2pa] to see who signed it"
        if self.manifest is None:
            return "C2PA manifest that cannot be read"
        issuer, generator = self.manifest.issuer, self.manifest.generator
        state = "intact" if self.manifest.is_intact else "NOT intact: the file was changed"
        made = f", made with {generator}" if generator else ""
        return f"C2PA manifest, {state}, signed by {issuer or 'an unnamed signer'}{made}"
