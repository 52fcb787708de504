r"""The hook: what stands between latexmk and the engine, once before TeX and, if need be, after.

Sources and request file in, the map out; the engine in between looks up and makes what is missing.
Whatever goes wrong, TeX still has a map to read, and the PDF comes out.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook import memo
from latex_hook.messages import Messages, known_to_tex
from latex_hook.sources.boundary import check_folder
from latex_hook.sources.inputs import read_document
from latex_hook.sources.scan import Scan, scan
from latex_hook.tex.picture_map import (
    FOLDER,
    NAME,
    MapEntry,
    fitted,
    is_read_by_tex,
    read_map,
    write_map,
)
from latex_hook.tex.report import spent_before
from latex_hook.tex.request_file import Requests, read_requests
from latex_hook.wanted import Phase, Wanted, collect
from pbfigure.figure.notice import FigureError

if TYPE_CHECKING:
    from pbfigure.figure.notice import Notice
    from pbfigure.project.project import Project
    from pbfigure.project.resolved_figure import Resolution, ResolvedFigure

WELL, INCOMPLETE, WRONG, FAILED_BUILD, INTERRUPTED = 0, 1, 2, 12, 130
"""Exit status: all well; a figure missing; wrong use or settings; within latexmk, that the settings
make that a failure (what latexmk ends with then); interrupted."""
LISTED = 200
"""Characters of a prompt that ``\\pbfigurelist`` sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One start of the hook."""

    main: Path
    """The main .tex file."""
    folder: Path
    """Where TeX runs."""
    request_file: Path
    phase: Phase = Phase.ALONE
    quiet: bool = False
    report_file: Path | None = None
    """Where to leave what is to be said again when latexmk ends."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """From the command line."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def map_file(self) -> Path:
        """The map that TeX reads."""
        return self.folder / FOLDER / NAME


def run_hook(run: Run) -> int:
    """Do what there is to do; return the exit status."""
    messages = Messages(quiet=run.quiet, report_file=run.report_file)
    hook = _Hook(run, messages)
    try:
        return hook.run()
    except FigureError as error:
        messages.say(str(error), level="error")
        return WRONG
    except OSError as error:
        messages.say(f"{error.filename or ''}: {error.strerror or error}", level="error")
        return WRONG
    finally:
        messages.close(hook.status)


class _Hook:
    def __init__(self, run: Run, messages: Messages) -> None:
        self._run = run
        self._messages = messages
        self._memo = memo.Memo(memo.memo_folder(run.environ), run.request_file)
        self._shown: set[str] = set()
        self._too_large = False
        self.status: int | None = None
        """How it ended, once every figure was seen to."""

    def run(self) -> int:
        run = self._run
        found = scan(read_document(run.main, run.folder, run.environ))
        requests = read_requests(run.request_file)
        if not (found.calls or requests.asked or found.troubles or run.map_file.exists()):
            return WELL
        check_folder(run.map_file.parent, found.document.root, run.folder)
        if (status := self._as_before(found, requests)) is not None:
            return status
        given = memo.settings_digest(run.folder, run.environ, {**found.settings, **run.settings})
        document = found.name or requests.document or run.main.stem
        wanted = collect(found, requests, run.folder, document, phase=run.phase)
        digests = memo.digests_of(wanted, given)
        if not found.troubles:
            changed = self._memo.changed_texts(digests, run.map_file)
            if changed is not None:
                for figure in (wanted[number] for number in changed):
                    self._messages.text_changed(figure.block)
                return WELL
        self._memo.forget()
        self._tell_troubles(found, requests)
        if not (wanted or run.map_file.exists()):
            return WELL
        return self._resolve(found, requests, document, wanted, digests)

    def _as_before(self, found: Scan, requests: Requests) -> int | None:
        """Return how the run before TeX ended, if TeX asks for nothing that it did not see to.

        What failed seconds ago fails again: to wait for it again is a waste.
        """
        status = self._messages.status_before
        if self._run.phase is not Phase.AFTER or status is None:
            return None
        document = found.name or requests.document or self._run.main.stem
        known = read_map(self._run.map_file).get(document, {})
        entries = [known.get((asked.id, asked.md5)) for asked in requests.asked]
        missed = any(entry is not None and (not entry.file or entry.note) for entry in entries)
        return status if missed and None not in entries else None

    def _tell_troubles(self, found: Scan, requests: Requests) -> None:
        if found.troubles:
            names = [t.missing for t in found.troubles if t.missing is not None]
            self._messages.troubles(found.troubles, known_to_tex(names, self._run.folder))
        for problem in requests.problems:
            self._messages.say(problem, level="warning")

    def _resolve(
        self,
        found: Scan,
        requests: Requests,
        document: str,
        wanted: list[Wanted],
        digests: memo.Digests,
    ) -> int:
        from urllib.parse import urlsplit

        from latex_hook.document_settings import settings_of
        from latex_hook.stopped import Stopped
        from pbfigure.project.project import Project
        from pbfigure.project.resolution import resolve

        run = self._run
        settings = settings_of(found, run.main, run.folder, run.environ, run.settings)
        if settings.defaults.get("type", "").lower() == "standard":  # such figures take no text
            wanted = collect(
                found, requests, run.folder, document, phase=run.phase, default_type="standard"
            )
        why = self._messages.stopped_before(digests.settings) if run.phase is Phase.AFTER else ""
        project: Project
        if why:
            project = Stopped(run.folder, settings, run.environ, self._memo.seen, why=why)
        else:
            project = Project(run.folder, settings, run.environ, self._memo.seen)
        limit, spent = settings.max_credits, spent_before(run.report_file)
        if limit is not None and spent:
            project.settings = replace(settings, max_credits=max(0.0, limit - spent))
        try:
            with self._messages.making(urlsplit(settings.base_url).netloc) as waiting:
                resolution = resolve(
                    project,
                    [figure.block for figure in wanted],
                    report=waiting.progress,
                    announce=self._messages.announce,
                )
            if waiting.stopped:
                self._messages.note_stop(digests.settings, waiting.stopped)
            entries = self._entries(wanted, resolution)
            if wanted:
                self._messages.resolution(resolution)  # whatever comes of the map, this is spent
            if spent and any(notice.subtype == "budget" for notice in _notices(resolution)):
                self._messages.say(
                    f"max_credits is {limit:g} for all of latexmk's run, and {spent:g} of them were"
                    " spent before",
                    level="warning",
                )
            complete = requests.complete and not requests.partial and run.phase is Phase.AFTER
            with _locked(project):
                self._write_map(document, entries, dropping=complete)
        finally:
            project.close()
        self.status = self._status(resolution, digests, found, project)
        return self.status

    def _status(
        self, resolution: Resolution, digests: memo.Digests, found: Scan, project: Project
    ) -> int:
        standings = resolution.figures
        if resolution.must_fail and self._run.phase is not Phase.ALONE:
            return FAILED_BUILD
        if self._too_large or any(s.is_miss or s.figure is None for s in standings):
            return INCOMPLETE
        if all(notice.level == "info" for notice in _notices(resolution)) and not found.troubles:
            shown = [s.path for s in standings if s.path is not None]
            shown += [self._run.folder / name for name in self._shown]
            keeps = project.settings.on_text_change == "keep" and not any(
                s.block.options.get("on-text-change") for s in standings
            )
            drawn = [_drawn_from(standing, project) for standing in standings]
            self._memo.remember(digests, self._run.map_file, shown, drawn, keeps=keeps)
        return WELL

    def _entries(self, wanted: list[Wanted], resolution: Resolution) -> list[MapEntry]:
        entries = []
        for figure, standing in zip(wanted, resolution.figures, strict=True):
            entry = self._entry(figure, standing)
            if entry[0]:
                self._shown.add(entry[0])
            entries += [MapEntry(figure.id, md5, *entry) for md5 in figure.md5s]
        return entries

    def _entry(
        self, figure: Wanted, standing: ResolvedFigure
    ) -> tuple[str, str, str, str, str, str]:
        """Return file, note and what ``\\pbfigurelist`` sets of a figure."""
        from latex_hook.tex.pictures import shown_file

        file, note = "", ""
        if standing.path is not None:
            try:
                file = shown_file(standing.path, self._run.folder, self._memo.copies)
            except OSError as error:
                note = f"its picture cannot be copied into the project: {error.strerror or error}"
                self._messages.say(note, level="warning", place=figure.block.place)
        if not file:
            note = note or standing.why or "it has no picture yet"
        elif standing.is_miss:
            note = "until it has its own, its last picture is shown, made from an earlier request"
        record = standing.record
        # for want of its own, a figure shows an earlier request's picture: the table tells of that
        prompt = figure.block.prompt if record is None else str(record.request["prompt"])
        prompt = prompt if len(prompt) <= LISTED else f"{prompt[: LISTED - 1]}…"
        if record is None:
            return file, note, prompt, "", "", ""
        return file, note, prompt, record.model, record.created_at[:10], f"{record.cost_credits:g}"

    def _write_map(self, document: str, entries: list[MapEntry], *, dropping: bool) -> None:
        """Merge this document's entries into the map; drop others only if TeX asked for all."""
        documents = read_map(self._run.map_file)
        before = {} if dropping else documents.get(document, {})
        new: dict[tuple[str, str], MapEntry] = {}
        for entry in entries:
            there = new.get(entry.key)
            if there is None or not there.file:  # two places of one figure
                new[entry.key] = entry
        kept = {
            key: entry
            for key, entry in before.items()
            if key not in new and (self._run.folder / entry.file).is_file() and entry.file
        }
        documents[document] = {**kept, **new}
        documents, left_out = fitted(documents, document, new.keys(), self._run.folder)
        if left_out:
            self._messages.say(
                f"{self._run.map_file} would be more than TeX reads: {left_out} are left out",
                level="warning",
            )
        self._too_large = not is_read_by_tex(documents)
        if self._too_large:
            self._messages.say(
                f"{self._run.map_file} is more than TeX reads, and no picture is shown: split the"
                " document into several, with a name= each and a folder for each",
                level="warning",
            )
        write_map(self._run.map_file, documents)


def _notices(resolution: Resolution) -> list[Notice]:
    """Return all that is told of the figures, one by one and together."""
    return [*resolution.notices, *(n for s in resolution.figures for n in s.notices)]


def _drawn_from(standing: ResolvedFigure, project: Project) -> list[str]:
    """Return the digests of the texts that a figure's pictures were drawn from, the shown first."""
    figure, record = standing.figure, standing.record
    content = figure.request.content if figure is not None else None
    if figure is None or record is None or content is None or figure.pin is not None:
        return [memo.ANY]
    if not content.automatic:
        return []
    kept = project.figures.of_figure(figure.slug, figure.name) if project.figures else []
    others = (k.record for k in kept if k.record.request_digest == figure.key.request)
    return list(dict.fromkeys(r.content_digest or "" for r in (record, *others)))


@contextlib.contextmanager
def _locked(project: Project) -> Iterator[None]:
    """Keep two documents of one folder, built at once, from losing each other's entries."""
    from filelock import FileLock, Timeout

    lock = None
    try:
        lock = FileLock(project.cache.locks / f"map-{project.identity}.lock", timeout=30)
        lock.acquire()
    except (FigureError, OSError, Timeout):
        lock = None  # the worst is that the next build writes what this one lost
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def start(  # noqa: PLR0913
    document: Path,
    *,
    phase: str,
    request_file: Path | None,
    report_file: Path | None,
    quiet: bool,
    settings: Mapping[str, str] | None = None,
) -> int:
    """Run the hook; return the exit status."""
    run = Run(
        main=document,
        # latexmk starts us where TeX runs; by hand, TeX is taken to run beside the main file
        folder=document.absolute().parent if phase == Phase.ALONE.value else Path.cwd(),
        request_file=request_file or document.with_suffix(".pbq"),
        phase=Phase(phase),
        quiet=quiet,
        report_file=report_file,
        settings=settings or {},
    )
    try:
        return run_hook(run)
    except KeyboardInterrupt:
        return INTERRUPTED
