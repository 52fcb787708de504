"""Public addresses: every spelling of a private one is refused, and nothing else."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pbfigure.figure.public_url import (
    URL_LIMIT,
    NotPublic,
    address_of,
    check_public_url,
    is_public,
    without_secrets,
)


def refusal(url: str) -> str:
    with pytest.raises(NotPublic) as caught:
        check_public_url(url)
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "HTTPS://EXAMPLE.COM/a.png",
        "https://example.com",
        "https://example.com./a.png",
        "https://example.com:443/a.png?x=1#y",
        "https://example.com:/a.png",
        "https://a-b.example.co.uk/a%20b.png",
        "https://bücher.example.com/ä.png",
        "https://xn--bcher-kva.example.com/",
        "https://internal.example.com/",
        "https://localhost.example.com/",
        "https://8.8.8.8/a.png",
        "https://8.8.8.8./a.png",
        "https://[2606:4700:4700::1111]/a.png",
        "https://[2606:4700:4700::1111]:443/a.png",
        "https://[::ffff:8.8.8.8]/a.png",
        "https://[64:ff9b::808:808]/a.png",
        "https://[2002:808:808::1]/a.png",
    ],
)
def test_public_addresses_are_taken(url: str) -> None:
    check_public_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0X7F.0.0.0x1",
        "0177.0.0.1",
        "127.0.0.0x1",
        "0",
        "010.0.0.1",  # octal 8.0.0.1 to one reader, 10.0.0.1 to another
        "134744072",  # 8.8.8.8
    ],
)
def test_a_number_that_is_no_plain_ipv4_address_is_refused(host: str) -> None:
    assert "can be read" in refusal(f"https://{host}/a.png")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "１２７.0.0.1",
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "①②⑦.⓪.⓪.①",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_a_private_ipv4_address_in_any_characters_is_refused(host: str) -> None:
    assert "private or internal address" in refusal(f"https://{host}/a.png")


@pytest.mark.parametrize(
    "host",
    [
        "::",
        "::1",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo of 10.0.0.1
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%25eth0",
        "fec0::1",
        "ff02::1",
        "100::1",
        "2001:db8::1",
        "5f00::1",
        "::ffff:0:127.0.0.1",
    ],
)
def test_every_private_ipv6_address_however_wrapped_is_refused(host: str) -> None:
    assert "private or internal address" in refusal(f"https://[{host}]/a.png")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "ｌｏｃａｌｈｏｓｔ",
        "a.localhost",
        "printer",
        "printer.local",
        "db.internal",
        "metadata.google.internal",
        "wiki.corp",
        "router.lan",
        "nas.home.arpa",
        "a.test",
        "a.onion",
    ],
)
def test_internal_names_are_refused(host: str) -> None:
    assert "internal name" in refusal(f"https://{host}/a.png")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/a.png", "https://"),
        ("ftp://example.com/a.png", "https://"),
        ("//example.com/a.png", "https://"),
        ("data:image/png;base64,AAAA", "https://"),
        ("file:///etc/passwd", "https://"),
        ("example.com/a.png", "https://"),
        ("", "https://"),
        ("https://example.com:8443/a.png", "names the port 8443"),
        ("https://example.com:80/a.png", "names the port 80"),
        ("https://example.com:0/a.png", "names the port 0"),
        ("https://example.com:99999/a.png", "cannot be read|can be read"),
        ("https://example.com:x/a.png", "can be read"),
        ("https://u:p@example.com/a.png", "user name or password"),
        ("https://u@example.com/a.png", "user name or password"),
        ("https://@example.com/a.png", "user name or password"),
        ("https://example.com\\@127.0.0.1/a.png", "backslash"),
        ("https://exam ple.com/", "white space"),
        ("https://example.com/a\n.png", "white space"),
        ("https://example.com/\u2028", "white space"),
        ("https://example.com/\x00", "control character"),
        ("https://example.com/\x7f", "control character"),
        ("https:///a.png", "no host"),
        ("https:example.com", "no host"),
        ("https://./a.png", "no host"),
        ("https://a..b.com/", "no host"),
        ("https://example.com../", "no host"),
        ("https://127%2e0%2e0%2e1/", "can be read"),
        ("https://%6cocalhost/", "no host"),
        ("https://exa\u00admple.com/", "no host"),
        (f"https://{'a' * 64}.com/", "no host"),
        (f"https://{'a.' * 127}com/", "no host"),
        ("https://[::1/", "can be read"),
        ("https://[::g]/", "can be read"),
        ("https://[v1.fe80::1]/", "can be read"),
        ("https://300.1.1.1/", "can be read"),
        ("https://1.2.3.4.5/", "can be read"),
        ("https://1.2.3.08/", "can be read"),
        ("https://4294967296/", "can be read"),
        ("https://1.2.3.0xfff/", "can be read"),
        ("https://example.123/", "can be read"),
    ],
)
def test_what_is_no_plain_public_https_address_is_refused_with_the_reason(
    url: str, said: str
) -> None:
    told = refusal(url)
    assert told.startswith("image-input: ")
    assert any(part in told for part in said.split("|"))


def test_an_address_may_be_as_long_as_the_limit_and_no_longer() -> None:
    url = "https://example.com/".ljust(URL_LIMIT, "a")
    check_public_url(url)
    told = refusal(url + "a")
    assert "8,001 characters long, over the limit of 8,000" in told
    assert len(told) < 400


def test_what_may_be_secret_in_an_address_is_not_repeated() -> None:
    url = "https://USER:PASS@example.com:8443/a.png?sig=SIG#FRAGMENT"
    told = refusal(url) + without_secrets(url)
    assert not any(secret in told for secret in ("USER", "PASS", "SIG", "FRAGMENT"))
    assert "https://example.com:8443/a.png" in told
    assert without_secrets("https://[::1") == "(an unreadable address)"


# -- against independent readings ---------------------------------------------------------------


def c_library(host: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


_part = st.integers(0, 2**33).flatmap(
    lambda number: st.sampled_from([str(number), hex(number), f"0{number:o}", f"0X{number:X}"])
)
_small = st.integers(0, 300).flatmap(
    lambda number: st.sampled_from([str(number), hex(number), f"0{number:o}", f"0{number}"])
)
_numeric_hosts = st.one_of(
    _part,
    st.builds(".".join, st.lists(_small, min_size=1, max_size=5)),
    st.builds(lambda upper, last: ".".join([*upper, last]), st.lists(_small, max_size=4), _part),
)


@given(_numeric_hosts)
@example("0x.0x.0x.0x")
@example("00000000000000000000000177.1")
@example("127.0.0.1.")
def test_numbers_are_read_as_the_c_library_reads_them_or_refused(host: str) -> None:
    theirs = c_library(host.removesuffix("."))
    try:
        ours = address_of(host.removesuffix("."))
    except ValueError:
        ours = None
    assert ours is None or ours == theirs
    if theirs is not None and not theirs.is_global:
        with pytest.raises(NotPublic):
            check_public_url(f"https://{host}/")


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address), st.data())
def test_an_ipv4_address_is_judged_alike_in_every_wrapping(
    address: ipaddress.IPv4Address, data: st.DataObject
) -> None:
    number = int(address)
    spelled = data.draw(
        st.sampled_from(
            [
                str(address),
                f"[::ffff:{address}]",
                f"[64:ff9b::{address}]",
                f"[{ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1)}]",
            ]
        )
    )
    public = address.is_global and not address.is_multicast and not address.is_reserved
    assert is_public(address) == public
    if public:
        check_public_url(f"https://{spelled}/")
    else:
        assert "private or internal" in refusal(f"https://{spelled}/")


@given(st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address))
def test_no_ipv6_address_outside_the_public_internet_is_taken(
    address: ipaddress.IPv6Address,
) -> None:
    if not address.is_global and not address.ipv4_mapped and not address.teredo:
        with pytest.raises(NotPublic):
            check_public_url(f"https://[{address}]/")


@given(st.text(max_size=80))
@example("https://[")
@example("https://\ud800.com/")
@example("https://K.com/")
def test_any_text_at_all_is_taken_or_refused_and_nothing_else(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/a.png", f"https://[{text}]/"):
        try:
            check_public_url(url)
        except NotPublic as error:
            assert str(error).startswith("image-input: ")
        else:
            assert url.lower().startswith("https://")
