"""Wrong shapes of a well-formed JSON answer, for the fault ``shape``."""

from __future__ import annotations

import json
from collections.abc import Callable

from pbfigure.sandbox.exchange import Json


def _without(name: str) -> Callable[[Json], Json]:
    def change(payload: Json) -> Json:
        for task in _tasks(payload):
            task.pop(name, None)
        return payload

    return change


def _with(value: Json, name: str) -> Callable[[Json], Json]:
    def change(payload: Json) -> Json:
        for task in _tasks(payload):
            task[name] = value
        return payload

    return change


def _tasks(payload: Json) -> list[dict[str, Json]]:
    """Return the tasks in the data, or the data itself if it is not a list of tasks."""
    data = payload.get("data") if isinstance(payload, dict) else None
    return list(data.get("tasks", [data])) if isinstance(data, dict) else []


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
    "null_data": lambda payload: {"success": True, "data": None},
    "success_false": lambda payload: {"success": False},
    "wrong_types": _other_types,
    "null_task_id": _with(None, "task_id"),
    "no_task_id": _without("task_id"),
    "no_status": _without("status"),
    "no_cost": _without("cost_credits"),
    "dear": _with(8, "cost_credits"),
}
"""Each shape by its name, with the function that makes it from a correct answer."""
