"""Builds of a project against the sandbox over real sockets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fast_clock import FastClock
from project_builds import BLOCK, Build
from sandbox_process import SandboxProcess
from shared_stores import RealService, Store

from pbfigure.figure.block import FigureBlock
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import Resolution
from pbfigure.project.settings import Layer, gather


@pytest.fixture
def build(tmp_path: Path, use_sandbox: SandboxProcess) -> Build:
    """One build of a project: its blocks, and the settings that its conf.py has."""

    def run(
        *blocks: FigureBlock,
        hold: str | None = None,
        look_up_only: bool = False,
        **settings: object,
    ) -> Resolution:
        layers = [environment_layer(os.environ, tmp_path), Layer(settings, "{}", tmp_path)]
        gathered = gather(layers, figures_dir=tmp_path / "figures")
        project = Project(tmp_path, gathered, os.environ, tmp_path / "memo.json")
        try:
            return resolve(
                project,
                blocks or (BLOCK,),
                hold=hold,
                look_up_only=look_up_only,
                clock=FastClock(20),
            )
        finally:
            project.close()

    return run


Machine = Callable[..., Resolution]


@pytest.fixture
def machine(tmp_path: Path, store: Store, service: RealService) -> Callable[[str], Machine]:
    """A machine of the team by its name: a cache and a checkout of its own; builds are its calls,
    which take variables of the environment.
    """

    def of(name: str) -> Machine:
        root = tmp_path / name
        root.mkdir(exist_ok=True)

        def build(*blocks: FigureBlock, hold: str | None = None, **environ: str) -> Resolution:
            known = {
                **service.env,
                "PAPERBANANA_CACHE_DIR": str(root / "cache"),
                "PAPERBANANA_SHARED_CACHE": store.address,
                **environ,
            }
            layers = [environment_layer(known, root), Layer({}, "{}", root)]
            settings = gather(layers, figures_dir=root / "figures")
            project = Project(root, settings, known)
            try:
                return resolve(project, blocks or (BLOCK,), hold=hold, clock=FastClock(20))
            finally:
                project.close()

        return build

    return of
