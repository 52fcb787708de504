r"""The hook: it reads what TeX asked for, has missing pictures made, and writes the map for TeX.

It runs beside TeX's first pass, where it only looks up what TeX asked for the last time, and after
TeX. Whatever goes wrong, TeX still has a map to read, and the PDF comes out.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook import memo
from latex_hook.blocks import TexFigure, collect, hidden_of, ready
from latex_hook.derived import original_of
from latex_hook.map_update import MapUpdate, locked
from latex_hook.messages import Messages
from latex_hook.sources.boundary import check_folder, root_of
from latex_hook.sources.inputs import read_document
from latex_hook.sources.locate import files_of
from latex_hook.sources.scan import Scan, scan
from latex_hook.tex.picture_map import FOLDER, NAME, read_map
from latex_hook.tex.report import spent_before
from latex_hook.tex.request_file import Requests, read_requests
from latex_hook.unchanged import LastRun, memo_folder
from pbfigure.figure.notice import FigureError
from pbfigure.figure.options import takes_text
from pbfigure.figure.unexpected import boundary

if TYPE_CHECKING:
    from pbfigure.figure.notice import Notice
    from pbfigure.project.project import Project
    from pbfigure.project.resolved_figure import Resolution, ResolvedFigure
    from pbfigure.project.settings import Settings

WELL, INCOMPLETE, WRONG, FAILED_BUILD, INTERRUPTED = 0, 1, 2, 12, 130
"""Exit status: all well; a figure missing; wrong use or settings; within latexmk, that the settings
make that a failure (what latexmk ends with then); interrupted."""
HOLD = "a save buys nothing (on_save = hold): run 'pbfigure make {}' to have it made"
"""Why a figure is held in the rounds of ``latexmk -pvc`` after the first."""


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
    """Where to leave what is to be said again when latexmk ends."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """From the command line."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    last_run: LastRun | None = field(default=None, repr=False)
    """Where the next run is told that all is well."""

    @property
    def map_file(self) -> Path:
        """The map that TeX reads."""
        return self.folder / FOLDER / NAME


def run_hook(run: Run) -> int:
    """Run the hook once; return the exit status."""
    messages = Messages(quiet=run.quiet, report_file=run.report_file)
    try:
        with boundary():
            return _Hook(run, messages).run()
    except FigureError as error:
        messages.say(str(error), level="error")
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        messages.close()


class _Hook:
    def __init__(self, run: Run, messages: Messages) -> None:
        self._run = run
        self._messages = messages
        self._memo = memo.Memo(Path(memo_folder(run.environ)), run.request_file)
        self._map = MapUpdate(run.map_file, run.request_file, self._memo.copies, messages)
        self._original = original_of(run.main)

    @property
    def _looks_only(self) -> bool:
        return self._run.phase is Phase.BEFORE

    def run(self) -> int:
        run = self._run
        root = root_of(run.main)
        last_run = run.last_run or LastRun(str(run.main), str(run.request_file), run.environ)
        if self._looks_only and last_run.asked is None:  # TeX may be writing it by now
            self._check_ahead(self._original or run.main.stem, root)
            return INCOMPLETE
        requests = read_requests(run.request_file, run.folder, last_run.asked)
        document = self._original or requests.document or run.main.stem
        if not self._is_usable(requests):
            return INCOMPLETE
        if not requests.asked and not run.map_file.exists():
            return WELL
        check_folder(run.map_file.parent, root, run.folder)
        if not requests.asked:
            if not self._looks_only:
                self._write_map(document, requests)
            return WELL
        reported = files_of(requests)
        found = scan(read_document(run.main, run.folder, run.environ, reported))
        given = memo.settings_digest(run.folder, run.environ, {**requests.settings, **run.settings})
        figures = collect(found, requests, run.folder, document)
        digests = memo.digests_of(figures, given)
        if not found.diagnostics:
            changed = self._memo.changed_texts(digests, run.map_file)
            if changed is not None:
                for figure in (figures[number] for number in changed):
                    self._messages.text_changed(figure.block)
                self._leave_note(found, requests, self._memo.pictures, speaks=bool(changed))
                return WELL
        self._memo.forget()
        if found.diagnostics:
            self._messages.diagnostics(found.diagnostics)
        settings = self._settings(requests, root)
        if not takes_text({}, settings.defaults):
            figures = collect(found, requests, run.folder, document, "standard")
        return self._resolve(found, requests, document, figures, settings, digests)

    def _check_ahead(self, document: str, root: Path) -> None:
        """Check the pictures that the map names while TeX runs: in a clone that takes long.

        What comes of it is told by the run after TeX.
        """
        from pbfigure.project.project import Project

        run, seen = self._run, self._memo.seen
        if seen is None or seen.exists():
            return
        with contextlib.suppress(FigureError, OSError):
            project = Project(run.folder, self._settings(Requests(), root), run.environ, seen)
            figures = project.figures
            for entry in read_map(run.map_file).get(document, {}).values() if figures else ():
                if figures and (kept := figures.kept(Path(entry.file).stem)):
                    with contextlib.suppress(FigureError):
                        figures.whole(kept)
            project.close()

    def _is_usable(self, requests: Requests) -> bool:
        """Whether TeX told what it wants; say what is wrong if not."""
        run = self._run
        for problem in requests.problems:
            self._messages.say(problem, level="warning")
        if requests.complete and not requests.dvi:
            return True
        if self._looks_only:
            return False
        if requests.dvi:
            self._messages.say(
                "TeX wrote a DVI file, which holds none of these pictures: nothing is made; run"
                " latexmk -pdf",
                level="warning",
            )
        elif not requests.problems:
            gone = "is not complete" if run.request_file.exists() else "is not there"
            self._messages.say(
                f"{run.request_file} {gone}: TeX has not run yet, or not to its end, and only what"
                " it asks for is made; run latexmk",
                level="warning",
            )
            # the sources may show why
            found = scan(read_document(run.main, run.folder, run.environ))
            self._messages.diagnostics(found.diagnostics)
        return False

    def _settings(self, requests: Requests, root: Path) -> Settings:
        from latex_hook.document_settings import settings_of

        run = self._run
        settings = settings_of(
            requests.settings, run.main, run.folder, root, run.environ, run.settings
        )
        if self._original:  # its text is a part of the document's, or marked up
            settings = replace(settings, on_text_change="keep")
        return settings

    def _resolve(  # noqa: PLR0913, PLR0917
        self,
        found: Scan,
        requests: Requests,
        document: str,
        figures: list[TexFigure],
        settings: Settings,
        digests: memo.Digests,
    ) -> int:
        from urllib.parse import urlsplit

        from pbfigure.project import build_report
        from pbfigure.project.project import Project
        from pbfigure.project.resolution import resolve

        run = self._run
        figures = self._blocks(figures, settings)
        project = Project(run.folder, settings, run.environ, self._memo.seen, build="latex")
        limit, spent = settings.max_credits, spent_before(run.report_file)
        if limit is not None and spent:
            project.settings = replace(settings, max_credits=max(0.0, limit - spent))
        try:
            with self._messages.making(urlsplit(settings.base_url).netloc) as waiting:
                resolution = resolve(
                    project,
                    [figure.block for figure in figures],
                    hidden=None
                    if self._original
                    else hidden_of(found, requests, figures, settings.figures_dir),
                    look_up_only=self._looks_only,
                    hold=HOLD.format(run.main.name)
                    if run.saved and settings.on_save == "hold"
                    else None,
                    report=waiting.progress,
                    announce=self._messages.announce,
                )
            for figure, resolved in zip(figures, resolution.figures, strict=True):
                # what is to be said of a miss, is said after TeX
                if not (self._looks_only and (resolved.is_miss or resolved.figure is None)):
                    self._map.add(figure, resolved)
            self._messages.resolution(resolution)  # whatever comes of the map, this is spent
            if spent and any(notice.subtype == "budget" for notice in _notices(resolution)):
                self._messages.say(
                    f"max_credits is {limit:g} for all of latexmk's run, and {spent:g} of them were"
                    " spent before",
                    level="warning",
                )
            with locked(project):
                self._write_map(document, requests)
        finally:
            project.close()
        status = self._status(resolution, digests, found, requests, project)
        if status == WELL or not self._looks_only:
            report = run.request_file.with_suffix(f".{build_report.NAME}")
            build_report.write_build_report(report, resolution, builder="latex", spent_before=spent)
        return status

    def _blocks(self, figures: list[TexFigure], settings: Settings) -> list[TexFigure]:
        """Return the figures as they are to be resolved; tell of prompts that TeX is left in."""
        refuses = settings.on_failure == "error"
        if not refuses and not self._looks_only:
            for figure in figures:
                if problem := figure.residue_problem:
                    self._messages.warn_at_once(figure.block, f"{problem}; it is sent as it is")
        is_derived = bool(self._original)
        return [ready(each, refuses_residue=refuses, is_derived=is_derived) for each in figures]

    def _write_map(self, document: str, requests: Requests) -> None:
        keep_all = self._looks_only or bool(self._original)
        self._map.write(
            document,
            keep_all=keep_all,
            keep_shown=requests.partial,
            leaves_none_out=self._looks_only,
        )

    def _status(
        self,
        resolution: Resolution,
        digests: memo.Digests,
        found: Scan,
        requests: Requests,
        project: Project,
    ) -> int:
        resolved = resolution.figures
        if resolution.must_fail:
            return FAILED_BUILD if self._run.phase is Phase.AFTER else INCOMPLETE
        if self._map.too_large or any(each.is_miss or each.figure is None for each in resolved):
            return INCOMPLETE
        if (
            self._looks_only
            and not project.settings.allow_drafts
            and any(d.draft for d in resolved)
        ):
            return INCOMPLETE  # a look-up judges nothing: the run after TeX tells of them
        notices = _notices(resolution)
        if all(notice.level == "info" for notice in notices) and not found.diagnostics:
            shown = [each.path for each in resolved if each.path is not None]
            shown += self._map.shown
            folder = project.settings.figures_dir
            folders = [folder] if folder is not None and folder.is_dir() else []
            keeps = project.settings.on_text_change == "keep" and not any(
                each.block.options.get("on-text-change") for each in resolved
            )
            drawn = [_drawn_from(each, project) for each in resolved]
            # a choice (``pbfigure pin``) that comes or goes changes its folder
            files = [*shown, *folders]
            self._memo.remember(digests, self._run.map_file, files, drawn, keeps=keeps)
            choices = [path for each in folders for path in _choices(resolved, each)]
            self._leave_note(found, requests, [*shown, *choices], speaks=bool(notices))
        return WELL

    def _leave_note(
        self, found: Scan, requests: Requests, pictures: Iterable[Path], *, speaks: bool
    ) -> None:
        """Have the next run see at once that nothing changed, with all that this one looked at."""
        run = self._run
        if run.last_run is None:
            return
        named = {"prompt-file", "image-input-file"}
        names = {
            asked.values[key] for asked in requests.asked for key in named & asked.values.keys()
        }
        names |= {f"{name}.pbq" for name in requests.parts}
        around = [
            above / name
            for folder in {run.folder, run.main.absolute().parent}
            for above in (folder, *folder.parents)
            for name in (".git", "paperbanana.toml")
        ]
        below = (run.folder / name for name in names)
        parts = (run.request_file.parent / name for name in names)
        files = (run.main, *found.document.sought, *pictures, *around, *below, *parts)
        with contextlib.suppress(OSError):
            run.last_run.leave(files, speaks=speaks)


def _choices(figures: Iterable[ResolvedFigure], folder: Path) -> list[Path]:
    """Return the files in which figures have their author's choice, or would have one."""
    slugs = {each.figure.slug for each in figures if each.figure is not None}
    moved = [each.choice.path for each in figures if each.choice is not None]
    return [*(folder / f"{slug}.pin" for slug in slugs), *moved]


def _notices(resolution: Resolution) -> list[Notice]:
    """Return all that is told of the figures, one by one and together."""
    return [*resolution.notices, *(n for s in resolution.figures for n in s.notices)]


def _drawn_from(resolved: ResolvedFigure, project: Project) -> list[str]:
    """Return the digests of the texts that a figure's pictures were drawn from, the shown first."""
    figure, record = resolved.figure, resolved.record
    content = figure.request.content if figure is not None else None
    if figure is None or record is None or content is None or figure.pin is not None:
        return [memo.ANY]
    if not content.automatic:
        return []
    kept = project.figures.of_figure(figure.slug, figure.name) if project.figures else []
    others = (k.record for k in kept if k.record.request_digest == figure.key.request)
    return list(dict.fromkeys(r.content_digest or "" for r in (record, *others)))
