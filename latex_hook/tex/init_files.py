"""``pbfigure init``: put ``paperbanana.sty`` and the latexmk rule beside a main file.

What stands there is kept: the rule is a marked part of latexmk's own configuration file, and doing
it twice is doing it once. Neither file needs Python where the document is compiled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from latex_hook.sources.own_files import root_of
from pbfigure.store.files import write_whole

STYLE = "paperbanana.sty"
RULE = "latexmk_rule.pl"
RC_NAMES = (".latexmkrc", "latexmkrc")
"""In the order in which latexmk looks for them; it reads the first only."""
_MARKED = re.compile(
    r"^# >>> paperbanana.*?^# <<< paperbanana <<<[^\n]*\n?", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Placed:
    """What was done to one file."""

    path: Path
    what: str
    """``written``, ``updated`` or ``kept``."""


def shipped(name: str) -> str:
    """Return a file of this package."""
    return (resources.files("latex_hook.tex") / name).read_text("utf-8")


def set_up(main: Path) -> list[Placed]:
    """Prepare the folder of ``main``; return what was done. Raises ``OSError``."""
    if not main.is_file():
        raise FileNotFoundError(2, "there is no such file", str(main))
    folder = main.absolute().parent
    rc = next((folder / name for name in RC_NAMES if (folder / name).exists()), None)
    for path in (folder / STYLE, rc):
        if path is not None and not path.resolve().is_relative_to(root_of(main)):
            raise OSError(1, "is a link that leads out of the project; remove it", str(path))
    return [
        _put(folder / STYLE, shipped(STYLE)),
        _put(rc or folder / RC_NAMES[0], _with_rule(rc)),
    ]


def _with_rule(rc: Path | None) -> str:
    """Return a latexmk configuration with the rule in it, in place of the one it may have."""
    rule = shipped(RULE)
    if rc is None:
        return rule
    text = rc.read_text("utf-8", "surrogateescape")
    if _MARKED.search(text):
        return _MARKED.sub(lambda _: rule, text, count=1)
    if (end := re.search(r"^__(?:END|DATA)__\s*$", text, re.MULTILINE)) is not None:
        return f"{text[: end.start()]}\n{rule}{text[end.start() :]}"
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}\n{rule}"


def _put(path: Path, text: str) -> Placed:
    data = text.encode("utf-8", "surrogateescape")
    before = path.read_bytes() if path.exists() else None
    if before == data:
        return Placed(path, "kept")
    write_whole(path.resolve() if path.is_symlink() else path, data)
    return Placed(path, "written" if before is None else "updated")
