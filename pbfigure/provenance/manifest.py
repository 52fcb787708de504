"""Who signed a picture: what its C2PA manifest says, read offline by c2pa-python (extra ``c2pa``).

The library is asked for nothing that is elsewhere: no remote manifest, no revocation list. Whether
a signer is to be trusted is not judged here; there is no list of trusted signers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

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
