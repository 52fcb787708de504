"""What a block says: where the prompt ends, what a body is, whole legends, lines in warnings."""

from __future__ import annotations

from textwrap import indent

import myst_parser
import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders, prompts
from sphinx_languages import Language, line_of, write


def fence(*lines: str) -> str:
    return "\n".join(("```{paperbanana} A pump", *lines, "```\n"))


@pytest.fixture
def myst(docs: Docs) -> Docs:
    docs.conf("extensions += ['myst_parser']\nmyst_enable_extensions = ['colon_fence']")
    return docs


@pytest.mark.parametrize(
    "block",
    [
        fence("that lifts water", "to a tank"),
        fence("that lifts water", "to a tank", ":caption: Pump", ":width: 50%"),
        fence("that lifts water", "to a tank", "---", "caption: Pump", "width: 50%", "---"),
        ":::{paperbanana} A pump\nthat lifts water\nto a tank\n:caption: Pump\n:width: 50%\n:::\n",
        "```{paperbanana}\nA pump\nthat lifts water\nto a tank\n```\n",
        "```{paperbanana}\n---\nprompt: |\n  A pump\n  that lifts water\n  to a tank\n---\n```\n",
    ],
)
def test_the_lines_below_a_fences_first_one_continue_the_prompt(
    myst: Docs, use_sandbox: SandboxProcess, block: str
) -> None:
    myst.write("index.md", f"# Title\n\nText.\n\n{block}")
    build = myst.build(strict=True)
    assert build.warnings == ""
    assert prompts(use_sandbox) == ["A pump\nthat lifts water\nto a tank"]
    assert orders(use_sandbox)[0]["options"]["content"] == "Title\n\nText."
    if "width" in block:
        html = build.read("index.html")
        assert '<span class="caption-text">Pump</span>' in html
        assert "width: 50%" in html


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("more", ":widht: 50%"), "widht: there is no such option; did you mean 'width'?"),
        (("more", ":width: '50%"), "its options cannot be read"),
        (("more", "", ":width: 50%"), "looks like the option :width:"),
        ((":width: 50 furlongs",), "width: '50 furlongs' cannot be read"),
        ((":context:",), "context: '' cannot be read"),
        ((":align: middling",), "align: 'middling' cannot be read"),
        ((":width:50%",), "its options cannot be read"),
        (("more", ":width:50%"), "looks like an option; write it as :width:"),
        (("more", "width: 50%"), "looks like an option; write it as :width:"),
        (("more", "% why"), "it holds '% why', which looks like a comment, and would be sent"),
        (("# why", ":width: 50%"), "it holds '# why', which looks like a comment"),
        (("more <!-- why -->",), "which looks like a comment"),
        (("```{note}", "A note.", "```"), "it holds '```{note}', which looks like a directive"),
        ((":caption: One", ":image-input: tank.png"), "image-input: tank.png is a file"),
        (("---", "image-input:", "  - https://127.0.0.1/a.png", "---"), "image-input: https://127"),
        (("", "A text.", "", ":width: 50%"), "looks like the option :width:"),
        (
            (":caption: A tank", "  of rain.", "", "One.", "", "Two."),
            "caption: MyST takes one line",
        ),
        ((":alt: |", "  A tank", "", "One.", "", "Two."), "alt: MyST takes one line of it"),
        ((":width: 0",), "width: '0' cannot be read (nothing of the picture would be seen)"),
        ((":scale: 0%",), "scale: '0%' cannot be read (nothing of the picture would be seen)"),
        ((":figwidth:",), "figwidth: '' cannot be read (it is empty)"),
        ((":resolution: 1K", ":resolution: 4K"), "resolution: given more than once; remove all"),
        (("---", "alt: a", "alt: b", "---"), "alt: given more than once; remove all but one"),
        ((":context: label:",), "it is not one of section, document, none, label:NAME, body"),
    ],
)
def test_a_doubtful_block_is_told_of_and_never_bought_also_when_its_page_is_not_read_again(
    myst: Docs, use_sandbox: SandboxProcess, lines: tuple[str, ...], problem: str
) -> None:
    myst.write("index.md", f"# Title\n\nText.\n\n{fence(*lines)}")
    for _ in range(2):
        build = myst.build()
        told = [line for line in build.lines if line.endswith("[paperbanana.option]")]
        assert len(told) == 1
        assert f"{myst.src}/index.md:5: WARNING: paperbanana: " in told[0]
        assert problem in told[0]
    assert use_sandbox.log() == []


@pytest.mark.parametrize("line", [":width 50%", ":width:50%", ":Width 50%", ":caption", "alt: a"])
def test_a_prompt_that_goes_on_with_a_misspelt_option_is_told_of_and_not_bought(
    docs: Docs, use_sandbox: SandboxProcess, line: str
) -> None:
    docs.write("index.rst", f"Title\n=====\n\nText.\n\n.. paperbanana:: A pump\n   {line}\n")
    (told,) = docs.build().lines
    assert "looks like an option; write it as :" in told
    assert use_sandbox.log() == []


def test_a_fences_first_line_that_is_an_option_is_told_of_and_not_bought(
    myst: Docs, use_sandbox: SandboxProcess
) -> None:
    myst.write("index.md", "# Title\n\nText.\n\n```{paperbanana} :name: pump\n```\n")
    (told,) = myst.build().lines
    assert "prompt: it begins with ':name: pump', which looks like an option" in told
    assert use_sandbox.log() == []


def test_the_roles_of_a_prompt_are_sent_as_the_words_that_a_page_shows(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    roles = (
        "class:~pumps.Pump",
        "math:x^2",
        "term:CPU <cpu>",
        "ref:the rotor <rotor>",
        "code:set<int>",
    )
    pairs = [role.split(":", 1) for role in roles]
    written = [f":{n}:`{said}`" if lang.is_rst else f"{{{n}}}`{said}`" for n, said in pairs]
    write(
        docs,
        lang,
        lang.figure("A pump at 12:30\n" + "   " * lang.is_rst + "with " + ", ".join(written)),
    )
    build = docs.build(strict=True)
    assert prompts(use_sandbox) == ["A pump at 12:30\nwith Pump, x^2, CPU, the rotor, set<int>"]
    assert 'alt="A pump at 12:30 with Pump, x^2, CPU, the rotor, set&lt;int&gt;"' in build.read(
        "index.html"
    )


def test_a_role_within_a_word_and_one_that_shows_more_or_less_are_sent_as_shown(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    inside = (
        r"H\ :sub:`2`\ O and x\ :sub:`1`\ :sup:`3`" if lang.is_rst else "H{sub}`2`O and x{sub}`13`"
    )
    pairs = [("pep", "8"), ("menuselection", "&File --> Open"), ("guilabel", "O&k & more")]
    written = [f":{n}:`{said}`" if lang.is_rst else f"{{{n}}}`{said}`" for n, said in pairs]
    write(docs, lang, lang.figure("A pump\n" + "   " * lang.is_rst + ", ".join([inside, *written])))
    docs.build(strict=True)
    assert prompts(use_sandbox) == ["A pump\nH2O and x13, PEP 8, File ‣ Open, Ok & more"]


@pytest.mark.parametrize(
    ("prompt", "body", "problem"),
    [
        ("As in :ref:`tank`", "", "prompt: :ref:`tank` shows words of another place; write those"),
        ("A tank", "As in :numref:`tank`.", "body: :numref:`tank` shows words of another place"),
        ("A tank", "Of |release|.", "body: |release| stands for a version or a day, and each"),
        ("A tank\n   : width: 50%", "", "prompt: it goes on with ': width: 50%', which looks like"),
        ("A tank :width: 50%", "", "prompt: it goes on with ':width: 50%', which looks like an"),
        ("images/tank.png", "", "prompt: it is the address of a file; write what the picture is"),
        ("https://example.org/tank", "", "prompt: it is the address of a file"),
        ("A tank with\nthree pipes", "", "prompt: below it stands 'three pipes', which is not"),
        ("A tank\n:type: standard", "", "prompt: below it stands ':type: standard', which is not"),
    ],
)
def test_what_is_surely_no_prompt_is_told_of_and_not_bought(
    docs: Docs, use_sandbox: SandboxProcess, prompt: str, body: str, problem: str
) -> None:
    text = f"   :context: body\n\n   {body}\n" if body else ""
    docs.write("index.rst", f"Title\n=====\n\nText.\n\n.. paperbanana:: {prompt}\n{text}")
    for _ in range(2):
        told = [line for line in docs.build().lines if line.endswith("[paperbanana.option]")]
        assert len(told) == 1
        assert problem in told[0]
    assert use_sandbox.log() == []


def test_what_may_follow_a_block_at_once_is_no_part_of_its_prompt(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    page = "Title\n=====\n\nText.\n\n.. paperbanana:: A\n.. paperbanana:: B\n   :name: b\n\n"
    cell = "* - .. paperbanana:: C\n  - .. paperbanana:: D\n"
    list_ = "- one\n\n  .. paperbanana:: E\n- two\n\n.. |f| paperbanana:: F\n\n|f| is it.\n"
    docs.write("index.rst", f"{page}{cell}\n{list_}\n.. paperbanana:: G")
    assert docs.build().warnings == ""
    assert sorted(prompts(use_sandbox)) == list("ABCDEFG")


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("", "The tank."),
        (":caption: The tank", "The tank holds rain water.\nIt is filled in\nwinter."),
        (":name: tank\n:alt: A tank", "* one\n* two"),
        ("", ".. note::\n\n   The tank is full.\n\n   It rained."),
        ("", "The tank is full.\n\n.. warning:: It leaks.\n\nCall us."),
        ("", "The tank is full.\n\n:::{warning}\nIt leaks.\n:::\n\nCall us."),
        ("", ".. a secret\n\nThe tank is full.\n\nCall us."),
        ("", "The tank is full.\n\n<!-- a secret -->\n\nCall us."),
    ],
)
def test_one_paragraph_below_a_figure_is_told_of_and_not_bought(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess, options: str, body: str
) -> None:
    path = write(docs, lang, lang.figure("A tank", options, body))
    build = docs.build()
    assert len(build.lines) == 1
    where = f"{path}:{line_of(docs, lang, 'A tank')}: WARNING: paperbanana: body: one paragraph"
    assert build.lines[0].startswith(where)
    for cure in (":caption:", "indent it no deeper", ":context: body"):
        assert cure in build.lines[0]
    assert use_sandbox.log() == []
    assert docs.build().lines == build.lines


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("", "The tank holds rain water.\n\nIt is filled in winter."),
        (":context: body", "The tank."),
        (":context: none", "The tank."),
    ],
)
def test_several_paragraphs_or_one_that_is_asked_for_are_the_text(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess, options: str, body: str
) -> None:
    write(docs, lang, lang.figure("A tank", options, body))
    assert docs.build(strict=True).warnings == ""
    assert orders(use_sandbox)[0]["options"]["content"] == body


@pytest.mark.parametrize(
    ("options", "body", "problem"),
    [
        (":context: body", "", "context: body asks for the text in the block; there is none"),
        (":context: document", "One.\n\nTwo.", "the block has a text of its own"),
    ],
)
def test_a_context_that_contradicts_the_block_is_told(  # noqa: PLR0917
    docs: Docs, lang: Language, use_sandbox: SandboxProcess, options: str, body: str, problem: str
) -> None:
    write(docs, lang, lang.figure("A tank", options, body))
    build = docs.build()
    assert len(build.lines) == 1
    assert problem in build.lines[0]
    assert use_sandbox.log() == []


# -- caption and legend ---------------------------------------------------------------------------

LEGENDS = {
    "rst": ".. paperbanana:: A pump\n   :caption: Bad {one}\n   :legend: First {two}\n"
    "      goes on.\n\n      Second {three}.\n\n      * item\n\n",
    "below": ".. paperbanana:: A pump\n   :caption: Bad {one}\n   :legend:\n      First {two}\n"
    "      goes on.\n\n      Second {three}.\n\n      * item\n\n",
    "md": "```{{paperbanana}} A pump\n:caption: Bad {one}\n:legend: First {two}\n"
    "  goes on.\n\n  Second {three}.\n\n  * item\n```\n\n",
    "yaml": "```{{paperbanana}} A pump\n---\ncaption: Bad {one}\nlegend: |\n  First {two}\n"
    "  goes on.\n\n  Second {three}.\n\n  * item\n---\n```\n\n",
}


@pytest.mark.parametrize("markup", LEGENDS)
def test_a_legend_of_several_paragraphs_is_whole_and_its_warnings_have_their_lines(
    myst: Docs, use_sandbox: SandboxProcess, markup: str
) -> None:
    is_rst = markup in ("rst", "below")
    roles = {
        name: f":no-{name}:`x`" if is_rst else f"{{no-{name}}}`x`"
        for name in ("one", "two", "three")
    }
    page = "index.rst" if is_rst else "index.md"
    title = "Title\n=====\n\nText.\n\n" if is_rst else "# Title\n\nText.\n\n"
    myst.write(page, title + LEGENDS[markup].format(**roles))
    build = myst.build()
    text = (myst.src / page).read_text().splitlines()
    for name in roles:
        line = next(number for number, row in enumerate(text, 1) if f"no-{name}" in row)
        said = [each for each in build.lines if f'"no-{name}"' in each]
        assert len(said) == 1
        if name == "one" and not is_rst and myst_parser.__version__ < "5":
            continue  # it names another file and line for any text in a line
        assert said[0].startswith(f"{myst.src}/{page}:{line}: "), said
    html = build.read("index.html")
    legend = html[html.index('class="legend"') : html.index("</figcaption>")]
    assert legend.count("<p>") == 3
    for words in ("First", "goes on.", "Second", "item"):
        assert words in legend
    assert len(prompts(use_sandbox)) == 1
    assert orders(use_sandbox)[0]["options"]["content"] == "Title\n\nText."


@pytest.mark.parametrize(
    ("legend", "shown"),
    [
        (".. list-table::\n\n   * - one\n     - two", "<td><p>one</p></td>"),
        (
            "Words.\n\n.. csv-table::\n   :header: one, two\n\n   3, 4",
            '<th class="head"><p>one</p>',
        ),
        (".. note::\n\n   one", '<p class="admonition-title">Note</p>\n<p>one</p>'),
        ("* first\n\n  one\n\n* second", "<li><p>first</p>\n<p>one</p>\n</li>"),
        ("Words::\n\n   one", '<pre><span></span><span class="n">one'),
    ],
)
def test_a_legend_holds_any_block(
    docs: Docs, use_sandbox: SandboxProcess, legend: str, shown: str
) -> None:
    block = f":legend:\n{indent(legend, '   ')}\n\nOne.\n\nTwo."
    docs.write("index.rst", f"Title\n=====\n\n.. paperbanana:: A\n{indent(block, '   ')}\n")
    html = docs.build(strict=True).read("index.html")
    assert shown in html[html.index('class="legend"') : html.index("</figcaption>")]
    assert orders(use_sandbox)[0]["options"]["content"] == "One.\n\nTwo."


def test_a_body_below_a_legend_is_a_body(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, lang.figure("A", ":legend: Only this.", "One.\n\nTwo."))
    html = docs.build(strict=True).read("index.html")
    assert "<p>Only this.</p>\n</div>" in html[html.index('class="legend"') :]
    assert orders(use_sandbox)[0]["options"]["content"] == "One.\n\nTwo."


# -- substitutions --------------------------------------------------------------------------------


def test_substitutions_in_a_prompt_and_a_body_are_sent_as_the_page_shows_them(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(
        "extensions.append('myst_parser')\nmyst_enable_extensions = ['substitution']\n"
        "myst_substitutions = {'maker': 'Acme', 'product': '{{ maker }} 3000', 'number': 'T-9.1'}\n"
        "rst_epilog = '.. |maker| replace:: Acme'\nversion = '3'\nrelease = '9.1'"
    )
    docs.write(
        "index.md",
        "# Start\n\n```{toctree}\nother\n```\n\n```{paperbanana} A {{ product }} "
        "{{ 'x' | upper }}\n:context: body\n\nOf {{ maker }}.\n```\n\n"
        "```{paperbanana} A {{ produkt }}\n```\n\n"
        "```{paperbanana} New in {{ env.config.release }}\n```\n\n"
        "```{paperbanana} New in {{ number }}\n```\n",
    )
    docs.write(
        "other.rst",
        "Other\n=====\n\n.. |product| replace:: |maker| *3000*\n\n"
        ".. paperbanana:: A\\ |product|\\ , |a| and |b|\n   :context: body\n\n"
        "   Of |maker|.\n\n"
        ".. paperbanana:: What is new in |release|\n",
    )
    build = docs.build()
    assert [(o["prompt"], o["options"]["content"]) for o in orders(use_sandbox)] == [
        ("A Acme 3000 X", "Of Acme."),
        ("AAcme 3000, |a| and |b|", "Of Acme."),
    ]
    undefined, *others, released = build.lines
    assert len(others) == 2
    assert all("stands for a version or a day" in line for line in others)
    assert "a substitution of MyST cannot be filled in: 'produkt' is undefined" in undefined
    assert "|release| stands for a version or a day, and each would buy the figure" in released
