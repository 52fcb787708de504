"""What is wrong with a figure is said with file and line, before anything is sent."""

from __future__ import annotations

import re
import subprocess

from program_forks import forked
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, prompts
from sphinx_languages import Language, line_of, write

LONG = "word " * 30_000


def test_options_that_became_text_are_told_in_every_build_and_nothing_is_bought(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    lost = "\n   :width: 50%\n" if lang.is_rst else "\n:width: 50%\n"
    path = write(docs, lang, lang.figure("Prompt").replace("Prompt\n", f"Prompt\n{lost}"))
    build = docs.build()
    assert len(build.lines) == 1
    where, _, text = build.lines[0].partition(": WARNING: ")
    assert where == f"{path}:{line_of(docs, lang, 'Prompt')}"
    assert "looks like the option :width:" in text
    assert text.endswith("[paperbanana.option]")
    docs.edit(f"index.{lang.ending}", "Some text.", "Other text.")
    assert docs.build().lines == build.lines, "also where the page is read again"
    docs.write("conf.py", (docs.src / "conf.py").read_text() + "# the same\n")
    assert docs.build().lines == build.lines, "also where it is not"
    assert use_sandbox.log() == []


def test_a_body_that_begins_with_a_role_is_no_option(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    body = ":math:`x` is the unknown" if lang.is_rst else "{math}`x` is the unknown"
    write(docs, lang, lang.figure("Prompt", ":context: body", body))
    assert docs.build(strict=True).warnings == ""


WRONG = [
    ("A", ":resolution: 8K", "resolution: '8K' is not one of 1K, 2K, 4K"),
    ("A", ":type: other", "type: 'other' is not one of pipeline, standard"),
    ("A", ":model: nano-banana-2", "model: for standard figures only"),
    ("A", ":aspect-ratio: 16:9", "for standard figures only; remove it, or make the type standard"),
    ("A", ":google-search:", "google-search: for standard figures only"),
    ("A", ":type: standard", "model: a standard figure needs one"),
    ("", ":caption: None", "prompt: a pipeline figure needs one"),
    ("A", ":prompt: B", "prompt: given more than once"),
    ("A", ":variant: -1", "variant: '-1' is not a whole number"),
    ("A", ":pin: xyz", "pin: 'xyz' is not 8 to 64 hex digits"),
    ("A", ":context: chapter", "context: 'chapter' cannot be read (it is not one of section, "),
    ("A", ":on-text-change: maybe", "on-text-change: 'maybe' is not one of keep, regenerate"),
    ("A", ":prompt-file: missing.txt", "prompt-file: missing.txt cannot be read (No such file"),
    ("", ":prompt-file: latin1.txt", "prompt-file: latin1.txt is not UTF-8 text"),
    ("A", ":image-input: http://example.org/a.png", "does not begin with https://"),
    ("A", ":image-input: drawings/a.png", "is a file, and the service takes https:// addresses"),
    ("A", ":image-input: ./a.png", "publish the image (on the project's own site, say) and write"),
    ("A", ":image-input: https://127.0.0.1/a.png", "is a private or internal address"),
    ("A", ":image-input: https://example.org:8443/a.png", "names the port 8443"),
    ("A", ":image-input: " + "https://example.org/a.png " * 11, "11 images, over the limit of 10"),
    ("A " + "b" * 10_000, ":caption: C", "prompt: 10,002 characters, over the limit of 10,000"),
    ("A", ":type: standard\n:model: nano-banana-pro\n:google-search:", "for the model nano-"),
    ("A", ":type: standard\n:model: nano-banana-pro\n:task-name: plot", "task-name: for pipeline"),
    ("A", ":resolutoin: 4K", "resolutoin: there is no such option; did you mean 'resolution'?"),
    ("A", ":id: " + "x" * 201, "id: 201 characters; it takes 1 to 200"),
]  # fmt: skip


def test_a_block_of_options_that_cannot_be_read_buys_nothing(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("extensions += ['myst_parser']")
    docs.write("index.md", "# T\n\nText.\n\n```{paperbanana} A\n:resolution: '4K\n```\n")
    build = docs.build()
    assert any("its options cannot be read" in line for line in build.lines)
    assert use_sandbox.log("generate") == []


def test_no_hidden_file_of_the_repository_is_read_into_a_prompt(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    (docs.folder / ".git").mkdir()
    (docs.folder / ".git" / "config").write_text("extraheader = AUTHORIZATION secret")
    (docs.folder / ".env").write_text("TOKEN=secret")
    write(
        docs,
        lang,
        lang.figure("", ":prompt-file: ../.git/config"),
        lang.figure("A", ":image-input-file: ../.env"),
    )
    build = docs.build()
    assert build.warnings.count("or hidden in it, and is not sent") == 2
    assert not any(b"secret" in data for name, data in docs.tree().items() if "out/" in name)


def test_what_is_wrong_is_said_with_its_place_before_anything_is_sent(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    (docs.src / "latin1.txt").write_bytes("Größe".encode("latin1"))
    path = write(docs, lang, *(lang.figure(prompt, options) for prompt, options, _ in WRONG))
    build = docs.build()
    text = (docs.src / f"index.{lang.ending}").read_text().splitlines()
    places = [number for number, line in enumerate(text, 1) if "{paper" in line or ".. pap" in line]
    assert len(places) == len(WRONG)
    for line, (_, _, message) in zip(places, WRONG, strict=True):
        start = f"{path}:{line}: WARNING: paperbanana: "
        said = [each for each in build.lines if each.startswith(start)]
        assert any(message in each for each in said), message
        assert all(each.endswith("[paperbanana.option]") for each in said)
    assert use_sandbox.log() == []
    assert len(build.images) == len(WRONG), "a placeholder for each"


def test_a_text_of_its_own_that_is_too_long_is_an_error(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, lang.figure("A", ":context: body", LONG))
    build = docs.build()
    assert re.search(
        "text: 1[45][09],[09]{3} characters, over the limit of 100,000", build.warnings
    )
    assert use_sandbox.log() == []


def test_several_problems_of_a_figure_are_all_named(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, lang.figure("A", ":resolution: 8K\n:variant: x\n:task-name: map"))
    build = docs.build()
    assert len(build.lines) == 3


def test_a_build_that_inserts_no_files_reads_none_into_a_prompt(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("docutils.conf", "[general]\nfile_insertion_enabled: no\n")
    docs.write("told.txt", "https://example.org/secret.png")
    figures = (
        ".. paperbanana::\n   :prompt-file: told.txt\n",
        ".. paperbanana:: A\n   :image-input-file: told.txt\n",
        ".. paperbanana:: B\n",
    )
    docs.write("index.rst", "Title\n=====\n\nText.\n\n" + "\n".join(figures))
    command = (forked(), "-m", "sphinx", docs.src, docs.out)
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stderr
    for option in ("prompt-file", "image-input-file"):
        assert f"{option}: this build inserts no files (file_insertion_enabled)" in said
    assert prompts(use_sandbox) == ["B"]


def test_a_figure_in_an_included_file_is_warned_of_there(docs: Docs) -> None:
    docs.write("parts/inc.txt", "Words.\n\n.. paperbanana:: A\n   :resolution: 8K\n")
    docs.write("index.rst", "Title\n=====\n\n.. include:: parts/inc.txt\n   :start-line: 1\n")
    build = docs.build()
    assert build.lines[0].startswith(f"{docs.src}/parts/inc.txt:3: WARNING: paperbanana: ")


def test_one_mistake_in_many_figures_is_one_line_that_names_every_place(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    figures = "".join(f".. paperbanana:: Pump {n}\n\n   Its caption.\n\n" for n in range(7))
    docs.write(
        "index.rst", f"Title\n=====\n\nText.\n\n{figures}.. paperbanana:: A\n   :variant: -1\n"
    )
    one, many = sorted(docs.build().lines)
    assert "paperbanana: body: one paragraph" in many
    assert "(7 figures: index.rst:6, index.rst:10, " in many
    assert "index.rst:30)" in many
    assert "index.rst:34: WARNING: paperbanana: variant: " in one
    assert len(use_sandbox.log()) == 0
