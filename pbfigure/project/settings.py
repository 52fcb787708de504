"""Every setting, declared once: name, reader, default, help; and the layers they come from.

Strongest first: the command line (Sphinx's ``-D``), the environment, the document's own
configuration (conf.py, ``\\pbsetup``), ``paperbanana.toml``, the default. A wrong value is one
error that names where it was written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pbfigure.figure.notice import FigureError
from pbfigure.figure.options import OptionError, nearest_name
from pbfigure.figure.public_url import without_secrets
from pbfigure.project.repository import nearest_file, repository_of
from pbfigure.store.files import read_bounded

BASE_URL = "https://open.paper-banana.org/api/v1"
"""API reference, Base URL."""
TOML_NAME = "paperbanana.toml"
TOML_LIMIT = 1_000_000
"""Bytes."""
ENVIRONMENT_PREFIX = "PAPERBANANA_"
API_KEY = "PAPERBANANA_API_KEY"


class SettingError(FigureError):
    """A setting that cannot be used; ``str`` names it, where it was written, and what it takes."""

    subtype = "setting"


Reader = Callable[[Any, Path], Any]
"""Reads a value as written, and the folder it is relative to. Raises ``ValueError`` with what the
setting takes."""


class Setting(NamedTuple):
    """One setting."""

    name: str
    read: Reader
    default: Any
    help: str
    in_toml: bool = True


class Layer(NamedTuple):
    """Values of one origin, strongest layer first in the list that :func:`gather` takes."""

    values: Mapping[str, Any]
    origin: str
    """With ``{}`` where the setting's name goes: ``conf.py: paperbanana_{}``."""
    folder: Path
    """What its relative paths are relative to."""
    within: Path | None = None
    """The folder that its paths must stay in, where a stranger may have written them."""
    spell: Callable[[str], str] = str
    """How a setting's name is written there."""

    def where(self, name: str) -> str:
        """Return what names a setting of this layer in a message."""
        return self.origin.format(self.spell(name))


class Settings(NamedTuple):
    """The settings of one build, read and checked."""

    mode: str
    on_text_change: str
    on_failure: str
    max_credits: float | None
    cache_dir: Path | None
    """None: the user's cache folder."""
    figures_dir: Path | None
    """None: off."""
    base_url: str
    requests_per_minute: int
    task_timeout: float
    build_timeout: float | None
    retry_failed_after: float
    allow_drafts: bool
    require_alt: bool
    picture_builders: tuple[str, ...]
    defaults: Mapping[str, str]


def _choice(*choices: str) -> Reader:
    def read(value: Any, folder: Path) -> str:  # noqa: ANN401
        if value not in choices:
            close = nearest_name(str(value), choices)
            raise ValueError(f"one of {', '.join(choices)}{close}")
        return str(value)

    return read


def _is_none(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in ("", "none"))


def _number(value: Any, folder: Path) -> float | None:  # noqa: ANN401
    if _is_none(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not 0 <= number < 1e9:
        raise ValueError("a number from 0 on, or none")
    return number


def _count(value: Any, folder: Path) -> int:  # noqa: ANN401
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise ValueError("a whole number from 1 on")
    return int(text)


_UNITS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_UNITS |= {"d": 86_400, "day": 86_400, "week": 604_800}


def _seconds(value: Any, folder: Path) -> float:  # noqa: ANN401
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)", str(value).strip().lower())
    unit = match[2] if match else "?"
    factor = _UNITS.get(unit or "s") or _UNITS.get(unit.removesuffix("s"))
    if match is None or factor is None or isinstance(value, bool):
        raise ValueError("a time such as 900, '15 min' or '1 day'")
    return float(match[1]) * factor


def _seconds_or_none(value: Any, folder: Path) -> float | None:  # noqa: ANN401
    return None if _is_none(value) else _seconds(value, folder)


def _flag(value: Any, folder: Path) -> bool:  # noqa: ANN401
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("true or false")


def _path(value: Any, folder: Path) -> Path | None:  # noqa: ANN401
    if _is_none(value):
        return None
    text = str(value)
    if "\0" in text:
        raise ValueError("a path")
    return (folder / Path(text).expanduser()).absolute()


def _names(value: Any, folder: Path) -> tuple[str, ...]:  # noqa: ANN401
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError("a list of names")
    return tuple(names)


def _defaults(value: Any, folder: Path) -> dict[str, str]:  # noqa: ANN401
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("{") else _pairs(value)
        except ValueError:
            raise ValueError('options such as {"resolution": "2K"} or resolution=2K') from None
    if not isinstance(value, Mapping):
        raise ValueError('options such as {"resolution": "2K"}')
    from pbfigure.figure.figure import check_defaults  # only where there are any

    options = {
        str(name).replace("_", "-"): str(option).lower() if option in (True, False) else str(option)
        for name, option in value.items()
    }
    try:
        check_defaults(options)
    except OptionError as error:
        raise ValueError(f"a set of request options: {error}") from None
    return options


def _pairs(text: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in text.split()]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError
    return {name: value for name, _, value in pairs}


def _base_url(value: Any, folder: Path) -> str:  # noqa: ANN401
    from pbfigure.api.loopback import is_loopback

    wanted = "an https:// address; http:// only to this machine (127.0.0.1, localhost)"
    text = str(value).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(wanted) from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("an address without user name, password, query or fragment")
    local = parts.scheme == "http" and is_loopback(host)
    if not host or re.search(r"\s", text) or not (parts.scheme == "https" or local):
        raise ValueError(wanted)
    return text


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "mode",
            _choice("generate", "offline", "frozen"),
            "generate",
            "generate what is missing; offline: never touch the network; frozen: as offline, and"
            " fail the build where a figure is missing",
        ),
        Setting(
            "on_text_change",
            _choice("keep", "regenerate"),
            "keep",
            "what to do when only the text around a figure changed",
        ),
        Setting(
            "on_failure",
            _choice("warn", "error"),
            "warn",
            "error: fail the build where a figure could not be made",
        ),
        Setting("max_credits", _number, None, "the most credits that one build may spend"),
        Setting(
            "cache_dir",
            _path,
            None,
            "the machine's cache of pictures, for all projects",
            in_toml=False,
        ),
        Setting(
            "figures_dir", _path, None, "the project's own figures, to be committed; empty: off"
        ),
        Setting("base_url", _base_url, BASE_URL, "the API's address", in_toml=False),
        Setting("requests_per_minute", _count, 60, "the API's limit for a key"),
        Setting("task_timeout", _seconds, 900.0, "how long to wait for one picture"),
        Setting("build_timeout", _seconds_or_none, None, "how long one build may wait in all"),
        Setting(
            "retry_failed_after", _seconds, 86_400.0, "when to try again what the service failed"
        ),
        Setting("allow_drafts", _flag, False, "show the sandbox's drafts without a warning"),
        Setting(
            "require_alt", _flag, False, "warn of Sphinx figures without an `alt` of their own"
        ),
        Setting(
            "picture_builders",
            _names,
            ("docx", "markdown", "pseudoxml", "rst", "xml"),
            "Sphinx builders that list no image types, and that pictures are bought for",
        ),
        Setting("defaults", _defaults, {}, "request options for every figure they apply to"),
    )
}
"""Every setting, by name."""


def gather(layers: list[Layer], *, figures_dir: Path) -> Settings:
    """Read the settings from their layers, strongest first; ``figures_dir`` is its default.

    Raises :exc:`SettingError` for a name that is none and for a value that cannot be read.
    """
    for layer in layers:
        for name in layer.values:
            if name not in SETTINGS:
                raise SettingError(
                    f"{layer.where(name)}: there is no such setting{nearest_name(name, SETTINGS)}"
                )
    values: dict[str, Any] = {name: setting.default for name, setting in SETTINGS.items()}
    values["figures_dir"] = figures_dir
    for layer in reversed(layers):
        for name, value in layer.values.items():
            try:
                values[name] = _inside(SETTINGS[name].read(value, layer.folder), layer)
            except ValueError as error:
                shown = without_secrets(str(value)) if name == "base_url" else str(value)
                told = f"{layer.where(name)}: {shown[:80]!r} is not {error}"
                raise SettingError(_KEY.sub("sk-team-…", told)) from None
    return Settings(**values)


_KEY = re.compile(r"\bsk-[\x21-\x7e]*")
"""What may be a key that was written in the wrong place: no message repeats it."""


def _inside(value: Any, layer: Layer) -> Any:  # noqa: ANN401
    if layer.within is None or not isinstance(value, Path):
        return value
    if not value.resolve().is_relative_to(layer.within.resolve()):
        raise ValueError(f"a path within {layer.within}; the environment may name another")
    return value


def environment_layer(environ: Mapping[str, str], folder: Path) -> Layer:
    """Return what the environment sets, other than to nothing; the key is no setting."""
    names = (name for name in environ if name.startswith(ENVIRONMENT_PREFIX) and name != API_KEY)
    values = {name.removeprefix(ENVIRONMENT_PREFIX).lower(): environ[name] for name in names}
    # CI sets what is not set to nothing; for figures_dir alone that is a value, "off"
    values = {name: value for name, value in values.items() if value or name == "figures_dir"}
    return Layer(values, "the environment: PAPERBANANA_{}", folder, spell=str.upper)


def toml_layer(beside: Path) -> Layer | None:
    """Return what the nearest ``paperbanana.toml`` sets, from ``beside`` up to the repository's
    root, or None where there is none. Raises :exc:`SettingError`.
    """
    path = nearest_file(TOML_NAME, beside)
    return None if path is None else _read_toml(path, repository_of(beside))


def _read_toml(path: Path, repository: Path) -> Layer:
    import tomllib  # only where there is such a file

    try:
        values = tomllib.loads(read_bounded(path, limit=TOML_LIMIT).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise SettingError(f"{path}: cannot be read ({error})") from None
    for name in values:
        if name in ("api_key", "key"):
            raise SettingError(
                f"{path}: {name}: the key comes from {API_KEY} alone; remove it here"
            )
        if name in SETTINGS and not SETTINGS[name].in_toml:
            raise SettingError(
                f"{path}: {name}: a committed file cannot set it; use the environment, the command"
                " line or conf.py"
            )
    origin = str(path).replace("{", "{{").replace("}", "}}")
    return Layer(values, origin + ": {}", path.parent, within=repository)
