"""The ways a well-formed JSON answer can be shaped wrongly, for the fault ``shape``."""

from __future__ import annotations

import json
from collections.abc import Callable

from pbfigure.sandbox.exchange import Json


def _without(*path: str) -> Callable[[Json], Json]:
    def change(payload: Json) -> Json:
        for where in _places(payload, path[:-1]):
            where.pop(path[-1], None)
        return payload

    return change


def _with(value: Json, *path: str) -> Callable[[Json], Json]:
    def change(payload: Json) -> Json:
        for where in _places(payload, path[:-1]):
            where[path[-1]] = value
        return payload

    return change


def _places(payload: Json, path: tuple[str, ...]) -> list[dict[str, Json]]:
    """Follow a path from the data's tasks, or from the data itself where it is no list."""
    data = payload.get("data") if isinstance(payload, dict) else None
    if not isinstance(data, dict):
        return []
    places = data.get("tasks", [data])
    for name in path:
        places = [place[name] for place in places if isinstance(place.get(name), dict)]
    return list(places)


def _other_types(payload: Json) -> Json:
    """Turn every number into a string, every string into a number, every list into an object."""
    if isinstance(payload, dict):
        return {name: _other_types(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return {"0": _other_types(payload[0])} if payload else {}
    if isinstance(payload, str):
        return len(payload)
    return json.dumps(payload)


SHAPES: dict[str, Callable[[Json], Json]] = {
    "not_an_object": lambda payload: [payload],
    "null": lambda payload: None,
    "no_data": lambda payload: {"success": True},
    "null_data": lambda payload: {"success": True, "data": None},
    "list_data": lambda payload: {"success": True, "data": []},
    "success_false": lambda payload: {"success": False},
    "wrong_types": _other_types,
    "null_task_id": _with(None, "task_id"),
    "no_task_id": _without("task_id"),
    "empty_task_id": _with("", "task_id"),
    "path_task_id": _with("../credits?", "task_id"),
    "no_status": _without("status"),
    "no_cost": _without("cost_credits"),
    "null_cost": _with(None, "cost_credits"),
    "dear": _with(8, "cost_credits"),
    "no_output": _without("output"),
    "null_output": _with(None, "output"),
    "null_images": _with(None, "output", "images"),
    "image_without_url": _with([{"type": "image/png"}], "output", "images"),
    "bad_date": _with("yesterday", "created_at"),
}
"""Each shape by its name, with what makes it of a right answer."""
