"""A service found dead before TeX is not asked again after it, whatever TeX asks for besides."""

from __future__ import annotations

import socket

import pytest
from papers import Built, Paper, article
from sandbox_process import SandboxProcess

WAITING = "pbfigure: waiting for"
FIGURE = "\\pbfigure[type=standard,model=nano-banana-2]"
UNSEEN = (
    "\\count255=3 \\edef\\options{type=standard,model=nano-banana-2}"
    "\\expandafter\\pbfigure\\expandafter[\\options]{A \\the\\count255 boat}"
)
"""A figure of which only TeX knows."""


@pytest.fixture
def dead() -> dict[str, str]:
    """The environment of a service that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    return {
        "PAPERBANANA_BASE_URL": f"http://{host}/api/v1",
        "PAPERBANANA_API_KEY": "sk-team-of-a-test",
    }


def hook(paper: Paper, phase: str) -> Built:
    files = ("--request-file", "paper.pbq", "--report-file", "paper.pbr")
    return paper.run("python", "-m", "latex_hook", "--phase", phase, *files, "paper.tex")


def test_latexmk_waits_once_says_so_once_and_the_next_run_heals(
    paper: Paper, dead: dict[str, str], use_sandbox: SandboxProcess
) -> None:
    paper.write("paper.tex", article(f"{FIGURE}{{A whale}}\n\n{UNSEEN}"))
    paper.init()
    paper.env |= dead
    built = paper.latexmk()
    assert built.status == 0, built
    assert built.output.count(WAITING) == 1
    lines = [line for line in built.output.splitlines() if line.startswith("pbfigure: warning")]
    (told,) = [line for line in lines if "it is not tried again before latexmk's next run" in line]
    assert "no connection to 127.0.0.1" in told
    assert "(2 figures missing: paper.tex:5, paper.tex:7)" in told
    assert "2 figures: 0 made, 0 from cache, 2 failed or missing" in built.output
    assert len(paper.warnings()) == 2
    assert not paper.path(".pbr").exists()
    paper.env |= use_sandbox.env
    assert paper.latexmk().status == 0
    assert len(paper.shown()) == 2
    assert len(use_sandbox.log("generate")) == 2


def test_that_a_dead_service_fails_the_build_where_the_settings_say_so_stays_so(
    paper: Paper, dead: dict[str, str]
) -> None:
    paper.write("paper.tex", article(f"{FIGURE}{{A whale}}\n\n{UNSEEN}"))
    paper.init()
    paper.env |= {**dead, "PAPERBANANA_ON_FAILURE": "error"}
    built = paper.latexmk()
    assert built.status == 12, built
    assert built.output.count(WAITING) == 1


def test_it_is_asked_again_where_the_settings_changed_meanwhile(
    paper: Paper, dead: dict[str, str], use_sandbox: SandboxProcess
) -> None:
    paper.write("paper.tex", article(f"{FIGURE}{{A whale}}\n\n{UNSEEN}"))
    paper.init()
    paper.env |= dead
    assert WAITING in hook(paper, "before").output
    paper.tex()
    paper.env |= use_sandbox.env
    assert hook(paper, "after").status == 0
    assert len(use_sandbox.log("generate")) == 2


def test_a_service_that_refuses_one_figure_is_asked_for_the_other(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls=[1], fault="status", status=400)
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}\n\n{UNSEEN}"))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert "not tried again before latexmk" not in built.output
    assert len(online.shown()) >= 1
