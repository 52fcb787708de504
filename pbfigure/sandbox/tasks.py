"""The tasks: pending, processing stage by stage, ended, charged.

A task's course is fixed when it is made; the clock gives its status, and nothing runs in the
background. Its cost is reserved while it runs and charged when it succeeds, so that the balance
cannot become negative: the reference says only that credits are consumed on success, and leaves
open what 402 counts.
"""

from __future__ import annotations

import hashlib
import math
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pbfigure.sandbox.request_rules import cost_of
from pbfigure.sandbox.settings import Settings

PENDING_SHARE = 0.1
"""Share of a task's time in status ``pending``."""
STAGES = (
    ("retriever", 0.10),
    ("planner", 0.20),
    ("stylist", 0.15),
    ("visualizer", 0.30),
    ("critic_round_0", 0.15),
    ("critic_round_1", 0.10),
)
"""A pipeline task's stages with their shares of its processing time."""
ENDED = ("success", "failed", "canceled")
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """How a task ends; faults change it."""

    ending: str = "success"
    """``success``, ``failed``, ``canceled``, ``never``, or an undocumented final status."""
    error: str | None = None
    """The task's error message."""
    images: int = 1
    listed: bool = True
    """Whether the list shows it; it can always be queried by its id."""
    latency: float | None = None
    """Seconds that it takes; None: random, by the settings."""


@dataclass(slots=True)
class Image:
    """One picture of a task: its URL and its downloads."""

    task: Task
    index: int
    token: str = ""
    issued_at: float = 0.0
    sha256: str | None = None
    """Digest of the bytes; None before the first download."""
    downloads: int = 0

    @property
    def path(self) -> str:
        """The path of its URL on the storage host."""
        return f"/uploads/{self.token}.{self.task.output_format}"

    @property
    def media_type(self) -> str:
        """The requested media type."""
        return MEDIA_TYPES[self.task.output_format]


@dataclass(slots=True)
class Task:
    """One task, with all facts of the ledger."""

    number: int
    task_id: str
    body: dict[str, Any]
    owner: str
    """``client``, or ``teammate`` for a foreign task."""
    cost: int
    created_at: float
    latency: float
    outcome: TaskOutcome
    images: list[Image] = field(default_factory=list)
    charged: int = 0
    settled: bool = False
    faults: list[str] = field(default_factory=list)

    @property
    def options(self) -> dict[str, Any]:
        """The request's options."""
        options: dict[str, Any] = self.body.get("options", {})
        return options

    @property
    def output_format(self) -> str:
        """The requested format."""
        return str(self.options.get("output_format", "png"))

    @property
    def ends_at(self) -> float:
        """When it ends; infinite if it never does."""
        return math.inf if self.outcome.ending == "never" else self.created_at + self.latency

    def status(self, now: float) -> str:
        """Return its status at a time."""
        if now < self.created_at + PENDING_SHARE * self.latency:
            return "pending"
        if now < self.ends_at:
            return "processing"
        return self.outcome.ending

    def stage(self, now: float) -> str | None:
        """Return a pipeline task's current stage, None outside of processing."""
        if self.status(now) != "processing" or self.body["type"] != "pipeline":
            return None
        elapsed = (now - self.created_at) / self.latency if self.latency else 1.0
        share = (elapsed - PENDING_SHARE) / (1 - PENDING_SHARE)
        for name, part in STAGES:
            share -= part
            if share < 0:
                return name
        return STAGES[-1][0]

    def view(self, now: float, storage_url: str) -> dict[str, Any]:
        """Return the task as ``GET /task/:taskId`` and the list show it."""
        status = self.status(now)
        output: dict[str, Any] = {"images": []}
        if status == "success":
            output["images"] = [
                {"url": storage_url + image.path, "type": image.media_type} for image in self.images
            ]
        stage = self.stage(now)
        if stage is not None:
            output["current_stage"] = stage
        return {
            "task_id": self.task_id,
            "type": self.body["type"],
            "model": self.body.get("model", "pipeline"),
            "scene": self.body["scene"],
            "status": status,
            "cost_credits": 0 if status in {"failed", "canceled"} else self.cost,
            "created_at": iso(self.created_at),
            "output": output,
            "error": self.outcome.error if status in ENDED else None,
        }

    def entry(self, now: float) -> dict[str, Any]:
        """Return the task's entry in the ledger."""
        return {
            "number": self.number,
            "task_id": self.task_id,
            "owner": self.owner,
            "request": self.body,
            "created_at": self.created_at,
            "finished_at": self.ends_at if self.settled else None,
            "status": self.status(now),
            "cost_credits": self.cost,
            "charged": self.charged,
            "faults": self.faults,
            "images": [
                {"path": each.path, "sha256": each.sha256, "downloads": each.downloads}
                for each in self.images
            ],
        }


class Tasks:
    """All tasks of the team, and its credits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all: dict[str, Task] = {}
        self._open: list[Task] = []
        self._tokens: dict[str, Image] = {}
        self.charged = 0
        """Credits charged since the start, to the client and its teammates."""

    def __iter__(self) -> Iterator[Task]:
        return iter(self._all.values())

    def make(
        self,
        body: dict[str, Any],
        created_at: float,
        *,
        outcome: TaskOutcome | None = None,
        owner: str = "client",
        cost: int | None = None,
    ) -> Task:
        """Make a task of a valid request; ``created_at`` may be in the future."""
        outcome = outcome or TaskOutcome()
        number = len(self._all) + 1
        chance = random.Random(f"{self._settings.seed}:{number}")  # noqa: S311
        latency = self._settings.latency * chance.lognormvariate(0, self._settings.latency_spread)
        task = Task(
            number=number,
            task_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            body=body,
            owner=owner,
            cost=cost_of(body) if cost is None else cost,
            created_at=created_at,
            latency=latency if outcome.latency is None else outcome.latency,
            outcome=outcome,
        )
        task.images = [Image(task, index) for index in range(outcome.images)]
        self._all[task.task_id] = task
        self._open.append(task)
        return task

    def settle(self, now: float) -> None:
        """Charge the tasks that have succeeded since the last call."""
        for task in [task for task in self._open if task.ends_at <= now]:
            self._open.remove(task)
            task.settled = True
            if task.outcome.ending == "success":
                task.charged = task.cost
                self.charged += task.cost
                self._settings.credits -= task.cost

    @property
    def free_credits(self) -> int:
        """Credits that are not reserved for running tasks."""
        return self._settings.credits - sum(task.cost for task in self._open)

    def find(self, task_id: str, now: float) -> Task | None:
        """Return the task of that id, if it exists already."""
        task = self._all.get(task_id)
        return None if task is None or task.created_at > now else self._renewed(task, now)

    def listed(self, now: float, status: str | None = None) -> list[Task]:
        """Return the listed tasks, newest first: the reference gives no order."""
        shown = [
            task
            for task in self._all.values()
            if task.created_at <= now
            and task.outcome.listed
            and (status is None or task.status(now) == status)
        ]
        return sorted(shown, key=lambda task: (-task.created_at, -task.number))

    def image(self, token: str) -> Image | None:
        """Return the image of a URL's token."""
        return self._tokens.get(token)

    def expired(self, image: Image, token: str, now: float) -> bool:
        """Return whether a URL has expired: by age, or because a newer one exists."""
        expiry = self._settings.url_expiry
        return expiry is not None and (image.token != token or image.issued_at + expiry <= now)

    def shown(self, tasks: list[Task], now: float, storage_url: str) -> list[dict[str, Any]]:
        """Return the views of several tasks."""
        return [self._renewed(task, now).view(now, storage_url) for task in tasks]

    def _renewed(self, task: Task, now: float) -> Task:
        """Renew the expired URLs of a finished task's images."""
        if task.status(now) == "success":
            for image in task.images:
                if not image.token or self.expired(image, image.token, now):
                    seed = f"{self._settings.seed}:{task.task_id}:{image.index}:{now}"
                    image.token = hashlib.sha256(seed.encode()).hexdigest()[:32]
                    image.issued_at = now
                    self._tokens[image.token] = image
        return task


def restore_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a teammate's request with some given fields."""
    kind = fields.get("type", "standard")
    body: dict[str, Any] = {
        "type": kind,
        "scene": fields.get("scene", "text-to-image"),
        "prompt": fields.get("prompt", "A teammate's picture"),
        "options": {"resolution": fields.get("resolution", "1K")},
    }
    if kind == "standard":
        body["model"] = fields.get("model", "nano-banana-pro")
    else:
        body["options"]["content"] = "A teammate's text."
    if body["scene"] == "image-to-image":
        body["options"]["image_input"] = ["https://example.com/teammate.png"]
    return body


def iso(seconds: float) -> str:
    """Return a time in the reference's form, ``2026-03-12T06:57:48.067Z``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
