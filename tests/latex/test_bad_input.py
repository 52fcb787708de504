"""What authors get wrong, and what only looks like a figure: one clear answer, and the PDF."""

from __future__ import annotations

import re

import pytest
from papers import ENGINES, Built, Paper, article
from sandbox_process import SandboxProcess

from latex_hook.tex.request_file import read_requests

GOOD = "\\pbfigure[type=standard,model=nano-banana-2,id=good,width=3cm]{A good whale}"


def build(paper: Paper, body: str, preamble: str = "", more: str = "") -> Built:
    paper.write("paper.tex", article(f"Text.\n{body}\n\n{GOOD}\n", preamble) + more)
    paper.init()
    return paper.latexmk("-f")


def told(built: Built, place: str) -> list[str]:
    """The hook's lines about one place, without repetitions."""
    lines = re.findall(rf"^{re.escape(place)}: [^\n]*", built.output, re.MULTILINE)
    return list(dict.fromkeys(lines))


def test_a_prompt_that_is_too_long_is_one_error_with_its_place(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    prompt = " ".join(["whale"] * 2000)
    built = build(online, f"\\pbfigure[type=standard,model=nano-banana-2]{{{prompt}}}")
    (line,) = told(built, "paper.tex:6")
    assert "10,000" in line
    assert built.status == 0
    assert len(online.shown()) == 1
    assert len(use_sandbox.log("generate")) == 1


def test_an_unknown_key_names_the_nearest_and_buys_nothing(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built = build(online, "\\pbfigure[resolutoin=4K]{A whale}")
    (line,) = told(built, "paper.tex:6")
    assert "has no key 'resolutoin'; did you mean 'resolution'?" in line
    assert 'has no key "resolutoin"' in " ".join(online.errors())
    assert len(use_sandbox.log("generate")) == 1
    assert len(online.shown()) == 1


@pytest.mark.parametrize("call", ["*[width=2cm]{A whale}", "[width=2cm][t]{A whale}", " A whale"])
def test_what_has_no_braces_is_no_prompt(
    online: Paper, use_sandbox: SandboxProcess, call: str
) -> None:
    built = build(online, f"\\pbfigure{call}")
    (line,) = told(built, "paper.tex:6")
    assert "has no key" in line
    assert "has no key" in " ".join(online.errors())
    assert [task["request"]["prompt"] for task in use_sandbox.tasks()] == ["A good whale"]


def test_a_wrong_value_is_one_error_with_its_place(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built = build(online, "\\pbfigure[resolution=8K]{A whale}")
    (line,) = told(built, "paper.tex:6")
    assert "resolution: '8K' is not one of 1K, 2K, 4K" in line
    assert len(use_sandbox.log("generate")) == 1
    assert len(online.shown()) == 1


def test_two_figures_of_one_id_name_both_places(online: Paper, use_sandbox: SandboxProcess) -> None:
    same = "\\pbfigure[id=same,type=standard,model=nano-banana-2]"
    built = build(online, f"{same}{{A whale}}\n\n{same}{{A boat}}")
    (first,) = told(built, "paper.tex:6")
    (second,) = told(built, "paper.tex:8")
    assert "paper.tex:8" in first
    assert "paper.tex:6" in second
    assert len(use_sandbox.log("generate")) == 1


def test_an_input_that_tex_has_from_elsewhere_is_not_told_of(online: Paper) -> None:
    built = build(online, "", "\\input{glyphtounicode}")
    assert told(built, "paper.tex:3") == []
    assert len(online.shown()) == 1


def test_a_binary_file_is_told_with_its_place(online: Paper) -> None:
    online.write("data.tex", b"\x00\x01\\pbfigure{no}\xff")
    built = build(online, "\\iftrue\\else\\input{data}\\fi")
    (line,) = told(built, "paper.tex:6")
    assert "data.tex is not a text file" in line
    assert len(online.shown()) == 1


def test_a_latin_1_document_is_read_as_tex_reads_it(online: Paper) -> None:
    online.write(
        "part.tex", "Caf\xe9.\n\n\\pbfigure[id=b]{Une baleine \xe0 Málaga}".encode("latin-1")
    )
    preamble = "\\usepackage[latin1]{inputenc}"
    built = build(online, "\\input{part}", preamble)
    assert built.status == 0, built
    assert online.warnings() == []
    assert len(online.shown()) == 2
    assert "pbfigure:" not in online.latexmk("-g").output


def test_a_loop_of_links_and_a_file_that_reads_itself_end(online: Paper) -> None:
    online.folder.mkdir(exist_ok=True)
    (online.folder / "loop.tex").symlink_to("loop.tex")
    online.write(
        "self.tex", "\\pbfigure[id=s]{Self}\\iffalse\\fi\\ifx\\x\\y\\else\\input{self}\\fi"
    )
    built = build(online, "\\iftrue\\else\\input{loop}\\input{self}\\fi")
    lines = told(built, "paper.tex:6")
    assert any("loop" in line for line in lines)
    assert any("self.tex reads itself" in line for line in told(built, "self.tex:1"))
    assert built.status == 0
    assert len(online.shown()) == 1


def test_what_only_looks_like_a_figure_is_never_asked_for(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    body = r"""
% \pbfigure{in a comment}
\begin{verbatim}
\pbfigure{in verbatim}
\end{verbatim}
\begin{lstlisting}
\pbfigure{in a listing}
\end{lstlisting}
\verb|\pbfigure{in verb}|
\iffalse\pbfigure{in iffalse}\fi
\begin{comment}
\pbfigure{in a comment environment}
\end{comment}
\begin{notes}
\pbfigure{in what is excluded}
\end{notes}
\newif\ifdraft\ifdraft\pbfigure{in a condition of the author's}\fi
\newcommand\unused{\pbfigure{in a command that is not used}}
"""
    preamble = "\\usepackage{listings,comment}\\excludecomment{notes}"
    built = build(online, body, preamble)
    assert built.status == 0, built
    assert [task["request"]["prompt"] for task in use_sandbox.tasks()] == ["A good whale"]
    assert "1 figure: 1 present; 1 made" in built.output
    assert len(online.shown()) == 1


def test_what_stands_behind_the_documents_end_is_never_asked_for(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built = build(online, "", more="\\pbfigure{no}\n\\input{nowhere}\n")
    assert built.status == 0
    assert told(built, "paper.tex:10") == []
    assert len(use_sandbox.log("generate")) == 1


def test_minted_code_is_never_asked_for(online: Paper, use_sandbox: SandboxProcess) -> None:
    # minted itself would want shell escape; an environment of its name does here
    online.write("code.tex", "\\begin{minted}{tex}\n\\pbfigure{no}\n\\end{minted}\n")
    preamble = "\\usepackage{verbatim}\\newenvironment{minted}[1]{\\verbatim}{\\endverbatim}"
    built = build(online, "\\input{code}", preamble)
    assert len(use_sandbox.log("generate")) == 1
    assert "1 figure: 1 present; 1 made" in built.output


def test_a_figure_in_a_condition_that_holds_is_made_once_tex_has_asked(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built = build(online, "\\iftrue\\pbfigure[id=c]{In a true condition}\\fi")
    assert built.status == 0
    assert online.warnings() == []
    assert len(use_sandbox.log("generate")) == 2
    assert len(online.shown()) == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("prompt-file=nowhere.txt", "nowhere.txt cannot be read"),
        ("prompt-file=latin1.txt", "prompt-file: latin1.txt is not UTF-8 text"),
        ("prompt-file=loop.txt", "loop.txt cannot be read"),
        (
            "context=paragraph",
            "context: 'paragraph' is not one of section, chapter, part, document",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    online: Paper, options: str, problem: str
) -> None:
    online.write("latin1.txt", "Größe".encode("latin1"))
    (online.folder / "loop.txt").symlink_to("loop.txt")
    built = build(online, f"\\pbfigure[{options}]{{}}")
    assert any(problem in line for line in told(built, "paper.tex:6"))


def test_an_unknown_label_as_context_is_told_with_its_place(online: Paper) -> None:
    built = build(online, "\\pbfigure[context=label:sec:none]{A whale}")
    assert any("there is no \\label{sec:none}" in line for line in told(built, "paper.tex:6"))


def test_a_wrong_setting_names_its_origin_and_the_pdf_comes_out(online: Paper) -> None:
    built = build(online, "", "\\pbsetup{mode=sometimes}")
    assert built.status == 12
    assert "\\pbsetup: mode: 'sometimes' is not one of generate, offline, frozen" in built.output
    assert online.path(".pdf").exists()


def test_a_misspelt_setting_is_an_error_and_nothing_is_bought(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built = build(online, "", "\\pbsetup{max-credit=3}")
    assert built.status == 12
    said = "\\pbsetup: max_credit: there is no such setting; did you mean 'max_credits'?"
    assert said in built.output
    assert '\\pbsetup has no key "max-credit"' in " ".join(online.errors())
    assert use_sandbox.log("generate") == []


@pytest.mark.parametrize(
    "date",
    ["\\today", "\\mydate", "\\number\\year", "\\thepage", "\\jobname", "\\the\\value{page}"],
)
def test_what_changes_by_itself_is_one_error_with_its_place_and_buys_nothing(
    online: Paper, use_sandbox: SandboxProcess, date: str
) -> None:
    body = f"\\section{{S}}\nText.\n\\pbfigure{{A clock on {date}}}"
    online.write("paper.tex", article(body, "\\newcommand\\mydate{\\today}"))
    online.init()
    built = online.latexmk()
    (said,) = re.findall(r"paper\.tex:7: error: .*changes by itself.*write what.*", built.output)
    names = {"mydate": "today", "value{page}": "c@page"}
    written = date.rsplit("\\", maxsplit=1)[-1]
    assert names.get(written, written) in said
    assert use_sandbox.log("generate") == []


@pytest.mark.parametrize("engine", ENGINES)
def test_line_ends_in_values_forge_no_fields(paper: Paper, engine: str) -> None:
    evil = "^^Jprompt=evil^^Jend=figures:0"
    preamble = "\\pbsetup{mode={offline^^Jset-on-failure=error}}"
    body = (
        f"\\section{{S {evil}}}\\begin{{figure}}\\pbfigure[id={{a{evil}}}]{{One{evil}}}"
        f"\\caption{{C}}\\label{{b^^Jalt=c}}\\end{{figure}}\n\\pbfigure{{Two \\textbf{{b}}{evil}}}"
    )
    paper.write("paper.tex", article(body, preamble, "[name={n^^Joutput=dvi}]"))
    paper.init()
    paper.tex(engine)
    requests = read_requests(paper.path(".pbq"))
    assert requests.complete
    assert requests.no_pdf == ""
    assert requests.settings == {"mode": "offline set-on-failure=error"}
    said = evil.replace("^^J", " ")
    assert [asked.prompt for asked in requests.asked] == [f"One{said}", f"Two b{said}"]
    assert requests.asked[0].id == f"a{said}"
    assert requests.asked[0].label == "b alt=c"
    assert [heading.title for heading in requests.headings] == [f"S {said}"]


def test_what_was_wrong_the_last_time_is_not_told_of_this_run(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built = build(online, "\\pbfigure{A house}", "\\pbsetup{mode=ofline}")
    assert built.status == 12
    assert "ofline" in built.output
    online.edit("paper.tex", "\\pbsetup{mode=ofline}", "")
    again = online.latexmk()
    assert again.status == 0
    assert "'ofline'" not in again.output
    assert use_sandbox.log("generate") != []
