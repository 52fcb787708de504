"""Every setting, declared once: default, reader, help; and the layers that values come from.

Strongest first: the command line (Sphinx's ``-D``), the environment, the document's own
configuration (conf.py, ``\\pbsetup``), ``paperbanana.toml``, the default. A wrong value is one
error that names where it was written. The reference, the command's help and conf.py's values
come from these declarations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.figure.notice import FigureError
from pbfigure.project import setting_values as take

BASE_URL = "https://open.paper-banana.org/api/v1"
"""API reference, Base URL."""
_ADDRESSES = ("base_url", "shared_cache")
"""Settings in which somebody may have written a password."""


class SettingError(FigureError):
    """A setting that cannot be used; ``str`` names it, where it was written, and what it takes."""

    subtype = "setting"


class Setting:
    """The declaration of one setting, as a value of the class :class:`Settings`."""

    name: str
    shown_default: str
    """The default as a reader of the documentation sees it."""
    in_files: bool
    """Whether ``paperbanana.toml`` and ``\\pbsetup`` may set it: anyone may have written those."""

    def __init__(
        self,
        default: Any,  # noqa: ANN401
        read: take.Reader,
        help: str,
        *,
        shown: str = "",
        in_files: bool = True,
    ) -> None:
        self.default, self.read, self.help = default, read, help
        self.shown_default = shown or f"`{default}`"
        self.in_files = in_files

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class Layer(NamedTuple):
    """Values of one origin, strongest layer first in the list that :func:`gather` takes."""

    values: Mapping[str, Any]
    origin: str
    """With ``{}`` in the place of the setting's name: ``conf.py: paperbanana_{}``."""
    folder: Path
    """What its relative paths are relative to."""
    within: Path | None = None
    """The folder that its paths must stay in, if anyone may have written them."""
    spell: Callable[[str], str] = str
    """How a setting's name is written there."""

    def where(self, name: str) -> str:
        """Return what names a setting of this layer in a message."""
        return self.origin.format(self.spell(name))


_setting: Any = Setting
"""Typed as anything, so that each setting can have the type of its values."""


class Settings:
    """The settings of one build, read and checked; nothing changes them.

    No dataclass: making one of so many fields would take a tenth of the start of a build.
    """

    mode: str = _setting(
        "generate",
        take.choice("generate", "offline", "frozen"),
        "`generate`: make what is missing (without a key: warn, go on). `offline`: never touch the"
        " network. `frozen`: as offline, and fail the build, naming every missing figure and draft",
    )
    on_text_change: str = _setting(
        "keep",
        take.choice("keep", "regenerate"),
        "what to do if only the text around a figure changed: `keep` its picture, or `regenerate`",
    )
    on_failure: str = _setting(
        "warn",
        take.choice("warn", "error"),
        "`error`: fail the build if a figure could not be made",
    )
    max_credits: float | None = _setting(
        100.0,
        take.number,
        "the most that one build may spend: checked on the estimate, then on what tasks really"
        " cost. What is over it is *held* until you confirm `pbfigure make`. The sandbox's drafts"
        " do not count unless you set it",
        shown="100 (some 16 figures, about $8)",
    )
    max_credits_per_day: float | None = _setting(
        None,
        take.number,
        "the most that this project may spend on this machine from midnight to midnight, by the"
        " ledger (`pbfigure log`). What is over it is *held*, also by `pbfigure make`",
        shown="none",
    )
    on_save: str = _setting(
        "hold",
        take.choice("hold", "generate"),
        "rounds that a watcher starts (`latexmk -pvc` after its first): `hold` buys nothing new,"
        " `generate` does",
    )
    cache_dir: Path | None = _setting(
        None,
        take.path,
        "the machine's pictures, for all projects",
        shown="user cache folder",
        in_files=False,
    )
    figures_dir: Path | None = _setting(
        None,
        take.path,
        "the project's pictures, to be committed; empty: off",
        shown="`_paperbanana` beside conf.py, `paperbanana` beside the main .tex",
    )
    shared_cache: str | None = _setting(
        None,
        take.store_address,
        "a team's store, asked for what is missing here before it is bought: `s3://…`, `gs://…`,"
        " `az://…`, `file://…`, `http(s)://…` (docs/how-to/for-a-team.md)",
        shown="none",
        in_files=False,
    )
    shared_write: str = _setting(
        "all",
        take.choice("all", "ci", "none"),
        "who writes to the team's store: `all`, `ci` (where `CI` is set), or `none`",
        in_files=False,
    )
    base_url: str = _setting(
        BASE_URL, take.address, "the API's address", shown="the API's", in_files=False
    )
    requests_per_minute: int = _setting(
        60, take.count(1), "per key, shared by all builds on the machine"
    )
    task_timeout: float = _setting(
        900.0,
        take.seconds_over_0,
        "how long to wait for one picture; the next build fetches what is pending then",
        shown="900 s",
    )
    build_timeout: float | None = _setting(
        None, take.seconds_or_none, "how long one build may wait in all", shown="none"
    )
    retry_failed_after: float = _setting(
        86_400.0,
        take.seconds,
        "when builds order again what the service failed; 'pbfigure refresh' does at once",
        shown="1 day",
    )
    allow_drafts: bool = _setting(
        False, take.flag, "show the sandbox's drafts without a warning", shown="false"
    )
    require_approval: bool = _setting(
        False,
        take.flag,
        "mode `frozen` then fails on a picture that nobody approved (docs/how-to/reviewing.md)",
        shown="false",
    )
    label: bool = _setting(
        True,
        take.flag,
        "published copies of unmarked pictures say in XMP that they were made by generative AI"
        " (docs/how-to/provenance.md); marked ones are passed on byte for byte",
        shown="true",
    )
    html_max_width: int = _setting(
        0,
        take.count(0),
        "Sphinx, pages of HTML: a picture of more pixels is shown as a copy of so many, which is"
        " linked to the whole picture",
        shown="0 (off)",
    )
    require_alt: bool = _setting(
        False,
        take.flag,
        "Sphinx: warn (`paperbanana.alt`) of every figure without an `alt` of its own",
        shown="false",
    )
    check_ignore: tuple[str, ...] = _setting(
        (),
        take.names,
        "words in pictures that the figure check leaves alone (docs/how-to/checking.md)",
        shown="none",
    )
    check_min_pt: float | None = _setting(
        6.0, take.number, "the smallest text of a picture in print, in points", shown="6"
    )
    check_min_px: float | None = _setting(
        9.0, take.number, "the smallest text of a picture on a page of HTML, in pixels", shown="9"
    )
    translate: bool = _setting(
        False,
        take.flag,
        "Sphinx: a translated build has pictures of its own, drawn from the translated prompt and"
        " text; a figure whose prompt is not translated shows the picture of the source. A figure's"
        " `translate` decides for it alone",
        shown="false",
    )
    picture_builders: tuple[str, ...] = _setting(
        ("docx", "markdown", "pseudoxml", "rst", "xml"),
        take.names,
        "Sphinx: builders for which pictures are bought though they list no image types",
        shown="`docx markdown pseudoxml rst xml`",
    )
    style: str | None = _setting(
        None,
        take.style,
        "a sentence that is appended to the prompt of every figure when it is sent, so that they"
        " look alike; a figure's `style` replaces it, `none` leaves it out",
        shown="none",
    )
    defaults: Mapping[str, str] = _setting(
        {}, take.defaults, 'request options for every figure they apply to: `{"resolution": "2K"}`'
    )

    def __init__(self, **given: Any) -> None:  # noqa: ANN401
        vars(self).update({name: each.default for name, each in SETTINGS.items()} | given)

    def replace(self, **changes: Any) -> Settings:  # noqa: ANN401
        """Return the settings with some of them changed."""
        return Settings(**vars(self) | changes)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings do not change: {name}")

    def __repr__(self) -> str:
        return f"Settings({vars(self)})"


SETTINGS = {name: vars(Settings)[name] for name in Settings.__annotations__}
"""Every declaration, by name."""


def gather(given: Iterable[Layer | None], *, figures_dir: Path) -> Settings:
    """Read the settings from their layers, strongest first; ``figures_dir`` is its default.

    Raises :exc:`SettingError` for an unknown name or an unreadable value.
    """
    layers = [layer for layer in given if layer is not None]
    for layer in layers:
        for name in layer.values:
            if name not in SETTINGS:
                from pbfigure.figure.nearest_name import nearest_name

                hint, shown = nearest_name(name, SETTINGS), _without_key(name[:80])
                raise SettingError(f"{layer.where(shown)}: there is no such setting{hint}")
            if layer.within is not None and not SETTINGS[name].in_files:
                raise SettingError(
                    f"{layer.where(name)}: a document's own files cannot set it; use the"
                    " environment, the command line or conf.py"
                )
    values: dict[str, Any] = {"figures_dir": figures_dir}
    for layer in reversed(layers):
        for name, value in layer.values.items():
            try:
                read = SETTINGS[name].read(value)
                if isinstance(read, Path):
                    read = take.path_within(read, layer.folder, layer.within)
                values[name] = read
            except ValueError as error:
                wrong = _without_key(f"{_shown(name, value)[:80]!r} is not {error}")
                raise SettingError(f"{layer.where(name)}: {wrong}") from None
    if "max_credits" not in values and values.get("base_url", BASE_URL).startswith("http:"):
        values["max_credits"] = None  # the sandbox: its drafts cost nothing
    if style := values.get("style"):
        values["defaults"] = {**values.get("defaults", {}), "style": style}
    return Settings(**values)


def _without_key(text: str) -> str:
    """Return a text without what may be a key that was written in the wrong place."""
    return re.sub(r"\bsk-[\x21-\x7e]*", "sk-team-…", text)


def _shown(name: str, value: Any) -> str:  # noqa: ANN401
    """Return a value as a message shows it."""
    if name in _ADDRESSES:
        from pbfigure.figure.public_url import without_secrets

        return without_secrets(str(value))
    return str(value)
