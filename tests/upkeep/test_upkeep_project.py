"""``cache verify`` on a project's own files: healed from the cache, left to version control."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from stock import digest, image_bytes
from verified_machine import (
    DAMAGE,
    Machine,
    age,
)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_projects_damaged_picture_is_healed_from_the_cache(machine: Machine, damage: str) -> None:
    path = machine.own("a", ".png")
    whole = path.read_bytes()
    DAMAGE[damage](path)
    finding = machine.only()
    assert (finding.kind, finding.path) == ("picture", str(path))
    assert "git" in finding.advice
    assert machine.verify(repair=True).faults_left == 0
    assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_projects_damaged_picture_that_is_nowhere_else_is_left_to_version_control(
    machine: Machine, damage: str
) -> None:
    shutil.rmtree(machine.cache.folder)
    path = machine.own("a", ".png")
    DAMAGE[damage](path)
    there = path.read_bytes() if path.exists() else None
    assert machine.verify(repair=True).faults_left == 1
    assert (path.read_bytes() if path.exists() else None) == there


def test_a_project_never_mends_what_the_cache_itself_does_not_tell_of(machine: Machine) -> None:
    machine.record("a").unlink()
    machine.picture("a").unlink()
    machine.verify(repair=True)
    assert machine.cache.find(digest("a")) is None


def test_a_projects_records_are_judged_by_name_and_content(machine: Machine) -> None:
    path = machine.own("a", ".json")
    data = path.read_bytes()
    path.write_bytes(data[:-5])
    assert "cannot be read" in machine.verify().findings[0].text
    path.write_bytes(data)
    path.rename(machine.own("a", ".json").with_name(f"a-{'0' * 12}.json"))
    finding = machine.verify().findings[0]
    assert digest("a")[:12] in finding.text
    assert machine.verify(repair=True).faults_left == 1


def test_links_in_a_project_are_faults_and_not_followed(machine: Machine, tmp_path: Path) -> None:
    link = machine.figures.folder / "link"
    link.symlink_to(tmp_path)
    assert machine.only().kind == "link"
    link.unlink()
    elsewhere = tmp_path / "elsewhere"
    machine.figures.folder.rename(elsewhere)
    machine.figures.folder.symlink_to(elsewhere)
    (finding,) = machine.verify(repair=True).findings
    assert (finding.kind, finding.path) == ("link", str(machine.figures.folder))


def test_a_projects_leftovers_are_notes(machine: Machine) -> None:
    unfinished = machine.figures.folder / f".{'0' * 32}.part"
    unfinished.write_bytes(b"x")
    age(unfinished)
    (machine.figures.folder / "a.png.damaged").write_bytes(b"x")
    (machine.figures.folder / "b.png").write_bytes(image_bytes())
    (machine.figures.folder / ".gitattributes").write_bytes(b"*.png binary\n")
    found = machine.verify(repair=True)
    assert [(f.kind, f.is_fault, f.repaired) for f in found.findings] == [
        ("leftover", False, True),
        ("leftover", False, False),
        ("picture", False, False),
    ]
