"""A team's store that misbehaves under whole builds: every document complete, no wrong picture."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from project_builds import BLOCK, only, told
from sandbox_process import SandboxProcess
from shared_stores import Store
from wait_for import wait_for

from pbfigure.project.resolved_figure import Resolution
from pbfigure.store.picture import examine

pytestmark = pytest.mark.parametrize("store", ["s3"], indirect=True)
OTHER = BLOCK._replace(prompt="Another chart", name="other")
Machine = Callable[..., Resolution]


def said(resolution: Resolution) -> list[str]:
    whys = [figure.why for figure in resolution.figures]
    return [*whys, *(notice.text for notice in resolution.notices)]


def vanishes(store: Store) -> None:
    assert store.server is not None
    store.server.vanish_after(4)


def lies(store: Store) -> None:
    assert store.server is not None
    store.server.spoil = lambda path, body: body[::-1] if "/cas/" in path else body


def answers_with_a_page(store: Store) -> None:
    assert store.server is not None
    store.server.spoil = lambda path, body: b"<html>sign in</html>"


def is_full(store: Store) -> None:
    assert store.server is not None
    store.server.status["PUT"] = 507


def forbids_writing(store: Store) -> None:
    assert store.server is not None
    store.server.status["PUT"] = 403


def forbids_reading(store: Store) -> None:
    assert store.server is not None
    store.server.status["GET"] = 403


def conflicts(store: Store) -> None:
    assert store.server is not None
    store.server.status["PUT"] = 409


def is_busy(store: Store) -> None:
    assert store.server is not None
    store.server.status["*"] = 503


@pytest.mark.parametrize(
    "fault",
    [
        vanishes,
        lies,
        answers_with_a_page,
        is_full,
        forbids_writing,
        forbids_reading,
        conflicts,
        is_busy,
    ],
)
def test_whatever_the_store_does_a_build_is_complete_with_its_own_pictures(
    machine: Callable[[str], Machine],
    store: Store,
    sandbox: SandboxProcess,
    fault: Callable[[Store], None],
) -> None:
    first = only(machine("a")(BLOCK))
    fault(store)
    second = machine("b")(BLOCK, OTHER)
    assert [figure.state for figure in second.figures] == ["present"] * 2, said(second)
    for figure in second.figures:
        assert figure.record is not None and figure.path is not None
        assert examine(figure.path) == figure.record.picture
        assert figure.record.key == figure.key
    assert set(told(second)) <= {"shared"}
    problems = [notice for notice in second.notices if notice.level == "warning"]
    assert len(problems) <= 2, "one of what it has, one of what it does"
    tasks = {figure.record.task_id for figure in (first, *second.figures) if figure.record}
    assert {task["task_id"] for task in sandbox.tasks()} == tasks, "nothing is paid for in vain"


def test_a_store_that_fails_for_a_moment_is_asked_again_before_anything_is_bought(
    machine: Callable[[str], Machine], store: Store, sandbox: SandboxProcess
) -> None:
    blocks = [BLOCK._replace(prompt=f"Chart {n}", name=f"chart-{n}") for n in range(4)]
    machine("a")(*blocks)
    server = store.server
    assert server is not None
    server.requests.clear()
    server.status["*"] = 503

    def recover() -> None:
        wait_for(lambda: len(server.requests) >= 3 * len(blocks))
        server.status.clear()

    recovery = threading.Thread(target=recover)
    recovery.start()
    second = machine("b")(*blocks)
    recovery.join()
    assert [figure.state for figure in second.figures] == ["present"] * 4, said(second)
    assert second.credits_spent == 0
    assert len(sandbox.tasks()) == 4
    (problem,) = (notice.text for notice in second.notices if notice.level == "warning")
    assert problem.endswith(" requests failed"), problem


@pytest.mark.parametrize("spoiled", [1, 99])
def test_a_picture_that_came_between_look_up_and_claim_is_waited_for_once(
    store: Store, machine: Callable[[str], Machine], sandbox: SandboxProcess, spoiled: int
) -> None:
    bought = only(machine("a")())
    for name in store.objects():
        if name.startswith("v1/claims/"):
            store.remove(name)
    assert store.server is not None
    looked: list[str] = []

    def spoil(path: str, body: bytes) -> bytes:
        looked.extend([path] if "/ac/" in path else [])
        return b"" if "/ac/" in path and len(looked) <= spoiled else body

    store.server.spoil = spoil
    built = only(machine("b")())
    assert built.state == "present", built.why
    assert (built.record == bought.record) is (spoiled == 1)
    assert len(sandbox.tasks()) == (1 if spoiled == 1 else 2)
