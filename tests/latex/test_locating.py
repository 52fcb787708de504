r"""Where TeX's figures stand in the sources: each case is set by TeX, located by what it told.

Every document says what is in a section by one word of its own, so that a text tells its section.
"""

from __future__ import annotations

import re

import pytest
from papers import Paper, article

from latex_hook.sources.inputs import read_document
from latex_hook.sources.locate import files_of, locate
from latex_hook.sources.masking import mask
from latex_hook.sources.scan import scan
from latex_hook.tex.request_file import read_requests
from latex_hook.text.context import Sections, UnknownContext

NOWHERE = "nowhere"
"""The section of a figure whose place is not surely known."""


def located(paper: Paper, files: dict[str, str], passes: int = 1) -> dict[str, tuple[str, str]]:
    """Each figure's place, and the words in capitals of its section; in TeX's order."""
    for name, text in files.items():
        paper.write(name, text)
    paper.init()
    for _ in range(passes):
        paper.tex()
    requests = read_requests(paper.path(".pbq"), paper.folder)
    assert requests.complete, paper.log()
    document = read_document(paper.folder / paper.main, paper.folder, paper.env, files_of(requests))
    found = scan(document)
    assert found.diagnostics == []
    sections = Sections(found, requests)
    figures: dict[str, tuple[str, str]] = {}
    for asked, place in zip(requests.asked, locate(found, requests), strict=True):
        try:
            content = sections.content(place.at, asked.values.get("context", ""))
            text = " ".join(re.findall(r"\b[A-Z]{3,}\b", content.text() if content else ""))
        except UnknownContext as error:
            text = str(error) if place.at is not None else NOWHERE
        figures[f"{asked.prompt}{asked.values.get('variant', '')}"] = (str(place.place), text)
    return figures


@pytest.mark.parametrize(
    "wrapper",
    [
        "\\newcommand{\\fig}[2][]{\\par\\pbfigure[#1]{A #2}}",
        "\\newcommand\\fig[2][width=2cm]{\\par\\pbfigure[#1]{A #2}}",
        "\\providecommand*{\\fig}[1]{\\pbfigure{A #1}}",
        "\\def\\fig#1{\\pbfigure{A #1}}",
        "\\def\\fig#1{\\ifx x#1x\\else\\pbfigure{A #1}\\fi}",
        "\\NewDocumentCommand{\\fig}{O{} m}{\\pbfigure[#1]{A #2}}",
        "\\NewDocumentCommand{\\fig}{s o m}{\\pbfigure{A #3}}",
        "\\let\\one\\pbfigure \\newcommand{\\fig}[1]{\\one{A #1}}",
        "\\newcommand{\\inner}[1]{\\pbfigure{A #1}}\\newcommand{\\fig}[1]{\\fbox{\\inner{#1}}}",
        "\\DeclareRobustCommand{\\fig}[1]{\\pbfigure{A #1}}",
        "\\usepackage{etoolbox}\\newrobustcmd{\\fig}[1]{\\pbfigure{A #1}}",
        "\\usepackage{xargs}\\newcommandx{\\fig}[2][1={width=2cm}]{\\par\\pbfigure[#1]{A #2}}",
        "\\NewCommandCopy{\\one}{\\pbfigure}\\newcommand{\\fig}[1]{\\one{A #1}}",
        "\\NewDocumentCommand{\\fig}{D<>{2cm} m}{\\pbfigure[width=#1]{A #2}}",
        "\\makeatletter\\newcommand{\\fig}{\\@ifstar\\one\\one}\\makeatother"
        "\\newcommand{\\one}[1]{\\pbfigure{A #1}}",
    ],
)
def test_a_figure_of_a_command_of_the_authors_is_where_the_command_is_used(
    paper: Paper, wrapper: str
) -> None:
    body = "\\section{ONE}\n\\fig{pump}\n\n\\section{TWO}\nTwice:\n\\fig{tank} \\fig{valve}."
    assert located(paper, {"paper.tex": article(body, wrapper)}) == {
        "A pump": ("paper.tex:6", "ONE"),
        "A tank": ("paper.tex:10", "TWO"),
        "A valve": ("paper.tex:10", "TWO"),
    }


@pytest.mark.parametrize(
    ("wrapper", "use"),
    [
        ("\\newcommand{\\fig}{\\pbfigure[width=1cm]}", "\\fig{A WRONG tank}"),
        ("\\newcommand{\\fig}{\\pbfigure}\\def\\two{\\par\\fig}", "\\two[width=1cm]{A WRONG tank}"),
        ("\\usepackage{afterpage}", "\\afterpage{\\pbfigure[width=1cm]{A WRONG tank}}"),
    ],
)
def test_the_arguments_of_a_command_that_ends_in_a_call_are_no_text(
    paper: Paper, wrapper: str, use: str
) -> None:
    body = f"\\section{{ONE}}\nWords. {use}\n\\section{{TWO}}\nMore.\n\\newpage End."
    found = located(paper, {"paper.tex": article(body, wrapper)})
    assert found == {"A WRONG tank": ("paper.tex:6", "ONE")}


def test_a_figure_behind_which_tex_looks_for_an_option_is_where_it_stands(paper: Paper) -> None:
    wrapper = "\\NewDocumentCommand{\\fig}{m o}{\\IfNoValueF{#2}{#2}\\pbfigure{A #1}}"
    body = "\\section{ONE}\n\\fig{pump}[Yes]\n\\fig{tank}\n\n\\section{TWO}\n\\fig{valve}"
    sections = {
        name: text
        for name, (_, text) in located(paper, {"paper.tex": article(body, wrapper)}).items()
    }
    assert sections == {"A pump": "ONE", "A tank": "ONE", "A valve": "TWO"}


@pytest.mark.parametrize(
    "wrapper",
    [
        "\\newenvironment{drawn}[1]{\\pbfigure{A #1}}{}",
        "\\NewDocumentEnvironment{drawn}{m}{\\pbfigure{A #1}}{}",
        "\\NewDocumentEnvironment{drawn}{m +b}{\\pbfigure{A #1}#2}{}",
    ],
)
def test_a_figure_of_an_environment_of_the_authors_is_where_that_begins(
    paper: Paper, wrapper: str
) -> None:
    body = "\\section{ONE}\nText.\n\\section{TWO}\n\\begin{drawn}{pump}MORE\\end{drawn}"
    assert located(paper, {"paper.tex": article(body, wrapper)}) == {
        "A pump": ("paper.tex:8", "TWO MORE")
    }


@pytest.mark.parametrize(
    "wrapper",
    [
        "\\ExplSyntaxOn\\cs_new:cpn{fig}#1{\\pbfigure{#1}}\\ExplSyntaxOff",
        "\\newcommand\\make[1]{\\expandafter\\def\\csname#1\\endcsname##1{\\pbfigure{##1}}}\\make{fig}",
    ],
)
def test_a_command_that_only_tex_knows_is_placed_by_its_words(paper: Paper, wrapper: str) -> None:
    body = (
        "\\section{SALARIES}\nMONEY.\n\n\\fig{A purse}\n\n"
        "\\section{PUMP}\nWATER.\n\n\\fig{A large\npump}\n"
    )
    assert located(paper, {"paper.tex": article(body, wrapper)}) == {
        "A purse": ("paper.tex:8", "SALARIES MONEY"),
        "A large pump": ("paper.tex:14", "PUMP WATER"),
    }


def test_a_command_named_like_a_condition_is_none(paper: Paper) -> None:
    preamble = "\\makeatletter\\newcommand{\\ifx@mine}[1]{#1}\\makeatother"
    body = "\\section{ONE}\n\\iffalse \\newcommand{\\ifours}[1]{x} \\fi\n\\pbfigure{A pump} WORD"
    assert located(paper, {"paper.tex": article(body, preamble)}) == {
        "A pump": ("paper.tex:7", "ONE WORD")
    }


ENGINE = "\\section{ENGINE}\nText.\n\\pbfigure{An engine}\n"
AROUND = "PREFACE.\n{}\n\\section{{END}} Text. \\pbfigure{{A last}}"
FOUND = {"An engine": ("parts/engine.tex:3", "ENGINE"), "A last": ("paper.tex:7", "END")}


@pytest.mark.parametrize(
    ("command", "preamble"),
    [
        ("\\input{parts/engine}", ""),
        ("\\input parts/engine ", ""),
        ("\\input{parts/engine.tex}", ""),
        ("\\olin{engine}", "\\newcommand{\\olin}[1]{\\input{parts/#1}}"),
        ("\\olin[parts]{engine}", "\\newcommand{\\olin}[2][x]{\\clearpage\\input{#1/#2.tex}}"),
        ("\\olin", "\\def\\olin{\\input{parts/engine}}"),
        ("\\olin{engine}", "\\def\\olin#1{\\IfFileExists{no}{}{\\include{parts/#1}}}"),
        ("\\input{\\parts/engine}", "\\newcommand{\\parts}{parts}"),
        ("\\input{engine}", "\\makeatletter\\def\\input@path{{parts/}}\\makeatother"),
        ("\\IfFileExists{parts/engine}{\\input{parts/engine}}{}", ""),
        ("\\input{parts/engine}\\IfFileExists{no}{\\input{no}}{}", ""),
        ("\\InputIfFileExists{parts/engine}{}{}\\InputIfFileExists{no}{}{}", ""),
        ("\\import{parts/}{engine}", "\\usepackage{import}"),
        ("\\subimport{parts/}{engine}", "\\usepackage{import}"),
        ("\\input{\\currfiledir parts/engine}", "\\usepackage{currfile}"),
        ("\\input{parts/engine}\\input{|\"kpsewhich article.cls\"}", ""),
    ],
)  # fmt: skip
def test_a_figure_in_a_file_is_in_that_files_section(
    paper: Paper, command: str, preamble: str
) -> None:
    main = article(AROUND.format(command), preamble)
    assert located(paper, {"paper.tex": main, "parts/engine.tex": ENGINE}) == FOUND


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("subfiles", "\\subfile"),
        ("standalone", "\\input"),
        ("standalone", "\\includestandalone[width=2cm]"),
        ("docmute", "\\input"),
    ],
)
def test_a_document_within_a_document_is_its_body(paper: Paper, package: str, command: str) -> None:
    part = (
        "\\documentclass[../paper]{subfiles}"
        if package == "subfiles"
        else "\\documentclass{article}\n\\usepackage{paperbanana}"
    )
    files = {
        "paper.tex": article(
            f"\\section{{ONE}}\n{command}{{parts/fig}}\n\\section{{TANK}}\n\\pbfigure{{A tank}}",
            f"\\usepackage{{{package}}}",
        ),
        "parts/fig.tex": f"{part}\n% PREAMBLE\n\\begin{{document}}\nWORD \\pbfigure{{A pump}}\n"
        "\\end{document}\nBEHIND",
    }
    line = 4 if package == "subfiles" else 5
    assert located(paper, files) == {
        "A pump": (f"parts/fig.tex:{line}", "ONE WORD"),
        "A tank": ("paper.tex:8", "TANK"),
    }


def test_what_includeonly_leaves_out_is_not_there(paper: Paper) -> None:
    files = {
        "paper.tex": article("\\include{one}\n\\include{two}", "\\includeonly{two}"),
        "one.tex": "\\section{ONE}\n\\pbfigure{A pump}",
        "two.tex": "\\section{TWO}\n\\pbfigure{A pump}",
    }
    assert located(paper, files) == {"A pump": ("two.tex:2", "TWO")}


def test_behind_an_include_the_main_file_is_the_main_file_again(paper: Paper) -> None:
    files = {
        "paper.tex": article(
            "\\section{ONE}\n\\include{one}\n\\csname input\\endcsname{two}\n"
            "\\section{MAIN}\n\\pbfigure{A tank}"
        ),
        "one.tex": "\\section{FIRST}\n\\pbfigure{A pump}",
        "two.tex": "\\section{SECOND}\n\\pbfigure{A valve}",
    }
    assert located(paper, files) == {
        "A pump": ("one.tex:2", "FIRST"),
        "A valve": ("two.tex:2", "SECOND"),
        "A tank": ("paper.tex:9", "MAIN"),
    }


@pytest.mark.parametrize(
    ("command", "preamble"),
    [
        ("\\csname input\\endcsname{parts/engine}", ""),
        ("\\foreach \\part in {engine}{\\input{parts/\\part}}", "\\usepackage{pgffor}"),
        ("\\edef\\next{\\noexpand\\input{parts/\\jobname-engine}}\\next", ""),
    ],
)
def test_a_file_that_only_tex_finds_has_sections_of_its_own_or_none(
    paper: Paper, command: str, preamble: str
) -> None:
    name = "parts/paper-engine.tex" if "jobname" in command else "parts/engine.tex"
    files = {
        "paper.tex": article(
            f"\\section{{ONE}} Text.\n{command}\nMore. \\pbfigure{{A tank}}\n"
            "\\section{END}\n\\pbfigure{A last}",
            preamble,
        ),
        name: f"Begun. \\pbfigure{{A valve}}\n{ENGINE}",
    }
    assert located(paper, files) == {
        "A valve": (f"{name}:1", NOWHERE),
        "An engine": (f"{name}:4", "ENGINE"),
        "A tank": ("paper.tex:7", NOWHERE),
        "A last": ("paper.tex:9", "END"),
    }


def test_a_figure_of_a_package_or_of_the_documents_end_is_in_no_section(paper: Paper) -> None:
    files = {
        "paper.tex": article(
            "\\section{ONE} \\AtEndDocument{\\pbfigure{At the end}}\n\\logo\n"
            "\\section{TWO} \\pbfigure{A pump}",
            "\\usepackage{ours}",
        ),
        "ours.sty": "\\def\\logo{\\pbfigure{A logo}}\n\\AtBeginDocument{\\pbfigure{First}}",
    }
    assert located(paper, files) == {
        "First": ("ours.sty:2", NOWHERE),
        "A logo": ("paper.tex:6", "ONE"),
        "A pump": ("paper.tex:7", "TWO"),
        "At the end": ("paper.tex:5", NOWHERE),
    }


def test_one_prompt_in_two_sections_is_in_each(paper: Paper) -> None:
    call = "\\pbfigure[variant={}]{{A pump}}"
    body = (
        f"\\section{{ONE}}\n{call.format(1)}\n\\section{{TWO}}\n{call.format(2)}\n{call.format(3)}"
    )
    assert located(paper, {"paper.tex": article(body)}) == {
        "A pump1": ("paper.tex:6", "ONE"),
        "A pump2": ("paper.tex:8", "TWO"),
        "A pump3": ("paper.tex:9", "TWO"),
    }


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_a_figure_in_a_caption_a_note_or_a_loop_stays_where_it_is_written(
    paper: Paper, passes: int
) -> None:
    body = (
        "\\listoffigures\n\\section{ONE}\n\\foreach \\n in {1,2}{%\n  \\pbfigure{Pump \\n}\n}\n"
        "\\section{TWO}\n"
        "\\begin{figure}\\caption{A \\protect\\pbfigure[width=1cm]{tank}}\\end{figure}\n"
        "Text\\footnote{A note: \\pbfigure[width=1cm]{valve}}."
    )
    main = article(body, "\\usepackage{pgffor}")
    assert located(paper, {"paper.tex": main}, passes) == {
        "Pump 1": ("paper.tex:8", "ONE"),
        "Pump 2": ("paper.tex:8", "ONE"),
        "tank": ("paper.tex:11", "TWO"),
        "valve": ("paper.tex:12", "TWO"),
    }


# -- headings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "definition",
    [
        "\\newcommand{\\mysection}[1]{\\clearpage\\section{#1}}",
        "\\newcommand{\\mysection}[2][]{\\section{#2}}",
        "\\NewDocumentCommand{\\mysection}{s m}{\\section*{#2}\\addcontentsline{toc}{section}{#2}}",
        "\\def\\mysection#1{\\section[short]{#1}}",
        "\\newcommand{\\mysection}{\\section}",
        "\\let\\mysection\\section",
        "\\newcommand{\\mysection}[1]{\\csname section\\endcsname{#1}}",
        "\\let\\old\\section\\renewcommand{\\section}[1]{\\old{#1}}\\newcommand\\mysection{\\section}",
        "\\makeatletter\\newcommand{\\mysection}"
        "{\\@startsection{section}{1}{0pt}{1ex}{1ex}{\\bfseries}}\\makeatother",
    ],
)
def test_a_heading_by_a_command_of_the_authors_ends_a_section(
    paper: Paper, definition: str
) -> None:
    body = (
        "\\mysection{Salaries}\nMONEY \\pbfigure{A coin}\n\\mysection{Pump}\nWATER\n"
        "\\pbfigure{A pump}\n\\section{Tank}\nSTEEL \\pbfigure{A tank}\n\\mysection{End} LAST"
    )
    assert located(paper, {"paper.tex": article(body, definition)}) == {
        "A coin": ("paper.tex:6", "MONEY"),
        "A pump": ("paper.tex:9", "WATER"),
        "A tank": ("paper.tex:11", "STEEL"),
    }


@pytest.mark.parametrize(
    ("kind", "preamble"),
    [
        (
            "scrartcl",
            "\\DeclareNewSectionCommand[style=section,level=1,beforeskip=1ex,afterskip=1ex,"
            "tocindent=0pt,tocnumwidth=2em]{topic}",
        ),
        (
            "article",
            "\\usepackage{titlesec}\\titleclass{\\topic}{straight}[\\part]\\newcounter{topic}"
            "\\titleformat{\\topic}{}{}{0pt}{}\\titlespacing{\\topic}{0pt}{1ex}{1ex}",
        ),
    ],
)
def test_a_heading_that_a_package_declares_ends_a_section(
    paper: Paper, kind: str, preamble: str
) -> None:
    body = "\\topic{One}\nMONEY\n\\topic{Two}\nWATER \\pbfigure{A pump}\n\\topic{Three}\nLAST"
    main = article(body, preamble).replace("{article}", f"{{{kind}}}")
    assert located(paper, {"paper.tex": main}) == {"A pump": ("paper.tex:8", "WATER")}


@pytest.mark.parametrize(
    "preamble",
    [
        "\\newenvironment{topic}[1]{\\subsection{#1}}{}",
        "\\NewDocumentEnvironment{topic}{m +b}{\\subsection{#1}#2}{}",
    ],
)
def test_a_heading_of_an_environment_of_the_authors_begins_a_section(
    paper: Paper, preamble: str
) -> None:
    body = (
        "\\section{ONE}\n\\begin{topic}{Pump}\nWATER\n\\pbfigure{A pump}\n\\end{topic}\n"
        "\\begin{topic}{A long\n title} MONEY \\pbfigure{A coin}\n\\end{topic}"
    )
    assert located(paper, {"paper.tex": article(body, preamble)}) == {
        "A pump": ("paper.tex:8", "WATER"),
        "A coin": ("paper.tex:11", "MONEY"),
    }


def test_a_heading_by_a_command_of_the_authors_may_have_a_short_title(paper: Paper) -> None:
    body = (
        "\\topic[Short]{Pump}\nWATER \\pbfigure{A pump} \\topic*[s]{Coin} MONEY \\pbfigure{A coin}"
    )
    command = "\\NewDocumentCommand{\\topic}{s o m}{\\section[#2]{#3}}"
    assert located(paper, {"paper.tex": article(body, command)}) == {
        "A pump": ("paper.tex:6", "WATER"),
        "A coin": ("paper.tex:6", "MONEY"),
    }


@pytest.mark.parametrize(
    ("spec", "number", "used"),
    [
        (">{\\TrimSpaces} m", 1, "{PUMP}"),
        ("d<> t+ o D(){} m", 5, "<LEFT>+[UPPER](RED){PUMP}"),
        ("E{^_}{{}{}} m", 3, "_{LEFT}^{RED}{PUMP}"),
    ],
)
def test_no_argument_of_an_authors_command_with_a_figure_is_text(
    paper: Paper, spec: str, number: int, used: str
) -> None:
    command = f"\\NewDocumentCommand{{\\fig}}{{{spec}}}{{\\pbfigure{{A #{number}}}}}"
    body = f"\\section{{ONE}}\nWATER \\fig{used} (SEA)."
    figures = located(paper, {"paper.tex": article(body, command)})
    assert figures == {"A PUMP": ("paper.tex:6", "ONE WATER SEA")}


def test_a_label_in_what_the_preamble_has_tex_read_names_that_text(paper: Paper) -> None:
    front = "\\section{FRONT}\\label{f}WATER \\pbfigure[context=label:f]{A pump}"
    preamble = "\\title{HIDDEN}\\AtBeginDocument{\\input{front}}"
    main = article("\\section{ONE}\nMONEY", preamble)
    assert located(paper, {"paper.tex": main, "front.tex": front}) == {
        "A pump": ("front.tex:1", "FRONT WATER")
    }


def test_a_figure_within_marked_text_has_that_text(paper: Paper) -> None:
    body = (
        "\\section{ONE}\nMONEY\n\\begin{pbcontext}WATER \\pbfigure{A pump} "
        "SEA\\end{pbcontext}\n\\begin{pbcontext}COINS\\end{pbcontext}"
    )
    figures = located(paper, {"paper.tex": article(body)})
    assert figures == {"A pump": ("paper.tex:7", "WATER SEA")}


def test_in_a_chapter_that_is_read_alone_a_heading_that_tex_does_not_set_is_none(
    paper: Paper,
) -> None:
    files = {
        "one.tex": "\\section{ONE}\n\\pbfigure{A pump}\n",
        "two.tex": "\\section{TWO}\n\\ifodd2 \\subsection{WRONG}WRONG\\fi\n\\pbfigure{A tank}\n",
        "paper.tex": article("\\include{one}\n\\include{two}\n", "\\includeonly{two}"),
    }
    assert located(paper, files) == {"A tank": ("two.tex:3", "TWO")}


def test_a_heading_that_tex_does_not_set_is_none(paper: Paper) -> None:
    body = (
        "\\section{One}\nMONEY\n\\iflong\\section{Two}HIDDEN \\fi\nMORE \\pbfigure{A pump}\n"
        "\\section{Three}\nLAST"
    )
    figures = located(paper, {"paper.tex": article(body, "\\newif\\iflong\\longfalse")})
    assert figures["A pump"] == ("paper.tex:8", "MONEY MORE")


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("article", "\\section*{One}", "\\section[two]{Two}"),
        ("article", "\\part{One}", "\\part*{Two}"),
        ("report", "\\chapter{One}", "\\chapter*{Two}"),
        ("scrartcl", "\\addsec{One}", "\\addsec*{Two}"),
        ("scrbook", "\\addchap{One}", "\\addchap[two]{Two}"),
        ("scrbook", "\\addpart{One}", "\\addpart*{Two}"),
        ("memoir", "\\chapter[a][b]{One}", "\\chapter*{Two}"),
        ("amsart", "\\section{One}", "\\section{Two}"),
    ],
)
def test_every_kind_of_heading_ends_a_section(
    paper: Paper, kind: str, first: str, second: str
) -> None:
    body = (
        f"{first}\nMONEY \\pbfigure{{A coin}}\n{second}\nWATER \\pbfigure{{A pump}}\n"
        f"{first.replace('One', 'Three')} LAST"
    )
    main = article(body).replace("{article}", f"{{{kind}}}")
    assert located(paper, {"paper.tex": main}) == {
        "A coin": ("paper.tex:6", "MONEY"),
        "A pump": ("paper.tex:8", "WATER"),
    }


def test_a_frame_is_no_section(paper: Paper) -> None:
    body = (
        "\\section{One}\n\\begin{frame}\n\\frametitle{Title}\nMONEY\n\\end{frame}\n"
        "\\begin{frame}\\frametitle{Next}\n"
        "\\pbfigure{A coin}\n\\end{frame}\n\\section{Two}\n"
        "\\begin{frame}\nWATER\n\\end{frame}"
    )
    main = article(body).replace("{article}", "{beamer}")
    (figure,) = located(paper, {"paper.tex": main}).values()
    assert figure == ("paper.tex:11", "MONEY")


def test_an_abstract_is_a_section_of_its_own_also_where_it_has_a_heading(paper: Paper) -> None:
    body = (
        "\\begin{abstract}\nSHORT \\pbfigure{A coin}\n\\end{abstract}\nFRONT \\pbfigure{A front}\n"
        "\\section{One}\nMONEY \\pbfigure{A pump}"
    )
    for options in ("", "[twocolumn]"):
        main = article(body).replace("{article}", f"{options}{{article}}")
        figures = located(paper, {"paper.tex": main})
        assert figures["A coin"] == ("paper.tex:6", "SHORT")
        assert figures["A pump"] == ("paper.tex:10", "MONEY")


# -- what is no text of the document --------------------------------------------------------------

LITERAL = "\\section{No} \\pbfigure{No}"


CODE = "\\begin{code}\n#\n\\end{code}"


@pytest.mark.parametrize(
    ("body", "preamble"),
    [
        ("\\begin{verbatim}\n#\n\\end{verbatim}", ""),
        ("\\begin{Verbatim}\n#\n\\end{Verbatim}", "\\usepackage{fancyvrb}"),
        (CODE, "\\usepackage{fancyvrb}\\DefineVerbatimEnvironment{code}{Verbatim}{}"),
        (CODE, "\\usepackage{listings}\\lstnewenvironment{code}[1][]{}{}"),
        (CODE, "\\usepackage[listings]{tcolorbox}\\newtcblisting{code}{listing only}"),
        (CODE, "\\usepackage{verbatim}\\newenvironment{code}{\\verbatim}{\\endverbatim}"),
        (CODE, "\\usepackage{comment}\\excludecomment{code}"),
        ("\\begin{lstlisting}[caption={x}]\n#\n\\end{lstlisting}", "\\usepackage{listings}"),
        ("\\begin{comment}\n#\n\\end{comment}", "\\usepackage{comment}"),
        ("|#| and \\verb+#+", "\\usepackage{fancyvrb}\\DefineShortVerb{\\|}"),
        ("|#|\\DeleteShortVerb{\\|} | and |", "\\usepackage{shortvrb}\\MakeShortVerb{\\|}"),
        ("\\lstinline[language=C]!#! |#|", "\\usepackage{listings}\\lstMakeShortInline|"),
        ("|#|", "\\usepackage{newverbs}\\MakeSpecialShortVerb{\\qverb}{\\|}"),
        ("\\texttt{\\detokenize{#}}", ""),
        ("\\code{#}", "\\NewDocumentCommand{\\code}{v}{\\texttt{#1}}"),
        ("\\iffalse # \\ifx\\a\\b\\fi \\fi", ""),
        ("% #", ""),
    ],
)
def test_a_literal_call_or_heading_is_none(paper: Paper, body: str, preamble: str) -> None:
    text = f"\\section{{One}}\nMONEY\n{body.replace('#', LITERAL)}\nWATER \\pbfigure{{A pump}}"
    figures = located(paper, {"paper.tex": article(text, preamble)})
    ((_, words),) = figures.values()
    assert words == "MONEY WATER"


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        ("\\begin{minted}[x=y]{tex}\n#\n\\end{minted}", ""),
        ("\\begin{texcode}\n#\n\\end{texcode}", "\\newminted{tex}{}"),
        ("\\begin{ours}\n#\n\\end{ours}", "\\newminted[ours]{tex}{}"),
        ("\\texinline|#| \\texinline{#}", "\\newmintinline{tex}{}"),
        ("\\ours|#|", "\\newmint[ours]{tex}{}"),
        ("\\mintinline{tex}|#|", ""),
        ("\\begin{filecontents*}{a.tex}\n#\n\\end{filecontents*}", ""),
        ("\\begin{alltt}#\\end{alltt}", ""),
        ("\\begin{ours}\n#\n\\end{ours}", "\\NewTCBListing{ours}{ O{} }{listing only}"),
        ("\\begin{ours}\n#\n\\end{ours}", "\\newenvironment{ours}{\\VerbatimEnvironment x}{}"),
    ],
)
def test_what_needs_other_programs_is_verbatim_too(body: str, declared: str) -> None:
    text = f"{declared}\n{body.replace('#', LITERAL)}\n\\section{{Yes}}"
    masked = mask(text)
    assert [mark.name for mark in masked.marks if mark.name in ("section", "pbfigure")] == [
        "section"
    ]
