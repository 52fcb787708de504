"""The ``pbfigure`` command as a process: what it prints, and the exit status it promises."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from program_forks import forked
from sandbox_process import SandboxProcess
from wait_for import wait_for


def pbfigure(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [forked("pbfigure"), *arguments], capture_output=True, text=True, cwd=folder, check=False
    )


def test_help_lists_every_verb_with_a_line_about_it() -> None:
    shown = pbfigure("--help")
    assert shown.returncode == 0
    for verb in ("sandbox", "credits", "tasks", "settle", "init", "latex", "bundle", "cache"):
        assert f"\n  {verb} " in shown.stdout
        each = pbfigure(verb, "--help")
        assert each.returncode == 0, each.stderr
        assert each.stdout.lower().startswith("usage: pbfigure")


def test_wrong_use_is_status_2() -> None:
    assert pbfigure("nonsense").returncode == 2
    assert pbfigure("tasks", "--limit", "101").returncode == 2


def test_without_a_key_it_says_which_variable_is_missing_and_what_to_do() -> None:
    refused = pbfigure("credits")
    assert refused.returncode == 2
    assert refused.stderr == (
        "pbfigure: PAPERBANANA_API_KEY is not set: your team's settings at PaperBanana make a key;"
        " without one, 'pbfigure sandbox -- COMMAND' draws drafts\n"
    )


def test_a_key_of_the_wrong_kind_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PAPERBANANA_API_KEY", "sk-personal-secret")
    refused = pbfigure("credits")
    assert refused.returncode == 2
    assert "sk-team-" in refused.stderr
    assert "secret" not in refused.stderr


def test_credits_are_shown_for_people_and_for_programs(use_sandbox: SandboxProcess) -> None:
    use_sandbox.settings(credits=450)
    assert pbfigure("credits").stdout == "450 sandbox credits remaining\n"
    assert json.loads(pbfigure("credits", "--json").stdout) == {
        "version": 1,
        "remaining_credits": 450,
    }


def test_a_refusal_by_the_service_is_status_1_with_what_to_do(
    use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERBANANA_API_KEY", "sk-team-unknown")
    refused = pbfigure("credits")
    assert refused.returncode == 1
    assert "401" in refused.stderr
    assert "check PAPERBANANA_API_KEY" in refused.stderr
    assert "sk-team-unknown" not in refused.stderr


def test_tasks_lists_what_the_service_tells(use_sandbox: SandboxProcess) -> None:
    (task_id,) = use_sandbox.add_foreign_task(type="standard", model="nano-banana-2")
    table = pbfigure("tasks").stdout
    assert task_id in table
    assert "nothing was paid" in table
    listed = json.loads(pbfigure("tasks", "--json").stdout)
    assert [task["task_id"] for task in listed["tasks"]] == [task_id]


def test_settings_come_from_the_folder_s_toml_and_their_errors_name_it(tmp_path: Path) -> None:
    (tmp_path / "paperbanana.toml").write_text('mode = "ofline"\n')
    refused = pbfigure("credits", folder=tmp_path)
    assert refused.returncode == 2
    assert f"{tmp_path / 'paperbanana.toml'}: mode: 'ofline' is not one of" in refused.stderr


def test_settle_with_nothing_open_says_so(use_sandbox: SandboxProcess) -> None:
    settled = pbfigure("settle")
    assert settled.returncode == 0
    assert settled.stdout.startswith("nothing is open at 127.0.0.1:")
    assert json.loads(pbfigure("settle", "--json").stdout) == {"version": 1, "orders": []}


@pytest.mark.parametrize(
    "words",
    [
        ("log", "--since", "9999-12-31T23:59-14:00"),
        ("log", "--until", "0001-01-01T00:00+14:00"),
        ("cache", "prune", "--dry-run", "--older-than", "9" * 20),
        ("sandbox", "--port", "65536", "--", "true"),
        ("sandbox", "--speed", "inf", "--", "true"),
        ("sandbox", "--credits", "9" * 20, "--", "true"),
    ],
)
def test_a_number_or_date_beyond_all_bounds_is_wrong_use(words: tuple[str, ...]) -> None:
    wrong = pbfigure(*words)
    assert wrong.returncode == 2
    assert "Invalid value for '--" in wrong.stderr


def test_settle_knows_no_key_that_is_not_open(use_sandbox: SandboxProcess) -> None:
    wrong = pbfigure("settle", "adopt")
    assert wrong.returncode == 2
    assert "no order is open whose key begins with 'adopt'" in wrong.stderr


def test_settle_takes_one_decision_at_a_time() -> None:
    assert pbfigure("settle", "--retry").returncode == 2
    assert pbfigure("settle", "abc", "--retry", "--drop").returncode == 2


def test_the_sandbox_passes_on_its_command_s_status_and_gives_it_a_key(tmp_path: Path) -> None:
    script = "import os, sys; print(sorted(n for n in os.environ if 'PAPERB' in n)); sys.exit(7)"
    ran = pbfigure("sandbox", "--cache-dir", str(tmp_path), "--", sys.executable, "-c", script)
    assert ran.returncode == 7
    for name in ("API_KEY", "BASE_URL", "ALLOW_DRAFTS", "CACHE_DIR"):
        assert f"PAPERBANANA_{name}" in ran.stdout


def test_ctrl_c_is_status_130(use_sandbox: SandboxProcess) -> None:
    use_sandbox.order(endpoint="credits", calls="all", fault="hang_before", seconds=600)
    with subprocess.Popen(
        [forked("pbfigure"), "credits"], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        wait_for(lambda: use_sandbox.log("credits"))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=240)
    assert process.returncode == 130
    assert said.strip() == "interrupted; nothing that was paid for is lost"
