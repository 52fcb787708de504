"""Hostile texts of every format that a repository brings, made of its own pieces; for fuzz.py."""

from __future__ import annotations

import random

COMMON = ["\x1b[31m", "\u202e", "\u0301\u0316", "²", "\ufeff", "é", "水", "\0", "\r", "\u2028", "9"]
PIECES = {
    "toml": [
        *("mode", "max_credits", "figures_dir", "defaults", "style", " = ", "a.", '"a".', "[", "]"),
        *(
            "{",
            "}",
            "[[",
            "]]",
            "'",
            '"',
            '"""',
            "'''",
            "\n",
            "#",
            "true",
            "1e",
            ".5",
            "~root",
            "~x",
        ),
        *(
            "../",
            ".git/refs",
            "/",
            "\\",
            "\\u0000",
            ",",
            "=",
            "[defaults]\n",
            'resolution = "2K"\n',
        ),
    ],
    "request": [
        *("pbq=3\n", "figure=" + "A" * 32 + "\n", "line=1\n", "line=²\n", "prompt=A pump\n", "\n"),
        *(
            "heading=1\n",
            "title=x\n",
            "shown=1\n",
            "end=figures:1,headings:0,partial:0\n",
            "part=a\n",
        ),
        *(
            "unknown=x\n",
            "id=a\n",
            "encoding=latin1\n",
            "encoding=",
            "source=\\x{\n",
            "set-mode=x\n",
        ),
        *(
            "context=label:x\n",
            "pin=1\n",
            "prompt=\\today\n",
            "=",
            "\\emph{",
            "}",
            "$",
            "---",
            "``",
        ),
    ],
    "map": ["doc|id|", "A" * 32, "|p/a.png", "||||", "\n", "<1F", ">", "<110000>", "%", "../", "|"],
    "json": [
        *(
            '{"version": 1',
            '"key": "',
            "a" * 64,
            '"request": {',
            '"options": {}',
            "[",
            "]",
            "{",
            "}",
        ),
        *(
            ",",
            ":",
            '"',
            "\\ud800",
            "1e",
            "-",
            "NaN",
            "true",
            "null",
            '"pictures": [{',
            '"figure": "',
        ),
        *('"picture": "', '"prompt": "x"', "\n", " ", '"a":'),
    ],
    "prompt": [
        "A pump ",
        "\n",
        "---",
        "``",
        "$x$",
        "\\emph{",
        "}",
        "https://x.org/a.png ",
        "%",
        "&<>",
    ],
    "tex": [
        *(
            "\\pbfigure{A pump}\n",
            "\\pbfigure[",
            "\\pbfigure{",
            "\\section{",
            "\\label{",
            "\\emph{",
        ),
        *(
            "\\begin{pbcontext}",
            "\\end{pbcontext}",
            "\\begin{itemize}",
            "\\end{itemize}",
            "\\item ",
        ),
        *(
            "\\newcommand{\\x}[1]{",
            "\\x{",
            "\\def\\y#1{",
            "\\y",
            "\\verb|",
            "\\footnote{",
            "\\iffalse",
        ),
        *(
            "\\fi",
            "\\input{main}",
            "\\input{",
            "{",
            "}",
            "[",
            "]",
            "$",
            "$$",
            "\\(",
            "%",
            "\n",
            "\n\n",
        ),
        *(
            "\\begin{verbatim}",
            "\\end{verbatim}",
            "\\begin{tabular}{",
            "&",
            "\\\\",
            "word ",
            "~",
            "#1",
        ),
        *(
            "\\SI{5}{",
            "\\gls{",
            "\\href{a}{",
            "\\'",
            '\\"',
            "\\cite[",
            "\\begin{",
            "\\end{",
            "\\let\\z",
        ),
        *(
            "\\lstinline|",
            "\\begin{equation}",
            "\\end{equation}",
            "\\left(",
            "\\frac{",
            "^{",
            "\\text{",
        ),
    ],
    "rest": [
        *(
            "\n.. paperbanana:: A pump\n",
            "   :prompt: x\n",
            "   :context: ",
            "body\n",
            "   :caption: *x\n",
        ),
        *(
            "   :name: a\n",
            "   :legend: x\n",
            "   :prompt-file: a.txt\n",
            "\n",
            "   Text. ",
            "*",
            "**",
        ),
        *(
            "``",
            "`x`_ ",
            "|x| ",
            "Title\n=====\n",
            "* item\n",
            "  ",
            ":math:`x`",
            "\n.. note::\n\n   ",
        ),
        *(
            "\n.. figure:: x.png\n",
            "\n.. only:: html\n\n   ",
            "   :alt:\n",
            "   :width: 9x\n",
            "\\",
            "::\n",
        ),
    ],
    "myst": [
        *(
            "\n```{paperbanana} A pump\n",
            "```\n",
            ":prompt: x\n",
            ":context: body\n",
            "---\n",
            "\n",
            "> ",
        ),
        *(
            "prompt: |\n",
            ":::{note}\n",
            ":::\n",
            "# Title\n",
            "- item\n",
            "  ",
            "*",
            "`",
            "[",
            "](x)",
        ),
        *(
            "```{figure} x.png\n",
            ":caption: x\n",
            ":legend: x\n",
            "| a | b |\n",
            "$x$",
            "<div>",
            "\\",
        ),
    ],
}
LIMITS = {"toml": 70_000, "request": 1_000_000, "map": 1_000_000, "json": 1_100_000}
"""Bytes of the longest input; of texts with pages, 20,000."""


def an_input(kind: str, draw: random.Random) -> bytes:
    """Return an input: pieces in any order, one of them perhaps over and over."""
    pieces = [*PIECES[kind], *draw.sample(COMMON, 3)]
    limit = LIMITS.get(kind, 20_000)
    length = int(limit ** draw.uniform(0.4, 1.0))
    shape = draw.random()
    if shape < 0.35:  # one unit over and over
        unit = "".join(draw.choices(pieces, k=draw.randint(1, 4)))
        text = unit * max(1, length // max(1, len(unit)))
    elif shape < 0.55:  # something that opens, as often as something that closes
        opening, inner, closing = draw.choices(pieces, k=3)
        times = max(1, length // max(1, len(opening + closing)))
        text = opening * times + inner + closing * times
    else:
        used = draw.sample(pieces, min(len(pieces), draw.randint(3, 20)))
        text = "".join(draw.choices(used, k=min(length, 30_000) // 4 + 1))
    start = {
        "request": "pbq=3\nshown=1\nshown=2\n",
        "json": "{",
        "rest": "Title\n=====\n",
        "myst": "# Title\n\n",
    }
    data = bytearray(
        (start.get(kind, "") * (draw.random() < 0.8) + text).encode("utf-8", "replace")
    )
    for _ in range(draw.choice((0, 0, 0, 0, 0, 1, 5))):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data[: limit + 1000])
