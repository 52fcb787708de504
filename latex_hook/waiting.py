"""What is said while pictures are made: little, but so that one knows what latexmk waits for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

    from pbfigure.scheduler.progress import Progress

CHANGED_SECONDS = 5.0
"""Between two lines, at the least, while the making goes on."""
STILL_SECONDS = 15.0
"""From a line to the next where nothing changes; then twice as long each time."""


class Waiting(AbstractContextManager["Waiting"]):
    """Tells how far the making is. A service that does not answer leaves the engine nothing to
    report, so the lines that say so come from a thread of their own.
    """

    def __init__(self, host: str, say: Callable[[str], None] | None) -> None:
        self._host = host
        self._say = say
        """None where the user wants quiet."""
        self._began: float | None = None
        self._said_at = 0.0
        self._progress: Progress | None = None
        self._over: Event | None = None

    def progress(self, progress: Progress) -> None:
        """Take in how far the making is."""
        self._progress = progress
        now = monotonic()
        if self._began is None:
            self._began = now
            self._begin(progress)
        elif now - self._said_at >= CHANGED_SECONDS:
            self._tell(now)

    def __exit__(self, *_: object) -> None:
        if self._over is not None:
            self._over.set()

    def _begin(self, progress: Progress) -> None:
        self._said_at = monotonic()
        if self._say is None:
            return
        from threading import Event, Thread

        count = f"{progress.total} figure{'' if progress.total == 1 else 's'}"
        self._say(
            f"pbfigure: waiting for {self._host} to make {count}; Ctrl-C is safe: what is ordered"
            " by then, the next run fetches without paying again"
        )
        self._over = Event()
        Thread(target=self._watch, args=(self._over,), daemon=True).start()

    def _watch(self, over: Event) -> None:
        patience = STILL_SECONDS
        seen = self._said_at
        while not over.wait(max(0.0, self._said_at + patience - monotonic())):
            if self._said_at != seen:  # something changed meanwhile
                patience, seen = STILL_SECONDS, self._said_at
            elif monotonic() >= seen + patience:
                self._tell(monotonic())
                patience, seen = 2 * patience, self._said_at

    def _tell(self, now: float) -> None:
        self._said_at = now
        if self._say is not None and self._began is not None:
            self._say(f"pbfigure: {now - self._began:.0f} s: {self._progress}")
