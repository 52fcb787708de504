"""Documents that mean harm, or do some by accident: what is not theirs is neither sent nor touched.

A document comes from a repository that may be anyone's: its names, links and map reach for files
of whoever builds it.
"""

from __future__ import annotations

import json
import os
import resource
from functools import partial
from pathlib import Path

import pytest
from papers import Built, Paper, article, plain_picture
from PIL import Image
from sandbox_process import SandboxProcess

from latex_hook.tex.picture_map import MapEntry, read_map

STANDARD = "type=standard,model=nano-banana-2"
SECRET = "TOPSECRET words of the home folder, long enough to count as a text"


@pytest.fixture
def secret(online: Paper) -> Path:
    """A file of the user's, beside the project's folder."""
    path = online.folder.parent / "home/secret.txt"
    path.parent.mkdir()
    path.write_text(SECRET)
    (path.parent / "private.png").write_bytes(plain_picture("purple"))
    return path


def hook(paper: Paper, *options: str, memory: int | None = None, tex: bool = True) -> Built:
    """Run TeX, and then the hook by hand, with only so much memory."""
    paper.init()
    if tex:
        paper.tex()
    command = ("python", "-m", "latex_hook", *options, paper.main)
    if memory is None:
        return paper.run(*command)
    limits = (memory, memory)
    limit = partial(resource.setrlimit, resource.RLIMIT_AS, limits)
    return paper.run(*command, preexec_fn=limit)


def sent(sandbox: SandboxProcess) -> str:
    return json.dumps([entry["body"] for entry in sandbox.log("generate")])


def packed(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


# -- what a bundle takes along ------------------------------------------------------------------


def test_a_bundle_takes_no_file_along_that_a_link_names(online: Paper, secret: Path) -> None:
    online.write("paper.tex", article("Text."))
    online.init()
    assert online.latexmk().status == 0
    online.path(".fls").unlink()  # so that nothing tells which files the document uses
    (online.folder / "notes.txt").symlink_to(secret)
    (online.folder / "home").symlink_to(secret.parent)
    made = online.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert "notes.txt: is a link and left out" in made.output
    assert b"TOPSECRET" not in packed(online.folder.parent / "bundle")
    assert made.status == 1


def test_a_bundle_holds_no_source_that_tex_does_not_read(online: Paper) -> None:
    body = "\\ifinternal\\input{.hidden/config}\\input{notes}\\fi Text."
    online.write("paper.tex", article(body, "\\newif\\ifinternal"))
    online.write(".hidden/config.tex", "TOPSECRET")
    online.write("notes.tex", "TOPSECRET")
    online.init()
    assert online.latexmk().status == 0
    assert online.run("pbfigure", "bundle", "paper.tex", "../bundle").status == 0
    assert b"TOPSECRET" not in packed(online.folder.parent / "bundle")


def test_a_source_that_is_a_link_to_elsewhere_is_refused(online: Paper, secret: Path) -> None:
    online.write("paper.tex", article("\\input{notes}"))
    (online.folder / "notes.tex").symlink_to(secret)
    online.init()
    online.latexmk()
    made = online.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert made.status != 0
    assert "notes.tex is outside the document's folder; move it in" in made.output
    assert b"TOPSECRET" not in packed(online.folder.parent / "bundle")


@pytest.mark.parametrize("name", ["../home/private.png", "paperbanana/link.png", "{absolute}"])
def test_a_map_that_names_a_foreign_picture_packs_nothing(
    online: Paper, secret: Path, name: str
) -> None:
    foreign = secret.parent / "private.png"
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A whale}}"))
    hook(online)
    map_file = online.folder / "paperbanana/pbmap.tex"
    (entry,) = read_map(map_file)["paper"].values()
    map_file.write_text(
        map_file.read_text().replace(entry.file, name.format(absolute=foreign.resolve()))
    )
    (online.folder / "paperbanana/link.png").symlink_to(foreign)
    made = online.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert "the figure has no picture" in made.output
    assert not list((online.folder.parent / "bundle").rglob("*.png"))


@pytest.mark.parametrize(
    "entry",
    [
        MapEntry("", "0" * 32, "/etc/passwd"),
        MapEntry("", "0" * 32, "paperbanana/../../secret.png"),
        MapEntry("", "0" * 32, "\\input x"),
        MapEntry("", "0" * 32, "|touch x.png"),
        MapEntry("", "0" * 32, " /etc/x.png"),
        MapEntry("", "0" * 32, "~/x.png"),
        MapEntry("", "0" * 32, "paperbanana/x.tex"),
        MapEntry("", "\\input{x}", "paperbanana/x.png"),
        MapEntry("\\immediate", "0" * 32, "paperbanana/x.png"),
    ],
)
def test_an_entry_that_pbfigure_would_not_write_is_not_read(
    tmp_path: Path, entry: MapEntry
) -> None:
    good = MapEntry("a", "A" * 32, "paperbanana/a.png")
    path = tmp_path / "pbmap.tex"
    path.write_text(f"{good.line('paper')}\n{entry.line('paper')}\n")
    assert list(read_map(path)["paper"].values()) == [good]


# -- what is read -------------------------------------------------------------------------------


def test_a_prompt_file_without_end_is_a_problem_and_no_more(online: Paper) -> None:
    path = online.write(name := "zero.txt", "A whale")
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD},prompt-file={name}]{{}}"))
    hook(online)
    path.unlink()
    path.symlink_to("/dev/zero")
    built = hook(online, memory=3_000_000_000, tex=False)
    assert built.status == 1
    assert f"prompt-file: {name} is outside the project" in built.output


@pytest.mark.parametrize("name", ["paperbanana.toml", "paper.pbq", "paperbanana/pbmap.tex"])
def test_a_file_of_the_projects_without_end_is_not_read(online: Paper, name: str) -> None:
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A whale}}"))
    hook(online)
    (online.folder / name).unlink(missing_ok=True)
    (online.folder / name).symlink_to("/dev/zero")
    built = hook(online, memory=3_000_000_000, tex=False)
    assert built.status in (0, 1, 2), built
    assert "Traceback" not in built.output


# -- what is sent -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["prompt-file", "image-input-file"])
@pytest.mark.parametrize("how", ["up", "absolute", "link"])
def test_a_file_from_outside_is_no_prompt_and_no_list_of_pictures(
    online: Paper, use_sandbox: SandboxProcess, secret: Path, key: str, how: str
) -> None:
    (online.folder / "link.txt").symlink_to(secret)
    name = {"up": "../home/secret.txt", "absolute": str(secret), "link": "link.txt"}[how]
    online.write("paper.tex", article(f"Text.\n\n\\pbfigure[{STANDARD},{key}={name}]{{A whale}}"))
    built = hook(online)
    assert built.status == 1
    assert "paper.tex:7: error: " in built.output
    assert f"{key}: {name} is outside the project" in built.output
    assert "move it there" in built.output
    assert use_sandbox.log("generate") == []


@pytest.mark.parametrize(
    "body",
    [
        "\\input{../home/secret.txt}",
        "\\input{link}",
        "\\newcommand\\x{\\input{../home/secret.txt}}",
        "\\newcommand\\x{\\input{own}}",
        "\\newcommand\\x{\\input{../home/secret.txt}}Then: \\x.",
        "\\begin{pbcontext}Marked. \\input{../home/secret.txt}\\end{pbcontext}",
        "\\input{../home/macros}Then: \\said.",
    ],
)
def test_text_from_outside_or_never_used_is_not_sent(
    online: Paper, use_sandbox: SandboxProcess, secret: Path, body: str
) -> None:
    (online.folder / "link.tex").symlink_to(secret)
    online.write("own.tex", SECRET)
    (secret.parent / "macros.tex").write_text(f"\\newcommand\\said{{{SECRET}}}")
    online.write("paper.tex", article(f"\\section{{S}}Whales.\n{body}\n\n\\pbfigure{{A whale}}"))
    built = hook(online)
    assert built.status == 0, built
    assert "A whale" in sent(use_sandbox)
    assert "TOPSECRET" not in sent(use_sandbox)
    if body.startswith("\\input{../home/secret"):
        assert "paper.tex:6: warning: the text of ../home/secret.txt is not sent" in built.output


def test_a_prompt_that_reads_a_file_sends_nothing(
    online: Paper, use_sandbox: SandboxProcess, secret: Path
) -> None:
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A \\input{{{secret}}}}}"))
    built = hook(online)
    assert "paper.tex:5: warning: \\input does not work in \\pbfigure" in built.output
    assert use_sandbox.log("generate") == []


def test_what_lies_in_the_same_repository_is_the_projects_own(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    root = online.folder
    (root / ".git").mkdir()
    online.write("shared/text.tex", "Shared words.")
    online.write("shared/prompt.txt", "A shared whale")
    online.folder = root / "paper"
    online.write(
        "paper.tex",
        article(
            "\\section{S}\\input{../shared/text}\n\n\\pbfigure[prompt-file=../shared/prompt.txt]{}"
        ),
    )
    built = hook(online)
    assert built.status == 0, built
    assert "A shared whale" in sent(use_sandbox)
    assert "Shared words." in sent(use_sandbox)


# -- what is shown and written ------------------------------------------------------------------


@pytest.mark.parametrize("how", ["another picture", "a link"])
def test_a_copy_for_tex_that_someone_else_made_is_made_anew(
    online: Paper, secret: Path, how: str
) -> None:
    online.write(
        "paper.tex", article(f"\\pbfigure[{STANDARD},output-format=webp]{{A whale in a sea}}")
    )
    assert hook(online).status == 0
    (copy,) = (online.folder / "paperbanana").glob("*-shown.png")
    right = copy.read_bytes()
    copy.unlink()
    if how == "a link":
        copy.symlink_to(secret.parent / "private.png")
    else:
        copy.write_bytes(plain_picture("purple"))
    os.utime(copy)
    assert hook(online).status == 0
    assert not copy.is_symlink()
    assert copy.read_bytes() == right
    with Image.open(secret.parent / "private.png") as private:
        assert private.size == (60, 30)


@pytest.mark.parametrize("name", ["paper.pbr", "paperbanana/pbmap.tex"])
def test_nothing_is_written_through_a_link(online: Paper, secret: Path, name: str) -> None:
    online.write("paper.tex", article("\\pbfigure[resolution=8K]{A whale}"))
    (online.folder / "paperbanana").mkdir()
    (online.folder / name).symlink_to(secret)
    online.init()
    online.latexmk()
    assert secret.read_text() == SECRET
    hook(online, "--report-file", "paper.pbr")
    assert secret.read_text() == SECRET


def test_pictures_do_not_go_through_a_link_out_of_the_project(
    online: Paper, use_sandbox: SandboxProcess, secret: Path
) -> None:
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A whale}}"))
    (online.folder / "paperbanana").symlink_to(secret.parent)
    built = hook(online)
    assert built.status == 2
    assert "outside the project, or hidden in it: remove it" in built.output
    assert {path.name for path in secret.parent.iterdir()} == {"secret.txt", "private.png"}
    assert use_sandbox.log("generate") == []


@pytest.mark.parametrize("how", ["link", "setup"])
def test_nothing_is_written_into_the_repository_itself(
    online: Paper, use_sandbox: SandboxProcess, how: str
) -> None:
    refs = online.folder / ".git/refs/heads"
    refs.mkdir(parents=True)
    setup = "\\pbsetup{figures-dir=.git/refs/heads}" if how == "setup" else ""
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A whale}}", setup))
    if how == "link":
        (online.folder / "paperbanana").symlink_to(refs)
    built = hook(online)
    assert built.status == 2
    assert "hidden" in built.output
    assert list(refs.iterdir()) == []
    assert use_sandbox.log("generate") == []


def test_init_does_not_write_through_a_link_out_of_the_project(online: Paper, secret: Path) -> None:
    online.write("paper.tex", article("x"))
    (online.folder / ".latexmkrc").symlink_to(secret)
    made = online.run("pbfigure", "init", "paper.tex")
    assert made.status == 2
    assert "is a link that leads out of the project" in made.output
    assert secret.read_text() == SECRET


def test_a_document_cannot_say_where_the_cache_is(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write(
        "paper.tex",
        article(f"\\pbfigure[{STANDARD}]{{A whale}}", "\\pbsetup{cache-dir=../victim}"),
    )
    hook(online)
    assert any("cache-dir" in error for error in online.errors())
    assert not (online.folder.parent / "victim").exists()


def test_a_document_cannot_have_its_pictures_put_elsewhere(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write(
        "paper.tex",
        article(f"\\pbfigure[{STANDARD}]{{A whale}}", "\\pbsetup{figures-dir=../victim}"),
    )
    built = hook(online)
    assert built.status == 2
    assert "figures-dir" in built.output.replace("_", "-")
    assert not (online.folder.parent / "victim").exists()
    online.edit("paper.tex", "../victim", "pictures")
    assert hook(online).status == 0
    assert list((online.folder / "pictures").glob("*.png"))
    assert len(use_sandbox.log("generate")) == 1


# -- what is said -------------------------------------------------------------------------------


def test_without_a_key_one_latexmk_run_says_so_once_with_one_sum(paper: Paper) -> None:
    paper.env.pop("PAPERBANANA_API_KEY", None)
    figures = "\n\n".join(f"\\pbfigure[{STANDARD}]{{Whale {number}}}" for number in range(3))
    paper.write("paper.tex", article(figures))
    paper.init()
    built = paper.latexmk()
    assert built.status == 0
    ours = [line for line in built.output.splitlines() if line.startswith(("pbf", "paper.tex:"))]
    assert len([line for line in ours if "no figure can be made" in line]) == 1
    assert "paper.tex:5, paper.tex:7, paper.tex:9" in built.output
    assert built.output.count("3 figures: 3 missing; 0 credits spent") == 1


def test_the_runs_before_and_after_tex_are_summed_up_in_one_line(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    hidden = "\\expandafter\\pbfigure\\expandafter[\\options]{A \\the\\count255 boat}"
    online.write(
        "paper.tex",
        article(
            f"\\pbfigure[{STANDARD}]{{A whale}}\n\n{hidden}",
            f"\\count255=3 \\edef\\options{{{STANDARD}}}",
        ),
    )
    online.init()
    built = online.latexmk()
    made = len(use_sandbox.log("generate"))
    sums = [line for line in built.output.splitlines() if " credits spent" in line]
    assert len(sums) == 1
    assert f": {made} present; {made} made, " in sums[0]


def test_a_dead_service_is_waited_for_once_in_a_latexmk_run(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=400)
    online.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A whale}}"))
    online.init()
    built = online.latexmk()
    assert built.status == 0
    assert len(use_sandbox.log("generate")) == 1
    assert built.output.count("paper.tex:5: warning: ") == 1
    use_sandbox.clear_faults()
    online.latexmk()
    assert len(online.shown()) == 1


def test_a_placeholder_shows_the_prompt_as_text_and_why_there_is_no_picture(paper: Paper) -> None:
    paper.write("paper.tex", article("\\pbfigure{A whale, 50\\% overlap \\& more}"))
    paper.init()
    paper.tex()
    text = " ".join(paper.text().split())
    assert "A whale, 50% overlap & more" in text
    assert "No picture yet: run latexmk where pbfigure is installed." in text
    paper.env["PAPERBANANA_MODE"] = "offline"
    paper.edit("paper.tex", "{A whale", f"[{STANDARD}]{{A whale")
    paper.latexmk()
    text = " ".join(paper.text().split())
    assert "A whale, 50% overlap & more" in text
    assert "mode is offline" in text
