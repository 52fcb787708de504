"""The memo of checked files: a file that did not change is believed, one that did is looked at."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from stock import image_bytes, picture_at, record_of

from pbfigure.store.errors import BadPicture, BadRecord, Misdescribed
from pbfigure.store.picture import Picture
from pbfigure.store.record import write_record
from pbfigure.store.verified_files import VerifiedFiles

LONG_AGO = 10_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.png"


@pytest.fixture
def picture(file: Path) -> Picture:
    return picture_at(file)


def forget_the_change(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a while pass since the file was changed."""
    later = file.stat().st_ctime_ns + LONG_AGO
    monkeypatch.setattr("pbfigure.store.file_memo.time.time_ns", lambda: later)


def remembered(memo: Path) -> dict[str, list[int | str]]:
    document: dict[str, list[int | str]] = json.loads(memo.read_bytes())
    return document


def test_a_checked_file_is_remembered_by_its_identity_and_believed_by_the_next_build(
    file: Path, picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_change(file, monkeypatch)
    memo = tmp_path / "memo"
    first = VerifiedFiles(memo)
    first.check(file, picture)
    first.save()
    assert list(remembered(memo)) == [str(file)]
    document = remembered(memo)
    document[str(file)][-1] = "0" * 64  # a digest that only a believed memo can know of
    memo.write_text(json.dumps(document))
    VerifiedFiles(memo).check(file, replace(picture, sha256="0" * 64))
    with pytest.raises(BadPicture):
        VerifiedFiles(None).check(file, replace(picture, sha256="0" * 64))


@pytest.mark.parametrize("change", ["content", "touched", "replaced", "another record"])
def test_a_file_that_changed_in_any_way_is_looked_at_again(
    file: Path, picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    forget_the_change(file, monkeypatch)
    seen = VerifiedFiles(tmp_path / "memo")
    seen.check(file, picture)
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    if change == "content":  # of the same size, and dated back
        data = bytearray(image_bytes())
        data[60] ^= 1
        file.write_bytes(data)
        os.utime(file, ns=times)
    elif change == "touched":
        os.utime(file, ns=(times[0], times[1] + 1))
        seen.check(file, picture)
        return
    elif change == "replaced":
        other = file.with_name("b.png")
        other.write_bytes(image_bytes(seed=1))
        other.replace(file)
    else:
        picture = replace(picture, sha256="0" * 64)
    with pytest.raises(BadPicture):
        seen.check(file, picture)


def test_a_file_changed_just_now_is_never_remembered(
    file: Path, picture: Picture, tmp_path: Path
) -> None:
    seen = VerifiedFiles(tmp_path / "memo")
    seen.check(file, picture)
    seen.save()
    assert not (tmp_path / "memo").exists() or remembered(tmp_path / "memo") == {}


def test_right_bytes_that_are_described_wrongly_are_told_apart_from_damage(
    file: Path, picture: Picture
) -> None:
    with pytest.raises(Misdescribed):
        VerifiedFiles(None).check(file, replace(picture, width=picture.width + 1))
    with pytest.raises(BadPicture) as caught:
        VerifiedFiles(None).check(file, replace(picture, sha256="0" * 64))
    assert not isinstance(caught.value, Misdescribed)


def test_a_missing_file_is_missing_though_it_was_there(
    file: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_change(file, monkeypatch)
    seen = VerifiedFiles(None)
    seen.check(file, picture)
    file.unlink()
    with pytest.raises(FileNotFoundError):
        seen.check(file, picture)


def test_a_link_is_never_believed(file: Path, picture: Picture, tmp_path: Path) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(file)
    with pytest.raises(BadPicture):
        VerifiedFiles(None).check(link, picture)


def test_a_record_is_read_again_only_if_its_file_changed(
    picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, memo = tmp_path / "a.json", tmp_path / "memo"
    record = record_of("a", picture)
    path.write_bytes(write_record(record))
    forget_the_change(path, monkeypatch)
    first = VerifiedFiles(memo)
    assert first.record(str(path)) == record
    first.save()
    document = remembered(memo)
    document[str(path)][-1][5] = "task-of-memo"  # type: ignore[index]
    memo.write_text(json.dumps(document))
    assert VerifiedFiles(memo).record(str(path)) == record._replace(task_id="task-of-memo")
    path.write_bytes(write_record(record._replace(task_id="task-b")))
    assert VerifiedFiles(memo).record(str(path)).task_id == "task-b"
    path.write_bytes(b"{}")
    with pytest.raises(BadRecord):
        VerifiedFiles(memo).record(str(path))


@pytest.mark.parametrize("row", [5, [], ["a", "b"], None, {}])
def test_a_row_of_nonsense_has_its_record_read(
    picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: object
) -> None:
    path, memo = tmp_path / "a.json", tmp_path / "memo"
    record = record_of("a", picture)
    path.write_bytes(write_record(record))
    forget_the_change(path, monkeypatch)
    seen = VerifiedFiles(memo)
    seen.record(str(path))
    seen.save()
    stamp = remembered(memo)[str(path)][:-1]
    for entry in (row, [*stamp, row]):
        memo.write_text(json.dumps({str(path): entry}))
        assert VerifiedFiles(memo).record(str(path)) == record


@pytest.mark.parametrize("memo", [b"", b"[]", b"\xff", b"[" * 200_000, b'{"a": 5}', b"null"])
def test_a_damaged_memo_is_only_forgotten(
    file: Path, picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memo: bytes
) -> None:
    forget_the_change(file, monkeypatch)
    path = tmp_path / "memo"
    path.write_bytes(memo)
    seen = VerifiedFiles(path)
    seen.check(file, picture)
    seen.save()
    assert list(remembered(path)) == [str(file)]


def test_a_memo_that_cannot_be_kept_is_no_loss(
    file: Path, picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_change(file, monkeypatch)
    (tmp_path / "occupied").write_bytes(b"")
    seen = VerifiedFiles(tmp_path / "occupied" / "memo")
    seen.check(file, picture)
    seen.save()
    assert (tmp_path / "occupied").read_bytes() == b""
