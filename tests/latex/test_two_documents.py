"""Two documents in one folder, of which nobody said which is which."""

from __future__ import annotations

import re

import pytest
from papers import ENGINES, Paper, article


def two_documents(online: Paper) -> dict[str, str]:
    """Two documents in one folder with one prompt and sections of their own: each its picture."""
    shown = {}
    for name, subject in (("alpha", "Whales sing."), ("beta", "Boats float.")):
        body = f"\\section{{One}}\n{subject}\n\n\\pbfigure[width=2cm]{{What is told here}}\n"
        online.write(f"{name}.tex", article(body))
        online.run("pbfigure", "init", f"{name}.tex")
    for name in ("alpha", "beta", "alpha"):
        assert online.latexmk(main=f"{name}.tex").status == 0
        (shown[name],) = online.shown(pdf=online.folder / f"{name}.pdf")
    return shown


def test_documents_in_one_folder_show_each_its_own_picture(online: Paper) -> None:
    shown = two_documents(online)
    own = {name.partition("-")[0]: look for name, look in online.pictures().items()}
    assert shown == own
    assert shown["alpha"] != shown["beta"]


@pytest.mark.parametrize("engine", ENGINES)
def test_where_nothing_tells_the_document_no_other_ones_picture_is_shown(
    online: Paper, engine: str
) -> None:
    two_documents(online)
    online.write("output.tex", (online.folder / "alpha.tex").read_bytes())  # Overleaf's name
    assert online.run(engine, "-interaction=nonstopmode", "output.tex").status == 0
    assert online.shown(pdf=online.folder / "output.pdf") == set()
    log = (online.folder / "output.log").read_text(errors="replace")
    assert "usepackage[name=...]{paperbanana}" in re.sub(r"\(paperbanana\)|\s", "", log)
    assert "\n!" not in log
