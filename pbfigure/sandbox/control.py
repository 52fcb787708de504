"""The control endpoints for tests: faults, settings, foreign tasks, log and ledger.

They are under ``/_sandbox`` on the API's port, beside a page for people at ``/``, but not part of
the API: no key, no rate limit, no log entry.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from pbfigure.sandbox.exchange import Answer, Call, Json, RefusalError, finish, json_answer
from pbfigure.sandbox.front_page import PICTURES, front_page, picture
from pbfigure.sandbox.service import Service

PREFIX = "/_sandbox/"


class Control:
    """The control endpoints of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handle(self, call: Call) -> Answer:
        """Answer a control call; an invalid one gets a 400 that says why."""
        handlers: dict[tuple[str, str], Callable[[Call], Json]] = {
            ("GET", "log"): self._log,
            ("GET", "ledger"): lambda _: self._service.ledger(),
            ("GET", "faults"): lambda _: {"faults": self._service.faults.as_json()},
            ("POST", "faults"): self._place,
            ("DELETE", "faults"): self._clear,
            ("GET", "settings"): lambda _: self._service.settings.as_json(),
            ("POST", "settings"): self._set,
            ("POST", "tasks"): self._add_tasks,
        }
        handler = handlers.get((call.method, call.route.removeprefix(PREFIX)))
        try:
            if call.route == "/":
                answer = front_page(self._service)
            elif call.route.startswith(PICTURES):
                answer = picture(self._service, call.route.removeprefix(PICTURES))
            elif handler is None:
                raise RefusalError(404, "no such control endpoint")
            else:
                answer = json_answer(200, handler(call))
        except RefusalError as refusal:
            answer = refusal.answer()
        except (ValueError, TypeError, KeyError) as problem:
            answer = RefusalError(400, str(problem)).answer()
        return finish(answer, self._service.clock.time())

    def _log(self, call: Call) -> Json:
        return {"requests": self._service.log.entries(call.query.get("endpoint"))}

    def _place(self, call: Call) -> Json:
        orders = json.loads(call.body)
        for order in orders if isinstance(orders, list) else [orders]:
            self._service.faults.place(order)
        return {"faults": self._service.faults.as_json()}

    def _clear(self, call: Call) -> Json:
        self._service.faults.clear()
        return {"faults": []}

    def _set(self, call: Call) -> Json:
        self._service.settings.change(json.loads(call.body))
        return self._service.settings.as_json()

    def _add_tasks(self, call: Call) -> Json:
        return {"task_ids": self._service.add_foreign_tasks(json.loads(call.body or b"{}"))}
