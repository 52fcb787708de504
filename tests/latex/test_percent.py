"""The commonest slip of all: ``50%`` for ``50\\%``. Nothing is bought for half a prompt."""

from __future__ import annotations

import re

import pytest
from papers import Built, Paper, article
from sandbox_process import SandboxProcess

STANDARD = "type=standard,model=nano-banana-2"
GOOD = f"\\pbfigure[{STANDARD},id=good,width=3cm]{{A good whale}}"
SLIP = "an unescaped % hides a closing brace from TeX, which takes it for a comment: write \\%"
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


CALL = f"\\pbfigure[{STANDARD}]{{A chart where 50% of papers are rejected}}"


@pytest.mark.parametrize(
    "body",
    {
        "alone": CALL,
        "in a figure": f"\\begin{{figure}}{CALL}\n\\caption{{Fifty.}}\\end{{figure}}",
        "in a box that goes on": f"\\fbox{{\n{CALL}\n}}\n\nMore.",
        "before others": f"{CALL}\n\n\\textbf{{bold}}\n\n\\emph{{text}}",
        "through a command": "\\framed[width=3cm]{A chart where 50% of papers are rejected}",
        "through a command in a box": "\\fbox{\n\\framed{A chart where 50% of papers}\n}",
        "in the keys": f"\\pbfigure[{STANDARD},alt={{50% done}}]{{A chart}}",
    }.items(),
    ids=lambda item: item[0],
)
def test_where_a_percent_sign_hides_the_end_of_a_call_nothing_is_bought_and_it_is_told(
    online: Paper, use_sandbox: SandboxProcess, body: tuple[str, str]
) -> None:
    run = built(online, body[1], WRAPPERS)
    assert run.status != 0
    assert use_sandbox.log("generate") == []
    told = online.run("pbfigure", "latex", "paper.tex")
    assert told.status == 1
    assert errors(told) in ([f"paper.tex:7: error: {SLIP}"], [f"paper.tex:8: error: {SLIP}"])
    assert use_sandbox.log("generate") == []


def test_in_a_part_that_tex_gives_up_it_is_told_with_that_files_name(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("part.tex", f"{CALL}\n")
    run = built(online, "\\input{part}\n\nMore.")
    assert run.output.count(f"part.tex:1: error: {SLIP}") == 1
    assert prompts(use_sandbox) == {"A good whale"}


@pytest.mark.parametrize("call", [CALL, "\\framed{A chart where 50% of papers}"])
def test_where_tex_finds_another_brace_the_words_were_not_meant_and_are_not_bought(
    online: Paper, use_sandbox: SandboxProcess, call: str
) -> None:
    run = built(online, f"{{\n{call}\nand more}}\n\nMore.", WRAPPERS)
    assert errors(run) == [f"paper.tex:8: error: {SLIP}"]
    assert prompts(use_sandbox) == {"A good whale"}
    assert run.status == 0  # on_failure is warn


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


def test_where_a_percentage_hides_words_of_a_prompt_nothing_is_bought_and_it_is_told(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    run = built(
        online, f"\\pbfigure[{STANDARD}]{{A chart where 50% of\n ice melts}}\n\nMore.", WRAPPERS
    )
    assert errors(run) == [
        "paper.tex:7: error: an unescaped % behind a number hides words of the prompt from TeX,"
        " which takes them for a comment: write \\%, or a space before the % of a comment"
    ]
    assert prompts(use_sandbox) == {"A good whale"}
