"""Hostile texts of every format that a repository brings, made of its own pieces; for fuzz.py.

A text is pieces in any order, one unit over and over, or something that opens as often as something
closes; half of them stand in the hole of a text that is right but for that. Some bytes are spoiled.
"""

# ruff: noqa: E501, SIM905 - the pieces are read best in rows

from __future__ import annotations

import random

HOLE = "¿"
COMMON = "\x1b[31m¦\u202e¦\u0301\u0316¦²¦\ufeff¦é¦水¦\0¦\r¦\u2028¦9¦a¦ ".split("¦")
PIECES = {
    "toml": (
        'mode¦max_credits¦figures_dir¦defaults¦ = ¦a.¦"a".¦[¦]¦{¦}¦[[¦]]¦\'¦"¦"""¦\'\'\'¦\n¦#¦true¦1e'
        '¦.5¦~root¦~x¦../¦.git/refs¦/¦\\¦\\u0000¦,¦=¦[defaults]\n¦resolution = "2K"\n¦{a=¦a=1\n¦0x'
    ),
    "request": (
        "figure="
        + "A" * 32
        + "\n¦line=1\n¦line=²\n¦prompt=A pump\n¦\n¦heading=1\n¦title=x\n¦shown=1\n"
        "¦end=figures:1,headings:0,partial:0\n¦part=a\n¦unknown=x\n¦id=a\n¦encoding=latin1\n¦encoding="
        "¦source=\\x{\n¦set-mode=x\n¦context=label:x\n¦pin=1\n¦prompt=\\today\n¦=¦\\emph{¦}¦$¦---¦``"
    ),
    "map": "doc|id|¦" + "A" * 32 + "¦|p/a.png¦||||¦\n¦<1F¦>¦<110000>¦%¦../¦|",
    "json": (
        '{"version": 1¦"key": "¦"request": {¦"options": {}¦[¦]¦{¦}¦,¦:¦"¦\\ud800¦1e¦-¦NaN¦true¦null'
        '¦"pictures": [{¦"figure": "¦"picture": "¦"prompt": "x"¦\n¦ ¦"a":¦{"a":¦\\¦\\\\'
    ),
    "prompt": "A pump ¦\n¦---¦``¦$x$¦\\emph{¦}¦https://x.org/a.png ¦%¦&<>¦\u0301\u0316¦x",
    "tex": (
        "\\pbfigure{A pump}\n¦\\pbfigure[¦\\pbfigure{¦\\section{¦\\label{¦\\emph{¦\\begin{pbcontext}"
        "¦\\end{pbcontext}¦\\begin{itemize}¦\\end{itemize}¦\\item ¦\\newcommand{\\x}[1]{¦\\x{¦\\def\\y#1{"
        "¦\\y¦\\verb|¦\\footnote{¦\\iffalse¦\\fi¦\\input{main}¦\\input{¦{¦}¦[¦]¦$¦$$¦\\(¦%¦\n¦\n\n"
        "¦\\begin{verbatim}¦\\end{verbatim}¦\\begin{tabular}{¦&¦\\\\¦word ¦~¦#1¦\\SI{5}{¦\\gls{"
        "¦\\href{a}{¦\\'¦\\\"¦\\cite[¦\\begin{¦\\end{¦\\let\\z¦\\lstinline|¦\\begin{equation}"
        "¦\\end{equation}¦\\left(¦\\frac{¦^{¦\\text{¦\\begin{abstract}¦\\end{abstract}¦\\subsection{x}"
        "¦\\chapter{¦\\newcommand{\\z}{\\x\\x}¦\\newenvironment{x}{¦\\begin{x}¦\\ifx¦\\else¦\\begin{comment}"
    ),
    "rest": (
        "\n.. paperbanana:: A pump\n¦   :prompt: x\n¦   :context: ¦body\n¦   :caption: *x\n¦   :name: a\n"
        "¦   :legend: x\n¦   :prompt-file: a.txt\n¦\n¦   Text. ¦*¦**¦``¦`x`_ ¦|x| ¦Title\n=====\n¦* item\n"
        "¦  ¦:math:`x`¦\n.. note::\n\n   ¦\n.. figure:: x.png\n¦\n.. only:: html\n\n   ¦   :alt:\n"
        "¦   :width: 9x\n¦\\¦::\n"
    ),
    "myst": (
        "\n```{paperbanana} A pump\n¦```\n¦:prompt: x\n¦:context: body\n¦---\n¦\n¦> ¦prompt: |\n¦:::{note}\n"
        "¦:::\n¦# Title\n¦- item\n¦  ¦*¦`¦[¦](x)¦```{figure} x.png\n¦:caption: x\n¦:legend: x\n"
        "¦| a | b |\n¦$x$¦<div>¦\\"
    ),
}
_RECORD = (
    '{"version": 1, "key": "KEY", "request_digest": "KEY", "content_digest": null, "tool": "x",'
    ' "content_automatic": true, "request": {"type": "standard", "scene": "s", "prompt": "P",'
    ' "model": null, "options": {"resolution": "1K"}, "variant": 0}, "task_id": "t", "figure": null,'
    ' "cost_credits": 6, "created_at": "2026", "draft": false, "adopted": false, "pictures": [{"sha256":'
    ' "KEY", "size": 9, "format": "png", "width": 9, "height": 9}]}'
).replace("KEY", "a" * 64)
FRAMES = {
    "toml": [
        *(f"{name} = {HOLE}\n" for name in ("mode", "max_credits", "task_timeout", "defaults")),
        *(
            f'{name} = "{HOLE}"\n'
            for name in ("mode", "max_credits", "figures_dir", "task_timeout")
        ),
        f"{HOLE}a = 1\n",
        f"{HOLE} = 1\n",
        f"[{HOLE}]\n",
        f"[defaults]\nresolution = {HOLE}\n",
        f"mode = '''{HOLE}'''\n",
    ],
    "request": [
        f"figure={'A' * 32}\nline=1\nprompt=x\n{name}={HOLE}\nend=figures:1,headings:0,partial:0\n"
        for name in ("id", "unknown", "context", "source", "label", "file", "resolution", "heading")
    ],
    "map": [f"{HOLE}|i|{'A' * 32}|p/a.png||||\n", f"d|i|{'A' * 32}|p/a.png|{HOLE}|||\n"],
    "json": [
        _RECORD.replace(part, part[0] + HOLE + part[-1] if part[0] == '"' else HOLE)
        for part in (
            '"standard"',
            '"P"',
            "null",
            "true",
            '"1K"',
            '"t"',
            "6",
            "9",
            '"2026"',
            "[",
            "0",
        )
    ],
    "prompt": [HOLE],
    "tex": [
        f"\\begin{{document}}\n\\pbfigure{{A pump}}\n{HOLE}\n\\pbfigure{{A pump}}\n\\end{{document}}",
        f"\\newcommand{{\\x}}[1]{{{HOLE}}}\n\\x{{\\x{{a}}}}\\pbfigure{{A pump}}\n",
        f"\\section{{{HOLE}}}\n\\pbfigure{{A pump}}\n",
        f"\\pbfigure[{HOLE}]{{A pump}}\n\\begin{{pbcontext}}{HOLE}\\end{{pbcontext}}",
    ],
    "rest": [
        f".. paperbanana:: {HOLE}\n",
        f".. paperbanana:: A pump\n   :caption: {HOLE}\n   :legend: {HOLE}\n",
        f".. paperbanana:: A pump\n   :model: {HOLE}\n   :image-input: {HOLE}\n   :width: {HOLE}\n",
        f".. paperbanana:: A pump\n   :context: body\n\n   {HOLE}\n",
        f"{HOLE}\n\n.. paperbanana:: A pump\n\n{HOLE}\n",
    ],
    "myst": [
        f"```{{paperbanana}} {HOLE}\n```\n",
        f"```{{paperbanana}} A pump\n:caption: {HOLE}\n```\n",
        f"```{{paperbanana}} A pump\n---\nprompt: {HOLE}\n---\n{HOLE}\n```\n",
        f"{HOLE}\n\n```{{paperbanana}} A pump\n```\n",
    ],
}
STARTS = {"request": "pbq=3\nshown=1\n", "rest": "Title\n=====\n\n", "myst": "# Title\n\n"}
LIMITS = {
    "toml": 70_000,
    "request": 1_000_000,
    "map": 1_000_000,
    "json": 1_100_000,
    "prompt": 500_000,
}
"""Bytes of the longest input; of sources, 10,000."""


def an_input(kind: str, draw: random.Random) -> bytes:
    """Return an input."""
    limit = LIMITS.get(kind, 10_000)
    text = _pieces(kind, draw, int(limit ** draw.uniform(0.3, 1.0)))
    if draw.random() < 0.6:
        text = draw.choice(FRAMES[kind]).replace(HOLE, text)
    if draw.random() < 0.9:
        text = STARTS.get(kind, "") + text
    data = bytearray(text.encode("utf-8", "replace"))
    for _ in range(draw.choice((0, 0, 0, 0, 0, 1, 5))):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data[: limit + 1000])


def _pieces(kind: str, draw: random.Random, length: int) -> str:
    pieces = [*PIECES[kind].split("¦"), *draw.sample(COMMON, 4)]
    shape = draw.random()
    if shape < 0.45:  # one unit over and over
        unit = "".join(draw.choices(pieces, k=draw.choice((1, 1, 2, 3))))
        return unit * max(1, length // max(1, len(unit)))
    if shape < 0.7:  # nested
        opening, inner, closing = draw.choices(pieces, k=3)
        if draw.random() < 0.7:
            closing = "".join(
                closer for opener, closer in ("{}", "[]") for _ in range(opening.count(opener))
            )
        times = max(1, length // max(1, len(opening + closing)))
        return opening * times + inner + closing * times
    used = draw.sample(pieces, min(len(pieces), draw.randint(3, 20)))
    return "".join(draw.choices(used, k=min(length, 30_000) // 4 + 1))
