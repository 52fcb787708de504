"""``cache verify`` on what killed builds left, and links."""

from __future__ import annotations

from pathlib import Path

import pytest
from stock import image_bytes
from verified_machine import (
    Machine,
    age,
)


@pytest.mark.parametrize("place", ["incoming", "records/00", "pictures/00"])
def test_an_unfinished_file_is_removed_once_it_is_nobodys(machine: Machine, place: str) -> None:
    path = machine.cache.root / place / f".{'0' * 32}.part"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(image_bytes()[:50])
    assert machine.verify(repair=True).findings == []  # a build may be writing it just now
    age(path)
    finding = machine.only()
    assert (finding.kind, finding.is_fault) == ("leftover", False)
    assert machine.verify(repair=True).repaired == 1
    assert not path.exists()


def test_an_unfinished_file_that_is_a_whole_picture_is_set_aside(machine: Machine) -> None:
    paths = [machine.cache.incoming() / f"{n * 32}.part" for n in "01"]
    paths[0].write_bytes(image_bytes(seed=9))
    paths[1].write_bytes(machine.picture("a").read_bytes())  # this one is in its place already
    for path in paths:
        age(path)
    machine.verify(repair=True)
    assert machine.quarantined() == [image_bytes(seed=9)]
    assert not any(path.exists() for path in paths)


@pytest.mark.parametrize("place", ["", "records", "pictures", "incoming", "locks", "quarantine"])
def test_a_link_in_the_cache_is_a_fault_and_not_followed(
    machine: Machine, place: str, tmp_path: Path
) -> None:
    folder = machine.cache.root / place
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    there = sorted(elsewhere.rglob("*"))
    found = machine.verify(repair=True)
    assert ("link", str(folder)) in [(each.kind, each.path) for each in found.findings]
    assert found.faults_left > 0
    assert sorted(elsewhere.rglob("*")) == there
