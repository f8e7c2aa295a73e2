"""Host names in addresses: which are remote, who owns them, and which belong to nobody in particular."""

import ipaddress
import re
from typing import Final

_PLAIN: Final = re.compile(r"^(?:http|ws|ftp)://(?:[^/?#@]*@)?([^/?#:]+|\[[^\]]*\])", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"^(?:https?|wss?|ftp)://(?:[^/?#@]*@)?([^/?#:]+|\[[^\]]*\])", re.IGNORECASE)
_LOCAL_NAMES: Final = re.compile(
    r"^(?:localhost|host\.docker\.internal|[^.]+)$|\.(?:local|localhost|internal|lan|test|home\.arpa|svc|cluster\.local|invalid)$",
    re.IGNORECASE,
)
_NAMESPACES: Final = re.compile(
    r"(?:^|\.)w3\.org$|^schemas?\.|xmlsoap|purl\.org$|openxmlformats|json-schema\.org$|ns\.adobe|^(?:www\.)?example\.(?:com|org|net)$"
)
_SECOND_LEVEL: Final = frozenset({"co", "com", "org", "net", "ac", "gov", "edu"})
_COUNTRY: Final = 2


def is_remote(address: str) -> str:
    """The host of an address without TLS when it is on another machine, empty otherwise."""
    found = _PLAIN.match(address)
    return found[1] if found and far(found[1]) else ""


def host_of(address: str) -> str:
    """The host that an address fixes, in lower case; empty when it has none or leaves it open."""
    found = _ADDRESS.match(address)
    return found[1].lower() if found and "\x00" not in found[1] and "{" not in found[1] else ""


def far(host: str) -> bool:
    """Whether a host name or number is one of the public network. Names of XML namespaces are no hosts."""
    if "\x00" in host or host[:1] in "{$%<" or not host:
        return False
    try:
        number = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." in host and not _LOCAL_NAMES.search(host) and not _NAMESPACES.search(host.lower())
    return number.is_global


def site(host: str) -> str:
    """The part of a host name that has one owner, as far as the name tells."""
    parts = host.split(".")
    country = len(parts[-1]) == _COUNTRY and len(parts) > _COUNTRY and parts[-2] in _SECOND_LEVEL
    return ".".join(parts[-3 if country else -2 :])
