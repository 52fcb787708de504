"""The report ``\\jobname.pbr``: what the hook's runs of one latexmk have to say when it ends.

A line of the file is one thing: ``E`` what happened, ``S`` how things stand (a later run knows
better), ``I`` what was said at once, ``T`` the count of all runs.
latexmk's rule prints the first two and removes the file, so that everything is said once: when
latexmk ends, or a round of ``latexmk -pvc``.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import NamedTuple

_LIMIT = 4_000_000
_STATE = re.compile(r"T (\d+) (\d+) ([0-9.e+-]+) (paid|sandbox) ([a-z0-9, ]*)")


class Tally(NamedTuple):
    """What came of the figures, in numbers."""

    total: int = 0
    made: int = 0
    credits: float = 0.0
    from_sandbox: bool = False
    states: str = ""
    """How many figures are in each state, in words."""

    def after(self, before: Tally) -> Tally:
        """Return the count of two runs together: how things stand now, and what was done."""
        return self._replace(
            made=min(self.made + before.made, self.total),
            credits=self.credits + before.credits,
            from_sandbox=self.from_sandbox and (before.from_sandbox or not before.credits),
        )

    def __str__(self) -> str:
        from pbfigure.project.resolved_figure import spent_words, summary_line  # not when idle

        spent = spent_words(self.credits, sandbox=self.from_sandbox)
        return summary_line(self.total, self.states, self.made, spent)


def spent_before(path: Path | None) -> float:
    """Return the credits that earlier runs of this latexmk spent; never less than nothing, for
    TeX could have written the file.
    """
    return max(0.0, Report(path).tally.credits) if path is not None else 0.0


class Report:
    """The messages to print when latexmk ends, of this run and of those before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[str, str] = {}
        self.tally = Tally()
        self.shows_tally = False
        self._read()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            if not self._path.exists():
                return
            from pbfigure.store.files import read_bounded  # an idle run does without

            for line in read_bounded(self._path, limit=_LIMIT).decode().split("\n"):
                if state := _STATE.fullmatch(line):
                    total, made, spent, whose, states = state.groups()
                    of_sandbox = whose == "sandbox"
                    self.tally = Tally(int(total), int(made), float(spent), of_sandbox, states)
                elif line.startswith(("E ", "S ", "I ")):
                    self._lines[line[2:]] = line[0]

    def add(self, line: str, *, transient: bool) -> None:
        """Add a message; repetitions are printed once."""
        self._lines.setdefault(line, "S" if transient else "E")

    def is_new(self, line: str) -> bool:
        """Whether a line that is said at once was not said before; from now on it was."""
        new = line not in self._lines
        self._lines.setdefault(line, "I")
        return new

    def discard_transient(self) -> None:
        """Discard what an earlier run said of the figures' states: this run says it anew."""
        self._lines = {line: kind for line, kind in self._lines.items() if kind != "S"}

    def retract(self) -> None:
        """Discard all but what was said at once: the run after TeX tells how things are."""
        self._lines = {line: kind for line, kind in self._lines.items() if kind == "I"}
        self.tally, self.shows_tally = Tally(), False

    def lines(self) -> list[str]:
        """Return the messages."""
        unsaid = [line for line, kind in self._lines.items() if kind != "I"]
        return [*unsaid, *([f"pbfigure: {self.tally}"] if self.shows_tally else [])]

    def write(self) -> None:
        """Write the file, if there is anything to say. Raises ``OSError``."""
        from pbfigure.store.files import write_whole  # an idle run does without

        if not self._lines and not self.tally.total:
            return
        lines = [f"{kind} {line}" for line, kind in self._lines.items()]
        if self.shows_tally:
            lines.append(f"S pbfigure: {self.tally}")
        tally = self.tally
        whose = "sandbox" if tally.from_sandbox else "paid"
        lines.append(f"T {tally.total} {tally.made} {tally.credits!r} {whose} {tally.states}")
        write_whole(self._path, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
