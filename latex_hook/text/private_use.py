"""Characters of Unicode's private use that stand in a text for what is settled later."""

from __future__ import annotations

FIGURE_OPEN, FIGURE_CLOSE = "\ue000", "\ue005"
"""Around the offset in the document of a figure that stands here."""
VERBATIM_OPEN, VERBATIM_CLOSE = "\ue001", "\ue002"
"""Around the number of a piece of verbatim text that is put back at the end."""
PARAGRAPH = "\ue006"
BREAK = "\ue007"
"""The end of a line that stays one."""
INDENT = "\ue008"
HIDDEN = "\ue009"
"""A number or a name that the reader sees, and nobody knows here: of a citation, a reference."""
FORMULA = "\ue00a"
"""Before and behind a formula, in which no space or sign is tidied."""
