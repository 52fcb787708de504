r"""Whatever bytes a source has, reading it takes time that grows with its length, and no faster.

Eight times the source may take about eight times the processor's time; quadratic is sixty-four.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hostile_shapes import SHAPES, read_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latex_hook.sources.inputs import read_document
from latex_hook.sources.locate import locate
from latex_hook.sources.scan import Scan, scan
from latex_hook.tex.request_file import Requests, TexHeading, TexRequest

SMALL, LARGE = 10_000, 80_000
TOO_MUCH = 24
"""Times the time of the small source that is no longer linear, with room for a busy machine."""
NOTHING = 0.01
"""Seconds in which the large source is never too slow."""


def read(folder: Path, text: str) -> Scan:
    (folder / "main.tex").write_text(text)
    return scan(read_document(folder / "main.tex", folder, {}))


def seconds(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def grows_with(source: Callable[[int], str], work: Callable[[str], object]) -> bool:
    """Whether work on a source grows with its length, and no faster."""
    small, large = source(SMALL), source(LARGE)
    for attempt in (1, 2, 3):
        short, long = (seconds(lambda text=text: work(text), attempt) for text in (small, large))
        if long < max(NOTHING, TOO_MUCH * short):
            return True
    return False


def repeated(unit: str) -> Callable[[int], str]:
    return lambda length: unit * (length // len(unit))


def numbered(unit: str) -> Callable[[int], str]:
    def source(length: int) -> str:
        names = (
            "".join(chr(97 + number // 26**place % 26) for place in range(4))
            for number in range(length // len(unit))
        )
        return "".join(unit.replace("@", name) for name in names)

    return source


@pytest.mark.parametrize(
    "unit",
    [
        *("\\pbfigure[", "\\pbfigure{", "\\pbfigure[{", "\\pbfigure[%", "\\pbfigure{%}\n"),
        *("\\pbfigure{x}", "\\pbfigure[a=b]{50%}\n", "\\pbsetup{", "\\begin{pbcontext}"),
        *("{", "}", "[", "{}", "{[", "\\", "%", "%\n", "\n", " ", "#1", "$", "\\{"),
        *("\\verb", "\\verb|", "\\verb{", "\\verb|x|", "\\lstinline[", "\\mintinline["),
        *("\\url[", "\\url{", "\\href{", "\\label{", "\\label[", "\\label{x}"),
        *("\\section[", "\\section{", "\\section{x}", "\\chapter*", "\\def\\x", "\\def\\x#1"),
        *(
            "\\newcommand{\\x}[1]{",
            "\\newcommand{\\x}{\\pbfigure",
            "\\let\\x",
            "\\def\\x          ",
        ),
        *("\\NewDocumentCommand{\\x}{", "\\newenvironment{x}[", "\\newenvironment{x}{\\verbatim"),
        *("\\DefineShortVerb{\\|}|", "\\MakeShortVerb", "\\excludecomment[", "\\newminted["),
        *("\\input{", "\\input x", "\\input{main}", "\\import{", "\\import{a}{b}", "\\include"),
        *(
            "\\usepackage[",
            "\\usepackage{x}",
            "\\usepackage[a]{inputenc",
            "\\inputencoding{latin1}é",
        ),
        *("\\iffalse", "\\iffalse\\ifx", "\\if@", "\\fi", "\\endinput", "\\end{document}"),
        *("\\begin{document}", "\\begin{verbatim}", "\\begin{", "\\begin   ", "\\begin{x}["),
        *("\\begin{lstlisting}[label=", "\\begin{x}[label=", "\\def\\input@path{{", "\0", "\u00e9"),
    ],
)
def test_one_piece_over_and_over_is_read_in_time(tmp_path: Path, unit: str) -> None:
    assert grows_with(repeated(unit), lambda text: read(tmp_path, text))


@pytest.mark.parametrize(
    "unit",
    [
        "\\newcommand{\\@}{\\pbfigure{x}}\\@",
        "\\newcommand{\\@}[1]{\\pbfigure{#1}}\\@{",
        "\\newcommand{\\@}[1]{\\input{#1}}\\@{x}",
        "\\newcommand{\\x@}{\\@x}",
        "\\input{@}",
        "\\usepackage{@}",
        "\\section{@}\\label{@}\\pbfigure{@}",
        "\\lstnewenvironment{@}{}{}\\begin{@}\\end{@}",
    ],
)
def test_ever_new_names_are_read_in_time(tmp_path: Path, unit: str) -> None:
    assert grows_with(numbered(unit), lambda text: read(tmp_path, text))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read_with_the_texts_of_its_figures_in_time(
    tmp_path: Path, shape: str
) -> None:
    assert grows_with(SHAPES[shape], lambda text: read_all(tmp_path, text))


@pytest.mark.parametrize(
    ("inner", "last"),
    [
        ("\\@", "word "),
        ("\\@{#1#1}", "#1#1 "),
        ("\\@{#1}", "\\pbfigure{#1}"),
        ("\\@{#1}", "\\section{#1}"),
        ("\\@{#1}", "\\input{#1}"),
        ("\\begin{@}", "x"),
    ],
)
def test_macros_that_multiply_at_every_step_end(tmp_path: Path, inner: str, last: str) -> None:
    names = "abcdefgh"
    source = ""
    for name, following in pairwise((*names, "")):
        body = inner.replace("@", following) * 10 if following else last
        source += f"\\newcommand{{\\{name}}}[1]{{{body}}}\n"
        source += f"\\newenvironment{{{name}}}{{{body}}}{{}}\n"
    read_all(tmp_path, f"{source}\\a{{word}} \\begin{{a}}x\\end{{a}}")


@pytest.mark.parametrize("shape", ["open labels", "pbcontext and figure"])
def test_a_source_takes_memory_by_its_length(tmp_path: Path, shape: str) -> None:
    source = SHAPES[shape](200_000)
    tracemalloc.start()
    read_all(tmp_path, source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200 * len(source)


_PIECES = (
    *("\\pbfigure", "\\section", "\\newcommand", "\\x", "\\verb", "\\input", "\\iffalse", "\\fi"),
    *("\\begin{verbatim}", "\\end{verbatim}", "\\begin{x}", "\\def", "\\label", "\\url", "\\if@x"),
    *("{", "}", "[", "]", "%", "\n", " ", "\\", "|", "#1", "a", "=", ",", "*", "é", "$", "&"),
)


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=7).map("".join))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_pieces_over_and_over_are_read_in_time(tmp_path: Path, unit: str) -> None:
    assert grows_with(repeated(unit), lambda text: read(tmp_path, text))


@given(st.binary(max_size=400))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "main.tex").write_bytes(data)
    scan(read_document(tmp_path / "main.tex", tmp_path, {}))


def test_inputs_that_double_at_every_step_end_with_one_notice(tmp_path: Path) -> None:
    for number in range(31):
        (tmp_path / f"f{number}.tex").write_text(
            f"\\input{{f{number + 1}}}\\input{{f{number + 1}}}x"
        )
    (tmp_path / "f31.tex").write_text("y" * 1000)
    found = read(tmp_path, "\\pbfigure{A whale}\n\\input{f0}")
    assert [call.prompt for call in found.calls] == ["A whale"]
    (notice,) = found.diagnostics
    assert "more than 10,000 files" in notice.text
    assert notice.text.endswith("figures in the rest are not seen")


def test_a_document_of_more_text_than_there_is_memory_ends_with_one_notice(tmp_path: Path) -> None:
    (tmp_path / "big.tex").write_text("A line of text.\n" * 1_000_000)
    found = read(tmp_path, "\\pbfigure{A whale}\n" + "\\input{big}\n" * 500)
    assert [call.prompt for call in found.calls] == ["A whale"]
    (notice,) = found.diagnostics
    assert "or 128,000,000 characters" in notice.text


@pytest.mark.parametrize("files", [("main",), ("one", "main"), ("one", "two", "one")])
def test_files_that_read_themselves_are_read_once(tmp_path: Path, files: tuple[str, ...]) -> None:
    for name, following in pairwise(files):
        (tmp_path / f"{name}.tex").write_text(f"\\pbfigure{{{name}}}\\input{{{following}}}")
    found = read(tmp_path, f"\\input{{{files[0]}}}\\pbfigure{{main}}")
    assert sorted(call.prompt or "" for call in found.calls) == sorted({*files, "main"})
    assert "reads itself" in found.diagnostics[0].text


@pytest.mark.parametrize("title", ["same", "{}"])
@pytest.mark.parametrize("prompt", ["same", "{}"])
@pytest.mark.parametrize("line", [1, 0])
def test_any_number_of_figures_is_located_in_time(
    tmp_path: Path, title: str, prompt: str, line: int
) -> None:
    """``line`` 0: TeX names each one's own."""

    def work(text: str) -> None:
        count = text.count("\n")
        headings = tuple(
            TexHeading(1, "section", title.format(number), line or number + 1, "")
            for number in range(count)
        )
        asked = tuple(
            TexRequest("", {}, "", prompt.format(number), line or number + 1, "", heading=number)
            for number in range(count)
        )
        requests = Requests(asked, headings, complete=True)
        found = locate(read(tmp_path, text), requests)
        assert line or [located.place.line for located in found] == list(range(1, count + 1))

    def source(length: int) -> str:
        return "".join(
            f"\\section{{{title.format(number)}}}\\pbfigure{{{prompt.format(number)}}}\n"
            for number in range(length // 30)
        )

    assert grows_with(source, work)
