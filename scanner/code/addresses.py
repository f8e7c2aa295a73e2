"""Functions that tell private network addresses from public ones, recognised by the ranges they name.

Nobody writes 169.254 and 192.168 into one function for another purpose; which of its answers is the refusal is what its
name says.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from scanner.code import ir
from scanner.code.safety import Safe
from scanner.code.secret_names import words
from scanner.code.values import Label, Taint
from scanner.code.walking import walk

RANGES: Final = "ranges"
LOOKUP: Final = "lookup"
"""What a function has to do with addresses: it tells ranges apart; it asks which addresses a name stands for."""

_RANGE: Final = re.compile(
    r"^[\^(?:]*(?:127(?:\b|\\)|10(?:\.|\\)|192(?:\.|\\\.)168|169(?:\.|\\\.)254|172(?:\.|\\\.)|100\.64|0\.0\.0\.0|"
    r"f[cd]\d\d|fe80|::1|\[::1?\]|::ffff|localhost|metadata\.|255\.255)",
    re.IGNORECASE,
)
_ATTRIBUTES: Final = frozenset({
    "is_private", "is_loopback", "is_link_local", "is_global", "is_reserved", "is_unspecified", "is_multicast",
    "isPrivate", "isLoopback", "isLinkLocal", "addSubnet", "addRange", "ipv4_mapped",
})  # fmt: skip
_LOOKUPS: Final = frozenset({
    "lookup", "resolve4", "resolve6", "resolveAny", "getaddrinfo", "gethostbyname", "gethostbyname_ex", "dnsLookup",
    "resolve_host", "create_connection",
})  # fmt: skip
_REFUSING: Final = frozenset({
    "private", "internal", "blocked", "block", "local", "localhost", "loopback", "unsafe", "forbidden", "reserved",
    "disallowed", "denied", "deny", "restricted", "metadata", "dangerous", "intranet", "link", "banned", "nonpublic",
    "ssrf", "invalid", "reject",
})  # fmt: skip
_ALLOWING: Final = frozenset({
    "public", "safe", "allowed", "allow", "valid", "permitted", "external", "ok", "acceptable", "global", "routable",
})  # fmt: skip
_ENOUGH: Final = 2
ADDRESSES: Final = ("ipaddress.ip_address()", "ipaddress.IPv4Address()", "ipaddress.IPv6Address()")
_INSIDE: Final = re.compile(
    r"(?<![\w.])(?:127|10|192\\?\.168|169\\?\.254|172|fc00|fd|fe80|::1|0\\?\.0\\?\.0\\?\.0|localhost)(?=[\\.:|)$]|$)"
)
"""The ranges within one pattern."""


@lru_cache(maxsize=8192)
def marks_of(function: ir.Function) -> frozenset[str]:
    """What the function's own body has to do with addresses."""
    named: set[str] = set()
    looks_up = False
    for node in walk(function.body):
        if isinstance(node, ir.Attribute):
            if node.name in _ATTRIBUTES:
                named.add(node.name)
            looks_up = looks_up or node.name in _LOOKUPS
        elif isinstance(node, ir.Name):
            looks_up = looks_up or node.id.partition("~")[0] in _LOOKUPS
        elif isinstance(node, ir.Const) and isinstance(node.value, str) and _RANGE.match(node.value):
            named.add(node.value[:4])
            if node.value.startswith(("^", "(")):
                named.update(_INSIDE.findall(node.value))
    found = {RANGES} if len(named) >= _ENOUGH else set()
    return frozenset(found | {LOOKUP} if looks_up else found)


def lists_ranges(texts: Iterable[object]) -> bool:
    """Whether these texts or patterns name private ranges."""
    return len({t[:5] for t in texts if isinstance(t, str) and _RANGE.match(t)}) >= _ENOUGH


def listed(test: ir.Expr) -> bool:
    """Whether a test itself names private ranges."""
    texts = {n.value[:4] for n in walk((ir.Do(test.line, test),)) if _is_range(n)}
    return len(texts) >= _ENOUGH


def _is_range(node: object) -> bool:
    return isinstance(node, ir.Const) and isinstance(node.value, str) and bool(_RANGE.match(node.value))


def answer_refused(name: str) -> bool | None:
    """Which answer of a function of this name means a private address; None when the name does not say."""
    said = {w.lower() for w in words(name)}
    refusing, allowing = said & _REFUSING, said & _ALLOWING
    if "not" in said or "non" in said:
        return None
    if refusing and not allowing:
        return True
    return False if allowing and not refusing else None


def found_public(taints: Iterable[Taint], marks: Iterable[str] = ()) -> dict[Label, Safe]:
    """What the labels gain when what they make up was found to be no private address."""
    result: dict[Label, Safe] = {}
    for taint in taints:
        for label, (mask, _) in taint.items():
            known = LOOKUP in marks or mask & Safe.RESOLVED
            result[label] = result.get(label, Safe.NONE) | (Safe.PUBLIC if known else Safe.NAMED)
    return result
