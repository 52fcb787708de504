r"""``\pbfigurelist``: the table of figures, fit to print."""

from __future__ import annotations

import re

import pytest
from papers import Paper, article

FIGURE = (
    "\\begin{{figure}}\\pbfigure[width=2cm{}]{{{}}}\\caption{{C}}\\label{{fig:{}}}\\end{{figure}}\n"
)
LONG = "A tank with an inlet at the top, " * 12


@pytest.mark.parametrize("options", ["", "[twocolumn]"])
def test_it_fits_its_column_cuts_prompts_at_words_and_sums_credits_once(
    online: Paper, options: str
) -> None:
    body = (
        "Some paragraph.\n\\pbfigurelist\n"
        + FIGURE.format("", LONG, "tank")
        + FIGURE.format(",type=standard,model=nano-banana-pro", "A pump", "pump")
        + FIGURE.format("", "A fox", "fox")
        + FIGURE.format("", "A fox", "again")
        + "\\pbfigure[width=2cm]{A bird}\n\\begin{table}\\caption{T}\\end{table}\\ref{fig:fox}"
    )
    online.write("paper.tex", article(body).replace("{article}", f"{options}{{article}}"))
    online.init()
    assert online.latexmk().status == 0
    assert "Overfull" not in online.log()
    text = online.text()
    words = " ".join(text.split())
    assert "Table 1: T" in text
    assert re.search(r"Figure\s+Page\s+Prompt\s+Credits", text)
    assert re.search(r"\b(A|tank|with|an|inlet|at|the|top,) ?(…|\. ?\. ?\.)", words), words
    total = re.search(r"Total\s+(\d+)", text)
    assert total
    assert int(total[1]) == 6 + 10 + 6 + 6  # the fox is shown twice and was bought once


def test_its_head_stands_on_every_page_and_every_number_is_the_captions(online: Paper) -> None:
    body = "\\pbfigurelist\n" + "".join(
        FIGURE.format("", f"Object number {n} of many, described in two lines or so of text", n)
        for n in range(24)
    )
    online.write("paper.tex", article(body))
    online.init()
    assert online.latexmk().status == 0
    text = online.text()
    assert len(re.findall(r"Figure\s+Page\s+Prompt\s+Credits", text)) >= 2
    numbers = re.findall(r"^ *(\d+) +\d+ +Object number (\d+)", text, re.MULTILINE)
    assert [int(number) - 1 for number, _ in numbers] == [int(n) for _, n in numbers]
    assert len(numbers) == 24


@pytest.mark.parametrize("class_", ["article", "revtex4-2"])
def test_a_figure_without_a_picture_is_listed_as_missing(paper: Paper, class_: str) -> None:
    narrow = "\\columnwidth=100pt\\linewidth=100pt\\hsize=100pt\\pbfigurelist"
    text = article(f"\\pbfigurelist\n{{{narrow}}}\n" + FIGURE.format("", "A fox", "fox"))
    paper.write("paper.tex", text.replace("{article}", f"{{{class_}}}"))
    paper.init()
    assert paper.latexmk().status == 0
    text = paper.text()
    assert "Overfull" not in paper.log()
    assert "missing" in text
    assert re.search(r"1\s+1\s+A fox", text)
    assert re.search(r"Total\s+0", text)
