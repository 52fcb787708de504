"""Figures that are renamed while the text around them changes: they keep their pictures."""

from __future__ import annotations

import hashlib
import re

import pytest
from documents import Site
from json_schemas import valid
from sandbox_process import SandboxProcess

FLOW = "A flow chart of the pump from left to right in three steps"


def images(site: Site, page: str = "index") -> list[str]:
    """The digests of the pictures on a page, in reading order."""
    out = site.folder / "out-html"
    names = re.findall(r'<img[^>]*src="([^"]*)"', (out / f"{page}.html").read_text())
    files = [(out / page).parent / name for name in names]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


def is_kept(site: Site, sandbox: SandboxProcess, shown: list[str]) -> bool:
    """Whether a build buys nothing, and shows what was shown before."""
    orders = len(sandbox.tasks())
    said = site.build()
    return len(sandbox.tasks()) == orders and images(site) == shown and "missing" not in said


RENAMINGS = {
    "another name": (":name: fig-flow", ":name: fig-steps"),
    "an id": (":name: fig-flow", ":id: the-flow"),
    "no name any more": ("   :name: fig-flow\n", ""),
}


@pytest.mark.parametrize("old, new", RENAMINGS.values(), ids=RENAMINGS)
@pytest.mark.parametrize("is_built_between", [True, False])
def test_a_renamed_figure_keeps_its_picture_when_the_text_around_it_is_edited(
    site: Site, use_sandbox: SandboxProcess, old: str, new: str, is_built_between: bool
) -> None:
    site.build()
    shown = images(site)
    site.edit("index.rst", old, new)
    if is_built_between:
        assert is_kept(site, use_sandbox, shown)
    site.edit("index.rst", "Water flows", "Oil flows")
    planned = site.run("plan", "docs")
    assert planned.returncode == 0, planned
    assert "2 kept" in planned.stdout
    assert is_kept(site, use_sandbox, shown)
    site.edit("index.rst", "Oil flows", "Acid flows")
    assert is_kept(site, use_sandbox, shown)
    site.run("prune", "docs", "--rename", "--yes")
    assert is_kept(site, use_sandbox, shown)


def test_a_name_that_another_figure_had_before_is_as_good_as_a_new_one(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    old = "\n.. paperbanana:: A boat\n   :name: fig-steps\n"
    text = (site.docs / "index.rst").read_text()
    site.write("index.rst", text + old)
    site.build()
    shown = images(site)[:2]
    site.write("index.rst", text)
    site.edit("index.rst", ":name: fig-flow", ":name: fig-steps")
    site.edit("index.rst", "Water flows", "Oil flows")
    assert is_kept(site, use_sandbox, shown)


def test_a_figure_that_gets_a_name_keeps_its_picture(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.edit("index.rst", "   :name: fig-flow\n", "")
    site.build()
    shown = images(site)
    site.edit("index.rst", "three steps\n", "three steps\n   :name: fig-flow\n")
    site.edit("index.rst", "Water flows", "Oil flows")
    assert is_kept(site, use_sandbox, shown)


def test_a_figure_without_a_name_is_found_on_the_page_that_it_moved_to(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.write("more/a.rst", "A\n=\n\nText.\n\n.. paperbanana:: A boat\n")
    site.build()
    before = images(site, "more/a")
    orders = len(use_sandbox.tasks())
    (site.docs / "more" / "a.rst").unlink()
    site.write("more/b.rst", "B\n=\n\nOther text.\n\n.. paperbanana:: A boat\n")
    site.build()
    assert len(use_sandbox.tasks()) == orders
    assert images(site, "more/b") == before


def test_a_renamed_figure_keeps_what_its_author_chose(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    done = site.run("variants", "docs", "fig-flow", "--count", "2", "--yes", "--json")
    chosen = valid("variants", done)["variants"][1]
    site.run("pin", "docs", "fig-flow", chosen["picture"][:12])
    site.edit("index.rst", ":name: fig-flow", ":name: fig-steps")
    site.edit("index.rst", "Water flows", "Oil flows")
    orders = len(use_sandbox.tasks())
    (figure, _) = valid("status", site.run("status", "docs", "--json"))["figures"]
    assert (figure["name"], figure["state"], figure["pinned"]) == ("fig-steps", "present", True)
    site.run("make", "docs", "fig-steps", "--yes")
    assert len(use_sandbox.tasks()) == orders


def test_two_figures_that_swap_their_names_keep_each_its_own_picture(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    def written(first: str, second: str, text: str) -> str:
        parts = [
            f"{title}\n---\n\n{text} {title}.\n\n.. paperbanana:: A {title}\n   :name: {name}\n\n"
            for title, name in (("Cog", first), ("Cam", second))
        ]
        return "P\n=\n\n" + "".join(parts)

    site.write("more/swap.rst", written("fig-cog", "fig-cam", "Text of a"))
    site.build()
    shown, orders = images(site, "more/swap"), len(use_sandbox.tasks())
    for text in ("Other text of a", "And another text of a"):
        site.write("more/swap.rst", written("fig-cam", "fig-cog", text))
        site.build()
        assert images(site, "more/swap") == shown
    site.run("prune", "docs", "--yes")
    site.build()
    assert images(site, "more/swap") == shown
    assert len(use_sandbox.tasks()) == orders


def test_without_a_folder_of_figures_what_the_machine_showed_last_is_found_too(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    off = {"PAPERBANANA_FIGURES_DIR": ""}
    site.build(**off)
    site.edit("index.rst", ":name: fig-flow", ":name: fig-steps")
    site.edit("index.rst", "Water flows", "Oil flows")
    assert "2 kept" in site.build(**off)
    assert len(use_sandbox.tasks()) == 2


def test_a_copy_elsewhere_does_not_take_what_the_renamed_original_left(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    shown = images(site)
    copy = f"C\n=\n\nA text of its own.\n\n.. paperbanana:: {FLOW}\n   :name: fig-copy\n"
    site.write("more/copy.rst", copy)
    site.edit("index.rst", ":name: fig-flow", ":name: fig-steps")
    site.edit("index.rst", "Water flows", "Oil flows")
    assert site.plan()[0] == "= fig-steps (text around it changed, kept)"
    assert "+ fig-copy 6 credits (new)" in site.plan()
    site.build()
    assert len(use_sandbox.tasks()) == 3
    assert images(site) == shown
    assert images(site, "more/copy")[0] not in shown


def test_a_copy_of_a_figure_that_still_stands_is_a_figure_of_its_own(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    copy = f"\n.. only:: latex\n\n   .. paperbanana:: {FLOW}\n      :name: fig-flow\n"
    steps = f"S\n=\n\nOther text.\n\n.. paperbanana:: {FLOW}\n   :name: fig-steps\n"
    text = (site.docs / "index.rst").read_text()
    site.write("index.rst", text.replace("   :name: fig-flow\n", "   :name: fig-x\n") + copy)
    site.write("more/steps.rst", steps)
    lines = site.plan()
    assert "+ fig-steps 6 credits (new)" in lines, "html hides fig-flow, which is not gone"


def test_of_two_figures_that_ask_for_the_same_neither_takes_what_may_be_the_other_s(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    site.edit("index.rst", ":name: fig-flow", ":name: fig-steps")
    text = (site.docs / "index.rst").read_text().replace("Water flows", "Oil flows")
    section = f"\nPart\n----\n\nA part.\n\n.. paperbanana:: {FLOW}\n   :name: fig-copy\n"
    site.write("index.rst", text + section)
    lines = site.plan()
    assert "+ fig-steps 6 credits (new)" in lines
    assert "+ fig-copy 6 credits (new)" in lines


def test_two_renamed_figures_with_one_request_keep_each_its_own_picture(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    for name in ("one", "two"):
        page = f"P\n=\n\nText of {name}.\n\n.. paperbanana:: {FLOW}\n   :name: fig-{name}\n"
        site.write(f"more/{name}.rst", page)
    site.build()
    shown = [images(site, f"more/{name}") for name in ("one", "two")]
    assert shown[0] != shown[1]
    orders = len(use_sandbox.tasks())
    for name in ("one", "two"):
        site.edit(f"more/{name}.rst", f":name: fig-{name}", f":name: fig-new-{name}")
        site.edit(f"more/{name}.rst", f"Text of {name}", f"Other text of {name}")
    site.build()
    assert [images(site, f"more/{name}") for name in ("one", "two")] == shown
    assert len(use_sandbox.tasks()) == orders


def test_another_prompt_under_another_name_is_a_new_figure(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    site.edit("index.rst", ":name: fig-flow", ":name: fig-steps")
    site.edit("index.rst", "from left", "from top")
    assert "+ fig-steps 6 credits (new)" in site.plan()
