"""How an answer of the sandbox is recognised: its pictures are drafts, and records say so."""

from __future__ import annotations

from collections.abc import Container

SANDBOX_HEADER = "X-PaperBanana-Sandbox"
"""Only the sandbox sends it."""


def is_sandbox(headers: Container[str]) -> bool:
    """Whether the answer with these headers comes from the sandbox."""
    return SANDBOX_HEADER in headers
