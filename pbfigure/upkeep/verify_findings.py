"""A verification: its findings, each with its path and advice, and what it looks at everywhere."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pbfigure.figure.notice import FigureError
from pbfigure.store.errors import BadPicture, BadRecord
from pbfigure.store.files import TEMPORARY, read_bounded
from pbfigure.store.picture import Picture, glance
from pbfigure.store.record import RECORD_LIMIT, Record, read_record

STALE_AFTER = 3600.0
"""Seconds after which an unfinished file is abandoned: six times the longest download."""

Repair = Callable[[], object]
"""Repairs a fault; False, an ``OSError`` or a ``FigureError`` means that it failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or note."""

    kind: str
    """``record``, ``picture``, ``state``, ``journal``, ``ledger``, ``leftover`` or ``link``."""
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

    def link(self, path: Path, advice: str) -> None:
        """Add the fault that something is a link."""
        self.fault("link", path, "is a symbolic link, and not followed", advice)

    def record(self, path: Path, advice: str, repair: Repair | None = None) -> Record | None:
        """Return the record in a file; one that cannot be read is a fault."""
        try:
            return read_record(read_bounded(path, limit=RECORD_LIMIT))
        except (OSError, BadRecord) as error:
            text = f"the record cannot be read: {error}"
            self.fault("record", path, text, advice, repair)
            return None

    def picture(self, path: Path, sha256: str) -> Picture | str:
        """Return the picture in a file, and count it; if it is not that one, what is wrong."""
        try:
            real = glance(path)
        except OSError:
            return "the picture is missing"
        except BadPicture as error:
            return f"the picture is damaged: {error}"
        if real.sha256 != sha256:
            return "the picture is damaged: its bytes are not those that were bought"
        self.pictures += 1
        self.size += real.size
        return real

    def is_unfinished(self, path: Path, advice: str, repair: Repair) -> bool:
        """Whether a file is unfinished; an abandoned one is noted."""
        if not re.fullmatch(TEMPORARY, path.name):
            return False
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime > STALE_AFTER:
                text = "it was never finished: its writer was killed"
                self.note("leftover", path, text, advice, repair)
        return True

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
