"""The documents that the kill loop builds, and which pictures they show in the end.

Three kinds of figures: ``ship …`` is a standard one and ``plan …`` one drawn from a text written
out, so that Sphinx, LaTeX and bare engine runs all mean the same picture by them; ``part …`` is
drawn from the section around it, and is one LaTeX document's own.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from workbench import order

from latex_hook.tex.init_files import set_up
from latex_hook.tex.picture_map import FOLDER, NAME, read_map
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.scheduler.jobs import Order


def text_of(prompt: str) -> str:
    """Return the text that a plan is drawn from."""
    return f"What {prompt} shows: sails, ropes and a hull."


def shared(number: int, pictures: int) -> list[str]:
    """Return a round's prompts that all kinds of builds share, a third of them plans."""
    return [f"{'ship' if each % 3 else 'plan'} {number} {each}" for each in range(pictures)]


def order_of(prompt: str) -> Order:
    """Return the order of a shared prompt, as an engine run without a front end makes it."""
    if prompt.startswith("ship"):
        return order(prompt)
    return order(prompt, type="pipeline", model=None, content=WrittenText(text_of(prompt)))


class SphinxDocs:
    """A small Sphinx project with a figure for each prompt."""

    def __init__(self, folder: Path, prompts: list[str]) -> None:
        self.folder = folder
        self.prompts = prompts
        folder.mkdir(parents=True)
        # its pictures are compared by their bytes
        conf = "extensions = ['sphinx_paperbanana']\npaperbanana_label = False\n"
        (folder / "conf.py").write_text(conf)
        blocks = [self._block(prompt) for prompt in prompts]
        (folder / "index.rst").write_text("Ships\n=====\n\n" + "\n".join(blocks))

    @staticmethod
    def _block(prompt: str) -> str:
        head = f".. paperbanana:: {prompt}\n   :output-format: jpg\n"
        if prompt.startswith("ship"):
            return f"{head}   :type: standard\n   :model: nano-banana-2\n"
        return f"{head}   :context: body\n\n   {text_of(prompt)}\n"

    def build(self) -> None:
        """Build it, here."""
        from sphinx.cmd.build import build_main

        build_main(["-b", "html", str(self.folder), str(self.folder / "_build")])

    def shown(self) -> set[str]:
        """Return the SHA-256 of every picture of its pages."""
        return {_sha(path) for path in (self.folder / "_build" / "_images").glob("*")}


class Paper:
    """A LaTeX document with a section for each figure; several may stand in one folder."""

    def __init__(self, main: Path, prompts: list[str], own: list[str]) -> None:
        self.main = main
        self.prompts = prompts + own
        self.own = own
        main.parent.mkdir(parents=True, exist_ok=True)
        sections = [self._section(prompt) for prompt in self.prompts]
        main.write_text(
            "\\documentclass{article}\n\\usepackage{paperbanana}\n\\begin{document}\n"
            + "".join(sections)
            + "\\end{document}\n"
        )
        set_up(main)
        tex = ["pdflatex", "-interaction=batchmode", main.name]  # says what it wants, once
        subprocess.run(tex, cwd=main.parent, stdout=subprocess.DEVNULL, check=True)

    @staticmethod
    def _section(prompt: str) -> str:
        head = f"\\section{{Of {prompt}}}\nThis is told of {prompt}, and much besides.\n"
        if prompt.startswith("ship"):
            keys = "type=standard, model=nano-banana-2, output-format=jpg"
            return f"{head}\\pbfigure[{keys}]{{{prompt}}}\n\n"
        if prompt.startswith("plan"):
            head += f"\\begin{{pbcontext*}}{text_of(prompt)}\\end{{pbcontext*}}\n"
        return f"{head}\\pbfigure[output-format=jpg]{{{prompt}}}\n\n"

    def build(self) -> None:
        """Run the hook on what TeX asked for, here; TeX is not needed to read the map."""
        from latex_hook.__main__ import main

        os.chdir(self.main.parent)
        main([self.main.name])

    def shown(self) -> dict[str, str]:
        """Return the SHA-256 of the picture that the map names for each prompt, if it is there."""
        folder = self.main.parent
        entries = read_map(folder / FOLDER / NAME).get(self.main.stem, {}).values()
        files = {entry.prompt: folder / entry.file for entry in entries if entry.file}
        return {prompt: _sha(file) for prompt, file in files.items() if file.is_file()}


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
