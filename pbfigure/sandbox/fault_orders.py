"""What an order for a fault may say, declared once: its check and its description.

An order names an endpoint, a fault, which calls it is for, and the fault's own parameters. A file
holds one order or a list of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pbfigure.sandbox.exchange import Json
from pbfigure.sandbox.wrong_shapes import SHAPES

ENDPOINTS = ("generate", "credits", "tasks", "task", "download")
ABOUT_ONE_TASK = ("generate", "task", "download")
_JSON = ("generate", "credits", "tasks", "task")

_SECONDS: Json = {"type": "number", "minimum": 0}
_COUNT: Json = {"type": "integer", "minimum": 0}
_STATUS: Json = {"type": "integer", "minimum": 100, "maximum": 599}
_FLAG: Json = {"type": "boolean"}
_TEXT: Json = {"type": "string"}
CALLS: Json = {
    "anyOf": [
        {"enum": ["all", "first"]},
        {"type": "integer", "minimum": 1},
        {"type": "array", "items": {"type": "integer", "minimum": 1}},
        {"type": "string", "pattern": "^[0-9]+-[0-9]*$"},
    ]
}
_CALLS_WORDS = '"all", "first", a number from 1, a list of them, "2-4" or "3-"'


class Fault(NamedTuple):
    """A fault that can be ordered."""

    what: str
    """What the client sees, as a sentence."""
    endpoints: tuple[str, ...] = ENDPOINTS
    parameters: Mapping[str, Json] = {}
    """Each a JSON schema."""
    required: tuple[str, ...] = ()


FAULTS: dict[str, Fault] = {
    "status": Fault(
        "An error of that status (500), with `message` or `body`; nothing is done, unless `after`"
        " is true. `retry_after` is in seconds, sent as a date if `retry_after_date` is true.",
        parameters={
            "status": _STATUS,
            "message": _TEXT,
            "body": {"type": ["string", "object", "array"]},
            "after": _FLAG,
            "retry_after": {"type": "number"},
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
        "The answer is JSON of another shape.", _JSON, {"shape": {"enum": [*SHAPES]}}, ("shape",)
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
        "The task has so many pictures (3).", ("generate",), {"count": {**_COUNT, "minimum": 1}}
    ),
    "unlisted": Fault("The list of tasks leaves the task out.", ("generate",)),
    "slow": Fault("The task takes so many seconds (600).", ("generate",), {"seconds": _SECONDS}),
    "foreign": Fault(
        "A teammate orders so many tasks (1) at that moment, of those fields.",
        ("generate", "tasks"),
        {"count": _COUNT, "task": {"type": "object"}},
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
        {"as": {"enum": ["html", "svg", "webp"]}},
    ),
    "bomb": Fault("The picture unpacks to an enormous one.", ("download",)),
    "expired": Fault(
        "The picture's address has expired (403).", ("download",), {"status": _STATUS}
    ),
}
"""Every fault by its name; in brackets the default."""


class FaultsFileError(ValueError):
    """A file of orders with mistakes, of which its text names every one."""


def problems(order: Json) -> Iterator[str]:
    """Yield what is wrong with one order: each field with what is allowed."""
    if not isinstance(order, dict):
        yield "an order must be an object"
        return
    endpoint, name = order.get("endpoint"), order.get("fault")
    if endpoint not in ENDPOINTS:
        yield f"endpoint must be one of {', '.join(ENDPOINTS)}{_instead(order, 'endpoint')}"
    if (wrong := _mistake(order.get("calls", "first"), CALLS)) is not None:
        yield f"calls must be {_CALLS_WORDS}{_instead(order, 'calls')}"
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
        schema = fault.parameters.get(field)
        if schema is None:
            takes = ", ".join(fault.parameters) or "no parameter"
            yield f"{field} is no field of {name}, which takes {takes}"
        elif (wrong := _mistake(value, schema)) is not None:
            yield f"{field} must be {wrong}{_instead(order, field)}"


def read_orders(text: str) -> list[dict[str, Any]]:
    """Return the orders of a file.

    Raises :exc:`FaultsFileError` with every mistake of every order, and its line.
    """
    orders, mistakes = [], []
    try:
        for line, order in _with_lines(text):
            orders.append(order)
            mistakes += [f"line {line}: {problem}" for problem in problems(order)]
    except json.JSONDecodeError as error:
        mistakes.append(f"line {error.lineno}: no JSON: {error.msg} (column {error.colno})")
    if mistakes:
        raise FaultsFileError("\n".join(mistakes))
    return orders


COMMON = {
    "endpoint": "which endpoint's calls",
    "calls": f"which of them, counted from 1: {_CALLS_WORDS}",
    "fault": "what happens to them",
    "prompt": "only calls about a figure whose prompt contains this are counted",
    "comment": "for who reads the file",
}
"""What an order of any fault may say."""


def _with_lines(text: str) -> Iterator[tuple[int, Json]]:
    """Yield each order with the line that it begins in."""
    space = re.compile(r"\s*")

    def after_space(place: int) -> int:
        found = space.match(text, place)
        return found.end() if found else place

    begin = after_space(0)
    if not text.startswith("[", begin):
        yield text.count("\n", 0, begin) + 1, json.loads(text)
        return
    json.loads(text)  # raises for what is wrong between the orders
    decoder, place = json.JSONDecoder(), after_space(begin + 1)
    while not text.startswith("]", place):
        order, end = decoder.raw_decode(text, place)
        yield text.count("\n", 0, place) + 1, order
        place = after_space(end)
        place = after_space(place + 1) if text.startswith(",", place) else place


def _instead(order: Mapping[str, Json], field: str) -> str:
    return f", not {json.dumps(order[field])[:80]}" if field in order else ""


_TYPES: dict[str, tuple[str, Callable[[Json], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", lambda value: type(value) is int),
    "number": ("a number", lambda value: type(value) in (int, float)),
}


def _mistake(value: Json, schema: Json) -> str | None:
    """Return what a value must be instead, by the part of JSON Schema that is used here."""
    if "anyOf" in schema:
        found = [_mistake(value, each) for each in schema["anyOf"]]
        return None if None in found else " or ".join(filter(None, found))
    return None if _holds(value, schema) else words_for(schema)


def words_for(schema: Json) -> str:
    """Return what a schema allows, in words: ``a whole number from 1``."""
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    words = " or ".join(_TYPES[name][0] for name in _types(schema))
    return words + ("" if low is None else f" from {low}" + ("" if high is None else f" to {high}"))


def _types(schema: Json) -> Sequence[str]:
    return [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])


def _holds(value: Json, schema: Json) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    if not any(_TYPES[name][1](value) for name in _types(schema)):
        return False
    if "items" in schema:
        return all(_mistake(each, schema["items"]) is None for each in value)
    if "pattern" in schema:
        return re.search(schema["pattern"], value) is not None
    return "minimum" not in schema or schema["minimum"] <= value <= schema.get("maximum", value)
