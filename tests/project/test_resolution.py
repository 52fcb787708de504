"""What stands for a figure, driven through ``resolve`` against the sandbox over real sockets."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from project_builds import BLOCK, Build, only, told, with_text
from sandbox_process import SandboxProcess

from pbfigure.figure.notice import Place
from pbfigure.figure.states import State
from pbfigure.figure.surrounding_text import WrittenText


def test_a_figure_is_bought_once_and_found_ever_after(
    build: Build, sandbox: SandboxProcess
) -> None:
    first, second = build(), build()
    assert [only(first).state, only(second).state] == ["present", "present"]
    assert [only(first).made, only(second).made] == [True, False]
    assert first.credits_spent == 6
    assert second.credits_spent == 0
    assert only(first).path == only(second).path
    assert len(sandbox.tasks()) == 1


@pytest.mark.parametrize("lost", ["figures", "machine-cache"])
def test_either_store_alone_serves_a_build(
    lost: str, build: Build, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    build()
    shutil.rmtree(tmp_path / lost)
    requests = len(sandbox.log())
    assert only(build()).state == "present"
    assert len(sandbox.log()) == requests


class TestKept:
    def test_text_taken_automatically_may_change_without_a_miss(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        build()
        kept = build(with_text("Carbon moves from sea to air."))
        assert only(kept).state == "kept"
        assert told(kept) == []
        assert [n.subtype for n in only(kept).notices] == ["text_changed"]
        assert len(sandbox.tasks()) == 1

    @pytest.mark.parametrize("where", ["setting", "figure"])
    def test_regenerate_makes_it_a_miss(
        self, where: str, build: Build, sandbox: SandboxProcess
    ) -> None:
        build()
        if where == "setting":
            again = build(with_text("Other words."), on_text_change="regenerate")
        else:
            again = build(with_text("Other words.", **{"on-text-change": "regenerate"}))
        assert only(again).made
        assert len(sandbox.tasks()) == 2

    def test_text_of_the_author_s_own_is_always_a_miss(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        build(BLOCK._replace(content=WrittenText("One.")))
        assert only(build(BLOCK._replace(content=WrittenText("Two.")))).made
        assert only(build(BLOCK)).made, "written text is no automatic text"
        assert len(sandbox.tasks()) == 3

    @pytest.mark.parametrize("lost", ["figures", "machine-cache"])
    def test_the_last_picture_is_remembered_by_both_stores(
        self, lost: str, build: Build, sandbox: SandboxProcess, tmp_path: Path
    ) -> None:
        build()
        shutil.rmtree(tmp_path / lost)
        assert only(build(with_text("Other words."))).state == "kept"
        assert len(sandbox.tasks()) == 1

    def test_without_a_figures_dir_the_machine_remembers(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        build(figures_dir="")
        assert only(build(with_text("Other words."), figures_dir="")).state == "kept"
        assert len(sandbox.tasks()) == 1

    def test_a_text_that_comes_back_shows_its_own_picture_again(self, build: Build) -> None:
        first = only(build()).path
        other = with_text("Other words.", **{"on-text-change": "regenerate"})
        second = only(build(other)).path
        assert first != second
        assert only(build()).path == first
        third = only(build(with_text("A third text.")))
        assert third.path == second, "the last picture is the newest, for every clone alike"


class TestModes:
    def test_offline_never_asks_and_shows_what_was_accepted(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        assert told(build(mode="offline")) == ["missing"]
        build()
        requests = len(sandbox.log())
        changed = build(BLOCK._replace(prompt="Another chart"), mode="offline")
        assert only(changed).state == "outdated"
        assert only(changed).path is not None
        assert told(changed) == ["outdated"]
        assert len(sandbox.log()) == requests

    def test_frozen_fails_after_naming_every_miss(self, build: Build) -> None:
        other = BLOCK._replace(name="other", prompt="Another chart")
        frozen = build(BLOCK, other, mode="frozen")
        assert frozen.must_fail
        assert told(frozen) == ["frozen", "missing", "missing"]
        assert "2 missing: guide.rst:12, guide.rst:12" in frozen.notices[-1].text
        assert frozen.notices[-1].text.endswith("/figures/")
        build(BLOCK, other)
        assert not build(BLOCK, other, mode="frozen").must_fail

    def test_without_a_key_there_is_one_warning_and_only_if_something_is_missing(
        self, build: Build, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build()
        monkeypatch.delenv("PAPERBANANA_API_KEY")
        assert told(build()) == []
        others = [BLOCK._replace(prompt=f"Chart {n}", name=f"chart{n}") for n in range(3)]
        missing = build(BLOCK, *others)
        assert told(missing) == ["no_key"]
        assert "3 figures missing: guide.rst:12" in missing.notices[0].text
        assert not missing.must_fail

    def test_on_failure_error_fails_a_build_that_lacks_a_picture(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        sandbox.order(endpoint="generate", calls="all", fault="failed")
        failed = build(on_failure="error")
        assert failed.must_fail
        assert told(failed) == ["on_failure", "failed"]
        assert only(failed).state == "failed"


class TestBudget:
    def test_nothing_is_ordered_that_the_estimate_does_not_allow(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        dear = BLOCK._replace(options={"resolution": "4K"})
        resolution = build(dear, max_credits=23)
        assert told(resolution) == ["budget"]
        assert sandbox.log() == []
        assert only(resolution).state == "held"
        assert only(build(dear, max_credits=24)).made

    def test_what_is_in_the_cache_costs_nothing(self, build: Build) -> None:
        build()
        assert only(build(max_credits=0)).state == "present"


class TestPins:
    @pytest.mark.parametrize("of", ["picture", "key"])
    def test_a_pinned_picture_is_shown_whatever_else_changes(
        self, of: str, build: Build, sandbox: SandboxProcess
    ) -> None:
        first = only(build())
        assert first.record is not None
        pin = (first.record.picture.sha256 if of == "picture" else first.record.key)[:8]
        pinned = only(build(BLOCK._replace(prompt="Something else", options={"pin": pin})))
        assert (pinned.state, pinned.pinned, pinned.path) == ("present", True, first.path)
        assert len(sandbox.tasks()) == 1

    def test_a_pinned_picture_of_the_cache_becomes_the_projects_own(
        self, build: Build, tmp_path: Path
    ) -> None:
        first = only(build(BLOCK))
        shutil.rmtree(tmp_path / "figures")
        assert first.record is not None
        pin = first.record.picture.sha256[:8]
        pinned = BLOCK._replace(prompt="Something else", options={"pin": pin})
        assert only(build(pinned)).state == "present"
        shutil.rmtree(tmp_path / "machine-cache")
        elsewhere = only(build(pinned))
        assert elsewhere.state == "present"
        assert elsewhere.path is not None
        assert elsewhere.path.is_relative_to(tmp_path / "figures")

    def test_a_pinned_second_picture_is_what_its_standing_tells_of(
        self, build: Build, tmp_path: Path, sandbox: SandboxProcess
    ) -> None:
        sandbox.order(endpoint="generate", fault="several_images", count=2)
        first = only(build(BLOCK))
        assert first.record is not None
        second = first.record.pictures[1]
        assert second != first.record.picture
        for keep in (True, False):  # from the project's folder, then from the cache
            if not keep:
                shutil.rmtree(tmp_path / "figures")
            pinned = only(build(BLOCK._replace(prompt="Other", options={"pin": second.sha256})))
            assert pinned.record is not None
            assert pinned.record.picture == second
            assert pinned.path is not None
            assert hashlib.sha256(pinned.path.read_bytes()).hexdigest() == second.sha256

    def test_a_pin_that_is_nowhere_buys_nothing(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        lost = build(BLOCK._replace(options={"pin": "0123456789abcdef"}))
        assert told(lost) == ["pin"]
        assert only(lost).path is None
        assert sandbox.log() == []


class TestNames:
    def test_one_name_for_two_requests_is_an_error_that_names_both_places(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        other = BLOCK._replace(prompt="Another chart", place=Place("guide.rst", 40))
        resolution = build(BLOCK, other)
        assert told(resolution) == ["name", "name"]
        assert "guide.rst:40" in resolution.figures[0].notices[0].text
        assert "guide.rst:12" in resolution.figures[1].notices[0].text
        assert sandbox.log() == []

    def test_one_request_under_two_names_is_paid_for_once(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        resolution = build(BLOCK, BLOCK._replace(name="again"))
        assert [s.made for s in resolution.figures] == [True, True]
        assert resolution.credits_spent == 6
        assert len({s.path for s in resolution.figures}) == 2, "each figure has a file of its own"
        assert len(sandbox.tasks()) == 1


class TestDamage:
    def test_a_damaged_project_file_is_healed_from_the_cache(
        self, build: Build, sandbox: SandboxProcess
    ) -> None:
        path = only(build()).path
        assert path is not None
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        requests = len(sandbox.log())
        healed = build()
        assert told(healed) == ["picture"]
        assert path.read_bytes() == whole
        assert len(sandbox.log()) == requests

    def test_a_damaged_cache_is_healed_from_the_project_s_very_bytes(
        self, build: Build, sandbox: SandboxProcess, tmp_path: Path
    ) -> None:
        build()
        (cached,) = (tmp_path / "machine-cache").glob("v1/pictures/*/*.png")
        cached.unlink()
        requests = len(sandbox.log())
        # another figure with the same request looks into the cache only for want of a project's
        shutil.copytree(tmp_path / "figures", tmp_path / "kept")
        assert only(build(figures_dir="kept")).state == "present"
        assert len(sandbox.log()) == requests

    def test_a_picture_that_only_the_cache_s_record_knows_is_fetched_without_paying(
        self, build: Build, sandbox: SandboxProcess, tmp_path: Path
    ) -> None:
        build()
        shutil.rmtree(tmp_path / "figures")
        (cached,) = (tmp_path / "machine-cache").glob("v1/pictures/*/*.png")
        cached.unlink()
        again = build()
        assert only(again).made
        assert again.credits_spent == 0
        assert len(sandbox.tasks()) == 1

    @pytest.mark.parametrize("figures_dir", ["figures", ""])
    def test_a_damaged_picture_is_not_bought_again_where_only_the_text_around_it_changed(
        self, build: Build, sandbox: SandboxProcess, tmp_path: Path, figures_dir: str
    ) -> None:
        build(with_text("The sea."), figures_dir=figures_dir)
        for picture in tmp_path.glob("*/**/*.png"):
            picture.write_bytes(b"version https://git-lfs.github.com/spec/v1")
        edited = with_text("The deep sea.")
        again = build(edited, figures_dir=figures_dir)
        assert len(sandbox.tasks()) == 1
        assert "only the text around it changed" in only(again).why
        assert "on-text-change to regenerate" in only(again).why
        build(edited, figures_dir=figures_dir, on_text_change="regenerate")
        assert len(sandbox.tasks()) == 2

    def test_a_project_s_picture_that_is_gone_is_not_bought_again_in_silence(
        self, build: Build, sandbox: SandboxProcess, tmp_path: Path
    ) -> None:
        path = only(build()).path
        assert path is not None
        shutil.rmtree(tmp_path / "machine-cache")
        path.write_text("version https://git-lfs.github.com/spec/v1\n")
        resolution = build()
        assert told(resolution) == ["picture"]
        assert "git lfs pull" in only(resolution).why
        assert len(sandbox.tasks()) == 1
        path.with_suffix(".json").unlink()
        assert only(build()).made


class TestDrafts:
    def test_a_draft_is_told_of_unless_allowed(
        self, build: Build, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build()
        monkeypatch.delenv("PAPERBANANA_ALLOW_DRAFTS")
        assert told(build()) == ["draft"]

    def test_a_draft_is_a_miss_where_the_real_service_could_be_asked(
        self, build: Build, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build()
        monkeypatch.setenv("PAPERBANANA_BASE_URL", "https://open.paper-banana.org/api/v1")
        resolution = build(mode="offline")
        assert only(resolution).state == "outdated", "but better than a placeholder"
        assert told(resolution) == ["outdated"]
        assert build(mode="frozen").must_fail


def test_a_figures_dir_that_cannot_be_written_is_told_once_and_costs_no_picture(
    build: Build, tmp_path: Path
) -> None:
    (tmp_path / "figures").write_text("a file where the folder should be")
    others = [BLOCK._replace(prompt=f"Chart {n}", name=f"chart{n}") for n in range(3)]
    resolution = build(*others)
    assert told(resolution) == ["figures_dir"]
    assert all(s.path is not None and s.path.is_file() for s in resolution.figures)


def test_a_cache_that_cannot_be_written_buys_nothing(
    build: Build, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    (tmp_path / "machine-cache").write_text("a file where the folder should be")
    resolution = build()
    assert told(resolution) == ["cache"]
    assert "guide.rst:12" in resolution.notices[0].text
    assert sandbox.log("generate") == []


def test_a_service_that_stays_down_leaves_its_figures_missing_and_that_is_told_once(
    build: Build, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=503)
    blocks = [BLOCK._replace(name=name, prompt=f"A {name}") for name in ("ship", "boat", "raft")]
    resolution = build(*blocks)
    assert [figure.state for figure in resolution.figures] == [State.MISSING] * 3
    assert told(resolution) == ["missing"]
    use_sandbox.clear_faults()
    assert build(*blocks).credits_spent == 3 * 6
    assert len(use_sandbox.tasks()) == 3


@pytest.mark.parametrize("order", [1, -1])
def test_two_figures_with_one_revision_draw_it_from_the_version_that_one_of_them_lacks(
    build: Build, use_sandbox: SandboxProcess, order: int
) -> None:
    build(with_text("one", revise="Thicker"))
    before = len(use_sandbox.tasks())
    kept = with_text("two", revise="Blue")
    new = with_text("two", revise="- Blue\n- Green")._replace(name="new")
    resolution = build(*[kept, new][::order])
    assert {figure.state for figure in resolution.figures} == {State.PRESENT}
    requests = [task["request"] for task in use_sandbox.tasks()]
    assert sorted(each["prompt"] for each in requests[before:]) == sorted(
        [kept.prompt, "Blue", "Green"]
    )
    drawn_from = {each["prompt"]: each["options"].get("image_input") for each in requests}
    sources = [drawn_from[revision] for revision in ("Thicker", "Blue", "Green")]
    assert len({source for (source,) in sources}) == 3, "not from the picture of the text before"
