"""Addresses of requests as the code writes them down: remote ones without TLS."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.hosts import is_remote
from scanner.code.sweeping import Look
from scanner.code.units import GAP, Unit, dotted, last_name
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

_ADDRESS_KEYS: Final = frozenset(
    {"url", "uri", "baseURL", "base_url", "baseUrl", "prefixUrl", "endpoint", "endpoint_url"}
)
_PLAIN_CLIENTS: Final = re.compile(
    r"^(?:http\.client\.HTTPConnection|HTTPConnection|ftplib\.FTP|telnetlib\.Telnet|http\.(?:request|get))$"
)
_MAKERS: Final = frozenset({"Client", "AsyncClient", "ClientSession", "create", "extend", "Session", "ofetch"})


def plain_addresses(look: Look) -> Iterator[Finding]:
    """Remote addresses without TLS that a request is sent to, or that a client is made for."""
    for unit in look.reached():
        for node in unit.nodes:
            if not isinstance(node, ir.Call):
                continue
            for line, host in _plain(look, unit, node):
                message = f"The remote host {host[:80]} is contacted without TLS."
                yield look.at(unit, line, Weakness.PLAIN_HTTP, Severity.HIGH, message)


def _plain(look: Look, unit: Unit, node: ir.Call) -> Iterator[tuple[int, str]]:
    for arg, where in addresses(look, unit, node):
        for text in look.units.texts(arg, where):
            host = is_remote(text)
            if host:
                yield node.line, host
                return
    name = dotted(node.callee)
    if _PLAIN_CLIENTS.match(name):
        host = _named_host(look, unit, node)
        if host:
            yield node.line, host


def addresses(look: Look, unit: Unit, node: ir.Call) -> Iterator[tuple[ir.Expr, Unit]]:
    """What a call is given as the address of a request or of a client, with the unit that its names belong to."""
    sends, makes = look.sends(node), last_name(node.callee) in _MAKERS
    if not sends and not makes:
        yield from ((arg, unit) for arg in look.addressed(unit, node))
        return
    if sends:
        yield from ((arg, unit) for arg in node.args[:2])
    yield from ((k.value, unit) for k in node.keywords if k.name in _ADDRESS_KEYS)
    for arg in node.args:
        for table, where in look.units.values(arg, unit):
            for key, value in table.entries if isinstance(table, ir.Table) else ():
                if isinstance(key, ir.Const) and key.value in _ADDRESS_KEYS:
                    yield value, where


def _named_host(look: Look, unit: Unit, node: ir.Call) -> str:
    for arg in node.args[:1]:
        for value, where in look.units.values(arg, unit):
            if isinstance(value, ir.Table):
                for key, entry in value.entries:
                    if isinstance(key, ir.Const) and key.value in ("host", "hostname"):
                        return is_remote("http://" + (look.units.text(entry, where) or GAP))
        text = look.units.text(arg, unit)
        if text and "://" not in text and last_name(node.callee) not in ("request", "get"):
            return is_remote("http://" + text)
    return ""
