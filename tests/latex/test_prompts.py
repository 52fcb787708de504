"""What a prompt says: the same on every engine, and for plain words the same as in Sphinx."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from papers import ENGINES, Paper, article

from latex_hook.sources.inputs import read_document
from latex_hook.sources.scan import scan
from latex_hook.tex.request_file import read_requests
from latex_hook.tex_figures import collect
from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import compose
from pbfigure.figure.notice import Place

PREAMBLE = r"""
\usepackage{textcomp,xcolor,csquotes,hyperref,etoolbox,xspace,soul,siunitx,glossaries,cleveref}
\usepackage{acronym,nicefrac,ifthen,xstring,tagging,bm}
\usetag{web}\newboolean{new}\setboolean{new}{true}
\newacro{cad}[CAD]{computer-aided design}
\DeclareSIUnit\rpm{rpm}
\newglossaryentry{cpu}{name=cpu,description={x}}
\newglossaryentry{pv}{name={solar panel},plural={solar panels},description={x}}
\newacronym{ram}{RAM}{random access memory}
\newcommand\co{CO\textsubscript{2}\xspace}
\newcommand\pumped[2][red]{a #1 #2 pump}
\NewDocumentCommand\marked{s O{left} m}{\IfBooleanTF{#1}{a starred}{a} #3 on the #2}
\newrobustcmd\robust[1]{<#1>}
\DeclareRobustCommand\old[1]{(#1)}
\newtoggle{big}\toggletrue{big}
\newcommand{\Real}{\mathbb{R}}\newcommand{\vect}[1]{\boldsymbol{#1}}
\newcommand\edition{\number1984}
\makeatletter\newcommand\either{\@ifstar{starred}{plain}}\makeatother
\def\upto#1;{(#1)}\def\pair#1,#2.{(#1#2)}\newcommand\angled[1]{<#1>}
\ExplSyntaxOn
\cs_new_protected:Npn \my_set:n #1 { \tl_set:Nn \l_tmpa_tl {#1} #1 }
\NewDocumentCommand \mine { m } { \my_set:n {#1} }
\ExplSyntaxOff
"""
PLAIN = """\
A pump
A pump (two stages), 5:1, and a tank; nothing else!
How a whale breathes: in, out, in
An arrow -> from left to right, 3 < 5 > 2
It's a "quoted" word and a 'single' one
50 percent of 12.5 kg/m
A path /usr/share and an address a@b.org
Numbers: 1,000.5 + 2 = 1,002.5
A list [one, two] and a bar | here
Ein Kühlmittelbehälter, groß und schön
Une œuvre française à côté de l'île
Señal número uno ¿sí?
Zażółć gęślą jaźń
Příliš žluťoučký kůň
Đường ống dẫn nước
Схема насоса
Αντλία νερού
一个水泵的示意图
ポンプの図
펌프의 그림
مضخة ماء
An emoji 😀 and another 🚀
Sub₂ and super² and ° and µ and Ω
“Curly quotes” and an en–dash and an em—dash and an ellipsis…
Non-breaking words and thin spaces
A   line   with    many   spaces
A star * and a plus + and a caret-free line
Question? Exclamation! Colon: semicolon; comma, full stop.
""".splitlines()
MARKED = r"""
A \textbf{bold \emph{red}} pump|A bold red pump
na\"ive caf\'e|naïve café
\ss{} \o{} \L{} \c{c} \aa{} \ae{} \oe{}|ß ø Ł ç å æ œ
\"{o}ffnen, \v{c}, \H{o}, \~n, \k{a}|öffnen, č, ő, ñ, ą
\'{\i}ndice|índice
50\% of \$3 \& \#1 a\_b|50% of $3 & #1 a_b
\{braces\}|{braces}
a~tie and ``quotes'' and `single'|a tie and “quotes” and ‘single'
one--two---three|one–two—three
\LaTeX{} and \TeX|LaTeX and TeX
The \gls{cpu} of a \gls{ram}|The cpu of a RAM
\Glspl{pv} on a roof|solar panels on a roof
\acrshortpl{ram}, \acp{cad}|RAMs, CADs
\acrlongpl{ram}, \aclp{cad}|random access memorys, computer-aided designs
\SI{5}{\m\tothe{3}}, \SI{5}{\raiseto{2}\m}, \si{\s\tothe{4}}|5m³, 5m², s^4
\acrlong{ram} and \acrshort{ram}|random access memory and RAM
labelled \enquote{main}|labelled main
at \SI{5}{V} and \SI{3}{\metre\per\second}|at 5V and 3m/s
\qty{20}{\degreeCelsius}, \ang{45}, \num{12.5}|20°C, 45°, 12.5
\co reads, \co. And \co|CO2 reads, CO2. And CO2
\pumped{small}, \pumped[blue]{big}|a red small pump, a blue big pump
\marked{dot}, \marked*[right]{dot}|a dot on the left, a starred dot on the right
\robust{x} and \old{y}|<x> and (y)
\iftoggle{big}{big}{small} pump|big pump
\ifdefined\co yes\else no\fi|yes
as in \ref{s}, see \cite{k}|as in , see
a pump\footnote{no} here\label{x}|a pump here
a pump \index{pump}here|a pump here
\url{http://a.org/b_c} here|http://a.org/b_c here
\href{http://a.org}{a link}|a link
\textcolor{red}{red} and \colorbox{blue}{blue}|red and blue
{\color{red} red} and {\bfseries bold}|red and bold
\mbox{a box} and \underline{line}|a box and line
H\textsubscript{2}O and m\textsuperscript{2}|H2O and m2
x\\y and x\newline y|x y and x y
a\quad b\,c\hspace{1em}d|a b c d
maths $x_1^2 + \alpha$ stays|maths $x_1^2 + \alpha $ stays
maths \(y\) and \[z\]|maths $y$ and $z$
\ldots{} and \dots|… and …
\textdegree{} \texteuro{} \textendash{} \copyright|° € – ©
\S{}1 and \pounds{}2|§1 and £2
\textquotedblleft x\textquotedblright|“x”
\guillemotleft x\guillemotright|«x»
\textbackslash{} \textasciitilde{} \textasciicircum|\ ~ ^
\MakeUppercase{abc} \textsc{abc}|abc abc
\foreignlanguage{english}{word}|word
\raisebox{1pt}{up} \rule{1pt}{1pt}down|up down
\texorpdfstring{$x$}{x} axis|x axis
\hl{high} \so{spaced}|high spaced
\textit{a {nested {group}}}|a nested group
\char65 is|\char 65 is
\unheardof{x} stays|\unheardof x stays
\begin{center}x\end{center}|x
Parts: \begin{itemize}\item one \item[b] two\end{itemize}|Parts: one two
\begin{tabular}{c}x\end{tabular}|\begin tabularcx\end tabular
of \edition|of 1984
\the\numexpr1+2|3
\romannumeral4|iv
\either, \either*|plain, starred
\mine{x} stays|\my_set:n x stays
a \ac{cad}, a \acl{cad}|a CAD, a computer-aided design
\nicefrac{1}{2} full|1/2 full
\SI{3}{\square\kilo\metre}, \unit{\cubic\metre}|3km², m³
at \SI{300}{\rpm}, \numlist{1;2}, \SIlist{1;2}{\m}|at 300rpm, 1, 2, 1, 2m
a\linebreak[2]b|a b
\fcolorbox{red}{blue}{a} \resizebox{1cm}{!}{b} \reflectbox{c} \shortstack{d\\e}|a b c d e
\includegraphics[width=1cm]{no}|\includegraphics [width=1cm]no
\protect\textbf{x}|x
Stra\ss e und \"Ol|Straße und Öl
\DIFadd{new} words|new words
a\-b\/c|abc
\textbf{50\,\%} done|50 % done
\emph{Схема} насоса|Схема насоса
\textbf{一个}水泵 😀|一个水泵 😀
\AA ngstr\"om|Ångström
\i\j|ıȷ
\TH\th\DH\dh|ÞþÐð
\string\foo|\foo
\pdftooltip{seen}{hidden}|seen
\hyperref[s]{that section}|that section
\nolinkurl{a.org}|a.org
\autoref{s} and \cref{s} and \pageref{s}x|and and x
\today{}|\today
\number\year, \the\month{}, \jobname|\number \year , \the \month , \jobname
a \upto b; c|a (b) c
a \upto b c|a \upto b c
a \pair b, c. d|a (b c) d
a \pair b, c d|a \pair b, c d
\angled{a} b \angled c|<a> b <c>
ends with \angled|ends with <
\phantom{xx}y|y
\textnormal{a} \textrm{b} \textsf{c} \texttt{d}|a b c d
\textmd{a} \textup{b} \textsl{c}|a b c
{\Large a} {\small b} {\itshape c}|a b c
\numrange{1}{3}, \SIrange{1}{3}{\kg}|1–3, 1–3kg
\si{\kilo\watt\hour}|kWh
a \ifthenelse{\boolean{new}}{new \emph{big}}{old} pump|a new big pump
\ifthenelse{1<2}{less}{more}|less
\IfStrEq{a}{b}{same}{different}, \IfSubStr{ab}{a}{in}{out}|different, in
\IfInteger{3}{whole}{part}|whole
\ifstrequal{a}{a}{equal}{unequal}, \ifboolexpr{test {\ifblank{}}}{blank}{full}|equal, blank
\tagged{web}{shown}\untagged{web}{hidden} \iftagged{pdf}{hidden}{too}|shown too
a \bm{x} b \mathbf{c} \operatorname{d}|a x b c d
\glslink{pv}{panels} and \glsdisp{pv}{more}|panels and more
\glsxtrlong{ram}|random access memory
\begin{enumerate}[label=(\alph*)]\item one \item two\end{enumerate}|one two
\added[id=A]{new} \deleted{old} \replaced{a}{b} \highlight{c} \st{d}\sout{e}|new a c
\glsdesc{cpu} \textcquote[5]{key}{said} \qtyproduct{2x3}{m}|x said 2x3m
maps $\vect{v} \in \Real$ to $\Real^n$|maps $\boldsymbol{v} \in \mathbb{R}$ to $\mathbb{R}^n$
\ac{later} and \getrefnumber{s}|\gls later and \getrefnumber s
\number\totvalue{x}|\number \totvalue x
\bsc{Dupont} \up{e}|Dupont e
\^{}, \~{}, ?`y, !`y, ,,z''|^, ~, ¿y, ¡y, „z”
a \bgroup\bf b\egroup{ }c{}, {\bgroup}d|a b c, d
\fontfamily{ptm}\selectfont a\begingroup b\endgroup, \phantomsection\checkmark|ab, ✓
""".strip().splitlines()
OPTIONS = {"type": "standard", "model": "nano-banana-2"}
LINES = [*PLAIN, *(line.rpartition("|")[0] for line in MARKED)]
MEANT = [*PLAIN, *(line.rpartition("|")[2] for line in MARKED)]


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The request file of each engine."""
    found = {}
    body = "\n\n".join(f"\\pbfigure{{{line}}}" for line in LINES)
    for engine in ENGINES:
        paper = Paper(tmp_path_factory.mktemp(engine), dict(os.environ))
        paper.write(
            "paper.tex",
            "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{paperbanana}"
            f"{PREAMBLE}\\begin{{document}}\n\\section{{S}}\\label{{s}}Text.\n\n{body}\n"
            "\\end{document}\n",
        )
        paper.init()
        paper.tex(engine)
        assert paper.errors() == [], engine
        found[engine] = paper.path(".pbq").read_bytes()
        found[f"{engine} folder"] = str(paper.folder).encode()
    return found


def test_there_are_a_hundred_lines() -> None:
    assert len(LINES) >= 100


def test_every_engine_asks_for_the_same_byte_for_byte(requests: dict[str, bytes]) -> None:
    assert requests["xelatex"] == requests["pdflatex"]
    assert requests["lualatex"] == requests["pdflatex"]


def test_every_prompt_says_what_a_reader_reads(requests: dict[str, bytes]) -> None:
    folder = Path(requests["pdflatex folder"].decode())
    found = scan(read_document(folder / "paper.tex", folder, {}))
    figures = collect(found, read_requests(folder / "paper.pbq"), folder, "paper")
    said = [" ".join(figure.block.prompt.split()) for figure in figures]
    meant = [" ".join(line.split()) for line in dict.fromkeys(MEANT)]
    assert said == [line for line in meant if line]


def test_plain_words_have_the_key_that_they_have_in_sphinx(requests: dict[str, bytes]) -> None:
    folder = Path(requests["pdflatex folder"].decode())
    found = scan(read_document(folder / "paper.tex", folder, {}))
    figures = collect(found, read_requests(folder / "paper.pbq"), folder, "paper", "standard")
    for figure, line in zip(figures, PLAIN, strict=False):
        directive = FigureBlock("index", Place("index.rst", 1), line, None, OPTIONS)
        here = figure.block._replace(options=OPTIONS)
        assert compose(here, {}).key.digest == compose(directive, {}).key.digest, line


def blocks_of(paper: Paper, body: str, preamble: str) -> list[FigureBlock]:
    """What one pass of TeX asks for."""
    main = paper.write("paper.tex", article(f"\\section{{S}} Words.\n\n{body}", preamble))
    paper.init()
    paper.tex()
    assert paper.errors() == []
    found = scan(read_document(main, paper.folder, {}))
    figures = collect(found, read_requests(paper.path(".pbq")), paper.folder, "paper")
    return [figure.block for figure in figures]


def test_russian_is_written_with_the_shorthands_of_babel(paper: Paper) -> None:
    preamble = "\\usepackage[T2A]{fontenc}\\usepackage[russian]{babel}"
    (block,) = blocks_of(paper, '\\pbfigure{Насос "--- "<узел"> "=1}', preamble)
    assert block.prompt == "Насос — «узел» -1"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ngerman", 'Eine „Pumpe“ mit Öl-Tank, ä und $"a$'),
        ("english", 'Eine "‘Pumpe"\' mit "Ol"=Tank, "a und $"a$'),
    ],
)
def test_german_is_written_with_the_shorthands_of_babel(
    paper: Paper, language: str, said: str
) -> None:
    body = '\\pbfigure{Eine "`Pumpe"\' mit "Ol"=Tank, \\emph{"a} und $"a$}'
    (block,) = blocks_of(paper, body, f"\\usepackage[{language}]{{babel}}")
    assert block.prompt == said


def test_ids_and_options_may_hold_macros_as_in_a_loop(paper: Paper) -> None:
    paper.write("prompts/one.txt", "A pump")
    keys = "id=\\prefix-\\v,variant=\\v,prompt-file=prompts/\\f.txt"
    body = f"\\foreach \\v/\\f in {{1/one,2/one}}{{\\pbfigure[{keys}]{{}}}}"
    blocks = blocks_of(paper, body, "\\usepackage{pgffor}\\newcommand\\prefix{fig}")
    assert [(each.prompt, each.options["id"], each.options["variant"]) for each in blocks] == [
        ("A pump", "fig-1", "1"),
        ("A pump", "fig-2", "2"),
    ]


def test_a_variable_of_a_loop_is_its_value_whatever_its_name_is_in_latex(paper: Paper) -> None:
    body = (
        "\\foreach \\b/\\c in {red/ball,blue/tent}{\\pbfigure{A \\b\\ \\c}}"
        "\\def\\num{nine}\\def\\l{}\\pbfigure{\\num{} pumps\\l, fa\\c cade}"
    )
    blocks = blocks_of(paper, body, "\\usepackage{pgffor,siunitx}")
    assert [each.prompt for each in blocks] == ["A red ball", "A blue tent", "nine pumps, façade"]
