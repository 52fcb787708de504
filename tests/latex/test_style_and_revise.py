r"""``style`` and ``revise`` in a paper: ordinary keys, and a setting that TeX does not know of."""

from __future__ import annotations

from papers import Paper
from sandbox_process import SandboxProcess

STYLED = r"""\documentclass{article}
\usepackage{paperbanana}
\begin{document}
\section{Pumps}
Pumps move water.

\pbfigure{A pump}

\pbfigure[style=none]{A tank}

\pbsetup{style={Like a ``woodcut'' --- in \emph{black}}}
\pbfigure{A valve}
\end{document}
"""


def sent(sandbox: SandboxProcess) -> list[str]:
    return [entry["body"]["prompt"] for entry in sandbox.log("generate")]


def test_a_style_is_the_projects_the_documents_or_the_figures(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.init()
    online.write("paper.tex", STYLED)
    online.write("paperbanana.toml", 'style = "Flat colours."\n')
    assert online.latexmk().status == 0
    valve = "A valve\n\nLike a “woodcut” — in black"
    assert sorted(sent(use_sandbox)) == ["A pump\n\nFlat colours.", "A tank", valve]
    tex_names = (online.folder / "paperbanana/pbmap.tex").read_text()
    online.write("paperbanana.toml", 'style = "In grey."\n')
    assert online.latexmk("-g").status == 0
    assert sent(use_sandbox)[3:] == ["A pump\n\nIn grey."]
    assert len(online.shown()) == 3
    names = [
        [line.split("|")[:3] for line in text.splitlines() if "|" in line]
        for text in (tex_names, (online.folder / "paperbanana/pbmap.tex").read_text())
    ]
    assert names[0] == names[1]
