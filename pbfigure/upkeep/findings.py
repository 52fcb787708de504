"""The findings of a verification: faults and notes, each with its path and advice."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pbfigure.figure.notice import FigureError

Repair = Callable[[], object]
"""Repairs a fault; False, an ``OSError`` or a ``FigureError`` means that it failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or note."""

    kind: str
    """``record``, ``picture``, ``state``, ``journal``, ``ledger``, ``leftover``,
    ``stray`` or ``link``."""
    path: str
    text: str
    """What is wrong."""
    advice: str
    """What to do about it."""
    is_fault: bool
    """Whether it is a fault; otherwise it is a note."""
    repaired: bool = False


@dataclass(slots=True)
class Verification:
    """The findings of one verification, and what it checked."""

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
        """How many faults were not repaired."""
        return sum(finding.is_fault and not finding.repaired for finding in self.findings)

    @property
    def repaired(self) -> int:
        """How many findings were repaired."""
        return sum(finding.repaired for finding in self.findings)

    def fault(
        self, kind: str, path: Path, text: str, advice: str, repair: Repair | None = None
    ) -> None:
        """Add a fault; repair it if requested and possible."""
        self._add(Finding(kind, os.fspath(path), text, advice, is_fault=True), repair)

    def note(
        self, kind: str, path: Path, text: str, advice: str, repair: Repair | None = None
    ) -> None:
        """Add a note: no fault, but worth knowing or cleaning up."""
        self._add(Finding(kind, os.fspath(path), text, advice, is_fault=False), repair)

    def as_json(self) -> dict[str, Any]:
        """The whole verification as a JSON document."""
        return {
            "records": self.records,
            "pictures": self.pictures,
            "bytes": self.size,
            "orders": self.orders,
            "faults_left": self.faults_left,
            "repaired": self.repaired,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def _add(self, finding: Finding, repair: Repair | None) -> None:
        repaired = False
        if self.repair and repair is not None:
            with contextlib.suppress(OSError, FigureError):
                repaired = repair() is not False
        self.findings.append(replace(finding, repaired=repaired))
