r"""``style`` and ``revise`` in a paper: ordinary keys, and a setting that TeX does not know of."""

from __future__ import annotations

import json

import pytest
from papers import Paper
from sandbox_process import SandboxProcess

from latex_hook.sources.inputs import read_document
from latex_hook.sources.scan import scan
from latex_hook.tex.request_file import read_requests
from latex_hook.tex_figures import collect
from pbfigure.figure.figure import InvalidFigure, compose

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


REVISED = r"""\documentclass{article}
\usepackage{paperbanana}
\begin{document}
\section{Pumps}
Pumps move water.

\pbfigure[id=pump, revise={Thicker arrows, please; call it ``\emph{Encoder}''},
  revise=use blue]{A pump}
\pbfigurelist
\end{document}
"""


def test_repeated_keys_are_a_chain_and_the_last_picture_is_shown(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.init()
    online.write("paper.tex", REVISED)
    built = online.latexmk()
    assert built.status == 0, built
    steps = ["A pump", "Thicker arrows, please; call it “Encoder”", "use blue"]
    assert sent(use_sandbox) == steps
    (shown,) = online.shown()
    records = [json.loads(path.read_text()) for path in online.folder.glob("paperbanana/*.json")]
    last = max(records, key=lambda record: len(record["request"].get("revise", ())))
    assert last["request"]["revise"] == steps[1:]
    pictures = online.pictures()
    assert shown == pictures[f"pump-{last['key'][:12]}.png"]
    assert "A pump" in online.text()

    # a clone without the machine's cache, the network and the key, and only what is shown last
    clone = Paper(online.folder.parent / "clone", {**online.env, "PAPERBANANA_MODE": "frozen"})
    clone.env["PAPERBANANA_CACHE_DIR"] = str(clone.folder / "cache")
    del clone.env["PAPERBANANA_API_KEY"]
    clone.write("paper.tex", REVISED)
    clone.init()
    for ending in (".json", ".png"):
        name = f"paperbanana/pump-{last['key'][:12]}{ending}"
        clone.write(name, (online.folder / name).read_bytes())
    assert clone.latexmk().status == 0
    assert clone.shown() == {shown}

    online.edit("paper.tex", "use blue", "use green")
    assert online.latexmk().status == 0
    assert sent(use_sandbox)[3:] == ["use green"]
    bundled = online.run("pbfigure", "bundle", "paper.tex", "arxiv")
    assert bundled.status == 0, bundled
    alone = Paper(online.folder / "arxiv", online.env)
    assert alone.tex().status == 0
    assert alone.shown() == online.shown() != {shown}


EIGHT_BIT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[latin1]{inputenc}
\usepackage{paperbanana}
\pbsetup{revise={all red}, style={Grün \& einfach}}
\begin{document}
\section{Pumps}
Pumps move water.

\pbfigure[id=a, revise={Mache es grün; 50\% dünner}, revise={weiß}]{A pump}
\pbfigure[id=b, revise={}]{A tank}
\pbfigure[id=c, revise={made \today}]{A tank}
\pbfigure[id=d, revise={with \nosuchcommand}]{A tank}
\end{document}
"""


def test_words_are_read_as_a_prompt_is_in_every_encoding_and_with_its_errors(paper: Paper) -> None:
    paper.init()
    paper.write("paper.tex", EIGHT_BIT.encode("latin-1"))
    paper.tex()
    assert any('"revise" is of one figure' in warning for warning in paper.warnings())
    document = read_document(paper.folder / "paper.tex", paper.folder, {})
    requests = read_requests(paper.path(".pbq"))
    first, *others = collect(scan(document), requests, paper.folder, "paper")
    assert first.block.options["style"] == "Grün & einfach"
    steps = compose(first.block).request.instructions
    assert steps == ("Mache es grün; 50% dünner", "weiß")
    for figure, said in zip(others, ("it is empty", "changes by itself", "nosuchc"), strict=True):
        with pytest.raises(InvalidFigure, match=said):
            compose(figure.block)
