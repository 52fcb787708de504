"""The project's settings as they are for one document: with what its ``\\pbsetup`` says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from latex_hook.tex.picture_map import FOLDER
from pbfigure.project.settings import Layer, Settings, environment_layer, gather, toml_layer


def settings_of(  # noqa: PLR0913, PLR0917
    setup: Mapping[str, str],
    main: Path,
    folder: Path,
    root: Path,
    environ: Mapping[str, str],
    given: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings: ``setup`` is what ``\\pbsetup`` says, ``given`` the command line's.

    Paths that the document names stay in ``root``. Raises :exc:`SettingError`.
    """
    layers = [
        Layer(given or {}, "the command line: {}", Path.cwd()),
        environment_layer(environ, folder),
        Layer(setup, f"{main.name}: \\pbsetup: {{}}", folder, within=root),
        toml_layer(folder),
    ]
    return gather(layers, figures_dir=folder / FOLDER)
