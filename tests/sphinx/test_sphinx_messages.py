"""A build of fifty figures says what is wrong in three lines at most."""

from __future__ import annotations

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs

COUNT = 50
MOST = 3


@pytest.fixture
def many(docs: Docs) -> Docs:
    docs.write(
        "index.rst",
        "Title\n=====\n\nSome text.\n"
        + "".join(f"\n.. paperbanana:: Figure {n}\n   :name: f{n}\n" for n in range(COUNT)),
    )
    return docs


def check(build: Build, *words: str, state: str = "missing") -> None:
    assert 0 < len(build.lines) <= MOST, build.warnings
    assert f"{COUNT} figures" in build.warnings
    assert "index.rst:6, index.rst:9" in build.warnings
    for word in words:
        assert word in build.warnings
    assert state == "present" or state in build.warnings
    assert f"{COUNT} figures: {COUNT} {state}" in build.status


def test_without_a_key(many: Docs) -> None:
    check(many.build(), "PAPERBANANA_API_KEY is not set")


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "check PAPERBANANA_API_KEY"), (402, "needs more credits")]
)
def test_where_the_service_refuses(
    status: int, advice: str, many: Docs, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=status)
    check(many.build(), advice)


def test_without_a_network(
    many: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERBANANA_BASE_URL", "http://127.0.0.1:9/api/v1")
    check(many.build(), "check the network and base_url")


def test_where_no_picture_can_be_fetched_or_drawn_one_task_is_named_for_all(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="download", calls="all", fault="status", status=500, prompt="Pump")
    use_sandbox.order(
        endpoint="generate", calls="all", fault="failed", error="policy", prompt="Valve"
    )
    names = [f"{kind} {n}" for kind in ("Pump", "Valve") for n in range(3)]
    figures = "".join(f".. paperbanana:: {name}\n\n" for name in names)
    docs.write("index.rst", f"Title\n=====\n\nText.\n\n{figures}")
    failed, pending = sorted(docs.build().lines)
    assert "policy; no credits were charged" in failed
    assert ", and others alike (3 figures: index.rst:12, index.rst:14, index.rst:16)" in failed
    assert "answered with status 500. It stays in the journal" in pending
    assert ", and others alike (3 figures: index.rst:6, index.rst:8, index.rst:10)" in pending


def test_of_what_is_over_the_budget(many: Docs, use_sandbox: SandboxProcess) -> None:
    build = many.build(overrides={"paperbanana_max_credits": "20"})
    check(build, "max_credits is 20", state="held")
    assert use_sandbox.log("generate") == []


@pytest.mark.parametrize("mode", ["offline", "frozen"])
def test_of_what_is_missing_in_a_mode_that_buys_nothing(mode: str, many: Docs) -> None:
    build = many.build(overrides={"paperbanana_mode": mode})
    check(build, f"mode is {mode}")
    if mode == "frozen":
        places = ", ".join(f"index.rst:{6 + 3 * n}" for n in range(COUNT))
        assert places in build.lines[-1], "every one is listed"
        assert "PAPERBANANA_API_KEY" in build.lines[-1]
        assert "and commit " in build.lines[-1]
        assert build.lines[-1].endswith("/_paperbanana/")


def test_of_a_clone_without_the_pictures_of_git_lfs(
    many: Docs, use_sandbox: SandboxProcess
) -> None:
    many.build()
    for picture in many.figures.glob("*.png"):
        picture.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    build = many.build(overrides={"paperbanana_cache_dir": str(many.folder / "another cache")})
    (line,) = build.lines
    assert "git lfs pull" in line
    assert f"and others alike ({COUNT} figures: index.rst:6, index.rst:9" in line


def test_of_drafts_and_of_what_is_outdated(
    many: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = many.build()
    assert first.status.count("commit _paperbanana/") == 1
    assert "commit _paperbanana/" not in many.build(fresh=True).status
    assert many.build(overrides={"paperbanana_mode": "frozen"}, strict=True).statuscode == 0
    monkeypatch.delenv("PAPERBANANA_ALLOW_DRAFTS")
    check(many.build(), "draft of the sandbox", state="present")
    frozen = many.build(overrides={"paperbanana_mode": "frozen"})
    check(frozen, f"{COUNT} draft", "allow_drafts", state="present")
    assert frozen.statuscode == 1
    text = (many.src / "index.rst").read_text()
    many.write("index.rst", text.replace(":: Figure", ":: Another figure"))
    monkeypatch.delenv("PAPERBANANA_API_KEY")
    check(many.build(), "PAPERBANANA_API_KEY is not set", state="outdated")
    plan = many.build("paperbanana-plan")
    assert plan.status.count("6 credits (prompt changed: ") == COUNT
    assert f"{COUNT} to buy for {6 * COUNT} sandbox credits ({COUNT} outdated)" in plan.status
