"""Real LaTeX documents: KOMA-Script's guide, and the documentation in a Debian package.

``texlive-humanities-doc`` (27 MB, manuals and examples of some forty LaTeX packages) is fetched by
apt once and kept in the user's cache folder; KOMA-Script's sources come with TeX Live itself.
"""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import platformdirs
from filelock import FileLock

PACKAGE = "texlive-humanities-doc"
KOMA = Path("/usr/share/texlive/texmf-dist/source/latex/koma-script/doc")
_MAIN = re.compile(r"^[^%\n]*\\documentclass", re.MULTILINE)
_SECTION = re.compile(r"^[^%\n]*\\(?:chapter|section)", re.MULTILINE)
_BODY = re.compile(r"^[^%\n]*\\begin\s*\{document\}", re.MULTILINE)


def folders() -> list[Path]:
    """The folders in which the documents are, unpacked."""
    home = platformdirs.user_cache_path("pbfigure-tests", appauthor=False, ensure_exists=True)
    with FileLock(home / f"{PACKAGE}.lock"):
        cache = home / PACKAGE
        if not (cache / "ready").exists():
            fetch(cache)
    assert KOMA.is_dir(), "KOMA-Script's sources are not there: .ci/system-packages tex"
    return [KOMA, cache / "unpacked"]


def fetch(cache: Path) -> None:
    """Download and unpack the package."""
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    download = ["apt-get", "download", PACKAGE]
    if subprocess.run(download, cwd=cache, check=False).returncode:  # no list of packages yet
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(download, cwd=cache, check=True)
    (deb,) = cache.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", deb.name, "unpacked"], cwd=cache, check=True)
    deb.unlink()
    for path in cache.rglob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    (cache / "ready").touch()


def documents() -> list[Path]:
    """The main file of every document, those that are one of several at the end."""
    found = []
    for folder in folders():
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".tex", ".ltx") and path.is_file():
                text = path.read_text("latin-1")
                main, section = _MAIN.search(text), _SECTION.search(text)
                if main and _BODY.search(text) and not (section and section.start() < main.start()):
                    found.append(path)
    return found
