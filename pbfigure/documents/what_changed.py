"""Why a figure is outdated: what changed since its last picture was bought, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from pbfigure.figure.figure import Figure
from pbfigure.figure.key import normalise
from pbfigure.figure.request_summary import RequestSummary
from pbfigure.figure.wording import common_ends
from pbfigure.project.resolved_figure import ResolvedFigure
from pbfigure.store.record import Record

SHORTEST = 16
"""Least characters of either prompt that are shown."""


def describe_change(figure: Figure, record: Record, room: int, *, keeps: bool) -> str:
    """Return why the picture of ``record`` is not the figure's own, in about ``room`` characters.

    A changed prompt is cut around the change, so that both sides show it. ``keeps``: whether the
    figure would keep a picture if only the text around it changed, unless it is a draft.
    """
    asked, bought = figure.request.summary(), record.request
    parts = [*_words_changed(figure, record), *_options_changed(asked, bought)]
    old, new = normalise(bought.prompt), normalise(figure.request.prompt)
    if old != new:
        said = sum(len(part) + 2 for part in parts) + len('prompt changed: "" → ""')
        before, after = around_change(old, new, max(SHORTEST, (room - said) // 2))
        parts.insert(0, f'prompt changed: "{before}" → "{after}"')
    if not parts and bought.variant and not figure.request.variant:
        parts.append(f"variant 0 is not bought; its last picture is variant {bought.variant}")
    if not parts and record.request.base and record.request_digest != figure.key.request:
        parts.append("another variant is revised")
    if not parts and record.key != figure.key.digest:
        written = figure.request.content is not None and not figure.request.content.automatic
        parts.append("its own text changed" if written else "text around it changed")
        if not written and not keeps:
            parts.append("regenerate")
    if not parts or parts == ["text around it changed"]:
        parts.append("its picture is a draft of the sandbox")
    return ", ".join(parts)


def changed_since_pinned(resolved: ResolvedFigure) -> str:
    """Return what changed since a figure was pinned: its ``prompt`` or ``options``, or nothing."""
    figure, record, pin = resolved.figure, resolved.record, resolved.pin
    if figure is None or record is None or not resolved.pinned:
        return ""
    is_other = normalise(record.request.prompt) != normalise(figure.request.prompt)
    if pin is not None:  # it may have been pinned to a picture of another prompt
        changed = pin.request_digest != figure.key.request
    else:
        asked = figure.request.summary()._replace(variant=0)
        options = _options_changed(asked, record.request)
        changed = is_other or bool(_words_changed(figure, record) or options)
    return ("prompt" if is_other else "options") if changed else ""


def around_change(old: str, new: str, room: int) -> tuple[str, str]:
    """Return the parts of two texts that differ, at most ``room`` characters of each.

    What they have in common before and behind is left out, with an ellipsis in its place; where
    one only has words more than the other, the words beside them are shown too.
    """
    joint = " " if " " in old or " " in new else ""
    one: Sequence[str] = old.split(" ") if joint else old
    other: Sequence[str] = new.split(" ") if joint else new
    start, end = common_ends(one, other)
    if start + end == min(len(one), len(other)):  # words were only added, or only removed
        start, end = max(0, start - 1), max(0, end - 1)
    return _cut(one, start, end, joint, room), _cut(other, start, end, joint, room)


def _cut(words: Sequence[str], start: int, end: int, joint: str, room: int) -> str:
    shown = joint.join(words[start : len(words) - end])
    before, behind = "…" if start else "", "…" if end else ""
    left = room - len(before) - len(behind)
    if len(shown) > left:
        shown, behind = shown[: max(1, left - 1)], "…"
        shown = shown.rpartition(" ")[0] or shown
    return f"{before}{shown}{behind}"


def _words_changed(figure: Figure, record: Record) -> list[str]:
    """Return what differs of the words that are sent beside the prompt, or after it."""
    same_style = figure.request.style == record.request.style
    parts = [] if same_style else ["style changed"]
    now, then = figure.request.instructions, record.request.revise
    if now[: len(then)] == then and len(now) > len(then):
        parts.append("revised")
    elif now != then:
        parts.append("revision taken back" if now == then[: len(now)] else "revision changed")
    return parts


def _options_changed(asked: RequestSummary, bought: RequestSummary) -> list[str]:
    """Return each option that differs, with both values."""
    now, then = asked.option_words(), bought.option_words()
    return [
        f"{name.replace('_', '-')} {then.get(name, 'none')} → {now.get(name, 'none')}"
        for name in dict.fromkeys((*now, *then))
        if now.get(name) != then.get(name)
        and (name, now.get(name)) != ("variant", "0")  # a pinned one is no change of the source
    ]
