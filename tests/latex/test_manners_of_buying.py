"""When a figure is made, when it waits, how it is named, and what its author is told."""

from __future__ import annotations

import pytest
from latexmk_process import started
from papers import Paper, article, plain_picture
from sandbox_process import SandboxProcess

PUMP = "\\section{Pumps}\nA text on pumps.\n\\pbfigure{A pump}\n"


def test_what_a_save_changed_is_held_until_it_is_bought_by_hand(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(PUMP))
    online.init()
    with started(online, "-pvc", "-view=none") as latexmk:
        latexmk.round(1)
        assert len(use_sandbox.log("generate")) == 1
        online.edit("paper.tex", "{A pump}", "{A red pump}")
        said = latexmk.round(2)
        assert len(use_sandbox.log("generate")) == 1
        (line,) = [line for line in said.splitlines() if "held" in line and "paper.tex:7" in line]
        assert "'pbfigure make paper.tex'" in line
        assert "6 credits" in line
        assert online.shown() == set()
        assert online.run("pbfigure", "latex", "paper.tex").status == 0
        assert len(use_sandbox.log("generate")) == 2
        latexmk.round(3)  # the map is news to it
        assert len(online.shown()) == 1


def test_with_on_save_generate_a_save_buys(online: Paper, use_sandbox: SandboxProcess) -> None:
    online.write("paper.tex", article(PUMP, "\\pbsetup{on-save=generate}"))
    online.init()
    with started(online, "-pvc", "-view=none") as latexmk:
        latexmk.round(1)
        online.edit("paper.tex", "{A pump}", "{A red pump}")
        latexmk.round(2)
        assert len(use_sandbox.log("generate")) == 2


DVIPDF = "$dvipdf = 'dvipdfmx %O -o %D %S'"
"""latexmk's own choice needs Ghostscript, which says nothing new here."""


@pytest.mark.parametrize(
    ("setup", "toml"),
    [
        ("{\\pbsetup{type=standard,model=nano-banana-2}\\pbfigure{A pump}}", ""),
        ("\\pbfigure{A pump}", '[defaults]\ntype = "standard"\nmodel = "nano-banana-2"\n'),
    ],
)
def test_no_text_is_sent_for_figures_that_are_standard_by_default(
    online: Paper, use_sandbox: SandboxProcess, setup: str, toml: str
) -> None:
    online.write("paperbanana.toml", toml)
    body = f"\\section{{One}}Text. {setup} \\pbfigure[type=pipeline]{{A tank}}"
    online.write("paper.tex", article(body))
    online.init()
    assert online.latexmk().status == 0
    sent = {each["body"]["prompt"]: each["body"] for each in use_sandbox.log("generate")}
    assert (sent["A pump"]["type"], sent["A pump"]["model"]) == ("standard", "nano-banana-2")
    assert "content" not in sent["A pump"]["options"]
    assert sent["A tank"]["type"] == "pipeline"
    assert sent["A tank"]["options"]["content"] == "One\n\nText."
    assert len(online.shown()) == 2


@pytest.mark.parametrize("folder", ["bilder_größe", "pics{1}"])
def test_of_a_picture_that_tex_cannot_name_it_shows_a_copy(
    online: Paper, use_sandbox: SandboxProcess, folder: str
) -> None:
    online.write("paperbanana.toml", f'figures_dir = "{folder}"\n')
    online.write("paper.tex", article("\\section{One}Text. \\pbfigure{A pump}"))
    online.init()
    assert online.latexmk().status == 0
    ((name, picture),) = online.pictures(folder).items()
    assert online.pictures() == {name: picture}
    assert online.shown() == {picture}
    online.write(f"paperbanana/{name}", plain_picture("red"))
    online.edit("paper.tex", "Text.", "Text, changed.")
    assert online.latexmk().status == 0
    assert online.shown() == {picture}
    assert len(use_sandbox.log("generate")) == 1


def test_a_dvi_file_gets_a_word_and_a_placeholder_and_nothing_is_bought(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(PUMP))
    online.init()
    words = []
    for mode in ("-dvi", "-ps", "-pdfdvi"):
        command = ("latexmk", "-pdf-", "-e", DVIPDF, mode, "-interaction=nonstopmode", "paper.tex")
        built = online.run(*command)
        assert built.status == 0, built
        words.append(built.output.count("TeX wrote a DVI file"))
        assert "Run number" not in online.run(*command).output, "there is nothing left to do"
    assert words == [1, 0, 0], "TeX runs once for all three"
    online.run("pdflatex", "-draftmode", "-interaction=nonstopmode", "paper.tex")
    assert "TeX ran with -draftmode" in online.run("pbfigure", "latex", "paper.tex").output
    assert use_sandbox.log("generate") == []
    assert online.latexmk().status == 0
    assert len(use_sandbox.log("generate")) == 1
    assert len(online.shown()) == 1


@pytest.mark.parametrize("where", ["\\documentclass", "\\usepackage"])
def test_the_option_draft_hides_pictures_and_buys_none(
    online: Paper, use_sandbox: SandboxProcess, where: str
) -> None:
    online.write("paper.tex", article(PUMP).replace(where, f"{where}[draft]", 1))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert "the option draft" in built.output
    assert "A draft shows no picture" in " ".join(online.warnings())
    assert "Run number" not in online.latexmk().output
    assert "the option draft" in online.run("pbfigure", "plan", "paper.tex").output
    assert use_sandbox.log("generate") == []
    online.edit("paper.tex", "[draft]", "")
    assert online.latexmk().status == 0
    assert len(use_sandbox.log("generate")) == len(online.shown()) == 1


@pytest.mark.parametrize(
    ("preamble", "figures", "bought"),
    [
        ("\\documentclass{article}\\usepackage[draft]{graphicx}", "{A}", []),
        ("\\documentclass{article}\\usepackage[demo]{graphicx}", "{A}", []),
        ("\\documentclass[draft]{article}\\usepackage[final]{graphicx}", "{A}", ["A"]),
        ("\\documentclass[draft]{article}", "[draft=false]{A} \\pbfigure{B}", ["A"]),
        ("\\documentclass{article}", "[draft]{A} \\pbfigure{B}", ["B"]),
        ("\\documentclass{article}", "{A} {\\setkeys{Gin}{draft}\\pbfigure{B}}", ["A"]),
    ],
)
def test_what_graphicx_shows_as_a_frame_is_not_bought(
    online: Paper, use_sandbox: SandboxProcess, preamble: str, figures: str, bought: list[str]
) -> None:
    text = article(f"\\section{{S}}Text. \\pbfigure{figures}")
    online.write("paper.tex", text.replace("\\documentclass{article}", preamble))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert [task["request"]["prompt"] for task in use_sandbox.tasks()] == bought
    assert len(online.shown()) == len(bought)
    assert "Run number" not in online.latexmk().output


def test_a_word_that_only_a_later_pass_knows_is_waited_for(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    words = "\\begin{acronym}\\acro{cpu}[CPU]{central processing unit}\\end{acronym}"
    body = f"\\section{{S}}Text. \\pbfigure{{A red \\ac{{cpu}}}}\n\n{words}"
    online.write("paper.tex", article(body, "\\usepackage{acronym}"))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert [task["request"]["prompt"] for task in use_sandbox.tasks()] == ["A red CPU"]
    assert len(online.shown()) == 1
    assert "Run number" not in online.latexmk().output


def test_a_default_counts_for_the_figures_whose_type_can_have_it(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    figures = (
        "\\pbfigure[type=pipeline]{A} \\pbfigure{B} {\\pbsetup{resolution=4K}\\pbfigure{C}}"
        "\n\n\\pbfigure[type=pipeline,model=nano-banana-pro]{D}"
    )
    setup = "\\pbsetup{type=standard,model=nano-banana-2,google-search}"
    online.write("paper.tex", article(f"\\section{{S}}Text. {figures}", setup))
    online.init()
    built = online.latexmk()
    sent = {task["request"]["prompt"]: task["request"] for task in use_sandbox.tasks()}
    models = {prompt: request.get("model") for prompt, request in sent.items()}
    assert models == {"A": None, "B": "nano-banana-2", "C": "nano-banana-2"}
    assert "model: for standard figures only" in built.output


def texts_sent(service: SandboxProcess) -> dict[str, str]:
    """The text that each prompt was sent with."""
    sent = [entry["body"] for entry in service.log("generate")]
    return {body["prompt"]: body["options"]["content"] for body in sent}


FLOATS_AT_THE_END = (
    "\\section{{Pumps}}\nA text on pumps.\n{one}\n"
    "\\section{{Tanks}}\nA text on tanks.\n{other}\n\\section{{End}}\nThe end.\n"
)


def at_the_end(paper: Paper, *prompts: str) -> None:
    head, tail = "\\begin{figure}\n\\pbfigure{", "}\n\\caption{x}\n\\end{figure}\n"
    floats = [f"{head}{prompt}{tail}" for prompt in prompts]
    body = FLOATS_AT_THE_END.format(one=floats[0], other=floats[1])
    paper.write("paper.tex", article(body, "\\usepackage{endfloat}"))
    paper.init()


def test_a_figure_that_endfloat_moves_is_drawn_from_its_own_section(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    at_the_end(online, "A pump", "A tank")
    assert online.latexmk().status == 0
    sent = texts_sent(use_sandbox)
    assert "A text on pumps." in sent["A pump"]
    assert "A text on tanks." in sent["A tank"]
    assert "The end." not in str(sent)
    assert len(online.shown()) == 2


def test_a_figure_that_endfloat_moves_and_that_stands_twice_is_not_bought(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    at_the_end(online, "A pump", "A pump")
    built = online.latexmk()
    assert built.status == 0
    assert use_sandbox.log("generate") == []
    assert "is not surely known, so no text is sent with it" in built.output
    assert "context=label:NAME" in built.output


@pytest.mark.parametrize("copy", ["\\let\\fig\\pbfigure", "\\NewCommandCopy\\fig\\pbfigure"])
def test_a_figure_by_another_name_is_bought_once_and_leaves_no_key_in_the_text(
    copy: str, online: Paper, use_sandbox: SandboxProcess
) -> None:
    body = "\\section{Pumps}\nA text.\n\n\\fig[width=3cm]{A pump}\n\nMore text."
    online.write("paper.tex", article(body, copy))
    online.init()
    assert online.latexmk().status == 0
    (text,) = texts_sent(use_sandbox).values()
    assert "width" not in text
    assert "3cm" not in text
    assert "More text." in text
    assert len(online.shown()) == 1


FLOAT = (
    "\\section{{Pumps}}\nA text.\n\\begin{{figure}}\\centering\\fbox{{\\pbfigure{{{}}}}}"
    "\\caption{{x}}\\label{{fig:review}}\\end{{figure}}\n"
)


def test_a_float_s_label_names_the_figure_which_keeps_its_last_picture(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(FLOAT.format("A pump")))
    online.init()
    assert online.latexmk().status == 0
    (name,) = online.pictures()
    assert name.startswith("paper--fig-review-")
    shown = online.shown()
    online.edit("paper.tex", "{A pump}", "{A red pump}")
    online.env["PAPERBANANA_MODE"] = "offline"
    built = online.latexmk()
    assert built.status == 0
    assert online.shown() == shown
    told = [line for line in built.output.splitlines() if "outdated" in line]
    assert len([line for line in told if line.startswith("paper.tex:")]) == 1, built
    assert online.warnings() == []


def test_a_subfigure_s_own_label_comes_before_its_float_s(online: Paper) -> None:
    subfigure = "\\begin{{subfigure}}{{3cm}}\\pbfigure{{A {0}}}\\label{{fig:{0}}}\\end{{subfigure}}"
    body = (
        "\\section{A}Text.\n\\begin{figure}"
        + "".join(subfigure.format(name) for name in ("pump", "tank"))
        + "\\label{fig:both}\\end{figure}"
    )
    online.write("paper.tex", article(body, "\\usepackage{subcaption}"))
    online.init()
    assert online.latexmk().status == 0
    pump, tank = sorted(online.pictures())
    assert pump.startswith("paper--fig-pump-")
    assert tank.startswith("paper--fig-tank-")


def test_a_prompt_in_a_heading_leaves_a_sane_bookmark(online: Paper) -> None:
    body = "\\section{On \\pbfigure[height=1cm]{A pump}things}Text."
    online.write("paper.tex", article(body, "\\usepackage{hyperref}"))
    online.init()
    assert online.latexmk().status == 0
    bookmarks = online.path(".out").read_text()
    assert "pump" not in bookmarks
    assert "height" not in bookmarks


def test_a_prompt_file_that_is_not_there_is_told_with_where_it_was_looked_for(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article("\\section{A}Text.\n\n\\pbfigure[prompt-file=p.txt]{}"))
    online.init()
    built = online.latexmk()
    assert f'paper.tex:7: error: figure "": prompt-file: {online.folder}/p.txt' in built.output
    assert use_sandbox.log("generate") == []


@pytest.mark.parametrize("body, left", [
    ("A \\unheardof{pump}", "\\unheardof"),
    ("A \\odd{pump}", "\\@odd"),
])  # fmt: skip
def test_a_prompt_in_which_tex_is_left_is_not_bought(
    online: Paper, use_sandbox: SandboxProcess, body: str, left: str
) -> None:
    section = "\\section{A}Text.\n\n"
    preamble = "\\makeatletter\\def\\odd{\\@odd}\\makeatother"
    online.write("paper.tex", article(f"{section}\\pbfigure{{{body}}}", preamble))
    online.init()
    built = online.latexmk()
    errors = [line for line in built.output.splitlines() if line.startswith("paper.tex:7: error: ")]
    assert f"TeX left {left} in it: write what a reader is to see" in errors[0]
    assert use_sandbox.log("generate") == []
    online.write("p.txt", body)
    online.write("paper.tex", article(f"{section}\\pbfigure[prompt-file=p.txt]{{}}", preamble))
    assert online.latexmk().status == 0
    (order,) = use_sandbox.log("generate")
    assert order["body"]["prompt"] == body


def test_two_documents_in_one_run_are_idle_the_second_time(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    for name in ("one", "two"):
        online.write(f"{name}.tex", article(f"\\section{{A}}Text.\n\\pbfigure{{A {name}}}"))
    online.main = "one.tex"
    online.init()
    command = ("latexmk", "-pdf", "-interaction=nonstopmode", "one.tex", "two.tex")
    assert online.run(*command).status == 0
    assert len(use_sandbox.log("generate")) == 2
    again = online.run(*command)
    assert again.status == 0
    assert "Run number" not in again.output
