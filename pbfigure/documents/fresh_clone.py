"""Whether a fresh clone shows every figure: the check of ``pbfigure plan --frozen``.

A plan is content with what this machine's cache has and with drafts; a clone has neither the cache
nor files that git does not have.
"""

from __future__ import annotations

from typing import Any

from pbfigure.documents.plan import Plan, Step
from pbfigure.project.repository import git_folder, short_path


def unready_figures(plan: Plan) -> list[dict[str, Any]]:
    """Return the figures that have a picture here, and that a fresh clone would not show: each with
    its name, place, and why. What has no picture here, the plan itself says.
    """
    found = []
    for step in plan.steps:
        if why := _reason(step):
            place = step.resolved.block.place._asdict()
            found.append({"name": step.figure.name, **place, "why": why})
    return found


def _reason(step: Step) -> str:
    resolved, project = step.resolved, step.project
    if resolved.is_miss or resolved.path is None:
        return ""
    if resolved.draft and not project.settings.allow_drafts:
        return "its picture is a draft of the sandbox"
    if project.settings.require_approval and resolved.why_unapproved:
        return f"{resolved.why_unapproved}: 'pbfigure review' shows it"
    if project.figures is None:
        return "figures_dir is off: its picture is in this machine's cache only"
    folder = project.figures.folder
    if step.in_cache_only:
        where = short_path(folder)
        return f"its picture is in this machine's cache only: pbfigure make, and commit {where}"
    record = resolved.path.with_name(f"{resolved.path.name.partition('.')[0]}.json")
    needed = [resolved.path, record]
    if resolved.pin is not None:
        needed.append(resolved.pin.path)
    if project.settings.require_approval and resolved.approval is not None:
        needed.append(resolved.approval.path)
    left_out = [path.name for path in needed if not git_folder(folder).has(path)]
    names = " and ".join(left_out)
    return f"git does not have {names}: git add {short_path(folder)}" if names else ""
