"""Reads a file of orders for faults, one or a list of them, and names every mistake in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pbfigure.sandbox.exchange import Json
from pbfigure.sandbox.fault_rules import problems


class FaultsFileError(ValueError):
    """A file of orders with mistakes, of which its text names every one."""


def read_orders(text: str) -> list[dict[str, Any]]:
    """Return the orders of a file.

    Raises :exc:`FaultsFileError` with every mistake of every order, and its line.
    """
    orders, mistakes = [], []
    try:
        for line, order in _with_lines(text):
            orders.append(order)
            mistakes += [f"line {line}: {problem}" for problem in problems(order)]
    except json.JSONDecodeError as error:
        mistakes.append(f"line {error.lineno}: no JSON: {error.msg} (column {error.colno})")
    if mistakes:
        raise FaultsFileError("\n".join(mistakes))
    return orders


def _with_lines(text: str) -> Iterator[tuple[int, Json]]:
    """Yield each order with the line that it begins in."""
    space = re.compile(r"\s*")

    def after_space(place: int) -> int:
        found = space.match(text, place)
        return found.end() if found else place

    begin = after_space(0)
    if not text.startswith("[", begin):
        yield text.count("\n", 0, begin) + 1, json.loads(text)
        return
    json.loads(text)  # raises for what is wrong between the orders
    decoder, place = json.JSONDecoder(), after_space(begin + 1)
    while not text.startswith("]", place):
        order, end = decoder.raw_decode(text, place)
        yield text.count("\n", 0, place) + 1, order
        place = after_space(end)
        place = after_space(place + 1) if text.startswith(",", place) else place
