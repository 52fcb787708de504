"""How sources are read, without TeX but for one judge: masking, calls, sections, plain text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papers import Paper

from latex_hook.sources.inputs import read_document
from latex_hook.sources.locate import locate
from latex_hook.sources.masking import mask
from latex_hook.sources.scan import Scan, scan
from latex_hook.sources.tokens import split_items, squashed, without_comments
from latex_hook.tex.escape import coded, decoded
from latex_hook.tex.picture_map import MapEntry, read_map, write_map
from latex_hook.tex.request_file import Requests, parse_requests, read_requests
from latex_hook.text.context import Sections, SectionText, UnknownContext
from latex_hook.text.extract import Extract
from latex_hook.text.latex_to_prose import readable_paragraphs
from pbfigure.figure.surrounding_text import WrittenText

TEXTS = st.text(
    alphabet=st.sampled_from("ab \n\t\\%{}[]#$&~^_|*'é图🍌" + "verbiflsndoc"), max_size=60
)


def read(folder: Path, **files: str) -> Scan:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.tex"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return scan(read_document(folder / "main.tex", folder, {}))


def test_words_are_written_out_as_every_engine_writes_them(paper: Paper) -> None:
    prompts = [
        "plain",
        "a  b\n   c",
        "a% comment\n   b",
        "a\n\n b\n\n\n c",
        r"\alpha  b \ c \%d \\ e",
        "x\\foo\n y",
        "é 图 # ~ $x^2$",
        "ends in \\LaTeX",
        "  trimmed  ",
        "{a, b} [c]",
    ]
    calls = "\n".join(f"\\pbfigure{{{prompt}}}" for prompt in prompts)
    text = "\\documentclass{article}\\usepackage{paperbanana}\n\\def\\foo{}\\begin{document}\n"
    main = paper.write("paper.tex", f"{text}{calls}\n\\end{{document}}\n")
    paper.init()
    found = scan(read_document(main, paper.folder, {}))
    for engine in ("pdflatex", "xelatex", "lualatex"):
        paper.tex(engine)
        requests = read_requests(paper.path(".pbq"))
        assert [squashed(a.source) for a in requests.asked] == [call.words for call in found.calls]
        places = [located.at for located in locate(found, requests)]
        assert places == [call.start for call in found.calls]


@given(TEXTS)
def test_masking_keeps_every_offset_and_every_line(text: str) -> None:
    masked = mask(text).text
    assert len(masked) == len(text)
    assert [i for i, c in enumerate(masked) if c == "\n"] == [
        i for i, c in enumerate(text) if c == "\n"
    ]
    assert all(m in (c, " ") for m, c in zip(masked, text, strict=True))


@given(TEXTS)
@settings(max_examples=300)
def test_no_source_at_all_is_an_exception(text: str) -> None:
    without_comments(text)
    split_items(text)
    readable_paragraphs(Extract(text), {})
    assert decoded(coded(text)).split() == text.split()


@pytest.mark.parametrize(
    ("source", "masked"),
    [
        (r"a % b", "a    "),
        (r"a \% b", r"a \% b"),
        ("a \\\\% b", "a \\\\   "),
        (r"\verb|%x| y", "\\verb     y"),
        (r"\verb*+x+", r"\verb*   "),
        (r"\lstinline[language=C]!%!z", r"\lstinline[language=C]   z"),
        (r"\url{a%20b} c", r"\url{a%20b} c"),
        (r"\href{u%20}{t} % c", r"\href{u%20}{t}    "),
        (r"\iffalse a \ifx b \else c \fi d \else e \fi", " " * 37 + r" e \fi"),
        (r"a \begin{comment}x\end{comment} b", "a" + " " * 31 + "b"),
        (r"\begin{verbatim}x\end{verbatim}", r"\begin{verbatim} \end{verbatim}"),
        ("\\endinput x\ny", "\\endinput x\n "),
    ],
)
def test_what_does_not_count_is_masked(source: str, masked: str) -> None:
    found = mask(source).text
    assert found == masked


def test_uses_of_commands_that_lead_to_a_figure_are_found_outside_definitions(
    tmp_path: Path,
) -> None:
    found = read(
        tmp_path,
        main=r"""\documentclass{article}
\newcommand{\one}[2][id=d]{\pbfigure[#1]{#2 one}}
\def\two#1{\one[id=x]{#1 two}}
\NewDocumentCommand{\three}{O{width=1cm} m}{\pbfigure[#1]{#2}}
\newenvironment{drawn}[1]{\begin{figure}\pbfigure{#1}}{\end{figure}}
\begin{document}
\one{A}
\two{B}

\three{C} \three[width=2cm]{D}
\begin{drawn}{E}\end{drawn} \drawn
\pbfigure[id=y]{F}
\end{document}""",
    )
    source = found.document.source
    assert [source[use.start : use.end] for use in found.uses] == [
        "\\one{A}",
        "\\two{B}",
        "\\three{C}",
        "\\three[width=2cm]{D}",
        "\\begin{drawn}{E}",
    ]
    assert [(call.prompt, call.keys) for call in found.calls] == [("F", "id=y")]
    assert list(found.macros) == ["one", "two", "three", "drawn"]


@pytest.mark.parametrize(
    "definition",
    [
        "\\csdef{fig:a}#1{\\pbfigure{A #1}}",
        "\\@namedef{fig:a}#1{\\pbfigure{A #1}}",
        "\\expandafter\\def\\csname fig:a\\endcsname#1{\\pbfigure{A #1}}",
        "\\expandafter\\newcommand\\csname fig:a\\endcsname[1]{\\pbfigure{A #1}}",
        "\\cslet{fig:a}{\\pbfigure}",
        "\\expandafter\\let\\csname fig:a\\endcsname=\\pbfigure",
    ],
)
def test_a_command_may_be_defined_by_its_name_alone(tmp_path: Path, definition: str) -> None:
    uses = ["\\csuse{fig:a}{x}", "\\csname fig:a\\endcsname{y}", "\\@nameuse{fig:a}{z}"]
    body = " ".join(uses)
    found = read(tmp_path, main=f"{definition}\n\\begin{{document}}{body}\\end{{document}}")
    assert [found.document.source[use.start : use.end] for use in found.uses] == uses
    assert not found.calls


def test_inputs_are_followed_as_tex_follows_them(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    found = read(
        tmp_path,
        main="\\begin{document}\n\\@input{one}\n\\import{sub/}{two}\n\\subfile{sub/four}\n"
        '\\include{left} \\include{out}\n\\input{"with space"}\n\\input{five}\\end{document}',
        one="\\pbfigure{1}",
        sub__two="\\pbfigure{2}\n\\subimport{deep/}{three}",
        sub__deep__three="\\pbfigure{3}",
        sub__four="\\documentclass[main]{subfiles}\\begin{document}\n\\pbfigure{4}\\end{document}x",
        left="\\pbfigure{left}",
    )
    (tmp_path / "with space.tex").write_text("\\pbfigure{space}")
    (tmp_path / "inputs/five.tex").write_text("\\pbfigure{5}")
    main = (tmp_path / "main.tex").read_text()
    (tmp_path / "main.tex").write_text(f"\\includeonly{{left}}\n{main}")
    environ = {"TEXINPUTS": f"{tmp_path}/inputs//{os.pathsep}/etc{os.pathsep}"}
    found = scan(read_document(tmp_path / "main.tex", tmp_path, environ))
    assert [call.prompt for call in found.calls] == ["1", "2", "3", "4", "left", "space", "5"]
    places = [str(found.document.place(call.start)) for call in found.calls]
    assert places[2:4] == ["sub/deep/three.tex:1", "sub/four.tex:2"]
    assert found.diagnostics == []


SECTIONED = r"""\documentclass{report}
\newcommand{\model}{BananaNet}
\begin{document}
\begin{abstract}Short. \pbfigure{abs}\end{abstract}
Front. \pbfigure{front}
\chapter{One} Chapter text. \pbfigure{chapter}
\section{A}\label{sec:a} Our \model{} is good~\cite{x}, see \ref{fig:y} and
\url{http://a/b%20c}: 50\% of $x^2$. % hidden
\pbfigure{in a} \verb|\code| \footnote{A note}.
\subsection{B} Deep. \pbfigure{in b}
\pbfigure[context=label:sec:a]{by label}
\pbfigure[context=none]{alone} \pbfigure[context=chapter]{whole}
\section{C} \begin{pbcontext}Marked \emph{text}.\end{pbcontext} Other. \pbfigure{marked}
\end{document}
"""


def test_each_figure_has_the_text_of_its_section(tmp_path: Path) -> None:
    found = read(tmp_path, main=SECTIONED)
    sections = Sections(found, Requests())
    texts = {
        call.prompt: sections.content(call.start, call.keys.removeprefix("context=") or "section")
        for call in found.calls
    }

    def text(prompt: str) -> str:
        content = texts[prompt]
        assert isinstance(content, SectionText)
        assert "hidden" not in content.source
        assert "pbfigure" not in content.source
        return content.text()

    assert text("abs") == "Short."
    assert text("front").startswith("Short.")
    assert "Chapter text" not in text("front")
    assert text("chapter").startswith("One")
    assert "Marked" in text("chapter")
    in_a = " ".join(text("in a").split())
    assert in_a.startswith("A Our BananaNet is good, see and http://a/b%20c: 50% of $x^2$.")
    assert "\\code (A note)" in in_a
    assert "Deep." in in_a
    assert text("in b").startswith("B\n\nDeep.")
    assert " ".join(text("by label").split()) == in_a
    assert texts["alone"] is None
    assert "One" in text("whole")
    assert texts["marked"] == WrittenText("Marked text.")


def test_the_identity_of_a_text_is_its_source_without_comments_and_spacing(tmp_path: Path) -> None:
    def source(text: str) -> str:
        found = read(tmp_path, main=f"\\begin{{document}}{text}\\end{{document}}")
        content = Sections(found, Requests()).content(found.calls[0].start, "section")
        assert content is not None
        return content.source

    one = source("\\section{A} Some text. \\pbfigure{x}\n\nMore.")
    assert one == source("\\section{A} Some   text.% note\n   \\pbfigure{another}\n\n\n More.")
    assert one != source("\\section{A} Some other text. \\pbfigure{x}\n\nMore.")


def test_a_request_file_is_believed_as_far_as_it_goes() -> None:
    md5 = "0" * 32
    whole = (
        f"pbq=3\nmissing=1\nname=\nheading=1\ntitle=A\nline=2\nfile=\nfigure={md5}\nid=a\nprompt=x=y\nline=3\n"
        "file=\nend=figures:1,headings:1,partial:0\n"
    ).encode()
    requests = parse_requests(whole + b"again\nagain\n")
    assert requests.complete
    assert requests.asked[0].prompt == "x=y"
    for length in range(len(whole)):
        part = parse_requests(whole[:length])
        assert not part.complete or length > len(whole) - 3
        assert all(asked.md5 == md5 for asked in part.asked)
    assert "pbfigure init" in parse_requests(b"pbq=2\n").problems[0]
    assert "install the newest" in parse_requests(b"pbq=4\n").problems[0]


def test_the_map_survives_a_merge_conflict_and_hostile_text(tmp_path: Path) -> None:
    path = tmp_path / "pbmap.tex"
    hostile = "}\\input{/etc/passwd}%\n\n#1 $ \\pbmapchar{41} 🍌"
    entry = MapEntry("a", "F" * 32, "paperbanana/a.png", hostile, hostile, "m", "d", "1")
    assert write_map(path, {"doc": {entry.key: entry}})
    assert not write_map(path, {"doc": {entry.key: entry}})
    text = path.read_text()
    assert text.isascii()
    assert len(text.splitlines()) == 3
    (back,) = read_map(path)["doc"].values()
    assert " ".join(back.note.split()) == " ".join(hostile.split())
    path.write_text(f"<<<<<<< ours\n{text}=======\ndoc|broken\n>>>>>>> theirs\n")
    assert list(read_map(path)["doc"]) == [entry.key]


def test_a_label_of_any_kind_names_its_section(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main=r"""\newcommand{\seclabel}[1]{\label{sec:#1}}
\begin{document}
\section{One} WORDS \label[appendix]{sec:one}
\section{Two} \seclabel{two} \zlabel{sec:three}
\begin{lstlisting}[caption={A, b}, label={lst:two}]
\label{no}
\end{lstlisting}
\begin{frame}[fragile,label=three] x
\end{frame}
\end{document}""",
    )
    assert sorted(found.labels) == ["lst:two", "sec:one", "sec:three", "sec:two", "three"]
    content = Sections(found, Requests()).content(None, "label:sec:one")
    assert isinstance(content, SectionText)
    assert content.text() == "One\n\nWORDS"


def test_a_figure_that_is_nowhere_takes_no_text_of_itself(tmp_path: Path) -> None:
    found = read(tmp_path, main="\\begin{document}\\section{One} Words.\\end{document}")
    sections = Sections(found, Requests())
    for context in ("", "section", "chapter", "part"):
        with pytest.raises(UnknownContext, match="context=label:NAME"):
            sections.content(None, context)
    assert sections.content(None, "none") is None
    assert sections.content(None, "document") is not None
