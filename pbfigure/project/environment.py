"""What is read from the environment: settings, the API key and the team's secret, and ``CI``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pbfigure.project.settings import Layer

if TYPE_CHECKING:  # where nothing changed, a build gets by without it
    from pbfigure.api.credential import Credential

PREFIX = "PAPERBANANA_"
API_KEY = "PAPERBANANA_API_KEY"
SHARED_SECRET = "PAPERBANANA_SHARED_SECRET"  # noqa: S105 - its name
SECRETS = (API_KEY, SHARED_SECRET)
"""Variables of the environment that are no settings."""


def environment_layer(environ: Mapping[str, str], folder: Path) -> Layer:
    """Return what the environment sets, other than to nothing; secrets are no settings."""
    names = (n for n in environ if n.startswith(PREFIX) and n not in SECRETS)
    values = {name.removeprefix(PREFIX).lower(): environ[name] for name in names}
    # CI sets missing variables to nothing; for figures_dir alone, nothing is a value: off
    values = {name: value for name, value in values.items() if value or name == "figures_dir"}
    return Layer(values, "the environment: PAPERBANANA_{}", folder, spell=str.upper)


def api_key(environ: Mapping[str, str]) -> Credential:
    """Return the team key. Raises :exc:`BadCredential` if none is set, or of another form."""
    from pbfigure.api.credential import Credential

    return Credential(environ.get(API_KEY, ""))


def shared_secret(environ: Mapping[str, str]) -> str:
    """Return the secret that signs objects in the team's store, or nothing."""
    return environ.get(SHARED_SECRET, "").strip()


def is_ci(environ: Mapping[str, str]) -> bool:
    """Whether this is a build of continuous integration: they all set ``CI``."""
    return environ.get("CI", "").lower() not in ("", "0", "false")
