"""Object-level authorization: tools that believe what a caller says about itself (CWE-639, CWE-862; CONTROLS.md AZ-08).

Four shapes are looked for:

- an input names a person, tenant or account and is the key of the server's own data, while the server knows who the
  caller is, and nothing compares the two;
- an input names an object whose record says whose it is, and nothing compares that owner with the caller;
- an input states the caller's role, and the code decides about rights by it;
- a tool says that it needs a login or a role which the server keeps, and nothing asks for it.

What an upstream service answers is authorised by the user's own credential, so only the server's own data counts: its
tables and its queries. Without any notion of a caller there is nobody to confuse with anybody.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.claims import Claims
from scanner.code.handling import Following, Handling, Site, callee_name, tests
from scanner.code.identity import Identity, names_owner, names_person
from scanner.code.records import (
    outer_names,
    owned_tables,
    root_of,
    row_keys,
    store_name,
    stores_of,
    table_of,
    text_of,
    variable,
)
from scanner.code.secret_names import words
from scanner.code.walking import walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_GETS: Final = frozenset({"get", "pop", "setdefault", "delete", "has", "set"})
_MEMBERSHIP: Final = frozenset({"includes", "has", "startsWith", "startswith", "some"})
_KEYS: Final = frozenset({"id", "ids", "key", "number", "no", "ref", "uuid", "guid", "slug", "name", "code", "index"})
_QUERY: Final = re.compile(r"^\s*(?:select|update|delete|insert)\b", re.IGNORECASE)
_CHECKS: Final = re.compile(
    r"(?:^|_)(?:authori[sz]e[ds]?|check_(?:access|owner|ownership|permissions?|role|tenant|user|authori[sz]ation)"
    r"|(?:require|ensure|assert|enforce|verify|validate|need)s?_(?:access|owner(?:ship)?|permissions?|role|roles|admin|tenant|user|scopes?|authori[sz]ation|authori[sz]ed|auth|login|logged_in|authenticated|initiali[sz]ed|same_user|self|privilege)"
    r"|has_(?:access|permissions?|role|scopes?)|is_(?:owner|allowed|authori[sz]ed|permitted|admin|owned_by)|can_(?:access|read|view|edit|see|modify)"
    r"|permission_required|login_required|roles?_required|scopes?_required|admin_(?:only|required)|guard|protected|requires?)(?:_|$)"
)  # fmt: skip
_NEEDS: Final = re.compile(
    r"\brequir(?:es?|ing)\s+(?:an?\s+|the\s+|prior\s+|previous\s+|valid\s+)*(?:admin|administrator|authenticat|authori[sz]|login|logged|elevated|owner|privileg|superuser|root|initiali[sz]ation|session)"
    r"|\badmin(?:istrator)?s?[\s-]only\b|\bonly\s+(?:for\s+|available\s+to\s+|callable\s+(?:by\s+|after\s+)|accessible\s+(?:to|by)\s+|usable\s+by\s+)(?:the\s+)?(?:admin|administrator|owner|logged|authenticat|login|initiali[sz])"
    r"|\bonly\s+(?:admins?|administrators?|owners?|managers?)\s+(?:can|may)\b"
    r"|\bmust\s+(?:be\s+(?:logged|authenticat|an?\s+admin)|log\s*in|login|authenticate|first\s+(?:login|log\s+in|authenticate))"
    r"|\b(?:callable|available|allowed)\s+(?:only\s+)?after\s+(?:login|log\s*in|authenticat|initiali[sz])"
    r"|\bprivileged\s+(?:operation|action|tool)\b|\brestricted\s+to\s+(?:admin|administrator|owner|authenticat)",
    re.IGNORECASE,
)
_STATE: Final = frozenset(
    {"role", "user", "auth", "authenticated", "authorized", "logged", "login", "session", "initialized",
     "initialised", "admin", "token", "identity", "principal", "unlocked", "permission", "permissions", "privileges",
     "account"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Look:
    """A place where an input chooses whose data, or which object, is taken."""

    param: str
    site: Site
    line: int
    store: str
    query: bool = False


class Principals:
    """The authorization findings of one language. `modules`: the code that the entry point reaches."""

    def __init__(
        self, witness: str, following: Following, modules: Iterable[ir.Module], handlings: Iterable[Handling]
    ) -> None:
        self._witness = witness
        self._modules = tuple(modules)
        self._identity = Identity(self._modules)
        self._claims = Claims(self._identity)
        self._tools = tuple(handlings)
        names = frozenset(h.tool for h in self._tools)
        self._sites = {id(h): following.sites(h, names) for h in self._tools}
        self._stores = {m.name: stores_of(m) for m in self._modules}
        self._owned = self._columns()

    @property
    def knows_callers(self) -> bool:
        """Whether the server has any notion of who calls: a session, a verified token, its own constant, a login."""
        if self._identity.fixed or any(self._kept_state(h) for h in self._tools):
            return True
        return any(self._asked(site) for sites in self._sites.values() for site in sites)

    def observations(self) -> Iterator[Observation]:
        """One for each tool, when there is a caller to know."""
        if self.knows_callers:
            for handling in self._tools:
                yield Observation(Signal.CALLER_KNOWN, handling.path, handling.line, "", handling.tool)

    def findings(self) -> Iterator[Finding]:
        known = self.knows_callers
        state = {name for h in self._tools for name in self._kept_state(h)}
        for handling in self._tools:
            sites = self._sites[id(handling)]
            believed = self._claims.believed(handling, sites)
            if believed is not None:
                param, site, line = believed
                message = f"Tool {handling.tool} decides about rights by {param}, which its caller states about itself."
                module = site.routine.module
                step = Step(module.path, line, f"{param} is believed")
                yield self._at(handling, module, Severity.HIGH, message, step)
            if known and not self._guarded(handling, sites):
                yield from self._confused(handling, sites)
            yield from self._unasked(handling, sites, state)

    # --- whose data -----------------------------------------------------------------------------------------------

    def _confused(self, handling: Handling, sites: list[Site]) -> Iterator[Finding]:
        for look in (look for site in sites for look in self._looks(site)):
            person, owned = names_person(look.param), look.store in self._owned
            if not person and not (owned and set(words(look.param)) & _KEYS):
                continue
            if person:
                message = f"Tool {handling.tool} gives out the data of any {look.param} it is asked for."
            else:
                message = f"Tool {handling.tool} gives out any record by its {look.param}, whoever is calling."
            severity = Severity.MEDIUM if look.query else Severity.HIGH
            note = f"{look.param} chooses whose data is taken" if person else f"{look.param} chooses the record"
            module = look.site.routine.module
            yield self._at(handling, module, severity, message, Step(module.path, look.line, note))
            return

    def _looks(self, site: Site) -> Iterator[_Look]:
        stores = self._reachable(site)
        for node in site.nodes:
            if isinstance(node, ir.Subscript):
                yield from self._keyed(site, node.line, node.base, node.index, stores)
            elif isinstance(node, ir.Call):
                if isinstance(node.callee, ir.Attribute) and node.callee.name in _GETS and node.args:
                    yield from self._keyed(site, node.line, node.callee.base, node.args[0], stores)
                yield from self._queried(site, node)
            elif isinstance(node, ir.Comprehension):
                yield from self._filtered(site, node, stores)
            elif isinstance(node, ir.Loop) and node.iterable is not None:
                name = root_of(node.iterable)
                if name in stores:
                    for test in tests(node.body):
                        yield from self._matched(site, test, name)

    def _keyed(self, site: Site, line: int, base: ir.Expr, key: ir.Expr, stores: frozenset[str]) -> Iterator[_Look]:
        param = site.input(key)
        name = root_of(base)
        if param is None or name not in stores or self._through(site, base):
            return
        if set(words(name)) & {"session", "sessions", "transports", "handlers", "tools", "config", "settings", "cache"}:
            return
        yield _Look(param, site, line, name)

    def _through(self, site: Site, base: ir.Expr) -> bool:
        """Whether the way to the entry leads through the caller's own part: `NOTES[current_user][note_id]`."""
        local = self._identity.locals(site)
        return any(
            (isinstance(part, ir.Subscript) and self._identity.is_known(part.index, site, local))
            or (isinstance(part, ir.Call) and any(self._identity.is_known(a, site, local) for a in part.args))
            for part in walk(base)
        )

    def _filtered(self, site: Site, node: ir.Comprehension, stores: frozenset[str]) -> Iterator[_Look]:
        for _, iterable in node.bindings:
            name = root_of(iterable)
            if name in stores:
                for condition in node.conditions:
                    yield from self._matched(site, condition, name)

    def _matched(self, site: Site, test: ir.Expr, store: str) -> Iterator[_Look]:
        for node in walk(test):
            if isinstance(node, ir.Compare) and node.op == "==":
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    param = site.input(one)
                    if param is not None and isinstance(other, ir.Attribute | ir.Subscript | ir.Name | ir.Call):
                        yield _Look(param, site, node.line, store)

    def _queried(self, site: Site, node: ir.Call) -> Iterator[_Look]:
        """`execute("SELECT ... WHERE user_id = ?", (user_id,))`."""
        if not node.args:
            return
        text = text_of(node.args[0])
        if not _QUERY.match(text) or "where" not in text.lower():
            return
        local = self._identity.locals(site)
        if any(self._identity.is_known(n, site, local) for a in node.args for n in walk(a) if isinstance(n, ir.Expr)):
            return
        for param in sorted(site.mentions((*node.args[1:], *(k.value for k in node.keywords)))):
            yield _Look(param, site, node.line, table_of(text), query=True)

    def _reachable(self, site: Site) -> frozenset[str]:
        """The names by which a function reaches the server's own data: variables of modules, and fields of objects."""
        own = set(self._stores.get(site.routine.module.name, ()))
        own |= {
            i.local for i in site.routine.module.imports if any((i.symbol or "") in s for s in self._stores.values())
        }
        if site.routine.function.owner is not None:
            own |= {n for s in self._stores.values() for n in s if n.startswith(".")}
        return frozenset(own)

    # --- who asks ---------------------------------------------------------------------------------------------------

    def _guarded(self, handling: Handling, sites: list[Site]) -> bool:
        """Whether anything on the way compares something with the caller, or hands it to a check."""
        if any(_CHECKS.search(_snake(_decorator(d))) for d in handling.routine.function.decorators):
            return True
        return any(self._asked(site) or self._checked(site) for site in sites)

    def _asked(self, site: Site) -> bool:
        local = self._identity.locals(site)

        def known(node: ir.Expr) -> bool:
            return any(isinstance(n, ir.Expr) and self._identity.is_known(n, site, local) for n in walk(node))

        for node in site.nodes:
            if isinstance(node, ir.Compare):
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    empty = isinstance(other, ir.Const) and other.value in (None, "", False, True)
                    if known(one) and not empty:
                        return True
            elif isinstance(node, ir.Call) and callee_name(node) in _MEMBERSHIP:
                holds = known(node.callee) or any(known(arg) for arg in node.args)
                if holds:
                    return True
        return False

    def _checked(self, site: Site) -> bool:
        return any(isinstance(n, ir.Call) and _CHECKS.search(_snake(callee_name(n))) for n in site.nodes)

    # --- what a tool says -------------------------------------------------------------------------------------------

    def _unasked(self, handling: Handling, sites: list[Site], state: set[str]) -> Iterator[Finding]:
        """A tool that says it needs a login or a role, in a server that keeps one, and never looks."""
        if not state or self._kept_state(handling):
            return
        found = _NEEDS.search(handling.text)
        if found is None or self._guarded(handling, sites):
            return
        for site in sites:
            for test in tests(site.body):
                if any(variable(n) in state for n in walk(test)):
                    return
        message = f'Tool {handling.tool} says of itself "{found.group(0).strip()}", and its code never asks for it.'
        where = Step(handling.path, handling.line, "runs for every caller")
        yield self._at(handling, handling.routine.module, Severity.MEDIUM, message, where)

    def _kept_state(self, handling: Handling) -> frozenset[str]:
        """Variables about the caller that this tool sets for later calls: what a login leaves behind."""
        found: set[str] = set()
        for site in self._sites[id(handling)][:6]:
            shared = outer_names(site.routine)
            for node in site.nodes:
                for target in node.targets if isinstance(node, ir.Assign) else ():
                    name = variable(target)
                    if name and (name in shared or not isinstance(target, ir.Name)) and set(words(name)) & _STATE:
                        found.add(name)
        return frozenset(found)

    # --- data -------------------------------------------------------------------------------------------------------

    def _columns(self) -> frozenset[str]:
        """Stores and database tables whose records say whose they are."""
        owned: set[str] = set()
        for module in self._modules:
            for statement in walk(module.body):
                if isinstance(statement, ir.Assign):
                    names = [store_name(t) for t in statement.targets]
                    if any(names) and any(names_owner(k) for k in row_keys(statement.value)):
                        owned.update(n for n in names if n)
                elif isinstance(statement, ir.Const) and isinstance(statement.value, str):
                    owned.update(owned_tables(statement.value))
        return frozenset(owned)

    def _at(self, handling: Handling, module: ir.Module, severity: Severity, message: str, step: Step) -> Finding:
        first = Step(handling.path, handling.line, f"tool {handling.tool}")
        return Finding(
            self._witness, Weakness.MISSING_AUTHZ, severity, Confidence.FIRM, message, step.path, step.line,
            module.text(step.line), steps=(first, step),
        )  # fmt: skip


def _decorator(node: ir.Expr) -> str:
    return callee_name(node) if isinstance(node, ir.Call) else callee_name(ir.Call(node.line, node))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
