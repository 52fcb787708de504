"""TeX's formats unpacked, in a folder of the tests' own: each run of an engine reads its format,
and to unpack it is half of the work on a short document.

LuaTeX's font cache and the bitmaps of fonts are kept there too, from run to run.
"""

from __future__ import annotations

import gzip
import os
import subprocess
from functools import cache
from pathlib import Path

from pbfigure.store.files import write_whole

FORMATS = {"pdflatex": "pdftex", "xelatex": "xetex", "lualatex": "luahbtex"}


@cache
def texmfvar() -> str:
    """Unpack what is not there or has changed; return the folder."""
    given = os.environ.get("TEXMFVAR")
    folder = Path(given or Path.home() / ".texlive-pbfigure-tests")
    for name, engine in FORMATS.items():
        installed = _installed(name, engine, folder)
        unpacked = folder / "web2c" / engine / f"{name}.fmt"
        if installed is None or _is_of(unpacked, installed):
            continue
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        write_whole(unpacked, gzip.decompress(installed.read_bytes()))
        time = installed.stat().st_mtime_ns
        os.utime(unpacked, ns=(time, time))
    return str(folder)


def _installed(name: str, engine: str, folder: Path) -> Path | None:
    """Return the packed format that TeX reads where the tests' folder is not in its way."""
    elsewhere = {**os.environ, "TEXMFVAR": str(folder / "none")}
    command = ["kpsewhich", f"-engine={engine}", f"-progname={name}", f"{name}.fmt"]
    found = subprocess.run(command, env=elsewhere, capture_output=True, text=True, check=False)
    path = Path(found.stdout.strip() or "none")
    return path if path.exists() and path.read_bytes()[:2] == b"\x1f\x8b" else None


def _is_of(unpacked: Path, installed: Path) -> bool:
    return unpacked.exists() and unpacked.stat().st_mtime_ns == installed.stat().st_mtime_ns
