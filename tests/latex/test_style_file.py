"""paperbanana.sty alone, on three engines, with a map written by hand: TeX and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from papers import Paper, article, every_engine, one_engine, pixels, plain_picture
from PIL import Image

from latex_hook.sources.tokens import squashed, without_comments
from latex_hook.tex import keys
from latex_hook.tex.picture_map import MapEntry, write_map
from latex_hook.tex.request_file import Requests, read_requests
from pbfigure.project.settings import SETTINGS

PROMPTS = {
    "accents": "Façade of a café in Málaga, naïve style",
    "cjk": "海洋の炭素循環 and 海洋碳循环",
    "emoji": "A banana 🍌 and a whale 🐳",
    "specials": r"50\% of \$3 \& \#1 a\_b \{x\} x~y \textbackslash",
    "maths": r"The curve $x^2_1$ over \(\alpha\)",
    "long": " ".join(["carbon"] * 1700),
}
PLACES = r"""
\begin{figure}\pbfigure{in a figure}\caption{C}\end{figure}
\begin{figure}
  \begin{subfigure}{.4\linewidth}\pbfigure{in a subfigure}\caption{a}\end{subfigure}
  \begin{subfigure}{.4\linewidth}\pbfigure{in another subfigure}\caption{b}\end{subfigure}
  \caption{Two}
\end{figure}
\begin{wrapfigure}{r}{.3\linewidth}\pbfigure[width=\linewidth]{in a wrapfigure}\end{wrapfigure}
Text beside it.\par\medskip
\begin{tabular}{c|c} a & \pbfigure[height=1cm]{in a tabular} \\
  \pbfigure{in a cell} & b \end{tabular}
\begin{minipage}{.3\linewidth}\pbfigure{in a minipage}\end{minipage}
\parbox{4cm}{\pbfigure{in a parbox}}
Text\footnote{A note \pbfigure[width=1cm]{in a footnote}}.
\begin{figure}x\caption[short]{A caption with \pbfigure[width=5mm]{in a caption}}\end{figure}
\newsavebox\mybox \sbox\mybox{\pbfigure{in a savebox}}\usebox\mybox
\newcommand\wrapped[2][]{\begin{center}\pbfigure[#1]{#2 by a wrapper}\end{center}}
\wrapped[width=2cm]{made}
\fbox{\pbfigure{in a frame}}
\begin{itemize}\item \pbfigure{in an item}\end{itemize}
"""
COUNT = 14


def draw(paper: Paper, colour: str = "red") -> Requests:
    """Give every figure that the last pass asked for a picture of one colour."""
    requests = read_requests(paper.path(".pbq"))
    paper.write("paperbanana/one.png", plain_picture(colour))
    entries = [
        MapEntry(asked.id, asked.md5, "paperbanana/one.png", "", "A prompt", "m", "2026-11-22", "6")
        for asked in requests.asked
    ]
    write_map(
        paper.folder / "paperbanana/pbmap.tex", {"paper": {entry.key: entry for entry in entries}}
    )
    return requests


def red(size: tuple[int, int] = (60, 30)) -> str:
    return pixels(Image.new("RGB", size, "red"))


@pytest.fixture
def paper(paper: Paper) -> Paper:
    paper.init()
    return paper


@every_engine
def test_a_missing_picture_is_a_frame_with_id_and_prompt_and_one_warning_with_its_line(
    paper: Paper, engine: str
) -> None:
    paper.write("paper.tex", article("Text.\n\n\\pbfigure[id=whale]{A whale & 100\\% sea}"))
    built = paper.tex(engine)
    assert built.status == 0
    assert paper.errors() == []
    assert len(paper.warnings()) == 1
    assert re.search(r"Figure 'whale' has no picture yet.* on line 7\.", paper.warnings()[0])
    assert "[whale] A whale" in paper.text()
    assert "No file paperbanana/pbmap.tex." in paper.log()


def missing(paper: Paper) -> set[str]:
    """The figures on pages that TeX had no picture for."""
    return set(re.findall(r"^missing=(\d+)$", paper.path(".pbq").read_text(), re.MULTILINE))


@every_engine
def test_it_works_wherever_a_figure_can_stand(paper: Paper, engine: str) -> None:
    preamble = "\\usepackage{wrapfig,subcaption}\\usepackage[T1]{fontenc}"
    paper.write("paper.tex", article(f"\\listoffigures\n{PLACES}", preamble))
    assert paper.tex(engine).status == 0
    assert len(paper.warnings()) == COUNT
    requests = draw(paper)
    assert requests.complete
    assert len(missing(paper)) == len(requests.asked) == COUNT
    assert {asked.prompt for asked in requests.asked} >= {"in a caption", "made by a wrapper"}
    for _ in range(2):
        assert paper.tex(engine).status == 0
    assert paper.warnings() == []
    assert paper.errors() == []
    assert paper.shown() == {red()}
    images = paper.run("pdfimages", "-list", str(paper.path(".pdf"))).output
    assert len(images.splitlines()) - 2 >= COUNT
    assert missing(paper) == set()


@one_engine
@pytest.mark.parametrize("fragile", ["", "[fragile]"])
def test_it_works_in_beamer_frames_with_overlays_and_asks_once(
    paper: Paper, engine: str, fragile: str
) -> None:
    paper.write(
        "paper.tex",
        "\\documentclass{beamer}\\usepackage{paperbanana}\\begin{document}\n"
        f"\\begin{{frame}}{fragile}{{Title}}\n\\pause\n"
        "\\only<2->{\\pbfigure[height=2cm]{on a slide, 50\\% done}}\n\\pause more\n"
        "\\end{frame}\n\\end{document}\n",
    )
    assert paper.tex(engine).status == 0
    requests = draw(paper)
    assert [asked.prompt for asked in requests.asked] == ["on a slide, 50% done"]
    assert paper.tex(engine).status == 0
    assert paper.warnings() == []
    assert paper.shown() == {red()}


@every_engine
def test_any_prompt_is_asked_for_as_written_and_never_an_error(paper: Paper, engine: str) -> None:
    figures = (f"\\pbfigure[id={kind}]{{{prompt}}}" for kind, prompt in PROMPTS.items())
    paper.write("paper.tex", article("\n\n".join(figures)))
    assert paper.tex(engine).status == 0
    assert paper.errors() == []
    asked = {each.id: squashed(each.source) for each in draw(paper).asked}
    written = {kind: squashed(without_comments(prompt)) for kind, prompt in PROMPTS.items()}
    assert asked == written
    assert paper.tex(engine).status == 0
    assert paper.warnings() == []
    assert paper.shown() == {red()}


@one_engine
def test_draft_draws_frames_and_warns_of_nothing_that_is_there(paper: Paper, engine: str) -> None:
    paper.write("paper.tex", article("\\pbfigure[id=here]{A prompt}", options="[draft]"))
    paper.tex(engine)
    draw(paper)
    assert paper.tex(engine).status == 0
    assert paper.warnings() == []
    assert paper.shown() == set()
    assert "[here] A prompt" in paper.text()


@one_engine
def test_the_class_option_draft_draws_frames_too(paper: Paper, engine: str) -> None:
    text = article("\\pbfigure[id=here]{A prompt}")
    paper.write("paper.tex", text.replace("\\documentclass", "\\documentclass[draft]"))
    paper.tex(engine)
    draw(paper)
    paper.tex(engine)
    assert paper.shown() == set()
    assert "[here] A prompt" in paper.text()


@one_engine
def test_a_picture_of_another_prompt_is_shown_with_a_warning(paper: Paper, engine: str) -> None:
    paper.write("paper.tex", article("\\pbfigure[id=here]{A prompt}"))
    paper.tex(engine)
    draw(paper)
    paper.edit("paper.tex", "A prompt", "Another prompt")
    assert paper.tex(engine).status == 0
    assert paper.shown() == {red()}
    assert len(paper.warnings()) == 1
    assert "'here' shows a picture drawn from another prompt" in paper.warnings()[0]


@one_engine
def test_neither_a_size_nor_an_id_that_is_added_loses_the_picture(
    paper: Paper, engine: str
) -> None:
    paper.write("paper.tex", article("\\pbfigure{A prompt}"))
    paper.tex(engine)
    draw(paper)
    paper.edit("paper.tex", "\\pbfigure{", "\\pbfigure[id=new,width=3cm,angle=90]{")
    paper.tex(engine)
    assert paper.warnings() == []
    assert paper.shown() == {red()}


@one_engine
def test_a_deleted_picture_is_a_placeholder_and_a_warning(paper: Paper, engine: str) -> None:
    paper.write("paper.tex", article("\\pbfigure[id=here]{A prompt}"))
    paper.tex(engine)
    draw(paper)
    (paper.folder / "paperbanana/one.png").unlink()
    assert paper.tex(engine).status == 0
    assert "has lost its picture paperbanana/one.png" in paper.warnings()[0]


@one_engine
def test_a_pointer_of_git_lfs_is_a_placeholder_and_a_warning(paper: Paper, engine: str) -> None:
    paper.write("paper.tex", article("\\pbfigure[id=here]{A prompt}"))
    paper.tex(engine)
    draw(paper)
    paper.write(
        "paperbanana/one.png", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\n"
    )
    assert paper.tex(engine).status == 0
    assert "has a file that is no picture, paperbanana/one.png" in paper.warnings()[0]
    assert '"git lfs pull" fetches the picture' in " ".join(paper.log().split())
    assert paper.shown() == set()


@one_engine
def test_an_unknown_key_is_one_error_and_the_pdf_comes_out(paper: Paper, engine: str) -> None:
    paper.write("paper.tex", article("\\pbfigure[widht=3cm]{A prompt}"))
    paper.tex(engine)
    (error,) = paper.errors()
    assert '\\pbfigure has no key "widht".' in error
    assert "l.5" in paper.log()
    assert paper.path(".pdf").exists()


@one_engine
def test_a_note_of_the_map_is_a_warning_and_nothing_in_it_is_a_command(
    paper: Paper, engine: str
) -> None:
    paper.write("paper.tex", article("\\pbfigure[id=a]{A prompt}"))
    paper.tex(engine)
    (asked,) = read_requests(paper.path(".pbq")).asked
    note = "the service said: \\undefined{x} 100% #1 ~ ^^M $"
    entry = MapEntry("a", asked.md5, "", note)
    write_map(paper.folder / "paperbanana/pbmap.tex", {"paper": {entry.key: entry}})
    assert paper.tex(engine).status == 0
    assert paper.errors() == []
    assert note in " ".join(paper.warnings())


@one_engine
def test_figures_of_other_documents_in_the_folder_are_told_apart_by_name(
    paper: Paper, engine: str
) -> None:
    paper.write("paper.tex", article("\\pbfigure[id=a]{A prompt}", options="[name=thesis]"))
    paper.tex(engine)
    requests = read_requests(paper.path(".pbq"))
    assert requests.document == "thesis"
    (asked,) = requests.asked
    paper.write("paperbanana/thesis.png", plain_picture("red"))
    paper.write("paperbanana/paper.png", plain_picture("blue"))
    of = {name: MapEntry("a", asked.md5, f"paperbanana/{name}.png") for name in ("paper", "thesis")}
    write_map(paper.folder / "paperbanana/pbmap.tex", {name: {e.key: e} for name, e in of.items()})
    paper.tex(engine)
    assert paper.shown() == {red()}


@one_engine
def test_pbsetup_holds_in_its_group_and_pbcontext_is_transparent(paper: Paper, engine: str) -> None:
    body = (
        "\\begin{pbcontext}Printed text.\\end{pbcontext}\n"
        "\\begin{pbcontext*}Silent text.\\end{pbcontext*}\n"
        "{\\pbsetup{resolution=4K}\\pbfigure{inner}}\\pbfigure[resolution=1K]{outer}\\pbfigure{last}"
    )
    paper.write("paper.tex", article(body, "\\pbsetup{resolution=2K, mode=offline}"))
    assert paper.tex(engine).status == 0
    asked = {a.prompt: a.values["resolution"] for a in read_requests(paper.path(".pbq")).asked}
    assert asked == {"inner": "4K", "outer": "1K", "last": "2K"}
    assert "Printed text" in paper.text()
    assert "Silent" not in paper.text()


@one_engine
def test_pbsetup_takes_every_setting_that_a_document_may_make(paper: Paper, engine: str) -> None:
    wanted = {
        name.replace("_", "-")
        for name, setting in SETTINGS.items()
        if setting.in_files and not setting.help.startswith("Sphinx") and name != "defaults"
    }
    assert wanted == {*keys.SETTINGS, *wanted & keys.KNOWN}
    given = ",".join(f"{key}=1" for key in keys.SETTINGS)
    paper.write("paper.tex", article("Nothing.", f"\\pbsetup{{{given}}}"))
    assert paper.tex(engine).status == 0
    settings = read_requests(paper.path(".pbq")).settings
    assert settings == {key.replace("-", "_"): "1" for key in keys.SETTINGS}


@one_engine
def test_the_list_of_figures_names_page_prompt_model_date_and_credits(
    paper: Paper, engine: str
) -> None:
    paper.write("paper.tex", article("\\pbfigurelist\\clearpage\\pbfigure{A prompt}"))
    paper.tex(engine)
    draw(paper)
    for _ in range(2):
        assert paper.tex(engine).status == 0
    lines = paper.text().splitlines()
    row = next(number for number, line in enumerate(lines) if "A prompt" in line)
    assert lines[row].split() == ["2", "A", "prompt", "6"]
    assert lines[row + 1].split() == ["m,", "2026-11-22"]


@one_engine
def test_a_run_that_crashes_leaves_no_complete_request_file(paper: Paper, engine: str) -> None:
    paper.write("paper.tex", article("\\pbfigure{A prompt}\n\\csname @@end\\endcsname"))
    paper.tex(engine)
    assert not read_requests(paper.path(".pbq")).complete


@every_engine
def test_spaces_around_a_prompt_are_none_of_it_and_a_key_may_hold_it(
    paper: Paper, engine: str
) -> None:
    bodies = (
        "{A prompt}",
        "{ A prompt}",
        "{A prompt }",
        "{\n  A prompt\n}",
        "[prompt={ A prompt}]{}",
    )
    for body in (*bodies, "[prompt=A prompt]{ }"):
        paper.write("paper.tex", article(f"\\pbfigure{body}"))
        assert paper.tex(engine).status == 0
        (asked,) = read_requests(paper.path(".pbq")).asked
        assert (asked.prompt, asked.source) == ("A prompt", "A prompt")


@one_engine
def test_a_document_with_shorthands_reads_the_map(paper: Paper, engine: str) -> None:
    shorthands = (
        '{\\catcode34=13 \\gdef"#1{Q#1}\\catcode58=13 \\gdef:{;}}\n'
        "\\AtBeginDocument{\\catcode34=13 \\catcode58=13 }"
    )
    paper.write("paper.tex", article('\\pbfigure[id=fig:a]{Ein "Bild": schön!}', shorthands))
    assert paper.tex(engine).status == 0
    assert draw(paper).asked[0].prompt == 'Ein "Bild": schön!'
    assert paper.tex(engine).status == 0
    assert paper.warnings() == []
    assert paper.shown() == {red()}


@every_engine
def test_alt_text_goes_on_to_graphicx(paper: Paper, engine: str) -> None:
    preamble = (
        "\\makeatletter\\AtBeginDocument{\\define@key{Gin}{alt}{\\typeout{ALT <#1>}}}\\makeatother"
    )
    body = (
        "\\pbfigure[alt={A small whale}]{A whale}\\pbfigure{A second whale}"
        "\\pbsetup{alt=Nobody's}\\pbfigure[alt={}]{A wave, a decoration}\\pbfigure{A third whale}"
    )
    paper.write("paper.tex", article(body, preamble))
    paper.tex(engine)
    assert [asked.values.get("alt") for asked in draw(paper).asked] == [
        "A small whale",
        None,
        "",
        None,
    ]
    paper.tex(engine)
    assert "ALT <A small whale>" in paper.log()
    assert "ALT <A second whale>" in paper.log()
    assert "ALT <>" in paper.log()
    assert "ALT <A third whale>" in paper.log()


@every_engine
def test_a_prompt_file_takes_any_text_and_its_change_is_seen(
    paper: Paper, engine: str, tmp_path: Path
) -> None:
    paper.write("whale.txt", "Any text: 100% of #1 \\undefined {")
    paper.write("paper.tex", article("\\pbfigure[id=a,prompt-file=whale.txt]{}"))
    paper.tex(engine)
    draw(paper)
    paper.tex(engine)
    assert paper.warnings() == []
    paper.write("whale.txt", "Another text")
    paper.tex(engine)
    assert "another prompt" in paper.warnings()[0]


@one_engine
def test_the_first_figure_in_a_line_is_as_wide_as_any_other(paper: Paper, engine: str) -> None:
    figure = "\\setbox0\\hbox{\\pbfigure[width=2cm]{An \\emph{old} pump}}\\typeout{wide \\the\\wd0}"
    paper.write("paper.tex", article(figure * 2))
    paper.tex(engine)
    assert re.findall(r"wide ([\d.]+)pt", paper.log()) == ["56.9055"] * 2
