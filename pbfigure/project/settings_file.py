"""The file ``paperbanana.toml``: where it is looked for, and what it sets."""

from __future__ import annotations

from pathlib import Path

from pbfigure.project.environment import API_KEY
from pbfigure.project.repository import nearest_file, root_of_own
from pbfigure.project.settings import Layer, SettingError

NAME = "paperbanana.toml"


def toml_layer(beside: Path) -> Layer | None:
    """Return what the nearest ``paperbanana.toml`` sets, from ``beside`` up to the repository's
    root, or None if there is no such file. Raises :exc:`SettingError`.
    """
    path = nearest_file(NAME, beside)
    if path is None:
        return None
    from pbfigure.figure.input_limits import TOML_LIMIT, parsed_toml  # most projects have none
    from pbfigure.store.files import read_bounded

    try:
        values = parsed_toml(read_bounded(path, limit=TOML_LIMIT))
    except (OSError, ValueError) as error:
        raise SettingError(f"{path}: cannot be read ({error})") from None
    for name in {"api_key", "key"} & values.keys():
        raise SettingError(f"{path}: {name}: the key comes from {API_KEY} alone; remove it here")
    origin = str(path).replace("{", "{{").replace("}", "}}")
    return Layer(values, origin + ": {}", path.parent, within=root_of_own(path.parent))
