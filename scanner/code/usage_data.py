"""Usage data: who gathers it, and what of the user or of the errors goes along.

Sources: the documentation of PostHog, Segment, Mixpanel, Amplitude, Sentry; consoledonottrack.com for how it is refused.
"""

# ruff: noqa: E501 - word lists and patterns

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from scanner.code import ir
from scanner.code.consent import asked
from scanner.code.credentials import MASKS
from scanner.code.hosts import host_of
from scanner.code.plain_http import addresses
from scanner.code.recipients import TELEMETRY
from scanner.code.secret_names import is_secret
from scanner.code.sweeping import Look
from scanner.code.units import Unit, dotted, last_name, pieces
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

_SDKS: Final = re.compile(
    r"^(?:posthog(?:-node|-js)?|mixpanel|segment|analytics|@segment/.*|analytics-node|@amplitude/.*|amplitude|@rudderstack/.*|rudderstack"
    r"|rudder-sdk-node|universal-analytics|heap-api|@scarf/.*|scarf|countly-sdk-nodejs|matomo-tracker|plausible-tracker|@vercel/analytics.*"
    r"|statsig(?:-node)?|applicationinsights|insights-js|ga4_measurement_protocol)(?:\.|$)"
)
_EVENTS: Final = frozenset(
    {
        "capture",
        "track",
        "identify",
        "logEvent",
        "log_event",
        "page",
        "trackEvent",
        "track_event",
        "people_set",
        "event",
        "screen",
        "alias",
        "group",
    }
)
_SENTRY: Final = frozenset({"send_default_pii", "sendDefaultPii", "attachStacktrace", "include_local_variables"})
_STRONG: Final = re.compile(
    r"telemetr|analytic|/track(?:ing)?\b|/usage\b|/beacon|/collect\?|/stats/|phone-?home", re.IGNORECASE
)
_WEAK: Final = re.compile(
    r"(?:^|\b|/|\.)(?:events?|stats?|metrics?|ping|heartbeat|usage|track)(?:\b|/|$)", re.IGNORECASE
)
_SAYS: Final = re.compile(
    r"telemetr|analytic|track(?:_|[A-Z]|$)|usage|phone_?home|beacon|report_?(?:event|usage)|record_?(?:event|usage)|log_?usage",
    re.IGNORECASE,
)
_IDENTITY: Final = frozenset({"hostname", "gethostname", "getfqdn", "getuser", "getlogin", "userInfo", "getnode", "machineId", "machineIdSync", "homedir",
                              "networkInterfaces", "get_machine_id"})  # fmt: skip
_HASHES: Final = frozenset({"hexdigest", "digest", "sha256", "md5", "sha1", "createHash", "hash", "update"})
_ERRORS: Final = re.compile(
    r"^(?:e|ex|exc|err|error|exception|cause|reason|failure)$|(?:error|exception)$", re.IGNORECASE
)
_TEXTS: Final = frozenset({"str", "String", "repr", "stringify", "dumps", "trim", "strip", "slice", "substring", "format_exc", "encode", "toString", "lower",
                           "quote", "encodeURIComponent", "urlencode", "truncate"})  # fmt: skip
_ONLY: Final = "="
"""Marks, among the keys that are left out of a table, the one key that is looked at."""
_BODIES: Final = frozenset({"json", "data", "content", "body", "params"})
_MAX: Final = 500
_MINIFIED: Final = 1000
_DEPTH: Final = 40
Leaf = Literal["an error's text", "who or which machine it is", "what the tool was given", "a credential's hash"]


@dataclass(frozen=True, slots=True)
class _Found:
    """What goes along, and the function that should have taken it out but knows only the secrets it was told."""

    what: Leaf
    mask: Unit | None = None


def usage_data(look: Look) -> Iterator[Finding]:
    """Events of usage services and requests of the server's own that tell of its users."""
    gather = _Gather(look)
    clients = _clients(look)
    for unit in look.reached():
        for node in unit.nodes:
            if not isinstance(node, ir.Call):
                continue
            if _is_event(unit, node, clients):
                yield from _event(look, gather, unit, node)
            elif look.sends(node):
                yield from _request(look, gather, unit, node)
            elif dotted(node.callee) in ("sentry_sdk.init", "Sentry.init", "sentry.init"):
                yield from _tracker(look, unit, node)


def _event(look: Look, gather: "_Gather", unit: Unit, node: ir.Call) -> Iterator[Finding]:
    if asked(look, unit, node):
        return
    for found in gather.leaves([*node.args, *(k.value for k in node.keywords)], unit):
        if found.mask is not None and found.mask.function is not None:
            message = "Usage data holds an error's text, from which only known secrets are taken out; take out ids and paths too."
            yield look.at(found.mask, found.mask.function.line, Weakness.TELEMETRY, Severity.MEDIUM, message)
        else:
            # In code without names a function that masks is not told from any other.
            names = len("".join(unit.module.lines[node.line - 1 : node.line])) < _MINIFIED
            sure = Confidence.FIRM if names else Confidence.TENTATIVE
            yield look.at(unit, node.line, Weakness.TELEMETRY, Severity.MEDIUM, f"Usage data holds {found.what}.", sure)


def _request(look: Look, gather: "_Gather", unit: Unit, node: ir.Call) -> Iterator[Finding]:
    where = [(arg, at) for arg, at in addresses(look, unit, node)]
    text = next((t for arg, at in where for t in look.units.texts(arg, at) if "://" in t), "")
    host = host_of(text)
    if not host or asked(look, unit, node):
        return
    bodies = list(_bodies(look, unit, node))
    function = unit.function.name if unit.function is not None else ""
    ignored = id(node) in look.ignored(unit)
    gathers = (
        TELEMETRY.search(host) or _STRONG.search(text) or (ignored and (_WEAK.search(text) or _SAYS.search(function)))
    )
    if gathers and (bodies or "\x00" in text):
        yield look.at(unit, node.line, Weakness.TELEMETRY, Severity.MEDIUM, f"Usage data is sent to {host[:80]}.")
        return
    for found in gather.leaves([*bodies, *(arg for arg, at in where if at is unit)], unit):
        if found.what in ("who or which machine it is", "a credential's hash"):
            message = f"A request to {host[:80]} says {found.what}."
            yield look.at(unit, node.line, Weakness.TELEMETRY, Severity.MEDIUM, message)
            return


def _tracker(look: Look, unit: Unit, node: ir.Call) -> Iterator[Finding]:
    options = [(k.name, k.value) for k in node.keywords if k.name is not None]
    for arg in node.args:
        if isinstance(arg, ir.Table):
            options += [(str(k.value), v) for k, v in arg.entries if isinstance(k, ir.Const)]
    fixed = any(name == "dsn" and (look.units.text(value, unit) or "").startswith("http") for name, value in options)
    personal = any(name in _SENTRY and isinstance(value, ir.Const) and value.value is True for name, value in options)
    if fixed and personal and not asked(look, unit, node):
        message = "Errors are reported with personal data, without asking."
        yield look.at(unit, node.line, Weakness.TELEMETRY, Severity.MEDIUM, message)


def _bodies(look: Look, unit: Unit, node: ir.Call) -> Iterator[ir.Expr]:
    yield from (k.value for k in node.keywords if k.name in _BODIES)
    for arg in node.args[1:]:
        tables = [v for v, at in look.units.values(arg, unit) if isinstance(v, ir.Table) and at is unit]
        for table in tables:
            yield from (v for k, v in table.entries if isinstance(k, ir.Const) and k.value in _BODIES)
        if not tables and last_name(node.callee) in ("post", "put", "urlopen", "Request"):
            yield arg


# --- usage services -------------------------------------------------------------------------------------------------


def _clients(look: Look) -> dict[str, frozenset[str]]:
    """For each module the names of usage services and of the clients that are made of them."""
    services = {
        m.name: {i.local for i in m.imports if i.local and _SDKS.match(i.module)} for m in look.analysis.project.modules
    }
    found = {name: set(names) for name, names in services.items()}
    for unit in look.units.all:
        names = services[unit.module.name]
        for node in unit.nodes:
            made = node.value if isinstance(node, ir.Assign) else None
            if isinstance(made, ir.Call) and dotted(made.callee).partition(".")[0] in names:
                found[unit.module.name].update(last_name(target) for target in node.targets)
    return {name: frozenset(names) for name, names in found.items()}


def _is_event(unit: Unit, node: ir.Call, clients: dict[str, frozenset[str]]) -> bool:
    if not isinstance(node.callee, ir.Attribute) or node.callee.name not in _EVENTS:
        return False
    return last_name(node.callee.base) in clients[unit.module.name]


# --- what goes along ------------------------------------------------------------------------------------------------


class _Gather:
    """Follows what an event holds back to where it comes from: names, tables, own functions, and their callers."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._calls: dict[str, list[tuple[ir.Call, Unit]]] = {}
        for unit in look.reached():
            for node in unit.nodes:
                if isinstance(node, ir.Call) and isinstance(node.callee, ir.Name):
                    self._calls.setdefault(last_name(node.callee), []).append((node, unit))

    def leaves(self, given: list[ir.Expr], unit: Unit) -> list[_Found]:
        """What these values hold that is somebody's business, each kind once."""
        found: dict[Leaf, _Found] = {}
        seen: set[tuple[int, frozenset[str]]] = set()
        stack: list[tuple[ir.Expr, Unit, frozenset[str], int, Unit | None]] = [
            (g, unit, frozenset(), _DEPTH, None) for g in given
        ]
        for _ in range(_MAX):
            if not stack:
                break
            node, where, without, depth, mask = stack.pop()
            if depth <= 0 or (id(node), without) in seen:
                continue
            seen.add((id(node), without))
            what = self._leaf(node, where)
            if what is not None:
                found.setdefault(what, _Found(what, mask))
                continue
            stack.extend((n, w, x, depth - 1, mask or m) for n, w, x, m in self._next(node, where, without))
        return list(found.values())

    def _leaf(self, node: ir.Expr, unit: Unit) -> Leaf | None:
        if (
            isinstance(node, ir.Attribute)
            and node.name in ("message", "stack")
            and _ERRORS.search(last_name(node.base))
        ):
            return "an error's text"
        if isinstance(node, ir.Name) and self._is_input(node, unit):
            return "what the tool was given"
        if not isinstance(node, ir.Call):
            return None
        name = last_name(node.callee)
        if name in ("str", "String", "repr") and node.args and _ERRORS.search(last_name(node.args[0])):
            return "an error's text"
        if name == "format_exc":
            return "an error's text"
        if name in _IDENTITY:
            return "who or which machine it is"
        if name in _HASHES and any(self._is_credential(n) for n in pieces(node)):
            return "a credential's hash"
        return None

    def _is_credential(self, node: object) -> bool:
        if isinstance(node, ir.Name):
            return is_secret(node.id.partition("~")[0])
        if isinstance(node, ir.Subscript | ir.Attribute):
            key = (
                node.index.value
                if isinstance(node, ir.Subscript) and isinstance(node.index, ir.Const)
                else getattr(node, "name", "")
            )
            return is_secret(str(key))
        return False

    def _is_input(self, node: ir.Name, unit: Unit) -> bool:
        """A parameter of a tool's handler, or a part of one."""
        if unit.ref not in self._look.handlers or unit.function is None:
            return False
        params = unit.function.params
        bound = {p.name for p in params if not re.match(r"^(?:ctx|context|extra|_)", p.name)}
        bound |= {n.id for p in params[:1] if p.target is not None for n in pieces(p.target) if isinstance(n, ir.Name)}
        return node.id in bound and node.id not in unit.names

    def _next(  # noqa: C901, PLR0912  (one case per kind of node)
        self, node: ir.Expr, unit: Unit, without: frozenset[str]
    ) -> Iterator[tuple[ir.Expr, Unit, frozenset[str], Unit | None]]:
        if isinstance(node, ir.Name | ir.Attribute | ir.Logic | ir.Assigned):
            yield from ((v, w, without, None) for v, w in self._look.units.steps(node, unit) if v is not node)
            if isinstance(node, ir.Name):
                yield from self._given(node.id, unit, without)
            elif isinstance(node, ir.Attribute):
                yield node.base, unit, frozenset({f"{_ONLY}{node.name}"}), None
        elif isinstance(node, ir.Conditional):
            yield from ((n, unit, without, None) for n in _ways(node))
        elif isinstance(node, ir.Table):
            named = {str(k.value) for k, _ in node.entries if isinstance(k, ir.Const)}
            only = next((w.removeprefix(_ONLY) for w in without if w.startswith(_ONLY)), None)
            for key, value in node.entries:
                name = str(key.value) if isinstance(key, ir.Const) else ""
                if key is None:
                    if only not in named:
                        yield value, unit, without | named, None
                elif name not in without and only in (None, name):
                    yield value, unit, frozenset(), None
        elif isinstance(node, ir.Collection):
            yield from ((n, unit, frozenset[str](), None) for n in node.items)
        elif isinstance(node, ir.Concat):
            yield from ((n, unit, frozenset[str](), None) for n in node.parts)
        elif isinstance(node, ir.Binary):
            yield from ((n, unit, frozenset[str](), None) for n in (node.left, node.right))
        elif isinstance(node, ir.Call):
            yield from self._through(node, unit, without)

    def _through(
        self, node: ir.Call, unit: Unit, without: frozenset[str]
    ) -> Iterator[tuple[ir.Expr, Unit, frozenset[str], Unit | None]]:
        name = last_name(node.callee)
        own = self._look.units.named(name) if isinstance(node.callee, ir.Name) else []
        if own and MASKS.search(name):
            if not any(self._by_pattern(f, 3) for f in own):
                yield from ((arg, unit, frozenset[str](), own[0]) for arg in node.args)
        elif own:
            for function in own[:2]:
                for inner in function.nodes:
                    if isinstance(inner, ir.Return) and inner.value is not None:
                        yield inner.value, function, without, None
        elif name in _TEXTS:
            yield from ((arg, unit, frozenset[str](), None) for arg in node.args)
            if isinstance(node.callee, ir.Attribute):
                yield node.callee.base, unit, frozenset(), None

    def _by_pattern(self, unit: Unit, depth: int) -> bool:
        """Whether a function that masks does it by patterns and not only by a list of known secrets."""
        for node in unit.nodes:
            if not isinstance(node, ir.Call):
                continue
            name = last_name(node.callee)
            if name in ("replace", "replaceAll", "sub") and node.args and isinstance(node.args[0], ir.Const):
                return True
            if (
                depth
                and isinstance(node.callee, ir.Name)
                and any(self._by_pattern(f, depth - 1) for f in self._look.units.named(name))
            ):
                return True
        return any(isinstance(n, ir.Return) and isinstance(n.value, ir.Const) for n in unit.nodes)

    def _given(
        self, name: str, unit: Unit, without: frozenset[str]
    ) -> Iterator[tuple[ir.Expr, Unit, frozenset[str], Unit | None]]:
        """What the callers of a function of the project hand over as one of its parameters."""
        function = unit.function
        at = next((i for i, p in enumerate(function.params) if p.name == name), None) if function is not None else None
        if function is None or at is None:
            return
        for call, where in self._calls.get(function.name, ())[:8]:
            if at < len(call.args):
                yield call.args[at], where, without, None
            yield from ((k.value, where, without, None) for k in call.keywords if k.name == name)


def _ways(node: ir.Conditional) -> Iterator[ir.Expr]:
    """Both values of a choice; where one is the other with entries replaced, only that one."""
    for one, other in ((node.then, node.other), (node.other, node.then)):
        spread = (
            [v.id for k, v in other.entries if k is None and isinstance(v, ir.Name)]
            if isinstance(other, ir.Table)
            else []
        )
        if not (isinstance(one, ir.Name) and one.id in spread):
            yield one
