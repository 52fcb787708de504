"""Sources with pictures of every format and mark, and what readers see of published files."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import c2pa
from PIL import Image
from program_forks import forked

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
FORMATS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
MARKS = ("plain", "described", "signed")
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CONF = """\
extensions = ["sphinx_paperbanana"]
project, version, copyright = "Test", "1", "Nobody"
"""
FIGURE = """\
.. paperbanana:: A {mark} picture in {form} <&> "é"
   :name: {mark}-{form}
   :type: standard
   :model: nano-banana-2
   :output-format: {form}
"""
PAGE = "Title\n=====\n\n" + "\n".join(
    FIGURE.format(mark=mark, form=form) for form in FORMATS for mark in MARKS
)


class Site:
    """A Sphinx project whose figures a marking sandbox drew, and its builds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "docs"
        self.kept = self.source / "_paperbanana"
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("PAPERBANANA_")},
            "PATH": os.pathsep.join((str(forked().parent), str(BIN), os.environ["PATH"])),
            "PAPERBANANA_CACHE_DIR": str(folder / "cache"),
            "PAPERBANANA_ALLOW_DRAFTS": "1",
            "COLUMNS": "200",
        }
        self.write("conf.py", CONF)
        self.write("index.rst", PAGE)

    def write(self, name: str, text: str) -> None:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=folder or self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            timeout=600,
            check=False,
        )

    def online(self, *command: str, folder: Path | None = None) -> str:
        """Run a command against a sandbox that marks its pictures; return what it said."""
        sandbox = [sys.executable, str(HERE / "marking_sandbox.py"), "--speed", "20"]
        cache = ["--cache-dir", str(self.folder / "cache")]
        done = self.run(*sandbox, "--latency", "0.2", *cache, "--", *command, folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def build(self, builder: str, *options: str) -> str:
        """Build with warnings as errors; return what Sphinx said."""
        command = ["sphinx-build", "-M", builder, "docs", str(self.out(builder).parent)]
        done = self.run(*command, "-W", "--keep-going", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def out(self, builder: str) -> Path:
        return self.folder / f"build-{builder}" / builder.replace("latexpdf", "latex")

    def original(self, name: str) -> bytes:
        """The bytes that were bought for a figure."""
        return self.kept_file(name).read_bytes()

    def kept_file(self, name: str) -> Path:
        (path,) = (p for p in self.kept.glob(f"index--{name}-*") if p.suffix != ".json")
        return path


def by_figure(paths: Iterable[Path]) -> dict[str, Path]:
    """Image files by the figure that they were bought for."""
    names = [f"{mark}-{form}" for mark in MARKS for form in FORMATS]
    found: dict[str, Path] = {}
    for path in paths:
        for name in names:
            if f"-{name}-" in path.name and path.suffix in (".png", ".jpg", ".webp"):
                assert name not in found, path
                found[name] = path
    return found


def xmp(paths: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """What exiftool reads as XMP; it warns of nothing."""
    command = ["exiftool", "-j", "-G0", "-XMP:all", "-Warning", "-Error"]
    done = subprocess.run(
        [*command, *map(str, paths.values())], capture_output=True, text=True, check=True
    )
    listed = json.loads(done.stdout)
    assert not [each for each in listed if any("Warning" in k or "Error" in k for k in each)]
    return {
        name: {k.removeprefix("XMP:"): v for k, v in tags.items() if k.startswith("XMP:")}
        for name, tags in zip(paths, listed, strict=True)
    }


def is_signed(data: bytes, form: str) -> bool:
    """Whether a picture carries a manifest that its bytes are true to."""
    with c2pa.Reader(FORMATS[form], io.BytesIO(data)) as reader:
        return bool(reader.get_validation_state() == "Valid")


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.size, image.tobytes()
