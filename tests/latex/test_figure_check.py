"""The figure check under latexmk: it knows how wide TeX sets a picture, and in which language."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from papers import Paper
from sandbox_process import SandboxProcess
from shared_stores import RealService

SOURCE = r"""
\documentclass[ngerman]{article}
\usepackage{babel}
\usepackage{paperbanana}
\begin{document}
\section{Pumpe}
Das Laufrad dreht sich in seinem Spiralgehäuse.
\pbfigure[id=klein,width=3cm]{Eine Pumpe mit Laufrad und Motor}
\pbfigure[id=breit,width=\linewidth,check-ignore=Motor]{Ein Motor mit einer Welle}
\end{document}
"""


def test_text_is_small_where_tex_sets_the_picture_narrow(
    tmp_path: Path, env: Callable[..., dict[str, str]], sandbox: SandboxProcess
) -> None:
    service = RealService(sandbox)
    paper = Paper(tmp_path / "paper", env(**service.env))
    paper.write("paper.tex", SOURCE.lstrip())
    paper.init()
    built = paper.latexmk()
    service.stop()
    assert built.status == 0, built
    (warning,) = [line for line in built.output.splitlines() if "below 6 pt" in line]
    assert "paper.tex:7: warning: figure 'klein': in its picture, " in warning
    asked = (paper.folder / "paper.pbq").read_text()
    assert "width=1,85.35" in asked
    assert "language=ngerman" in asked
    assert "in its picture" not in paper.latexmk("-g").output, "nothing was bought"
    done = subprocess.run(
        [sys.executable, "-m", "pbfigure", "check", "paper.tex", "--reader", "tesseract", "--json"],
        cwd=paper.folder, env=paper.env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)["findings"]
    assert {each["figure"] for each in found if each["kind"] == "small text"} == {"klein"}
    words = {each["word"] for each in found if each["kind"] == "misspelt"}
    assert words <= {"diagram"}, "German is right, and the sandbox's own English is not"
