r"""``style`` and ``revise`` in a paper: ordinary keys, and a setting that TeX does not know of."""

from __future__ import annotations

import json

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
