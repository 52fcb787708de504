"""The key goes to the API's host, in one header, and nowhere else."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from wire import KEY, Wire, answer, good

from pbfigure.api.client import Client
from pbfigure.api.credential import BadCredential, Credential
from pbfigure.api.download import Downloads
from pbfigure.api.errors import ApiError


def leaks(error: BaseException | None, seen: tuple[int, ...] = ()) -> bool:
    """Whether the key can be found in an exception, or in any that hangs on it."""
    if error is None or id(error) in seen:
        return False
    texts = [str(error), repr(error), repr(error.args), repr(vars(error))]
    texts += [repr(getattr(error, name, "")) for name in ("doc", "object", "request", "response")]
    request = getattr(error, "request", None)
    texts.append(repr(dict(getattr(request, "headers", None) or {})))
    texts += traceback.TracebackException.from_exception(error).format()
    chained = [error.__cause__, error.__context__, *(e for e in error.args)]
    return any(KEY in text or KEY[12:] in text for text in texts) or any(
        leaks(each, (*seen, id(error))) for each in chained if isinstance(each, BaseException)
    )


ECHO = json.dumps({"success": False, "error": {"message": f"no such key: {KEY}"}})
LONG_ECHO = json.dumps({"success": False, "error": {"message": "x" * 285 + KEY}})
ESCAPED = '{"success": false, "error": {"message": "' + "".join(f"\\u{ord(c):04x}" for c in KEY)
REPLIES = [
    answer(ECHO, 401),
    answer(ECHO, 400),
    answer(LONG_ECHO, 500),
    answer(ESCAPED + '"}}', 403),
    answer(ECHO[:-3], 200),
    answer(KEY, 200),
    answer(f"<html>{KEY}</html>", 503),
    answer("", 302, f"Location: https://example.com/?key={KEY}"),
    answer("", 429, f"Retry-After: {KEY}"),
    f"HTTP/1.1 {KEY} {KEY}\r\n\r\n".encode(),
    f"HTTP/1.1 200 OK\r\nContent-Length: {KEY}\r\n\r\n".encode(),
    f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY}\r\n".encode(),
    f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\n\r\n{KEY}".encode(),
    good({"remaining_credits": KEY}),
    b"",
]


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
def test_no_error_holds_the_key_also_where_the_server_repeats_it(
    wire: Callable[..., Wire],
    client_of: Callable[..., Client],
    caplog: pytest.LogCaptureFixture,
    reply: bytes,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(wire(reply).url)
    for call in (client.credits, lambda: client.generate(b"{}"), client.tasks):
        with pytest.raises(ApiError) as caught:
            call()  # type: ignore[operator]
        assert not leaks(caught.value)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("pbfigure")]
    assert KEY not in " ".join(ours)


def test_no_error_of_the_network_holds_the_key(client_of: Callable[..., Client]) -> None:
    for url in ("http://127.0.0.1:9", "https://no-such-host.invalid", "https://127.0.0.1:9"):
        with pytest.raises(ApiError) as caught:
            client_of(url).generate(b"{}")
        assert not leaks(caught.value)


def test_what_a_task_says_with_the_key_in_it_is_told_without(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    task = {
        "task_id": "t-1",
        "status": f"failed {KEY}",
        "error": f"key {KEY} failed",
        "created_at": KEY,
        "output": {"images": [{"url": f"https://example.com/?key={KEY}"}], "current_stage": KEY},
    }
    seen = client_of(wire(good(task)).url).task("t-1")
    assert KEY not in repr(seen)


def test_a_key_prints_pickles_and_copies_as_nothing() -> None:
    credential = Credential(f" {KEY}\n")
    assert credential.reveal() == KEY
    assert KEY not in repr(credential) + str(credential) + credential.fingerprint
    with pytest.raises(TypeError):
        pickle.dumps(credential)


@pytest.mark.parametrize(
    "key", ["sk-personal-1234567", "sk-team-", "sk-team-a b", "sk-team-ü", "x"]
)
def test_what_is_no_team_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(BadCredential) as caught:
        Credential(key)
    assert key.removeprefix("sk-team-") not in str(caught.value) or key in ("sk-team-", "x")


def test_netrc_is_not_consulted_for_the_api_nor_for_the_storage_host(
    wire: Callable[..., Wire],
    client_of: Callable[..., Client],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\ndefault login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    api, storage = wire(good({"remaining_credits": 1})), wire(answer(b"picture"))
    client_of(api.url).credits()
    Downloads(loopback=True).fetch(storage.url + "/x.png", tmp_path / "x.png")
    assert f"Authorization: Bearer {KEY}".encode() in api.asked[0]
    assert b"Basic" not in api.asked[0]
    assert b"uthorization" not in storage.asked[0]


def test_the_key_is_sent_to_a_host_whose_name_is_not_ascii(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    api = wire(good({"remaining_credits": 1}))

    class ToWire(HTTPAdapter):
        def send(self, request: PreparedRequest, **named: Any) -> Response:  # type: ignore[override]
            request.url = f"{api.url}{request.path_url}"
            return super().send(request, **named)

    assert client_of("https://bücher.example/v1", adapter=ToWire).credits() == 1
    assert f"Authorization: Bearer {KEY}".encode() in api.asked[0]


def test_a_proxy_is_never_sent_what_goes_to_this_very_machine(
    wire: Callable[..., Wire],
    client_of: Callable[..., Client],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = wire(answer(b""))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    api, storage = wire(good({"remaining_credits": 1})), wire(answer(b"picture"))
    client_of(api.url).credits()
    Downloads(loopback=True).fetch(storage.url + "/x.png", tmp_path / "x.png")
    assert not proxy.asked
