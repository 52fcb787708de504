"""A plan as JSON, for programs: docs/reference/json.md and plan.schema.json beside it say how."""

from __future__ import annotations

from typing import Any

from pbfigure.figure.notice import FigureError
from pbfigure.project.build_report import resolved_json
from pbfigure.project.document import Document
from pbfigure.project.plan import Plan, Step

VERSION = 1


def plan_json(plan: Plan, *, balance: float | None = None, text: bool = False) -> dict[str, Any]:
    """Return a plan as one JSON object; with ``text``, each figure's request as it is sent."""
    return {
        "version": VERSION,
        "complete": plan.is_complete,
        "credits": plan.credits,
        "balance": balance,
        "documents": [_document(plan, document) for document in plan.documents],
        "figures": [_figure(step, text=text) for step in plan.steps],
    }


def _document(plan: Plan, document: Document) -> dict[str, Any]:
    settings = document.project.settings
    return {
        "path": str(document.path),
        "kind": "latex" if document.is_latex else "sphinx",
        "complete": document.is_complete,
        "credits": plan.cost_of(document),
        "mode": settings.mode,
        "max_credits": settings.max_credits,
        "notices": [{"level": each.level, "text": each.text} for each in document.notices],
    }


def _figure(step: Step, *, text: bool) -> dict[str, Any]:
    resolved = step.figure.resolved
    block = resolved.block
    entry = {
        **figure_json(step),
        "action": step.action.value,
        "credits": step.credits,
        "reason": step.reason(),
        "same_picture_as": step.shared_with or None,
        "held_by": step.held_by or None,
        "prompt": block.prompt,
        "versions": [
            {
                "key": each.figure.key.digest,
                "instruction": each.figure.request.instruction or None,
                "credits": each.credits,
            }
            for each in step.versions
        ],
    }
    if text:
        entry["request"] = None
        if resolved.figure is not None:
            try:
                entry["request"] = resolved.figure.request.payload()
            except FigureError as error:
                entry["reason"] = str(error)
    return entry


def figure_json(step: Step) -> dict[str, Any]:
    """Return what every verb says of a figure."""
    return {
        "name": step.figure.name,
        "document": str(step.figure.document.path),
        **resolved_json(step.figure.resolved),
        "pages": list(step.figure.resolved.block.pages),
        "state": step.state.value,
    }
