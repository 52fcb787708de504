"""A plan as text, one line a figure, in Terraform's manner; and what it would send, word for word.

The same lines are printed by ``pbfigure plan``, ``pbfigure make`` and the builder
``paperbanana-plan``. Names are never cut; reasons and prompts are, to the width of the terminal.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping

from pbfigure.documents.plan import BUYS, PER_DAY, Action, Plan, Step
from pbfigure.documents.what_changed import changed_since_pinned
from pbfigure.figure.notice import FigureError
from pbfigure.figure.request import Request, encoded
from pbfigure.figure.unexpected import boundary
from pbfigure.figure.wording import counted, counted_credits, listed, shortened, wrapped

SYMBOLS = {
    Action.BUY: "+",
    Action.REPLACE: "~",
    Action.FETCH: "!",
    Action.KEEP: "=",
    Action.BLOCKED: "?",
}
"""What is present has no line of its own, unless it is pinned and was changed since."""
WIDE = 100
"""Columns from which on prompts are shown; that of a figure without a name is always."""
SHORTEST_PROMPT = 24
PIPED_WIDTH = 200
"""Characters of a line that no terminal is there to bound."""


def plan_lines(plan: Plan, *, balance: float | None = None) -> list[str]:
    """Return the whole plan."""
    width, lines = _terminal_width(), list[str]()
    for document in plan.documents:
        steps = [step for step in plan.of(document) if _symbol(step)]
        if len(plan.documents) > 1 and (steps or document.notices):
            lines += [*([""] if lines else []), f"{document.path}:"]
        for step in steps:
            lines += _step_lines(step, width)
        for notice in document.notices:
            mark = "" if notice.level == "info" else "? "
            lines += _wrapped(f"{mark}{document.path}: {notice.text}", width)
    return [*lines, *([""] if lines else []), *_sums(plan, width, balance)]


def _step_lines(step: Step, width: int) -> list[str]:
    """Return one figure of a plan: one line, more only for what its author has to read."""
    head = f"{_symbol(step)} {step.figure.name}"
    if step.action in BUYS and not step.shared_with:
        head += f" {counted(step.credits, 'credit')}"
    if step.action == Action.BLOCKED:
        place = str(step.resolved.block.place)
        tail = "" if place == step.figure.name else f" {place}"
        return _wrapped(f"{head} ({step.reason()}){tail}", width)
    reason = step.reason(width - len(head) - 3)
    line = f"{head} ({reason})"
    left = width - len(line) - 4
    wants_prompt = width >= WIDE or not step.resolved.is_named
    if wants_prompt and left >= SHORTEST_PROMPT and not reason.startswith("prompt changed"):
        line += f'  "{shortened(step.resolved.block.prompt, left)}"'
    return [line]


def _terminal_width() -> int:
    """Return the terminal's columns; many if there is no terminal."""
    fallback = 80 if sys.stdout.isatty() else PIPED_WIDTH
    return shutil.get_terminal_size((fallback, 24)).columns


def _symbol(step: Step) -> str:
    if changed_since_pinned(step.resolved):
        return "="
    return SYMBOLS.get(step.action, "")


def _sums(plan: Plan, width: int, balance: float | None) -> list[str]:
    """Return the totals, and what stands between the plan and its pictures."""
    counts = Counter(step.action for step in plan.steps)
    buys = sum(counts[action] for action in BUYS)
    cost = counted_credits(plan.credits, sandbox=plan.is_local)
    parts = [f"{buys} to buy for {cost}" if buys else "nothing to buy"]
    if counts[Action.REPLACE]:
        parts[0] += f" ({counts[Action.REPLACE]} outdated)"
    for action, words in (
        (Action.FETCH, "to fetch for free"),
        (Action.KEEP, "kept"),
        (Action.BLOCKED, "blocked"),
        (Action.NONE, "present"),
    ):
        if counts[action]:
            parts.append(f"{counts[action]} {words}")
    pinned = [step.figure.name for step in plan.steps if step.resolved.pinned]
    if pinned:
        parts[-1] += f"; pinned: {listed(pinned)}"
    sentences = [f"Plan: {', '.join(parts)}."]
    drafts = [
        step.figure.name
        for step in plan.steps
        if step.action in (Action.NONE, Action.KEEP) and step.resolved.draft
    ]
    if drafts:
        sentences.append(f"{counted(len(drafts), 'draft')} of the sandbox: {listed(drafts)}.")
    if buys:
        sentences += _money(plan, balance)
    return [line for sentence in sentences for line in _wrapped(sentence, width, indent="")]


def _money(plan: Plan, balance: float | None) -> Iterator[str]:
    drafts = {
        document.project.service_name
        for document in plan.documents
        if document.project.is_local and plan.cost_of(document)
    }
    if balance is not None:
        short = plan.credits - balance
        more = f", {counted(short, 'credit')} too few" if short > 0 else ""
        yield f"Balance: {counted_credits(balance, sandbox=plan.is_local)}{more}."
    if drafts:
        yield f"These are drafts, drawn by {', '.join(sorted(drafts))}: nothing is paid."
    for document, setting in plan.held():
        settings, cost = document.project.settings, plan.cost_of(document)
        held = f"Held: {counted(cost, 'credit')} are"
        if setting == PER_DAY:
            yield (
                f"{held} more than the {document.project.left_today():.9g} that {PER_DAY}"
                f" ({settings.max_credits_per_day:.9g}) leaves today. Wait until tomorrow, or raise"
                " it."
            )
        else:
            yield (
                f"{held} over max_credits ({settings.max_credits:.9g}), and a"
                f" build buys none of them. Confirm 'pbfigure make {document.path}', or raise"
                " max_credits."
            )
    if any(each.project.settings.shared_cache for each in plan.documents):
        yield "The shared store is not asked by a plan: what it has is taken for free instead."
    for document in plan.documents:
        mode = document.project.settings.mode
        if mode != "generate" and plan.cost_of(document):
            yield (
                f"Builds buy nothing (mode is {mode}); 'pbfigure make {document.path}' does, once"
                " confirmed."
            )


def sent_lines(step: Step) -> list[str]:
    """Return what would leave the machine for a figure: every field of its request, as sent."""
    own = step.resolved.figure
    requests = [version.figure.request for version in step.versions]
    requests = requests or ([] if own is None else [own.request])
    return [line for request in requests for line in _request_lines(step, request)]


def _request_lines(step: Step, request: Request) -> list[str]:
    head = f"{step.figure.name} ({step.resolved.block.place})"
    if number := len(request.instructions):
        head += f", revision {number}"
    try:
        with boundary():
            payload = request.payload()
            size = len(encoded(payload))
    except FigureError as error:
        return [f"{head}: nothing is sent: {error}"]
    settings = step.project.settings
    lines = [f"{head}: POST {settings.base_url.rstrip('/')}/generate, {size:,} bytes"]
    for name, value in _fields(payload, ""):
        rows = str(value).split("\n")
        lines += [f"  {name}: {rows[0]}"] if len(rows) == 1 else [f"  {name}:"]
        lines += [f"    {row}" for row in rows] if len(rows) > 1 else []
        if name == "prompt" and request.style and not number:
            lines.append(f"  of that the style: {request.style}")
    if number:
        lines.append("  options.image_input: the address of what it revises, asked for then")
    return lines


def _fields(payload: Mapping[str, object], before: str) -> Iterator[tuple[str, object]]:
    for name, value in payload.items():
        if isinstance(value, Mapping):
            yield from _fields(value, f"{before}{name}.")
        elif isinstance(value, list):
            yield f"{before}{name}", "\n".join(map(str, value))
        else:
            yield f"{before}{name}", value


def _wrapped(text: str, width: int, indent: str = "    ") -> list[str]:
    return wrapped(text, max(width, 20), indent)
