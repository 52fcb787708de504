"""The keys of ``\\pbfigure`` and ``\\pbsetup``: their names, and who reads them."""

from __future__ import annotations

GRAPHICS = (
    *("width", "height", "totalheight", "scale", "angle", "trim", "viewport", "clip"),
    "keepaspectratio",
)
"""Keys that go on to ``\\includegraphics`` as they stand."""

OURS = ("prompt", "prompt-file", "image-input-file", "context", "alt")
"""Keys that this front end reads itself."""

REQUEST = (
    *("type", "model", "task-name", "resolution", "aspect-ratio", "output-format", "image-input"),
    *("google-search", "variant", "pin", "id", "on-text-change", "check-ignore", "style", "revise"),
)
"""Keys that the engine reads, under the same names."""

WORDS = ("style", "revise")
"""Those of them that are read as a prompt is."""

KNOWN = frozenset((*GRAPHICS, *REQUEST, *OURS))

SETTINGS = (
    *("mode", "on-failure", "max-credits", "max-credits-per-day", "figures-dir"),
    *("requests-per-minute", "task-timeout", "build-timeout", "retry-failed-after"),
    *("allow-drafts", "require-approval", "label", "on-save", "check-min-pt", "check-min-px"),
)
"""Keys of ``\\pbsetup`` alone: the project's settings, with hyphens for underscores."""

REFUSED = ("cache-dir",)
"""Settings that a document, which may be anyone's, cannot make: where the machine's cache is."""


def no_such_key(key: str) -> str:
    """Return the sentence that tells of a key that ``\\pbfigure`` does not have."""
    from pbfigure.figure.nearest_name import nearest_name  # only where something is wrong

    return f"\\pbfigure has no key {key[:80]!r}{nearest_name(key, sorted(KNOWN))}"
