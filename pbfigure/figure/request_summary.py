"""What a picture was asked for with, as records, the journal and programs have it."""

from __future__ import annotations

from typing import Any, NamedTuple

from pbfigure.figure import json_fields as take

_WORDS = (str, int, float, type(None))


class Workload(NamedTuple):
    """What a task's cost and latency depend on."""

    type: str | None
    model: str | None
    resolution: str | None


class RequestSummary(NamedTuple):
    """A request without its text, and without signed URL queries."""

    type: str
    scene: str
    prompt: str
    """As its author wrote it."""
    model: str | None
    options: dict[str, Any]
    """Under the API's names; values are words and lists of words."""
    variant: int = 0
    style: str = ""
    """What was appended to the prompt."""
    revise: tuple[str, ...] = ()
    """All instructions up to its own, of a revision."""
    base: str = ""
    """The key of the picture that a revision was drawn from."""

    @classmethod
    def read(cls, document: object) -> RequestSummary:
        """Return the summary that a JSON object is. Raises :exc:`BadField`."""
        return cls(**take.read_fields(document, _FORM))

    def as_json(self) -> dict[str, Any]:
        """The summary as a record has it."""
        document = {**self._asdict(), "options": dict(self.options), "revise": [*self.revise]}
        empty = [name for name in ("style", "revise", "base") if not document[name]]
        return {name: value for name, value in document.items() if name not in empty}

    @property
    def workload(self) -> Workload:
        """What its task's cost and latency depend on."""
        return Workload(self.type, self.model, self.resolution)

    @property
    def resolution(self) -> str:
        """The resolution that was asked for."""
        return str(self.options.get("resolution", ""))

    @property
    def words(self) -> str:
        """Its prompt, or a revision's instruction."""
        return [self.prompt, *self.revise][-1]

    @property
    def is_image_to_image(self) -> bool:
        """Whether it started from other images."""
        return self.scene == "image-to-image"

    def option_words(self) -> dict[str, str]:
        """Its options as words, without those that have no value."""
        flat = {"type": self.type, "model": self.model, "variant": self.variant, **self.options}
        return {
            name: " ".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in flat.items()
            if value not in (None, "", [])
        }

    def is_same_but_variant(self, other: RequestSummary) -> bool:
        """Whether two requests differ in nothing but the variant."""
        return self == other._replace(variant=self.variant)


def _options(value: object) -> dict[str, Any]:
    """Take options: only words and lists of words are safe to show."""
    if not isinstance(value, dict):
        raise take.BadField("missing, or no JSON object")
    for name, option in value.items():
        listed = option if isinstance(option, list) else [option]
        if not all(isinstance(item, _WORDS) for item in listed):
            raise take.BadField(f"{name[:40]}: neither a word nor a list of words")
    return value


_FORM: take.Form = {
    "type": take.text,
    "scene": take.text,
    "prompt": take.text,
    "model": take.optional(take.text),
    "options": _options,
    "variant": take.optional(take.number(0, 10**9, int), 0),
    "style": take.optional(take.text, ""),
    "revise": take.optional(take.items(take.text), ()),
    "base": take.optional(take.text, ""),
}
