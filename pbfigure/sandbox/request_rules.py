"""Every documented rule of ``POST /generate`` and of the list's query, and what a task costs.

The rules are strict: an option of one type or model is refused with another, and so is an unknown
parameter, because a client should send only what the reference promises to accept. Lengths are
counted in Unicode code points.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pbfigure.sandbox.exchange import Call, Json, RefusalError
from pbfigure.sandbox.public_address import url_problem

MAX_BODY = 1_000_000
"""Bytes: "1 MB max", taken as the smaller of its two meanings (section "Request Limits")."""
MAX_PROMPT = 10_000
MAX_CONTENT = 100_000
MAX_IMAGES = 10
MAX_PAGE = 100
"""Items on one page of the list (section "List Tasks")."""

MODELS = ("nano-banana-pro", "nano-banana-2")
RESOLUTIONS = ("1K", "2K", "4K")
FORMATS = ("png", "jpg", "jpeg", "webp")
STATUSES = ("pending", "processing", "success", "failed", "canceled")

_COST = {
    "nano-banana-pro": {"1K": 10, "2K": 20, "4K": 40},
    "nano-banana-2": {"1K": 5, "2K": 10, "4K": 20},
    "pipeline": {"1K": 6, "2K": 12, "4K": 24},
}
"""Section "Credit Costs"."""
_ONLY_STANDARD = ("aspect_ratio", "google_search")
_ONLY_PIPELINE = ("content", "task_name")
_OPTIONS = ("resolution", "output_format", "image_input", *_ONLY_STANDARD, *_ONLY_PIPELINE)
_PARAMETERS = ("type", "scene", "prompt", "model", "options")


def body_of(call: Call) -> Json:
    """Return the JSON value a POST carries; raise 411, 413 or 400."""
    declared = call.header("Content-Length")
    if declared is None:
        raise RefusalError(411, "Content-Length header is required")
    if not re.fullmatch(r"[0-9]+", declared):
        raise RefusalError(400, "Content-Length must be a number")
    if int(declared) > MAX_BODY or len(call.body) > MAX_BODY:
        raise RefusalError(413, "request body exceeds 1 MB")
    try:
        return json.loads(call.body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusalError(400, "request body must be valid JSON in UTF-8") from None


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def check_generate(body: Json, is_own: Callable[[str], bool] = lambda url: False) -> None:
    """Raise the documented 400 for the first rule that a generate request breaks.

    ``is_own`` tells the service's own pictures, whose addresses here are this machine's.
    """
    if not isinstance(body, dict):
        raise RefusalError(400, "request body must be a JSON object")
    _known(body, _PARAMETERS, "")
    kind = _choice(body, "type", ("standard", "pipeline"), required=True)
    scene = _choice(body, "scene", ("text-to-image", "image-to-image"), required=True)
    options = body.get("options", {})
    if not isinstance(options, dict):
        raise RefusalError(400, "options must be an object")
    _known(options, _OPTIONS, "options.")
    prompt_needed = kind == "standard" or scene == "text-to-image"
    _text(body, "prompt", MAX_PROMPT, required=prompt_needed)
    _choice(options, "resolution", RESOLUTIONS, where="options.")
    _choice(options, "output_format", FORMATS, where="options.")
    if kind == "standard":
        _check_standard(body, options)
    else:
        _check_pipeline(body, options)
    _check_images(options, scene, is_own)


def _check_standard(body: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    for name in _ONLY_PIPELINE:
        if name in options:
            raise RefusalError(400, f"options.{name} is available for pipeline only")
    model = _choice(body, "model", MODELS, required=True)
    ratio = options.get("aspect_ratio", "auto")
    if not isinstance(ratio, str) or not (ratio == "auto" or _is_ratio(ratio)):
        raise RefusalError(400, 'options.aspect_ratio must be "auto" or a ratio such as "16:9"')
    if "google_search" in options:
        if not isinstance(options["google_search"], bool):
            raise RefusalError(400, "options.google_search must be a boolean")
        if model != "nano-banana-2":
            raise RefusalError(400, "options.google_search is available for nano-banana-2 only")


def _check_pipeline(body: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    if "model" in body:
        raise RefusalError(400, "model is available for standard only")
    for name in _ONLY_STANDARD:
        if name in options:
            raise RefusalError(400, f"options.{name} is available for standard only")
    _text(options, "content", MAX_CONTENT, required=True, where="options.")
    _choice(options, "task_name", ("diagram", "plot"), where="options.")


def _check_images(options: Mapping[str, Any], scene: str, is_own: Callable[[str], bool]) -> None:
    if scene == "text-to-image":
        if "image_input" in options:
            raise RefusalError(400, "options.image_input is available for image-to-image only")
        return
    images = options.get("image_input")
    if not images:
        raise RefusalError(400, "options.image_input is required for image-to-image")
    if not isinstance(images, list) or not all(isinstance(url, str) for url in images):
        raise RefusalError(400, "options.image_input must be an array of strings")
    if len(images) > MAX_IMAGES:
        raise RefusalError(400, f"options.image_input must have at most {MAX_IMAGES} items")
    for index, url in enumerate(images):
        problem = None if is_own(url) else url_problem(url)
        if problem:
            raise RefusalError(400, f"options.image_input[{index}] {problem}")


def _known(values: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in values:
        if name not in names:
            raise RefusalError(400, f"unknown parameter {where}{name}")


def _choice(
    values: Mapping[str, Any],
    name: str,
    allowed: tuple[str, ...],
    *,
    required: bool = False,
    where: str = "",
) -> str:
    if name not in values:
        if required:
            raise RefusalError(400, f"{where}{name} is required")
        return ""
    value = values[name]
    if not isinstance(value, str) or value not in allowed:
        raise RefusalError(400, f"{where}{name} must be one of {', '.join(allowed)}")
    return value


def _text(
    values: Mapping[str, Any], name: str, longest: int, *, required: bool, where: str = ""
) -> None:
    if name not in values:
        if required:
            raise RefusalError(400, f"{where}{name} is required")
        return
    value = values[name]
    if not isinstance(value, str):
        raise RefusalError(400, f"{where}{name} must be a string")
    if required and not value.strip():
        raise RefusalError(400, f"{where}{name} must not be empty")
    if len(value) > longest:
        raise RefusalError(
            400, f"{where}{name} must be at most {longest} characters (it has {len(value)})"
        )


def _is_ratio(text: str) -> bool:
    """Whether the text is a ratio such as ``16:9``, from 1:10 to 10:1."""
    match = re.fullmatch(r"([1-9][0-9]{0,2}):([1-9][0-9]{0,2})", text)
    if match is None:
        return False
    width, height = int(match[1]), int(match[2])
    return max(width, height) <= 10 * min(width, height)


def cost_of(body: Mapping[str, Any]) -> int:
    """Return the credits a valid request costs (section "Credit Costs": API calls, full price)."""
    resolution = body.get("options", {}).get("resolution", "1K")
    return _COST[body.get("model", "pipeline")][resolution]


@dataclass(frozen=True, slots=True)
class Page:
    """The parameters of ``GET /tasks``."""

    number: int
    limit: int
    status: str | None


def check_list(query: Mapping[str, str]) -> Page:
    """Read the list's query; raise the documented 400."""
    status = query.get("status")
    if status is not None and status not in STATUSES:
        raise RefusalError(400, f"status must be one of {', '.join(STATUSES)}")
    page = _whole(query, "page", 1)
    limit = _whole(query, "limit", 20)
    if limit > MAX_PAGE:
        raise RefusalError(400, f"limit must be at most {MAX_PAGE}")
    return Page(page, limit, status)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise RefusalError(400, f"{name} must be a number, 1 or more")
    return int(text)
