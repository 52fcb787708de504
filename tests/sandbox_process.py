"""A sandbox in a process of its own, for tests to build against, order faults from and count by."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from program_forks import Forked

CLIENT_VARIABLES = ("PAPERBANANA_BASE_URL", "PAPERBANANA_API_KEY", "PAPERBANANA_ALLOW_DRAFTS")


class SandboxProcess:
    """``python -m pbfigure.sandbox`` with the options given, forked; a context manager.

    Tasks take 0.2 s of its clock unless told otherwise, so that tests are quick. The seed is fixed,
    so that a test repeats; two sandboxes whose pictures must differ take two seeds.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        latency: float = 0.2,
        credits: int = 12_000,
        seed: int = 1,
        log_file: Path | None = None,
        faults_file: Path | None = None,
    ) -> None:
        options = ["--json", "--speed", str(speed), "--latency", str(latency)]
        options += ["--credits", str(credits), "--seed", str(seed)]
        if log_file is not None:
            options += ["--log", str(log_file.absolute())]
        if faults_file is not None:
            options += ["--faults", str(faults_file.absolute())]
        said, stdout = os.pipe()
        self._process: Forked | None = Forked("pbfigure.sandbox", *options, stdout=stdout)
        os.close(stdout)
        with os.fdopen(said) as lines:
            line = lines.readline()
        if not line:
            raise RuntimeError("the sandbox did not start: see what it said above")
        ready = json.loads(line)
        self.base_url: str = ready["base_url"]
        self.storage_url: str = ready["storage_url"]
        self.key: str = ready["key"]
        self.control_url = self.base_url.removesuffix("/api/v1") + "/_sandbox"
        self.env = dict(zip(CLIENT_VARIABLES, (self.base_url, self.key, "1"), strict=True))

    def __enter__(self) -> SandboxProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def log(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """Every request so far; `generate`, `credits`, `tasks`, `task` or `download` only."""
        query = f"?endpoint={endpoint}" if endpoint else ""
        requests: list[dict[str, Any]] = self._control("GET", f"/log{query}")["requests"]
        return requests

    def ledger(self) -> dict[str, Any]:
        """Every task ever made (`tasks`), `charged` and `remaining_credits`."""
        return self._control("GET", "/ledger")

    def tasks(self) -> list[dict[str, Any]]:
        """The client's own tasks, as the ledger has them."""
        return [task for task in self.ledger()["tasks"] if task["owner"] == "client"]

    def order(self, **fault: object) -> None:
        """Order a fault: ``order(endpoint="generate", calls=[1], fault="drop_after")``."""
        self._control("POST", "/faults", fault)

    def faults(self) -> list[dict[str, Any]]:
        """The orders in force, with how often each was `seen` and `fired`."""
        orders: list[dict[str, Any]] = self._control("GET", "/faults")["faults"]
        return orders

    def clear_faults(self) -> None:
        """Forget every order."""
        self._control("DELETE", "/faults")

    def settings(self, **changes: object) -> dict[str, Any]:
        """Change settings while it runs; without changes, just return them."""
        return self._control("POST", "/settings", changes)

    def add_foreign_task(self, **fields: object) -> list[str]:
        """Make a teammate's task (`count` of them); return the ids."""
        ids: list[str] = self._control("POST", "/tasks", fields)["task_ids"]
        return ids

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _control(self, method: str, path: str, fields: object = None) -> dict[str, Any]:
        data = None if fields is None else json.dumps(fields).encode()
        request = urllib.request.Request(self.control_url + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                value: dict[str, Any] = json.load(answer)
                return value
        except urllib.error.HTTPError as refused:
            raise ValueError(json.load(refused)["error"]["message"]) from None
