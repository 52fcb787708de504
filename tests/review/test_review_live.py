"""``pbfigure review --serve``: what its page does, for whom, and what a variant costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_review import LiveReview
from playwright.sync_api import Locator, Page, expect
from reviewed_site import CHANGED, VARIANTS, Open, ReviewedSite, figure, sources
from sandbox_process import SandboxProcess
from wait_for import wait_for


@pytest.fixture(scope="module")
def live(project: ReviewedSite) -> Iterator[LiveReview]:
    started = LiveReview(project.folder, project.environ, "--by", "Grace Hopper")
    yield started
    started.end()


def choose(page: Page, name: str) -> Locator:
    """Make a figure the current one, and return it."""
    figure(page, name).locator("h3").click()
    return figure(page, name)


def decided(project: ReviewedSite, name: str) -> dict[str, str]:
    """What a file of the figures' folder says; nothing if it is not there."""
    path = project.docs / "_paperbanana" / name
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def test_a_picture_is_approved_by_a_key_and_that_is_undone_by_another(
    live: LiveReview, project: ReviewedSite, open_page: Open
) -> None:
    page = open_page(live.url)
    kept = choose(page, "fig-kept")
    kept.locator("summary").click()
    page.keyboard.press("a")
    expect(kept.locator(".badge.approved")).to_be_visible()
    expect(page.locator("#done")).to_contain_text("commit index--fig-kept.approved")
    assert decided(project, "index--fig-kept.approved")["by"] == "Grace Hopper"
    assert kept.locator("details").get_attribute("open") is not None  # nothing was loaded anew
    expect(page.get_by_role("button", name="Unchanged 2")).to_be_visible()
    page.keyboard.press("u")
    expect(kept.locator(".badge.approved")).to_have_count(0)
    assert decided(project, "index--fig-kept.approved") == {}
    kept.get_by_role("button", name="Approve").click()
    kept.get_by_role("button", name="Approved").click()
    expect(kept.get_by_role("button", name="Approve", exact=False)).to_be_visible()
    wait_for(lambda: decided(project, "index--fig-kept.approved") == {})


def test_a_version_is_pinned_and_unpinned(
    live: LiveReview, project: ReviewedSite, open_page: Open
) -> None:
    page = open_page(live.url)
    flow = choose(page, "fig-flow")
    chosen = flow.locator(".strip button").nth(2)
    digits = chosen.get_attribute("data-digits") or "none"
    chosen.click()
    page.keyboard.press("a")
    expect(flow.locator(".working")).to_contain_text("You look at another version")
    assert decided(project, "index--fig-flow.approved") == {}
    page.keyboard.press("p")
    expect(flow.locator(".badge.pinned")).to_be_visible()
    expect(flow.locator(".strip button").first).to_have_attribute("data-digits", digits)
    assert decided(project, "index--fig-flow.pin")["picture"].startswith(digits)
    flow.get_by_role("button", name="Unpin").click()
    expect(flow.locator(".badge.pinned")).to_have_count(0)
    assert decided(project, "index--fig-flow.pin") == {}


def test_the_last_picture_of_a_figure_that_changed_is_kept_if_its_author_says_so(
    project: ReviewedSite, api: SandboxProcess, open_page: Open
) -> None:
    bought = len(api.tasks())
    project.write("index.rst", sources(old=CHANGED["old"]))
    review = LiveReview(project.folder, project.environ)
    page = open_page(review.url)
    old = choose(page, "fig-old")
    expect(old.locator("> header .badge").first).to_have_text("outdated")
    old.get_by_role("button", name="Keep this picture").click()
    expect(old.locator(".badge.pinned")).to_be_visible()
    page.close()
    review.end()
    (kept,) = (project.docs / "_paperbanana").glob("index--fig-old-*.png")
    assert decided(project, "index--fig-old.pin")["picture"] == project.sha256(kept)
    assert "6 present" in project.build(**project.environ)
    assert len(api.tasks()) == bought
    assert project.verb("unpin", "docs", "fig-old").returncode == 0
    project.write("index.rst", sources())


def test_a_variant_is_bought_once_its_cost_is_confirmed_and_never_two(
    live: LiveReview, api: SandboxProcess, open_page: Open
) -> None:
    page = open_page(live.url)
    flow, before = choose(page, "fig-flow"), len(api.tasks())
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Buy another variant of fig-flow for 6 sandbox credits?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert len(api.tasks()) == before
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_have_text(
        f"fig-flow: variant {VARIANTS} is there, for 6 sandbox credits"
    )
    expect(flow.locator(".strip button")).to_have_count(VARIANTS + 1)
    assert len(api.tasks()) == before + 1


def test_what_was_not_confirmed_is_not_bought(live: LiveReview, api: SandboxProcess) -> None:
    status, page = live.raw(f"GET {live.path} HTTP/1.1\nHost: {live.netloc}")
    assert status == 200
    figure = page.partition('<article class="figure" id="')[2].partition('"')[0]
    before = len(api.log("generate"))
    for credits in (None, 1, "6", True):
        status, said = live.post("variant", {"figure": figure, "credits": credits})
        assert (status, "which was not confirmed" in said) == (409, True)
    assert live.post("variant", {"figure": "f-0", "credits": 6})[0] == 409
    assert len(api.log("generate")) == before


def test_a_port_in_use_is_one_sentence(live: LiveReview, project: ReviewedSite) -> None:
    port = live.netloc.rpartition(":")[2]
    done = project.verb("review", "docs", "--serve", "--port", port)
    assert done.returncode == 2
    assert f"Error: port {port}: Address already in use" in done.stderr


def test_only_who_has_the_address_gets_an_answer(live: LiveReview, project: ReviewedSite) -> None:
    host = live.netloc
    for path in ("/", "/index.html", "/wrong-token/", f"{live.path[:-2]}/", live.path.upper()):
        status, said = live.raw(f"GET {path} HTTP/1.1\nHost: {host}")
        assert (status, "fig-" in said) == (403, False)
    status, said = live.raw(f"GET {live.path} HTTP/1.1\nHost: {host}")
    assert status == 200
    for header in ("no-store", "nosniff", "no-referrer", "frame-ancestors 'none'"):
        assert header in said.partition("\r\n\r\n")[0]
    assert "Access-Control" not in said.partition("\r\n\r\n")[0]
    for name in ("../docs/conf.py", "%2e%2e/docs/conf.py", ".gitignore", "index.html", "a" * 64):
        assert live.raw(f"GET {live.path}{name} HTTP/1.1\nHost: {host}")[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", "[::1]:PORT", ""]
)
def test_a_name_that_leads_to_the_server_is_refused(live: LiveReview, host: str) -> None:
    name = host.replace("PORT", live.netloc.partition(":")[2])
    status, said = live.raw(f"GET {live.path} HTTP/1.1\nHost: {name}")
    assert (status, "fig-" in said) == (403, False)
    assert live.raw(f"GET {live.path} HTTP/1.1\nAccept: */*")[0] == 403
    two = f"GET {live.path} HTTP/1.1\nHost: {live.netloc}\nHost: evil.example"
    assert live.raw(two)[0] == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1:PORT"]
)
def test_another_page_can_do_nothing(
    live: LiveReview, project: ReviewedSite, origin: str | None
) -> None:
    before = sorted((project.docs / "_paperbanana").iterdir())
    given = origin and origin.replace("PORT", live.netloc.partition(":")[2])
    status, _ = live.post("undo", {}, Origin=given)
    assert status == 403
    assert sorted((project.docs / "_paperbanana").iterdir()) == before


def test_a_decision_that_is_a_link_is_not_followed_and_taken_back(
    live: LiveReview, project: ReviewedSite, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the machine")
    link = project.docs / "_paperbanana" / "index--fig-boat.approved"
    link.symlink_to(secret)
    _, page = live.raw(f"GET {live.path} HTTP/1.1\nHost: {live.netloc}")
    before = page.partition('">fig-boat</h3>')[0]
    name, digits = before.rpartition('<h3 id="n-')[2], before.rpartition('data-shown="')[2][:64]
    status, said = live.post("approve", {"figure": name, "digits": digits})
    assert (status, "index--fig-boat.approved cannot be read" in said) == (409, True)
    assert link.is_symlink()
    assert secret.read_text() == "of the machine"
    link.unlink()
    assert live.raw(f"GET nothing HTTP/1.1\nHost: {live.netloc}")[0] == 403


def test_what_is_no_request_of_the_page_is_refused(live: LiveReview) -> None:
    for length in ("10001", "9" * 30, "-1", "١", "1_0", None):
        assert live.post("undo", b"", Content_Length=length)[0] == 413
    assert live.post("undo", b"{}", Content_Type="text/plain")[0] == 400
    for body in (b"[]", b"{", b"\xff", b"[" * 9_000):
        assert live.post("undo", body)[0] == 400
    status, said = live.post("undo", {})
    assert (status, "there is nothing to undo" in said or "Undone" in said) in (
        (409, True),
        (200, True),
    )
    assert live.post("burn", {"figure": "f-0"})[0] == 409
    assert live.post("pin", {"figure": ["f"], "digits": {"a": 1}})[0] == 409


def test_ctrl_c_ends_it_and_a_variant_that_was_ordered_is_not_ordered_again(
    project: ReviewedSite, tmp_path: Path
) -> None:
    idle = LiveReview(project.folder, project.environ)
    assert idle.interrupt() == (0, "")
    with SandboxProcess(latency=3_000.0, speed=1) as slow:
        environ = {**project.environ, **slow.env, "PAPERBANANA_CACHE_DIR": str(tmp_path / "cache")}
        busy = LiveReview(project.folder, environ)
        _, page = busy.raw(f"GET {busy.path} HTTP/1.1\nHost: {busy.netloc}")
        name = page.partition('">fig-boat</h3>')[0].rpartition('<h3 id="n-')[2]
        status, said = busy.post("variant", {"figure": name, "credits": 6})
        assert (status, "is ordered for 6 sandbox credits" in said) == (200, True)
        again, said = busy.post("variant", {"figure": name, "credits": 6})
        assert (again, "is under way" in said) == (409, True)
        wait_for(lambda: len(slow.tasks()) == 1)
        status, said = busy.interrupt()
        assert (status, "nothing that was paid for is lost" in said) == (130, True)
        environ["PAPERBANANA_TASK_TIMEOUT"] = "2"
        done = project.run(
            "variants", "docs", "fig-boat", "--count=2", "--yes", "--json", **environ
        )
        assert json.loads(done.stdout)["variants"][1]["state"] == "pending"
        assert len(slow.tasks()) == 1
