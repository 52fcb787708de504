r"""Sources in the encodings that ``inputenc`` knows: read as TeX reads them, or not sent at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papers import Paper, article
from sandbox_process import SandboxProcess

from latex_hook.sources.encoding import decode, encode

CYRILLIC = "\\usepackage[T2A]{fontenc}"


def request(sandbox: SandboxProcess) -> tuple[str, str]:
    """The prompt and the text of the only figure that was bought."""
    (entry,) = sandbox.log("generate")
    return entry["body"]["prompt"], " ".join(entry["body"]["options"]["content"].split())


@pytest.mark.parametrize(
    ("name", "codec", "words"),
    [
        ("latin1", "iso8859-1", "Straße naïve año"),
        ("latin2", "iso8859-2", "Łódź příliš"),
        ("latin9", "iso8859-15", "cœur Žižek"),
        ("ansinew", "cp1252", "cœur Straße"),
        ("cp1250", "cp1250", "Łódź příliš"),
        ("cp1252", "cp1252", "Žižek Straße"),
        ("applemac", "mac_roman", "Straße cœur"),
        ("cp1251", "cp1251", "Схема насоса"),
        ("koi8-r", "koi8-r", "Схема насоса"),
        ("utf8", "utf-8", "Straße naïve año"),
    ],
)
def test_prompt_and_text_are_sent_as_they_are_written(
    online: Paper, use_sandbox: SandboxProcess, name: str, codec: str, words: str
) -> None:
    fonts = CYRILLIC if words.startswith("Схема") else "\\usepackage[T1]{fontenc}"
    text = article(
        f"\\section{{One}}\n{words}.\n\n\\pbfigure{{{words}}}",
        f"{fonts}\n\\usepackage[{name}]{{inputenc}}",
    )
    online.write("paper.tex", text.encode(codec))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert request(use_sandbox) == (words, f"One {words}.")
    assert online.latexmk().status == 0
    assert len(use_sandbox.log("generate")) == 1


@pytest.mark.parametrize(
    ("encoding", "words", "why"),
    [
        (
            "ucs}\\usepackage[utf8x]{inputenc",
            "Größe der Pumpe",
            "inputenc's utf8x hides the characters of its prompt from TeX, and nothing is sent",
        ),
        ("textcomp}\\usepackage[latin1]{inputenc", "5 µm × 3", "prompt: TeX left \\mu in it"),
    ],
)
def test_a_prompt_of_which_tex_makes_commands_is_sent_as_written_or_not_at_all(
    online: Paper, use_sandbox: SandboxProcess, encoding: str, words: str, why: str
) -> None:
    body = f"\\section{{One}}\nText.\n\n\\pbfigure{{{words}}}\n\n\\pbfigure{{\\emph{{{words}}} A}}"
    text = article(body, f"\\usepackage[T1]{{fontenc}}\\usepackage{{{encoding}}}")
    online.write("paper.tex", text.encode("utf-8" if "utf8x" in encoding else "latin1"))
    online.init()
    assert f"paper.tex:10: error: figure {why}" in re.sub('".*?": ', "", online.latexmk().output)
    assert request(use_sandbox) == (words, "One Text.")


def test_of_a_byte_order_mark_nothing_is_sent_and_a_bundle_keeps_it(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article("\\section{One}\n\\input{text}"))
    text = "Straße. \\pbfigure{Straße}\n".encode("utf-8-sig")
    online.write("text.tex", text)
    online.init()
    assert online.latexmk().status == 0
    assert request(use_sandbox) == ("Straße", "One Straße.")
    online.write("text.tex", text.decode("utf-8-sig"))
    assert "text around" not in online.latexmk().output
    online.write("text.tex", text)
    assert online.latexmk().status == 0
    assert online.run("pbfigure", "bundle", "paper.tex", "../bundle").status == 0
    bundled = (online.folder.parent / "bundle/text.tex").read_bytes()
    assert bundled.startswith("Straße. \\includegraphics".encode("utf-8-sig"))


def test_an_encoding_that_is_declared_in_a_file_of_its_own_counts_for_all(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    main = article("\\section{One}\nStraße.\n\\input{text}", "% é\n\\input{setup}")
    online.write("paper.tex", main.encode("latin1"))
    online.write(
        "setup.tex",
        "\\usepackage[T1]{fontenc}\\PassOptionsToPackage{latin1}{inputenc}\\usepackage{inputenc}",
    )
    online.write("text.tex", "Naïve.\n\n\\pbfigure{Straße}".encode("latin1"))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert request(use_sandbox) == ("Straße", "One Straße. Naïve.")


def test_from_inputencoding_on_a_source_is_in_that_encoding(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    head, tail = article(
        "\\section{One}\nStraße.\\inputencoding{cp1251} Схема. \\input{old}\n\n\\pbfigure{A pump}",
        f"{CYRILLIC}\\usepackage[cp1251,latin1]{{inputenc}}",
    ).split("{cp1251} ")
    online.write("paper.tex", head.encode("latin1") + b"{cp1251} " + tail.encode("cp1251"))
    online.write("old.tex", "Насос.".encode("cp1251"))
    online.init()
    built = online.latexmk()
    assert built.status == 0, built
    assert request(use_sandbox) == ("A pump", "One Straße. Схема. Насос.")
    assert online.run("pbfigure", "bundle", "paper.tex", "../bundle").status == 0
    bundled = (online.folder.parent / "bundle/paper.tex").read_bytes()
    assert "Straße.\\inputencoding{".encode("latin1") in bundled
    assert " Схема. ".encode("cp1251") in bundled


@pytest.mark.parametrize(
    ("engine", "switch"),
    [("pdflatex", "\\inputencoding{latin1}"), ("xelatex", '\\XeTeXinputencoding "iso-8859-1"')],
)
def test_a_figure_behind_a_change_of_encoding_is_placed(
    online: Paper, use_sandbox: SandboxProcess, engine: str, switch: str
) -> None:
    head, tail = article(
        f"\\section{{Größe}}\n{switch}\nStraße. \\pbfigure{{Größe à la carte}}\n",
        "\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}",
    ).split(switch)
    online.write("paper.tex", head.encode() + switch.encode() + tail.encode("latin1"))
    online.init()
    built = online.latexmk(engine=engine)
    assert built.status == 0, built
    assert request(use_sandbox) == ("Größe à la carte", "Größe Straße.")


@pytest.mark.parametrize("preamble", ["", "\\usepackage[utf8]{inputenc}"])
def test_a_text_of_which_nobody_says_the_encoding_is_not_sent(
    online: Paper, use_sandbox: SandboxProcess, preamble: str
) -> None:
    text = article(
        "\\section{One}\nPlain. \\pbfigure{A pump}\n\\section{Two}\n% \xe9\n\nStra\xdfe."
        " \\pbfigure{A tank}\n\\section{Three}\nWords. \\pbfigure{A valve}",
        preamble,
    )
    online.write("paper.tex", text.encode("latin1"))
    online.init()
    built = online.latexmk("-f")  # TeX finds the bytes wrong, too
    assert "paper.tex:10 is not in the encoding of the document (utf-8)" in built.output
    assert "\\usepackage[latin1]{inputenc}" in built.output
    prompts = {entry["body"]["prompt"] for entry in use_sandbox.log("generate")}
    assert prompts == {"A pump", "A valve"}


@given(st.binary(max_size=80), st.sampled_from(["utf-8", "iso8859-1", "cp1252", "cp1251"]))
def test_a_source_is_written_back_as_it_was_read(data: bytes, declared: str) -> None:
    data = data.replace(b"|", b"\\inputencoding{koi8-r}")
    text, codec = decode(data, declared)
    assert encode(text, codec) == data
