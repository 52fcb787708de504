"""Asking the sandbox inside the test, without a socket, under a clock that is set by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pbfigure.sandbox import SANDBOX_KEY, Answer, Call, Service, Settings
from pbfigure.sandbox.exchange import Json


class HandClock:
    """A clock that only goes where it is put."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def time(self) -> float:
        return self.now


@dataclass
class Api:
    """Asks a service without a socket."""

    clock: HandClock = field(default_factory=HandClock)
    key: str = SANDBOX_KEY

    def __post_init__(self) -> None:
        # Every task takes the median: tests say when a task ends.
        self.service = Service(self.clock, Settings(latency=10, latency_spread=0, key_limit=1000,
                                                    ip_limit=1000, team_limit=1000))  # fmt: skip

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> Answer:
        raw = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        sent = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            sent["Content-Length"] = str(len(raw))
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {name: text for name, text in sent.items() if text}
        return self.service.handle(Call(method, "/api/v1" + path, sent, raw))

    def get(self, path: str) -> Json:
        return self._data(self.ask("GET", path))

    def make(self, body: dict[str, Any]) -> str:
        return str(self._data(self.ask("POST", "/generate", body))["task_id"])

    def refusal(self, method: str, path: str, body: Json = None, **headers: str) -> tuple[int, str]:
        answer = self.ask(method, path, body, **headers)
        payload = json.loads(answer.body)
        assert payload == {"success": False, "error": {"message": payload["error"]["message"]}}
        return answer.status, payload["error"]["message"]

    def download(self, url: str) -> Answer:
        return self.service.handle_storage(Call("GET", urlsplit(url).path))

    def order(self, **fault: Json) -> None:
        self.service.faults.place(fault)

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @staticmethod
    def _data(answer: Answer) -> Json:
        assert answer.status == 200, answer.body
        return json.loads(answer.body)["data"]


def standard(prompt: str = "A red apple", **changes: Json) -> dict[str, Any]:
    body = {"type": "standard", "scene": "text-to-image", "prompt": prompt,
            "model": "nano-banana-pro"}  # fmt: skip
    return body | changes


def pipeline(
    prompt: str = "A diagram", content: str = "A text.", **options: Json
) -> dict[str, Any]:
    return {"type": "pipeline", "scene": "text-to-image", "prompt": prompt,
            "options": {"content": content, **options}}  # fmt: skip
