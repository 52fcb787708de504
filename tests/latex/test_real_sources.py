"""Real documents: scanned without an exception, sections found, their text readable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from real_sources import documents

from latex_hook.sources.document import Document
from latex_hook.sources.encoding import codec_of, encode
from latex_hook.sources.inputs import read_document
from latex_hook.sources.scan import Scan, scan
from latex_hook.tex.request_file import Requests
from latex_hook.text.context import Sections
from latex_hook.text.section_text import SectionText

_HEADING = re.compile(r"^\\(?:chapter|section|subsection)\*?(?:\[[^\]\n]*\])?\{([^{}\\%$]+)\}")
_CODE = re.compile(r"\\(begin|end)\{(verbatim\*?|lstlisting|lstcode|comment|minted|alltt)\}")


@pytest.fixture(scope="module")
def mains() -> list[Path]:
    return documents()


_MATHS = re.compile(
    r"\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]"
    r"|\\begin\{(equation|align|gather|multline|eqnarray|displaymath)(\*?)\}.*?\\end\{\1\2\}",
    re.DOTALL,
)


_INPUTENC = re.compile(rb"^\\usepackage\[(\w+)\]\{inputenc\}", re.MULTILINE)


def read(main: Path) -> tuple[Document, Scan]:
    declared = _INPUTENC.search(main.read_bytes())  # TeX tells it to the hook
    codec = codec_of(declared[1].decode()) if declared else None
    document = read_document(main, main.parent, {}, encoding=codec or "utf-8")
    return document, scan(document)


def test_ten_documents_and_a_megabyte_are_scanned_and_every_part_keeps_its_place(
    mains: list[Path],
) -> None:
    size = 0
    for main in mains:
        document, found = read(main)
        size += document.size
        assert len(document.source) == len(document.masked) == document.size
        for file in document.files.values():
            assert file.source.count("\n") == file.masked.text.count("\n")
            assert len(file.source) == len(file.masked.text)
        for heading in found.headings:
            assert document.source[heading.start] == "\\"
    assert len(mains) >= 10
    assert size >= 1_000_000


def with_figures(main: Path, folder: Path) -> tuple[Path, list[str]]:
    """A copy of a document with a figure behind every heading that stands on a line of its own."""
    titles: list[str] = []
    copies = {}
    for file in read(main)[0].files.values():
        lines, code = [], 0
        for line in file.source.split("\n"):
            lines.append(line)
            for edge, _ in _CODE.findall(line.split("%")[0]):
                code = max(0, code + (1 if edge == "begin" else -1))
            heading = _HEADING.match(line)
            if heading and not code and line.endswith("}"):
                lines.append(f"\\pbfigure[id=f{len(titles)}]{{Figure {len(titles)}}}")
                titles.append(heading[1])
        copies[file.name] = encode("\n".join(lines), file.encoding)
    for name, data in copies.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / main.name, titles


def test_figures_are_found_in_the_right_section_and_its_text_is_readable(
    mains: list[Path], tmp_path: Path
) -> None:
    wrong = {}
    inserted = seen = 0
    for number, main in enumerate(mains):
        try:
            counts = check_figures(main, tmp_path / str(number))
        except AssertionError as error:
            wrong[main.name] = str(error)[:600]
        else:
            inserted, seen = inserted + counts[0], seen + counts[1]
    assert not wrong
    assert inserted >= 300
    # the others stand behind \end{document} or in verbatim environments of the documents' own
    assert seen >= 0.98 * inserted


def check_figures(main: Path, folder: Path) -> tuple[int, int]:
    """Insert figures and look for them; return how many were inserted, and how many are seen."""
    copy, titles = with_figures(main, folder)
    document, found = read(copy)
    sections = Sections(found, Requests())
    body = range(*found.body)
    calls = [call for call in found.calls if call.start in body]
    for number, call in enumerate(calls):
        title = titles[int(call.keys.removeprefix("id=")[1:])]
        start, end = sections.enclosing(call.start)
        assert start <= call.start < end
        assert title in document.source[start : call.start]
        assert document.source[start : call.start].count("\n") <= 1
        content = sections.content(call.start, "section")
        assert isinstance(content, SectionText)
        assert "\\pbfigure" not in content.extract.text  # an example of one is verbatim
        if number < 12:
            readable(content, title)
    return len(titles), len(calls)


def readable(content: SectionText, title: str) -> None:
    """Hold text against its source: the words are there, the commands are not."""
    text = content.text()
    assert " ".join(title.split()[:1]).strip("~.,:") in text or "--" in title or "'" in title
    if len(text) > 90_000:  # cut to what the service takes
        return
    # of a choice between texts neither is sent
    prose = re.sub(r"\\iffree\{[^\n]*", " ", content.source)
    prose = re.sub(r"\\begin\{(\w+)\}.*?\\end\{\1\}", " ", prose, flags=re.DOTALL)
    prose = re.sub(r"\\[A-Za-z@]+\*?(\[[^\]]*\])?(\{[^{}]*\})*|\$[^$]*\$", " ", prose)
    words = set(re.findall(r"(?<![\w\\{=])[a-z]{5,}(?![\w=}])", prose))
    kept = {word for word in words if word in text.lower()}
    assert len(kept) >= 0.85 * len(words), sorted(words - kept)[:20]
    plain = _MATHS.sub("", text)
    commands = re.findall(r"\\(?:begin|end|section|emph|textbf|cite|ref|label)\b", plain)
    code = "".join(piece.source for piece in content.extract.verbatim)
    commands = [command for command in commands if command not in code]
    assert len(commands) <= 1 + len(plain) // 2000, commands
