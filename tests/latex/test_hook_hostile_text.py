"""What a request file, a record, a map or a report says, reaches terminal and TeX tamed."""

from __future__ import annotations

import json

import pytest
from hostile_text import EVIL, raw_in
from papers import Paper, article
from sandbox_process import SandboxProcess

from latex_hook.tex.picture_map import read_map

STANDARD = "type=standard,model=nano-banana-2"


def paper_with_figure(paper: Paper, body: str = "") -> None:
    paper.write("paper.tex", article(f"\\pbfigure[{STANDARD}]{{A whale}}\n{body}"))
    paper.init()


@pytest.mark.parametrize(
    "field", ["file", "name", "id", "label", "unknown", "context", "resolution"]
)
def test_a_request_file(online: Paper, field: str) -> None:
    paper_with_figure(online)
    online.tex()
    text = online.path(".pbq").read_text()
    line = f"{field}={EVIL}\n"
    place = "pbq=3\n" if field == "name" else "figure="
    at = text.index(place) + (
        len(place) if field == "name" else text[text.index(place) :].index("\n") + 1
    )
    online.path(".pbq").write_text(text[:at] + line + text[at:])
    for command in (("pbfigure", "latex", "paper.tex"), ("pbfigure", "plan", "paper.tex")):
        said = online.run(*command)
        assert "Traceback" not in said.output
        assert not raw_in(said.output), said


def test_a_committed_record(online: Paper, use_sandbox: SandboxProcess) -> None:
    paper_with_figure(online, "\\pbfigurelist")
    assert online.latexmk("-pdf").status == 0
    (path,) = (online.folder / "paperbanana").glob("*.json")
    record = json.loads(path.read_text())
    record["request"].update(prompt=f"A whale {EVIL}", model=f"model {EVIL}")
    record.update(created_at=f"{EVIL[:5]}2026")
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    online.edit("paper.tex", "A whale", "A wide whale")
    online.env["PAPERBANANA_MODE"] = "offline"
    built = online.latexmk("-pdf")
    assert not raw_in(built.output)
    entries = read_map(online.folder / "paperbanana/pbmap.tex")["paper"].values()
    assert not any(map(raw_in, ("".join(entry) for entry in entries)))
    assert not raw_in(online.text().replace("\f", ""))


def test_a_committed_map_of_another_document(online: Paper) -> None:
    paper_with_figure(online)
    line = f"other||{'A' * 32}|paperbanana/a.png|<1B>[31m<202E>|<7>x|<9B>2J||\n"
    online.write("paperbanana/pbmap.tex", line)
    built = online.latexmk("-pdf")
    assert not raw_in(built.output)
    assert "<1B>" not in (online.folder / "paperbanana/pbmap.tex").read_text()


def test_a_report_that_tex_wrote(paper: Paper) -> None:
    write = "string.char(69,32,27,91,51,49,109,194,155,226,128,174)..'forged'..string.char(10)"
    body = f"\\directlua{{local f = io.open('paper.pbr', 'w') f:write({write}) f:close()}} Text."
    paper.write("paper.tex", article(body))
    paper.init()
    built = paper.latexmk(engine="lualatex")
    assert "forged" in built.output
    assert not raw_in(built.output)


def test_an_error_of_the_service(online: Paper, use_sandbox: SandboxProcess) -> None:
    use_sandbox.order(endpoint="generate", fault="failed", error=f"no {EVIL}")
    paper_with_figure(online)
    built = online.latexmk("-pdf")
    assert "evil" in built.output
    assert not raw_in(built.output)
