"""Settings from every layer, and the key, which is none of them and is written nowhere."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from program_forks import forked
from sandbox_process import SandboxProcess
from sphinx.errors import ConfigError
from sphinx_docs import Docs

KEY = "sk-team-planted-0123456789"
TOCTREE = "\n.. toctree::\n\n   _paperbanana/more\n"


@pytest.fixture
def page(docs: Docs) -> Docs:
    docs.write("index.rst", "Title\n=====\n\nText.\n\n.. paperbanana:: A figure\n")
    return docs


def refused(docs: Docs, **overrides: object) -> str:
    with pytest.raises(ConfigError) as caught:
        docs.build(overrides=overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("mode", "ofline", "one of generate, offline, frozen; did you mean 'offline'?"),
        ("on_text_change", "drop", "one of keep, regenerate"),
        ("on_failure", "ignore", "one of warn, error"),
        ("max_credits", "-3", "a number from 0 to 999,999,999, or none"),
        ("requests_per_minute", "0", "a whole number from 1 to 999,999"),
        ("task_timeout", "soon", "a time such as 900, '15 min' or '1 day'"),
        ("base_url", "http://example.org/api", "https"),
        ("base_url", "https://user:word@example.org/api", "user name"),
        ("allow_drafts", "perhaps", ""),
        ("defaults", "resolution=8K", ""),
        ("require_alt", "perhaps", "true or false"),
    ],
)
def test_a_wrong_value_is_one_error_that_names_its_origin(
    page: Docs, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    said = refused(page, **{f"paperbanana_{name}": value})
    assert said.startswith(f"-D paperbanana_{name}: ")
    assert message in said
    page.conf(f"paperbanana_{name} = {value!r}")
    assert refused(page).startswith(f"conf.py: paperbanana_{name}: ")
    page.write("conf.py", "extensions = ['sphinx_paperbanana']")
    monkeypatch.setenv(f"PAPERBANANA_{name.upper()}", value)
    assert refused(page).startswith(f"the environment: PAPERBANANA_{name.upper()}: ")
    monkeypatch.delenv(f"PAPERBANANA_{name.upper()}")
    if name != "base_url":
        page.write("paperbanana.toml", f'{name} = "{value}"\n')
        assert refused(page).startswith(f"{page.src}/paperbanana.toml: {name}: ")


def test_a_wrong_setting_is_one_line_and_no_page_about_a_traceback(page: Docs) -> None:
    page.conf("paperbanana_mode = 'frozn'")
    command = [forked(), "-m", "sphinx", "-q", page.src, page.out / "html"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = filter(None, re.sub(r"\x1b\[[0-9;]*m", "", done.stderr).splitlines())
    assert line == (
        "ERROR: paperbanana: conf.py: paperbanana_mode: 'frozn' is not one of generate, offline,"
        " frozen; did you mean 'frozen'?"
    )


def test_an_unknown_setting_is_an_error_with_the_nearest_name(
    page: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "did you mean 'paperbanana_mode'?" in refused(page, paperbanana_mod="offline")
    page.write("paperbanana.toml", "max_credit = 5\n")
    assert "did you mean 'max_credits'?" in refused(page)
    (page.src / "paperbanana.toml").unlink()
    monkeypatch.setenv("PAPERBANANA_MAX_CREDIT", "5")
    assert "did you mean 'max_credits'?" in refused(page)
    monkeypatch.delenv("PAPERBANANA_MAX_CREDIT")
    page.conf("paperbanana_figure_dir = 'x'")
    assert "did you mean 'paperbanana_figures_dir'?" in refused(page)


def test_a_committed_file_cannot_say_where_the_key_goes(page: Docs) -> None:
    page.write("paperbanana.toml", 'base_url = "https://example.org/api"\n')
    assert "base_url: a document's own files cannot set it" in refused(page)
    page.write("paperbanana.toml", f'api_key = "{KEY}"\n')
    said = refused(page)
    assert "PAPERBANANA_API_KEY" in said
    assert KEY not in said
    page.write("paperbanana.toml", "mode = \n")
    assert "paperbanana.toml: cannot be read" in refused(page)


def test_the_command_line_is_stronger_than_the_environment_than_conf_py_than_toml(
    page: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.write("paperbanana.toml", 'figures_dir = "from-toml"\nmode = "offline"\n')
    page.build()
    page.conf("paperbanana_mode = 'frozen'")
    assert "mode is frozen" in page.build().warnings
    monkeypatch.setenv("PAPERBANANA_MODE", "offline")
    assert "mode is offline" in page.build().warnings
    build = page.build(overrides={"paperbanana_mode": "frozen"})
    assert "mode is frozen" in build.warnings


def test_paths_are_relative_to_where_they_are_written(
    page: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (tmp_path / ".git").mkdir()
    (tmp_path / "paperbanana.toml").write_text('figures_dir = "of-toml"\n')
    page.build(strict=True)
    page.conf("paperbanana_figures_dir = 'of-conf'")
    page.build(strict=True)
    monkeypatch.setenv("PAPERBANANA_FIGURES_DIR", "of-environment")
    page.build(strict=True)
    page.build(strict=True, overrides={"paperbanana_figures_dir": "of-command-line"})
    for folder in (
        tmp_path / "of-toml", page.src / "of-conf", elsewhere / "of-environment",
        elsewhere / "of-command-line",
    ):  # fmt: skip
        assert len(list(folder.iterdir())) == 2, folder
    assert len(use_sandbox.tasks()) == 1
    build = page.build(strict=True, overrides={"paperbanana_figures_dir": ""})
    assert len(build.images) == 1


def test_a_folder_that_is_not_of_the_figures_is_published_whatever_its_name(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    page.conf(
        "paperbanana_figures_dir = '_static/_paperbanana'\nhtml_static_path = ['_static']\n"
        "html_extra_path = ['extra']"
    )
    page.write("index.rst", (page.src / "index.rst").read_text() + TOCTREE)
    page.write("_paperbanana/more.rst", "More\n====\n")
    page.write("_static/_paperbanana/README", "Pictures")
    page.write("extra/_paperbanana/notes.txt", "Notes")
    build = page.build(strict=True)
    assert "More" in build.read("_paperbanana/more.html")
    assert build.read("_paperbanana/notes.txt") == "Notes"
    assert len(list(build.outdir.glob("_static/_paperbanana/*.png"))) == 1


def test_defaults_apply_to_the_figures_that_take_them(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(
        "paperbanana_defaults = {'resolution': '2K', 'model': 'nano-banana-2', 'task-name': 'plot'}"
    )
    docs.write(
        "index.rst",
        "Title\n=====\n\nText.\n\n.. paperbanana:: A plot\n\n"
        ".. paperbanana:: A photo\n   :type: standard\n   :resolution: 1K\n",
    )
    docs.build(strict=True)
    plot, photo = sorted((e["body"] for e in use_sandbox.log("generate")), key=lambda b: b["type"])
    assert plot["options"]["resolution"] == "2K"
    assert plot["options"]["task_name"] == "plot"
    assert photo["options"]["resolution"] == "1K"
    assert photo["model"] == "nano-banana-2"


def test_a_changed_setting_reads_no_page_again(page: Docs) -> None:
    page.build()
    page.conf("paperbanana_defaults = {'resolution': '2K'}\npaperbanana_max_credits = 5")
    assert "reading sources... [" not in page.build().status


# -- the key ------------------------------------------------------------------------------------


def files_with(folder: Path, secret: str) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and (secret.encode() in path.read_bytes() or secret in path.name)
    ]


def test_the_environments_key_is_in_no_file_and_no_message(
    page: Docs, use_sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sandbox.settings(keys=[KEY])
    monkeypatch.setenv("PAPERBANANA_API_KEY", KEY)
    use_sandbox.order(
        endpoint="generate", calls="first", fault="status", status=400, message=f"no {KEY}!"
    )
    said = ""
    for builder in ("html", "latex", "epub", "text"):
        build = page.build(builder)
        said += build.status + build.warnings
    assert "no sk-team-…!" in said
    assert KEY not in said
    assert len(use_sandbox.tasks()) == 1
    assert (tmp_path / "machine-cache").is_dir()
    assert files_with(tmp_path, KEY) == []
    entries = use_sandbox.log()
    assert all(entry["authorization"] for entry in entries if entry["host"] == "api")
    assert not any(entry["authorization"] for entry in entries if entry["host"] != "api")
    assert not any(entry["key_elsewhere"] for entry in entries)


def test_a_refused_key_is_in_no_file_and_no_message(
    page: Docs, use_sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERBANANA_API_KEY", KEY)
    build = page.build()
    assert "401" in build.warnings
    assert KEY not in build.status + build.warnings
    assert files_with(tmp_path, KEY) == []


def sphinx(docs: Docs, *options: str) -> subprocess.CompletedProcess[str]:
    command = [forked(), "-m", "sphinx", *options, docs.src, docs.out / "html"]
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False,
        env=os.environ | {"TMPDIR": str(docs.folder / "tmp")},
    )  # fmt: skip


@pytest.mark.parametrize("by", ["conf.py", "-D", "-D dotted"])
def test_a_key_in_the_configuration_is_refused_with_advice_and_kept_nowhere(
    page: Docs, tmp_path: Path, by: str
) -> None:
    (tmp_path / "tmp").mkdir()
    options = []
    if by == "conf.py":
        page.conf("import os\npaperbanana_api_key = os.environ['MY_KEY']")
        os.environ["MY_KEY"] = KEY
    elif by == "-D":
        options = ["-D", f"paperbanana_api_key={KEY}"]
    else:
        options = ["-D", f"paperbanana_api_key.x={KEY}"]
    try:
        done = sphinx(page, *options)
    finally:
        os.environ.pop("MY_KEY", None)
    assert done.returncode == 2
    assert "paperbanana_api_key is refused" in done.stderr
    assert "PAPERBANANA_API_KEY" in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert files_with(tmp_path, KEY) == []


def test_a_key_that_is_none_is_told_without_being_shown(
    page: Docs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PAPERBANANA_API_KEY", "sk-personal-key-0123456789")
    build = page.build()
    assert len(build.lines) == 1
    assert "does not begin with sk-team-" in build.lines[0]
    assert "sk-personal" not in build.warnings + build.status
    assert files_with(tmp_path, "sk-personal") == []


def test_a_folder_whose_name_is_too_long_ends_no_build(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    page.conf(f"paperbanana_figures_dir = {'x' * 300!r}")
    build = page.build()
    assert all("File name too long" in line for line in build.lines)
    assert build.lines
    assert use_sandbox.log() == []


@pytest.mark.parametrize("name", ["figures_dir", "cache_dir"])
@pytest.mark.parametrize("value", ["5", "True", "['figures']", "b'figures'"])
def test_what_is_no_path_is_none_of_a_folder(
    docs: Docs, use_sandbox: SandboxProcess, name: str, value: str
) -> None:
    docs.conf(f"paperbanana_{name} = {value}")
    docs.write("index.rst", "Title\n=====\n\nText.\n\n.. paperbanana:: A pump\n")
    with pytest.raises(ConfigError, match=rf"conf\.py: paperbanana_{name}: .* is not a path"):
        docs.build()
    assert use_sandbox.log() == []
