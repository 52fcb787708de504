"""The API host: authentication, rate limits and the four JSON endpoints.

A request passes in this order: the limit of its address, authentication, the limits of its key and
its team, the faults, and then the endpoint's own rules. The reference gives only the beginning of
that order ("runs before authentication").
"""

from __future__ import annotations

import json
import math
import random
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pbfigure.sandbox.exchange import Answer, Call, Clock, RefusalError, finish, json_answer
from pbfigure.sandbox.faults import Faults, Fired
from pbfigure.sandbox.log import Log, start_entry
from pbfigure.sandbox.rate_limits import Traffic
from pbfigure.sandbox.request_rules import body_of, check_generate, check_list, cost_of
from pbfigure.sandbox.settings import Settings
from pbfigure.sandbox.spoiled_answers import answer_instead, spoil
from pbfigure.sandbox.storage import Storage
from pbfigure.sandbox.tasks import TaskOutcome, Tasks, restore_body

PREFIX = "/api/v1"
STORAGE_URL = "https://storage.sandbox.example"
"""The storage host's address if there is no socket."""

_TASK = re.compile(r"/task/([^/]+)")


class Service:
    """The API and its storage host, without a socket.

    ``clock`` gives the time. Thread-safe.
    """

    def __init__(
        self,
        clock: Clock = time,
        settings: Settings | None = None,
        *,
        storage_url: str = STORAGE_URL,
        log_file: Path | None = None,
    ) -> None:
        self.clock = clock
        self.settings = settings or Settings()
        self.storage_url = storage_url
        self.log = Log(log_file)
        self.faults = Faults()
        self.tasks = Tasks(self.settings)
        self.storage = Storage()
        self._traffic = Traffic()
        self._guard = threading.Lock()

    def handle(self, call: Call) -> Answer:
        """Answer one request to the API host."""
        now = self.clock.time()
        entry = start_entry(call, "api", now)
        with self._guard:
            try:
                answer = self._answered(call, now, entry)
            except RefusalError as refusal:
                answer = refusal.answer()
        return self._logged(answer, entry, now)

    def handle_storage(self, call: Call) -> Answer:
        """Answer one request to the storage host, which has no keys and no limits."""
        now = self.clock.time()
        entry = start_entry(call, "storage", now)
        # Drawing takes long, so only the look-up holds the lock.
        with self._guard:
            self.tasks.settle(now)
            found = self.storage.find(call, self.tasks, now)
            entry["endpoint"] = found.endpoint
            fired = Fired([])
            if found.image is not None:
                entry["task_id"] = found.image.task.task_id
                fired = self._fire("download", found.image.task.body, entry)
        answer = answer_instead(fired, now, f"{self.storage_url}/elsewhere{call.route}")
        if answer is None:
            answer = spoil(self.storage.answer(found, fired, self.storage_url), fired, now)
        return self._logged(answer, entry, now)

    def add_foreign_tasks(self, fields: dict[str, Any]) -> list[str]:
        """Make tasks of a teammate; return their ids.

        ``fields`` may hold ``type``, ``scene``, ``model``, ``resolution``, ``prompt``,
        ``cost_credits``, ``count``, ``age`` (seconds since they were made) and ``latency``.
        """
        with self._guard:
            return self._foreign(fields, self.clock.time())

    def ledger(self) -> dict[str, Any]:
        """Return all tasks and their cost."""
        now = self.clock.time()
        with self._guard:
            self.tasks.settle(now)
            return {
                "time": now,
                "remaining_credits": self.settings.credits,
                "charged": self.tasks.charged,
                "tasks": [task.entry(now) for task in self.tasks],
            }

    def _logged(self, answer: Answer, entry: dict[str, Any], now: float) -> Answer:
        entry["status"] = None if answer.dropped else answer.status
        self.log.add(entry)
        return finish(answer, now)

    def _answered(self, call: Call, now: float, entry: dict[str, Any]) -> Answer:
        settings = self.settings
        self.tasks.settle(now)
        endpoint, handler = self._endpoint(call)
        entry["endpoint"] = endpoint
        self._traffic.admit(now, settings.ip_limit, "IP address", call.client_ip)
        key = self._authorised(call)
        entry["authorised"] = True
        self._traffic.admit(now, settings.key_limit, "API key", key)
        self._traffic.admit(now, settings.team_limit, "team")
        if endpoint is None or handler is None:
            raise RefusalError(404, f"no such endpoint: {call.method} {call.route}")
        fired = self._fire(endpoint, self._about(endpoint, call, now), entry)
        answer = answer_instead(fired, now, f"{self.storage_url}/elsewhere{call.path}")
        if answer is None:
            answer = spoil(handler(call, now, fired, entry), fired, now)
        return answer

    def _endpoint(
        self, call: Call
    ) -> tuple[str | None, Callable[[Call, float, Fired, dict[str, Any]], Answer] | None]:
        route = call.route.removeprefix(PREFIX) if call.route.startswith(PREFIX + "/") else ""
        match call.method, route:
            case "GET", "/credits":
                return "credits", self._credits
            case "POST", "/generate":
                return "generate", self._generate
            case "GET", "/tasks":
                return "tasks", self._list
            case "GET", _ if _TASK.fullmatch(route):
                return "task", self._task
        return None, None

    def _authorised(self, call: Call) -> str:
        scheme, _, key = (call.header("Authorization") or "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise RefusalError(401, "missing API key")
        if key in self.settings.keys:
            return key
        if key.startswith("sk-") and not key.startswith("sk-team-"):
            raise RefusalError(
                403, "API access requires a Team plan; personal API keys are not accepted"
            )
        raise RefusalError(401, "invalid API key")

    def _fire(self, endpoint: str, body: dict[str, Any], entry: dict[str, Any]) -> Fired:
        prompt = body.get("prompt")
        fired = self.faults.fire(endpoint, prompt if isinstance(prompt, str) else "")
        entry["fault"] = fired.names or None
        return fired

    def _about(self, endpoint: str, call: Call, now: float) -> dict[str, Any]:
        """Return the request that a call makes or queries, so that orders can select by it."""
        if endpoint == "task":
            task = self.tasks.find(_task_id(call), now)
            return task.body if task else {}
        if endpoint == "generate":
            try:
                body = json.loads(call.body)
            except (ValueError, RecursionError):
                return {}
            return body if isinstance(body, dict) else {}
        return {}

    def _credits(self, call: Call, now: float, fired: Fired, entry: dict[str, Any]) -> Answer:
        data = {"remaining_credits": self.settings.credits}
        return json_answer(200, {"success": True, "data": data})

    def _generate(self, call: Call, now: float, fired: Fired, entry: dict[str, Any]) -> Answer:
        body = body_of(call)
        check_generate(body, lambda url: self._shows(url, now))
        cost = cost_of(body)
        if self.tasks.free_credits < cost:
            raise RefusalError(
                402,
                f"insufficient credits: this task costs {cost}, "
                f"{max(0, self.tasks.free_credits)} are free",
            )
        created = now + fired.wait + fired.task_delay
        foreign = fired.first("foreign")
        if foreign is not None:
            like = {name: body[name] for name in ("type", "scene", "model") if name in body}
            count = foreign.get("count", 1)
            self._foreign(like | {"count": count} | foreign.get("task", {}), created)
        task = self.tasks.make(body, created, outcome=fired.outcome())
        task.faults = fired.names
        entry["task_id"] = task.task_id
        data = {"task_id": task.task_id, "status": "pending", "cost_credits": cost}
        return json_answer(200, {"success": True, "data": data})

    def _list(self, call: Call, now: float, fired: Fired, entry: dict[str, Any]) -> Answer:
        page = check_list(call.query)
        foreign = fired.first("foreign")
        if foreign is not None:
            self._foreign({"count": foreign.get("count", 1)} | foreign.get("task", {}), now)
        listed = self.tasks.listed(now, page.status)
        missing = fired.first("missing")
        if missing is not None:
            listed = listed[missing.get("count", 1) :]
        total = len(listed)
        start = (page.number - 1) * page.limit
        shown = listed[start : start + page.limit]
        if fired.first("unordered"):
            random.Random(total).shuffle(shown)  # noqa: S311
        data = {
            "tasks": self.tasks.shown(shown, now, self.storage_url),
            "pagination": {
                "total": total,
                "page": page.number,
                "limit": page.limit,
                "total_pages": math.ceil(total / page.limit),
            },
        }
        return json_answer(200, {"success": True, "data": data})

    def _task(self, call: Call, now: float, fired: Fired, entry: dict[str, Any]) -> Answer:
        task = self.tasks.find(_task_id(call), now)
        if task is None:
            raise RefusalError(404, "task does not exist or belongs to another user")
        entry["task_id"] = task.task_id
        return json_answer(200, {"success": True, "data": task.view(now, self.storage_url)})

    def _shows(self, url: str, now: float) -> bool:
        """Return whether an address is that of a picture of a task, and good still."""
        if not url.startswith(f"{self.storage_url}/"):
            return False
        token = url.rpartition("/")[2].partition(".")[0]
        image = self.tasks.image(token)
        return image is not None and not self.tasks.expired(image, token, now)

    def _foreign(self, fields: dict[str, Any], now: float) -> list[str]:
        fields = dict(fields)
        created = now - float(fields.get("age", 0))
        body = restore_body(fields)
        check_generate(body)
        latency = fields.get("latency")
        made = []
        for _ in range(int(fields.get("count", 1))):
            task = self.tasks.make(
                body,
                created,
                owner="teammate",
                cost=fields.get("cost_credits"),
                outcome=TaskOutcome(latency=None if latency is None else float(latency)),
            )
            made.append(task.task_id)
        return made


def _task_id(call: Call) -> str:
    return call.route.rpartition("/")[2]
