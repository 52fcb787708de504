"""The key of a request: a digest of what is bought, stable across line breaks and releases.

FORMAT.md defines the canonical form; golden vectors in the tests hold it.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pbfigure.figure.input_limits import composed

if TYPE_CHECKING:
    from pbfigure.figure.request import Request

KEY_VERSION = 1


class Key(NamedTuple):
    """A request's identity and its parts, 64 hex digits each."""

    digest: str
    """The key itself."""
    request: str
    """The digest of everything but the text."""
    content: str | None
    """The digest of the text, or None if there is none."""


def normalise(text: str) -> str:
    """Normalise Unicode composition and white space."""
    return " ".join(composed(text).split())


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(form: object) -> str:
    return hashlib.sha256(_CANONICAL.encode(form).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=32)  # the figures of a section have its text in common
def _digest_of_text(text: str) -> str:
    return hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).hexdigest()


def key_of(request: Request) -> Key:
    """Return the key of ``request``. Reads its text's source, but does not render it."""
    if request.revises is not None:
        base = key_of(request.revises)
        revision = {
            "version": KEY_VERSION,
            "revise": normalise(request.instruction),
            "variant": request.variant,
        }
        return Key(
            digest=_digest({**revision, "base": base.digest}),
            request=_digest({**revision, "base": base.request}),
            content=base.content,
        )
    form: dict[str, object] = {
        "version": KEY_VERSION,
        "type": request.type,
        "scene": request.scene,
        "prompt": normalise(request.prompt),
        "model": request.model,
        "options": {**request.options(), "output_format": request.image_format},
        "variant": request.variant,
    }
    if request.style:
        form["style"] = normalise(request.style)
    without_text = _digest(form)
    if request.content is None:
        return Key(digest=without_text, request=without_text, content=None)
    content = _digest_of_text(request.content.source)
    return Key(digest=_digest({**form, "content": content}), request=without_text, content=content)
