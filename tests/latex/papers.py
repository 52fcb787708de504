"""Documents as authors have them, built by the real latexmk and TeX, and what came out."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sandbox_process import SandboxProcess

from latex_hook.tex.init_files import set_up

ENGINES = {"pdflatex": "-pdf", "xelatex": "-xelatex", "lualatex": "-lualatex"}
every_engine = pytest.mark.parametrize("engine", ENGINES)
one_engine = pytest.mark.parametrize(
    "engine",
    [pytest.param(each, marks=() if each == "pdflatex" else pytest.mark.soak) for each in ENGINES],
)
"""For what TeX's macros do alike on every engine: the others in `make soak`."""
BIN = Path(sys.executable).parent


def pixels(image: Image.Image) -> str:
    """What a picture looks like, whatever its file."""
    plain = image.convert("RGB")
    return hashlib.sha256(repr(plain.size).encode() + plain.tobytes()).hexdigest()


class Built:
    """One run of a program: its status and what it said."""

    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.status = process.returncode
        self.output = process.stdout.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"status {self.status}\n{self.output}"


class Paper:
    """A document in a folder of its own, as an author has it."""

    def __init__(self, folder: Path, env: dict[str, str], main: str = "paper.tex") -> None:
        self.folder = folder
        self.env = env
        self.main = main
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def init(self) -> None:
        if not (self.folder / self.main).exists():
            self.write(self.main, "")
        set_up(self.folder / self.main)

    def without_pbfigure(self) -> str:
        """Take pbfigure off the PATH; return what that was."""
        path = self.env["PATH"]
        folders = [
            each for each in path.split(os.pathsep) if not (Path(each) / "pbfigure").exists()
        ]
        self.env["PATH"] = os.pathsep.join(folders)
        return path

    def without_forks(self) -> None:
        """Have each pbfigure be a Python of its own, for a test that looks at processes."""
        self.env["PATH"] = f"{BIN}{os.pathsep}{self.env['PATH']}"

    def run(self, *command: str, timeout: float = 240, **more: object) -> Built:
        options = {"cwd": self.folder, "env": self.env, **more}
        return Built(
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
                **options,  # type: ignore[call-overload]
            )
        )

    def latexmk(self, *options: str, engine: str = "pdflatex", main: str | None = None) -> Built:
        nonstop = "-interaction=nonstopmode"
        return self.run("latexmk", ENGINES[engine], nonstop, *options, main or self.main)

    def tex(self, engine: str = "pdflatex") -> Built:
        """One pass of TeX, without latexmk."""
        return self.run(engine, "-interaction=nonstopmode", self.main)

    def path(self, ending: str, folder: str = "") -> Path:
        return self.folder / folder / Path(self.main).with_suffix(ending)

    def log(self, folder: str = "") -> str:
        """The log, its wrapped lines joined."""
        text = self.path(".log", folder).read_text("utf-8", "replace")
        return re.sub(r"\n\(paperbanana\)\s*", " ", text)

    def warnings(self, folder: str = "") -> list[str]:
        return re.findall(r"Package paperbanana Warning: ([^\n]*)", self.log(folder))

    def errors(self, folder: str = "") -> list[str]:
        return re.findall(r"^! ([^\n]*)", self.log(folder), re.MULTILINE)

    def text(self, folder: str = "") -> str:
        """The text of the PDF."""
        return self.run("pdftotext", "-layout", str(self.path(".pdf", folder)), "-").output

    def shown(self, folder: str = "", pdf: Path | None = None) -> set[str]:
        """The pictures in the PDF, by what they look like."""
        out = self.folder / ".shown"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        pdf = pdf or self.path(".pdf", folder)
        done = self.run("pdfimages", str(pdf), str(out / "image"))
        assert done.status == 0, done
        files = sorted(out.iterdir())
        masks = set()
        if any(path.suffix != ".ppm" for path in files):  # grey, as a mask is
            listed = self.run("pdfimages", "-list", str(pdf)).output
            masks = {int(line.split()[1]) for line in listed.splitlines()[2:] if " smask " in line}
        found = set()
        for path in files:
            if int(path.stem.rsplit("-", 1)[1]) not in masks:
                with Image.open(path) as image:
                    found.add(pixels(image))
        return found

    def pictures(self, folder: str = "paperbanana") -> dict[str, str]:
        """The project's pictures: file name to what it looks like."""
        found = {}
        for path in sorted((self.folder / folder).glob("*.*")):
            if path.suffix in (".png", ".jpg", ".webp"):
                with Image.open(path) as image:
                    found[path.name] = pixels(image)
        return found


def check_bought(
    paper: Paper,
    sandbox: SandboxProcess,
    prompts: Collection[str],
    *options: str,
    engine: str = "pdflatex",
) -> None:
    """Build a paper twice: these figures are bought and shown, no others; the second is idle."""
    built = paper.latexmk(*options, engine=engine)
    assert built.status == 0, built
    bought = [task["request"]["prompt"] for task in sandbox.tasks()]
    assert sorted(" ".join(prompt.split()) for prompt in bought) == sorted(prompts), built
    assert len(paper.shown()) == len(prompts)
    assert paper.warnings() == []
    again = paper.latexmk(*options, engine=engine)
    assert again.status == 0
    assert "Run number" not in again.output, again
    assert len(sandbox.log("generate")) == len(prompts)


def plain_picture(colour: str, size: tuple[int, int] = (60, 30)) -> bytes:
    data = BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return data.getvalue()


def article(body: str, preamble: str = "", options: str = "") -> str:
    return (
        "\\documentclass{article}\n"
        f"\\usepackage{options}{{paperbanana}}\n{preamble}\n"
        f"\\begin{{document}}\n{body}\n\\end{{document}}\n"
    )
