"""What an order for a fault may say, declared once: its check and its description.

An order names an endpoint, a fault, which calls it is for, and the fault's own parameters.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from pbfigure.sandbox.exchange import Json
from pbfigure.sandbox.wrong_shapes import SHAPES

ENDPOINTS = ("generate", "credits", "tasks", "task", "download")
ABOUT_ONE_TASK = ("generate", "task", "download")
_JSON = ("generate", "credits", "tasks", "task")


class Kind(NamedTuple):
    """What a field takes."""

    words: str
    fits: Callable[[Json], bool]


def _number(
    *kinds: type, least: float = -math.inf, most: float = math.inf
) -> Callable[[Json], bool]:
    return lambda value: type(value) in kinds and least <= value <= most


def _word(*words: str) -> Kind:
    return Kind(f"one of {', '.join(words)}", lambda value: value in words)


_NUMBER = Kind("a number", _number(int, float))
_SECONDS = Kind("a number from 0", _number(int, float, least=0))
_COUNT = Kind("a whole number from 0", _number(int, least=0))
_ONE_OR_MORE = Kind("a whole number from 1", _number(int, least=1))
_STATUS = Kind("a whole number from 100 to 599", _number(int, least=100, most=599))
_FLAG = Kind("true or false", lambda value: isinstance(value, bool))
_TEXT = Kind("a string", lambda value: isinstance(value, str))
_OBJECT = Kind("an object", lambda value: isinstance(value, dict))
_BODY = Kind("a string or an object or a list", lambda value: isinstance(value, str | dict | list))
_CALLS = Kind(
    '"all", "first", a number from 1, a list of them, "2-4" or "3-"',
    lambda value: (
        all(map(_ONE_OR_MORE.fits, value))
        if isinstance(value, list)
        else value in ("all", "first") or bool(re.fullmatch(r"[0-9]+-[0-9]*", value))
        if isinstance(value, str)
        else _ONE_OR_MORE.fits(value)
    ),
)


class Fault(NamedTuple):
    """A fault that can be ordered."""

    what: str
    """What the client sees, as a sentence."""
    endpoints: tuple[str, ...] = ENDPOINTS
    parameters: Mapping[str, Kind] = {}
    required: tuple[str, ...] = ()


FAULTS: dict[str, Fault] = {
    "status": Fault(
        "An error of that status (500), with `message` or `body`; nothing is done, unless `after`"
        " is true. `retry_after` is in seconds, sent as a date if `retry_after_date` is true.",
        parameters={
            "status": _STATUS,
            "message": _TEXT,
            "body": _BODY,
            "after": _FLAG,
            "retry_after": _NUMBER,
            "retry_after_date": _FLAG,
        },
    ),
    "drop_before": Fault(
        "The connection closes, or is reset, before anything is done.", parameters={"reset": _FLAG}
    ),
    "drop_after": Fault(
        "The request is done, and the connection closes, or is reset, without an answer.",
        parameters={"reset": _FLAG},
    ),
    "redirect": Fault(
        "A redirect (302) to a host that asks for no key; with `hops`, after so many on storage.",
        parameters={"status": _STATUS, "hops": _COUNT},
    ),
    "hang_before": Fault(
        "So many seconds (30) pass before the request is done.", parameters={"seconds": _SECONDS}
    ),
    "hang_after": Fault(
        "So many seconds (30) pass before the answer is sent.", parameters={"seconds": _SECONDS}
    ),
    "stall": Fault(
        "So many seconds (30) pass in the middle of the answer.", parameters={"seconds": _SECONDS}
    ),
    "drip": Fault(
        "So many seconds (1) pass after each byte of the answer.", parameters={"seconds": _SECONDS}
    ),
    "continues": Fault("`100 Continue` is sent without end."),
    "html": Fault(
        "The answer is a page of HTML, under status 200.", parameters={"status": _STATUS}
    ),
    "truncated": Fault(
        "Half of the answer is sent; `declared: false` declares that half as the length.",
        parameters={"declared": _FLAG},
    ),
    "gzip_bomb": Fault("The answer unpacks to a gigabyte."),
    "endless": Fault("The answer never ends."),
    "broken_json": Fault("The answer is half of a JSON text.", _JSON),
    "shape": Fault(
        "The answer is JSON of another shape.", _JSON, {"shape": _word(*SHAPES)}, ("shape",)
    ),
    "late": Fault(
        "The answer is lost, and the task is there so many seconds (5) later.",
        ("generate",),
        {"seconds": _SECONDS},
    ),
    "failed": Fault("The task fails, with that error.", ("generate",), {"error": _TEXT}),
    "canceled": Fault("The task is canceled.", ("generate",)),
    "never": Fault("The task never ends.", ("generate",)),
    "unknown_status": Fault(
        'The task ends in a status that is not documented ("archived").',
        ("generate",),
        {"word": _TEXT},
    ),
    "no_images": Fault("The task succeeds without a picture.", ("generate",)),
    "several_images": Fault(
        "The task has so many pictures (3).", ("generate",), {"count": _ONE_OR_MORE}
    ),
    "unlisted": Fault("The list of tasks leaves the task out.", ("generate",)),
    "slow": Fault("The task takes so many seconds (600).", ("generate",), {"seconds": _SECONDS}),
    "foreign": Fault(
        "A teammate orders so many tasks (1) at that moment, of those fields.",
        ("generate", "tasks"),
        {"count": _COUNT, "task": _OBJECT},
    ),
    "unordered": Fault("The list of tasks is in no order.", ("tasks",)),
    "missing": Fault(
        "The list of tasks leaves out its first ones (1).", ("tasks",), {"count": _COUNT}
    ),
    "corrupt": Fault("The picture is damaged.", ("download",)),
    "oversized": Fault(
        "The picture is larger than anything; `declared: false` does not say so.",
        ("download",),
        {"declared": _FLAG},
    ),
    "mistyped": Fault(
        "The picture is not one, or of another type than declared.",
        ("download",),
        {"as": _word("html", "svg", "webp")},
    ),
    "bomb": Fault("The picture unpacks to an enormous one.", ("download",)),
    "expired": Fault(
        "The picture's address has expired (403).", ("download",), {"status": _STATUS}
    ),
}
"""Every fault by its name; in brackets the default."""


def problems(order: Json) -> Iterator[str]:
    """Yield what is wrong with one order: each field with what is allowed."""
    if not isinstance(order, dict):
        yield "an order must be an object"
        return
    endpoint, name = order.get("endpoint"), order.get("fault")
    if endpoint not in ENDPOINTS:
        yield f"endpoint must be one of {', '.join(ENDPOINTS)}{_instead(order, 'endpoint')}"
    if not _CALLS.fits(order.get("calls", "first")):
        yield f"calls must be {_CALLS.words}{_instead(order, 'calls')}"
    if "prompt" in order and not isinstance(order["prompt"], str):
        yield f"prompt must be a string{_instead(order, 'prompt')}"
    elif "prompt" in order and endpoint in ENDPOINTS and endpoint not in ABOUT_ONE_TASK:
        yield f"prompt selects calls of {', '.join(ABOUT_ONE_TASK)}, not of {endpoint}"
    fault = FAULTS.get(name) if isinstance(name, str) else None
    if fault is None or (endpoint in ENDPOINTS and endpoint not in fault.endpoints):
        known = [each for each, of in FAULTS.items() if endpoint in of.endpoints]
        where = f" for {endpoint}" if endpoint in ENDPOINTS else ""
        yield f"fault{where} must be one of {', '.join(known or FAULTS)}{_instead(order, 'fault')}"
        return
    for field in (each for each in fault.required if each not in order):
        yield f"{field} is missing: {name} needs it"
    for field, value in order.items():
        if field in COMMON:
            continue
        kind = fault.parameters.get(field)
        if kind is None:
            takes = ", ".join(fault.parameters) or "no parameter"
            yield f"{field} is no field of {name}, which takes {takes}"
        elif not kind.fits(value):
            yield f"{field} must be {kind.words}{_instead(order, field)}"


COMMON = {
    "endpoint": "which endpoint's calls",
    "calls": f"which of them, counted from 1: {_CALLS.words}",
    "fault": "what happens to them",
    "prompt": "only calls about a figure whose prompt contains this are counted",
    "comment": "for who reads the file",
}
"""What an order of any fault may say."""


def _instead(order: Mapping[str, Json], field: str) -> str:
    return f", not {json.dumps(order[field])[:80]}" if field in order else ""
