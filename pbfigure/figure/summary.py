"""The summary of a request, as records keep it: its options as words, and comparing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NO_OPTIONS = ("prompt", "options", "style", "revise", "base", "scene")
"""Parts of a request that are shown separately, or that follow from an option."""


def options_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return the options of a request and their values, in words; those without a value are
    left out.
    """
    options = summary.get("options")
    flat = {**summary, **(options if isinstance(options, dict) else {})}
    return {
        name: " ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in flat.items()
        if name not in _NO_OPTIONS and value not in (None, "", [])
    }


def same_but_variant(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two requests differ in nothing but the variant."""
    return {**one, "variant": 0} == {**other, "variant": 0}
