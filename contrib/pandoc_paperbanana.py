#!/usr/bin/env python3
"""A Pandoc filter: blocks of the class ``paperbanana`` become figures that ``pbfigure`` draws.

All figures of a document go to one call of ``pbfigure resolve --jsonl``, each with the text of the
section around it. README.md beside this file says how figures are written.
"""

import json
import subprocess
import sys

CLASS = "paperbanana"
HIDDEN = {"hidden", "content-hidden", "content-visible"}
"""Classes of what some readers do not see: it is sent nowhere."""
OWN = {"prompt", "caption", "alt", "context", "width", "height"}
"""Attributes that are no options of the request."""
INLINES = {"Str", "Emph", "Underline", "Strong", "Strikeout", "Superscript", "Subscript"}
INLINES |= {"SmallCaps", "Quoted", "Cite", "Code", "Space", "SoftBreak", "LineBreak", "Math"}
INLINES |= {"RawInline", "Link", "Image", "Note", "Span"}


def words(node, notes):
    """Return inlines as their readers see them; what footnotes say is added to ``notes``."""
    if isinstance(node, list):
        return "".join(words(each, notes) for each in node)
    kind, content = node["t"], node.get("c")
    if kind in ("Str", "Space", "SoftBreak", "LineBreak"):
        return content if kind == "Str" else " "
    if kind == "Quoted":
        marks = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
        return marks[0] + words(content[1], notes) + marks[1]
    if kind == "Note":
        notes += reading(content)
    if kind in ("Image", "RawInline", "Note"):
        return ""
    if kind in ("Code", "Math"):
        return content[1]
    if kind == "Span" and HIDDEN.intersection(content[0][1]):
        return ""
    return words(content[1] if kind in ("Link", "Span", "Cite") else content, notes)


def reading(node):
    """Return what there is in reading order, as pairs: figures, texts, and headers by level."""
    if isinstance(node, list):
        if not any(isinstance(each, dict) and each["t"] in INLINES for each in node):
            return [event for each in node for event in reading(each)]
        notes = []
        text = words(node, notes).strip()
        return [("text", text), *notes] if text else notes
    kind, content = (
        (node["t"], node.get("c")) if isinstance(node, dict) and "t" in node else ("", 0)
    )
    classes = content[0][1] if kind in ("Div", "CodeBlock", "Figure") else []
    if CLASS in classes:
        return [("figure", node)]
    if kind == "RawBlock" or HIDDEN.intersection(classes):
        return []
    if kind == "CodeBlock":
        return [("text", content[1])]
    if kind == "Header":
        return [(content[0], words(content[2], []))]
    return reading(content) if isinstance(content, (list, dict)) else []


def text_around(events, at, context):
    """Return the paragraphs of the section around a figure, and how many stand before it."""
    first, last = 0, len(events)
    headers = [number for number, (kind, _) in enumerate(events) if isinstance(kind, int)]
    above = [number for number in headers if number < at]
    if context == "section" and above:
        first = above[-1]
        level = events[first][0]
        last = next((n for n in headers if n > at and events[n][0] <= level), last)
    parts = events[first:at], events[at:last]
    before, after = ([text for kind, text in part if kind != "figure"] for part in parts)
    return before + after, len(before)


def request_of(block, events, at, document):
    """Return what is asked for a block. Its prompt is its text; in a Div, the first paragraph."""
    (name, _, pairs), content = block["c"]
    given = dict(pairs)
    prompt = given.get("prompt", "")
    if block["t"] == "CodeBlock":
        prompt = content
    elif not prompt and content and content[0]["t"] in ("Para", "Plain"):
        prompt = words(content.pop(0)["c"], [])
    request = {"document": document, "name": name or None, "prompt": prompt}
    request["options"] = {key: value for key, value in given.items() if key not in OWN}
    context = given.get("context", "section")
    if context != "none":
        request["text"], request["position"] = text_around(events, at, context)
    return {**request, "alt": given.get("alt"), "caption": given.get("caption")}


def shown(block, answer, has_figures):
    """Return the block that stands in a figure's place; ``has_figures``: Pandoc 3 has a Figure."""
    (name, _, pairs), content = block["c"]
    given = dict(pairs)
    caption = content if block["t"] == "Div" else []
    if given.get("caption"):
        caption = [{"t": "Plain", "c": [{"t": "Str", "c": given["caption"]}]}]
    path, alt = answer.get("relative") or answer.get("picture"), answer.get("alt", "")
    if path is None:
        what = [{"t": "Str", "c": f"[figure {answer['state']}: {alt}]"}]
        blocks = [{"t": "Para", "c": [{"t": "Strong", "c": what}]}, *caption]
        return {"t": "Div", "c": [[name, ["paperbanana-missing"], []], blocks]}
    size = [[key, given[key]] for key in ("width", "height") if key in given]
    inlines = [{"t": "Str", "c": alt}] if alt else []
    if caption and has_figures:
        image = {"t": "Image", "c": [["", [], size], inlines, [path, ""]]}
        body = [{"t": "Plain", "c": [image]}]
        return {"t": "Figure", "c": [[name, [], []], [None, caption], body]}
    if caption:  # to older ones, a picture alone in its paragraph is one, with its text as caption
        size.append(["alt", alt])
        inlines = caption[0]["c"]
    target = [path, "fig:" if caption else ""]
    return {"t": "Para", "c": [{"t": "Image", "c": [[name, [], size], inlines, target]}]}


def answers_to(requests):
    """Have all figures looked up, and made where they are missing, by one call."""
    command = ["pbfigure", "resolve", "--jsonl", "--publish", "paperbanana-images"]
    lines = "".join(f"{json.dumps(each)}\n" for each in requests).encode()
    try:
        done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, check=False)
    except FileNotFoundError:
        print("paperbanana: pbfigure is not there: pip install sphinx-paperbanana", file=sys.stderr)
        return [{"state": "missing", "alt": each["prompt"]} for each in requests]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(requests) or answers[0]["must_fail"]:
        sys.exit(done.returncode or 1)  # pbfigure said why
    return answers


def main():
    document = json.load(sys.stdin)
    events = reading(document["blocks"])
    figures = [(at, block) for at, (kind, block) in enumerate(events) if kind == "figure"]
    name = words(document["meta"].get("paperbanana-document", {}).get("c", []), [])
    requests = [request_of(block, events, at, name or "document") for at, block in figures]
    for (_, block), answer in zip(figures, answers_to(requests) if requests else []):
        new = shown(block, answer, document["pandoc-api-version"] >= [1, 23])
        block.clear()
        block.update(new)
    json.dump(document, sys.stdout)


main()
