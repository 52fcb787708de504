"""The rules for source image URLs (section "Image URL restrictions").

The sandbox fetches nothing, but refuses what the real service refuses: any scheme but https, any
port but 443, and any host that is not public, in every spelling. Names are not resolved.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import unquote, urlsplit

_INTERNAL = (
    "localhost", "local", "localdomain", "internal", "intranet", "corp", "home", "lan", "private",
    "home.arpa",
)  # fmt: skip
_GLOBAL = ipaddress.ip_network("2000::/3")
"""The part of IPv6 that is routed on the internet."""


def url_problem(url: str) -> str | None:
    """Return what is wrong with a source image's URL, or None."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        host = ""
    problem = None
    if not host or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        problem = "must be a valid URL"
    elif parts.scheme != "https":
        problem = "must use https://"
    elif port not in {None, 443}:
        problem = "must not use a non-standard port"
    elif _is_internal(host):
        problem = "must not point to a private or internal network address"
    return problem


def _host(written: str) -> str:
    """Return a host as a browser reads it: unescaped, normalised, without its final dot."""
    return unicodedata.normalize("NFKC", unquote(written)).lower().replace("。", ".").rstrip(".")


def _is_internal(host: str) -> bool:
    try:
        return not _is_public(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    if ":" in host or host.rpartition(".")[2][:1].isdecimal():
        return True  # it may mean an address, and is none in its plain spelling
    return "." not in host or any(host == name or host.endswith("." + name) for name in _INTERNAL)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
        if address not in _GLOBAL:
            return False
    return address.is_global and not address.is_multicast
