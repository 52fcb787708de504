"""The names of the journal's rows in the state database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """The names of one API's rows in the state database."""

    api: str

    @classmethod
    def of(cls, base_url: str) -> Rows:
        """Return the rows of the API at an address."""
        return cls(hashlib.sha256(base_url.encode()).hexdigest()[:8])

    def entry(self, key: str) -> str:
        """Return the row of a key's entry."""
        return f"journal:{self.api}:{key}"

    def task(self, task_id: str) -> str:
        """Return the row that claims a task for a key of this machine."""
        return f"task:{self.api}:{task_id}"

    def dropped(self, key: str) -> str:
        """Return the row that tells which order of a key its author gave up."""
        return f"dropped:{self.api}:{key}"

    @property
    def unanswered(self) -> str:
        """The row that lists the keys whose order has no answer yet."""
        return f"unanswered:{self.api}"
