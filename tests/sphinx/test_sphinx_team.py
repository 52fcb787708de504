"""A team's shared store under real Sphinx builds: two machines, parallel builds, conf.py."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from program_forks import forked
from sandbox_process import SandboxProcess
from shared_stores import RealService, Store
from sphinx_docs import CONF

PAGES = {
    f"page{number}.rst": f"Page {number}\n======\n\nHow it works.\n\n"
    f".. paperbanana:: Pump {number}\n   :name: pump{number}\n"
    for number in range(6)
}
INDEX = "Title\n=====\n\n.. toctree::\n   :glob:\n\n   page*\n"


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, store: Store, service: RealService) -> Run:
    """Run a module on the checkout of one of the team's machines."""

    def run(machine: str, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        source = tmp_path / machine
        if not source.exists():
            source.mkdir()
            for name, text in {"conf.py": CONF, "index.rst": INDEX, **PAGES}.items():
                (source / name).write_text(text)
        env = {
            **os.environ,
            **service.env,
            **store.env,
            "PAPERBANANA_SHARED_CACHE": store.address,
            "PAPERBANANA_CACHE_DIR": str(tmp_path / f"cache-of-{machine}"),
            **more,
        }
        return subprocess.run(
            [forked(), "-m", *command],
            cwd=source, env=env, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    return run


SPHINX = ("sphinx", "-W", "-j", "2", "-b", "html", ".", "../out")


def test_a_parallel_build_without_a_key_shows_what_another_machine_bought(
    run: Run, store: Store, sandbox: SandboxProcess
) -> None:
    first = run("a", *SPHINX)
    assert first.returncode == 0, first.stderr
    assert len(sandbox.tasks()) == 6
    assert len([name for name in store.objects() if name.startswith(("v1/ac/", "v1/cas/"))]) == 12
    second = run("b", *SPHINX, PAPERBANANA_API_KEY="")
    assert second.returncode == 0, second.stderr
    assert "6 pictures taken from the shared store, for free" in second.stdout
    assert "6 figures: 6 present; 6 made, 0 credits spent" in second.stdout
    assert len(sandbox.tasks()) == 6
    assert store.server is not None
    store.stop()
    store.server = None
    warm = run("b", *SPHINX, PAPERBANANA_API_KEY="")
    assert warm.returncode == 0, "what is complete needs no store"
    assert warm.stderr == ""


def test_a_plan_does_not_ask_the_store_and_says_so_and_make_takes_what_it_has(
    run: Run, store: Store, sandbox: SandboxProcess
) -> None:
    run("a", *SPHINX)
    assert store.server is not None
    asked = len(store.server.requests)
    plan = run("b", "pbfigure", "plan", ".")
    assert "6 to buy for 36 sandbox credits" in plan.stdout
    assert "The shared store is not asked by a plan" in plan.stdout
    assert len(store.server.requests) == asked
    made = run("b", "pbfigure", "make", "--yes", ".")
    assert made.returncode == 0, made.stderr
    assert "made 6 of 6 figures for 0 credits" in made.stderr
    assert len(sandbox.tasks()) == 6


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("paperbanana_shared_cache = 's3://me:planted@bucket'", "credentials come from the"),
        ("paperbanana_shared_secret = 'planted'", "PAPERBANANA_SHARED_SECRET instead"),
    ],
)
def test_conf_py_holds_no_secret_of_the_store(
    run: Run, tmp_path: Path, line: str, told: str
) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "conf.py").write_text(f"{CONF}{line}\n")
    (tmp_path / "c" / "index.rst").write_text("Title\n=====\n")
    built = run("c", *SPHINX, PAPERBANANA_SHARED_CACHE="")
    assert built.returncode == 2
    assert told in built.stderr
    assert "planted" not in built.stderr + built.stdout
