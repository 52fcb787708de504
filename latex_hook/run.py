r"""The hook: it reads what TeX asked for, has missing pictures made, and writes the map for TeX.

It runs beside TeX's first pass, where it only looks up what TeX asked for the last time, and after
TeX. Whatever goes wrong, TeX still has a map to read, and the PDF comes out.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook.map_update import MapUpdate, locked
from latex_hook.messages import Messages
from latex_hook.on_save import reason_to_hold
from latex_hook.paper import Paper
from latex_hook.sources.own_files import check_folder
from latex_hook.tex.picture_map import read_map
from latex_hook.tex.report_file import spent_before
from latex_hook.tex.request_file import Requests, read_requests
from latex_hook.unchanged import LastRun
from pbfigure.figure.notice import FigureError
from pbfigure.figure.unexpected import boundary
from pbfigure.project.repository import REPORT

if TYPE_CHECKING:
    from pbfigure.figure.notice import Notice
    from pbfigure.project.resolved_figure import Resolution
    from pbfigure.project.settings import Settings

WELL, INCOMPLETE, WRONG, FAILED_BUILD, INTERRUPTED = 0, 1, 2, 12, 130
"""Exit status: all well; a figure missing; wrong use or settings; within latexmk, a missing figure
where the settings make that a failure, which latexmk then ends with; interrupted."""


class Phase(Enum):
    """When the hook runs, and so what it may do."""

    BEFORE = "before"
    """Beside TeX's first pass: it looks up what TeX asked for the last time, and buys nothing."""
    AFTER = "after"
    """After TeX: what it asked for is made."""
    ALONE = "alone"
    """Started by hand: what TeX asked for the last time is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One start of the hook."""

    main: Path
    """The main .tex file."""
    folder: Path
    """Where TeX runs."""
    request_file: Path
    phase: Phase = Phase.ALONE
    saved: bool = False
    """Whether a watcher started it, because a file was saved."""
    quiet: bool = False
    report_file: Path | None = None
    """The file for messages to print again when latexmk ends."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """From the command line."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    last_run: LastRun | None = field(default=None, repr=False)
    """The note that tells the next run that nothing is left to do."""


def run_hook(run: Run) -> int:
    """Run the hook once; return the exit status."""
    messages = Messages(quiet=run.quiet, report_file=run.report_file)
    status = INTERRUPTED
    try:
        with boundary():
            status = _Hook(run, messages).run()
    except FigureError as error:
        messages.say(str(error), level="error")
        status = WRONG
    except KeyboardInterrupt:
        pass
    finally:
        # what was wrong when TeX ran the last time may be right now: the run after TeX tells
        messages.close(holds=status == WELL or run.phase is not Phase.BEFORE)
    return status


class _Hook:
    def __init__(self, run: Run, messages: Messages) -> None:
        self._run = run
        self._messages = messages
        self._looks_only = run.phase is Phase.BEFORE

    def run(self) -> int:
        run = self._run
        last_run = run.last_run or LastRun(str(run.main), str(run.request_file), run.environ)
        if self._looks_only and last_run.asked is None:
            self._check_ahead(self._paper(Requests()))
            return INCOMPLETE
        paper = self._paper(read_requests(run.request_file, run.folder, last_run.asked))
        if not self._is_usable(paper):
            return WELL if paper.requests.no_pdf else INCOMPLETE
        if not paper.requests.asked and not paper.map_file.exists():
            return WELL
        check_folder(paper.map_file.parent, paper.root, run.folder)
        if not paper.requests.asked:
            if not self._looks_only:
                MapUpdate(paper, self._messages).write(contextlib.nullcontext())
            return WELL
        return self._resolve(paper)

    def _paper(self, requests: Requests) -> Paper:
        run = self._run
        return Paper(
            main=run.main,
            folder=run.folder,
            request_file=run.request_file,
            requests=requests,
            environ=run.environ,
            given=run.settings,
        )

    def _check_ahead(self, paper: Paper) -> None:
        """Check the pictures that the map names while TeX runs: in a clone that takes long.

        What comes of it is told by the run after TeX.
        """
        from pbfigure.project.project import Project

        run, seen = self._run, paper.seen
        if seen is None or seen.exists():
            return
        with contextlib.suppress(FigureError, OSError):
            project = Project(run.folder, paper.settings, run.environ, seen)
            if (figures := project.figures) is not None:
                for entry in read_map(paper.map_file).get(paper.name, {}).values():
                    if kept := figures.kept(Path(entry.file).stem):
                        with contextlib.suppress(FigureError):
                            figures.whole(kept)
            project.close()

    def _is_usable(self, paper: Paper) -> bool:
        """Whether TeX told what it wants; say what is wrong if not."""
        requests, request_file = paper.requests, paper.request_file
        for problem in requests.problems:
            self._messages.say(problem, level="warning")
        is_shown = not (requests.no_pdf and requests.asked)
        if requests.complete and is_shown:
            return True
        if self._looks_only:
            return False
        if not is_shown:
            self._messages.say(f"nothing is made: {requests.no_pdf}", level="warning")
        elif not requests.problems:
            gone = "is not complete" if request_file.exists() else "is not there"
            self._messages.say(
                f"{request_file} {gone}: TeX has not run yet, or not to its end, and only what"
                " it asks for is made; run latexmk",
                level="warning",
            )
            self._messages.diagnostics(paper.scan.diagnostics)  # the sources may show why
        return False

    def _resolve(self, paper: Paper) -> int:
        from pbfigure.project.build_report import write_build_report
        from pbfigure.project.project import Project
        from pbfigure.project.resolution import resolve

        run, settings = self._run, paper.settings
        figures = paper.figures()
        self._messages.diagnostics(paper.scan.diagnostics)  # also of files whose text is not sent
        limit, spent = settings.max_credits, spent_before(run.report_file)
        if limit is not None and spent:
            settings = settings.replace(max_credits=max(0.0, limit - spent))
        project = Project(run.folder, settings, run.environ, paper.seen, build="latex")
        update = MapUpdate(paper, self._messages, looks_only=self._looks_only)
        try:
            with self._messages.making(project.service_name) as waiting:
                resolution = resolve(
                    project,
                    [figure.block for figure in figures],
                    hidden=paper.hidden(figures),
                    look_up_only=self._looks_only,
                    hold=reason_to_hold(run.main, settings.on_save, saved=run.saved),
                    report=waiting.progress,
                    announce=self._messages.announce,
                )
            if resolution.made:
                from pbfigure.checking import check_new

                check_new(project, resolution.figures)
            for figure, resolved in zip(figures, resolution.figures, strict=True):
                # what is to be said of a miss, is said after TeX
                if not (self._looks_only and not resolved.is_complete):
                    update.add(figure, resolved)
            self._messages.resolution(resolution)  # whatever comes of the map, this is spent
            if spent and any(notice.subtype == "budget" for notice in _notices(resolution)):
                self._messages.say(
                    f"max_credits is {limit:g} for all of latexmk's run, and {spent:g} of them were"
                    " spent before",
                    level="warning",
                )
            update.write(locked(project))
        finally:
            project.close()
        status = self._status(paper, resolution, settings, update)
        if status == WELL or not self._looks_only:
            report = run.request_file.with_suffix(f".{REPORT}")
            write_build_report(report, resolution, builder="latex", spent_before=spent)
        return status

    def _status(
        self, paper: Paper, resolution: Resolution, settings: Settings, update: MapUpdate
    ) -> int:
        resolved = resolution.figures
        if resolution.must_fail:
            return FAILED_BUILD if self._run.phase is Phase.AFTER else INCOMPLETE
        if update.too_large or not all(each.is_complete for each in resolved):
            return INCOMPLETE
        if self._looks_only and not settings.allow_drafts and any(d.draft for d in resolved):
            return INCOMPLETE  # a look-up judges nothing: the run after TeX tells of them
        needs_approval = settings.require_approval and settings.mode == "frozen"
        if self._looks_only and needs_approval and any(each.why_unapproved for each in resolved):
            return INCOMPLETE
        notices = _notices(resolution)
        if any(notice.level != "info" for notice in notices) or paper.scan.diagnostics:
            return WELL
        if self._run.last_run is not None:
            shown = {each.path for each in resolved if each.path is not None} | update.shown
            folder, decided = settings.figures_dir, set[Path]()
            if folder is not None and folder.is_dir():
                decided.update(*(each.decision_files(folder) for each in resolved))
            with contextlib.suppress(OSError):
                self._run.last_run.leave((*paper.files(), *shown, *decided), speaks=bool(notices))
        return WELL


def _notices(resolution: Resolution) -> list[Notice]:
    """Return all messages about the figures, one by one and together."""
    return [*resolution.notices, *(n for s in resolution.figures for n in s.notices)]
