"""``pbfigure cache verify``: checks the stores against each other, as ``git fsck`` does, and
repairs them on request.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pbfigure.project.project import Project
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.ledger import Ledger
from pbfigure.store.verified_files import VerifiedFiles
from pbfigure.upkeep.verify_cache import CacheVerifier
from pbfigure.upkeep.verify_database import StateVerifier
from pbfigure.upkeep.verify_figures_dir import FiguresDirVerifier
from pbfigure.upkeep.verify_findings import Verification


def verify(project: Project, *, repair: bool = False) -> Verification:
    """Check the machine's cache and the project's figures.

    It reads every byte and ignores memos. Without ``repair`` it writes nothing.
    """
    found = Verification(repair)
    cache = CacheDir(project.cache_folder, VerifiedFiles(None))
    folder = project.settings.figures_dir
    figures = None if folder is None else FiguresDir(folder, VerifiedFiles(None))
    try:
        if cache.root.is_symlink():
            found.link(cache.root, "name the folder itself")
        elif cache.root.is_dir():
            state = StateVerifier(cache, found, project.settings.base_url)
            state.check()
            copies = chain(_project_pictures(figures), _quarantined(cache))
            CacheVerifier(cache, found, copies).check(state.recover)
            state.close()
            _check_ledger(cache, project.api, found)
        if figures is not None:
            FiguresDirVerifier(figures, cache, found).check()
    finally:
        cache.close()
    return found


def _check_ledger(cache: CacheDir, api: str, found: Verification) -> None:
    """Check that there is a ledger, with its beginning; a cache that was never used has none."""
    ledger = Ledger(cache.root, api)
    try:
        is_whole = ledger.identity is not None
    except StateUnavailable as error:  # what it says is not known, so it is not replaced
        found.fault(
            "ledger",
            ledger.path,
            f"{error}: nothing is ordered without it",
            "put the file itself there, and make it readable",
        )
        return
    if not is_whole and (cache.root / "records").is_dir():
        found.fault(
            "ledger",
            ledger.path,
            "the ledger is missing, or its beginning is: nothing is ordered without it, and what"
            " was on order, and in neither the journal nor the pictures, would be bought again",
            "look at 'pbfigure tasks', and take such a task over with 'pbfigure settle KEY --adopt"
            " TASK'; --repair then makes the ledger anew",
            lambda: _begin(ledger, cache),
        )


def _begin(ledger: Ledger, cache: CacheDir) -> None:
    """Give the ledger its beginning, and the tasks that the records tell."""
    ledger.begin()
    ledger.note_tasks(cache.records())
    cache.state.put("ledger", {"id": ledger.identity})  # it belongs to this one from now on


def _project_pictures(figures: FiguresDir | None) -> Iterator[Path]:
    if figures is not None:
        yield from (path for kept in figures.all() for path, _ in figures.files(kept))


def _quarantined(cache: CacheDir) -> Iterator[Path]:
    folder = cache.root / "quarantine"
    if folder.is_dir() and not folder.is_symlink():
        yield from (path for path in sorted(folder.iterdir()) if path.is_file())
