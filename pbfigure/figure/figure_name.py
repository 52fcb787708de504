"""The name of a figure in its project, and what stands for it in the names of files (the slug)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.key import Key, key_of
from pbfigure.figure.request import Request

SLUG_LIMIT = 60
"""Characters of a slug; ours: file names stay under 100 characters with key and ending."""


def language_mark(block: FigureBlock) -> str:
    """Return what the name of a translated figure ends in, ``@de``; nothing for any other."""
    return f"@{block.language}" if block.language else ""


def written_name(block: FigureBlock) -> str:
    """Return the name that its author gave a block; empty if there is none."""
    own = block.options.get("id", "").strip()
    name = own or (f"{block.document}:{block.name}" if block.name else "")
    return f"{name}{language_mark(block)}" if name else name


def name_parts(
    block: FigureBlock, values: Mapping[str, object], request: Request, key: Key
) -> tuple[str, ...]:
    """Return the parts of a figure's name, of which the last one is its own; ``values`` are its
    options as they were read.
    """
    mark = language_mark(block)
    if "id" in values:
        return (f"{values['id']}{mark}",)
    if block.name:
        return (block.document, f"{block.name}{mark}")
    while request.revises is not None:  # a revision does not rename it
        request = request.revises
        key = key_of(request)
    return (block.document, f"{key.request[:12]}{mark}")


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
