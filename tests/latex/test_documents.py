"""Short documents in the habits of authors: what TeX sets is bought, and nothing else.

Each is built by the real latexmk. The sandbox counts what was bought; the PDF shows as many
pictures; the second run has nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from papers import Paper, check_bought
from sandbox_process import SandboxProcess


@dataclass(frozen=True)
class Case:
    """A document, and what is bought for it."""

    name: str
    body: str
    prompts: tuple[str, ...] = ()
    """As the service gets them."""
    preamble: str = ""
    start: str = "\\documentclass{article}"
    engine: str = "pdflatex"
    files: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    options: tuple[str, ...] = ()
    package: str = ""
    """Options of the package."""

    def source(self) -> str:
        body = (
            self.body if "\\section" in self.body else f"\\section{{Pumps}}\nA text.\n{self.body}"
        )
        return (
            f"{self.start}\n\\usepackage{self.package}{{paperbanana}}\n{self.preamble}\n"
            f"\\begin{{document}}\n{body}\n\\end{{document}}\n"
        )


PUMP, TANK, VALVE = "\\pbfigure{A pump}", "\\pbfigure{A tank}", "\\pbfigure{A valve}"
ONE = ("A pump",)
TOGGLE = "\\usepackage{etoolbox}\\newtoggle{long}"

CONDITIONALS = [
    Case("a toggle that is false", f"\\iftoggle{{long}}{{{PUMP}}}{{Short.}}", (), TOGGLE),
    Case(
        "a toggle that is true",
        f"\\iftoggle{{long}}{{{PUMP}}}{{{TANK}}}",
        ONE,
        TOGGLE + "\\toggletrue{long}",
    ),
    Case("iffalse", f"\\iffalse {TANK}\\fi {PUMP}", ONE),
    Case(
        "a condition of the author's", f"\\ifdraft {TANK}\\else {PUMP}\\fi", ONE, "\\newif\\ifdraft"
    ),
    Case("ifdefined", f"\\ifdefined\\nosuch {TANK}\\fi\\ifdefined\\section {PUMP}\\fi", ONE),
    Case(
        "ifx and a macro",
        f"\\ifx\\kind\\other {TANK}\\else {PUMP}\\fi",
        ONE,
        "\\newcommand\\kind{short}\\newcommand\\other{long}",
    ),
    Case(
        "includeonly",
        "\\section{A}\\include{one}\\include{two}",
        ONE,
        "\\includeonly{one}",
        files={"one.tex": f"Text one.\n{PUMP}\n", "two.tex": f"Text two.\n{TANK}\n"},
    ),
    Case(
        "a command named like a condition",
        f"\\ifmine{{x}}\n\n{PUMP}",
        ONE,
        "\\newcommand{\\ifmine}[1]{#1}",
    ),
    Case("after the end of the document", f"{PUMP}\n\\end{{document}}\n{TANK}", ONE),
    Case(
        "a macro that is redefined",
        f"\\fig\\renewcommand\\fig{{{TANK}}}",
        ONE,
        f"\\newcommand\\fig{{{PUMP}}}",
    ),
    Case("a macro that is never used", PUMP, ONE, f"\\newcommand\\fig{{{TANK}}}"),
    Case(
        "providecommand after newcommand",
        "\\fig",
        ONE,
        f"\\newcommand\\fig{{{PUMP}}}\\providecommand\\fig{{{TANK}}}",
    ),
    Case(
        "a loop",
        "\\foreach \\n in {pump,tank}{\\pbfigure{The \\n}\\par}",
        ("The pump", "The tank"),
        "\\usepackage{pgffor}",
    ),
    Case(
        "an environment of the author's",
        "\\begin{drawn}{A pump}A caption.\\end{drawn}",
        ONE,
        "\\newenvironment{drawn}[1]{\\begin{center}\\pbfigure{#1}\\par}{\\end{center}}",
    ),
    Case("a box that is used twice", f"\\sbox0{{{PUMP}}}\\copy0 \\box0", ONE),
    Case("a guarded input", f"\\IfFileExists{{none}}{{\\input{{none}}}}{{}}{PUMP}", ONE),
]

VERBATIMS = [
    Case(
        "a short verb of shortvrb",
        f'"{TANK}" {PUMP}',
        ONE,
        '\\usepackage{shortvrb}\\MakeShortVerb{\\"}',
    ),
    Case(
        "a short verb of newverbs",
        f"|{TANK}| {PUMP}",
        ONE,
        "\\usepackage{newverbs}\\MakeSpecialShortVerb{\\qverb}{\\|}",
    ),
    Case(
        "filecontents",
        PUMP,
        ONE,
        start=(
            "\\begin{filecontents*}{other.txt}\n\\pbfigure{A tank}\n\\end{filecontents*}\n"
            "\\documentclass{article}"
        ),
    ),
    Case("a comment sign", f"% {TANK}\n{PUMP} % {VALVE}", ONE),
]
FRAME = "\\begin{{frame}}{{Pumps}}\nA text.\n{}\n\\end{{frame}}"
CLASSES = [
    Case(
        "acmart",
        "\\title{T}\\author{A}\\affiliation{\\institution{I}\\country{C}}\\maketitle " + PUMP,
        ONE,
        start="\\documentclass[sigconf,nonacm]{acmart}",
    ),
    Case(
        "report",
        f"\\chapter{{A}}\\section{{B}}Text.\n\\begin{{figure}}{PUMP}\\caption{{x}}\\end{{figure}}",
        ONE,
        start="\\documentclass{report}",
    ),
    Case(
        "book",
        f"\\frontmatter\\chapter{{A}}Text.\n{PUMP}\\mainmatter\\part{{P}}\\section{{S}}More.\n{TANK}",
        ("A pump", "A tank"),
        start="\\documentclass{book}",
    ),
    Case(
        "scrartcl",
        f"\\addsec{{A}}Text.\n{PUMP}\n\\section[short]{{B}}More.\n{TANK}\n\\minisec{{C}}",
        ("A pump", "A tank"),
        start="\\documentclass{scrartcl}",
    ),
    Case(
        "scrbook",
        f"\\addchap{{A}}Text.\n{PUMP}\n\\section{{B}}",
        ONE,
        start="\\documentclass{scrbook}",
    ),
    Case(
        "memoir",
        f"\\chapter[a][b]{{A}}Text.\n{PUMP}\\section{{B}}More.\n{TANK}",
        ("A pump", "A tank"),
        start="\\documentclass{memoir}",
    ),
    Case("beamer", "\\section{Pumps}\n" + FRAME.format(PUMP), ONE, start="\\documentclass{beamer}"),
    Case(
        "beamer's overlays",
        "\\section{Pumps}\n" + FRAME.format(f"\\only<1>{{{PUMP}}}\\only<2>{{{TANK}}}"),
        ("A pump", "A tank"),
        start="\\documentclass{beamer}",
    ),
    Case(
        "beamer's article mode",
        "\\section{Pumps}\n" + FRAME.format(f"{PUMP}\\only<article>{{{TANK}}}"),
        ONE,
        start="\\documentclass{beamer}",
    ),
    Case(
        "beamerarticle",
        f"\\section{{Pumps}}\n\\begin{{frame}}Text.\n{PUMP}\\only<beamer>{{{TANK}}}\\end{{frame}}",
        ONE,
        "\\usepackage{beamerarticle}",
    ),
    Case(
        "IEEEtran",
        f"\\section{{Pumps}}\nText.\n\\begin{{figure*}}\\centering{PUMP}\\caption{{x}}\\end{{figure*}}",
        ONE,
        start="\\documentclass{IEEEtran}",
    ),
    Case(
        "tufte",
        f"\\section{{Pumps}}\nText.\n\\begin{{marginfigure}}{PUMP}\\caption{{x}}\\end{{marginfigure}}",
        ONE,
        start="\\documentclass[nobib]{tufte-handout}",
    ),
    Case(
        "two columns",
        f"\\begin{{figure*}}{PUMP}\\caption{{x}}\\end{{figure*}}",
        ONE,
        start="\\documentclass[twocolumn]{article}",
    ),
    Case(
        "a table",
        f"\\begin{{tabular}}{{cc}}{PUMP}&x\\\\a&{TANK}\\end{{tabular}}",
        ("A pump", "A tank"),
    ),
    Case(
        "titlesec",
        f"\\section{{Pumps}}Text.\n{PUMP}\\section*{{B}}More.\n{TANK}",
        ("A pump", "A tank"),
        "\\usepackage{titlesec}\\titleformat{\\section}{\\bfseries}{\\thesection}{1em}{}",
    ),
    Case(
        "a margin note, a footnote, a caption",
        f"x\\marginpar{{{PUMP}}}y\\footnote{{{TANK}}}\\begin{{figure}}\\caption{{{VALVE}}}\\end{{figure}}",
        ("A pump", "A tank", "A valve"),
    ),
    Case(
        "tikz",
        f"\\begin{{tikzpicture}}\\node{{{PUMP}}};\\end{{tikzpicture}}",
        ONE,
        "\\usepackage{tikz}",
    ),
    Case(
        "graphicx's keys",
        "\\pbfigure[angle=90,origin=c,width=2cm]{A pump}\n\n"
        "\\pbfigure[interpolate=true,height=2cm]{A tank}\n\n"
        "\\pbfigure[trim=1 1 1 1,clip,page=1,quiet]{A valve}",
        ("A pump", "A tank", "A valve"),
    ),
    Case(
        "a prompt in a heading",
        "\\section{On \\pbfigure[height=1cm]{A pump}}Text.",
        ONE,
        "\\usepackage{hyperref}",
    ),
]

LANGUAGES = [
    Case(
        "accents",
        "\\pbfigure{Na\\\"ive caf\\'e: \\ss, \\o, \\L, \\c{c}}",
        ("Naïve café: ß, ø, Ł, ç",),
    ),
    Case(
        "latin1",
        "\\pbfigure{Ein Kühlmittelbehälter}",
        ("Ein Kühlmittelbehälter",),
        "\\usepackage[latin1]{inputenc}",
        encoding="latin-1",
    ),
    Case(
        "latin9",
        "\\pbfigure{Une œuvre à 5 €}",
        ("Une œuvre à 5 €",),
        "\\usepackage[T1]{fontenc}\\usepackage{textcomp}\\usepackage[latin9]{inputenc}",
        encoding="iso8859-15",
    ),
    Case(
        "cp1252",
        "\\pbfigure{Señal}",
        ("Señal",),
        "\\usepackage[cp1252]{inputenc}",
        encoding="cp1252",
    ),
    Case(
        "cp1251",
        "\\pbfigure{Схема насоса}",
        ("Схема насоса",),
        "\\usepackage[T2A]{fontenc}\\usepackage[cp1251]{inputenc}",
        encoding="cp1251",
    ),
    Case(
        "koi8-r",
        "\\pbfigure{Схема насоса}",
        ("Схема насоса",),
        "\\usepackage[T2A]{fontenc}\\usepackage[koi8-r]{inputenc}",
        encoding="koi8-r",
    ),
    Case(
        "applemac",
        "\\pbfigure{Ein Kühler}",
        ("Ein Kühler",),
        "\\usepackage[applemac]{inputenc}",
        encoding="mac-roman",
    ),
    Case(
        "UTF-8 Cyrillic",
        "\\pbfigure{Схема \\textbf{насоса}}",
        ("Схема насоса",),
        "\\usepackage[T2A]{fontenc}",
    ),
    Case(
        "German shorthands",
        '\\pbfigure{Ein "Uberlauf ist \\enquote{dicht}}',
        ("Ein Überlauf ist dicht",),
        "\\usepackage[ngerman]{babel}\\usepackage{csquotes}",
    ),
    Case(
        "French punctuation",
        "\\pbfigure{Une pompe : rouge}",
        ("Une pompe : rouge",),
        "\\usepackage[T1]{fontenc}\\usepackage[french]{babel}",
    ),
    Case(
        "Chinese on XeTeX", "\\pbfigure{一个水泵的示意图}", ("一个水泵的示意图",), engine="xelatex"
    ),
    Case(
        "Japanese and emoji on LuaTeX",
        "\\pbfigure{ポンプ \\emph{図} 😀}",
        ("ポンプ 図 😀",),
        engine="lualatex",
    ),
    Case(
        "glossaries, quotes and quantities",
        "\\pbfigure{The \\gls{cpu} labelled \\enquote{main} at \\SI{5}{V}}",
        ("The cpu labelled main at 5V",),
        "\\usepackage{siunitx,csquotes,glossaries}\\newglossaryentry{cpu}{name=cpu,description={x}}",
    ),
    Case(
        "references and notes",
        "\\label{s}\\pbfigure{A pump as in \\ref{s}\\footnote{no} \\& a tank~\\cite{x}}",
        ("A pump as in & a tank",),
    ),
    Case(
        "macros in a prompt",
        "\\pbfigure{\\co{} and \\opt, \\opt[red]; \\doc{x}}",
        ("CO2 and big pump, red pump; <x>",),
        "\\newcommand\\co{CO\\textsubscript{2}}\\newcommand\\opt[1][big]{#1 pump}"
        "\\NewDocumentCommand\\doc{m}{<#1>}",
    ),
    Case(
        "utf8x reads plain words",
        PUMP,
        ONE,
        "\\usepackage[utf8x]{inputenc}",
    ),
    Case(
        "polyglossia",
        PUMP,
        ONE,
        "\\usepackage{polyglossia}\\setmainlanguage{german}",
        engine="xelatex",
    ),
]
ALL = [*CONDITIONALS, *VERBATIMS, *CLASSES, *LANGUAGES]


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_what_tex_sets_is_bought_and_nothing_else(
    online: Paper, use_sandbox: SandboxProcess, case: Case
) -> None:
    online.write("paper.tex", case.source().encode(case.encoding))
    for name, text in case.files.items():
        online.write(name, text.encode(case.encoding))
    online.init()
    check_bought(online, use_sandbox, case.prompts, *case.options, engine=case.engine)
