"""``cache verify`` on records: each kind of damage is named and repaired, nothing is deleted."""

from __future__ import annotations

import shutil

import pytest
from stock import digest, record_of
from verified_machine import (
    Machine,
)

from pbfigure.store.picture import Picture
from pbfigure.store.record import write_record


def test_a_sound_cache_has_no_findings(machine: Machine) -> None:
    for repair in (False, True):
        found = machine.verify(repair=repair)
        assert found.findings == []
        assert (found.records, found.pictures, found.faults_left) == (4, 4, 0)


def test_a_cache_that_is_not_there_is_sound_and_not_made(machine: Machine) -> None:
    shutil.rmtree(machine.cache.folder)
    shutil.rmtree(machine.figures.folder)
    found = machine.verify(repair=True)
    assert (found.findings, found.records) == ([], 0)
    assert not machine.cache.folder.exists()


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\xff", b" " * 2_000_000])
def test_an_unreadable_record_is_named_and_set_aside(machine: Machine, data: bytes) -> None:
    machine.record("b").write_bytes(data)
    before = [finding.kind for finding in machine.verify().findings]
    assert sorted(before) == ["picture", "record"]  # its picture belongs to nobody now
    found = machine.verify(repair=True)
    (fault,) = [finding for finding in found.findings if finding.is_fault]
    assert (fault.kind, fault.path, fault.repaired) == ("record", str(machine.record("b")), True)
    assert machine.quarantined() == [data]
    assert machine.picture("b").exists()
    assert machine.verify().faults_left == 0


def test_a_record_in_anothers_place_is_moved_home(machine: Machine) -> None:
    home = machine.record("b")
    wrong = machine.cache.record_path(digest("z"))
    wrong.parent.mkdir(exist_ok=True)
    home.rename(wrong)
    assert "the record of another key" in machine.verify().findings[0].text
    assert machine.verify(repair=True).faults_left == 0
    assert home.exists()
    assert not wrong.exists()
    assert machine.verify().findings == []


@pytest.mark.parametrize("place", ["0" * 64, "f" * 64])
def test_a_record_in_anothers_place_replaces_one_at_home_that_cannot_be_read(
    machine: Machine, place: str
) -> None:
    home, wrong = machine.record("b"), machine.cache.record_path(place)
    wrong.parent.mkdir(exist_ok=True)
    home.rename(wrong)
    home.write_bytes(b"{}")
    assert machine.verify(repair=True).faults_left == 0
    assert machine.cache.record(machine.records["b"].key) == machine.records["b"]
    assert machine.quarantined() == [b"{}"]
    assert not wrong.exists()


def test_a_record_in_anothers_place_never_replaces_the_one_at_home(machine: Machine) -> None:
    wrong = machine.cache.record_path(digest("z"))
    wrong.parent.mkdir(exist_ok=True)
    stale = write_record(record_of("b", Picture("0" * 64, 1, "png", 1, 1)))
    wrong.write_bytes(stale)
    assert machine.verify(repair=True).faults_left == 0
    assert machine.cache.record(digest("b")) == machine.records["b"]
    assert machine.quarantined() == [stale]


def test_a_record_that_describes_its_picture_wrongly_is_put_right(machine: Machine) -> None:
    path = machine.record("b")
    good = path.read_text()
    path.write_text(good.replace('"width": 24', '"width": 2400'))
    finding = machine.only()
    assert (finding.kind, finding.path) == ("record", str(path))
    assert machine.verify(repair=True).faults_left == 0
    assert path.read_text() == good
