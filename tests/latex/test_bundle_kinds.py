"""Bundles of documents in the ways that authors write them: the same pages, with plain LaTeX."""

from __future__ import annotations

import pytest
from papers import Paper, article

KINDS = {
    "a command by \\providecommand with a condition": (
        "\\fig{A fox} \\fig{A hen} \\pbfigure[width=1cm]{A fox} \\pbfigure{A cow} \\fig{A cow}",
        "\\providecommand{\\fig}[1]{\\ifnum1=1 \\pbfigure[width=2cm]{#1}\\fi}",
    ),
    "a loop": (
        "\\foreach \\animal/\\c in {fox/red,hen/old}{\\pbfigure[width=2cm]{A \\c\\ \\animal}}",
        "\\usepackage{pgffor}",
    ),
    "verbatim with a short delimiter": (
        "\\DefineShortVerb{\\|}|\\pbfigure{A house}| \\pbfigure[width=2cm]{A fox}",
        "\\usepackage{fancyvrb}",
    ),
    "an input command of the author's own": (
        "Preface.\n\n\\olin{engine}",
        "\\newcommand{\\olin}[1]{\\input{parts/#1}}",
    ),
    "defaults and keys of graphicx": (
        "\\pbsetup{width=2cm}\\pbfigure[angle=90,origin=c]{A fox} {\\pbsetup{width=1cm}"
        "\\pbfigure{A hen}} \\pbfigure{A cow}",
        "",
    ),
    "keys of adjustbox": (
        "\\pbfigure[width=2cm,cfbox=red 1pt]{A fox} \\pbfigure[width=2cm]{A hen}",
        "\\usepackage{xcolor,adjustbox}",
    ),
    "words that only look like a call": (
        "\\texttt{\\detokenize{\\pbfigure{A house}}} |\\pbfigure{A barn}| \\pbfigure{A fox}",
        "\\usepackage{newverbs}\\MakeSpecialShortVerb{\\qverb}{\\|}",
    ),
    "commands whose figures differ by their keys": (
        "\\fig{fox}{1} \\fig{hen}{2} \\roll{1} \\roll{2} \\pbfigure[width=1cm]{A cow}",
        "\\newcommand{\\fig}[2]{\\pbfigure[prompt-file=parts/#1.txt,width=#2cm]{}}"
        "\\newcommand{\\roll}[1]{\\pbfigure[width=2cm, variant=#1]{A cow}}",
    ),
    "a documentation that is a comment": (
        "\\DocInput{parts/doc.dtx} \\pbfigure[width=2cm]{A fox}",
        "\\usepackage{doc}",
    ),
    "a call by its name": ("\\csname pbfigure\\endcsname[width=2cm]{A fox}", ""),
    "an own command for verbatim text": (
        "\\code|\\pbfigure{A house}| \\pbfigure[width=2cm]{A fox}",
        "\\usepackage{listings}\\newcommand{\\code}{\\lstinline[language=TeX]}",
    ),
    "a file that TeX writes": (
        "\\begin{filecontents*}[overwrite]{made.tex}\n\\pbfigure[width=2cm]{A fox}\n"
        "\\end{filecontents*}\n\\input{made}",
        "",
    ),
    "a figure that is not set": (
        "\\iftoggle{long}{\\pbfigure{A pump}}{Short.} \\pbfigure[width=2cm]{A fox}",
        "\\usepackage{etoolbox}\\newtoggle{long}\\togglefalse{long}",
    ),
    "a fallback for who has no package": (
        "\\pbfigure[width=2cm]{A fox} \\fig{A hen} \\texttt{\\string\\pbfigure}",
        "\\IfFileExists{paperbanana.sty}{\\usepackage{paperbanana}}"
        "{\\newcommand{\\pbfigure}[2][]{}}\\newcommand{\\fig}[1]{\\pbfigure[width=1cm]{#1}}"
        "\\makeatletter\\@ifpackageloaded{paperbanana}{}{\\def\\pbfigure{}}\\makeatother",
    ),
    "its name in print": (
        "Drawn with \\texttt{paperbanana} \\cite{paperbanana}. \\pbfigure[width=2cm]{A fox}"
        "\\begin{thebibliography}{1}\\bibitem{paperbanana} It.\\end{thebibliography}",
        "\\makeatletter\\@ifpackageloaded{paperbanana}{\\def\\is{on}}{\\def\\is{off}}\\makeatother",
    ),
    "a package of the author's own that loads it too": (
        "\\fig{A fox} \\pbfigurelist\n\n",
        "\\makeatletter\\def\\input@path{{../paper/parts/}}\\makeatother\\usepackage{farm}",
    ),
    "a list in two columns": (
        "\\twocolumn\\pbfigurelist\n\n"
        "\\begin{figure}\\pbfigure[width=2cm]{A β ≥ 🚀 日本 50\\% fox}\\caption{A}\\end{figure}",
        "",
    ),
    "a list with words that no font has": (
        "\\pbfigurelist\n\n"
        "\\begin{figure}\\pbfigure[width=2cm]{A β ≥ 🚀 日本 50\\% fox}\\caption{A}\\end{figure}",
        "",
    ),
}


def bundle_of(paper: Paper) -> Paper:
    """The paper's bundle, built by plain LaTeX as often as it takes."""
    folder = paper.folder.parent / "bundle"
    made = paper.run("pbfigure", "bundle", paper.main, str(folder))
    assert made.status == 0, made
    env = {name: value for name, value in paper.env.items() if not name.startswith("PAPERBANANA")}
    bundle = Paper(folder, env, paper.main)
    for _ in range(3):
        built = bundle.tex()
        assert built.status == 0, built
    assert bundle.errors() == []
    return bundle


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_has_the_same_pages(online: Paper, kind: str) -> None:
    body, preamble = KINDS[kind]
    online.write(
        "parts/engine.tex", "\\section{Engine}\nSteam.\n\n\\pbfigure[width=2cm]{A piston}\n"
    )
    online.write(
        "parts/doc.dtx", "% Words. \\pbfigure[width=2cm,type=standard,model=nano-banana-2]{A doe}\n"
    )
    online.write(
        "parts/farm.sty",
        "\\PassOptionsToPackage{final}{paperbanana}\\RequirePackageWithOptions{paperbanana}\n"
        "\\pbsetup{width=2cm}\\newcommand{\\fig}[1]{\\pbfigure{#1}}\n",
    )
    for animal in ("fox", "hen"):
        online.write(f"parts/{animal}.txt", f"A {animal}")
    online.write("paper.tex", article(f"Animals of the farm.\n\n{body}", preamble))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    bundle = bundle_of(online)
    assert bundle.text() == online.text()
    assert bundle.shown() == online.shown()
    assert bundle.shown()


def test_folders_that_the_rc_file_names_are_searched_for_what_tex_wrote(online: Paper) -> None:
    online.write("refs.bib", "@book{knuth, author={Knuth}, title={The TeXbook}, year={1984}}\n")
    body = (
        "\\pbfigure[width=2cm]{A fox}, see \\cite{knuth}.\n\\input{more}\n"
        "\\bibliographystyle{plain}\\bibliography{refs}"
    )
    online.write("paper.tex", article(body))
    online.write("own/deep/more.tex", "\\pbfigure[width=2cm]{A hen}\n")
    online.init()
    rules = (online.folder / ".latexmkrc").read_text()
    online.write(".latexmkrc", f"$out_dir = 'build'; ensure_path('TEXINPUTS', './own//');\n{rules}")
    assert online.latexmk().status == 0
    by_hand = online.run("pbfigure", "latex", "paper.tex")
    assert by_hand.status == 0, by_hand
    assert "TeX has not run" not in by_hand.output
    bundle = bundle_of(online)
    assert (bundle.folder / "paper.bbl").exists()
    assert "[1]" in bundle.text()
    assert bundle.text() == online.text("build")
