"""``max_credits`` holds for all of one latexmk run: also for what TeX asks for in a later pass."""

from __future__ import annotations

import pytest
from latexmk_process import started
from papers import Paper, article
from sandbox_process import SandboxProcess

OPTIONS = "type=standard,model=nano-banana-pro"
"""10 credits a figure."""
LATER = (
    "\\makeatletter\\newcommand\\later[1]{\\label{#1}\\@ifundefined{r@#1}{}"
    f"{{\\pbfigure[id=#1,{OPTIONS}]{{A hidden boat #1}}}}}}\\makeatother"
)
"""A figure that is set from the second pass on."""
PLAIN = f"\\pbfigure[id=a,{OPTIONS}]{{A ship}}"


def charged(sandbox: SandboxProcess) -> float:
    return float(sandbox.ledger()["charged"])


@pytest.mark.parametrize(("limit", "spent"), [("30", 30), ("29", 10), ("20", 10)])
def test_what_was_spent_after_one_pass_counts_after_the_next(
    online: Paper, use_sandbox: SandboxProcess, limit: str, spent: float
) -> None:
    online.env["PAPERBANANA_MAX_CREDITS"] = limit
    online.write("paper.tex", article(f"{PLAIN}\n\n\\later{{one}}\\later{{two}}", LATER))
    online.init()
    built = online.latexmk()
    assert charged(use_sandbox) == spent
    if spent < 30:
        assert f"max_credits is {limit} for all of latexmk's run, and 10 of them" in built.output
        assert "3 figures: 1 present, 2 held; 1 made, 10 sandbox credits spent" in built.output
        assert len(online.shown()) == 1
    else:
        assert "max_credits" not in built.output
        assert len(online.shown()) == 3


def test_another_run_of_latexmk_has_the_whole_sum_again(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.env["PAPERBANANA_MAX_CREDITS"] = "20"
    online.write("paper.tex", article(f"{PLAIN}\n\n\\later{{one}}\\later{{two}}", LATER))
    online.init()
    online.latexmk()
    online.latexmk()
    assert charged(use_sandbox) == 30
    assert len(online.shown()) == 3


def test_a_round_of_pvc_has_the_whole_sum(online: Paper, use_sandbox: SandboxProcess) -> None:
    online.env["PAPERBANANA_MAX_CREDITS"] = "10"
    online.write("paper.tex", article(f"Text.\n\n{PLAIN}\n\n\\later{{one}}", LATER))
    online.init()
    online.env["PAPERBANANA_ON_SAVE"] = "generate"
    with started(online, "-pvc", "-view=none") as latexmk:
        assert "and 10 of them were spent before" in latexmk.round(1)
        assert charged(use_sandbox) == 10
        online.edit("paper.tex", "Text.", "More\n\ntext.")
        latexmk.round(2)
        assert charged(use_sandbox) == 20


def test_a_report_that_the_document_wrote_gives_no_credits(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.env["PAPERBANANA_MAX_CREDITS"] = "10"
    forged = (
        "\\immediate\\openout9=paper.pbr \\immediate\\write9{T 0 0 0 -1000 }\\immediate\\closeout9"
    )
    online.write("paper.tex", article(f"{forged}\\later{{one}}\\later{{two}}", LATER))
    online.init()
    online.latexmk()
    assert charged(use_sandbox) == 0
