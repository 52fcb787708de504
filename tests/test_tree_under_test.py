"""What a test starts is the tree under test, whatever package is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_child_process_imports_this_tree_wherever_it_runs(tmp_path: Path) -> None:
    program = "import pbfigure, sphinx_paperbanana, latex_hook as hook\n"
    program += "for each in pbfigure, sphinx_paperbanana, hook: print(each.__file__)"
    said = subprocess.check_output([sys.executable, "-c", program], cwd=tmp_path, text=True)
    assert {Path(line).parents[1] for line in said.splitlines()} == {ROOT}
