"""Which request file is a document's, and what a hostile one comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from latex_hook.tex.request_file import find_request_file, parse_requests


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["paper.tex"], "paper.pbq"),
        (["paper.tex", "paper.pbq", "build/paper.pbq"], "paper.pbq"),
        (["paper.tex", "build/paper.pbq"], "build/paper.pbq"),
        (["paper.tex", "out/tex/paper.pbq"], "out/tex/paper.pbq"),
        (["paper.tex", "talk/paper.tex", "talk/paper.pbq"], "paper.pbq"),
        (["paper.tex", "one/paper.pbq", "two/paper.pbq"], "paper.pbq"),
    ],
)
def test_a_documents_request_file_is_never_that_of_another(
    tmp_path: Path, names: list[str], found: str
) -> None:
    put(tmp_path, *names)
    assert find_request_file(tmp_path / "paper.tex") == tmp_path / found


@pytest.mark.parametrize(
    "lines",
    [
        "figure=" + "A" * 32 + "\nprompt=x\nline=" + "9" * 5000,
        "end=figures:" + "9" * 5000 + ",headings:0,partial:0",
        "part=a\0b\nend=figures:0,headings:0,partial:0",
        "shown=" + "9" * 5000 + "\nfigure=" + "A" * 32 + "\nprompt=x\nline=1",
        "heading=9999999999\nline=1",
    ],
)
def test_numbers_and_names_beyond_reason_ask_for_nothing(lines: str) -> None:
    requests = parse_requests(f"pbq=3\n{lines}\n".encode())
    assert requests.asked == ()
    assert all("\0" not in part for part in requests.parts)
