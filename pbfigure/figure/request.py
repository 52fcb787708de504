"""One request: everything that ``POST /generate`` takes, checked before it is sent."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from pbfigure.figure.key import key_of
from pbfigure.figure.notice import FigureError
from pbfigure.figure.options import GOOGLE_SEARCH_MODEL, OPTIONS, PIPELINE, STANDARD
from pbfigure.figure.public_url import NotPublic, check_public_url, without_secrets
from pbfigure.figure.request_summary import RequestSummary
from pbfigure.figure.surrounding_text import CONTENT_LIMIT, PROMPT_LIMIT, Content

IMAGE_INPUT_LIMIT = 10
"""Items of ``options.image_input`` (API reference, Request Limits)."""
REVISIONS_LIMIT = 20
"""Revisions of one figure; ours: more are a new prompt."""
BODY_LIMIT = 1_000_000
"""Bytes of the body: "1 MB max" (API reference, Request Limits), read as the smaller megabyte."""

TEXT_TO_IMAGE, IMAGE_TO_IMAGE = "text-to-image", "image-to-image"


class InvalidRequest(FigureError):
    """A request that breaks documented rules; ``problems`` has a sentence for each."""

    subtype = "option"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An immutable request, valid by construction; the field names are the API's own.

    Defaults are the API's (reference, Standard Mode and Pipeline Mode). ``scene`` follows from
    ``image_input``. A value that is one of several is one of these: whoever reads an option sees to
    that. Raises :exc:`InvalidRequest` with all problems.
    """

    type: str = PIPELINE
    prompt: str = ""
    """As its author wrote it."""
    style: str = ""
    """What is appended to the prompt when it is sent."""
    model: str | None = None
    content: Content | None = None
    task_name: str | None = None
    resolution: str = "1K"
    aspect_ratio: str | None = None
    output_format: str = "png"
    image_input: tuple[str, ...] = ()
    google_search: bool = False
    variant: int = 0
    """The number of another attempt at the same request; never sent, as the service has no seed."""
    revises: Request | None = None
    """The request whose picture this one revises; None if it revises none. All else is the same in
    both but the source image, whose address is known only when the revision is ordered."""
    instruction: str = ""
    """What a revision is to change."""

    def __post_init__(self) -> None:
        problems = self._problems()
        if problems:
            raise InvalidRequest(problems)
        if self.type == PIPELINE:
            object.__setattr__(self, "task_name", self.task_name or "diagram")
        else:
            object.__setattr__(self, "aspect_ratio", self.aspect_ratio or "auto")

    @property
    def scene(self) -> str:
        """``image-to-image`` if there are source images, else ``text-to-image``."""
        return IMAGE_TO_IMAGE if self.image_input or self.revises else TEXT_TO_IMAGE

    def revised(self, instruction: str, variant: int = 0) -> Request:
        """Return the request for a revision of its picture."""
        return replace(self, revises=self, instruction=instruction, variant=variant, image_input=())

    @property
    def instructions(self) -> tuple[str, ...]:
        """Every revision up to this one."""
        return () if self.revises is None else (*self.revises.instructions, self.instruction)

    @property
    def prompt_sent(self) -> str:
        """The prompt, and the style in a paragraph of its own; of a revision its instruction."""
        if self.revises is not None:
            return self.instruction
        if not self.style:
            return self.prompt
        return "\n\n".join(filter(None, (self.prompt.strip(), self.style)))

    @property
    def image_format(self) -> str:
        """The requested format in the terms of a picture: png, jpeg or webp."""
        return "jpeg" if self.output_format == "jpg" else self.output_format

    def options(self) -> dict[str, Any]:
        """The request's options without its text, with defaults, under the API's names."""
        options: dict[str, Any] = {
            "resolution": self.resolution,
            "output_format": self.output_format,
        }
        if self.image_input:
            options["image_input"] = list(self.image_input)
        if self.type == PIPELINE:
            options["task_name"] = self.task_name
        else:
            options["aspect_ratio"] = self.aspect_ratio
            if self.google_search:
                options["google_search"] = True
        return options

    def payload(self) -> dict[str, Any]:
        """Everything that is sent for the picture: prompt, options and the rendered text.

        :func:`encoded` sends this and, for a revision, the address of what it revises; nothing
        else. Rendering may be slow. Raises :exc:`InvalidRequest` if the text breaks a limit.
        """
        fields: dict[str, Any] = {"type": self.type, "scene": self.scene}
        if self.prompt_sent.strip():
            fields["prompt"] = self.prompt_sent
        if self.model:
            fields["model"] = self.model
        options = self.options()
        if self.content is not None:
            text = self.content.text()
            _check_content(text)
            options["content"] = text
        return {**fields, "options": options}

    def summary(self) -> RequestSummary:
        """The request for a committed record: without its text and without signed URL queries."""
        options = self.options()
        if self.image_input:
            options["image_input"] = [without_secrets(url) for url in self.image_input]
        return RequestSummary(
            type=self.type,
            scene=self.scene,
            prompt=self.prompt,
            model=self.model,
            options=options,
            variant=self.variant,
            style=self.style,
            revise=self.instructions,
            base="" if self.revises is None else key_of(self.revises).digest,
        )

    def _problems(self) -> list[str]:
        found = [*self._problems_of_type(), *self._problems_of_length()]
        if len(self.image_input) > IMAGE_INPUT_LIMIT:
            found.append(
                f"image-input: {len(self.image_input)} images, over the limit of"
                f" {IMAGE_INPUT_LIMIT}"
            )
        for url in self.image_input[:IMAGE_INPUT_LIMIT]:
            try:
                check_public_url(url)
            except NotPublic as error:
                found.append(str(error))
        return found

    def _problems_of_length(self) -> list[str]:
        length = len(self.prompt_sent)
        if self.revises is not None:
            step = len(self.instructions)
            return _present(
                (
                    length > PROMPT_LIMIT,
                    f"revise: revision {step} has {length:,} characters, over the limit of"
                    f" {PROMPT_LIMIT:,}; shorten it",
                ),
                (
                    step > REVISIONS_LIMIT,
                    f"revise: {step} revisions, over the limit of {REVISIONS_LIMIT}; put several"
                    " into one, or into the prompt",
                ),
            )
        parts = (
            f"prompt and style: {len(self.prompt):,} and {len(self.style):,} characters, {length:,}"
            " together"
            if self.style
            else f"prompt: {length:,} characters"
        )
        advice = "one of them" if self.style else "it"
        return _present(
            (
                length > PROMPT_LIMIT,
                f"{parts}, over the limit of {PROMPT_LIMIT:,}; shorten {advice}, or move what is"
                " background into the text",
            )
        )

    def _problems_of_type(self) -> list[str]:
        has_prompt = bool((self.instruction or self.prompt).strip())
        if self.type == STANDARD:
            return _present(
                (not has_prompt, "prompt: a standard figure needs one"),
                (
                    self.model is None,
                    "model: a standard figure needs one of "
                    + " or ".join(OPTIONS["model"].choices),
                ),
                (self.task_name is not None, _only("task-name", "pipeline")),
                (
                    self.content is not None,
                    "text: a standard figure is drawn from its prompt alone",
                ),
                (
                    self.google_search and self.model not in (None, GOOGLE_SEARCH_MODEL),
                    f"google-search: for the model {GOOGLE_SEARCH_MODEL} only",
                ),
                (
                    self.aspect_ratio is not None and not is_ratio(self.aspect_ratio),
                    f"aspect-ratio: {str(self.aspect_ratio)[:80]!r} is neither auto nor a ratio"
                    " such as 16:9",
                ),
            )
        source = self.content.source if self.content is not None else ""
        written = self.content is not None and not self.content.automatic
        return _present(
            (written and len(source) > CONTENT_LIMIT, _too_long(source)),
            (
                not has_prompt and not self.image_input,
                "prompt: a pipeline figure needs one, unless it starts from an image-input; a body"
                " is not the prompt but the text that it is drawn from",
            ),
            (self.model is not None, _only("model", "standard")),
            (self.aspect_ratio is not None, _only("aspect-ratio", "standard")),
            (self.google_search, _only("google-search", "standard")),
            (
                not _is_readable(source),
                "text: a pipeline figure is drawn from the text around it, and here there is"
                " none; write some, there or for the figure alone (Sphinx: its body and :context:"
                " body; LaTeX: pbcontext), or choose another context",
            ),
        )


def _only(option: str, kind: str) -> str:
    return f"{option}: for {kind} figures only; remove it, or make the type {kind}"


def encoded(payload: dict[str, Any], source: str | None = None) -> bytes:
    """Return a payload as JSON in UTF-8, for a revision with the address of what it revises.

    Raises :exc:`InvalidRequest` if it breaks the limit.
    """
    if source is not None:
        payload = {**payload, "options": {**payload["options"], "image_input": [source]}}
    # not escaped to ASCII: 100,000 escaped characters would not fit into 1 MB
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    if len(body) > BODY_LIMIT:
        raise InvalidRequest(
            [f"the request is {len(body):,} bytes long, over the API's limit of {BODY_LIMIT:,}"]
        )
    return body


_SIDE = r"(?=[0-9.]*[1-9])[0-9]{1,4}(\.[0-9]{1,4})?"
_RATIO = re.compile(f"{_SIDE}:{_SIDE}")


def is_ratio(text: str) -> bool:
    """Whether a text is an aspect ratio that can be asked for: ``auto``, or as ``16:9``."""
    return text == "auto" or _RATIO.fullmatch(text) is not None


def _present(*candidates: tuple[bool, str]) -> list[str]:
    return [sentence for wrong, sentence in candidates if wrong]


def _too_long(text: str) -> str:
    return f"text: {len(text):,} characters, over the limit of {CONTENT_LIMIT:,}; shorten it"


def _check_content(text: str) -> None:
    if len(text) > CONTENT_LIMIT:
        raise InvalidRequest([_too_long(text)])
    if not _is_readable(text):
        raise InvalidRequest(["text: nothing readable is left of it, and nothing was sent"])


def _is_readable(text: str) -> bool:
    """Whether a text has visible characters: more than spaces and formatting characters."""
    return any(not c.isspace() and unicodedata.category(c) != "Cf" for c in text)
