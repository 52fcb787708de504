r"""The settings of a document: what ``\pbsetup`` says, the environment and the settings file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook.tex.picture_map import FOLDER
from pbfigure.project.environment import environment_layer
from pbfigure.project.settings import Layer, Settings, gather
from pbfigure.project.settings_file import toml_layer

if TYPE_CHECKING:
    from latex_hook.paper import Paper


def settings_of(paper: Paper) -> Settings:
    """Return the settings of a document. Raises :exc:`SettingError`."""
    layers = [
        Layer(paper.given, "the command line: {}", Path.cwd()),
        environment_layer(paper.environ, paper.folder),
        Layer(
            paper.requests.settings,
            f"{paper.main.name}: \\pbsetup: {{}}",
            paper.folder,
            within=paper.root,
        ),
        toml_layer(paper.folder),
    ]
    settings = gather(layers, figures_dir=paper.folder / FOLDER)
    # the text of a derived document is a part of the other one's, or marked up
    return settings.replace(on_text_change="keep") if paper.original else settings
