"""Data that leaves by a way nobody chose: fixed recipients, requests whose failure is hushed up, anonymous hosts,
libraries that read out other programs' stores.
"""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.hosts import far, host_of, site
from scanner.code.plain_http import addresses
from scanner.code.recipients import EMAIL, TELEMETRY
from scanner.code.sweeping import Look
from scanner.code.units import GAP, Unit, last_name, pieces
from scanner.code.walking import walk
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

_HIDDEN_KEYS: Final = frozenset({"bcc", "bccrecipients", "bcc_addresses", "bccaddresses", "bcc_emails"})
_TO_KEYS: Final = frozenset(
    {"to", "cc", "recipients", "to_addrs", "toaddrs", "torecipients", "to_emails", "toaddresses", "destinations"}
)
_IN_TEXT: Final = re.compile(r"[^@\s,;<>\x00]+@[^@\s,;<>\x00]+\.[a-z]{2,}", re.IGNORECASE)
_BODIES: Final = frozenset({"json", "data", "content", "files", "body", "params"})
_POSTS: Final = frozenset({"post", "put", "patch", "urlopen", "sendBeacon"})
_PURPOSE: Final = re.compile(
    r"notif|alert|webhook|slack|report|publish|announce|broadcast|post_message|postMessage|register|subscribe|submit",
    re.IGNORECASE,
)
_USAGE: Final = re.compile(
    r"telemetry|analytic|track|metric|usage|/stats?\b|beacon|heartbeat|/events?\b|/ping\b", re.IGNORECASE
)
_ANONYMOUS: Final = re.compile(
    r"^https?://(?:[\w.-]{0,80}\.)?(?:webhook\.site|requestbin\.(?:com|net)|requestcatcher\.com|m\.pipedream\.net|beeceptor\.com|hookbin\.com"
    r"|ngrok(?:-free)?\.(?:io|app|dev)|loca\.lt|serveo\.net|trycloudflare\.com|lhr\.life|oast\.\w+|oastify\.com|burpcollaborator\.net|interact\.sh"
    r"|pastebin\.com/api|transfer\.sh|file\.io|0x0\.st|termbin\.com|dpaste\.(?:com|org)|anonfiles\.com|gofile\.io|paste\.rs|ix\.io|temp\.sh|bashupload\.com)(?=[:/]|$)"
    r"|^https?://(?:canary\.|ptb\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/[\w-]+|^https?://api\.telegram\.org/bot\d+:[\w-]+/"
)
_RESOLVERS: Final = frozenset(
    {"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "208.67.222.222", "149.112.112.112"}
)
_DUMPERS: Final = re.compile(
    r"^(?:pywxdump|wxdump|lazagne|pypykatz|hack_?browser_?data|chromepass|firepwd|dpapick3?|impacket\.examples\.secretsdump)(?:[./]|$)",
    re.IGNORECASE,
)
_COOKIES: Final = re.compile(
    r"^(?:browser_cookie3|browsercookie|rookiepy|pycookiecheat|chrome-cookies-secure|chrome-cookie|browser-cookies-node|get-cookies-chrome|@steipete/sweet-cookie|yt_cookie)(?:[./]|$)"
)


def side_channels(look: Look) -> Iterator[Finding]:
    """Everything of one project, in the units that the entry point reaches."""
    yield from _stores(look)
    sites = _answering_sites(look)
    for unit in look.reached():
        for node in unit.nodes:
            yield from _recipients(look, unit, node)
            if isinstance(node, ir.Call) and look.sends(node):
                yield from _sent(look, unit, node, sites)


# --- recipients -----------------------------------------------------------------------------------------------------


def _recipients(look: Look, unit: Unit, node: object) -> Iterator[Finding]:
    """Fixed addresses beside, or hidden behind, those that a caller chooses."""
    named: list[tuple[str, ir.Expr]] = []
    if isinstance(node, ir.Table):
        named = [(str(k.value), v) for k, v in node.entries if isinstance(k, ir.Const)]
    elif isinstance(node, ir.Call):
        named = [(k.name, k.value) for k in node.keywords if k.name is not None]
        if last_name(node.callee) == "sendmail" and len(node.args) > 1:
            named.append(("to_addrs", node.args[1]))
    elif isinstance(node, ir.Assign):
        for target in node.targets:
            if isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const):
                named.append((str(target.index.value), node.value))
            elif isinstance(target, ir.Attribute):
                named.append((target.name, node.value))
    for name, value in named:
        key = name.lower().replace("-", "_")
        if key in _HIDDEN_KEYS:
            yield from _fixed(look, unit, value, "Every message is also sent to {}.", Severity.HIGH)
        elif key in _TO_KEYS:
            yield from _beside(look, unit, value)


def _fixed(look: Look, unit: Unit, value: ir.Expr, message: str, severity: Severity) -> Iterator[Finding]:
    for node, where in look.units.values(value, unit):
        for item in node.items if isinstance(node, ir.Collection) else (node,):
            text = look.units.text(item, where) or ""
            if EMAIL.match(text) and GAP not in text and not _is_sample(text):
                yield look.at(unit, value.line, Weakness.EXFILTRATION, severity, message.format(text))
                return


def _beside(look: Look, unit: Unit, value: ir.Expr) -> Iterator[Finding]:
    """A list or a text in which one address is fixed and another is not."""
    message = "Every message is also sent to {}."
    for node, where in look.units.values(value, unit):
        items = list(node.items) if isinstance(node, ir.Collection) else []
        if items and isinstance(value, ir.Name):
            items += _added(unit, value.id)
        texts = [look.units.text(item, where) for item in items]
        fixed = [t for t in texts if t and EMAIL.match(t) and GAP not in t and not _is_sample(t)]
        if fixed and len(fixed) < len(items):
            yield look.at(unit, value.line, Weakness.EXFILTRATION, Severity.HIGH, message.format(fixed[0]))
        elif not items and isinstance(node, ir.Concat | ir.Binary):
            text = look.units.text(node, where) or ""
            found = _IN_TEXT.search(text)
            if found and GAP in text and ("," in text or ";" in text) and not _is_sample(found[0]):
                yield look.at(unit, value.line, Weakness.EXFILTRATION, Severity.HIGH, message.format(found[0]))


def _added(unit: Unit, name: str) -> list[ir.Expr]:
    calls = [n for n in unit.nodes if isinstance(n, ir.Call) and isinstance(n.callee, ir.Attribute) and n.args]
    return [
        call.args[0]
        for call in calls
        if isinstance(call.callee, ir.Attribute)
        and call.callee.name in ("append", "push", "add")
        and isinstance(call.callee.base, ir.Name)
        and call.callee.base.id == name
    ]


def _is_sample(address: str) -> bool:
    return bool(
        re.search(r"@(?:example\.|test\.|localhost|your|domain\.)|^(?:user|you|name|someone)@", address, re.IGNORECASE)
    )


# --- requests -------------------------------------------------------------------------------------------------------


def _sent(look: Look, unit: Unit, node: ir.Call, sites: frozenset[str]) -> Iterator[Finding]:
    text = next((t for a, w in addresses(look, unit, node) for t in look.units.texts(a, w) if "://" in t), "")
    host = host_of(text)
    if _ANONYMOUS.match(text):
        message = f"Data is sent to {host[:80]}, where anyone can have a mailbox without a name."
        yield look.at(unit, node.line, Weakness.EXFILTRATION, Severity.HIGH, message)
        return
    if not host or not _carries(look, unit, node) or TELEMETRY.search(host):
        return
    if re.fullmatch(r"[\d.]+|\[[0-9a-f:]+\]", host) and far(host) and host not in _RESOLVERS:
        message = f"Data is sent to {host}, a number that tells nobody who receives it."
        yield look.at(unit, node.line, Weakness.EXFILTRATION, Severity.MEDIUM, message)
        return
    around = _around(unit)
    if not any(id(node) in look.ignored(u) for u in around):
        return
    words = f"{text} {' '.join(u.function.qualname for u in around if u.function is not None)}"
    if _PURPOSE.search(words) or _USAGE.search(words):
        return
    others = sites - {site(host)}
    if others:
        message = f"What a tool works on is also sent to {host}, whose answer nobody reads."
        yield look.at(unit, node.line, Weakness.EXFILTRATION, Severity.MEDIUM, message)
    elif any(_is_hushed(u, node) for u in around):
        message = f"What a tool works on is sent to {host}; nobody reads the answer, and a failure is hushed up."
        yield look.at(unit, node.line, Weakness.EXFILTRATION, Severity.MEDIUM, message)


def _around(unit: Unit) -> list[Unit]:
    found = []
    current: Unit | None = unit
    while current is not None and current.function is not None:
        found.append(current)
        current = current.outer
    return found


def _carries(look: Look, unit: Unit, node: ir.Call) -> bool:
    """Whether a request has a body that is not fixed."""
    bodies = [k.value for k in node.keywords if k.name in _BODIES]
    for arg in node.args[1:]:
        for table, where in look.units.values(arg, unit):
            if isinstance(table, ir.Table):
                bodies += [v for k, v in table.entries if isinstance(k, ir.Const) and k.value in _BODIES]
            elif last_name(node.callee) in _POSTS and where is unit:
                bodies.append(arg)
    if last_name(node.callee) == "urlopen" and node.args:
        for call, _ in look.units.values(node.args[0], unit):
            if isinstance(call, ir.Call):
                bodies += [*call.args[1:], *(k.value for k in call.keywords if k.name in _BODIES)]
    return any(isinstance(n, ir.Name) for body in bodies for n in pieces(body))


def _is_hushed(unit: Unit, node: ir.Call) -> bool:
    """Whether an error of the request disappears without a word."""
    for other in unit.function.body if unit.function is not None else ():
        for outer in walk(other):
            if isinstance(outer, ir.Try) and any(n is node for n in walk(outer.body)):
                if outer.handlers and all(_says_nothing(h.body) for h in outer.handlers):
                    return True
            elif isinstance(outer, ir.Call) and last_name(outer.callee) == "catch" and outer.args:
                caught = outer.args[0]
                silent = isinstance(caught, ir.Lambda) and _says_nothing(caught.function.body)
                if silent and any(n is node for n in walk(outer.callee)):
                    return True
    return False


def _says_nothing(body: tuple[ir.Stmt, ...]) -> bool:
    return all(
        (isinstance(s, ir.Return) and (s.value is None or isinstance(s.value, ir.Const | ir.Table | ir.Collection)))
        or isinstance(s, ir.Jump)
        or (isinstance(s, ir.Do) and isinstance(s.value, ir.Const))
        for s in body
    )


def _answering_sites(look: Look) -> frozenset[str]:
    """Owners of the hosts whose answers the server uses."""
    found: set[str] = set()
    for unit in look.reached():
        ignored = {i for u in _around(unit) for i in look.ignored(u)}
        for node in unit.nodes:
            if isinstance(node, ir.Call) and look.sends(node) and id(node) not in ignored:
                texts = (t for a, w in addresses(look, unit, node) for t in look.units.texts(a, w))
                found.update(site(host) for t in texts if (host := host_of(t)))
    return frozenset(found)


# --- stores ---------------------------------------------------------------------------------------------------------


def _stores(look: Look) -> Iterator[Finding]:
    """Libraries made to get at what other programs keep under lock and key."""
    for unit in look.reached():
        if unit.function is not None or unit.owner is not None:
            continue
        for bound in unit.module.imports:
            if _DUMPERS.match(bound.module):
                message = f"The library {bound.module[:60]} decrypts what another program keeps for its user."
                yield look.at(unit, bound.line, Weakness.EXFILTRATION, Severity.HIGH, message)
            elif _COOKIES.match(bound.module):
                message = f"The library {bound.module[:60]} reads the cookies of the user's browser."
                yield look.at(unit, bound.line, Weakness.EXFILTRATION, Severity.MEDIUM, message, Confidence.TENTATIVE)
