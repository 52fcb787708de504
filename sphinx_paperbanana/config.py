"""The settings as conf.py values, and the project that they describe."""

from __future__ import annotations

import os
from bdb import BdbQuit
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError
from sphinx.util import logging

from pbfigure.figure.notice import FigureError
from pbfigure.figure.unexpected import boundary
from pbfigure.project.environment import environment_layer
from pbfigure.project.repository import FIGURES_DIRS, repository_of
from pbfigure.project.settings import SETTINGS, Layer, gather
from pbfigure.project.settings_file import toml_layer

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from pbfigure.project.project import Project
    from pbfigure.project.settings import Settings

logger = logging.getLogger(__name__)

PREFIX = "paperbanana_"
FIGURES_DIR = FIGURES_DIRS[0]
MEMO = "paperbanana-seen.json"


class SettingsRefused(ConfigError, BdbQuit):
    """The settings cannot be used, and an ERROR line has said so.

    Sphinx ends with status 2 and prints a page about any error but a ``BdbQuit``: where its
    traceback is, who to report it to. The author needs the one line alone.
    """


def add_settings(app: Sphinx) -> None:
    """Declare a conf.py value for every setting, None while it is not set.

    None of them has a page read again: prompts and options are kept as written, and read with
    the settings of the day.
    """
    for setting in SETTINGS.values():
        app.add_config_value(PREFIX + setting.name, None, "", description=setting.help)


def check_settings(app: Sphinx, config: Config) -> None:
    """Refuse a key in conf.py, an unknown setting, and a value that cannot be read.

    Raises :exc:`SettingsRefused`.
    """
    try:
        _check_names(config)
        figures_dir = read_settings(app).figures_dir
    except ConfigError as error:
        logger.error("paperbanana: %s", error)
        raise SettingsRefused(str(error)) from None
    is_default = figures_dir == Path(app.srcdir, FIGURES_DIR)
    if is_default and isinstance(config.exclude_patterns, list | tuple):  # else Sphinx tells of it
        # no page is looked for among the pictures: in a large project that takes time
        config.exclude_patterns = [*config.exclude_patterns, FIGURES_DIR]


def _check_names(config: Config) -> None:
    # not declared: Sphinx shows every declared value where it is asked to be verbose
    for name, what in (("api_key", "key"), ("shared_secret", "secret")):
        if PREFIX + name in (*config._raw_config, *config.overrides):
            raise ConfigError(
                f"{PREFIX}{name} is refused: Sphinx stores every value of conf.py in its build"
                f" folder, which is published. Remove it, make a new {what} if this one was ever"
                " built or committed, and set the environment variable"
                f" {(PREFIX + name).upper()} instead"
            )
    known = {PREFIX + name for name in SETTINGS}
    for name in [*config._raw_config, *config.overrides]:
        if str(name).startswith(PREFIX) and name not in known:
            from pbfigure.figure.nearest_name import nearest_name

            raise ConfigError(f"{name}: there is no such setting{nearest_name(str(name), known)}")


def open_project(app: Sphinx, *, mode: str | None = None) -> Project:
    """Return the project of a build; see :func:`read_settings`."""
    from pbfigure.project.project import Project

    settings = read_settings(app, mode=mode)
    confdir, srcdir = Path(app.confdir), Path(app.srcdir)
    foreign = _is_another_checkout(srcdir, confdir)
    figures = settings.figures_dir
    return Project(
        srcdir if foreign else confdir,
        settings,
        os.environ,
        Path(app.doctreedir) / MEMO,
        # what is bought for another checkout's sources never enters the figures of this one
        keeps_figures=not (foreign and figures and figures.is_relative_to(confdir)),
        build=app.builder.name,
    )


def read_settings(app: Sphinx, *, mode: str | None = None) -> Settings:
    """Return the settings of a build, read from all their layers.

    ``mode`` is stronger than all of them: a plan never generates. Raises :exc:`ConfigError`.
    """
    config = app.config
    confdir, here = Path(app.confdir), Path.cwd()
    written = {name: config[PREFIX + name] for name in SETTINGS}
    forced = {name: value for name, value in written.items() if PREFIX + name in config.overrides}
    in_conf_py = {
        name: value for name, value in written.items() if value is not None and name not in forced
    }
    if mode is not None:
        forced["mode"] = mode
    layers: list[Layer | None] = [
        Layer(forced, "-D paperbanana_{}", here),
        environment_layer(os.environ, here),
        Layer(in_conf_py, "conf.py: paperbanana_{}", confdir),
    ]
    try:
        with boundary():
            layers.append(toml_layer(confdir))
            settings = gather(layers, figures_dir=confdir / FIGURES_DIR)
    except FigureError as error:
        raise ConfigError(str(error)) from None
    if any(layer and "figures_dir" in layer.values for layer in layers[:2]):
        return settings  # of the command line or the environment: of this very build
    folder = _of_sources(settings.figures_dir, Path(app.srcdir), confdir)
    return settings.replace(figures_dir=folder)


def _of_sources(figures: Path | None, srcdir: Path, confdir: Path) -> Path | None:
    """Return the folder of figures that is committed with the sources, if there is one.

    With ``sphinx-build -c``, one conf.py builds the sources of several checkouts.
    """
    if figures is None or not figures.is_relative_to(confdir):
        return figures
    beside_sources = srcdir / figures.relative_to(confdir)
    is_there = os.path.isdir(beside_sources)  # noqa: PTH112 - is_dir() raises for some names
    return beside_sources if is_there else figures


def _is_another_checkout(srcdir: Path, confdir: Path) -> bool:
    """Whether the sources are another version of the project that conf.py is of."""
    if srcdir == confdir:
        return False
    if (srcdir / "conf.py").is_file():
        return True
    return not srcdir.is_relative_to(confdir) and repository_of(srcdir) != repository_of(confdir)
