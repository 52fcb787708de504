"""The page of ``pbfigure review``, opened from its file in a real browser without a network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from reviewed_site import (
    CHANGED,
    HOSTILE,
    VARIANTS,
    Open,
    ReviewedSite,
    figure,
    section,
    sources,
)
from sandbox_process import SandboxProcess

DEFAULT = "paperbanana-review"


@pytest.fixture(scope="module")
def written(project: ReviewedSite, api: SandboxProcess) -> Path:
    """The page after some figures changed."""
    project.write("index.rst", sources(**CHANGED))
    asked = len(api.log())
    done = project.verb("review", "docs")
    assert done.returncode == 0, done
    assert done.stdout.splitlines() == [
        "6 figures: 1 new, 3 changed, 1 not yet approved, 1 unchanged",
        f"open {DEFAULT}/index.html",
    ]
    assert len(api.log()) == asked
    return project.folder / DEFAULT / "index.html"


def said(where: Locator) -> str:
    """Its text, also where the browser did not draw it yet."""
    return " ".join((where.text_content() or "").split())


def names(page: Page) -> list[str]:
    """The figures that can be seen, in their order."""
    return page.locator("article:visible h3").all_text_contents()


def test_it_opens_from_its_file_and_asks_for_nothing_else(written: Path, open_page: Open) -> None:
    page = open_page("about:blank", offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(written.as_uri())
    for image in page.locator(".paper img[src]").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    folder = written.parent.as_uri()
    assert all(each.startswith((f"{folder}/", "data:,")) for each in asked), asked
    sources = page.evaluate("[...document.images].map((each) => each.getAttribute('src'))")
    used = {each for each in sources if each}
    assert used <= {path.name for path in written.parent.iterdir()}


def test_each_figure_is_in_its_section_with_a_symbol_a_reason_and_its_credits(
    written: Path, open_page: Open
) -> None:
    page = open_page(written.as_uri())
    sections = {
        said(each.locator("h2")): each.locator("h3").all_text_contents()
        for each in page.locator("main > section").all()
    }
    assert sections == {
        "New 1": ["fig-new"],
        "Changed 3": ["fig-old", "fig-kept", "fig-hostile"],
        "Not yet approved 1": ["fig-flow"],
        "Unchanged 1": ["fig-map"],
    }
    assert said(page.locator("#total")) == "24 sandbox credits to buy"
    listed = page.locator(".index li").all_text_contents()
    assert [" ".join(each.split()) for each in listed] == [
        "+ fig-new 12", "~ fig-old 6", "= fig-kept", "~ fig-hostile 6", "○ fig-flow", "✓ fig-map",
    ]  # fmt: skip
    new = figure(page, "fig-new")
    assert new.locator(".steps li").all_text_contents() == ["Paint it red"]
    assert "Flat colours" in said(new.locator(".facts"))
    assert "Draw it · 12 sandbox credits" in said(new.locator(".actions"))
    reason = said(figure(page, "fig-old").locator(".reason"))
    assert reason == 'prompt changed: "Two…" → "Three…" · 6 sandbox credits'
    assert "by Ada Lovelace" in said(figure(page, "fig-map").locator(".list"))
    flow = figure(page, "fig-flow")
    assert said(flow.locator("figcaption")) == "How the pump works."
    assert (
        flow.locator(".pane.one img").get_attribute("width") == "396"
    )  # 60 % of the theme's column
    assert flow.locator(".pane.one img").get_attribute("alt") == "Three steps of a pump"
    assert said(flow.locator(".place")) == "index.rst:9"


def test_words_that_changed_are_marked_in_prompt_and_text(
    written: Path, project: ReviewedSite, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(written.as_uri())
    prompt = figure(page, "fig-old").locator(".words").first
    assert prompt.locator("del").all_text_contents() == ["Two"]
    assert prompt.locator("ins").all_text_contents() == ["Three"]
    kept = figure(page, "fig-kept")
    kept.locator("summary").click()
    assert kept.locator("div.text del").all_text_contents() == ["slowly."]
    assert kept.locator("div.text ins").all_text_contents() == ["quickly."]
    # on a machine that did not order it, its former words are not known, and that is said
    project.environ["PAPERBANANA_CACHE_DIR"] = str(tmp_path / "another-machine")
    try:
        assert project.verb("review", "docs", "-o", str(tmp_path / "new")).returncode == 0
    finally:
        project.environ["PAPERBANANA_CACHE_DIR"] = str(project.folder.parent / "machine-cache")
    page = open_page((tmp_path / "new" / "index.html").as_uri())
    kept = figure(page, "fig-kept")
    kept.locator("summary").click()
    assert "words are not known here" in said(kept.locator("details .aside").last)
    assert kept.locator("div.text ins, div.text del").count() == 0


def test_what_is_hostile_is_shown_and_does_nothing(written: Path, open_page: Open) -> None:
    page = open_page(written.as_uri())
    hostile = figure(page, "fig-hostile")
    words = said(hostile.locator(".words").first)
    assert "<script>window.hurt = 1</script> <img src=x onerror='window.hurt = 2'>" in words
    assert "\u202e" not in page.content()
    assert "&amp;amp;" in page.content() and HOSTILE.rpartition(" ")[2] in words
    assert said(hostile.locator("figcaption")) == "<b>bold</b>"
    assert page.evaluate("window.hurt") is None
    assert page.locator("script").count() == 1
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy and "connect-src" not in policy


def test_keys_go_from_figure_to_figure_and_write_the_commands(
    written: Path, open_page: Open
) -> None:
    page = open_page(written.as_uri())
    page.keyboard.press("j")
    expect(figure(page, "fig-new")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("j")
    expect(figure(page, "fig-flow")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("p")
    page.keyboard.press("r")
    flow = figure(page, "fig-flow")
    shown, other = (
        flow.locator(".strip button").nth(number).get_attribute("data-digits") for number in (0, 1)
    )
    commands = page.locator("#commands")
    assert commands.inner_text().splitlines() == [
        f"pbfigure approve docs fig-flow {shown}",
        f"pbfigure pin docs fig-flow {other}",
        f"pbfigure variants docs fig-flow --count {VARIANTS + 1}",
    ]
    page.keyboard.press("u")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("a")
    assert commands.inner_text() == f"pbfigure pin docs fig-flow {other}"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    assert flow.evaluate("each => each.classList.contains('current')")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_search_and_filters_leave_what_fits(written: Path, open_page: Open) -> None:
    page = open_page(written.as_uri())
    assert len(names(page)) == 6
    search = page.get_by_role("searchbox")
    search.fill("PUMP steps")
    assert names(page) == ["fig-flow"]
    assert page.locator("main > section:visible").count() == 1
    search.fill("nowhere")
    expect(page.get_by_text("No figure fits the search.")).to_be_visible()
    search.press("Escape")
    assert len(names(page)) == 6
    page.get_by_role("button", name="Changed 3").click()
    assert names(page) == ["fig-old", "fig-kept", "fig-hostile"]
    page.get_by_role("button", name="kept 1").click()
    assert names(page) == ["fig-kept"]
    assert page.locator(".index li:visible").count() == 1
    page.get_by_role("button", name="All 6").click()
    assert len(names(page)) == 6


def test_versions_are_seen_side_by_side_under_a_slider_and_flipped_at_the_same_place(
    written: Path, open_page: Open
) -> None:
    page = open_page(written.as_uri())
    flow = figure(page, "fig-flow")
    assert flow.locator(".strip button").count() == VARIANTS
    one, other = flow.locator(".pane.one"), flow.locator(".pane.other")
    flow.locator(".strip button").nth(2).click()
    expect(one).to_be_hidden()
    label = flow.locator(".strip button").nth(2).get_attribute("data-large")
    assert other.locator("img").get_attribute("src") == label
    flow.get_by_role("button", name="Side by side").click()
    left, right = one.bounding_box(), other.bounding_box()
    assert left and right and left["x"] + left["width"] <= right["x"]
    flow.get_by_role("button", name="Slider").click()
    left, right = one.bounding_box(), other.bounding_box()
    assert left == right
    slider = flow.get_by_role("slider")
    before = one.evaluate("each => getComputedStyle(each).clipPath")
    slider.press("ArrowRight")
    assert one.evaluate("each => getComputedStyle(each).clipPath") != before
    flow.get_by_role("button", name="Flip").click()
    assert one.locator("img").bounding_box() == other.locator("img").bounding_box()
    expect(one).to_be_visible()
    expect(other).to_be_hidden()
    flow.locator(".paper").click()
    expect(one).to_be_hidden()
    expect(other).to_be_visible()
    page.keyboard.press("f")
    expect(one).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (390, 844)])
def test_it_is_accessible_and_no_wider_than_the_screen(
    written: Path, open_page: Open, width: int, height: int, dark: bool
) -> None:
    page = open_page(written.as_uri(), width=width, height=height, dark=dark)
    for details in page.locator("summary").all():
        details.click()
    page.keyboard.press("j")
    page.keyboard.press("r")  # what stands over the page is there too
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    page.keyboard.press("?")
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_git_leaves_it_alone_and_a_folder_of_others_is_left_alone(
    written: Path, project: ReviewedSite
) -> None:
    git = ("git", "-C", str(project.folder))
    subprocess.run([*git, "init", "-q"], check=True)
    status = subprocess.run(
        [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    assert DEFAULT not in status.stdout
    before = {path: path.read_bytes() for path in project.docs.rglob("*") if path.is_file()}
    refused = project.verb("review", "docs", "-o", "docs")
    assert refused.returncode == 2
    assert "holds files that are not of a review: name another with -o" in refused.stderr
    assert before == {p: p.read_bytes() for p in project.docs.rglob("*") if p.is_file()}


def test_of_an_invalid_figure_nothing_is_said_to_be_drawn_and_nothing_can_be_decided(
    project: ReviewedSite,
) -> None:
    wrong = section("fig-old", "Two tanks, one above the other", "Tanks.", ":resolution: 9K")
    project.write("index.rst", sources(**{**CHANGED, "old": wrong}))
    done = project.verb("review", "docs", "-o", "invalid")
    project.write("index.rst", sources(**CHANGED))
    assert done.returncode == 0, done
    pieces = (project.folder / "invalid" / "index.html").read_text().split("<article ")
    (told,) = (piece for piece in pieces if ">fig-old</h3>" in piece)
    assert "invalid: resolution: &#39;9K&#39; is not one of 1K, 2K, 4K" in told
    assert "data-digits" in told, "its earlier picture is there to be looked at"
    assert "It is drawn from" not in told
    assert "data-act" not in told


def test_a_damaged_picture_is_named_and_not_shown(
    written: Path, project: ReviewedSite, open_page: Open, tmp_path: Path
) -> None:
    picture = next((project.docs / "_paperbanana").glob("index--fig-map-*.png"))
    whole = picture.read_bytes()
    cached = project.folder.parent / "machine-cache"
    copies = [path for path in cached.rglob("*.png") if path.read_bytes() == whole]
    assert copies
    try:
        for path in (picture, *copies):
            path.write_bytes(b"\x89PNG\r\n\x1a\nno picture at all")
        assert project.verb("review", "docs", "-o", str(tmp_path / "out")).returncode == 0
        page = open_page((tmp_path / "out" / "index.html").as_uri())
        assert figure(page, "fig-map").locator(".paper img[src]").count() == 0
    finally:
        for path in (picture, *copies):
            path.write_bytes(whole)


def test_what_somebody_committed_into_the_folder_is_neither_shown_nor_written_through(
    written: Path, project: ReviewedSite, tmp_path: Path
) -> None:
    """A stranger's small copy would have a reviewer approve what they did not see."""
    secret = tmp_path / "secret"
    secret.write_text("mine")
    small = sorted(written.parent.glob("*-240.webp"))
    own = {path: path.read_bytes() for path in written.parent.iterdir()}
    small[0].write_bytes(small[1].read_bytes())
    for path in (written, small[2], small[3].with_name(f"{small[3].name[:64]}.png")):
        path.unlink()
        path.symlink_to(secret)
    assert project.verb("review", "docs").returncode == 0
    assert {path: path.read_bytes() for path in written.parent.iterdir()} == own
    assert not any(path.is_symlink() for path in written.parent.iterdir())
    assert secret.read_text() == "mine"
    linked = project.folder / "linked"
    linked.symlink_to(tmp_path, target_is_directory=True)
    refused = project.verb("review", "docs", "-o", "linked")
    assert (refused.returncode, "is a symbolic link" in refused.stderr) == (2, True)
