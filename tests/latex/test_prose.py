"""The text that is sent reads as prose: fifty sections as authors write them.

``prose/NN-name.tex`` is a document of one section in the habits of a field, a language or a
package; ``NN-name.txt`` is what is sent for a figure in it, read by a person.
"""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from pylatexenc.latex2text import LatexNodes2Text

from latex_hook.sources.definitions import Macro
from latex_hook.sources.inputs import read_document
from latex_hook.sources.scan import scan
from latex_hook.tex.request_file import Requests
from latex_hook.text import latex_to_prose
from latex_hook.text.context import Sections
from latex_hook.text.extract import Extract
from latex_hook.text.latex_to_prose import readable_paragraphs
from latex_hook.text.section_text import SectionProse, SectionText
from pbfigure.figure.surrounding_text import CONTENT_LIMIT, WrittenText

CORPUS = sorted((Path(__file__).parent / "prose").glob("*.tex"))
NAMES = [path.stem for path in CORPUS]


def section(path: Path, at: int | None = None) -> SectionText:
    """The text for a figure in the first section of a document, or at ``at``."""
    found = scan(read_document(path, path.parent, {}))
    first = next(each.start for each in found.headings if each.start >= found.body[0])
    content = Sections(found, Requests()).content(first if at is None else at, "section")
    assert isinstance(content, SectionText)
    return content


def body(tmp_path: Path, text: str, preamble: str = "") -> str:
    path = tmp_path / "main.tex"
    path.write_text(f"\\documentclass{{article}}{preamble}\\begin{{document}}\\section{{S}}{text}")
    return section(path).text().removeprefix("S").strip()


def test_the_corpus_is_fifty_sections() -> None:
    assert len(CORPUS) >= 50


@pytest.mark.parametrize("path", CORPUS, ids=NAMES)
def test_a_section_reads_as_a_person_reads_it(path: Path) -> None:
    assert section(path).text() == path.with_suffix(".txt").read_text().rstrip("\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Smith et al\\onedot. Also e.g\\onedot, this.", "Smith et al. Also e.g., this."),
        ("\\unit[5]{m} and \\unit[1{,}5]{km/h}", "5 m and 1,5 km/h"),
        ("\\si{g_{polymer}.mol_{cat}.s^{-1}}", "g_polymer mol_cat s⁻¹"),
        ("$x\\begin{tikzpicture}\\node{\\SI{3}{m}};\\end{tikzpicture} y$", "$x y$"),
        ("\\xymatrix@C=1cm{A \\ar[r] & B} Words.", "Words."),
        ("\\IfBooleanTF{x}{Left}{Right} Words.", "Words."),
        ("\\let\\old=a Words \\let\\bold\\textbf follow.", "Words follow."),
    ],
)
def test_rare_commands_read_as_they_are_printed(tmp_path: Path, source: str, said: str) -> None:
    assert body(tmp_path, source) == said


LABELS = {
    *("Figure", "Table", "Listing", "Algorithm", "Theorem", "Lemma", "Proof", "Definition"),
    *(
        "Proposition",
        "Remark",
        "Require",
        "Ensure",
        "Input",
        "Output",
        "procedure",
        "while",
        "return",
    ),
}
"""Words that are ours."""
LAYOUT = re.compile(
    r"\\|[{}]|  +(?=\S)|\s,(?!\S)|\(\s*\)|\[\s*\]|[,;:]\s*[,;]|\bcf\.\."
    r"|\b\d+(?:\.\d+)?(?:pt|em|ex|sp)\b|\b(?:tbp|htbp|linewidth|textwidth|toc|colback|nosep)\b"
    r"|(?<![\w/?&])[a-z]+=[\w{]"
)


def without_code_and_formulas(content: SectionText) -> str:
    text = content.text()
    lines = (line for piece in content.extract.verbatim for line in piece.source.split("\n"))
    for code in sorted((line.strip().strip("|") for line in lines), key=len, reverse=True):
        text = text.replace(code, "X") if len(code) > 2 else text
    text = re.sub(r"https?:\S+|C:\\\S+", "X", text)
    return re.sub(r"\$\$?[^$]+\$\$?", "X", text)


@pytest.mark.parametrize("path", CORPUS, ids=NAMES)
def test_nothing_but_prose_is_sent(path: Path) -> None:
    """No backslash outside formulas, no argument of layout, no glued or split word."""
    content = section(path)
    text = without_code_and_formulas(content)
    faults = [found for line in text.split("\n") for found in LAYOUT.findall(line.strip())]
    assert not faults
    source = path.read_text()
    judged = source.replace("\\href", "")  # on which the judge stumbles
    known = set(re.findall(r"[^\W\d_]+", source))
    known |= set(re.findall(r"[^\W\d_]+", LatexNodes2Text().latex_to_text(judged)))
    known |= {word + "s" for word in known} | {word.capitalize() for word in known} | LABELS
    latin = [word for word in re.findall(r"[a-zA-ZÀ-ž]{5,}", text) if word not in known]
    # what TeX itself glues: a command for a letter or a shorthand within a word
    glued = [word for word in latin if not _is_spelt_with_commands(word, source)]
    assert not glued


def _is_spelt_with_commands(word: str, source: str) -> bool:
    pattern = r"(?:\\[a-zA-Z]+\{?|[\\\"'`^~=.{}|/-]|\s)*".join(
        r"(?:[a-zA-Z]{1,2}|\w)" if not character.isascii() else character for character in word
    )
    return re.search(pattern, source) is not None


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"\braket{a|b} and $\braket{a|b}$, then \emph{more} words.", None),
        (r"Sieve\xspace reads. Stra\ss e, c\oe ur, Open\-CL, \pounds 5, e.g.\@ so.", None),
        (r"needs \textcolor{red}{power}\vspace{3cm}, \hspace*{1em}now", "needs power, now"),
        (r"\begin{minipage}[t]{0.4\linewidth}Mini\end{minipage}", "Mini"),
        (r"\begin{tabular}{2c}a & b\\ \hline c & \end{tabular}", "a | b\nc |"),
        (r"as \cite{x} and \cite{y} say (see \cite{z}), in Fig.~\ref{f}.", "as say, in Fig."),
        (r"\SI{5}{\litre\per\second} or \qty{3}{V}, \qty{2}{\um}", "5 l/s or 3 V, 2 µm"),
        (r"\def\x#1{y}\let\a=\b\advance\count1 by 2 Words.", "Words."),
        (r"a\footnote{A note.} b \footnotemark c", "a (A note.) b c"),
        (r"\unknown[key=1]{Word}{3cm}{fig:x}{a/b/c.png}", "Word"),
        (r"{{{\bf deep} words} here", "deep words here"),
        (r"\begin{figure} lost end \textbf{open", "lost end open"),
        (r"Cost: \$5 and \$6. 50\% of $x$", "Cost: $5 and $6. 50% of $x$"),
        (r"a \ifdraft b\else c\fi d \iftoggle{long}{e}{f}g", "a d g"),
        (r"a \ifx\x\y b\fi{} $p \iff q$", r"a $p \iff q$"),
        (r"\mycite{smith} \figref{one} \myindex{x}\mytodo{y}See \term{this}.", "See this."),
        (r"\toprule[1pt] {\myfont x}, (\foo) and \bar.", "x, and."),
        (r"$a\ \text{if $b$}$, \[c \\ d\]", "$a \\text{if $b$}$,\n\n$$c$$\n$$d$$"),
        (r"\begin{foo}[t]{0.4\linewidth}{2}{c}{none}{A title}Words\end{foo}", "A title\n\nWords"),
        (r"\begin{frame}<1>[plain][t] Hello \only<article>{not here}\end{frame}", "Hello"),
        (r"10\textsuperscript{-3}, 2\textsuperscript{nd}", "10⁻³, 2nd"),
        (
            "\\begin{tabular}{cc}\\parbox{1cm}{a\n\nb} & \\makecell{c\\\\d}\\end{tabular}",
            "a b | c d",
        ),
        ("one\n\ntwo\\\\three\\par four", "one\n\ntwo\nthree\n\nfour"),
        (r"\noindent [Note] A\linebreak[3] B \pagebreak[1]", "[Note] A\nB"),
        (r"\begin{tabular}{ll}\hline [1] & b \\ \end{tabular}", "[1] | b"),
        (r"\begin{tabbing}a \= b \\ set \> \kill c \end{tabbing}", "a b\nc"),
        (
            r"\pdftooltip{seen}{hidden} \pdfmarkupcomment{seen}{hidden} \alicecomment{hidden}",
            "seen seen",
        ),
        (r"\begin{mytodo}hidden\end{mytodo}\begin{edcomment}hidden\end{edcomment}x", "x"),
        (r"\replaced{new}{old} \deleted{old}\DIFdel{old} words", "new words"),
        (
            r"\begin{anfxnote}{hidden}hidden\end{anfxnote}\begin{shownto}{x}hidden\end{shownto}x",
            "x",
        ),
        (
            r"\savebox{\b}[2cm]{hidden}\mode* \InputIfFileExists{x}{a}{b}\excludeversion{x}Words",
            "Words",
        ),
        (r"\marginnote{Side}[2cm] a \discretionary{x}{y}{zf} \\![1em] b", "(Side) a zf\nb"),
        (r"As \cites(see)(p)[12]{a}[13]{b} say, \volcite{2}{x}.\bibitem{k}", "As say."),
        (r"\ExplSyntaxOn \tl_set:Nn \l_a_tl { hidden } \ExplSyntaxOff end", "end"),
        (
            r"\newtcolorbox{box}{colback=red}\newrobustcmd{\r}[1]{x}\newcommandx{\t}[2][1=a]{b}"
            r"\crefname{a}{b}{c}\DeclareSIUnit\x{y}\usefont{T1}{x}{y}{z}\fontfamily{ptm}Words",
            "Words",
        ),
        (
            r"\begin{tabu} to \linewidth {XX}a & b\end{tabu}"
            r"\begin{NiceTabular}{ll}[hvlines]c & d\end{NiceTabular}",
            "a | b\n\nc | d",
        ),
        (r"\glsdisp{key}{seen} \includemedia[width=3cm]{poster}{f.swf}\xymatrix{A & B}", "seen"),
        (
            r"a \xymatrix@C=1cm{A & B} b \xymatrix@R-1pc@!0{A} $\xymatrix@1{A}$ \[\xymatrix{A}\]c",
            "a b\n\nc",
        ),
        (r"\[x = \begin{tikzcd}A\end{tikzcd}\]", "$$x =$$"),
        (r"As \nameref{b} and \nameref{no}. \section{B \emph{c}}\label{b}", "As B c and."),
        (r"\sethlcolor{red}\tableofcontents[current]\switchcolumn* \acused{x}x", "x"),
        (r"\textcquote[5]{key}{said} \blockcquote{key}{and}", "“said” “and”"),
        (r"a\hspace{1em}b\hspace*{\fill}c\hspace{-2pt}d\hspace{0pt}e", "a b cde"),
        (r"\loop\ifnum\x<3 no\repeat\setbox0=\hbox{no}\schemestart\arrow{->}\schemestop x", "x"),
        (r"\begin{labeling}{longest}\item[a] b\end{labeling}\theoremstyle{plain}", "a: b"),
        (r"\begin{tasks}(2)\task a \task b\end{tasks}\numprint[m]{12}", "1. a\n2. b\n12 m"),
        (
            r"\begin{parts}\part[3] b \part c\begin{subparts}\subpart d\end{subparts}\end{parts}",
            "1. b\n2. c\n  1. d",
        ),
        (r"\column{.5\textwidth}L\column{4cm}R\tikzmark{a}\SetCell[c=2]{c}", "L\n\nR"),
        (r"\newcommand{\todo}[1]{[#1]}\todo{no}\newcommand{\kglabel}{kg}5 \kglabel.", "5 kg."),
        (r"\let\sub\subsection\sub{Two}Words.", "Two\n\nWords."),
        (r"\AddToHook{shipout}{set}\apptocmd{\x}{set}{}{}\AtEndEnvironment{figure}{set}end", "end"),
        (r"\unless\iftrue no\else yes\fi{} \unless\ifdraft no\fi", "yes"),
        (r"\foo<no>{yes} \foo(1,2){too}", "yes too"),
        (
            r"\directlua{no} \luaexec{no}\pdfliteral{no}\DTLloaddb{no}{no}\csvreader{no}{no}x",
            "x",
        ),
        (
            r"\floatsetup[no]{no}\floatstyle{no}\DeclareFoo\no{no}{no}\setmainlanguage{no}\ofoot{no}"
            r"\Opensolutionfile{no}\addto\captionsgerman{no}\newfloat{no}{no}{no}x",
            "x",
        ),
        (r"\@iinput{no}\my_set:nn{no}{no}\font\no=cmr10 scaled 1200 {\catcode`\_=12 a_b}", "a_b"),
        (
            r"\setpartpreamble[c]{Well, }\begin{textblock*}{3cm}(1cm,2cm)yes\end{textblock*}"
            r"\begin{displayquote}[no][.]too\end{displayquote}",
            "Well,\n\nyes\n\ntoo",
        ),
        (
            r"\begin{minipage}[t]{(\linewidth-1cm)/2}a\end{minipage}"
            r"\begin{subfigure}{\dimexpr\linewidth-2em}b\end{subfigure}"
            r"\begin{minipage}\linewidth c\end{minipage}",
            "a\n\nb\n\nc",
        ),
        (
            r"\subpdfbookmark{No}{no}\addxcontentsline{toc}{section}[1]{No}\printindex[no]"
            r"\acrodef{no}[no]{no}\shorthandoff{no}\KOMAoptions{no}\counterwithin*{no}{no}"
            r"\DefineShortVerb[fontsize=\small]{\!}\labelformat{no}{no}\subimport*{no}{no}x",
            "x",
        ),
        (r"the \option{final} of \dataformat{PNG}", "the final of PNG"),
        (r"a\penalty100 b\penalty-5\hangafter=1 c\tolerance 200 d", "abcd"),
        (r"\urldef\no\url{no}\tikzstyle{no}=[no]\lccode`a=`b \dirtree{.1 no.}x", "x"),
        (r"le 1\ier et la 1\iere, 2\ieme{} fois", "le 1er et la 1re, 2e fois"),
        (r"a \foo 6, \emph{b} \bar 7 \emph{c} \baz2\parindent d", "a 6, b 7 c d"),
        (r"\SaveVerb{no}|a_b| \UseVerb{no}c", "a_b c"),
        (r"\whileboolexpr{test {no}}{no}\begin{venndiagram2sets}no\end{venndiagram2sets}x", "x"),
        (r"\floatbox[no]{figure}[no]{\caption{Yes}}{}", "Figure: Yes"),
        (r"\Verb[fontsize=\small]!a_b! c \^{} \~{} \v{}", "a_b c ^ ~"),
    ],
)
def test_a_small_piece_reads_as_it_is_printed(
    tmp_path: Path, source: str, text: str | None
) -> None:
    expected = (
        text
        or {
            "B": "a|b and $\\braket{a|b}$, then more words.",
            "S": "Sieve reads. Straße, cœur, OpenCL, £5, e.g. so.",
        }[source.lstrip("\\")[0].upper()]
    )
    assert body(tmp_path, source) == expected


def test_an_entry_of_a_glossary_says_what_it_is_asked_for(tmp_path: Path) -> None:
    entries = (
        "\\newglossaryentry{cpu}{name=CPU,description={the central unit},symbol={$c$}}"
        "\\newabbreviation[long-only]{ram}{RAM}{random access memory}"
    )
    source = "\\gls{cpu}: \\glsdesc{cpu} \\glssymbol{cpu}, \\gls{ram}, \\glsxtrlong{ram}"
    source += ", \\acrfullpl{ram}"
    said = "CPU: the central unit $c$, RAM, random access memory, random access memory (RAMs)"
    assert body(tmp_path, source, entries) == said


def test_shorthands_and_quotes_are_those_of_the_language(tmp_path: Path) -> None:
    source = 'H"auser: \\enquote{so}'
    assert body(tmp_path, source) == 'H"auser: “so”'
    assert body(tmp_path, source, "\\usepackage[ngerman]{babel}") == "Häuser: „so“"
    assert body(tmp_path, source, "\\usepackage[french]{babel}") == 'H"auser: « so »'
    assert body(tmp_path, source, "\\usepackage[ngerman,english]{babel}") == 'H"auser: “so”'
    russian = 'Насос "--- "<узел">, \\enquote{так}, "`x"\', И.",О.'
    said = "Насос — «узел», «так», „x“, И. О."
    assert body(tmp_path, russian, "\\usepackage[russian]{babel}") == said


def test_six_figures_of_a_section_take_one_conversion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = "".join(f"Paragraph {n}.\n\n\\pbfigure{{Figure {n}}}\n\n" for n in range(6))
    path = tmp_path / "main.tex"
    path.write_text(f"\\begin{{document}}\\section{{S}}\n{figures}\\end{{document}}")
    found = scan(read_document(path, tmp_path, {}))
    sections = Sections(found, Requests())
    texts = [sections.content(call.start, "section") for call in found.calls]
    conversions: list[Extract] = []

    def counted(extract: Extract, macros: dict[str, Macro]) -> list[str]:
        conversions.append(extract)
        return readable_paragraphs(extract, macros)

    monkeypatch.setattr(latex_to_prose, "readable_paragraphs", counted)
    assert {text.text() for text in texts if text is not None} == {
        "S\n\n" + "\n\n".join(f"Paragraph {n}." for n in range(6))
    }
    assert len(conversions) == 1


def test_of_a_long_section_what_is_near_the_figure_is_sent(tmp_path: Path) -> None:
    paragraphs = "".join(f"Sentence number {n} of a very long section.\n\n" for n in range(40_000))
    middle = "Sentence number 20000 "
    source = paragraphs.replace(middle, f"\\pbfigure{{A pump}} {middle}")
    path = tmp_path / "main.tex"
    path.write_text(f"\\begin{{document}}\\section{{S}}\n{source}\\end{{document}}")
    found = scan(read_document(path, tmp_path, {}))
    content = Sections(found, Requests()).content(found.calls[0].start, "section")
    assert content is not None
    text = content.text()
    assert content.is_cut
    assert 0.9 * CONTENT_LIMIT < len(text) <= CONTENT_LIMIT
    assert middle in text
    assert abs(text.index(middle) - len(text) / 2) < 1000


def test_of_a_table_of_a_megabyte_what_is_near_the_figure_is_sent(tmp_path: Path) -> None:
    rows = "".join(f"row {n} & \\SI{{5}}{{m}}\\\\\n" for n in range(50_000))
    path = tmp_path / "main.tex"
    path.write_text(
        f"\\begin{{document}}\\section{{S}}\n\\begin{{tabular}}{{ll}}{rows}\\end{{tabular}}\n\n"
        "\\pbfigure{A pump}\\end{document}"
    )
    found = scan(read_document(path, tmp_path, {}))
    content = Sections(found, Requests()).content(found.calls[0].start, "section")
    assert content is not None
    assert content.text().endswith("row 49999 | 5 m")
    assert len(content.text()) > 0.9 * CONTENT_LIMIT


def test_frames_without_end_are_read_in_time(tmp_path: Path) -> None:
    begun = time.process_time()
    assert body(tmp_path, "\\begin{frame}[" * 100_000, "\\includeonlyframes{a}")
    assert time.process_time() - begun < 60


def test_marked_text_reads_as_a_section_does(tmp_path: Path) -> None:
    path = tmp_path / "main.tex"
    path.write_text(
        "\\begin{document}\\section{S}\\begin{pbcontext}"
        "A \\emph{pump} at \\SI{5}{\\litre\\per\\second}~\\cite{x}.\n\n"
        "\\begin{itemize}\\item b\\end{itemize}\\end{pbcontext}\\pbfigure{P}"
        "\\end{document}"
    )
    found = scan(read_document(path, tmp_path, {}))
    content = Sections(found, Requests()).content(found.calls[0].start, "section")
    assert content == WrittenText("A pump at 5 l/s.\n\n- b")


PIECES = (
    *("\\begin{itemize}", "\\end{itemize}", "\\item ", "\\foo", "\\footnote{", "{", "}", "[", "]"),
    *("$", "$$", "\\(", "\\]", "\\cite{", "\\SI{", "\\caption{", "\\begin{tikzpicture}", "\\'"),
    *("\\begin{align}", "\\\\", "&", "\\v ", "\\xspace", "\\tikz", "\\def\\x", "\\gls{x}", "\n\n"),
    *("\\makeatletter", "\\begingroup", "\\ref{a}", " and ", "\\endhead", "\\char", "\\m", "\\n{"),
    *("\\verb|", "\ue000", "\ue001", "1\ue002", "\ue007", "é", "图", "<", "\\hbox to", "word "),
)
MACROS = {"m": Macro("m", (), "\\m\\m\\n{x}"), "n": Macro("n", (None,), "#1#1\\emph{#1}")}


@pytest.mark.parametrize("piece", ["", "\\n{", "{", "\\ref{a} and ", "\\SI{"])
def test_a_megabyte_of_anything_is_converted(piece: str) -> None:
    chosen = random.Random(piece).choices(PIECES, k=300_000)
    text = piece * 1_000_000 if piece else "".join(chosen)
    extract = Extract(text[:1_000_000])
    prose = SectionProse(lambda: extract, MACROS)
    begun = time.process_time()
    assert len(prose.around(0).text()) <= CONTENT_LIMIT
    assert time.process_time() - begun < 60  # the work grows with the length, not with its square


def test_a_loop_is_no_prose(tmp_path: Path) -> None:
    loops = (
        r"\foreach \n [count=\i] in {1,...,3}{Stage \n. }",
        r"\forloop{n}{1}{\value{n}<3}{Stage \arabic{n}. }",
        r"\renewcommand*{\do}[1]{Stage #1. }\docsvlist{a,b}\forcsvlist{\do}{c,d}",
        r"\whiledo{\value{n}<2}{\stepcounter{n}Stage. }",
    )
    for loop in loops:
        assert body(tmp_path, f"A start. {loop} An end.") == "A start. An end."


@pytest.mark.parametrize(
    ("preamble", "hidden"),
    [
        ("\\usepackage{versions}\\excludeversion{hush}", "\\begin{hush}\nNo.\n\\end{hush}"),
        ("\\usepackage{environ}\\NewEnviron{hush}{}", "\\begin{hush}No.\\end{hush}"),
        ("\\NewDocumentEnvironment{hush}{+b}{}{}", "\\begin{hush}No.\\end{hush}"),
        ("\\newif\\ifshow\\newcommand\\hush[1]{\\ifshow #1\\fi}", "\\hush{No.}"),
        ("\\newcommand\\hush[1]{\\iftoggle{x}{#1}{}}", "\\hush{No.}"),
        ("\\usepackage{exsheets}", "\\begin{solution}No.\\end{solution}"),
        ("\\usepackage{datatool}", "\\DTLifeq{a}{b}{No.}{No.}"),
        ("\\includeonlyframes{a, b}", "\\begin{frame}<1>[label=c]{No}No.\\end{frame}"),
        ("\\usepackage[short]{optional}", "\\opt{long}{No.}"),
        ("\\Newassociation{sol}{Solution}{ans}", "\\begin{sol}No.\\end{sol}"),
        ("\\NewDocumentCommand\\hush{D<>{no} d() m}{}", "\\hush<No>(no){No.}"),
        ("\\NewDocumentCommand\\fig{m}{\\pbfigure#1}", "\\pbfigure[width=2cm]\\prompt"),
    ],
)
def test_what_no_reader_surely_sees_is_not_sent(tmp_path: Path, preamble: str, hidden: str) -> None:
    assert body(tmp_path, f"A start.\n\n{hidden}\n\nAn end.", preamble) == "A start.\n\nAn end."


def test_a_heading_that_csname_names_is_a_heading(tmp_path: Path) -> None:
    assert body(tmp_path, "A.\n\n\\csname subsection\\endcsname{Two} B.") == "A.\n\nTwo\n\nB."


def test_a_note_that_holds_nothing_but_a_figure_leaves_no_brackets(tmp_path: Path) -> None:
    text = body(tmp_path, r" Words.\footnote{\pbfigure{A pump}} More.\marginpar{\pbfigure{A tank}}")
    assert text == "Words. More."


def test_a_heading_in_an_option_leaves_no_bracket(tmp_path: Path) -> None:
    path = tmp_path / "main.tex"
    path.write_text(
        "\\begin{document}\\begin{multicols}{2}[\\section{S} Wide.]\nNarrow.\\pbfigure{P}\n"
        "\\end{multicols}\\twocolumn[\n\\section{Next}]\\end{document}"
    )
    at = path.read_text().index("\\pbfigure")
    assert section(path, at).text() == "S\n\nWide.\n\nNarrow."
