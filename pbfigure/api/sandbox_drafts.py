"""Recognises drafts: what the sandbox draws, and no figure keeps once a real key is set."""

from __future__ import annotations

from collections.abc import Container

HEADER = "X-PaperBanana-Sandbox"
"""Only the sandbox sends it."""


def are_drafts(headers: Container[str]) -> bool:
    """Whether an answer with these headers is the sandbox's."""
    return HEADER in headers
