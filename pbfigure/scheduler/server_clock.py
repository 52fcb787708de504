"""The server's clock, as far as its answers told it: what a grace is counted by."""

from __future__ import annotations

from pbfigure.scheduler.clock import Clock


class ServerClock:
    """Heard from the ``Date`` of answers, and carried on by a clock that never jumps.

    A machine that slept makes it slow until the next answer, never fast: then more tasks may be
    the question's, and the grace is longer. Both err on the side of not paying twice.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: float | None = None
        self.was_asked = False
        """Whether there was any answer yet, dated or not."""

    def heard(self, server_time: float | None) -> None:
        """Take in an answer's date."""
        self.was_asked = True
        if server_time is not None:
            self._ahead = server_time - self._clock.monotonic()

    def date(self) -> float | None:
        """Return the server's time now, or None where it never told."""
        return None if self._ahead is None else self._clock.monotonic() + self._ahead

    def time(self) -> float:
        """Return the server's time now; this machine's where it never told."""
        date = self.date()
        return self._clock.time() if date is None else date
