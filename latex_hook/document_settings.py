"""The project's settings as they are for one document: with what its ``\\pbsetup`` says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from latex_hook.sources.scan import Scan
from latex_hook.tex.picture_map import FOLDER
from pbfigure.project.settings import (
    Layer,
    SettingError,
    Settings,
    environment_layer,
    gather,
    toml_layer,
)


def settings_of(
    found: Scan,
    main: Path,
    folder: Path,
    environ: Mapping[str, str],
    given: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings; ``given`` are the command line's. Raises :exc:`SettingError`."""
    if "cache_dir" in found.settings:
        raise SettingError(
            f"{main.name}: \\pbsetup: cache-dir: a document cannot say where this machine's"
            " cache is; set the environment variable PAPERBANANA_CACHE_DIR instead"
        )
    layers = [
        Layer(given or {}, "the command line: {}", Path.cwd()),
        environment_layer(environ, folder),
        Layer(
            found.settings,
            f"{main.name}: \\pbsetup: {{}}",
            folder,
            within=found.document.root,
        ),
    ]
    toml = toml_layer(folder)
    return gather(
        [*layers, *([toml] if toml else [])],
        figures_dir=folder / FOLDER,
    )
