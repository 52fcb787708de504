"""What latexmk's user is told, and when, while the service is slow, silent, dead or mended."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator

import pytest
from latexmk_process import started
from papers import BIN, Paper, article
from sandbox_process import SandboxProcess
from terminal import Terminal
from wait_for import wait_for

FIGURE = "\\pbfigure[type=standard,model=nano-banana-2,width=3cm]"
SENT = "figures are made by the sandbox at {}: prompts, options and, for pipeline figures, the text"
WAITING = "pbfigure: waiting for"


class SilentServer:
    """A port that accepts and never answers, and calls ``on_connect`` at each connection."""

    def __init__(self, on_connect: Callable[[], None] = lambda: None) -> None:
        self._on_connect = on_connect
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self) -> int:
        return len(self._open)

    def close(self) -> None:
        for each in (self._listening, *self._open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._on_connect()
            self._open.append(connection)


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    server = SilentServer()
    yield server
    server.close()


def against(paper: Paper, host: str, **more: str) -> None:
    paper.env |= {
        "PAPERBANANA_BASE_URL": f"http://{host}/api/v1",
        "PAPERBANANA_API_KEY": "sk-team-of-a-test",
        **more,
    }


# -- rounds of -pvc -----------------------------------------------------------------------------


def test_a_round_of_pvc_asks_once_says_things_once_and_the_next_takes_up_what_is_mended(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(f"Text.\n\n{FIGURE}{{A whale}}"))
    online.init()
    online.env["PAPERBANANA_ON_SAVE"] = "generate"
    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=400)
    with started(online, "-pvc", "-view=none") as latexmk:
        first = latexmk.round(1)
        assert len(use_sandbox.log("generate")) == 1
        assert len(re.findall(r"^paper\.tex:7: warning: ", first, re.MULTILINE)) == 1
        assert first.count("1 figure: 1 failed; 0 credits spent") == 1
        assert not online.path(".pbr").exists()

        online.edit("paper.tex", "Text.", "More text.")
        second = latexmk.round(2)
        assert len(use_sandbox.log("generate")) == 2
        assert len(re.findall(r"^paper\.tex:7: warning: ", second, re.MULTILINE)) == 1

        use_sandbox.clear_faults()
        online.edit("paper.tex", "More text.", "Even more text.")
        third = latexmk.round(3)
        assert len(use_sandbox.log("generate")) == 3
        assert third.count("1 figure: 1 present; 1 made") == 1
        assert "warning" not in third.replace("Warning", "")
        assert len(online.shown()) == 1
        assert latexmk.process.poll() is None


def test_a_round_of_pvc_waits_once_for_a_service_that_never_answers(
    paper: Paper, silent: SilentServer
) -> None:
    paper.write("paper.tex", article(f"Text.\n\n{FIGURE}{{A whale}}"))
    paper.init()
    against(paper, silent.host, PAPERBANANA_BUILD_TIMEOUT="5", PAPERBANANA_ON_SAVE="generate")
    with started(paper, "-pvc", "-view=none") as latexmk:
        assert latexmk.round(1).count(WAITING) == 1
        assert silent.connections <= 1
        paper.edit("paper.tex", "Text.", "More text.")
        second = latexmk.round(2)
        assert second.count(WAITING) == 1
        assert "build_timeout (5 s) is over" in second
        assert silent.connections <= 2
        assert latexmk.process.poll() is None


# -- a service that is not there ----------------------------------------------------------------


def test_a_dead_service_is_asked_once_in_a_run_of_latexmk(
    paper: Paper, silent: SilentServer
) -> None:
    drawn = "\\newcommand\\drawn[1]{\\pbfigure[type=standard,model=nano-banana-2]{#1}}"
    body = f"{FIGURE}{{A whale}}\n\n\\drawn{{A boat through a wrapper}}"
    paper.write("paper.tex", article(body, drawn))
    paper.init()
    against(paper, silent.host, PAPERBANANA_BUILD_TIMEOUT="3")
    built = paper.latexmk()
    assert built.status == 0, built
    assert silent.connections <= 1
    assert built.output.count(WAITING) == 1
    assert "build_timeout (3 s) is over" in built.output
    assert "2 figures: 2 missing; 0 credits spent" in built.output
    assert len(paper.warnings()) == 2
    assert paper.shown() == set()


def test_a_port_where_nobody_listens_ends_in_placeholders_and_the_next_build_heals(
    paper: Paper, use_sandbox: SandboxProcess
) -> None:
    paper.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    paper.init()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    against(paper, host)
    built = paper.latexmk()
    assert built.status == 0, built
    assert f"no connection to {host}" in built.output
    assert built.output.count(WAITING) == 1
    assert len(paper.warnings()) == 1
    paper.env |= use_sandbox.env
    assert paper.latexmk().status == 0
    assert len(paper.shown()) == 1


def test_one_knows_what_latexmk_waits_for_and_that_an_interrupt_is_safe(
    paper: Paper, silent: SilentServer
) -> None:
    paper.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    paper.init()
    against(paper, silent.host)
    with started(paper) as latexmk:
        wait_for(lambda: silent.connections == 1)
        wait_for(lambda: WAITING in latexmk.said)
        assert (
            f"waiting for the sandbox at {silent.host} to make 1 figure; Ctrl-C is safe"
            in latexmk.said
        )
        latexmk.interrupt()
        assert latexmk.process.wait(240) == 130, latexmk.said
        assert "Traceback" not in latexmk.said


def test_what_was_ordered_before_an_interrupt_is_fetched_and_not_ordered_again(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    online.init()
    use_sandbox.settings(latency=200)  # of its own clock: some 10 s
    with started(online) as latexmk:
        wait_for(lambda: len(use_sandbox.tasks()) == 1)
        latexmk.interrupt()
        assert latexmk.process.wait(240) == 130, latexmk.said
        assert "interrupted: the next build fetches what was ordered" in latexmk.said
        assert "Traceback" not in latexmk.said
    use_sandbox.settings(latency=0.2)
    again = online.latexmk()
    assert again.status == 0, again
    assert len(use_sandbox.tasks()) == 1
    assert len(online.shown()) == 1
    assert online.warnings() == []


# -- what leaves the machine --------------------------------------------------------------------


def test_what_leaves_the_machine_is_said_before_the_first_request_and_once_in_a_project(
    paper: Paper,
) -> None:
    said = paper.folder / "said.txt"
    at_connection: list[str] = []
    server = SilentServer(lambda: at_connection.append(said.read_text()))
    against(paper, server.host, PAPERBANANA_BUILD_TIMEOUT="5", PAPERBANANA_ON_SAVE="generate")
    paper.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    paper.init()
    paper.tex()
    hook = (str(BIN / "python"), "-m", "latex_hook", "--quiet", "paper.tex")
    with said.open("wb") as stream:
        subprocess.run(hook, cwd=paper.folder, env=paper.env, stderr=stream, check=False)
    assert SENT.format(server.host) in at_connection[0]
    again = paper.run(*hook)
    server.close()
    assert "build_timeout (5 s) is over" in again.output
    assert "figures are made by" not in again.output


# -- text that changes, and changes back --------------------------------------------------------


@pytest.fixture
def drawn(online: Paper) -> Paper:
    """A paper with two pictures drawn from the text of their sections."""
    body = (
        "\\section{Sea}\nThe sea.\n\n\\pbfigure[id=sea]{A diagram of the sea}\n"
        "\\section{Air}\nThe air.\n\n\\pbfigure[id=air]{A diagram of the air}\n"
    )
    online.write("paper.tex", article(body))
    online.init()
    assert "2 made" in online.latexmk().output
    return online


NOTE = "the text around this figure changed"


def test_the_note_on_changed_text_stays_while_it_is_so_and_goes_with_the_change(
    drawn: Paper,
) -> None:
    drawn.edit("paper.tex", "The sea.", "The deep sea.")
    said = drawn.latexmk().output
    assert said.count(NOTE) == 1
    assert "paper.tex:8: figure 'sea': the text around" in said
    drawn.edit("paper.tex", "The air.", "The thin air.")
    assert drawn.latexmk().output.count(NOTE) == 2
    drawn.edit("paper.tex", "The deep sea.", "The sea.")
    said = drawn.latexmk().output
    assert said.count(NOTE) == 1
    assert "figure 'air'" in said
    drawn.edit("paper.tex", "The thin air.", "The air.")
    assert NOTE not in drawn.latexmk().output


def test_the_note_on_changed_text_is_right_after_another_figure_was_made(
    drawn: Paper, use_sandbox: SandboxProcess
) -> None:
    drawn.edit("paper.tex", "The sea.", "The deep sea.")
    drawn.edit("paper.tex", "A diagram of the air", "A map of the air")
    assert drawn.latexmk().output.count(NOTE) == 1  # all was looked up anew
    assert len(use_sandbox.tasks()) == 3
    drawn.edit("paper.tex", "The air.", "The air. % a remark")
    assert drawn.latexmk().output.count(NOTE) == 1  # it is still so
    drawn.edit("paper.tex", "The deep sea.", "The sea.")
    assert NOTE not in drawn.latexmk().output
    assert len(use_sandbox.tasks()) == 3


def test_another_paragraph_break_is_no_change_of_the_text(drawn: Paper) -> None:
    drawn.edit("paper.tex", "The sea.\n", "The\n\nsea.\n")
    assert NOTE not in drawn.latexmk().output


def test_a_picture_drawn_from_the_text_as_it_is_again_is_shown_again(
    drawn: Paper, use_sandbox: SandboxProcess
) -> None:
    first = drawn.shown()
    drawn.env["PAPERBANANA_ON_TEXT_CHANGE"] = "regenerate"
    drawn.edit("paper.tex", "The sea.", "The deep sea.")
    drawn.latexmk()
    assert len(use_sandbox.tasks()) == 3
    assert drawn.shown() != first
    del drawn.env["PAPERBANANA_ON_TEXT_CHANGE"]
    drawn.edit("paper.tex", "The deep sea.", "The deep sea. % kept from now on")
    drawn.latexmk()
    drawn.edit("paper.tex", "The deep sea.", "The sea.")
    assert NOTE not in drawn.latexmk().output
    assert drawn.shown() == first
    assert len(use_sandbox.tasks()) == 3


def test_a_figure_that_takes_no_text_is_never_noted_for_the_text_around_it(
    online: Paper,
) -> None:
    body = "\\pbsetup{type=standard,model=nano-banana-2}\n\\section{S}\nText.\n\\pbfigure{A whale}"
    online.write("paper.tex", article(body))
    online.init()
    online.latexmk()
    online.edit("paper.tex", "Text.", "Another text.")
    assert NOTE not in online.latexmk().output


# -- on a terminal ------------------------------------------------------------------------------


def test_on_a_terminal_a_bar_names_the_figures_that_are_drawn(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.settings(latency=60)  # of its own clock: some 3 s
    online.write("paper.tex", article("A text.\n\\pbfigure[id=pump]{A pump}\n"))
    online.init()
    latexmk = ("latexmk", "-pdf", "-interaction=nonstopmode", "paper.tex")
    terminal = Terminal(online.folder, program=latexmk, environ=online.env)
    for words in (
        "waiting for the sandbox at 127.0.0.1",
        "0/1",
        "6 sandbox credits",
        "pump: ",
        "1 made, 6 sandbox",
    ):
        terminal.see(words)
    assert terminal.end() == 0


def test_the_stage_of_a_figure_is_told_while_it_is_drawn_and_when_it_is_left_to_the_next_build(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls=[1], fault="never")  # it stays at its last stage
    online.write("paper.tex", article("\\section{Pumps}A text.\n\\pbfigure[id=pump]{A pump}\n"))
    online.init()
    online.env["PAPERBANANA_TASK_TIMEOUT"] = "6"
    latexmk = ("latexmk", "-pdf", "-interaction=nonstopmode", "paper.tex")
    terminal = Terminal(online.folder, program=latexmk, environ=online.env)
    terminal.see("pump: pending (critic round 1)")
    assert terminal.end() == 0
    assert "is at critic round 1: not ready within 6 s. The next build goes on" in terminal.said
    assert "1 figure: 1 pending" in terminal.said
    (warning,) = online.warnings()
    assert "is at critic round 1" in warning
    assert len(use_sandbox.log("generate")) == 1
