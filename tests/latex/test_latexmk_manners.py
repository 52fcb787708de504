"""How authors use latexmk: -pvc, -cd, -jobname, -C, spaces, several documents, their own rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from latexmk_process import started
from papers import BIN, Built, Paper, article
from sandbox_process import SandboxProcess
from wait_for import wait_for

STANDARD = "type=standard,model=nano-banana-2"
FIGURE = f"\\pbfigure[{STANDARD},width=3cm]"


def test_pvc_survives_a_failing_hook_and_picks_up_the_mended_figure(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(f"Text.\n\n{FIGURE}{{A whale}}"))
    online.init()
    online.env["PAPERBANANA_ON_SAVE"] = "generate"
    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=400)
    with started(online, "-pvc", "-view=none") as latexmk:
        latexmk.round(1)
        assert len(use_sandbox.log("generate")) == 1
        assert online.shown() == set()
        use_sandbox.clear_faults()
        online.edit("paper.tex", "Text.", "More text.")
        wait_for(lambda: len(shown(online)) == 1)
        assert latexmk.process.poll() is None
        first = online.shown()
        online.edit("paper.tex", "A whale", "Two whales")
        wait_for(lambda: len(shown(online)) == 1 and shown(online) != first)
        assert latexmk.process.poll() is None


def shown(paper: Paper) -> set[str]:
    """What the PDF shows, if it is whole just now."""
    try:
        return paper.shown()
    except AssertionError:
        return set()


def test_cd_builds_in_the_documents_own_folder(online: Paper) -> None:
    online.main = "sub/paper.tex"
    online.write("sub/paper.tex", article(f"{FIGURE}{{A whale}}"))
    online.init()
    built = online.run(
        *("latexmk", "-cd", "-r", "sub/.latexmkrc", "-pdf", "-interaction=nonstopmode"),
        "sub/paper.tex",
    )
    assert built.status == 0, built
    assert len(online.shown()) == 1
    assert (online.folder / "sub/paperbanana/pbmap.tex").exists()
    assert not (online.folder / "paperbanana").exists()


def test_a_main_file_in_a_folder_below_is_built_from_above(online: Paper) -> None:
    online.write("src/paper.tex", article("\\input{src/part}"))
    online.write("src/part.tex", f"{FIGURE}{{A whale}}")
    online.init()
    (online.folder / "paper.tex").unlink()
    assert online.latexmk(main="src/paper.tex").status == 0
    assert len(online.shown()) == 1
    assert (online.folder / "paperbanana/pbmap.tex").exists()


def test_another_jobname_finds_its_own_pictures(online: Paper) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    online.init()
    assert online.latexmk("-jobname=output").status == 0
    assert len(online.shown(pdf=online.folder / "output.pdf")) == 1
    assert "Run number" not in online.latexmk("-jobname=output").output


def test_spaces_in_names_do_no_harm(online: Paper) -> None:
    online.main = "my paper.tex"
    online.write("my paper.tex", article("\\input{a part}"))
    online.write("a part.tex", f"{FIGURE}{{A whale}}")
    online.init()
    assert online.latexmk().status == 0
    assert len(online.shown()) == 1
    assert online.warnings() == []
    assert "Run number" not in online.latexmk().output


def test_cleaning_up_leaves_the_pictures_and_the_map(online: Paper) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    online.init()
    online.latexmk()
    pictures = online.pictures()
    assert online.latexmk("-C").status == 0
    assert not online.path(".pdf").exists()
    assert not [p.name for p in online.folder.glob("paper.pb*")]
    assert online.pictures() == pictures
    assert (online.folder / "paperbanana/pbmap.tex").exists()


def test_two_documents_of_a_folder_keep_their_pictures_apart(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    for name in ("paper", "talk"):
        online.write(
            f"{name}.tex",
            article(
                f"\\pbfigure[{STANDARD}]{{A whale in the {name}}}\\pbfigure[{STANDARD}]{{Both}}",
                options=f"[name={name}]",
            ),
        )
    online.init()
    assert online.run("latexmk", "-pdf", "-interaction=nonstopmode").status == 0
    assert len(use_sandbox.log("generate")) == 3
    paper, talk = online.shown(), online.shown(pdf=online.folder / "talk.pdf")
    assert len(paper) == len(talk) == 2
    assert len(paper & talk) == 1
    for _ in range(2):
        built = online.run("latexmk", "-pdf", "-interaction=nonstopmode")
    assert "Run number" not in built.output


def test_includeonly_leaves_the_other_chapters_pictures_in_the_map(online: Paper) -> None:
    online.write(
        "paper.tex",
        "\\documentclass{report}\\usepackage{paperbanana}\n%ONLY\n"
        "\\begin{document}\\include{one}\\include{two}\\end{document}\n",
    )
    for name in ("one", "two"):
        online.write(f"{name}.tex", f"\\chapter{{{name}}}\n{FIGURE}{{Chapter {name}}}\n")
    online.init()
    assert online.latexmk().status == 0
    both = online.shown()
    assert len(both) == 2
    online.edit("paper.tex", "%ONLY", "\\includeonly{two}")
    assert online.latexmk().status == 0
    assert len(online.shown()) == 1
    del online.env["PAPERBANANA_API_KEY"]
    online.edit("paper.tex", "\\includeonly{two}", "%ONLY")
    assert online.latexmk().status == 0
    assert online.shown() == both
    assert online.warnings() == []


@pytest.mark.parametrize("notes", ["", "\n__END__\nNotes, and no Perl: {{ $"])
def test_init_twice_changes_nothing_and_keeps_what_stands_there(online: Paper, notes: str) -> None:
    code = "$pdf_mode = 1;\nadd_hook('before_xlatex', sub { print \"OWN HOOK\\n\"; 0 });"
    own = code + notes
    online.write("latexmkrc", own)
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    first = online.run("pbfigure", "init", "paper.tex")
    assert first.status == 0, first
    text = (online.folder / "latexmkrc").read_text()
    assert text.startswith(code)
    assert text.endswith(notes)
    second = online.run("pbfigure", "init", "paper.tex")
    assert "latexmkrc: kept" in second.output
    assert (online.folder / "latexmkrc").read_text() == text
    assert not (online.folder / ".latexmkrc").exists()
    built = online.run("latexmk", "-interaction=nonstopmode", "paper.tex")
    assert built.status == 0
    assert "OWN HOOK" in built.output
    assert len(online.shown()) == 1


def test_init_replaces_an_older_rule_where_it_stands(online: Paper) -> None:
    online.write(
        ".latexmkrc",
        "# before\n# >>> paperbanana: old >>>\nold();\n# <<< paperbanana <<<\n# after\n",
    )
    online.write("paper.tex", article("x"))
    online.init()
    text = (online.folder / ".latexmkrc").read_text()
    assert text.startswith("# before\n# >>> paperbanana")
    assert text.endswith("# <<< paperbanana <<<\n# after\n")
    assert "old();" not in text


def test_a_document_without_figures_is_built_as_if_nothing_were_there(online: Paper) -> None:
    online.init()
    online.write("paper.tex", "\\documentclass{article}\\begin{document}x\\end{document}")
    assert online.latexmk().status == 0
    assert not (online.folder / "paperbanana").exists()
    assert "pbfigure" not in online.latexmk("-g").output


def test_a_committed_paper_builds_in_a_clone_without_key_or_tool(
    online: Paper, tmp_path: Path, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}\\pbfigure{{A diagram}}"))
    online.edit("paper.tex", "\\begin{document}", "\\begin{document}\\section{S} Text.")
    online.init()
    online.latexmk()
    shown = online.shown()
    online.latexmk("-C")
    asked = len(use_sandbox.log())
    clone = Paper(tmp_path / "clone", dict(online.env))
    online.run("cp", "-r", ".", str(clone.folder))
    clone.env.pop("PAPERBANANA_API_KEY")
    clone.env["PAPERBANANA_CACHE_DIR"] = str(tmp_path / "empty")
    clone.env["PAPERBANANA_MODE"] = "frozen"
    assert clone.latexmk().status == 0
    assert clone.shown() == shown
    clone.env["PATH"] = os.environ["PATH"]
    clone.latexmk("-C")
    assert clone.run("pdflatex", "-interaction=nonstopmode", "paper.tex").status == 0
    assert clone.shown() == shown
    assert len(use_sandbox.log()) == asked


def test_the_same_figure_in_sphinx_and_latex_has_one_key(
    online: Paper, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    prompt = "A café’s “whale” – 50% of it & more"
    source = "A caf\\'e’s ``whale'' -- 50\\% of it \\& more"
    body = (
        f"\\pbfigure[{STANDARD}]{{{source}}}\n"
        "\\section{S}\\begin{pbcontext}The \\emph{whole}\n  text~here. It goes on."
        "\\end{pbcontext}\n"
        "\\pbfigure{A diagram}\n"
    )
    online.write("paper.tex", article(body))
    online.init()
    assert online.latexmk().status == 0
    assert len(use_sandbox.log("generate")) == 2
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("extensions = ['sphinx_paperbanana']\n")
    (docs / "index.rst").write_text(
        f"T\n=\n\n.. paperbanana:: {prompt}\n   :type: standard\n   :model: nano-banana-2\n\n"
        ".. paperbanana:: A diagram\n   :context: body\n\n   The whole text here. It goes on.\n"
    )
    built = online.run("sphinx-build", "-M", "html", str(docs), str(tmp_path / "html"))
    assert built.status == 0, built
    assert len(use_sandbox.log("generate")) == 2
    assert sorted(online.pictures().values()) == sorted(
        Paper(docs, {}).pictures("_paperbanana").values()
    )


@pytest.mark.parametrize("version", ["4.76"])
def test_where_latexmk_knows_no_hooks_the_rule_alone_makes_the_pictures(
    online: Paper, version: str
) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    online.init()
    rc = (online.folder / ".latexmkrc").read_text()
    online.write(".latexmkrc", rc.replace("if defined &add_hook", "if 0"))
    assert online.latexmk().status == 0
    assert len(online.shown()) == 1


SLOW = frozenset(
    (
        *("click", "diskcache", "docutils", "filelock", "PIL", "platformdirs", "pylatexenc"),
        *("requests", "rich", "sphinx", "sqlite3", "datetime", "http", "ssl"),
    )
)
"""What takes a tenth of the hook's time to import, or more, each of them."""


def imported(built: Built) -> list[str]:
    """Return the modules that a run under ``-X importtime`` imported."""
    told = (line for line in built.output.splitlines() if line.startswith("import time:"))
    return [line.rpartition("|")[2].strip() for line in told]


def test_a_hook_that_buys_nothing_imports_nothing_but_the_standard_library(online: Paper) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}\n\n\\pbfigure{{A diagram}}"))
    online.edit("paper.tex", "\\begin{document}", "\\begin{document}\\section{S} Text.")
    online.init()
    online.latexmk()
    hook = ("-X", "importtime", "-m", "latex_hook", "--phase", "before", "paper.tex")
    idle = online.run(str(BIN / "python"), *hook)
    while "latex_hook.sources" in idle.output:  # not before the files' times are past
        idle = online.run(str(BIN / "python"), *hook)
    assert idle.status == 0
    assert "latex_hook" in imported(idle)
    assert not [name for name in imported(idle) if name in SLOW]
    online.edit("paper.tex", "Text.", "Another text.")
    drifted = online.run(str(BIN / "python"), *hook)
    assert "the text around this figure changed" in drifted.output
    slow = SLOW - {"PIL"}  # that looks at pictures which were made just now
    assert not [name for name in imported(drifted) if name in slow]
    ours = [name for name in imported(drifted) if name.startswith(("latex_hook", "pbfigure"))]
    assert len(ours) <= 97, ours


def test_marks_of_one_second_differ_in_length_as_latexmk_looks_at_nothing_else(
    paper: Paper,
) -> None:
    paper.write("paper.tex", article("\\pbfigure{A whale}"))
    paper.init()
    paper.latexmk()
    (first,) = [line for line in paper.path(".pbq").read_text().splitlines() if "again" in line]
    paper.latexmk()
    later = [line for line in paper.path(".pbq").read_text().splitlines() if "after" in line]
    assert later
    assert len(first) not in map(len, later)
