"""What both front ends share: requests and their keys, the store, the API, the command.

Programs may use the names in ``__all__``; everything else is internal and may change at any time::

    from pbfigure import open_project, resolve

    project = open_project(Path("docs"))
    for figure in resolve(project, blocks, look_up_only=True).figures:
        print(figure.block.place, figure.state, figure.path)
    project.close()

``open_project`` and ``Project`` have the settings; ``project.figures`` and ``project.cache`` read
the two stores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pbfigure.figure.block import FigureBlock
    from pbfigure.figure.notice import FigureError, Notice, Place
    from pbfigure.figure.states import State
    from pbfigure.figure.surrounding_text import AutomaticText, WrittenText
    from pbfigure.project.project import Project, open_project
    from pbfigure.project.resolution import resolve
    from pbfigure.project.resolved_figure import Resolution, ResolvedFigure
    from pbfigure.project.settings import SETTINGS, SettingError, Settings
    from pbfigure.store.record import Record, StoredPicture

__version__ = "0.1.0"

_HOMES = {
    "pbfigure.figure.block": ("FigureBlock",),
    "pbfigure.figure.surrounding_text": ("AutomaticText", "WrittenText"),
    "pbfigure.figure.notice": ("FigureError", "Notice", "Place"),
    "pbfigure.figure.states": ("State",),
    "pbfigure.project.project": ("Project", "open_project"),
    "pbfigure.project.resolution": ("resolve",),
    "pbfigure.project.resolved_figure": ("Resolution", "ResolvedFigure"),
    "pbfigure.project.settings": ("SETTINGS", "SettingError", "Settings"),
    "pbfigure.store.record": ("Record", "StoredPicture"),
}
"""The modules of the public names: imported at first use, for latexmk waits for its hook."""

__all__ = [
    "SETTINGS",
    "AutomaticText",
    "FigureBlock",
    "FigureError",
    "Notice",
    "Place",
    "Project",
    "Record",
    "Resolution",
    "ResolvedFigure",
    "SettingError",
    "Settings",
    "State",
    "StoredPicture",
    "WrittenText",
    "open_project",
    "resolve",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'pbfigure' has no attribute {name!r}")
