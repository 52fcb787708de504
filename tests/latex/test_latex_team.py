"""A team's shared store under latexmk: another machine's paper is complete without a purchase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from papers import Paper, article
from sandbox_process import SandboxProcess
from shared_stores import Folder, RealService

SECRET = "planted-secret-of-the-team"
LOOK = "\\immediate\\write18{printenv >> environment.txt}"
OPTIONS = "type=standard,model=nano-banana-2,width=3cm"
FIGURES = f"{LOOK}\\pbfigure[{OPTIONS}]{{A whale}}\n\n\\pbfigure[{OPTIONS}]{{A boat}}"


def test_a_paper_shows_what_another_machine_bought_and_tex_never_sees_the_secret(
    tmp_path: Path,
    env: Callable[..., dict[str, str]],
    service: RealService,
    sandbox: SandboxProcess,
) -> None:
    store = Folder(tmp_path / "store")
    papers = []
    for name, more in (("a", {}), ("b", {"PAPERBANANA_API_KEY": ""})):
        paper = Paper(
            tmp_path / name,
            env(
                **{
                    **service.env,
                    "PAPERBANANA_SHARED_CACHE": store.address,
                    "PAPERBANANA_SHARED_SECRET": SECRET,
                    "PAPERBANANA_CACHE_DIR": str(tmp_path / f"cache-{name}"),
                    **more,
                }
            ),
        )
        paper.write("paper.tex", article(FIGURES))
        paper.init()
        built = paper.latexmk("-shell-escape")
        assert built.status == 0, built
        assert "2 figures: 2 present" in built.output
        papers.append(paper)
    assert "taken from the shared store" in built.output
    assert len(sandbox.tasks()) == 2
    assert papers[0].shown() == papers[1].shown() != set()
    assert b"hmac-sha256" in store.objects()[min(store.objects())], "records are signed"
    seen = (papers[1].folder / "environment.txt").read_text()
    assert "PAPERBANANA_SHARED_CACHE" in seen
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    again = papers[1].latexmk("-shell-escape")
    assert "up-to-date" in again.output
