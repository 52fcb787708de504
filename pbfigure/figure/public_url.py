"""Which addresses on the web are public: the API's rule for source images, and ours for pictures.

The API reference asks of ``image_input``: https only, no private or internal address, no
non-standard port. Addresses have many spellings (decimal, octal and hex numbers, full-width
digits, IPv4 within IPv6, trailing dots), so a host is brought to one form before it is judged.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

from pbfigure.figure.notice import FigureError

URL_LIMIT = 8_000
"""Characters; ours, not the API's: what web servers commonly take in a request line."""

_INTERNAL_SUFFIXES = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "test",
    "invalid",
    "onion",
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotPublic(FigureError):
    """An address that must not be asked for; ``str`` says which and why, without its query."""

    subtype = "option"


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def without_secrets(url: str) -> str:
    """Return ``url`` without user name, password, query and fragment: the parts that may be signed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(an unreadable address)"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def is_public(address: Address) -> bool:
    """Whether an IP address is one of the public internet, however it is wrapped."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None and address.teredo:
            inner = address.teredo[1]
        if inner is None and int(address) >> 32 == 0:  # ::a.b.c.d, long deprecated
            inner = ipaddress.IPv4Address(int(address))
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _number(text: str) -> int | None:
    """Read one part of an IPv4 address as the C library does: decimal, 0x hex or 0 octal."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]*", text):
        return int(text[2:] or "0", 16)
    if re.fullmatch(r"0[0-7]+", text):
        return int(text, 8)
    return int(text) if re.fullmatch(r"[0-9]{1,20}", text) else None


def _ipv4(host: str) -> ipaddress.IPv4Address | None:
    """Read one to four numbers as an IPv4 address, the last filling what is left of 32 bits."""
    numbers = [_number(part) for part in host.split(".")]
    if len(numbers) > 4 or None in numbers:
        return None
    value = 0
    for number in numbers[:-1]:
        value = value << 8 | ((number or 0) & 0xFF)
    rest = 8 * (5 - len(numbers))
    return ipaddress.IPv4Address((value << rest | (numbers[-1] or 0)) & 0xFFFFFFFF)


def address_of(host: str) -> Address | None:
    """Return the IP address that ``host`` spells, in any of its spellings, or None for a name."""
    if ":" in host:
        return ipaddress.IPv6Address(host.partition("%")[0])
    return _ipv4(host)


def _host(parts: SplitResult) -> str:
    host = unicodedata.normalize("NFKC", parts.hostname or "").lower()
    return re.sub("[\u3002\uff0e\uff61]", ".", host).rstrip(".")


def check_public_url(url: str, *, what: str = "image-input") -> None:
    """Raise :exc:`NotPublic` unless ``url`` is https, on the standard port, at a public host.

    No name is looked up: a name that resolves to a private address is for whoever connects.
    """
    shown = without_secrets(url)[:200]

    def refuse(reason: str) -> NotPublic:
        return NotPublic(f"{what}: {shown} {reason}")

    if len(url) > URL_LIMIT:
        raise refuse(f"is {len(url):,} characters long, over the limit of {URL_LIMIT:,}")
    if re.search(r"[\s\\\x00-\x20\x7f]", url):
        raise refuse("contains white space, a backslash or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts)
        address = address_of(host)
    except ValueError:
        raise refuse("is not an address that can be read") from None
    if parts.scheme != "https":
        raise refuse("does not begin with https://, and the service takes no other")
    if parts.username is not None or parts.password is not None:
        raise refuse("contains a user name or password")
    if port not in (None, 443):
        raise refuse(f"names the port {port}; the service takes the standard port only")
    if not host or not re.fullmatch(r"[\w.\-:%]+", host) or ("%" in host and ":" not in host):
        raise refuse("has no host that can be read")
    if address is not None:
        if not is_public(address):
            raise refuse("is a private or internal address, which the service refuses")
    elif "." not in host or host.endswith(tuple("." + suffix for suffix in _INTERNAL_SUFFIXES)):
        raise refuse("is an internal name, which the service refuses")
