"""Remote parties that code names by a constant: hosts of addresses, and mail recipients.

Read from the literals of the modules that the entry point loads, wherever they stand, because a host that is only
stored today is contacted tomorrow; what counts as a contact is then compared from one release to the next.
"""

import ipaddress
import re
from collections.abc import Container, Iterator, Sequence
from typing import Final

from scanner.code import ir
from scanner.code.recipients import EMAIL
from scanner.code.walking import walk
from trust.finding import Gap, Observation
from trust.vocabulary import Signal

LIMIT: Final = 1_000
"""Distinct contacts kept of one bundle; beyond that the rest is a gap."""
_ADDRESS: Final = re.compile(
    r"^(?:https?|wss?|ftps?|smtps?)://(?:[^/?#\s@]{0,100}@)?(\[[0-9a-f:.]+\]|[a-z0-9.-]+)", re.IGNORECASE
)
_NAMES: Final = re.compile(
    r"(?:^|\.)(?:w3\.org|json-schema\.org|schema\.org|example(?:\.(?:com|org|net))?|localhost|test|invalid|local)$"
)
"""Hosts that stand in identifiers and examples, not in connections."""
_TEXT_LIMIT: Final = 2_000


def contacts(modules: Sequence[ir.Module], loaded: Container[str]) -> tuple[tuple[Observation, ...], tuple[Gap, ...]]:
    """The first place of each host and recipient in `modules`; reachable when the file's path is in `loaded`."""
    found: dict[tuple[Signal, str], Observation] = {}
    for module in sorted(modules, key=lambda m: m.path not in loaded):
        for node in walk(module.body):
            if type(node) is not ir.Const or not isinstance(node.value, str) or len(node.value) > _TEXT_LIMIT:
                continue
            for signal, name in _named(node.value):
                if (signal, name) not in found:
                    if len(found) >= LIMIT:
                        return tuple(found.values()), (
                            Gap(f"The code names more than {LIMIT} hosts and recipients; the rest was not listed."),
                        )
                    found[signal, name] = Observation(
                        signal, module.path, node.line, name, reachable=module.path in loaded
                    )
    return tuple(found.values()), ()


def _named(text: str) -> Iterator[tuple[Signal, str]]:
    address = _ADDRESS.match(text)
    if address is not None:
        host = address[1].lower().rstrip(".")
        if _remote(host):
            yield Signal.HOST, host
    elif EMAIL.match(text) and not _NAMES.search(text.lower().rpartition("@")[2]):
        yield Signal.RECIPIENT, text.lower()


def _remote(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." in host and not _NAMES.search(host)
    return not (address.is_loopback or address.is_unspecified)
