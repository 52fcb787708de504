"""What a verification finds: faults and notes, each with its path and what to do."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pbfigure.figure.notice import FigureError

Mend = Callable[[], object]
"""Mends a fault; False, or an ``OSError`` or error of ours, is that it could not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    kind: str
    """``record``, ``picture``, ``state``, ``journal``, ``claims``, ``leftover``, ``stray`` or
    ``link``."""
    path: str
    text: str
    """What is the matter."""
    advice: str
    """What to do about it."""
    is_fault: bool
    """Whether it counts: a note is worth knowing, and no more."""
    mended: bool = False


@dataclass(slots=True)
class Verification:
    """The findings of one verification, and what was looked at."""

    repair: bool = False
    findings: list[Finding] = field(default_factory=list)
    records: int = 0
    pictures: int = 0
    size: int = 0
    """Bytes of the pictures."""
    orders: int = 0
    """Journal entries."""

    @property
    def faults_left(self) -> int:
        """How many faults were not mended."""
        return sum(finding.is_fault and not finding.mended for finding in self.findings)

    @property
    def mended(self) -> int:
        """How much was mended."""
        return sum(finding.mended for finding in self.findings)

    def fault(
        self, kind: str, path: Path, text: str, advice: str, mend: Mend | None = None
    ) -> None:
        """Add a fault; mend it if that is wanted and can be done."""
        self._add(Finding(kind, os.fspath(path), text, advice, is_fault=True), mend)

    def note(self, kind: str, path: Path, text: str, advice: str, mend: Mend | None = None) -> None:
        """Add what is no fault, but worth knowing, or worth tidying up."""
        self._add(Finding(kind, os.fspath(path), text, advice, is_fault=False), mend)

    def as_json(self) -> dict[str, Any]:
        """The whole verification as a JSON document."""
        return {
            "records": self.records,
            "pictures": self.pictures,
            "bytes": self.size,
            "orders": self.orders,
            "faults_left": self.faults_left,
            "mended": self.mended,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def _add(self, finding: Finding, mend: Mend | None) -> None:
        mended = False
        if self.repair and mend is not None:
            with contextlib.suppress(OSError, FigureError):
                mended = mend() is not False
        path, text, advice = map(escaped, (finding.path, finding.text, finding.advice))
        self.findings.append(replace(finding, path=path, text=text, advice=advice, mended=mended))


def escaped(text: str) -> str:
    """Return text that anyone may have written, fit for a terminal and for JSON."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
