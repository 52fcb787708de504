"""What a build says of its figures to programs (docs/reference/build.schema.json).

It lies in the folder of what a build keeps for itself, not of what is published. A build in which
nothing changed leaves the last one's as it is.
"""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import Any

from pbfigure import __version__
from pbfigure.figure.notice import json_text
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure
from pbfigure.store.files import read_bounded, write_whole

SIZE_LIMIT = 8_000_000
"""Bytes of a report that is compared with the next one."""
_AT = rb'"at": "[^"]*"'


def write_build_report(
    path: Path, resolution: Resolution, *, builder: str, spent_before: float = 0.0
) -> None:
    """Write the report, unless it says the same already; a folder that cannot be written to gets
    none.

    ``spent_before`` has the credits that earlier parts of the same build spent.
    """
    document = {
        "version": 1,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        "tool": f"sphinx-paperbanana {__version__}",
        "builder": builder,
        "complete": resolution.is_complete,
        "credits_spent": spent_before + resolution.credits_spent,
        "notices": [each.as_json() for each in resolution.notices],
        "figures": [_figure(each) for each in resolution.figures],
    }
    data, before = json_text(document).encode() + b"\n", b""
    with contextlib.suppress(OSError):
        before = read_bounded(path, limit=SIZE_LIMIT)
    if re.sub(_AT, b"", data, count=1) != re.sub(_AT, b"", before, count=1):
        with contextlib.suppress(OSError):
            write_whole(path, data)


def _figure(resolved: ResolvedFigure) -> dict[str, Any]:
    record = resolved.record
    return {
        "name": resolved.short_name,
        **resolved.as_json(),
        "why": resolved.why,
        "sha256": None if record is None else record.picture.sha256,
        "task_id": None if record is None else record.task_id,
        "cost_credits": None if record is None else record.cost_credits,
    }
