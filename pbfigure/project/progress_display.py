"""What every front end shows while pictures are made: a live bar on a terminal, elsewhere lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from pbfigure.figure.notice import printable
from pbfigure.figure.wording import counted

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live
    from rich.progress import Progress as Bar

    from pbfigure.scheduler.jobs import Progress

CHANGED_SECONDS = 5.0
"""Least time between two lines while something changes."""
STILL_SECONDS = 15.0
"""From a line to the next where nothing changes; then twice as long each time."""
DRAWN_SHOWN = 8
"""Figures that are named under the bar."""


class ProgressDisplay(AbstractContextManager["ProgressDisplay"]):
    """Takes progress, and shows it from the first order on."""

    def progress(self, progress: Progress) -> None:
        """Take in how far the making is."""

    def __exit__(self, *_: object) -> None:
        """End it."""


def progress_display(service: str, say: Callable[[str], None]) -> ProgressDisplay:
    """Return the progress display for ``service``: a live bar if standard error is a terminal, and
    otherwise lines, which ``say`` takes.
    """
    return LiveBar(service, sys.stderr) if is_live(sys.stderr) else Lines(service, say)


def is_live(stream: TextIO) -> bool:
    """Whether a stream is a terminal on which what was written can be replaced."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def beginning(service: str, progress: Progress) -> str:
    """Return what is said when the making begins."""
    return (
        f"waiting for {service} to make {counted(progress.total, 'figure')}; Ctrl-C is safe: what"
        " is ordered by then, the next run fetches without paying again"
    )


class Lines(ProgressDisplay):
    """Reports progress in lines, from a thread of its own: the scheduler reports nothing while the
    service does not answer.
    """

    def __init__(self, service: str, say: Callable[[str], None]) -> None:
        self._service = service
        self._say = say
        self._now = ""
        self._over = Event()

    def progress(self, progress: Progress) -> None:
        """Take in how far the making is."""
        is_first, self._now = not self._now, str(progress)
        if is_first:
            self._say(beginning(self._service, progress))
            Thread(target=self._watch, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _watch(self) -> None:
        began = said_at = monotonic()
        said, patience = "", STILL_SECONDS
        while not self._over.wait(CHANGED_SECONDS):
            now, progress = monotonic(), self._now
            is_still = progress == said
            if not is_still or now >= said_at + patience:
                self._say(f"{now - began:.0f} s: {progress}")
                patience = 2 * patience if is_still else STILL_SECONDS
                said, said_at = progress, now


class LiveBar(ProgressDisplay):
    """One bar, the figures that are being drawn by name and stage, the credits so far, and what is
    waited for; it goes when the making ends.
    """

    def __init__(self, service: str, stream: TextIO) -> None:
        self._service = service
        self._stream = stream
        self._live: Live | None = None
        self._bar: Bar | None = None

    def progress(self, progress: Progress) -> None:
        """Take in how far the making is."""
        if self._live is None:
            self._begin(progress)
        if self._live is not None and self._bar is not None:
            ended = progress.made + sum(count for _, count in progress.unmade)
            self._bar.update(
                self._bar.task_ids[0],
                completed=ended,
                total=progress.total,
                credits=f"{progress.credits:g} {progress.unit}",
            )
            self._live.update(_below(self._bar, progress))

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def _begin(self, progress: Progress) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        console = Console(file=self._stream)
        console.print(beginning(self._service, progress), markup=False, highlight=False)
        self._bar = Bar(
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[credits]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._bar.add_task("", total=progress.total, credits="")
        self._live = Live(console=console, transient=True, refresh_per_second=4)
        self._live.start()


def _below(bar: Bar, progress: Progress) -> RenderableType:
    """Return the bar with what is drawn, unmade and waited for below it."""
    from rich.console import Group
    from rich.text import Text

    rows = [f"  {name}: {stage}" for name, stage in progress.drawing[:DRAWN_SHOWN]]
    if len(progress.drawing) > DRAWN_SHOWN:
        rows.append(f"  … and {len(progress.drawing) - DRAWN_SHOWN} more")
    rows += [f"  {count} {words}" for words, count in progress.unmade]
    waits = dict(progress.stages).get("waiting", 0)
    if waits:
        rows.append(f"  {waits} to be ordered")
    if progress.waiting_for:
        rows.append(f"  waiting: {progress.waiting_for}")
    # Text: no name is markup
    return Group(bar, *(Text(printable(row), no_wrap=True, overflow="ellipsis") for row in rows))
