"""Builds of a project against the sandbox over real sockets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from project_builds import BLOCK, Build
from sandbox_process import SandboxProcess

from pbfigure.figure.block import FigureBlock
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import Resolution
from pbfigure.project.settings import Layer, environment_layer, gather
from pbfigure.scheduler.clock import SystemClock


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
                clock=SystemClock(20),
            )
        finally:
            project.close()

    return run
