"""The key is in no text that the hook makes of itself, and in no file that it writes."""

from __future__ import annotations

from pathlib import Path

from papers import Paper, article
from sandbox_process import SandboxProcess

from latex_hook.run import Run
from pbfigure.project.environment import API_KEY

KEY = "sk-team-never-to-be-seen-0123456789"


def test_a_run_does_not_show_the_environment_it_was_started_in() -> None:
    run = Run(main=Path("a.tex"), folder=Path(), request_file=Path("a.pbq"), environ={API_KEY: KEY})
    assert run.environ[API_KEY] == KEY
    for text in (repr(run), str(run), f"{run}", repr([run])):
        assert KEY not in text


def test_a_build_leaves_the_key_in_no_file_and_in_nothing_that_it_says(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    key = use_sandbox.env[API_KEY]
    figure = "\\pbfigure[type=standard,model=nano-banana-2]"
    online.write("paper.tex", article(f"{figure}{{A whale}}\n\n\\pbfigure[reslution=1K]{{Wrong}}"))
    online.init()
    built = online.latexmk("-f", "-verbose")
    assert len(use_sandbox.log("generate")) == 1
    assert key not in built.output
    written = [path for path in online.folder.parent.rglob("*") if path.is_file()]
    assert any(path.name == "pbmap.tex" for path in written)
    assert [path for path in written if key.encode() in path.read_bytes()] == []
    again = online.run("python", "-X", "dev", "-m", "latex_hook", "--phase", "alone", "paper.tex")
    assert key not in again.output
