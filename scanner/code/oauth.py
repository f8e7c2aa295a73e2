"""How a program behaves as the client of an OAuth login, and how a server matches redirect addresses.

- An address that a remote server names is handed to the system to open: without a check of its scheme it may be
  `file:`, a custom scheme, or on Windows a command (CVE-2025-6514).
- The answer of a login is taken without `state` and without PKCE: whoever sends the browser a link finishes the login
  with a code of his own (RFC 6749, 10.12; RFC 9700, 2.1 lets PKCE take the place of `state`).
- A redirect address is compared by its beginning or by a part of it: RFC 9700, 2.1 asks for the exact string.
"""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.carried import is_carrier, path_of, plain, read_key
from scanner.code.sweeping import Look
from scanner.code.units import GAP, Unit
from scanner.code.values import only
from scanner.code.walking import walk
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_HANDLER: Final = re.compile(
    r"redirect_?(?:to_?)?(?:handler|authorization|user)|^handle_?redirect|on_?redirect", re.IGNORECASE
)
_SAID: Final = re.compile(
    r"^(?:authorization_endpoint|authorization_url|authorizationEndpoint|authorizationUrl|verification_uri\w*|"
    r"verificationUri\w*|end_session_endpoint|device_authorization_endpoint)$"
)
_GUARD: Final = re.compile(r"sanit|valid|safe|allow|is_?http|assert|check|normali|ensure", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"ur[il]|scheme|href|link|address", re.IGNORECASE)
_SCHEMES: Final = frozenset({"http", "https", "http:", "https:", "http://", "https://"})
_OPENERS: Final = re.compile(
    r"^(?:/usr/bin/)?(?:xdg-open|open|start|explorer(?:\.exe)?|rundll32(?:\.exe)?|gio|wslview|cmd(?:\.exe)?)$"
)
_CODE: Final = re.compile(r"^code$")
_PROOF: Final = re.compile(
    r"code_?verifier|code_?challenge|\bpkce\b|S256|finishAuth|OAuthClientProvider|fetch_token|startAuthorization|"
    r"exchangeAuthorization",
    re.IGNORECASE,
)
_LOGIN: Final = re.compile(r"callback|oauth|authori[sz]|redirect_uri|access_token|grant_type", re.IGNORECASE)
_LOOKS: Final = frozenset(
    {"compare_digest", "timingSafeEqual", "get", "has", "pop", "delete", "verify", "check_state", "validate_state"}
)
_REDIRECT: Final = re.compile(r"redirect_?ur[il]s?$|^redirect$|callback_?url$", re.IGNORECASE)
_LOOSE: Final = frozenset({"startswith", "startsWith", "includes", "endswith", "endsWith", "indexOf", "find", "search"})
_WHOLE_HOST: Final = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*[/:]|^[a-z][a-z0-9+.-]*:/?$|^/", re.IGNORECASE)
_SCHEME_ONLY: Final = re.compile(r"^https?:?/{0,2}$", re.IGNORECASE)


def oauth(look: Look) -> Iterator[Finding]:
    """Every finding of these three rules, for the code that the entry point reaches."""
    yield from _opened(look)
    yield from _states(look)
    for unit in look.reached():
        for line, sure in sorted(dict(_loose(unit)).items()):
            message = "A redirect address is accepted by a part of it; another host can be made to match."
            confidence = Confidence.FIRM if sure else Confidence.TENTATIVE
            yield look.at(unit, line, Weakness.REDIRECT_MATCH, Severity.MEDIUM, message, confidence)


# --- addresses that are opened ----------------------------------------------------------------------------------------


def _opened(look: Look) -> Iterator[Finding]:
    guards = _Guards(look)
    reached = {id(node): unit for unit in look.reached() for node in unit.nodes if isinstance(node, ir.Call)}
    for event in look.analysis.events:
        unit = reached.get(id(event.node))
        node = event.node
        if unit is None or event.kind != "sink" or not isinstance(node, ir.Call):
            continue
        address = node.args[0] if event.signal is Signal.OPEN_URL and node.args else None
        launched = False
        if event.signal is Signal.PROCESS:
            address, launched = _launched(look, unit, node), True
        if address is None or _fixed(look, unit, address):
            continue
        sure = _remote(look, unit, address)
        if not sure and not any(only(v.everything(), "network") for v in event.args):
            continue
        if guards.hold(unit, address):
            continue
        # A browser alone refuses most of what an opener of the system would start.
        browser = event.ref.startswith("webbrowser.")
        severity = Severity.HIGH if sure and not browser else Severity.MEDIUM
        how = "handed to a program that opens it" if launched else "opened"
        message = f"An address that a remote server chose is {how} without looking at its scheme."
        confidence = Confidence.FIRM if sure else Confidence.TENTATIVE
        yield look.at(unit, event.line, Weakness.URL_OPENED, severity, message, confidence)


def _launched(look: Look, unit: Unit, node: ir.Call) -> ir.Expr | None:
    """The address in `spawn("xdg-open", [url])`, `subprocess.run(["open", url])`, `exec(`start ${url}`)`."""
    if not node.args:
        return None
    first, rest = node.args[0], node.args[1:2]
    if isinstance(first, ir.Collection):
        items = first.items
        head, rest = (items[0] if items else None), items[1:]
    elif isinstance(first, ir.Concat):
        text = first.parts[0] if first.parts else None
        head = text if isinstance(text, ir.Const) and isinstance(text.value, str) else None
        program = str(head.value).split()[:1] if isinstance(head, ir.Const) else []
        return (
            next((p for p in first.parts[1:] if not isinstance(p, ir.Const)), None)
            if program and _OPENERS.match(program[0])
            else None
        )
    else:
        head = first
        if rest and isinstance(rest[0], ir.Collection):
            rest = rest[0].items
    programs = look.units.texts(head, unit) if head is not None else []
    if not any(_OPENERS.match(p) for p in programs):
        return None
    return next((a for a in reversed(rest) if not isinstance(a, ir.Const | ir.Table)), None)


def _fixed(look: Look, unit: Unit, address: ir.Expr) -> bool:
    """Whether the code itself names scheme and host."""
    texts = look.units.texts(address, unit)
    return bool(texts) and all(re.match(r"https?://[^/\x00]+", t) and GAP not in t.split("/")[2] for t in texts)


def _remote(look: Look, unit: Unit, address: ir.Expr) -> bool:
    """Whether the address is what a server said of itself, or what an SDK hands to its redirect handler."""
    current: Unit | None = unit
    names = {n.id for n in walk(address) if isinstance(n, ir.Name)}
    while current is not None and current.function is not None:
        given = {p.name for p in current.function.params}
        if _HANDLER.search(plain(current.function.name)) and names & given:
            return True
        if any(_SAID.match(plain(n)) for n in names & given):
            return True
        current = current.outer
    for value, _ in look.units.values(address, unit):
        # A method of this name belongs to a library that was set up for one provider.
        methods = {id(n.callee) for n in walk(value) if isinstance(n, ir.Call)}
        for node in walk(value):
            read = isinstance(node, ir.Attribute | ir.Subscript | ir.Call) and id(node) not in methods
            if read and _SAID.match(read_key(node)):
                return True
    return False


def _asks_scheme(unit: Unit) -> bool:
    """`url.protocol !== "https:"`, `parsed.scheme not in (...)`, `url.startswith("https://")`."""
    for node in unit.nodes:
        if isinstance(node, ir.Compare):
            sides = list(walk((node.left, node.right)))
            named = any(isinstance(n, ir.Attribute) and n.name in ("protocol", "scheme") for n in sides)
            named = named or any(isinstance(n, ir.Name) and plain(n.id) in ("protocol", "scheme") for n in sides)
            if named and node.op in ("==", "!=", "in", "not-in"):
                return True
        if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute):
            texts = {n.value for n in walk(node.args) if isinstance(n, ir.Const)}
            if node.callee.name in ("startswith", "startsWith") and texts & _SCHEMES:
                return True
            if node.callee.name in ("includes", "has", "test", "match", "fullmatch"):
                asked = any(isinstance(n, ir.Attribute) and n.name in ("protocol", "scheme") for n in walk(node.args))
                pattern = [n.value for n in walk(node) if isinstance(n, ir.Const) and isinstance(n.value, str)]
                if asked or any("https?" in p for p in pattern):
                    return True
    return False


class _Guards:
    """Where a scheme is asked for; each unit is read once, however many addresses it opens."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._asking: dict[int, bool] = {}
        self._handing: dict[int, bool] = {}
        self._callers: dict[str, list[Unit]] = {}
        units = [u for u in look.units.all if u.function is not None]
        self._names = {plain(u.function.name) for u in units if u.function is not None and self._asks(u)}
        for unit in units:
            for name in {(path_of(n.callee) or [""])[-1] for n in unit.nodes if isinstance(n, ir.Call)}:
                self._callers.setdefault(name, []).append(unit)

    def hold(self, unit: Unit, address: ir.Expr) -> bool:
        """A scheme is asked for here, in a function that is handed the address, or by everyone who calls this one."""
        current: Unit | None = unit
        while current is not None:
            if self._asks(current):
                return True
            current = current.outer
        if id(unit) not in self._handing:
            self._handing[id(unit)] = any(self._guards(n) for n in unit.nodes)
        values = [address, *(v for v, _ in self._look.units.values(address, unit))]
        if self._handing[id(unit)] or any(self._guards(c) for v in values for c in walk(v)):
            return True
        callers = self._callers.get(plain(unit.function.name), []) if unit.function is not None else []
        return bool(callers) and all(self._asks(u) for u in callers)

    def _asks(self, unit: Unit) -> bool:
        if id(unit) not in self._asking:
            self._asking[id(unit)] = _asks_scheme(unit)
        return self._asking[id(unit)]

    def _guards(self, node: object) -> bool:
        """A call of something that asks for the scheme, or says so by its name."""
        if not isinstance(node, ir.Call) or not node.args:
            return False
        name = (path_of(node.callee) or [""])[-1]
        return name in self._names or bool(_GUARD.search(name) and _ADDRESS.search(name))


# --- the answer of a login --------------------------------------------------------------------------------------------


def _states(look: Look) -> Iterator[Finding]:
    units = list(look.reached())
    modules = {u.module.name: u.module for u in units}.values()
    proved = any(_PROOF.search(line) for m in modules for line in m.lines)
    for unit in units:
        if unit.function is None or proved:
            continue
        lines = [n.line for n in unit.nodes if _reads_code(n)]
        if not lines or not any(_LOGIN.search(line) for line in unit.module.lines):
            continue
        if not _asks_state(unit.module):
            message = "The answer of a login is taken without comparing its state, and without PKCE."
            yield look.at(unit, min(lines), Weakness.OAUTH_STATE, Severity.MEDIUM, message)


def _reads_code(node: object) -> bool:
    """`req.query.code`, `request.query_params["code"]`, `parse_qs(url.query)["code"]`."""
    if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Table) and is_carrier(node.value):
        return any(isinstance(k, ir.Const) and k.value == "code" for k, _ in node.targets[0].entries)
    if not isinstance(node, ir.Attribute | ir.Subscript | ir.Call) or not _CODE.match(read_key(node)):
        return False
    base = node.callee if isinstance(node, ir.Call) else node.base
    path = path_of(base)
    asked = set(path) & {"query", "query_params", "queryParams", "searchParams", "rel_url"} or (
        set(path) & {"args", "GET"} and path[0] == "request"
    )
    return bool(asked) and is_carrier(base)


def _asks_state(module: ir.Module) -> bool:
    """Whether the module compares or looks up a `state` anywhere."""
    for node in walk(module.body):
        parts: tuple[object, ...] = ()
        if isinstance(node, ir.Compare):
            parts = (node.left, node.right)
        elif isinstance(node, ir.Call) and (path_of(node.callee) or [""])[-1] in _LOOKS:
            parts = node.args
        elif isinstance(node, ir.Subscript):
            parts = (node.index,) if not isinstance(node.index, ir.Const) else ()
        for part in walk(parts):
            word = part.id if isinstance(part, ir.Name) else part.name if isinstance(part, ir.Attribute) else ""
            if isinstance(node, ir.Compare) and isinstance(part, ir.Subscript | ir.Call):
                word = read_key(part) or word
            if re.search(r"(?:^|_)state$|[a-z]State$", plain(word)):
                return True
    return False


# --- redirect addresses -----------------------------------------------------------------------------------------------


def _loose(unit: Unit) -> Iterator[tuple[int, bool]]:
    """Lines where a redirect address is matched by a part of it. A search for the local machine's name may only ask
    whether the login runs on it, and is not sure.
    """
    for node in unit.nodes:
        if (
            isinstance(node, ir.Call)
            and isinstance(node.callee, ir.Attribute)
            and node.callee.name in _LOOSE
            and node.args
        ):
            tested, part = node.callee.base, node.args[0]
            if _names_redirect(tested) and not _enough(part, node.callee.name) and not _is_list(tested):
                yield node.line, not _local(part)
        elif isinstance(node, ir.Compare) and node.op in ("in", "not-in") and _names_redirect(node.right):
            whole = _is_list(node.right) or _names_redirect(node.left)
            yield from () if whole else ((node.line, not _local(node.left)),)


def _local(part: ir.Expr) -> bool:
    return isinstance(part, ir.Const) and str(part.value).strip("/:") in ("localhost", "127.0.0.1", "::1", "[::1]")


def _names_redirect(node: ir.Expr) -> bool:
    path = path_of(node)
    word = read_key(node) if path[-1:] == ["get"] else path[-1] if path else ""
    return bool(_REDIRECT.search(word))


def _is_list(node: ir.Expr) -> bool:
    """`client.redirect_uris.includes(uri)` compares whole addresses."""
    path = path_of(node)
    return bool(path) and path[-1].lower().endswith("s")


def _enough(part: ir.Expr, how: str) -> bool:
    """A beginning that names the whole host, or only the scheme, leaves no other host to be put in its place."""
    first = part.parts[0] if isinstance(part, ir.Concat) and part.parts else part
    if isinstance(first, ir.Const) and isinstance(first.value, str):
        whole = bool(_WHOLE_HOST.match(first.value)) or bool(_SCHEME_ONLY.match(first.value))
        return whole and how in ("startswith", "startsWith")
    return False
