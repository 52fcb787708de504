"""The keys of ``\\pbfigure``: which there are, and what a call's list of them says."""

from __future__ import annotations

from collections.abc import Mapping

from latex_hook.sources.tokens import FILE_KEYS, IDENTITY_KEYS, as_tex_reads, split_keys

GRAPHICS = (
    "width",
    "height",
    "totalheight",
    "scale",
    "angle",
    "trim",
    "viewport",
    "clip",
    "keepaspectratio",
)
"""Keys that go on to ``\\includegraphics`` as they stand."""

OURS = ("prompt", *FILE_KEYS, "context", "alt")
"""Keys that this front end reads itself."""

REQUEST = (*(key for key in IDENTITY_KEYS if key not in OURS), "id", "on-text-change")
"""Keys that the engine reads, under the same names."""

KNOWN = frozenset((*GRAPHICS, *REQUEST, *OURS))

SETTINGS = (
    "mode",
    "on-failure",
    "max-credits",
    "figures-dir",
    "requests-per-minute",
    "task-timeout",
    "build-timeout",
    "retry-failed-after",
    "allow-drafts",
    "on-save",
)
"""Keys of ``\\pbsetup`` alone: the project's settings, with hyphens for underscores."""

REFUSED = ("cache-dir",)
"""Settings that a document, which may be anyone's, cannot make: where the machine's cache is."""

_DEFAULTS = {"google-search": "true", "clip": "true", "keepaspectratio": "true"}


def read_keys(source: str, defaults: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what an option list says, on top of ``defaults``: key to value as TeX reads it."""
    values = dict(defaults or {})
    for key, value in split_keys(as_tex_reads(source)):
        values[key] = _DEFAULTS.get(key, "") if value is None else value
    return values


def no_such_key(key: str) -> str:
    """Return the sentence that tells of a key that ``\\pbfigure`` does not have."""
    from pbfigure.figure.options import nearest_name  # only where something is wrong

    return f"\\pbfigure has no key {key!r}{nearest_name(key, sorted(KNOWN))}"
