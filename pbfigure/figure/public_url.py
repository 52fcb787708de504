"""Where a URL leads: to a public host, as the API wants its images, or to this machine.

The API reference requires of ``image_input``: https only, no private or internal address, no
non-standard port. A host is normalised before it is checked (full-width digits, trailing dots), and
one that ends in a number is an address in its plain spelling, or refused.
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
"""What stands for an IPv4 address in a network that has IPv6 alone."""
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""The global part of IPv6; site-local addresses and the like lie outside."""
_NAME = re.compile(r"(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*")


class NotPublic(FigureError):
    """An address that must not be requested; ``str`` names it, without its query, and says why."""

    subtype = "option"


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def without_secrets(url: str) -> str:
    """Return ``url`` without its user name, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(an unreadable address)"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def is_public(address: Address) -> bool:
    """Whether an IP address is public, also if an IPv4 address is embedded in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_loopback(host: str) -> bool:
    """Whether a host, as written in a URL, is this machine: the only one for plain http."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(host: str) -> Address | None:
    """Return the IP address that ``host`` is, or None for a name.

    Raises ``ValueError`` for a host that ends in a number or has a colon, and is no address in its
    plain spelling: some readers take ``127.1``, ``0x7f000001`` or ``0177.0.0.1`` for one.
    """
    if ":" in host:
        return ipaddress.IPv6Address(host.partition("%")[0])
    last = host.rpartition(".")[2]
    return ipaddress.IPv4Address(host) if last[:1].isdecimal() else None


def _host(parts: SplitResult) -> str:
    host = unicodedata.normalize("NFKC", parts.hostname or "").lower()
    return re.sub("[\u3002\uff0e\uff61]", ".", host).removesuffix(".")


def check_public_url(url: str, *, what: str = "image-input") -> None:
    """Raise :exc:`NotPublic` unless ``url`` is https, on the standard port, at a public host.

    No name is resolved: the download checks the addresses of a name.
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
    if parts.scheme in ("", "file"):
        raise refuse(
            "is a file, and the service takes https:// addresses only, from which it fetches the"
            " image itself: publish the image (on the project's own site, say) and write its"
            " address"
        )
    if parts.scheme != "https":
        raise refuse("does not begin with https://, and the service takes no other")
    if parts.username is not None or parts.password is not None:
        raise refuse("contains a user name or password")
    if port not in (None, 443):
        raise refuse(f"names the port {port}; the service takes the standard port only")
    if ":" not in host and not _NAME.fullmatch(host):
        raise refuse("has no host that can be read")
    if address is not None:
        if not is_public(address):
            raise refuse("is a private or internal address, which the service refuses")
    elif "." not in host or host.endswith(tuple("." + suffix for suffix in _INTERNAL_SUFFIXES)):
        raise refuse("is an internal name, which the service refuses")
