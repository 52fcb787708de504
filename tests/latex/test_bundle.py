"""``pbfigure bundle``: a folder that compiles anywhere, with plain LaTeX."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from papers import Paper, article
from PIL import Image, PngImagePlugin

from latex_hook.bundle.plain_png import embeddable, is_plain

STANDARD = "type=standard,model=nano-banana-2"
MAIN = article(
    "\\pbfigurelist\n\\section{One} % a comment \\pbfigure{no}\n"
    f"\\begin{{figure}}\\pbfigure[{STANDARD},id=whale,width=3cm]{{A whale, 50\\% done}}"
    "\\caption{W}\\end{figure}\n"
    "\\framed[id=boat]{A boat through a wrapper}\n"
    "\\odd{An odd whale}\n"
    "\\begin{pbcontext*}Not printed.\\end{pbcontext*}\n"
    "\\begin{pbcontext}Printed.\\end{pbcontext}\n"
    "\\input{parts/two}\n\\includegraphics[width=1cm]{photo}\n"
    "\\verb|\\pbfigure{no}|\n",
    "\\usepackage{wrapfig}\n\\pbsetup{width=2cm}\n"
    f"\\newcommand\\framed[2][]{{\\fbox{{\\pbfigure[{STANDARD},#1]{{#2}}}}}}\n"
    f"\\newcommand\\odd[1]{{\\ifnum1=1 \\pbfigure[{STANDARD}]{{#1}}\\fi}}",
)


@pytest.fixture
def paper(online: Paper) -> Paper:
    """A built paper, with a picture that it does not use any more."""
    photo = BytesIO()
    Image.new("RGB", (20, 20), "green").save(photo, "PNG")
    online.write("photo.png", photo.getvalue())
    online.write("unused.png", photo.getvalue())
    online.write("paper.tex", MAIN)
    online.write(
        "parts/two.tex",
        f"\\section{{Two}}\n\\pbfigure[{STANDARD}]{{Gone soon}}\n"
        f"\\pbfigure[{STANDARD},output-format=webp,angle=90]{{A webp}}\n",
    )
    online.init()
    online.latexmk()
    online.edit("parts/two.tex", f"\\pbfigure[{STANDARD}]{{Gone soon}}\n", "")
    assert online.latexmk().status == 0
    assert online.warnings() == []
    return online


def bundled(paper: Paper) -> Paper:
    made = paper.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert made.status == 0, made
    env = {name: value for name, value in paper.env.items() if not name.startswith("PAPERBANANA")}
    return Paper(paper.folder.parent / "bundle", env)


def sources(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.rglob("*.tex")))


def test_it_compiles_with_plain_latex_and_shows_the_same_pictures(paper: Paper) -> None:
    shown = paper.shown()
    assert len(shown) == 5
    bundle = bundled(paper)
    for _ in range(2):
        assert bundle.tex().status == 0
    assert bundle.errors() == []
    assert bundle.shown() == shown
    text = sources(bundle.folder)
    assert "{paperbanana}" not in text
    assert re.findall(r"\\pbfigure(?![a-z])", text) == ["\\pbfigure"] * 2  # a comment, and \verb
    assert "\\pbfigurelist" not in text
    assert "Not printed" not in text
    assert "Printed" in text
    assert "A whale, 50% done" in " ".join(bundle.text().split())


def test_only_what_the_document_uses_is_in_it(paper: Paper) -> None:
    bundle = bundled(paper)
    names = sorted(
        path.relative_to(bundle.folder).as_posix()
        for path in bundle.folder.rglob("*")
        if path.is_file()
    )
    pictures = [name for name in names if name.startswith("figures/")]
    assert len(pictures) == 4
    assert not [name for name in names if "Gone" in name or "unused" in name]
    assert [name for name in names if name not in pictures] == [
        "paper.tex",
        "parts/two.tex",
        "photo.png",
    ]


def test_every_png_is_one_that_arxiv_embeds_as_it_is(paper: Paper) -> None:
    originals = {path: path.read_bytes() for path in (paper.folder / "paperbanana").iterdir()}
    bundle = bundled(paper)
    pngs = list((bundle.folder / "figures").glob("*.png"))
    assert pngs
    assert all(is_plain(path.read_bytes()) for path in pngs)
    assert {path: path.read_bytes() for path in originals} == originals


def test_latexpand_keeps_every_picture(paper: Paper) -> None:
    shown = paper.shown()
    bundle = bundled(paper)
    expanded = bundle.run("latexpand", "paper.tex", "-o", "flat.tex")
    assert expanded.status == 0, expanded
    bundle.main = "flat.tex"
    assert bundle.tex().status == 0
    assert bundle.shown() == shown


def test_arxiv_latex_cleaner_keeps_every_picture(paper: Paper) -> None:
    shown = paper.shown()
    bundle = bundled(paper)
    cleaned = subprocess.run(
        [sys.executable, "-m", "arxiv_latex_cleaner", str(bundle.folder), "--keep_bib"],
        capture_output=True,
        check=False,
    )
    assert cleaned.returncode == 0, cleaned.stderr.decode()
    clean = Paper(bundle.folder.parent / "bundle_arXiv", bundle.env)
    assert clean.tex().status == 0
    assert clean.shown() == shown


def test_a_figure_without_a_picture_is_named_with_its_place(paper: Paper) -> None:
    paper.edit("parts/two.tex", "\\section{Two}", "\\section{Two}\n\\pbfigure{Never made}")
    made = paper.run("pbfigure", "bundle", "--json", "paper.tex", "../bundle")
    assert made.status == 1
    assert "parts/two.tex: changed since TeX ran last, run latexmk first" in made.output
    document = json.loads(made.output[: made.output.rindex("}") + 1])
    assert len(document["pictures"]) == 4


def test_a_folder_that_is_not_empty_is_left_alone(paper: Paper) -> None:
    made = paper.run("pbfigure", "bundle", "paper.tex", ".")
    assert made.status == 2
    assert "is not empty" in made.output


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + b"\0\0\0\0"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_any_png_becomes_one_without_palette_alpha_or_colour_profile(
    mode: str, tmp_path: Path
) -> None:
    image = Image.new("RGBA", (9, 9), (10, 200, 30, 128)).convert("RGBA")
    image = Image.new("I;16", (9, 9), 40_000) if mode == "I;16" else image.convert(mode)
    path = tmp_path / "x.png"
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", struct.pack(">I", 45455))
    info.add(b"sRGB", b"\0")
    image.save(path, pnginfo=info)
    assert not is_plain(path.read_bytes())
    data, ending = embeddable(path)
    assert ending == ".png"
    assert is_plain(data)
    with Image.open(BytesIO(data)) as plain:
        assert plain.mode in ("L", "RGB")
        assert plain.size == (9, 9)


def test_one_of_two_papers_in_a_folder_takes_its_own_pictures_along(online: Paper) -> None:
    for name, subject in (("alpha", "Whales sing."), ("beta", "Boats float.")):
        body = f"\\section{{One}}\n{subject}\n\n\\pbfigure[width=2cm]{{What is told here}}\n"
        online.write(f"{name}.tex", article(body))
        online.run("pbfigure", "init", f"{name}.tex")
    for name in ("alpha", "beta"):
        assert online.latexmk(main=f"{name}.tex").status == 0
    pictures = set()
    for name in ("alpha", "beta"):
        folder = online.folder.parent / f"bundle-{name}"
        assert online.run("pbfigure", "bundle", f"{name}.tex", str(folder)).status == 0
        (picture,) = (folder / "figures").iterdir()
        pictures.add(picture.name)
    assert {picture.partition("-")[0] for picture in pictures} == {"alpha", "beta"}
    assert len(pictures) == 2


def test_of_one_prompt_with_different_keys_each_place_has_its_own_picture(online: Paper) -> None:
    body = "\\section{One}Words. \\pbfigure{A pump}\n\\pbfigure[variant=1]{A pump}"
    online.write("paper.tex", article(body))
    online.init()
    assert online.latexmk().status == 0
    assert len(online.shown()) == 2
    built = online.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert built.status == 0, built
    text = sources(online.folder.parent / "bundle")
    shown = re.findall(r"includegraphics\{figures/([^}]*)\}", text)
    assert len(set(shown)) == 2
    assert "pbfigurepicture" not in text


def test_what_only_tex_can_tell_apart_is_refused_and_not_shown_wrongly(online: Paper) -> None:
    online.write(
        "paper.tex",
        article(
            "\\fig{1:1} \\fig{16:9}",
            f"\\newcommand\\fig[1]{{\\iftrue\\pbfigure[{STANDARD},aspect-ratio=#1]{{A fox}}\\fi}}",
        ),
    )
    online.init()
    assert online.latexmk().status == 0
    assert len(online.pictures()) == 2
    refused = online.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert refused.status == 2
    assert "plain LaTeX cannot tell which of these pictures to show" in refused.output


LISTED = article(
    "\\pbfigurelist\n"
    f"\\pbfigure[{STANDARD},width=2cm]{{Zebras}}\n\n"
    f"\\pbfigure[{STANDARD},output-format=webp,width=2cm]{{Yaks}}\n\n"
    f"\\pbfigure[{STANDARD},id=x,width=2cm]{{Foxes}}\n\n"
    f"\\pbfigure[{STANDARD},id=a,width=2cm]{{Ants}}\n"
)
SUBJECTS = ["Zebras", "Yaks", "Foxes", "Ants"]


@pytest.fixture
def listed(online: Paper) -> Paper:
    """A built paper with a list of its figures, all of them drafts."""
    del online.env["PAPERBANANA_ALLOW_DRAFTS"]  # the sandbox sets it
    online.write("paper.tex", LISTED)
    online.init()
    assert online.latexmk().status == 0
    return online


def rows(paper: Paper, folder: str = "../bundle") -> list[str]:
    text = (paper.folder / folder / "paper.tex").read_text()
    return re.findall(r"^\\pbfigurerow\{\w*\}\{\w*\}\{(\w+)", text, re.MULTILINE)


def drafts(output: str) -> list[str]:
    """The places that the message about drafts names."""
    (line,) = [line for line in output.splitlines() if "of the sandbox" in line] or [""]
    return re.findall(r"paper\.tex:\d+", line)


def test_every_draft_is_named_with_its_place_and_is_status_1(listed: Paper) -> None:
    made = listed.run("pbfigure", "bundle", "--json", "paper.tex", "../bundle")
    assert made.status == 1
    places = ["paper.tex:6", "paper.tex:8", "paper.tex:10", "paper.tex:12"]
    assert drafts(made.output) == places
    document = json.loads(made.output[: made.output.rindex("}") + 1])
    assert document["drafts"] == places
    assert len(document["pictures"]) == 4
    bundle = Paper(listed.folder.parent / "bundle", listed.env)
    assert bundle.tex().status == 0
    assert bundle.shown() == listed.shown()


def test_drafts_that_the_document_allows_are_not_named(listed: Paper) -> None:
    listed.edit("paper.tex", "\\begin{document}", "\\pbsetup{allow-drafts=true}\\begin{document}")
    assert listed.latexmk().status == 0
    made = listed.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert made.status == 0, made
    assert drafts(made.output) == []


def test_drafts_are_known_where_the_figures_have_a_folder_of_their_own(listed: Paper) -> None:
    listed.env["PAPERBANANA_FIGURES_DIR"] = "pictures"
    assert listed.latexmk("-g").status == 0
    made = listed.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert len(drafts(made.output)) == 4
    assert made.status == 1


def test_a_picture_without_a_record_is_said_to_be_of_unknown_origin(listed: Paper) -> None:
    records = list((listed.folder / "paperbanana").glob("*.json"))
    assert len(records) == 4
    for record in records:
        record.unlink()
    made = listed.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert made.status == 0
    assert "4 pictures without a record beside it" in made.output


def test_the_list_has_the_order_of_the_document(listed: Paper) -> None:
    listed.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert rows(listed) == SUBJECTS


def test_without_a_request_file_it_is_said_that_tex_has_to_run(listed: Paper) -> None:
    listed.path(".pbq").unlink()
    made = listed.run("pbfigure", "bundle", "paper.tex", "../bundle")
    assert made.status == 2
    assert "paper.pbq: there is no complete request file" in made.output
    assert "run latexmk first" in made.output


@pytest.mark.parametrize(
    ("preamble", "body"),
    [
        ("\\let\\fig\\pbfigure", "\\fig[#]{A whale} \\fig[#]{A boat}"),
        ("\\def\\fig#1.{\\pbfigure[#]{#1}}", "\\fig A whale. \\fig A boat."),
        (
            "\\providecommand{\\fig}[1]{\\ifnum1=1 \\pbfigure[#]{#1}\\fi}",
            "\\fig{A whale} \\fig{A boat}",
        ),
        ("\\newcommand{\\fig}[1]{\\input{parts/#1}}", "\\fig{one} \\pbfigure[#]{A boat}"),
        ("", "\\csname input\\endcsname{parts/one} \\pbfigure[#]{A boat}"),
    ],
)
def test_every_way_to_a_figure_is_in_the_bundle(online: Paper, preamble: str, body: str) -> None:
    keys = f"{STANDARD},width=2cm"
    preamble, body = (
        text.replace("[#]", f"[{keys}]").replace("[##]", f"[{keys}]") for text in (preamble, body)
    )
    online.write("paper.tex", article(body, preamble))
    online.write("parts/one.tex", f"\\pbfigure[{keys}]{{A whale}}")
    online.init()
    assert online.latexmk().status == 0
    shown = online.shown()
    assert len(shown) == 2
    packed = bundled(online)
    assert "\\pbfigure[" not in (packed.folder / "paper.tex").read_text()
    packed.tex()
    assert packed.errors() == []
    assert packed.shown() == shown
