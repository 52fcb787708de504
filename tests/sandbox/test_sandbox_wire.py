"""The sandbox on its sockets: lengths, connections, methods, and the two hosts apart."""

from __future__ import annotations

import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest
import requests
from asking import standard
from sandbox_process import SandboxProcess


def connection(sandbox: SandboxProcess) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(sandbox.base_url).netloc, timeout=120)


def said(sandbox: SandboxProcess, raw: bytes) -> bytes:
    """Send bytes as they are; return everything that comes back."""
    place = urlsplit(sandbox.base_url)
    with socket.create_connection((place.hostname, place.port), timeout=120) as wire:
        wire.sendall(raw)
        wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def head(sandbox: SandboxProcess, *lines: str) -> bytes:
    fixed = [
        "POST /api/v1/generate HTTP/1.1",
        "Host: sandbox",
        f"Authorization: Bearer {sandbox.key}",
    ]
    return "\r\n".join([*fixed, *lines, "", ""]).encode()


def test_a_post_without_a_length_is_refused_chunked_or_not(sandbox: SandboxProcess) -> None:
    assert said(sandbox, head(sandbox)).startswith(b"HTTP/1.1 411 Length Required\r\n")
    answer = requests.post(
        sandbox.base_url + "/generate",
        data=iter([b'{"type":', b'"standard"}']),
        headers={"Authorization": f"Bearer {sandbox.key}"},
        timeout=120,
    )
    assert answer.status_code == 411
    assert answer.json()["error"]["message"] == "Content-Length header is required"


def test_too_large_a_body_is_refused_without_being_read(sandbox: SandboxProcess) -> None:
    answer = said(sandbox, head(sandbox, "Content-Length: 99999999999"))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_sends_two_megabytes_sees_the_refusal(sandbox: SandboxProcess) -> None:
    answer = requests.post(
        sandbox.base_url + "/generate",
        data=b"x" * 2_000_000,
        headers={"Authorization": f"Bearer {sandbox.key}"},
        timeout=120,
    )
    assert answer.status_code == 413
    assert answer.json() == {
        "success": False,
        "error": {"message": "request body exceeds 1 MB"},
    }


def test_a_connection_serves_many_requests(sandbox: SandboxProcess) -> None:
    wire = connection(sandbox)
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    ports = set()
    for path in ("/credits", "/tasks", "/task/none", "/credits"):
        wire.request("GET", "/api/v1" + path, headers=headers)
        wire.getresponse().read()
        ports.add(wire.sock.getsockname()[1])
    assert len(ports) == 1


def test_every_answer_is_marked_as_the_sandboxs(sandbox: SandboxProcess) -> None:
    base = sandbox.base_url
    for url in (
        f"{base}/credits",
        f"{base}/nowhere",
        sandbox.control_url + "/log",
        sandbox.storage_url + "/uploads/none.png",
    ):
        assert requests.get(url, timeout=120).headers["X-PaperBanana-Sandbox"] == "1"


def test_what_was_made_is_told_even_where_a_client_asks_for_the_head(
    sandbox: SandboxProcess,
) -> None:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    made = requests.post(
        sandbox.base_url + "/generate", json=standard(), headers=headers, timeout=120
    )
    task = made.json()["data"]["task_id"]
    url = requests.get(f"{sandbox.base_url}/task/{task}", headers=headers, timeout=120)
    image = url.json()["data"]["output"]["images"][0]["url"]
    answer = requests.head(image, timeout=120)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 1000
    assert answer.content == b""


def test_the_storage_host_is_another_one_and_tells_when_a_key_arrives(
    sandbox: SandboxProcess,
) -> None:
    assert urlsplit(sandbox.storage_url).netloc != urlsplit(sandbox.base_url).netloc
    requests.get(sandbox.storage_url + "/x", headers={"Authorization": "Bearer k"}, timeout=120)
    requests.get(sandbox.storage_url + "/x", timeout=120)
    assert [entry["authorization"] for entry in sandbox.log()] == [True, False]


def test_both_hosts_listen_on_the_loopback_only(sandbox: SandboxProcess) -> None:
    assert urlsplit(sandbox.base_url).hostname == urlsplit(sandbox.storage_url).hostname
    assert urlsplit(sandbox.base_url).hostname == "127.0.0.1"


def test_control_calls_are_neither_logged_nor_limited(sandbox: SandboxProcess) -> None:
    sandbox.settings(ip_limit=0)
    for _ in range(5):
        assert sandbox.log() == []
    assert sandbox.settings()["ip_limit"] == 0
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    answer = requests.get(sandbox.base_url + "/credits", headers=headers, timeout=120)
    assert answer.status_code == 429


def test_a_setting_that_there_is_not_is_refused(sandbox: SandboxProcess) -> None:
    before = sandbox.settings()
    with pytest.raises(ValueError):
        sandbox.settings(colour="red", latency=1)
    assert sandbox.settings() == before


def test_a_teammates_task_can_be_made_from_outside(sandbox: SandboxProcess) -> None:
    (task,) = sandbox.add_foreign_task(type="pipeline", age=5)
    assert sandbox.ledger()["tasks"][0]["task_id"] == task
    assert sandbox.tasks() == []


def test_time_runs_faster_for_all_that_is_dated_or_limited() -> None:
    with SandboxProcess(speed=100_000, latency=60) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.key}"}
        session = requests.Session()
        statuses = [
            session.get(sandbox.base_url + "/credits", headers=headers, timeout=120).status_code
            for _ in range(100)
        ]
        # A minute lasts 0.6 ms: no machine asks sixty times in it.
        assert set(statuses) == {200}
        session.post(sandbox.base_url + "/generate", json=standard(), headers=headers, timeout=120)
        first, second = sandbox.ledger()["time"], sandbox.ledger()["time"]
        assert second - first > 20
        assert json.dumps(sandbox.log())
