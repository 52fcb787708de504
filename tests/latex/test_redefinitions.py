"""Commands of the author's own that come to mean something else on the way: each use means what
TeX takes it for there, in prompts, in texts, in calls through commands, and in a bundle.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from papers import Built, Paper, article
from sandbox_process import SandboxProcess

from latex_hook.sources.inputs import read_document
from latex_hook.sources.scan import scan
from latex_hook.tex.request_file import Requests
from latex_hook.wanted import Phase, Wanted, collect

STANDARD = "type=standard,model=nano-banana-2"


def hook(paper: Paper, body: str, preamble: str = "") -> Built:
    paper.write("paper.tex", article(body, preamble))
    return paper.run("python", "-m", "latex_hook", "paper.tex")


def sent(sandbox: SandboxProcess) -> list[dict[str, object]]:
    return [entry["body"] for entry in sandbox.log("generate")]


def prompts(sandbox: SandboxProcess) -> list[object]:
    return sorted(str(body["prompt"]) for body in sent(sandbox))


def figures(folder: Path, body: str, preamble: str = "") -> list[Wanted]:
    (folder / "paper.tex").write_text(article(body, preamble))
    found = scan(read_document(folder / "paper.tex", folder, {}))
    return collect(found, Requests(), folder, "paper", phase=Phase.ALONE)


# -- prompts ------------------------------------------------------------------------------------


def test_each_prompt_says_what_its_commands_mean_where_it_stands(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    call = "\\pbfigure[{},id={}]{{Overview of \\model}}"
    first, second = call.format(STANDARD, "one"), call.format(STANDARD, "two")
    body = f"{first}\n\n\\renewcommand{{\\model}}{{Beta}}\n{second}"
    online.write("paper.tex", article(body, "\\newcommand{\\model}{Alpha}"))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert prompts(use_sandbox) == ["Overview of Alpha", "Overview of Beta"]
    assert len(online.shown()) == 2
    assert online.warnings() == []


def test_calls_that_tex_cannot_tell_apart_are_an_error_that_names_both_places(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    call = f"\\pbfigure[{STANDARD}]{{Overview of \\model}}"
    body = f"{call}\n\n\\renewcommand{{\\model}}{{Beta}}\n{call}"
    online.write("paper.tex", article(body, "\\newcommand{\\model}{Alpha}"))
    online.init()
    built = online.latexmk()
    assert use_sandbox.log("generate") == []
    lines = [line for line in built.output.splitlines() if line.startswith("paper.tex:")]
    first, second = sorted(set(lines))
    assert "give each an id of its own" in first
    assert first.startswith("paper.tex:5: error: ")
    assert "paper.tex:8" in first
    assert second.startswith("paper.tex:8: error: ")
    assert "paper.tex:5" in second
    assert online.shown() == set()
    online.edit(
        "paper.tex", f"Beta}}\n\\pbfigure[{STANDARD}", f"Beta}}\n\\pbfigure[{STANDARD},id=b"
    )
    assert online.latexmk().status == 0
    assert prompts(use_sandbox) == ["Overview of Alpha", "Overview of Beta"]
    assert len(online.shown()) == 2


def test_a_redefinition_that_says_the_same_keeps_both_places_one_figure(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    call = f"\\pbfigure[{STANDARD}]{{Overview of \\model}}"
    built = hook(
        online,
        f"{call}\n\n\\renewcommand\\model{{Alpha }}\n{call}",
        "\\newcommand{\\model}{Alpha}",
    )
    assert built.status == 0, built
    assert len(use_sandbox.log("generate")) == 1


@pytest.mark.parametrize(
    ("definitions", "meaning"),
    [
        ("\\newcommand\\x{A}\\providecommand\\x{B}", "A"),
        ("\\providecommand\\x{B}", "B"),
        ("\\newcommand\\x{A}\\def\\x{B}", "B"),
        ("\\newcommand\\x{A}\\def\\x#1.{B}", "\\x"),
        ("\\NewDocumentCommand\\x{}{A}\\RenewDocumentCommand\\x{}{B \\y}\\newcommand\\y{C}", "B C"),
    ],
)
def test_the_last_definition_before_a_use_counts(
    tmp_path: Path, definitions: str, meaning: str
) -> None:
    (figure,) = figures(tmp_path, f"{definitions}\\pbfigure{{The \\x}}\\def\\x{{later}}")
    assert figure.block.prompt == f"The {meaning}"


def test_a_command_given_to_a_command_does_not_take_the_space_behind_it(tmp_path: Path) -> None:
    preamble = "\\newcommand{\\net}{BananaNet}\n\\newcommand{\\pair}[2]{#1 and #2}"
    (figure,) = figures(tmp_path, "\\pbfigure{\\pair{\\net}{\\net} compared}", preamble)
    assert figure.block.prompt == "BananaNet and BananaNet compared"


def test_before_a_command_is_made_anew_it_is_not_what_it_will_be(tmp_path: Path) -> None:
    before, after = figures(
        tmp_path, "\\pbfigure{A \\foreign}\\renewcommand\\foreign{thing}\\pbfigure{A \\foreign}"
    )
    assert (before.block.prompt, after.block.prompt) == ("A \\foreign", "A thing")


def test_calls_through_a_command_are_those_of_its_definition_there(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    drawn = f"command\\drawn[1]{{\\pbfigure[{STANDARD},width=2cm]{{{{}} of #1}}}}"
    body = (
        f"\\drawn{{whales}}\n\n\\renew{drawn.replace('{}', 'Photograph')}\n\\drawn{{whales}}\n\n"
        "\\drawn{boats}"
    )
    online.write("paper.tex", article(body, f"\\new{drawn.replace('{}', 'Sketch')}"))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert len(use_sandbox.log("generate")) == 3
    shown = online.shown()
    assert len(shown) == 3
    bundled = online.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert bundled.status == 0, bundled
    text = (online.folder.parent / "bundle/paper.tex").read_text()
    pictures = [line for line in text.splitlines() if "includegraphics" in line]
    assert len(set(pictures)) == len(pictures) == 3
    packed = Paper(online.folder.parent / "bundle", online.env)
    packed.tex()
    assert packed.shown() == shown


# -- texts --------------------------------------------------------------------------------------


def text_of(sandbox: SandboxProcess, prompt: str) -> str:
    (body,) = (each for each in sent(sandbox) if each["prompt"] == prompt)
    options = body["options"]
    assert isinstance(options, dict)
    return " ".join(str(options["content"]).split())


def test_a_sections_text_says_what_its_commands_mean_where_they_stand(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    body = (
        "\\section{First}\nThis is \\model.\n\\pbfigure{One}\n"
        "\\section{Second}\nStill \\model.\n\\renewcommand{\\model}{Beta}\nBut now \\model.\n"
        "\\pbfigure{Two}\n"
        "\\section{Third}\nAlways \\model.\n\\pbfigure{Three}\n"
    )
    built = hook(online, body, "\\newcommand{\\model}{Alpha}")
    assert built.status == 0, built
    assert text_of(use_sandbox, "One") == "First This is Alpha."
    assert text_of(use_sandbox, "Two") == "Second Still Alpha. But now Beta."
    assert text_of(use_sandbox, "Three") == "Third Always Beta."


@pytest.mark.parametrize(
    "definition",
    [
        "\\newcommand{\\x}[1]{odd #1}",
        "\\def\\x#1{odd #1}%",
        "\\newenvironment{odd}{odd}{odd}",
        "\\newcommand\\x\n  {odd}",
    ],
)
def test_a_definition_is_no_text_and_parts_none(
    online: Paper, use_sandbox: SandboxProcess, definition: str
) -> None:
    body = f"\\section{{S}}\nOne line,\n{definition}\nanother line.\n\n{definition}\nMore.\n"
    built = hook(online, f"{body}\\pbfigure{{A}}")
    assert built.status == 0, built
    assert text_of(use_sandbox, "A") == "S One line, another line. More."
    content = sent(use_sandbox)[0]["options"]["content"]  # type: ignore[index]
    assert "One line,\n\n" not in content
    assert "another line.\n\nMore." in content


def test_of_a_comment_in_which_a_definition_or_a_call_seems_to_end_nothing_is_sent(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    comment = "% } secret\n"
    body = (
        f"\\newcommand\\x{{y {comment}}}Words.\n\\pbfigure{{A}} {comment}\\pbfigure{{B {comment}}}"
    )
    built = hook(online, f"\\section{{S}}\n{body}")
    assert built.status == 0, built
    assert "Words." in str(sent(use_sandbox))
    assert "secret" not in str(sent(use_sandbox))


def test_text_that_pbcontext_marks_says_what_its_commands_mean_there(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    body = (
        "\\begin{pbcontext}Of \\model.\\end{pbcontext}\n\\renewcommand\\model{Beta}\n"
        "\\pbfigure{One}\n\\section{Second}\n"
        "\\begin{pbcontext}Of \\model.\\end{pbcontext}\n\\pbfigure{Two}\n"
    )
    built = hook(online, body, "\\newcommand{\\model}{Alpha}")
    assert built.status == 0, built
    assert text_of(use_sandbox, "One") == "Of Alpha."
    assert text_of(use_sandbox, "Two") == "Of Beta."


def test_a_text_with_the_marks_that_the_hook_uses_itself_is_sent_all_the_same(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    odd = f"\ue0017\ue002 \ue0037\ue004 \ue001{'9' * 5000}\ue002 \ue003{'9' * 5000}\ue004 \ue000"
    built = hook(online, f"\\section{{S}}\nSome {odd} \\verb|code| text.\n\\pbfigure{{A}}")
    assert built.status == 0, built
    assert "code" in text_of(use_sandbox, "A")


# -- what stays ---------------------------------------------------------------------------------

UNCHANGED = r"""
\newcommand{\model}{BananaNet}
\def\pair#1#2{#1 and #2}
\begin{abstract}
Short \model. \newcommand{\inner}{inner}\pbfigure{Of \model, \inner}
\end{abstract}
\section{A} Our \model{} % no comment
is \pair{good}{fast}. \newcommand{\late}[1]{late #1}
\begin{pbcontext}
The \model{} of \late{night}.\newcommand{\marked}{mark}
More \marked\ text.
\end{pbcontext}
\pbfigure{A \pair{\model}{its twin}}
\section{B}
\def\odd{a % } b
c}
\verb|\model| and \late{bird}, \early.
\pbfigure[context=subsection]{Of \late{x}, \early}
\newcommand{\early}{early}
\subsection{C}
\pbfigure{In C}
"""
GOLDEN = "ab31dafec27aee83460b13f041a5d8e7f1e8ca57361811cf322445af8a0cd404"


def test_no_figure_changes_in_a_document_that_defines_each_command_once(tmp_path: Path) -> None:
    said = [
        (figure.block.prompt, figure.md5s, figure.block.content and figure.block.content.source)
        for figure in figures(tmp_path, UNCHANGED)
    ]
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    assert digest == GOLDEN, said
