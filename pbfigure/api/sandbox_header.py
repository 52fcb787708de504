"""Recognises the sandbox, by a header of its answers: what it draws are drafts."""

from __future__ import annotations

from collections.abc import Mapping

SANDBOX_HEADER = "X-PaperBanana-Sandbox"
"""Only the sandbox sends it."""


def is_of_sandbox(headers: Mapping[str, str]) -> bool:
    """Whether an answer with these headers is the sandbox's."""
    return SANDBOX_HEADER in headers
