"""A build for a test to kill: ``python builder_process.py FOLDER [FIGURES]``, eight by default."""

import os
import sys
from pathlib import Path

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.notice import Place
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.settings import gather

sys.path.insert(0, str(Path(__file__).parents[1]))

from fast_clock import FastClock

root = Path(sys.argv[1])
settings = gather([environment_layer(os.environ, root)], figures_dir=root / "figures")
project = Project(root, settings, os.environ)
blocks = [
    FigureBlock("guide", Place("guide.rst", n), f"Figure {n}", WrittenText(f"Text {n}."))
    for n in range(1, 1 + int(sys.argv[2] if sys.argv[2:] else 8))
]
print("begins", flush=True)
resolution = resolve(project, blocks, clock=FastClock(20))
project.close()
print(resolution.summary())
sys.exit(0 if all(figure.path for figure in resolution.figures) else 1)
