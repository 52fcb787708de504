r"""What TeX typesets and throws away is not bought; what comes on a page, by whatever way, is.

Each document is built by the real latexmk, the sandbox counts what was bought, and the second run
has nothing to do.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from papers import ENGINES, Paper, article, pixels, plain_picture
from PIL import Image
from sandbox_process import SandboxProcess

from latex_hook.tex.picture_map import MapEntry, write_map
from latex_hook.tex.request_file import read_requests

PUMP, TANK = "\\pbfigure[width=1cm]{A pump}", "\\pbfigure[width=1cm]{A tank}"
MATHS = "\\usepackage{amsmath}"
WITHOUT_TEXT = "\\pbsetup{type=standard,model=nano-banana-2}"
"""Some of these stand where no section is surely theirs."""
THROWN_AWAY = {
    "a phantom": f"\\phantom{{{TANK}}} {PUMP}",
    "a horizontal phantom": f"\\hphantom{{{TANK}}} {PUMP}",
    "a vertical phantom": f"\\vphantom{{{TANK}}} {PUMP}",
    "a width that is measured": f"\\newlength\\w\\settowidth\\w{{{TANK}}}{PUMP}",
    "a box that is never used": f"\\setbox0\\hbox{{{TANK}}}{PUMP}",
    "a savebox that is emptied": (
        f"\\newsavebox\\mybox\\sbox\\mybox{{{TANK}}}\\sbox\\mybox{{}}\\usebox\\mybox{PUMP}"
    ),
    "an lrbox that is never used": (
        f"\\newsavebox\\mybox\\begin{{lrbox}}\\mybox{TANK}\\end{{lrbox}}{PUMP}"
    ),
    "maths that is measured by hand": f"$\\setbox0\\hbox{{$\\text{{{TANK}}}$}}x$ {PUMP}",
    "a page that is discarded": (
        f"{PUMP}\\newpage\\AddToHookNext{{shipout/before}}{{\\DiscardShipoutBox}}{TANK}\\newpage x"
    ),
    "a choice of mathematics": f"$\\mathchoice{{x}}{{\\hbox{{{PUMP}}}}}{{\\hbox{{{TANK}}}}}{{y}}$",
}
SHOWN = {
    "a column that is tried": (
        f"\\begin{{tabularx}}{{\\linewidth}}{{X|X}}{PUMP}&x\\\\y&{TANK}\\end{{tabularx}}",
        "\\usepackage{tabularx}",
    ),
    "formulas that are measured": (
        f"\\begin{{align}}x&=\\text{{{PUMP}}}\\\\y&=\\text{{{TANK}}}\\end{{align}}",
        MATHS,
    ),
    "a caption of one line or two": (
        f"\\begin{{figure}}x\\caption[a]{{{PUMP}}}\\end{{figure}}"
        f"\\begin{{figure}}x\\caption[b]{{{'Many words. ' * 20}{TANK}}}\\end{{figure}}",
        "",
    ),
    "a savebox that is used twice": (
        f"\\newsavebox\\mybox\\sbox\\mybox{{{PUMP}}}\\usebox\\mybox\\newpage\\usebox\\mybox{TANK}",
        "",
    ),
    "a savebox of the preamble": (
        f"\\usebox\\mybox{TANK}",
        f"\\newsavebox\\mybox\\sbox\\mybox{{{PUMP}}}",
    ),
    "a float that waits for the end": (
        f"\\begin{{figure}}[p]{PUMP}\\end{{figure}}\\begin{{figure}}[b]{TANK}\\end{{figure}}",
        "",
    ),
    "a header and a footer": (
        "x\\newpage y",
        f"\\usepackage{{fancyhdr}}\\pagestyle{{fancy}}\\fancyhead[L]{{{PUMP}}}"
        f"\\fancyfoot[C]{{{TANK}}}\\setlength\\headheight{{20pt}}",
    ),
    "a mark": (f"\\pagestyle{{myheadings}}\\markright{{{PUMP}}}x\\newpage{TANK}", ""),
    "floats that endfloat moves": (
        f"\\begin{{figure}}\n{PUMP}\n\\caption{{C}}\n\\end{{figure}}\n{TANK}",
        "\\usepackage{endfloat}",
    ),
    "columns": (
        f"\\begin{{multicols}}{{2}}{PUMP}\n\nx\n\n{TANK}\\end{{multicols}}",
        "\\usepackage{multicol}",
    ),
    "a long table": (
        f"\\begin{{longtable}}{{cc}}{PUMP}\\endhead {TANK}&x\\\\\\newpage y&z\\end{{longtable}}",
        "\\usepackage{longtable}",
    ),
    "margins and notes": (f"x\\marginpar{{{PUMP}}}\\footnote{{{TANK}}}", ""),
    "turned and scaled boxes": (
        f"\\rotatebox{{90}}{{{PUMP}}}\\begin{{landscape}}\\resizebox{{2cm}}{{!}}{{{TANK}}}"
        "\\end{landscape}",
        "\\usepackage{pdflscape}",
    ),
    "keys of adjustbox": (
        "\\pbfigure[width=1cm,frame]{A pump}\\pbfigure[center,width=1cm]{A tank}",
        "\\usepackage{adjustbox}",
    ),
    "a form of the PDF": (
        f"\\setbox0\\hbox{{{PUMP}}}\\pdfxform0\\pdfrefxform\\pdflastxform\n\n{TANK}",
        "",
    ),
    "a node of a picture": (
        f"\\begin{{tikzpicture}}[opacity=.5]\\node{{{PUMP}}};\\begin{{scope}}[transparency group]"
        f"\\node{{{TANK}}};\\end{{scope}}\\end{{tikzpicture}}",
        "\\usepackage{tikz}",
    ),
}
HIDDEN_SOLUTION = (
    "\\documentclass{exam}\\usepackage{paperbanana}\n\\begin{document}\n\\section{Pumps}\n"
    f"\\begin{{questions}}\\question {PUMP}\n\\begin{{solution}}\n{TANK}\n\\end{{solution}}\n"
    "\\end{questions}\n\\end{document}\n"
)
SLIDES = (
    "\\documentclass{beamer}\\usepackage{paperbanana}\\begin{document}\n\\begin{frame}{T}\n"
    f"\\only<1>{{{PUMP}}}\\onslide<2->{{x}}\n\\setbox0\\hbox{{{TANK}}}"
    f"\\begin{{onlyenv}}<0>{TANK}\\end{{onlyenv}}\\end{{frame}}\n"
    "\\end{document}\n"
)
PREVIEW = (
    "\\documentclass{article}\\usepackage{paperbanana}\\usepackage[active,tightpage]{preview}\n"
    f"\\begin{{document}}\\section{{S}}\n{TANK}\n\\begin{{preview}}{PUMP}\\end{{preview}}\n"
    "\\end{document}\n"
)
STANDALONE = (
    "\\documentclass{standalone}\\usepackage{paperbanana}\n"
    f"\\begin{{document}}{PUMP}\\end{{document}}\n"
)
WHOLE = {
    "a solution that the class hides": HIDDEN_SOLUTION,
    "slides": SLIDES,
    "a preview": PREVIEW,
    "a standalone picture": STANDALONE,
}


def check(paper: Paper, sandbox: SandboxProcess, source: str, *prompts: str) -> None:
    source = source.replace("{paperbanana}", f"{{paperbanana}}{WITHOUT_TEXT}")
    paper.write("paper.tex", source)
    paper.init()
    built = paper.latexmk()
    assert built.status == 0, built
    assert sorted(task["request"]["prompt"] for task in sandbox.tasks()) == sorted(prompts), built
    assert len(paper.shown()) == len(prompts)
    again = paper.latexmk()
    assert again.status == 0
    assert "Run number" not in again.output
    assert len(sandbox.log("generate")) == len(prompts)


@pytest.mark.parametrize("kind", THROWN_AWAY)
def test_what_is_thrown_away_is_not_bought(
    online: Paper, use_sandbox: SandboxProcess, kind: str
) -> None:
    source = article(f"\\section{{Pumps}}\nA text. {THROWN_AWAY[kind]}", MATHS)
    check(online, use_sandbox, source, "A pump")


@pytest.mark.parametrize("kind", WHOLE)
def test_only_what_a_class_ships_is_bought(
    online: Paper, use_sandbox: SandboxProcess, kind: str
) -> None:
    check(online, use_sandbox, WHOLE[kind], "A pump")


@pytest.mark.parametrize("kind", SHOWN)
def test_what_comes_on_a_page_is_bought_once(
    online: Paper, use_sandbox: SandboxProcess, kind: str
) -> None:
    body, preamble = SHOWN[kind]
    source = article(f"\\section{{Pumps}}\nA text.\n\n{body}", preamble)
    check(online, use_sandbox, source, "A pump", "A tank")


def test_the_list_has_what_is_on_a_page_and_nothing_else(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    body = (
        f"\\section{{Pumps}}\n\\pbfigurelist \\phantom{{{TANK}}}"
        f"\\begin{{tabularx}}{{5cm}}{{X}}{PUMP}\\end{{tabularx}}"
    )
    check(online, use_sandbox, article(body, "\\usepackage{tabularx}"), "A pump")
    assert "A pump" in online.text()
    assert "A tank" not in online.text()


LAYOUT = r"""
Some words \FIG{1} and more $a\FIG{2}b_{\FIG{3}}$ words that go on and on until the line is full
\FIG{4}, and the next one, too.\FIG{5}\FIG{6} \FIG{7}

\FIG{8}

\begin{figure}\centering\FIG{9}\caption{C \FIG{10}}\end{figure}
\begin{tabular}{c|p{3cm}}\FIG{11}&\FIG{12}\\[2pt]\hline\FIG{13}&x\end{tabular}
\fbox{\FIG{14}}\raisebox{2pt}{\FIG{15}}\parbox[t]{2cm}{\FIG{16}}\parbox[b]{2cm}{\FIG{17}\FIG{18}}
\vspace{1cm}
\[\FIG{19}\]
\begin{minipage}[t]{3cm}\FIG{20}\end{minipage}\begin{center}\FIG{21}\end{center}
\begin{itemize}\item\FIG{22}\item[\FIG{23}]x\end{itemize}
\noindent\FIG{24}\par\FIG{25}\hfill\FIG{26}\unskip\linebreak\vtop{\hbox{\FIG{27}}\FIG{28}}
\footnote{\FIG{29}}\marginpar{\FIG{30}}
\newpage
\vspace*{-1cm}\FIG{31}\pagebreak[1]\par\kern3pt\FIG{32}
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_pages_are_those_of_plain_includegraphics(paper: Paper, engine: str) -> None:
    preamble = "\\newcommand\\FIG[1]{\\pbfigure[height=9pt,angle=#1]{Figure #1}}"
    paper.write("paper.tex", article(LAYOUT, preamble))
    paper.init()
    paper.tex(engine)
    files, entries = {}, {}
    for n, asked in enumerate(read_requests(paper.path(".pbq")).asked):
        files[asked.prompt] = f"paperbanana/{n}.png"
        paper.write(files[asked.prompt], plain_picture("red", (30 + n, 20)))
        entry = MapEntry("", asked.md5, files[asked.prompt])
        entries[entry.key] = entry
    assert len(files) == 32
    write_map(paper.folder / "paperbanana/pbmap.tex", {"paper": entries})
    names = "".join(f"\\@namedef{{{prompt}}}{{{file}}}" for prompt, file in files.items())
    plain = (
        "\\newcommand\\FIG[1]"
        "{\\includegraphics[height=9pt,angle=#1]{\\csname Figure #1\\endcsname}}"
        f"\\makeatletter{names}\\makeatother"
    )
    paper.tex(engine)
    assert paper.tex(engine).status == 0
    assert paper.warnings() == []
    ours = drawn(paper)
    paper.write("paper.tex", article(LAYOUT, plain).replace("{paperbanana}", "{graphicx}"))
    paper.tex(engine)
    assert len(ours) >= 2
    assert drawn(paper) == ours


def drawn(paper: Paper) -> list[str]:
    """What each page looks like."""
    paper.run("pdftoppm", "-r", "300", "-png", str(paper.path(".pdf")), "page")
    found = []
    for path in sorted(Path(paper.folder).glob("page-*.png")):
        with Image.open(path) as image:
            found.append(pixels(image))
        path.unlink()
    return found
