"""The commonest slip of all: ``50%`` for ``50\\%``. Nothing is bought for half a prompt."""

from __future__ import annotations

import re

import pytest
from papers import Built, Paper, article
from sandbox_process import SandboxProcess

STANDARD = "type=standard,model=nano-banana-2"
GOOD = f"\\pbfigure[{STANDARD},id=good,width=3cm]{{A good whale}}"
PROMPT = "an unescaped % stands in the prompt, which TeX takes for a comment; write \\%"
WRAPPERS = f"\\newcommand\\framed[2][]{{\\fbox{{\\pbfigure[{STANDARD},#1]{{#2}}}}}}"


def built(paper: Paper, body: str, preamble: str = "") -> Built:
    paper.write("paper.tex", article(f"{GOOD}\n\n{body}", preamble))
    paper.init()
    return paper.latexmk("-f")


def errors(run: Built) -> list[str]:
    lines = re.findall(r"^paper\.tex:\d+: error: [^\n]*", run.output, re.MULTILINE)
    return list(dict.fromkeys(lines))


def prompts(sandbox: SandboxProcess) -> set[str]:
    return {entry["body"]["prompt"] for entry in sandbox.log("generate")}


@pytest.mark.parametrize(
    "call",
    {
        "alone": f"\\pbfigure[{STANDARD}]{{A chart where 50% of papers are rejected}}",
        "in a figure": (
            f"\\begin{{figure}}\\pbfigure[{STANDARD}]{{A chart where 50% of papers}}\n"
            "\\caption{Fifty.}\\end{figure}"
        ),
        "in a group that goes on": (
            f"\\fbox{{\n\\pbfigure[{STANDARD}]{{A chart where 50% of papers}}\n}}\n\nMore."
        ),
        "before others": (
            f"\\pbfigure[{STANDARD}]{{A chart where 50% of papers}}\n\n"
            "\\textbf{bold}\n\n\\emph{text}"
        ),
        "through a command": "\\framed[width=3cm]{A chart where 50% of papers are rejected}",
        "through a command in a group": "\\fbox{\n\\framed{A chart where 50% of papers}\n}",
    }.items(),
    ids=lambda item: item[0],
)
def test_a_percent_sign_that_hides_the_prompts_end_buys_nothing(
    online: Paper, use_sandbox: SandboxProcess, call: tuple[str, str]
) -> None:
    run = built(online, call[1], WRAPPERS)
    (line,) = errors(run)
    assert line.endswith(PROMPT)
    assert prompts(use_sandbox) == {"A good whale"}


def test_the_error_names_the_calls_line(online: Paper, use_sandbox: SandboxProcess) -> None:
    run = built(online, f"\\pbfigure[{STANDARD}]{{A chart where 50% of papers are rejected}}")
    (line,) = errors(run)
    assert line.startswith("paper.tex:7: error: figure ")
    assert run.status != 0
    assert prompts(use_sandbox) == {"A good whale"}


def test_a_percent_sign_in_the_keys_is_told_as_such(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    run = built(online, f"\\pbfigure[{STANDARD},alt={{50% done}}]{{A chart}}")
    (line,) = errors(run)
    assert "an unescaped % stands in the keys" in line
    assert prompts(use_sandbox) == {"A good whale"}


def test_a_part_that_tex_gives_up_buys_nothing_after_tex_either(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("part.tex", f"\\pbfigure[{STANDARD}]{{A chart where 50% of papers}}\n")
    run = built(online, "\\input{part}\n\nMore.")
    assert re.search(rf"^part\.tex:1: error: .*{re.escape(PROMPT)}$", run.output, re.MULTILINE)
    assert prompts(use_sandbox) == {"A good whale"}


def test_by_hand_it_is_one_error_and_status_1(online: Paper, use_sandbox: SandboxProcess) -> None:
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A chart where 50% of papers}}"))
    run = online.run("pbfigure", "latex", "paper.tex")
    assert run.status == 1
    assert len(errors(run)) == 1
    assert use_sandbox.log("generate") == []


@pytest.mark.parametrize(
    "prompt",
    [
        "A whale % note\n and a boat",
        "A whale % a note {with} braces\n and a boat",
        "A whale % a note with a brace }\n and a boat",
        "A whale % a note with a brace {\n and a boat",
    ],
)
def test_a_comment_at_a_lines_end_is_none_of_the_prompt(
    online: Paper, use_sandbox: SandboxProcess, prompt: str
) -> None:
    run = built(online, f"\\pbfigure[{STANDARD},width=3cm]{{{prompt}}}", WRAPPERS)
    assert run.status == 0
    assert errors(run) == []
    assert online.warnings() == []
    assert len(online.shown()) == 2
    assert prompts(use_sandbox) == {"A good whale", "A whale and a boat"}
