"""The project's own files: made for version control, and safe whoever wrote them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from stock import digest, image_bytes, picture_at, record_of

from pbfigure.store.errors import BadPicture
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.file_names import figure_picture, figure_stem
from pbfigure.store.pins_and_approvals import Pins
from pbfigure.store.record import Record, write_record
from pbfigure.store.verified_files import VerifiedFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "repository" / "docs" / "_paperbanana"


def opened(folder: Path) -> FiguresDir:
    return FiguresDir(folder, VerifiedFiles(None))


def accept(
    folder: Path, figure: str, name: object, *seeds: int, when: str = "2026-11-22T00:00:00Z"
) -> Record:
    sources = [folder.parent / f"{name}-{seed}.part" for seed in seeds or (0,)]
    pictures = [
        picture_at(path, seed=seed) for path, seed in zip(sources, seeds or (0,), strict=True)
    ]
    record = record_of(name, *pictures, created_at=when).for_figure(figure)
    opened(folder).keep(figure, record, sources)
    for source in sources:
        source.unlink()
    return record


def test_files_are_named_by_figure_and_key(folder: Path) -> None:
    record = accept(folder, "cat", "a", 1, 2)
    stem = f"cat-{record.key[:12]}"
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{stem}.2.png",
        f"{stem}.json",
        f"{stem}.png",
    ]
    assert figure_stem("cat", record.key) == stem
    assert figure_picture(stem, 2, record.pictures[1]) == f"{stem}.2.png"


def test_a_figures_newest_picture_comes_first(folder: Path) -> None:
    for name, when in (("a", "2026-01-01"), ("c", "2026-03-01"), ("b", "2026-02-01")):
        accept(folder, "cat", name, when=when)
    accept(folder, "dog", "d")
    accept(folder, "cat-2", "e")
    kept = opened(folder).of_figure("cat", "cat")
    assert [entry.record.key for entry in kept] == [digest("c"), digest("b"), digest("a")]
    assert opened(folder).of_figure("cat", "another figure of that slug") == []
    assert len(opened(folder).all()) == 5


def test_another_figures_picture_is_found_by_its_key(folder: Path) -> None:
    record = accept(folder, "cat", "a")
    found = opened(folder).of_key(record.key)
    assert found is not None
    assert found.record == record
    assert opened(folder).of_key(record.key[:12] + "0" * 52) is None


def test_only_what_is_missing_or_damaged_is_restored_and_what_was_there_is_set_aside(
    folder: Path, tmp_path: Path
) -> None:
    record = accept(folder, "cat", "a", 1, 2, 3)
    stem = f"cat-{record.key[:12]}"
    (folder / f"{stem}.png").write_bytes(b"damaged")
    (folder / f"{stem}.2.png").unlink()
    third = (folder / f"{stem}.3.png").stat().st_ino
    sources = [tmp_path / f"{seed}" for seed in (1, 2, 3)]
    for seed, source in enumerate(sources, 1):
        source.write_bytes(image_bytes(seed=seed))
    figures = opened(folder)
    (kept,) = figures.all()
    with pytest.raises(BadPicture):
        figures.whole(kept)
    figures.heal(kept, sources)
    assert figures.whole(kept)
    assert (folder / f"{stem}.png.damaged").read_bytes() == b"damaged"
    assert (folder / f"{stem}.3.png").stat().st_ino == third


# -- whoever can write to the repository can write here -------------------------------------------


def test_names_in_a_record_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    record = accept(folder, "cat", "a")
    path = folder / f"cat-{record.key[:12]}.json"
    document = json.loads(path.read_bytes())
    for name in ("../../../secret", "/etc/passwd", "a\0b", "..\\..\\x"):
        document["figure"] = name
        path.write_text(json.dumps(document))
        figures = opened(folder)
        (kept,) = figures.all()
        for found, _ in figures.files(kept):
            assert found.parent == folder
        assert figures.of_figure("cat", "cat") == []


def test_a_record_under_a_name_that_is_not_its_own_is_passed_over(folder: Path) -> None:
    record = accept(folder, "cat", "a")
    path = folder / f"cat-{record.key[:12]}.json"
    path.rename(folder / f"cat-{'0' * 12}.json")
    assert opened(folder).all() == []
    assert opened(folder).of_key(record.key) is None


def test_a_link_in_the_place_of_a_picture_is_neither_read_nor_written_through(
    folder: Path, tmp_path: Path
) -> None:
    record = accept(folder, "cat", "a")
    secret = tmp_path / "secret"
    secret.write_bytes(image_bytes())
    path = folder / f"cat-{record.key[:12]}.png"
    path.unlink()
    path.symlink_to(secret)
    figures = opened(folder)
    (kept,) = figures.all()
    with pytest.raises(BadPicture):
        figures.whole(kept)
    source = tmp_path / "source"
    source.write_bytes(image_bytes())
    secret.write_bytes(b"precious")
    figures.keep("cat", record, [source])
    assert secret.read_bytes() == b"precious"
    assert not path.is_symlink()
    assert figures.whole(kept)


def test_no_choice_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "figures").symlink_to("elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        Pins(tmp_path / "figures").write("a", "a", "", "f" * 64)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    record = accept(elsewhere, "cat", "a")
    before = sorted(elsewhere.iterdir())
    folder.parent.mkdir(parents=True)
    folder.symlink_to(elsewhere)
    figures = opened(folder)
    assert figures.all() == []
    assert figures.kept(f"cat-{record.key[:12]}") is None
    source = tmp_path / "source"
    picture = picture_at(source, seed=4)
    with pytest.raises(OSError, match="symbolic link") as caught:
        figures.keep("dog", record_of("b", picture), [source])
    assert "symbolic link" in (caught.value.strerror or "")
    assert sorted(elsewhere.iterdir()) == before


def test_strange_names_in_the_folder_are_passed_over(folder: Path) -> None:
    record = accept(folder, "cat", "a")
    data = write_record(record)
    for name in (
        ".json",
        "-.json",
        f"{record.key[:12]}.json",
        f"cat_{record.key[:12]}.json",
        f"cat-{record.key[:11]}.json",
        f"cat-{record.key[:12]}.JSON",
        f"cat-{record.key[:12]}.json.json",
        os.fsdecode(b"cat\xff.json"),
        "notes.txt",
    ):
        (folder / name).write_bytes(data)
    (folder / f"dog-{'a' * 12}.json").mkdir()
    assert [kept.record for kept in opened(folder).all()] == [record]


def test_thousands_of_files_are_listed_once(folder: Path) -> None:
    accept(folder, "cat", "a")
    for number in range(3_000):
        (folder / f"x{number}-{digest(number)[:12]}.json").write_bytes(b"{}")
    figures = opened(folder)
    assert figures.of_key(digest("a")) is not None
    for number in range(200):
        assert figures.of_key(digest(f"no {number}")) is None


# -- version control ------------------------------------------------------------------------------


def git(repository: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=repository,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_two_branches_that_each_add_figures_merge_without_conflict(folder: Path) -> None:
    repository = folder.parents[1]
    folder.mkdir(parents=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    accept(folder, "base", "base")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "base")
    git(repository, "switch", "--quiet", "-c", "theirs")
    accept(folder, "cat", "a", 1, 2)
    accept(folder, "base", "another-roll")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "theirs")
    git(repository, "switch", "--quiet", "main")
    accept(folder, "dog", "b", 3)
    accept(folder, "cat", "c", 4)  # the same figure, asked for differently
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "ours")
    git(repository, "merge", "--quiet", "-m", "merged", "theirs")
    assert git(repository, "status", "--porcelain") == ""
    figures = opened(folder)
    kept = figures.all()
    assert len(kept) == 5
    assert all(figures.whole(entry) for entry in kept)
    assert len(figures.of_figure("cat", "cat")) == 2


def test_a_clone_has_all_and_a_changed_record_shows_as_lines(folder: Path, tmp_path: Path) -> None:
    repository = folder.parents[1]
    folder.mkdir(parents=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    record = accept(folder, "cat", "a")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "a figure")
    git(repository, "clone", "--quiet", ".", str(tmp_path / "clone"))
    clone = opened(tmp_path / "clone" / "docs" / "_paperbanana")
    (kept,) = clone.all()
    assert kept.record == record
    assert clone.whole(kept)
    accept(folder, "cat", "a", when="2026-12-01T00:00:00Z")
    changed = git(repository, "diff", "--numstat").split()
    assert changed == ["1", "1", f"docs/_paperbanana/cat-{record.key[:12]}.json"]
