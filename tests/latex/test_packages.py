r"""Packages, classes and languages that authors use: what TeX sets is bought, and nothing else.

``kinds`` holds a document for each group of them, with a section for each. The figures that TeX
sets are named ``Shown by SECTION``: each is bought with the words of its section alone. Words that
begin with ``seen`` are in the PDF and in the text that is sent, those with ``unseen`` in neither.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from papers import Paper, check_bought
from sandbox_process import SandboxProcess

KINDS = Path(__file__).parent / "kinds"
DOCUMENTS = sorted(KINDS.rglob("*.tex"))
_ENGINE = re.compile(r"% !TeX program = (\w+)")
_SHOWN = re.compile(r"\\pbfigure\{Shown by ([^{}]+)\}")
_SECTION = re.compile(r"Words on (.*)\.(?s:(.*?))(?=\\section|\\end\{document\})")
_SEEN = re.compile(r"\b(?:un)?seen\w+")
_WORD = re.compile(r"[^\x00-\x7f]{3,}")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}: {path.stem}")
def test_what_a_package_sets_is_bought_with_the_words_of_its_section(
    online: Paper, use_sandbox: SandboxProcess, path: Path
) -> None:
    source = path.read_text()
    engine = _ENGINE.match(source)
    shown = dict.fromkeys(_SHOWN.findall(source))
    online.write("paper.tex", source)
    online.init()
    prompts = [f"Shown by {name}" for name in shown]
    check_bought(online, use_sandbox, prompts, engine=engine[1] if engine else "pdflatex")
    sent = [entry["body"] for entry in use_sandbox.log("generate")]
    texts = {body["prompt"]: body["options"]["content"] for body in sent}
    sections = dict(_SECTION.findall(source))
    assert sections.keys() == shown.keys()
    printed: set[str] = set()
    for name, words in sections.items():
        text = texts[f"Shown by {name}"]
        assert re.findall(r"Words on (.*?)\.", text) == [name]
        assert [word for word in _WORD.findall(words) if word not in text] == []
        seen = {word for word in _SEEN.findall(words) if word.startswith("seen")}
        assert set(_SEEN.findall(text)) == seen
        printed |= seen
    assert set(_SEEN.findall(online.text())) == printed
