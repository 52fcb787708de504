"""``pbfigure plan``: what would be made and what it costs, for people and for programs."""

from __future__ import annotations

import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from documents import CONF, GUIDE, Site
from json_schemas import check
from sandbox_process import SandboxProcess


def plan_json(site: Site, *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(site.run("plan", *arguments, "--json").stdout)
    check(document, "plan")
    return document


def make(site: Site, *arguments: str) -> None:
    done = site.run("make", "docs", *arguments, "--yes")
    assert done.returncode == 0, done


def test_what_is_missing_is_a_line_each_with_a_sum_and_status_1(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.settings(credits=450)
    planned = site.run("plan", "docs")
    assert planned.returncode == 1
    assert planned.stdout.splitlines()[:5] == [
        "+ fig-flow 6 credits (new)",
        "+ fig-map 12 credits (new)",
        "",
        "Plan: 2 to buy for 18 sandbox credits.",
        "Balance: 450 sandbox credits.",
    ]
    assert use_sandbox.tasks() == []
    assert not (site.docs / "_paperbanana").exists()


def test_it_needs_no_key_and_no_network(site: Site) -> None:
    planned = site.run("plan", "docs", PAPERBANANA_BASE_URL="http://127.0.0.1:9/api/v1")
    assert planned.returncode == 1
    assert "+ fig-flow 6 credits (new)" in planned.stdout
    assert "Balance" not in planned.stdout
    unreachable = {"PAPERBANANA_API_KEY": "sk-team-x"}
    unreachable["PAPERBANANA_BASE_URL"] = "http://127.0.0.1:9/api/v1"
    assert site.run("plan", "docs", **unreachable).stdout == planned.stdout


def test_when_all_is_there_it_asks_nothing_and_ends_with_0(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    make(site)
    requests = len(use_sandbox.log())
    planned = site.run("plan", "docs")
    assert (planned.returncode, planned.stdout.splitlines()) == (
        0,
        ["Plan: nothing to buy, 2 present.", "2 drafts of the sandbox: fig-flow, fig-map."],
    )
    assert len(use_sandbox.log()) == requests


def test_it_writes_nothing_beside_the_sources(site: Site, use_sandbox: SandboxProcess) -> None:
    before = site.tree()
    site.run("plan", "docs")
    assert site.tree() == before


def test_a_changed_prompt_is_shown_around_the_change(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    make(site)
    site.edit("index.rst", "from left to right in", "from top to bottom in")
    (line,) = [line for line in site.plan() if line.startswith("~")]
    assert line == ('~ fig-flow 6 credits (prompt changed: "…left to right…" → "…top to bottom…")')
    assert len(line) <= 80


def test_a_change_far_into_a_long_prompt_is_still_shown(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    long = "and then a box with an arrow to the next one " * 20
    site.edit("index.rst", "in three steps", f"{long} in red")
    make(site)
    site.edit("index.rst", "in red", "in blue")
    (line,) = [line for line in site.plan() if line.startswith("~")]
    assert '"…red" → "…blue"' in line


def test_a_changed_option_is_named_with_both_values(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    make(site)
    site.edit("index.rst", ":resolution: 2K", ":resolution: 4K\n   :variant: 1")
    assert "~ fig-map 24 credits (variant 0 → 1, resolution 2K → 4K)" in site.plan()


def test_where_only_the_text_around_it_changed_it_is_kept_or_bought_as_the_setting_says(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    make(site)
    site.edit("index.rst", "Water flows", "Water runs")
    planned = site.run("plan", "docs")
    assert planned.returncode == 0
    assert "= fig-flow (text around it changed, kept)" in planned.stdout.splitlines()
    site.write("conf.py", CONF + "paperbanana_on_text_change = 'regenerate'\n")
    assert "~ fig-flow 6 credits (text around it changed, regenerate)" in site.plan()


def test_a_damaged_picture_is_fetched_again_for_free(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    make(site)
    for folder in (site.docs / "_paperbanana", tmp_path / "machine-cache" / "v1" / "pictures"):
        for path in folder.rglob("*.png"):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:100])
    planned = site.run("plan", "docs")
    assert planned.returncode == 1
    assert "! fig-flow (damaged; fetched again, free)" in planned.stdout.splitlines()
    assert "nothing to buy, 2 to fetch for free" in planned.stdout
    make(site)
    assert len(use_sandbox.tasks()) == 2
    assert site.run("plan", "docs").returncode == 0


def test_a_record_that_cannot_be_read_is_not_called_a_damaged_picture(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    make(site)
    shutil.rmtree(site.docs / "_paperbanana")
    for path in (tmp_path / "machine-cache" / "v1" / "records").rglob("*.json"):
        path.unlink()
        path.mkdir()
    lines = site.plan()
    assert "! fig-flow (its record cannot be read; fetched again, free)" in lines


def test_an_order_without_an_answer_is_not_shown_as_a_new_one(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", fault="drop_after", prompt="A map")
    site.run("make", "docs", "fig-map", "--yes", PAPERBANANA_BUILD_TIMEOUT="2")
    why = "(its last order has no answer; bought only if it was not taken)"
    assert f"+ fig-map 12 credits {why}" in site.plan()
    said = " ".join(site.run("status", "docs").stdout.split())
    assert "fig-map: its last order has no answer yet; a build that may ask the service" in said
    offline = " ".join(site.build(PAPERBANANA_MODE="offline").split())
    assert "its last order has no answer yet" in offline
    assert len(use_sandbox.tasks()) == 1


def test_a_draft_is_bought_anew_where_a_real_key_is_set(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    make(site)
    real = {"PAPERBANANA_BASE_URL": "https://paperbanana.invalid/api/v1"}
    lines = site.run("plan", "docs", "fig-flow", **real).stdout
    assert "~ fig-flow 6 credits (its picture is a draft of the sandbox)" in lines
    site.edit("index.rst", "Water flows", "Much water flows")
    lines = site.run("plan", "docs", "fig-flow", **real).stdout
    why = "text around it changed, its picture is a draft of the sandbox"
    assert f"~ fig-flow 6 credits ({why})" in lines


def test_what_is_over_the_budget_is_held_with_its_sum_and_what_to_do(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    planned = site.run("plan", "docs", PAPERBANANA_MAX_CREDITS="10")
    said = " ".join(planned.stdout.split())
    assert "Held: 18 credits are over max_credits (10), and a build buys none of them." in said
    assert "Confirm 'pbfigure make docs', or raise max_credits." in said
    held = json.loads(site.run("plan", "docs", "--json", PAPERBANANA_MAX_CREDITS="10").stdout)
    assert {figure["state"] for figure in held["figures"]} == {"held"}


def test_a_balance_that_is_too_small_is_foreseen(site: Site, use_sandbox: SandboxProcess) -> None:
    use_sandbox.settings(credits=10)
    assert "Balance: 10 sandbox credits, 8 credits too few." in site.plan()


def test_what_failed_and_what_is_of_unknown_fate_wait_for_their_author(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", prompt="map", fault="failed", error="no")
    site.run("make", "docs", "--yes")
    lines = "\n".join(site.plan())
    assert lines.startswith("? fig-map (failed: ")
    assert "index.rst:9" in lines
    assert "1 blocked, 1 present" in lines


def test_a_figure_with_a_mistake_is_named_with_its_place(site: Site) -> None:
    site.edit("index.rst", ":resolution: 2K", ":resolution: 3K")
    planned = site.run("plan", "docs")
    assert planned.returncode == 1
    said = " ".join(planned.stdout.split())
    assert "? fig-map (invalid: resolution: '3K' is not one of 1K, 2K, 4K) index.rst:9" in said


def test_only_is_judged_for_the_builder_that_is_named(site: Site) -> None:
    only = ".. only:: {}\n\n   .. paperbanana:: For {}\n      :name: {}\n\n"
    text = "".join(only.format(b, b, b) for b in ("html", "latex", "nothing"))
    site.write("conf.py", CONF + "extensions.append('sphinx.ext.ifconfig')\n")
    text += ".. ifconfig:: builder == 'epub'\n\n   .. paperbanana:: A book\n      :name: epub\n"
    site.write("index.rst", f"T\n=\n\nText.\n\n{text}")
    for builder in ("html", "latex", "epub"):
        lines = site.plan("--builder", builder)
        assert [line for line in lines if line.startswith("+")] == [
            f"+ {name} 6 credits (new)"
            for name in {"epub": ("html", "epub")}.get(builder, [builder])
        ]
    assert "nothing is bought for the builder text" in " ".join(site.plan("--builder", "text"))
    wrong = site.run("plan", "docs", "--builder", "nonsense")
    assert wrong.returncode == 2
    assert "nonsense" in wrong.stderr


def test_tags_and_settings_are_those_of_the_build_that_is_asked_about(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.write("conf.py", CONF + "extensions.append('sphinx.ext.todo')\n")
    hidden = ".. only:: internal\n\n   .. paperbanana:: A secret\n      :name: fig-secret\n\n"
    todo = ".. todo::\n\n   .. paperbanana:: A plan\n      :name: fig-todo\n\n"
    site.edit("index.rst", "Water flows", f"{hidden}{todo}Water flows")
    named = "fig-secret", "fig-todo"
    assert not any(name in line for name in named for line in site.plan())
    given = ("-t", "internal", "-D", "todo_include_todos=1")
    assert "+ fig-secret 6 credits (new)" in site.plan(*given)
    assert "+ fig-todo 6 credits (new)" in site.plan(*given)
    assert "over max_credits (10)" in " ".join(site.plan("-D", "paperbanana_max_credits=10"))
    assert site.run("make", "docs", *named, *given, "--yes").returncode == 0
    listed = site.run("status", "docs", *given)
    assert all(f"{name}  present, draft" in listed.stdout.replace("    ", "  ") for name in named)
    assert "0 unused" in listed.stdout
    assert "nothing to remove" in site.run("prune", "docs", *given, "--yes").stdout
    wrong = site.run("plan", "docs", "-D", "todo_include_todos")
    assert wrong.returncode == 2
    assert "write -D NAME=VALUE" in wrong.stderr


def test_an_unknown_figure_is_told_with_the_figures_that_there_are(site: Site) -> None:
    wrong = site.run("make", "docs", "nothing-alike")
    assert wrong.returncode == 2
    assert "there is no figure 'nothing-alike'; there are fig-flow, fig-map" in wrong.stderr
    assert "Usage" not in wrong.stderr


def test_a_pinned_figure_says_that_its_prompt_changed_and_unpinned_what_it_lacks(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    bought = site.run("variants", "docs", "fig-flow", "--count", "2", "--yes", "--json")
    site.run("pin", "docs", "fig-flow", json.loads(bought.stdout)["variants"][1]["picture"][:12])
    assert not any("fig-flow (" in line for line in site.plan())
    site.edit("index.rst", "left to right", "top to bottom")
    assert site.plan()[0] == "= fig-flow (pinned; its prompt changed since)"
    site.run("unpin", "docs", "fig-flow")
    (line,) = [line for line in site.plan() if line.startswith("~")]
    assert line == '~ fig-flow 6 credits (prompt changed: "…left to right…" → "…top to bottom…")'


def test_a_figure_whose_only_picture_is_another_variant_says_so(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.edit("index.rst", ":name: fig-flow", ":name: fig-flow\n   :variant: 1")
    make(site, "fig-flow")
    site.edit("index.rst", "   :variant: 1\n", "")
    (line,) = [line for line in site.plan() if line.startswith("~")]
    assert line == "~ fig-flow 6 credits (variant 0 is not bought; its last picture is variant 1)"


def test_text_shows_word_for_word_what_is_sent(site: Site, use_sandbox: SandboxProcess) -> None:
    site.edit("index.rst", "Water flows", "*Water* — “flows”\u202f— 日本 🚀")
    said = site.run("plan", "docs", "--text", "fig-flow").stdout
    assert f"fig-flow (index.rst:6): POST {use_sandbox.base_url}/generate, " in said
    assert "  prompt: A flow chart of the pump from left to right in three steps\n" in said
    assert "  options.content:\n    Guide\n    \n    Water — “flows”" in said
    (figure,) = plan_json(site, "docs", "fig-flow", "--text")["figures"]
    make(site, "fig-flow")
    assert [entry["body"] for entry in use_sandbox.log("generate")] == [figure["request"]]


def test_text_shows_that_hidden_text_stays_at_home(site: Site, use_sandbox: SandboxProcess) -> None:
    hidden = ".. only:: internal\n\n   A secret price.\n\n.. a secret comment\n\nWater flows"
    site.edit("index.rst", "Water flows", hidden)
    said = site.run("plan", "docs", "--text", "fig-flow").stdout
    assert "Water flows" in said
    assert "secret" not in said


def test_the_json_has_a_schema(site: Site, use_sandbox: SandboxProcess) -> None:
    make(site, "fig-map")
    site.edit("index.rst", "A map", "A chart")
    site.write("more/wrong.rst", "More\n====\n\nText.\n\n.. paperbanana:: A\n   :resolution: 9K\n")
    document = plan_json(site, "docs", "--text")
    assert document["version"] == 1
    assert [(f["name"], f["action"], f["credits"]) for f in document["figures"]] == [
        ("fig-flow", "buy", 6),
        ("fig-map", "replace", 12),
        ("more/wrong.rst:6", "blocked", 0),
    ]
    assert document["credits"] == 18
    assert document["balance"] == 12000 - 12


def test_one_picture_for_two_figures_is_paid_for_once(site: Site) -> None:
    same = ".. paperbanana:: Same\n   :type: standard\n   :model: nano-banana-2\n   :name: {}\n\n"
    site.write("index.rst", f"T\n=\n\nText.\n\n{same.format('one')}{same.format('two')}")
    lines = site.plan()
    assert lines[:2] == ["+ one 5 credits (new)", "+ two (new; one picture with one)"]
    assert "Plan: 2 to buy for 5 credits." in lines


@pytest.mark.parametrize("columns", [80, 140])
def test_names_are_whole_and_lines_fit_the_terminal(site: Site, columns: int) -> None:
    name = "the-very-long-name-of-a-figure-that-somebody-gave-to-it-for-good-reasons"
    prompt = "A picture with a [/bold] word \x1b[31m and many others that go on and on " * 3
    site.write("index.rst", f"T\n=\n\nText.\n\n.. paperbanana:: {prompt}\n   :name: {name}\n")
    lines = site.plan(columns=columns)
    assert lines[0].startswith(f"+ {name} 6 credits (new)")
    assert all(len(line) <= max(columns, len(name) + 30) for line in lines)
    assert "\x1b" not in "".join(lines)
    site.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A pump of two parts\n   :name: a\n")
    shown = '+ a 6 credits (new)  "A pump of two parts"'
    assert site.plan(columns=columns)[0] == (shown if columns > 100 else "+ a 6 credits (new)")


def test_only_changed_pages_are_read_again(site: Site) -> None:
    site.write(
        "conf.py",
        CONF
        + "import pathlib\n"
        + "def note(app, docname, source):\n"
        + f"    with open({str(site.folder / 'read.txt')!r}, 'a') as f: f.write(docname + ' ')\n"
        + "def setup(app): app.connect('source-read', note)\n",
    )
    site.write("more/a.rst", "A\n=\n\nText.\n\n.. paperbanana:: A\n")
    read = site.folder / "read.txt"
    assert "Plan: 3 to buy" in "".join(site.plan())
    assert sorted(read.read_text().split()) == ["index", "more/a"]
    read.write_text("")
    assert "Plan: 3 to buy" in "".join(site.plan())
    assert read.read_text() == ""
    site.write("more/a.rst", "A\n=\n\nText.\n\nNone.\n")
    assert "Plan: 2 to buy" in "".join(site.plan())
    assert read.read_text().split() == ["more/a"]


def test_no_pickle_is_read_that_somebody_else_may_have_written(site: Site, tmp_path: Path) -> None:
    kept = tmp_path / "user-cache" / "paperbanana" / "sphinx"
    site.plan()
    (folder,) = kept.iterdir()
    mark = tmp_path / "unpickled"
    evil = f"cbuiltins\nexec\n(S'open({str(mark)!r}, \"w\")'\ntR.".encode()
    (folder / "doctrees" / "environment.pickle").write_bytes(evil)
    kept.chmod(0o777)
    assert site.plan()[0] == "+ fig-flow 6 credits (new)"
    assert not mark.exists()
    kept.chmod(0o700)
    site.plan()
    assert mark.exists(), "in a folder of one's own it is Sphinx's environment"
    assert not list(tmp_path.glob("machine-cache/**/*.pickle"))


def test_the_builder_prints_the_same_plan(site: Site, use_sandbox: SandboxProcess) -> None:
    make(site, "fig-map")
    site.edit("index.rst", "Water flows", "Water runs")
    lines = site.plan()
    assert "= fig-map (text around it changed, kept)" in lines
    built = site.build("paperbanana-plan")
    at = built.index(lines[0])
    told = built[at:].splitlines()
    assert [line for line in lines if "Balance" not in line] == told[: len(lines) - 1]


def test_a_path_may_be_named_in_any_way_and_counts_once(site: Site) -> None:
    whole = site.plan()
    assert site.run("plan", "docs/", str(site.docs), "./docs").stdout.splitlines() == whole
    (site.folder / "fig-flow").mkdir()
    assert site.plan("fig-flow")[0] == "+ fig-flow 6 credits (new)"


def test_wrong_use_is_status_2_with_what_to_do(site: Site) -> None:
    for arguments, words in (
        ((), "PATH"),
        (("fig-flow",), "name a Sphinx source folder (with conf.py) or a main .tex file"),
        (("docs", "fig-flwo"), "did you mean 'fig-flow'?"),
        (("paper.tex",), "paper.tex: there is no such file"),
        (("./more/",), "there is no such folder"),
        (("docs", "./docs/../"), "it has no conf.py"),
    ):
        wrong = site.run("plan", *arguments)
        assert wrong.returncode == 2, wrong
        assert words in " ".join(wrong.stderr.split())


def test_a_project_that_sphinx_cannot_read_is_status_2_with_sphinx_s_own_words(site: Site) -> None:
    for conf, words in (
        ("import nonsense", "No module named 'nonsense'"),
        (CONF + "extensions.append('nonsense')", "Could not import extension nonsense"),
        ("project = 'Test'", 'extensions = ["sphinx_paperbanana"]'),
        (CONF + "paperbanana_mode = 'frozn'", "'frozn' is not one of"),
    ):
        site.write("conf.py", conf)
        wrong = site.run("plan", "docs")
        assert wrong.returncode == 2, wrong
        assert words in wrong.stderr
        assert "Traceback (most" not in wrong.stdout + wrong.stderr


def test_a_name_that_two_pages_have_is_shown_and_taken_with_its_page(site: Site) -> None:
    site.write("more/a.rst", GUIDE)
    lines = site.plan()
    assert "+ index:fig-map 12 credits (new)" in lines
    assert "+ more/a:fig-map (new; one picture with index:fig-map)" in lines
    ambiguous = site.run("plan", "docs", "fig-map")
    assert ambiguous.returncode == 2
    assert "names 2 figures: index:fig-map" in " ".join(ambiguous.stderr.split())
    assert site.plan("more/a:fig-map")[0] == "+ more/a:fig-map 12 credits (new)"


@pytest.mark.parametrize(("written", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_figure_is_named_however_its_accents_are_coded(
    site: Site, written: str, typed: str
) -> None:
    name = "fig-größe"
    site.edit("index.rst", "fig-map", unicodedata.normalize(written, name))  # type: ignore[arg-type]
    planned = site.run("plan", "docs", unicodedata.normalize(typed, name))  # type: ignore[arg-type]
    assert "1 to buy" in planned.stdout
