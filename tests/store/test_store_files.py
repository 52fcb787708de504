"""Files: written whole or not at all, read without surprises."""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stock import read_only

from pbfigure.store.files import (
    TEMPORARY,
    UnsafeFile,
    copy_whole,
    make_folder,
    open_regular,
    read_bounded,
    write_whole,
)

WRITER = Path(__file__).with_name("writer_process.py")


def test_a_writer_killed_at_any_moment_leaves_no_partial_file_under_a_final_name(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "written"
    chance = random.Random(4)
    seen = set()
    for _ in range(25):
        with subprocess.Popen(
            [sys.executable, str(WRITER), str(folder)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.06))
            writer.send_signal(signal.SIGKILL)
        for path in folder.rglob("*"):
            if path.is_file() and not re.fullmatch(TEMPORARY, path.name):
                data = path.read_bytes()
                assert hashlib.sha256(data[32:]).digest() == data[:32], path
                seen.add(path.name)
    assert {"file1", "copy1"} <= seen


def test_a_file_gets_its_bytes_its_mode_and_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c"
    write_whole(path, b"one", mode=0o600)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"one", 0o600)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    copy_whole(path, tmp_path / "copy", limit=3, mode=0o444)
    assert (tmp_path / "copy").read_bytes() == b"two"
    copy_whole(path, tmp_path / "copy", limit=3)  # over a read-only file
    assert [each.name for each in (tmp_path / "a" / "b").iterdir()] == ["c"]


def test_a_file_takes_the_place_of_a_link_and_leaves_alone_what_it_pointed_to(
    tmp_path: Path,
) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b"precious")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_whole(link, b"new")
    assert (target.read_bytes(), link.read_bytes(), link.is_symlink()) == (
        b"precious",
        b"new",
        False,
    )


def test_what_cannot_be_written_is_an_os_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError):
        write_whole(tmp_path / "file" / "below", b"x")
    folder = tmp_path / "folder"
    write_whole(folder / "kept", b"old")
    (tmp_path / "source").write_bytes(b"x" * 11)
    with pytest.raises(UnsafeFile):
        copy_whole(tmp_path / "source", folder / "kept", limit=10)
    with read_only(folder):
        for write in (
            lambda: write_whole(folder / "kept", b"x"),
            lambda: write_whole(folder / "deep" / "er", b"x"),
            lambda: copy_whole(tmp_path / "source", folder / "kept", limit=99),
        ):
            with pytest.raises(OSError):
                write()
    assert [each.name for each in folder.iterdir()] == ["kept"]
    assert (folder / "kept").read_bytes() == b"old"


def test_folders_are_made_where_another_process_makes_them_too(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_only_regular_files_within_the_limit_are_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_bounded(file, limit=5) == b"12345"
    link, dangling, pipe = tmp_path / "link", tmp_path / "dangling", tmp_path / "pipe"
    link.symlink_to(file)
    dangling.symlink_to(tmp_path / "nothing")
    os.mkfifo(pipe)  # to open one for reading would wait for its writer
    for path, limit in ((file, 4), (link, 5), (dangling, 5), (pipe, 5), (tmp_path, 5)):
        with pytest.raises((UnsafeFile, IsADirectoryError)):
            read_bounded(path, limit=limit)
    with pytest.raises(UnsafeFile):
        open_regular(Path("/dev/zero"), limit=5)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "nothing", limit=5)
