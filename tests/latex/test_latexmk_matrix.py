"""The life of a paper under the real latexmk, on every engine and with every layout of folders."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from papers import ENGINES, Paper, article
from sandbox_process import SandboxProcess
from wait_for import wait_for

LAYOUTS = {
    "plain": ((), ""),
    "outdir": (("-outdir=out",), "out"),
    "auxdir": (("-outdir=out", "-auxdir=aux"), "out"),
}
MAIN = article(
    "\\section{Method}\nWe \\emph{measure} carbon.\n\n"
    "\\begin{figure}\\pbfigure[type=standard,model=nano-banana-2,width=3cm]{A whale}\\end{figure}\n"
    "\\input{results}\n"
    "\\drawn{A boat through a wrapper}",
    "\\newcommand\\drawn[1]{\\begin{center}\\pbfigure[width=2cm,type=standard,"
    "model=nano-banana-2]{#1}\\end{center}}",
)
RESULTS = (
    "\\section{Results}\nThe sea takes up carbon \\cite{a}.\n\n"
    "\\pbfigure[id=sea,width=3cm]{A diagram of the sea}\n"
)


class Life:
    """A paper, the service, and how both fared."""

    def __init__(self, paper: Paper, service: SandboxProcess, engine: str, layout: str) -> None:
        self.paper = paper
        self.service = service
        self.engine = engine
        self.options, self.out = LAYOUTS[layout]
        self.aux = "aux" if layout == "auxdir" else self.out

    def build(self, *more: str, status: int = 0) -> str:
        built = self.paper.latexmk(*self.options, *more, engine=self.engine)
        assert built.status == status, built.output
        return built.output

    @property
    def asked(self) -> int:
        return len(self.service.log("generate"))

    @property
    def warnings(self) -> list[str]:
        return self.paper.warnings(self.aux)

    def shows_all(self, count: int) -> bool:
        """Whether the PDF has exactly the project's last pictures."""
        shown = self.paper.shown(self.out)
        return len(shown) == count and shown <= set(self.paper.pictures().values())


@pytest.fixture
def life(request: pytest.FixtureRequest, online: Paper, use_sandbox: SandboxProcess) -> Life:
    online.write("paper.tex", MAIN)
    online.write("results.tex", RESULTS)
    online.init()
    return Life(online, use_sandbox, *request.param)


WAYS = [(engine, layout) for engine in ENGINES for layout in LAYOUTS]
EACH_ONCE = list(zip(ENGINES, LAYOUTS, strict=True))
"""Every engine and every layout, once."""


def in_(ways: list[tuple[str, str]]) -> pytest.MarkDecorator:
    """Run a test in these ways, and in all others in `make soak`."""
    others = [way for way in WAYS if way not in ways]
    lives = [*ways, *(pytest.param(way, marks=pytest.mark.soak) for way in others)]
    return pytest.mark.parametrize("life", lives, indirect=True, ids="-".join)


each_once = in_(EACH_ONCE)
each_layout = in_([("pdflatex", layout) for layout in LAYOUTS])
"""For what latexmk and the hook do alike whatever the engine."""


@each_once
def test_first_build_then_nothing_then_a_figure_a_prompt_a_text_and_a_deleted_picture(
    life: Life,
) -> None:
    paper = life.paper
    said = life.build()
    assert life.asked == 3
    assert life.shows_all(3)
    assert life.warnings == []
    assert "3 figures: 3 present; 3 made" in said

    said = life.build()  # nothing happens, and the hook does not even start
    assert life.asked == 3
    assert "pbfigure" not in said
    assert "Run number" not in said

    paper.edit("paper.tex", "\\input", "\\pbfigure[width=1cm]{A second diagram}\n\\input")
    life.build()
    assert life.asked == 4
    assert life.shows_all(4)

    before = paper.shown(life.out)
    paper.edit("results.tex", "of the sea", "of the deep sea")
    life.build()
    assert life.asked == 5
    after = paper.shown(life.out)
    assert len(after) == 4
    assert len(after - before) == 1

    paper.edit("results.tex", "takes up", "TAKES UP")  # the text around a figure only
    said = life.build()
    assert life.asked == 5
    assert paper.shown(life.out) == after
    assert "results.tex:4: figure 'sea': the text around this figure changed" in said

    for picture in (paper.folder / "paperbanana").glob("sea*.png"):
        picture.unlink()
    life.build()
    assert life.asked == 5
    assert paper.shown(life.out) == after
    assert life.warnings == []
    life.build()
    assert "Run number" not in life.build()


@each_layout
def test_a_service_that_fails_leaves_placeholders_and_the_next_build_heals(life: Life) -> None:
    life.service.order(endpoint="generate", calls="all", fault="status", status=400)
    said = life.build()
    assert len(life.warnings) == 3
    assert life.paper.shown(life.out) == set()
    assert "paper.tex:8" in said
    assert "results.tex:4" in said
    life.service.clear_faults()
    life.build()
    assert life.shows_all(3)
    assert life.warnings == []
    assert "Run number" not in life.build()


@each_layout
def test_without_a_key_the_pdf_has_placeholders_and_the_next_build_heals(life: Life) -> None:
    key = life.paper.env.pop("PAPERBANANA_API_KEY")
    said = life.build()
    assert len(life.warnings) == 3
    assert "PAPERBANANA_API_KEY is not set" in said
    assert life.asked == 0
    life.paper.env["PAPERBANANA_API_KEY"] = key
    life.build()
    assert life.asked == 3
    assert life.shows_all(3)
    assert life.warnings == []


@each_layout
def test_without_python_the_pdf_has_placeholders_and_the_next_build_heals(life: Life) -> None:
    path = life.paper.without_pbfigure()
    life.build()
    assert len(life.warnings) == 3
    life.build()
    life.paper.env["PATH"] = path
    life.build()
    assert life.shows_all(3)
    assert life.warnings == []
    life.paper.without_pbfigure()
    life.paper.edit("paper.tex", "carbon.", "much carbon.")
    life.build()  # made once, it needs no Python any more
    assert life.shows_all(3)
    assert life.warnings == []


@each_layout
def test_a_hook_killed_amid_its_work_leaves_a_pdf_and_the_next_build_heals(life: Life) -> None:
    life.service.settings(latency=60.0)
    life.paper.without_forks()
    with subprocess.Popen(
        ["latexmk", ENGINES[life.engine], "-interaction=nonstopmode", *life.options, "paper.tex"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd=life.paper.folder,
        env=life.paper.env,
    ) as latexmk:
        wait_for(lambda: life.asked == 3)
        time.sleep(0.5)
        while latexmk.poll() is None:
            if (hook := hook_of(latexmk.pid)) is not None:
                os.kill(hook, signal.SIGKILL)
            time.sleep(0.1)
        assert latexmk.returncode == 0
    assert life.paper.path(".pdf", life.out).exists()
    life.service.settings(latency=0.2)
    life.build()
    life.build()
    assert life.shows_all(3)
    assert life.asked == 3  # what was ordered before the kill was fetched, not bought again
    assert life.warnings == []


def hook_of(parent: int) -> int | None:
    """The hook that a process has started, if it runs."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"--phase" in command:
            return int(process.name)
    return None


@each_layout
@pytest.mark.parametrize("setting", ["PAPERBANANA_MODE=frozen", "PAPERBANANA_ON_FAILURE=error"])
def test_latexmk_fails_where_the_settings_say_so_and_only_then(life: Life, setting: str) -> None:
    name, _, value = setting.partition("=")
    life.service.order(endpoint="generate", calls="all", fault="status", status=400)
    life.paper.env[name] = value
    said = life.build(status=12)
    assert life.paper.path(".pdf", life.out).exists()
    assert "paper.tex:8" in said
    life.build(status=12)
    life.service.clear_faults()
    if value == "frozen":
        assert life.asked == 0
        del life.paper.env[name]
    life.build()
    assert life.shows_all(3)
    if value == "frozen":
        life.paper.env[name] = value
        life.paper.edit("paper.tex", "carbon.", "much carbon.")
        life.build()
