"""One style for all figures of a project: sent behind each prompt, part of the key, shown apart."""

from __future__ import annotations

import json

import pytest
from documents import Site
from sandbox_process import SandboxProcess

FLAT = "Flat colours on white, thin lines."


def sent(sandbox: SandboxProcess) -> list[str]:
    return [entry["body"]["prompt"] for entry in sandbox.log("generate")]


def make(site: Site) -> None:
    done = site.run("make", "docs", "--yes")
    assert done.returncode == 0, done


@pytest.fixture
def styled(site: Site) -> Site:
    site.write("paperbanana.toml", f'style = "{FLAT}"\n')
    return site


def test_the_style_is_sent_behind_the_prompt_in_a_paragraph_of_its_own(
    styled: Site, use_sandbox: SandboxProcess
) -> None:
    styled.edit("index.rst", ":resolution: 2K", ":style: none")
    own = "\n.. paperbanana:: A cat\n   :name: cat\n   :style: Like a\n     woodcut\n"
    styled.write("more/a.rst", f"A\n=\n\nCats.\n{own}")
    make(styled)
    assert sorted(sent(use_sandbox)) == [
        "A cat\n\nLike a woodcut",
        f"A flow chart of the pump from left to right in three steps\n\n{FLAT}",
        "A map",
    ]


def test_the_picture_is_described_and_listed_by_its_prompt_alone(
    styled: Site, use_sandbox: SandboxProcess
) -> None:
    styled.write("more/a.rst", "List\n====\n\n.. paperbanana-list::\n")
    styled.build()
    for page in ("index.html", "more/a.html"):
        assert "Flat colours" not in (styled.folder / "out-html" / page).read_text("utf-8")


def test_records_reports_plans_and_inspect_show_it_apart(
    styled: Site, use_sandbox: SandboxProcess
) -> None:
    (line,) = [line for line in styled.plan("--text") if "of that the style" in line][:1]
    assert line == f"  of that the style: {FLAT}"
    styled.build()
    record = json.loads(next((styled.docs / "_paperbanana").glob("*fig-map*.json")).read_text())
    assert (record["request"]["prompt"], record["request"]["style"]) == ("A map", FLAT)
    report = json.loads((styled.folder / "out-html/.doctrees/paperbanana.json").read_text())
    assert [each["style"] for each in report["figures"]] == [FLAT, FLAT]
    assert f"style:    {FLAT}" in styled.run("inspect", "docs", "fig-map").stdout


def test_a_changed_style_is_why_figures_are_bought_again_and_spacing_is_no_change(
    styled: Site, use_sandbox: SandboxProcess
) -> None:
    make(styled)
    styled.write("paperbanana.toml", 'style = "  Flat colours on  white, thin lines. "\n')
    assert "Plan: nothing to buy, 2 present." in styled.plan()
    styled.write("paperbanana.toml", 'style = "In grey"\n')
    lines = styled.plan()
    assert "~ fig-map 12 credits (style changed)" in lines
    assert "Plan: 2 to buy for 18 sandbox credits (2 outdated)." in lines
    assert len(sent(use_sandbox)) == 2
    assert "outdated" in styled.build(PAPERBANANA_MODE="offline")


def test_the_limit_is_on_prompt_and_style_together_and_the_error_names_both(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.edit("index.rst", "A map", "A map " + "x" * 9_990)
    said = site.build(PAPERBANANA_STYLE="Flat colours")
    assert (
        "prompt and style: 9,996 and 12 characters, 10,010 together, over the limit of 10,000"
        in said
    )
    assert len(sent(use_sandbox)) == 1


@pytest.mark.parametrize("layer", ["conf.py", "-D", "environment"])
def test_every_layer_of_settings_takes_it(site: Site, layer: str) -> None:
    environ, arguments = {}, []
    if layer == "conf.py":
        site.write(
            "conf.py", f"extensions = ['sphinx_paperbanana']\npaperbanana_style = {FLAT!r}\n"
        )
    elif layer == "environment":
        environ = {"PAPERBANANA_STYLE": FLAT}
    else:
        arguments = ["-D", f"paperbanana_style={FLAT}"]
    plan = site.run("plan", "docs", "--json", *arguments, **environ)
    if layer == "-D" and plan.returncode == 2:
        pytest.fail(plan.stderr)
    figures = json.loads(plan.stdout)["figures"]
    assert [each["style"] for each in figures] == [FLAT, FLAT]


def test_an_empty_style_of_a_figure_is_an_error_and_nothing_is_bought(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.edit("index.rst", ":resolution: 2K", ":style:")
    assert "style: it is empty; write a sentence, or none" in site.build()
