"""Both tiers under any sequence of keeping, crashing, damage and healing.

A crash ends a step at any of its changes to the file system, with or without that change done; a
power cut besides leaves unfinished files behind. The model knows what was kept and what was
damaged since: the first is never lost or wrong, the second is never given out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from stock import image_bytes, record_of

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import BadPicture
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.file_names import figure_stem
from pbfigure.store.picture import examine
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles

names = st.sampled_from(["a", "b", "c"])
rolls = st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True)
figures = st.sampled_from(["cat", "dog"])
moments = st.none() | st.tuples(st.integers(0, 9), st.booleans())


class PowerCut(BaseException):
    """Nothing after this happens, not even what cleans up."""


class Stores(RuleBasedStateMachine):
    """The stores, and what they must hold."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="stores-"))
        self.in_cache: dict[str, Record] = {}
        self.in_project: dict[tuple[str, str], Record] = {}
        self.damaged: set[Path] = set()
        self.reopen()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule()
    def reopen(self) -> None:
        self.cache = CacheDir(self.folder / "cache", VerifiedFiles(None))
        self.project = FiguresDir(self.folder / "project", VerifiedFiles(None))

    # -- keeping, and crashing at it -------------------------------------------------------------

    @rule(name=names, seeds=rolls, draft=st.booleans(), moment=moments)
    def buy(self, name: str, seeds: list[int], draft: bool, moment: Any) -> None:
        incoming = self.folder / "incoming"
        incoming.mkdir(exist_ok=True)
        sources = []
        for number, seed in enumerate(seeds):
            sources.append(incoming / f"{number}")
            sources[-1].write_bytes(image_bytes(seed=seed))
        record = record_of(name, *map(examine, sources), draft=draft)
        known = self.in_cache.get(name)
        stays = known is not None and not known.draft and draft
        record_then = known if known is not None and stays else record
        done = self.until(moment, lambda: self.cache.keep(record, sources))
        for picture in record.pictures:  # whole again, if it came so far
            self.recheck(self.cache.path_of(picture))
        if done:
            self.in_cache[name] = record_then
        else:
            now = self.cache.record(record.key)
            assert now in (known, record_then), "neither the old nor the new"
            if now is not None:
                self.in_cache[name] = now

    @rule(figure=figures, name=names, moment=moments)
    def accept(self, figure: str, name: str, moment: Any) -> None:
        found = self.cache.find(record_of(name).key)
        if found is None:
            return
        record = found.record.for_figure(figure)
        sources = [self.cache.path_of(picture) for picture in record.pictures]
        # the picture of another roll gives its place up before its record does
        self.in_project.pop((figure, name), None)
        done = self.until(moment, lambda: self.project.keep(figure, record, sources))
        kept = self.project.stored(figure_stem(figure, record.key), record)
        for path, _ in self.project.files(kept):
            self.recheck(path)
        if done:
            self.in_project[figure, name] = record

    def until(self, moment: Any, act: Callable[[], object]) -> bool:
        """Do ``act``, with the power cut at a moment: before or after its n-th change of names."""
        if moment is None:
            act()
            return True
        left, changed = moment
        replace, unlink = os.replace, os.unlink
        off = False

        def cut(change: Callable[..., None]) -> Callable[..., None]:
            def changing(*arguments: Any, **named: Any) -> None:
                nonlocal left, off
                if off:
                    raise PowerCut
                left -= 1
                off = left < 0
                if not off or changed:
                    change(*arguments, **named)
                if off:
                    raise PowerCut

            return changing

        os.replace, os.unlink = cut(replace), cut(unlink)
        try:
            act()
        except PowerCut:
            self.reopen()
            return False
        finally:
            os.replace, os.unlink = replace, unlink
        return True

    # -- what else may happen ---------------------------------------------------------------------

    def files(self) -> list[Path]:
        found = [*(self.folder / "cache" / "v1" / "pictures").rglob("*.png")]
        return sorted([*found, *(self.folder / "project").glob("*.png")])

    @precondition(lambda self: self.files())
    @rule(data=st.data(), cut=st.integers(0, 60))
    def damage(self, data: st.DataObject, cut: int) -> None:
        path = data.draw(st.sampled_from(self.files()))
        if cut == 0:
            path.unlink()
        else:
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:-cut])
        self.damaged.add(path)

    @rule(where=st.sampled_from(["cache/v1/records/00", "cache/v1/pictures/ca", "project"]))
    def leave_unfinished(self, where: str) -> None:
        folder = self.folder / where
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f".{'0' * 32}.part").write_bytes(image_bytes()[:40])

    @rule(name=names, figure=figures)
    def heal_the_cache(self, name: str, figure: str) -> None:
        bought, own = self.in_cache.get(name), self.in_project.get((figure, name))
        if bought is None or own is None or bought.pictures != own.pictures:
            return
        kept = self.project.kept(figure_stem(figure, own.key))
        assert kept is not None
        for path, picture in self.project.files(kept):
            healed = self.cache.heal(picture, path)
            assert healed == self.is_whole(path) or self.is_whole(self.cache.path_of(picture))
            self.recheck(self.cache.path_of(picture))

    @rule(name=names, figure=figures)
    def heal_the_project(self, name: str, figure: str) -> None:
        bought, own = self.in_cache.get(name), self.in_project.get((figure, name))
        if bought is None or own is None or bought.pictures != own.pictures:
            return
        if self.cache.find(bought.key) is None:
            return
        kept = self.project.kept(figure_stem(figure, own.key))
        assert kept is not None
        self.project.heal(kept, [self.cache.path_of(picture) for picture in own.pictures])
        assert self.project.whole(kept)
        for path, _ in self.project.files(kept):
            self.recheck(path)

    def is_whole(self, path: Path) -> bool:
        try:
            examine(path)
        except (OSError, BadPicture):
            return False
        return True

    def recheck(self, path: Path) -> None:
        if self.is_whole(path):
            self.damaged.discard(path)

    # -- what always holds ------------------------------------------------------------------------

    @invariant()
    def what_was_bought_is_there_and_right(self) -> None:
        for record in getattr(self, "in_cache", {}).values():
            paths = [self.cache.path_of(picture) for picture in record.pictures]
            found = self.cache.find(record.key)
            if self.damaged.isdisjoint(paths):
                assert found is not None, f"{record.key} is lost"
            if found is not None:
                assert found == (record, paths[0])
                assert [examine(path) for path in paths] == list(record.pictures)

    @invariant()
    def what_the_project_accepted_is_there_and_right(self) -> None:
        for (figure, _), record in getattr(self, "in_project", {}).items():
            kept = self.project.kept(figure_stem(figure, record.key))
            assert kept is not None, f"{figure} is lost"
            assert kept.record == record
            paths = [path for path, _ in self.project.files(kept)]
            try:
                whole = self.project.whole(kept)
            except BadPicture:
                whole = False
            assert whole == self.damaged.isdisjoint(paths)

    @invariant()
    def what_is_given_out_is_always_whole(self) -> None:
        if not hasattr(self, "cache"):
            return
        for record in self.cache.records():
            found = self.cache.find(record.key)
            if found is not None:
                assert examine(found[1]) == record.picture


Stores.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestNothingKeptIsEverLostOrWrong = Stores.TestCase
