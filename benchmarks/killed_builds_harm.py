"""What goes wrong while builds are killed: the service's faults, and harm to the state database."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from sandbox_process import SandboxProcess

FAULTS: list[tuple[str, float, dict[str, object]]] = [
    ("generate", 0.06, {"fault": "drop_after"}),
    ("generate", 0.03, {"fault": "drop_after", "reset": True}),
    ("generate", 0.04, {"fault": "late", "seconds": 30}),
    ("generate", 0.03, {"fault": "drop_before", "reset": True}),
    ("generate", 0.03, {"fault": "status", "status": 500}),
    ("generate", 0.03, {"fault": "status", "status": 503, "after": True}),
    ("generate", 0.03, {"fault": "status", "status": 429, "retry_after": 2}),
    ("tasks", 0.04, {"fault": "status", "status": 503, "retry_after": 2}),
    ("tasks", 0.04, {"fault": "drop_before", "reset": True}),
    ("tasks", 0.04, {"fault": "unordered"}),
    ("task", 0.05, {"fault": "broken_json"}),
    ("task", 0.05, {"fault": "status", "status": 429, "retry_after": 1}),
    ("download", 0.08, {"fault": "truncated"}),
    ("download", 0.05, {"fault": "corrupt"}),
    ("download", 0.05, {"fault": "drop_before", "reset": True}),
]
"""Endpoint, share of its calls, and what goes wrong with them."""


def spread(sandbox: SandboxProcess, chance: random.Random) -> None:
    """Order the faults, each for its share of the calls to come, and one for a call at the most:
    the API's own error ends a request, so a late task and such an answer exclude each other.
    """
    calls: dict[int, list[int]] = {number: [] for number in range(len(FAULTS))}
    for endpoint in sorted({endpoint for endpoint, _, _ in FAULTS}):
        own = [number for number, fault in enumerate(FAULTS) if fault[0] == endpoint]
        shares = [FAULTS[number][1] for number in own]
        for call in range(1, 20_000):
            [hit] = chance.choices([*own, None], [*shares, 1 - sum(shares)])
            if hit is not None:
                calls[hit].append(call)
    for number, (endpoint, _, fault) in enumerate(FAULTS):
        sandbox.order(endpoint=endpoint, calls=calls[number], **fault)


class StateHarm:
    """The state database, and what happens to it."""

    def __init__(self, folder: Path, chance: random.Random, counts: Counter[str]) -> None:
        self._folder = folder
        self._chance = chance
        self._counts = counts
        self._copies: list[Path] = []

    def harm(self, when: str) -> None:
        """Copy the database, or do it some harm."""
        harms = {
            "copied": self._copy,
            "cut to nothing": self._truncate,
            "removed": self._remove,
            "replaced by an older copy": self._restore,
        }
        how = self._chance.choices(list(harms), [2, 1, 1, 2])[0]
        with suppress(OSError, sqlite3.Error):  # builds use it at the same time
            harms[how]()
            self._counts[f"state {how}" + ("" if how == "copied" else f" {when}")] += 1

    def _copy(self) -> None:
        copy = self._folder.parents[2] / f"copy-{len(self._copies)}.db"
        source = sqlite3.connect(f"{(self._folder / 'cache.db').as_uri()}?mode=ro", uri=True)
        target = sqlite3.connect(copy)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
        self._copies.append(copy)

    def _truncate(self) -> None:
        os.truncate(self._folder / "cache.db", 0)

    def _remove(self) -> None:
        self._folder.rename(self._folder.parents[2] / f"gone-{time.monotonic_ns()}")

    def _restore(self) -> None:
        if not self._copies:
            raise FileNotFoundError
        self._remove()
        self._folder.mkdir()
        shutil.copyfile(self._chance.choice(self._copies), self._folder / "copying")
        (self._folder / "copying").rename(self._folder / "cache.db")
