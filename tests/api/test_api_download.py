"""Pictures from the storage host: without the key, bounded, every hop checked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from wait_for import wait_for
from wire import Wire, answer

from pbfigure.api.download import Downloads, RefusedAddress
from pbfigure.api.errors import ApiError, Garbled, Interrupted, Unreachable


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "picture.part"


def to(url: str, status: int = 302) -> bytes:
    return answer("", status, f"Location: {url}")


def test_a_picture_is_written_as_it_came(wire: Callable[..., Wire], into: Path) -> None:
    data = bytes(range(256)) * 1000
    Downloads(loopback=True).fetch(wire(answer(data)).url, into)
    assert into.read_bytes() == data


def test_three_redirects_are_followed_and_a_fourth_is_not(
    wire: Callable[..., Wire], into: Path
) -> None:
    last = wire(answer(b"picture"))
    for status in (301, 302, 303):
        last = wire(to(last.url + "/on", status))
    Downloads(loopback=True).fetch(last.url, into)
    assert into.read_bytes() == b"picture"
    with pytest.raises(RefusedAddress, match="more than 3"):
        Downloads(loopback=True).fetch(wire(to(last.url, 307)).url, into)


def test_a_redirect_may_be_relative(wire: Callable[..., Wire], into: Path) -> None:
    server = wire(to("../b.png"), answer(b"picture"))
    Downloads(loopback=True).fetch(server.url + "/a/a.png", into)
    assert server.asked[1].startswith(b"GET /b.png ")


PRIVATE = [
    "http://example.com/x.png",
    "https://127.0.0.1/x.png",
    "https://localhost/x.png",
    "https://10.0.0.1/x.png",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x.png",
    "https://[::ffff:127.0.0.1]/x.png",
    "https://0x7f000001/x.png",
    "https://2130706433/x.png",
    "https://example.com:8443/x.png",
    "https://user:word@example.com/x.png",
    "https://intranet/x.png",
    "file:///etc/passwd",
    "ftp://example.com/x.png",
    "gopher://example.com/",
    "data:image/png;base64,AAAA",
    "//example.com/x.png",
    "",
    "https://[",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_no_private_or_unfit_address_is_asked_not_even_by_redirect(
    wire: Callable[..., Wire], into: Path, url: str
) -> None:
    with pytest.raises(ApiError):
        Downloads().fetch(url, into)
    with pytest.raises(ApiError):
        Downloads(loopback=True).fetch(url, into)
    server = wire(to(url), answer(b"another try"))
    if url not in ("", "//example.com/x.png"):  # relative to this very machine
        with pytest.raises(ApiError):
            Downloads(loopback=True).fetch(server.url, into)
        assert len(server.asked) == 1
    assert not into.exists()


def test_plain_http_to_this_machine_is_refused_where_the_api_is_not_here(
    wire: Callable[..., Wire], into: Path
) -> None:
    server = wire(answer(b"picture"))
    with pytest.raises(RefusedAddress):
        Downloads().fetch(server.url, into)
    assert not server.asked


def test_a_name_that_leads_to_a_private_address_is_refused(
    into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: object) -> object:
        return real("10.0.0.1" if host == "example.com" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(RefusedAddress, match="private"):
        Downloads().fetch("https://example.com/x.png", into)


def test_a_name_that_leads_elsewhere_the_second_time_is_refused_before_anything_is_sent(
    wire: Callable[..., Wire], into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = wire(answer(b"picture"))
    port = int(server.host.rpartition(":")[2])
    answers = ["93.184.216.34", "127.0.0.1"]

    def look_up(host: str, *_: object, **__: object) -> object:
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(RefusedAddress, match="led to a private"):
        Downloads().fetch("https://example.com/x.png", into)
    assert not b"".join(server.asked)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_address_that_holds_no_longer_is_told_apart(
    wire: Callable[..., Wire], into: Path, status: int
) -> None:
    with pytest.raises(Interrupted, match="no longer has the picture"):
        Downloads(loopback=True).fetch(wire(answer("", status)).url, into)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        answer("", 500),
        answer("", 300),
        answer("", 206),
        answer(b"x" * 50, 200, "Content-Encoding: gzip"),
        b"garbage",
    ],
)
def test_a_broken_download_is_one_error_worth_another_try(
    wire: Callable[..., Wire], into: Path, reply: bytes
) -> None:
    with pytest.raises(Interrupted):
        Downloads(loopback=True).fetch(wire(reply).url, into)


def test_an_announced_excess_is_not_read_at_all(wire: Callable[..., Wire], into: Path) -> None:
    server = wire(b"HTTP/1.1 200 OK\r\nContent-Length: 64000001\r\n\r\n")
    with pytest.raises(Garbled, match="64,000,001"):
        Downloads(loopback=True).fetch(server.url, into)
    assert not into.exists()


def test_nobody_listening_is_unreachable_or_broken(into: Path) -> None:
    with pytest.raises((Unreachable, Interrupted)):
        Downloads(loopback=True).fetch("http://127.0.0.1:9/x.png", into)


def test_a_download_that_drips_is_broken_off_when_its_time_is_over(
    wire: Callable[..., Wire], into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pbfigure.api.download.DOWNLOAD_TIMEOUT", 0.5)
    with pytest.raises(Interrupted):
        Downloads(loopback=True).fetch(wire(answer(b"x" * 100_000), drip=0.02).url, into)


def test_closing_breaks_off_what_is_being_fetched(wire: Callable[..., Wire], into: Path) -> None:
    downloads = Downloads(loopback=True)
    server = wire(answer(b"x" * 100_000), drip=0.05)
    caught: list[Exception] = []

    def fetch() -> None:
        try:
            downloads.fetch(server.url, into)
        except ApiError as error:
            caught.append(error)

    thread = threading.Thread(target=fetch)
    thread.start()
    wait_for(lambda: server.asked)
    downloads.close()
    thread.join(240)
    assert isinstance(caught[0], Interrupted)
    with pytest.raises(Interrupted):
        downloads.fetch(server.url, into)


def test_a_disk_that_refuses_is_no_fault_of_the_network(
    wire: Callable[..., Wire], tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="No such file"):
        Downloads(loopback=True).fetch(wire(answer(b"x")).url, tmp_path / "missing" / "x.part")


def test_a_full_disk_is_told_as_such(wire: Callable[..., Wire]) -> None:
    with pytest.raises(OSError, match="No space left"):
        Downloads(loopback=True).fetch(wire(answer(b"x" * 1000)).url, Path("/dev/full"))
