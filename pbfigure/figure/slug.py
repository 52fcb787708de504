"""The slug of a figure: its name as part of a file name."""

from __future__ import annotations

import hashlib
import re

SLUG_LIMIT = 60
"""Characters of a slug; ours: file names stay under 100 characters with key and ending."""


def slug_of(parts: tuple[str, ...]) -> str:
    """Return a name's parts as part of a file name that is safe on every file system.

    If the slug differs from the name, digits of the name's digest follow, so that no two names
    share a slug.
    """
    segments = [*parts[0].split("/"), *parts[1:]] if len(parts) > 1 else list(parts)
    plain = [re.sub(r"[^a-z0-9]+", "-", segment.lower()).strip("-") for segment in segments]
    slug = "--".join(filter(None, plain))[:SLUG_LIMIT].strip("-")
    if slug and slug == "--".join(segments):
        return slug
    mark = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug}-{mark}" if slug else mark
