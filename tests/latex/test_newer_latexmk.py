"""The main life of a paper under a newer latexmk than Debian 12's, with every layout of folders.

The rest of these tests run under the installed latexmk.
"""

from __future__ import annotations

import pytest
from latexmk_process import started
from papers import Paper, article
from sandbox_process import SandboxProcess

FIGURE = "\\pbfigure[type=standard,model=nano-banana-2,width=3cm]"
LAYOUTS = {
    "plain": ((), "", ""),
    "outdir": (("-outdir=out",), "out", "out"),
    "auxdir": (("-outdir=out", "-auxdir=aux"), "out", "aux"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_main_life_of_a_paper(newer: Paper, use_sandbox: SandboxProcess, layout: str) -> None:
    options, out, aux = LAYOUTS[layout]
    newer.write("paper.tex", article(f"Text.\n\n{FIGURE}{{A whale}}\n\n\\input{{part}}"))
    newer.write("part.tex", f"\\section{{Part}}\nMore.\n\n{FIGURE}{{A boat}}\n")
    newer.init()

    def build() -> str:
        built = newer.latexmk(*options)
        assert built.status == 0, built
        return built.output

    assert "2 figures: 2 present; 2 made" in build()
    first = newer.shown(out)
    assert len(first) == 2
    assert "Run number" not in build()  # nothing happens

    newer.edit("part.tex", "A boat", "Two boats")
    build()
    assert len(use_sandbox.tasks()) == 3
    second = newer.shown(out)
    assert len(second) == 2
    assert len(second - first) == 1

    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=400)
    newer.edit("part.tex", "Two boats", "Three boats")
    asked = len(use_sandbox.log("generate"))
    assert build().count("part.tex:4: warning") == 1
    assert len(use_sandbox.log("generate")) == asked + 1
    assert len(newer.warnings(aux)) == 1
    use_sandbox.clear_faults()
    build()  # no source has changed
    assert newer.warnings(aux) == []
    assert len(newer.shown(out)) == 2
    assert "Run number" not in build()

    shown = newer.shown(out)
    newer.without_pbfigure()
    newer.edit("paper.tex", "Text.", "Another text.")
    build()  # without Python, and without the tool
    assert newer.shown(out) == shown
    assert newer.warnings(aux) == []


def test_pvc_goes_round_by_round(newer: Paper, use_sandbox: SandboxProcess) -> None:
    newer.write("paper.tex", article(f"Text.\n\n{FIGURE}{{A whale}}"))
    newer.init()
    newer.env["PAPERBANANA_ON_SAVE"] = "generate"
    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=400)
    with started(newer, "-pvc", "-view=none") as latexmk:
        assert latexmk.round(1).count("paper.tex:7: warning: ") == 1
        assert len(use_sandbox.log("generate")) == 1
        use_sandbox.clear_faults()
        newer.edit("paper.tex", "Text.", "More text.")
        assert latexmk.round(2).count("1 figure: 1 present; 1 made") == 1
        assert len(newer.shown()) == 1
