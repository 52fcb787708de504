"""What the hook says: one line a message, ``file:line`` first, as editors and compilers know it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from latex_hook.document import Trouble
from pbfigure.figure.notice import Notice, Place

if TYPE_CHECKING:
    from pbfigure.project.standing import Resolution, Standing
    from pbfigure.scheduler.progress import Progress

PROGRESS_SECONDS = 5.0
"""How often a running batch is told of."""


class Messages:
    """Where the hook speaks to its user."""

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._told: set[str] = set()
        self._to_repeat: list[str] = []
        self._last_progress = 0.0

    def say(self, text: str, *, level: str = "info", place: Place | None = None) -> None:
        """Say one thing once; ``info`` is left out where the user wants quiet."""
        if self._quiet and level == "info":
            return
        prefix = f"{place}: " if place else "pbfigure: "
        line = f"{prefix}{'' if level == 'info' else level + ': '}{' '.join(text.split())}"
        if line not in self._told:
            self._told.add(line)
            if level != "info":
                self._to_repeat.append(line)
            print(line, file=self._stream, flush=True)

    def report(self, path: Path) -> None:
        """Leave what matters where latexmk's rule finds it, to be said again at its end."""
        if self._to_repeat:
            with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in self._to_repeat)

    def troubles(self, troubles: Iterable[Trouble], known_to_tex: frozenset[str]) -> None:
        """Tell of what could not be read, but for files that TeX has from elsewhere."""
        for trouble in troubles:
            if trouble.missing is None or trouble.missing not in known_to_tex:
                self.say(trouble.text, level="warning", place=trouble.place)

    def progress(self, progress: Progress) -> None:
        """Tell how far the making is, now and then."""
        now = monotonic()
        if now - self._last_progress >= PROGRESS_SECONDS:
            self._last_progress = now
            if not self._quiet:
                print(f"pbfigure: {progress}", file=self._stream, flush=True)

    def resolution(self, resolution: Resolution) -> None:
        """Tell what came of every figure, and the sum."""
        for standing in resolution.standings:
            self._standing(standing)
        for notice in resolution.notices:
            self.say(notice.text, level=notice.level)
        line = summary(resolution)
        self.say(line)
        if not self._quiet and (
            self._to_repeat or resolution.credits_spent or " 0 made" not in line
        ):
            self._to_repeat.append(f"pbfigure: {line}")

    def _standing(self, standing: Standing) -> None:
        id_ = standing.block.options.get("id")
        name = f"figure {id_!r}" if id_ else _excerpt(standing.block.prompt)
        notices: list[Notice] = list(standing.notices)
        if not notices and standing.path is None and standing.why:
            notices = [Notice("missing", standing.why)]
        for notice in notices:
            level = "error" if standing.figure is None else notice.level
            self.say(f"{name}: {notice.text}", level=level, place=standing.block.place)


def summary(resolution: Resolution) -> str:
    """Return one line: made, from cache, failed, credits."""
    from pbfigure.project.standing import INVALID, MADE

    states = [standing.state for standing in resolution.standings]
    made = states.count(MADE)
    failed = sum(s.is_miss or s.state == INVALID for s in resolution.standings)
    total = len(states)
    return (
        f"{total} figure{'' if total == 1 else 's'}: {made} made, {total - made - failed} from"
        f" cache, {failed} failed or missing; {resolution.credits_spent:g} credits"
    )


def known_to_tex(names: Iterable[str], folder: Path) -> frozenset[str]:
    """Return those of ``names`` that TeX finds outside the project: asked once, if at all."""
    import shutil
    import subprocess

    wanted = sorted(set(names))
    kpsewhich = shutil.which("kpsewhich") if wanted else None
    if kpsewhich is None:
        return frozenset()
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed program; names cannot be options
            [kpsewhich, "--", *wanted],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    found = {Path(line).name for line in answer.splitlines()}
    return frozenset(n for n in wanted if found & {Path(n).name, f"{Path(n).name}.tex"})


def _excerpt(prompt: str, length: int = 50) -> str:
    text = " ".join(prompt.split())
    return f'figure "{text if len(text) <= length else text[: length - 1] + "…"}"'
