"""What the hook says: one line a message, ``file:line`` first, as editors and compilers know it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook.sources.document import Diagnostic
from latex_hook.tex.report_file import Report, Tally
from pbfigure.figure.notice import Notice, Place, printable

if TYPE_CHECKING:
    from pbfigure.figure.block import FigureBlock
    from pbfigure.project.progress_display import ProgressDisplay
    from pbfigure.project.resolved_figure import Resolution, ResolvedFigure


class Messages:
    """The hook's messages to its user."""

    def __init__(self, *, quiet: bool = False, report_file: Path | None = None) -> None:
        self._quiet = quiet
        self._said: set[str] = set()
        self._reported_at_source: set[str] = set()
        """Errors that were reported at their place in the sources, so not again for each figure."""
        self._report = Report(report_file) if report_file is not None else None

    def say(
        self, text: str, *, level: str = "info", place: Place | None = None, transient: bool = False
    ) -> None:
        """Say one thing once; ``info`` is left out where the user wants quiet.

        ``transient``: a later run of the hook replaces it.
        """
        if self._quiet and level == "info":
            return
        prefix = f"{place}: " if place else "pbfigure: "
        line = printable(
            f"{prefix}{'' if level == 'info' else level + ': '}{' '.join(text.split())}"
        )
        if line in self._said:
            return
        self._said.add(line)
        if self._report is not None and level != "info":
            self._report.add(line, transient=transient)
        elif self._report is None or self._report.is_new(line):
            self._print(line)

    def _print(self, line: str) -> None:
        print(printable(line), file=sys.stderr, flush=True)

    def close(self, *, holds: bool = True) -> None:
        """Write down what latexmk's rule is to print when it ends; if that does not ``hold`` for
        this run of latexmk, only what was printed already.
        """
        if self._report is None:
            return
        if not holds:
            self._report.retract()
        try:
            self._report.write()
        except OSError:
            for line in self._report.lines():
                self._print(line)

    def diagnostics(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Report what is wrong with the sources."""
        for diagnostic in diagnostics:
            self.say(diagnostic.text, level=diagnostic.level, place=diagnostic.place)
            if diagnostic.level == "error":
                self._reported_at_source.add(diagnostic.text)

    def announce(self, notice: Notice) -> None:
        """Say at once, also where the user wants quiet, what is to be known before figures are
        made: what leaves the machine, and what becomes of what was ordered.
        """
        self._print(f"pbfigure: {notice.text}")

    def making(self, service: str) -> ProgressDisplay:
        """Return the progress report for the work at ``service``."""
        from pbfigure.project.progress_display import (  # only to make something
            ProgressDisplay,
            progress_display,
        )

        if self._quiet:
            return ProgressDisplay()
        return progress_display(service, lambda text: self._print(f"pbfigure: {text}"))

    def resolution(self, resolution: Resolution) -> None:
        """Report the outcome of every figure, and the totals."""
        if self._report is not None:
            self._report.discard_transient()
        for resolved in resolution.figures:
            self._figure(resolved)
        for notice in resolution.notices:
            self.say(notice.text, level=notice.level, transient=True)
        tally = tally_of(resolution)
        if self._report is not None:
            tally = self._report.tally = tally.after(self._report.tally)
            is_news = tally.made or any(each.path is None for each in resolution.figures)
            self._report.shows_tally = bool(is_news) and not self._quiet
        else:
            self.say(str(tally))

    def _figure(self, resolved: ResolvedFigure) -> None:
        name = _name(resolved.block)
        notices: list[Notice] = list(resolved.notices)
        if not notices and resolved.path is None and resolved.why and not resolved.was_reported:
            notices = [Notice("missing", resolved.why)]
        for notice in notices:
            if resolved.figure is None and notice.text in self._reported_at_source:
                continue
            level = "error" if resolved.figure is None else notice.level
            self.say(
                f"{name}: {notice.text}",
                level=level,
                place=resolved.block.place,
                transient=not resolved.is_complete,
            )


def tally_of(resolution: Resolution) -> Tally:
    """Count what came of the figures."""
    from pbfigure.project.resolved_figure import count_states

    figures = resolution.figures
    states = ", ".join(count_states(figures))
    spent, sandbox = resolution.credits_spent, resolution.from_sandbox
    return Tally(len(figures), resolution.made, spent, sandbox, states)


def _name(block: FigureBlock) -> str:
    if id_ := block.options.get("id"):
        return f"figure {id_[:80]!r}"
    prompt = " ".join(block.prompt.split())
    return f'figure "{prompt if len(prompt) <= 50 else prompt[:49] + "…"}"'
