"""``cache verify`` on pictures: healed where there is a copy, set aside where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from stock import digest, image_bytes
from verified_machine import (
    DAMAGE,
    Machine,
)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_picture_is_named_and_healed_from_the_project(
    machine: Machine, damage: str
) -> None:
    path = machine.picture("a")
    whole = path.read_bytes()
    DAMAGE[damage](path)
    there = [path.read_bytes()] if path.exists() else []
    finding = machine.only()
    assert (finding.kind, finding.path, finding.is_fault) == ("picture", str(path), True)
    assert "task-a" in finding.advice
    assert machine.verify(repair=True).faults_left == 0
    assert path.read_bytes() == whole
    assert machine.quarantined() == there


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_picture_without_a_copy_is_set_aside_and_stays_a_fault(
    machine: Machine, damage: str
) -> None:
    path = machine.picture("b")
    DAMAGE[damage](path)
    there = [path.read_bytes()] if path.exists() else []
    assert machine.verify(repair=True).faults_left == 1
    assert not path.exists()
    assert machine.quarantined() == there
    assert machine.verify(repair=True).faults_left == 1
    assert machine.record("b").exists()  # it knows the task, which brings the picture back


def test_a_whole_picture_that_was_set_aside_is_taken_back(machine: Machine) -> None:
    path = machine.picture("b")
    assert machine.cache.set_aside(path)
    assert machine.verify(repair=True).faults_left == 0
    assert machine.cache.find(digest("b")) == (machine.records["b"], path)


def test_a_link_in_the_place_of_a_picture_is_damage(machine: Machine, tmp_path: Path) -> None:
    path = machine.picture("a")
    (tmp_path / "secret").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    assert machine.only().kind == "picture"
    assert machine.verify(repair=True).faults_left == 0
    assert not path.is_symlink()
    assert (tmp_path / "secret").exists()


def test_a_whole_picture_without_a_record_is_a_note_and_kept(machine: Machine) -> None:
    machine.record("b").unlink()
    found = machine.verify(repair=True)
    assert found.faults_left == 0
    assert str(machine.picture("b")) in [finding.path for finding in found.findings]
    assert machine.picture("b").exists()


def test_a_damaged_picture_without_a_record_is_set_aside(machine: Machine) -> None:
    path = machine.cache.root / "pictures" / "00" / f"{'0' * 64}.png"
    path.parent.mkdir()
    path.write_bytes(image_bytes(seed=5))
    assert machine.only().kind == "picture"
    assert machine.verify(repair=True).faults_left == 0
    assert machine.quarantined() == [image_bytes(seed=5)]


@pytest.mark.parametrize(
    "name", ["notes.txt", "pictures/00/x.svg", "records/00/x", "records/x.json", "incoming/x"]
)
def test_what_is_not_this_programs_is_left_alone(machine: Machine, name: str) -> None:
    path = machine.cache.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"somebody's")
    assert machine.verify(repair=True).findings == []
    assert path.read_bytes() == b"somebody's"
