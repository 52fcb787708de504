"""The four endpoints and every documented status, against the sandbox and against raw bytes."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable

import pytest
from sandbox_process import SandboxProcess
from wire import KEY, Wire, answer, good

from pbfigure.api import errors
from pbfigure.api.client import Client
from pbfigure.api.http_headers import LONGEST, http_date, retry_after
from pbfigure.figure.request import Request, encoded

BODY = encoded(Request(type="standard", model="nano-banana-2", prompt="a ship").payload())
TASK: dict[str, object] = {"task_id": "t-1", "status": "pending", "cost_credits": 5}


def test_credits_tell_what_the_team_has_left(client: Client) -> None:
    assert client.credits() == 12_000


def test_an_order_answers_with_its_task_its_cost_and_the_servers_time(client: Client) -> None:
    dates: list[float | None] = []
    client.observe_dates(dates.append)
    seen = client.generate(BODY)
    assert seen.status == "pending"
    assert seen.cost_credits == 5
    assert [date is not None for date in dates] == [True]
    assert client.is_sandbox


def test_a_task_can_be_asked_for_and_listed(client: Client, sandbox: SandboxProcess) -> None:
    made = client.generate(BODY)
    assert client.task(made.task_id).task_id == made.task_id
    sandbox.add_foreign_task(count=4)
    page = client.tasks(2, limit=2)
    assert (len(page.tasks), page.total, page.total_pages, page.unreadable) == (2, 5, 3, 0)
    assert not client.tasks(status="failed").tasks


KINDS = [
    (400, errors.BadRequest),
    (401, errors.Unauthorized),
    (402, errors.PaymentRequired),
    (403, errors.Forbidden),
    (404, errors.NotFound),
    (411, errors.LengthRequired),
    (413, errors.PayloadTooLarge),
    (429, errors.RateLimited),
    (500, errors.ServerError),
    (502, errors.ServerError),
    (503, errors.Unavailable),
    (409, errors.Conflict),
    (422, errors.OtherRefusal),
    (302, errors.Garbled),
    (204, errors.Garbled),
]


@pytest.mark.parametrize(("status", "kind"), KINDS)
@pytest.mark.parametrize("endpoint", ["credits", "generate", "task", "tasks"])
def test_each_status_of_each_endpoint_is_an_error_of_its_own_type(
    wire: Callable[..., Wire],
    client_of: Callable[..., Client],
    endpoint: str,
    status: int,
    kind: type[errors.ApiError],
) -> None:
    server = wire(answer({"success": False, "error": {"message": "so it is"}}, status))
    client = client_of(server.url)
    calls = {
        "credits": client.credits,
        "generate": lambda: client.generate(BODY),
        "task": lambda: client.task("t-1"),
        "tasks": client.tasks,
    }
    with pytest.raises(kind) as caught:
        calls[endpoint]()  # type: ignore[operator]
    assert type(caught.value) is kind
    if status >= 400:
        assert "so it is" in str(caught.value)
        assert caught.value.documented == (status != 502)
    assert len(server.asked) == 1


def test_the_sandboxs_own_refusals_are_told_in_its_words(
    client_of: Callable[..., Client], sandbox: SandboxProcess
) -> None:
    with pytest.raises(errors.Unauthorized, match="PAPERBANANA_API_KEY"):
        client_of(sandbox.base_url).credits()
    client = client_of(sandbox.base_url, sandbox.key)
    with pytest.raises(errors.NotFound):
        client.task("00000000-0000-4000-8000-000000000000")
    with pytest.raises(errors.BadRequest, match="type"):
        client.generate(b"{}")
    with pytest.raises(errors.PayloadTooLarge):
        client.generate(b'{"prompt": "' + b"x" * 1_000_001 + b'"}')


def test_retry_after_is_read_as_seconds_and_as_a_date_by_the_servers_own_clock(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    long_ago = 1_000_000_000.0
    now, then = (email.utils.formatdate(long_ago + each, usegmt=True) for each in (0, 40))
    for headers, seconds in (
        (["Retry-After: 17"], 17),
        ([f"Retry-After: {then}", f"Date: {now}"], 40),
        ([f"Retry-After: {now}", f"Date: {then}"], 0),
        (["Retry-After: 99999999"], 99_999_999),
        (["Retry-After: " + 400 * "9"], LONGEST),
        (["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], LONGEST),
        (["Retry-After: -" + 400 * "9"], None),
        (["Retry-After: soon"], None),
        (["Retry-After: -5"], None),
        ([], None),
    ):
        server = wire(answer("", 429, *headers))
        with pytest.raises(errors.RateLimited) as caught:
            client_of(server.url).credits()
        assert caught.value.retry_after == seconds


def test_a_date_without_a_server_clock_counts_by_ours() -> None:
    moment = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 55 <= (retry_after(moment, {}) or 0) <= 60


@pytest.mark.parametrize(
    "value", [None, "", "never", "Mon, 99 Foo 2026", "1" * 400, "-0000", "\x00"]
)
def test_what_is_no_date_is_none(value: str | None) -> None:
    assert http_date(value) is None


def test_an_order_is_utf8_json_with_its_length_and_the_key_in_its_one_header(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    server = wire(good(TASK))
    prompt = "α β 🍌"
    client_of(server.url).generate(
        encoded(Request(type="standard", model="nano-banana-2", prompt=prompt).payload())
    )
    head, _, body = server.asked[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert f"Content-Length: {len(body)}" in lines
    assert f"Authorization: Bearer {KEY}" in lines
    assert head.count(b"sk-team-") == 1
    assert any(line.startswith("User-Agent: sphinx-paperbanana/") for line in lines)
    assert any(line.startswith("Content-Type: application/json") for line in lines)
    assert prompt.encode() in body
    assert json.loads(body)["prompt"] == prompt


def test_an_order_is_sent_once_whatever_becomes_of_it(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    for reply in (b"", b"HTTP/1.1 200 OK\r\nContent-Le", answer("", 500), answer("", 503)):
        server = wire(reply)
        with pytest.raises(errors.ApiError) as caught:
            client_of(server.url).generate(BODY)
        assert len(server.asked) == 1
        assert not isinstance(caught.value, errors.Unreachable)


def test_only_a_connection_that_was_never_made_is_sure_to_have_ordered_nothing(
    client_of: Callable[..., Client],
) -> None:
    for url in ("http://127.0.0.1:9", "https://no-such-host.invalid/api"):
        with pytest.raises(errors.Unreachable):
            client_of(url).generate(BODY)


def test_a_closed_client_orders_nothing_more(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    server = wire(good(TASK))
    client = client_of(server.url)
    client.close()
    with pytest.raises(errors.Unreachable):
        client.generate(BODY)
    with pytest.raises(errors.Interrupted):
        client.credits()
    assert not server.asked


BROKEN = [
    b"",
    b"not http at all\r\n\r\n",
    answer(""),
    answer("null"),
    answer("[1]"),
    answer("{}"),
    answer('{"success": true}'),
    answer('{"success": true, "data": []}'),
    answer('{"success": false, "data": {}}'),
    answer('{"success": true, "data": {"remaining_credits": 1'),
    answer("<html>Just a moment…</html>", 200, "Content-Type: text/html"),
    answer("[" * 100_000),
    answer(b"\xff\xfe\x00"),
    answer({"success": True, "data": {"remaining_credits": True}}),
    answer({"success": True, "data": {"remaining_credits": "1"}}),
    answer('{"success": true, "data": {"remaining_credits": ' + "9" * 10_000 + "}}"),
    answer("x", 200, "Location: http://example.com"),
    answer("x", 308, "Location: /elsewhere"),
    answer("x", 200, "Content-Encoding: gzip"),
    b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
]


@pytest.mark.parametrize("reply", BROKEN, ids=range(len(BROKEN)))
def test_whatever_comes_back_is_one_typed_error_and_nothing_of_it_is_followed(
    wire: Callable[..., Wire], client_of: Callable[..., Client], reply: bytes
) -> None:
    server = wire(reply)
    with pytest.raises((errors.Garbled, errors.Interrupted)):
        client_of(server.url).credits()
    assert len(server.asked) == 1


HUGE = "9" * 400


@pytest.mark.parametrize("number", [HUGE, "-" + HUGE, "1e400", "-1e400", "NaN", "1e9", "true"])
def test_a_number_that_no_credits_can_be_is_garbled(
    wire: Callable[..., Wire], client_of: Callable[..., Client], number: str
) -> None:
    server = wire(answer(f'{{"success": true, "data": {{"remaining_credits": {number}}}}}'))
    with pytest.raises(errors.Garbled, match="remaining_credits"):
        client_of(server.url).credits()


@pytest.mark.parametrize("number", ["-5", "0", "12.5", "999999999"])
def test_a_number_that_credits_can_be_is_told(
    wire: Callable[..., Wire], client_of: Callable[..., Client], number: str
) -> None:
    server = wire(answer(f'{{"success": true, "data": {{"remaining_credits": {number}}}}}'))
    assert client_of(server.url).credits() == float(number)


@pytest.mark.parametrize("number", [HUGE, "-" + HUGE, "1e400", "NaN", "-1", "1.5", "true", "[]"])
def test_a_number_of_tasks_that_cannot_be_is_taken_for_none(
    wire: Callable[..., Wire], client_of: Callable[..., Client], number: str
) -> None:
    task = json.dumps(TASK)[:-1] + f', "cost_credits": {number}}}'
    told = ", ".join(f'"{name}": {number}' for name in ("page", "limit", "total", "total_pages"))
    data = f'{{"tasks": [{task}], "pagination": {{{told}}}}}'
    page = client_of(wire(answer(f'{{"success": true, "data": {data}}}')).url).tasks()
    assert (page.total, page.total_pages) == (None, 1)
    assert page.tasks[0].cost_credits == (1.5 if number == "1.5" else None)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01", "9" * 400]
)
def test_a_date_at_the_end_of_all_dates_is_read_or_none(
    wire: Callable[..., Wire], client_of: Callable[..., Client], moment: str
) -> None:
    task = client_of(wire(good(TASK | {"created_at": moment})).url).task(str(TASK["task_id"]))
    assert task.created is None or isinstance(task.created, float)


def test_a_server_that_drips_is_cut_off_in_its_headers_and_in_its_body(
    wire: Callable[..., Wire], client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pbfigure.api.transport.CONNECT_TIMEOUT", 0.1)
    endless = good({"remaining_credits": 1, "more": "x" * 10_000})
    for reply in (endless, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 10_000):
        server = wire(reply, drip=0.05)
        began = time.monotonic()
        with pytest.raises(errors.Interrupted):
            client_of(server.url, read_timeout=0.4).credits()
        assert time.monotonic() - began < 240  # at a byte each 50 ms it would take 500 s


def test_an_answer_without_end_or_swollen_by_gzip_is_not_read_to_its_end(
    client: Client, sandbox: SandboxProcess
) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for fault in ("endless", "gzip_bomb"):
        sandbox.order(endpoint="credits", fault=fault)
        with pytest.raises(errors.ApiError):
            client.credits()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000  # kB; the bomb holds a gigabyte


def test_a_client_goes_on_after_an_exchange_that_was_cut(
    wire: Callable[..., Wire], client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pbfigure.api.transport.CONNECT_TIMEOUT", 0.1)
    long = good({"remaining_credits": 1, "more": "x" * 100_000})
    server = wire(long, good({"remaining_credits": 3}), drip=0.002)
    client = client_of(server.url, read_timeout=3)
    with pytest.raises(errors.Interrupted):
        client.credits()
    monkeypatch.setattr("pbfigure.api.transport.CONNECT_TIMEOUT", 240)
    assert client.credits() == 3


def test_a_task_of_another_name_than_the_one_asked_for_is_garbled(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    with pytest.raises(errors.Garbled, match="another task"):
        client_of(wire(good(TASK)).url).task("t-2")


def test_entries_of_a_list_that_are_no_tasks_are_counted(
    wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    listed = [TASK, {"task_id": None}, "x", {"task_id": "a b", "status": "pending"}]
    page = client_of(wire(good({"tasks": listed})).url).tasks()
    assert len(page.tasks) == 1
    assert (page.unreadable, page.total, page.total_pages) == (3, None, 1)
