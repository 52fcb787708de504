"""Who signed a picture: what its C2PA manifest says, read offline by c2pa-python (extra ``c2pa``).

The library is asked for nothing that is elsewhere: no remote manifest, no revocation list. Whether
a signer is to be trusted is not judged here; there is no list of trusted signers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.store.picture import MIME_TYPES, glance
from pbfigure.store.provenance_marks import Mark

_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
_SHOWN = 200
"""Characters of a name that anyone may have written."""


class Manifest(NamedTuple):
    """What a signed picture says of itself."""

    generator: str
    """The program that wrote the claim; empty if it gives no name."""
    issuer: str
    """Who the signing certificate is made out to; empty if it names nobody."""
    signed_at: str
    """By a time stamp authority; empty without one."""
    is_intact: bool
    """Whether neither picture nor manifest changed since."""

    def as_json(self) -> dict[str, Any]:
        """The manifest as programs read it."""
        return {
            "generator": self.generator or None,
            "issuer": self.issuer or None,
            "signed_at": self.signed_at or None,
            "intact": self.is_intact,
        }


def manifest_of(path: Path, mime_type: str) -> Manifest | None:
    """Return the manifest of a signed picture; None if it cannot be read.

    Raises ``ImportError`` if the extra ``c2pa`` is not installed, and ``OSError``.
    """
    from c2pa import C2paError, Context, Reader, Settings

    try:
        with (
            path.open("rb") as file,
            Context(Settings.from_dict(_OFFLINE)) as context,
            Reader(mime_type, file, context=context) as reader,
        ):
            document = json.loads(reader.json())
    except C2paError:
        return None
    manifest = document.get("manifests", {}).get(document.get("active_manifest"), {})
    signature = manifest.get("signature_info", {})
    generators = manifest.get("claim_generator_info") or [{}]
    generator = " ".join(str(generators[0].get(name, "")) for name in ("name", "version"))
    return Manifest(
        generator=(generator.strip() or str(manifest.get("claim_generator", "")))[:_SHOWN],
        issuer=str(signature.get("issuer") or signature.get("common_name") or "")[:_SHOWN],
        signed_at=str(signature.get("time") or "")[:_SHOWN],
        is_intact=document.get("validation_state") in ("Valid", "Trusted"),
    )


class MarkedFile(NamedTuple):
    """A picture's file, its mark and, if that can be read here, its manifest."""

    sha256: str
    mark: Mark
    manifest: Manifest | None
    can_read: bool
    """Whether the library that reads manifests is installed."""

    @classmethod
    def of(cls, path: Path) -> MarkedFile:
        """Return what a file says. Raises :exc:`BadPicture` and ``OSError``."""
        picture = glance(path)
        manifest, can_read = None, True
        if picture.mark is Mark.C2PA:
            try:
                manifest = manifest_of(path, MIME_TYPES[picture.format])
            except ImportError:
                can_read = False
        return cls(picture.sha256, picture.mark, manifest, can_read)

    def as_json(self) -> dict[str, Any]:
        """What the file says, as programs read it."""
        manifest = None if self.manifest is None else self.manifest.as_json()
        return {"sha256": self.sha256, "mark": str(self.mark), "manifest": manifest}

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
