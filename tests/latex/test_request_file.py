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


@pytest.mark.parametrize("line", ["²", "1²", "9" * 400, "-1", "", "٣"])
def test_a_line_that_is_no_number_is_told_of(line: str) -> None:
    data = (
        f"pbq=3\nshown=1\nfigure={'A' * 32}\nline={line}\nprompt=A pump\nend=figures:1,headings:0"
    )
    read = parse_requests(f"{data},partial:0\n".encode())
    assert read.problems == ("a part of the request file cannot be read",)
    assert read.asked == ()


def test_a_request_file_beyond_its_limit_is_not_read() -> None:
    read = parse_requests(b"pbq=3\n" + b"unknown=x\n" * 800_000)
    assert read.problems == (
        "the request file is not read: it is a link, or larger than 8,000,000 bytes",
    )


def test_of_any_number_of_unknown_keys_three_are_told() -> None:
    figure = f"figure={'A' * 32}\n" + "".join(f"unknown=k{n}\n" for n in range(9)) + "line=1\n"
    read = parse_requests(f"pbq=3\nshown=1\n{figure}end=figures:1,headings:0,partial:0\n".encode())
    assert len(read.asked[0].problems) == 3
