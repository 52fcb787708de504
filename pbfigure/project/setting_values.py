"""Readers of settings: each takes a value as written in any layer, and returns it checked.

A reader raises ``ValueError`` with what the setting takes. It imports what it needs: most builds
set little.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pbfigure.project.repository import is_own

Reader = Callable[[Any], Any]
"""Reads a value as written."""


def choice(*choices: str) -> Reader:
    """Return the reader of one of several words."""

    def read(value: Any) -> str:  # noqa: ANN401
        if value not in choices:
            from pbfigure.figure.nearest_name import nearest_name

            close = nearest_name(str(value), choices)
            raise ValueError(f"one of {', '.join(choices)}{close}")
        return str(value)

    return read


def _is_none(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in ("", "none"))


def number(value: Any) -> float | None:  # noqa: ANN401
    """Read a number from 0 on, or none."""
    if _is_none(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not 0 <= number <= 999_999_999:
        raise ValueError("a number from 0 to 999,999,999, or none")
    return number


def count(least: int) -> Reader:
    """Return the reader of a whole number from ``least`` on."""

    def read(value: Any) -> int:  # noqa: ANN401
        text = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < least:
            raise ValueError(f"a whole number from {least} to 999,999")
        return int(text)

    return read


_UNITS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_UNITS |= {"d": 86_400, "day": 86_400, "week": 604_800}


def seconds(value: Any) -> float:  # noqa: ANN401
    """Read a time, with or without a unit, in seconds."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]*)", str(value).strip().lower())
    unit = match[2] if match else "?"
    factor = _UNITS.get(unit or "s") or _UNITS.get(unit.removesuffix("s"))
    number = float(match[1]) * factor if match and factor else math.inf
    if isinstance(value, bool) or number >= 1e9:  # thirty years; no clock waits much longer
        raise ValueError("a time such as 900, '15 min' or '1 day'")
    return number


def seconds_over_0(value: Any) -> float:  # noqa: ANN401
    """Read a time that is not nothing, in seconds."""
    number = seconds(value)
    if not number:
        raise ValueError("a time over 0, such as 900, '15 min' or '1 day'")
    return number


def seconds_or_none(value: Any) -> float | None:  # noqa: ANN401
    """Read a time, or none."""
    return None if _is_none(value) else seconds(value)


def flag(value: Any) -> bool:  # noqa: ANN401
    """Read true or false."""
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("true or false")


def path(value: Any) -> Path | None:  # noqa: ANN401
    """Read a path, or none; it may be relative."""
    from pbfigure.figure.input_limits import NAME_LIMIT

    if _is_none(value):
        return None
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str) or "\0" in text or len(text) > NAME_LIMIT:
        raise ValueError("a path")
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home of a user who does not exist
        raise ValueError("a path") from None


def path_within(value: Path, folder: Path, within: Path | None) -> Path:
    """Return a path from ``folder`` on; whoever is trusted with ``within`` alone names no other."""
    value = (folder / value).absolute()
    try:
        is_allowed = within is None or is_own(value.resolve(), within.resolve())
    except (OSError, RuntimeError):  # links in a circle
        is_allowed = False
    if not is_allowed:
        raise ValueError(
            f"a path within {within} that is not hidden there; the environment may name another"
        )
    return value


def style(value: Any) -> str | None:  # noqa: ANN401
    """Read a sentence for prompts, or none."""
    if _is_none(value):
        return None
    if not isinstance(value, str):
        raise ValueError("a sentence, or none")
    from pbfigure.figure.options import style_of
    from pbfigure.figure.surrounding_text import PROMPT_LIMIT

    if len(value) >= PROMPT_LIMIT:  # with it, no figure's prompt is within the limit
        raise ValueError(f"a sentence of fewer than {PROMPT_LIMIT:,} characters, or none")
    return style_of(value)


def names(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Read a list of names, or names that spaces or commas separate."""
    found = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(name, str) for name in found):
        raise ValueError("a list of names")
    return tuple(found)


def defaults(value: Any) -> dict[str, str]:  # noqa: ANN401
    """Read request options."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("{") else _pairs(value)
        except ValueError:
            raise ValueError('options such as {"resolution": "2K"} or resolution=2K') from None
    if not isinstance(value, Mapping):
        raise ValueError('options such as {"resolution": "2K"}')
    from pbfigure.figure.figure import check_defaults
    from pbfigure.figure.options import OptionError

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


def _parsed(text: str) -> SplitResult | None:
    """Return the parts of an address; None if it is none."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


STORES = ("s3", "gs", "az", "file", "http", "https")


def store_address(value: Any) -> str | None:  # noqa: ANN401
    """Read the address of a team's store, or none."""
    if _is_none(value):
        return None
    text = value.strip().rstrip("/") if isinstance(value, str) else ""
    parts = _parsed(text) or urlsplit("")
    host = parts.hostname
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(
            "an address alone: credentials come from the environment (AWS_ACCESS_KEY_ID and the"
            " like, see docs/how-to/for-a-team.md), never from it"
        )
    has_place = parts.path.startswith("/") and not host if parts.scheme == "file" else bool(host)
    if parts.scheme not in STORES or not has_place or re.search(r"\s", text):
        raise ValueError(
            f"the address of a store: {'://…, '.join(STORES)}://…; file:///… is a path"
        )
    return text


def address(value: Any) -> str:  # noqa: ANN401
    """Read the address of an API; its host in small letters, without the default port."""
    from pbfigure.figure.public_url import is_loopback

    wanted = "an https:// address; http:// only to this machine (127.0.0.1, localhost)"
    text = str(value).strip().rstrip("/")
    if (parts := _parsed(text)) is None:
        raise ValueError(wanted)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("an address without user name, password, query or fragment")
    local = parts.scheme == "http" and is_loopback(host)
    if not host or re.search(r"\s", text) or not (parts.scheme == "https" or local):
        raise ValueError(wanted)
    # one spelling for one service: by it the ledger knows what is on order there
    port = "" if parts.port in (None, 443 if parts.scheme == "https" else 80) else f":{parts.port}"
    return parts._replace(netloc=(f"[{host}]" if ":" in host else host) + port).geturl()
