"""What nobody expected, in the hook: one figure fails, in one line, and TeX goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from papers import Paper, article
from sandbox_process import SandboxProcess

STANDARD = "type=standard,model=nano-banana-2"
BREAK = """\
import {module} as module
real = {function}
def broken(*args, **kwargs):
    if {condition}:
        raise {error}
    return real(*args, **kwargs)
{function} = broken
"""


def break_in(paper: Paper, tmp_path: Path, **fields: str) -> None:
    """Have a function of the hook raise an error, whoever starts it."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BREAK.format(**{"condition": "True", **fields}))
    paper.env["PYTHONPATH"] = f"{folder}{os.pathsep}{paper.env['PYTHONPATH']}"
    paper.env.pop("PBFIGURE_DEBUG")


def two_figures(paper: Paper) -> None:
    body = "".join(f"\\pbfigure[{STANDARD}]{{A {what}}}\n\n" for what in ("pump", "whale"))
    paper.write("paper.tex", article(body))
    paper.init()


@pytest.mark.parametrize("error", ["RecursionError('too deep')", "MemoryError"])
@pytest.mark.parametrize(
    "where",
    [
        ("latex_hook.tex_figures", "module._Collector._figure", "args[1].prompt"),
        ("pbfigure.project.resolution", "module.compose", "args[0].prompt"),
    ],
)
def test_an_unexpected_error_is_the_failure_of_one_figure(
    online: Paper,
    use_sandbox: SandboxProcess,
    tmp_path: Path,
    where: tuple[str, str, str],
    error: str,
) -> None:
    two_figures(online)
    module, function, asked = where
    condition = f"'whale' in {asked}"
    break_in(online, tmp_path, module=module, function=function, condition=condition, error=error)
    built = online.latexmk("-pdf")
    assert [entry["body"]["prompt"] for entry in use_sandbox.log("generate")] == ["A pump"]
    assert len(online.shown()) == 1
    assert "Traceback" not in built.output
    (line,) = [line for line in built.output.splitlines() if line.startswith("paper.tex:7: error")]
    assert ("not enough memory" if error == "MemoryError" else "RecursionError: too deep") in line


def test_a_hook_that_breaks_says_so_in_one_line_and_tex_goes_on(
    online: Paper, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    two_figures(online)
    where = {"module": "latex_hook.sources.inputs", "function": "module._Reader.follow"}
    break_in(online, tmp_path, **where, error="KeyError('lost')")
    built = online.latexmk("-pdf")
    assert online.path(".pdf").exists()
    assert "Traceback" not in built.output
    assert built.output.count("KeyError: 'lost'") == 1
    assert use_sandbox.log("generate") == []
    online.env["PBFIGURE_DEBUG"] = "1"
    assert "Traceback" in online.run("pbfigure", "latex", "paper.tex").output
