"""Recognises the sandbox by a response header: its pictures are recorded as drafts."""

from __future__ import annotations

from collections.abc import Container

SANDBOX_HEADER = "X-PaperBanana-Sandbox"
"""Only the sandbox sends it."""


def is_sandbox(headers: Container[str]) -> bool:
    """Whether a response with these headers comes from the sandbox."""
    return SANDBOX_HEADER in headers
