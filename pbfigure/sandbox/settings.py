"""The service's settings, before it starts or while it runs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

SANDBOX_KEY = "sk-team-sandbox"
"""The sandbox's default team key; it is valid nowhere else."""


@dataclass(slots=True)
class Settings:
    """The settings; times are seconds of the service's clock."""

    credits: int = 12_000
    """Credits the team has left (section "Team Plans": Team Basic has 12,000 a year)."""
    keys: Sequence[str] = (SANDBOX_KEY,)
    """The valid team keys; all belong to one team."""
    latency: float = 3.0
    """Median time from a task's creation to its end."""
    latency_spread: float = 0.5
    """Sigma of the lognormal that latencies follow; 0 makes every task take the median."""
    seed: int = field(default_factory=lambda: secrets.randbits(32))
    """With a task's number it fixes its id, latency and pictures. Random in each run."""
    url_expiry: float | None = None
    """How long an image URL works; None: as long as the service runs."""
    ip_limit: int = 120
    """Requests a minute for each client address (section "Rate Limiting")."""
    key_limit: int = 60
    """Requests a minute for each key."""
    team_limit: int = 120
    """Requests a minute for the team: Team Basic 120, Team Pro 300."""

    def change(self, changes: dict[str, Any]) -> None:
        """Set some of them. Raises TypeError, and changes nothing, for an unknown name."""
        changed = replace(self, **changes)
        for each in fields(self):
            setattr(self, each.name, getattr(changed, each.name))

    def as_json(self) -> dict[str, Any]:
        """Return them as JSON values, without the keys themselves."""
        return asdict(self) | {"keys": len(self.keys)}
