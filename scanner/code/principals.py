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
from scanner.code.handling import Following, Handling, Site, callee_name, refuses, spelled, tests
from scanner.code.identity import POWERFUL, Identity, names_owner, names_person, names_role
from scanner.code.project import Routine
from scanner.code.secret_names import is_secret, words
from scanner.code.walking import walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_GETS: Final = frozenset({"get", "pop", "setdefault", "delete", "has", "set"})
_KEYS: Final = frozenset({"id", "ids", "key", "number", "no", "ref", "uuid", "guid", "slug", "name", "code", "index"})
_QUERY: Final = re.compile(r"^\s*(?:select|update|delete|insert)\b", re.IGNORECASE)
_PERMITS: Final = frozenset({"permissions", "permission", "acl", "acls", "grants", "privileges", "rights", "roles", "policy", "policies", "scopes"})
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
_STATE: Final = frozenset({"role", "user", "auth", "authenticated", "authorized", "logged", "login", "session", "initialized", "initialised", "admin", "token", "identity", "principal", "unlocked", "permission", "permissions", "privileges", "account"})


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

    def __init__(self, witness: str, following: Following, modules: Iterable[ir.Module], handlings: Iterable[Handling]) -> None:
        self._witness = witness
        self._modules = tuple(modules)
        self._identity = Identity(self._modules)
        self._tools = tuple(handlings)
        names = frozenset(h.tool for h in self._tools)
        self._sites = {id(h): following.sites(h, names) for h in self._tools}
        self._stores = {m.name: _stores(m) for m in self._modules}
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
            yield from self._claimed(handling, sites)
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
                message = f"Tool {handling.tool} takes {look.param} from its caller and gives out that one's data without comparing it with who is calling."
            else:
                message = f"Tool {handling.tool} gives out the record that {look.param} names without comparing its owner with who is calling."
            severity = Severity.MEDIUM if look.query else Severity.HIGH
            note = f"{look.param} chooses whose data is taken" if person else f"{look.param} chooses the record"
            module = look.site.routine.module
            yield self._at(handling, module, severity, message, Step(module.path, look.line, note))
            return

    def _looks(self, site: Site) -> Iterator[_Look]:
        stores = self._reachable(site)
        for node in walk(site.body):
            if isinstance(node, ir.Subscript):
                yield from self._keyed(site, node.line, node.base, node.index, stores)
            elif isinstance(node, ir.Call):
                if isinstance(node.callee, ir.Attribute) and node.callee.name in _GETS and node.args:
                    yield from self._keyed(site, node.line, node.callee.base, node.args[0], stores)
                yield from self._queried(site, node)
            elif isinstance(node, ir.Comprehension):
                yield from self._filtered(site, node, stores)
            elif isinstance(node, ir.Loop) and node.iterable is not None:
                name = _root(node.iterable)
                if name in stores:
                    for test in tests(node.body):
                        yield from self._matched(site, test, name)

    def _keyed(self, site: Site, line: int, base: ir.Expr, key: ir.Expr, stores: frozenset[str]) -> Iterator[_Look]:
        param = site.input(key)
        name = _root(base)
        if param is None or name not in stores or self._through(site, base):
            return
        if set(words(name)) & {"session", "sessions", "transports", "handlers", "tools", "config", "settings", "cache"}:
            return
        yield _Look(param, site, line, name)

    def _through(self, site: Site, base: ir.Expr) -> bool:
        """Whether the way to the entry leads through the caller's own part: `NOTES[current_user][note_id]`."""
        local = self._identity.locals(site)
        return any(
            isinstance(part, ir.Subscript) and self._identity.is_known(part.index, site, local)
            or isinstance(part, ir.Call) and any(self._identity.is_known(a, site, local) for a in part.args)
            for part in walk(base)
        )

    def _filtered(self, site: Site, node: ir.Comprehension, stores: frozenset[str]) -> Iterator[_Look]:
        for _, iterable in node.bindings:
            name = _root(iterable)
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
        text = _text(node.args[0])
        if not _QUERY.match(text) or "where" not in text.lower():
            return
        local = self._identity.locals(site)
        if any(self._identity.is_known(n, site, local) for a in node.args for n in walk(a) if isinstance(n, ir.Expr)):
            return
        for param in sorted(site.mentions((*node.args[1:], *(k.value for k in node.keywords)))):
            yield _Look(param, site, node.line, _table(text), query=True)

    def _reachable(self, site: Site) -> frozenset[str]:
        """The names by which a function reaches the server's own data: variables of modules, and fields of objects."""
        own = {n for n in self._stores.get(site.routine.module.name, ())}
        own |= {i.local for i in site.routine.module.imports if any((i.symbol or "") in s for s in self._stores.values())}
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

        for node in walk(site.body):
            if isinstance(node, ir.Compare):
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    empty = isinstance(other, ir.Const) and other.value in (None, "", False, True)
                    if known(one) and not empty:
                        return True
            elif isinstance(node, ir.Call) and callee_name(node) in ("includes", "has", "startsWith", "startswith", "some"):
                if known(node.callee) or any(known(arg) for arg in node.args):
                    return True
        return False

    def _checked(self, site: Site) -> bool:
        for node in walk(site.body):
            if isinstance(node, ir.Call) and _CHECKS.search(_snake(callee_name(node))):
                return True
        return False

    # --- what a caller claims ---------------------------------------------------------------------------------------

    def _claimed(self, handling: Handling, sites: list[Site]) -> Iterator[Finding]:
        """An input that states rights, and a branch that believes it."""
        proofs = {p.name for p in handling.params if is_secret(p.name)}
        for site in sites:
            for node in walk(site.body):
                if isinstance(node, ir.If):
                    param = self._believed(site, node.test)
                    decides = refuses(node.then) or refuses(node.other)
                elif isinstance(node, ir.Conditional):
                    param, decides = self._believed(site, node.test), True
                else:
                    continue
                if param is None or not decides or proofs or self._stored(sites, param):
                    continue
                message = f"Tool {handling.tool} decides about rights by {param}, which its caller states about itself."
                module = site.routine.module
                yield self._at(handling, module, Severity.HIGH, message, Step(module.path, node.line, f"{param} is believed"))
                return

    def _believed(self, site: Site, test: ir.Expr) -> str | None:
        """The input that a test takes for the caller's rights."""
        local = self._identity.locals(site)
        parts = [test]
        while parts:
            node = parts.pop()
            if isinstance(node, ir.Logic):
                parts.extend(node.values)
            elif isinstance(node, ir.Not):
                parts.append(node.operand)
            elif isinstance(node, ir.Compare):
                if any(self._identity.is_known(s, site, local) for s in (node.left, node.right)):
                    return None
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    param = site.input(one)
                    if param is not None and (names_role(param) or names_person(param)) and self._is_power(other, site):
                        return param
            elif isinstance(node, ir.Call) and callee_name(node) in ("includes", "has") and node.args:
                param = site.input(node.args[0])
                base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
                if param is not None and names_role(param) and base is not None and self._is_power(base, site):
                    return param
            else:
                param = site.input(node)
                if param is not None and set(words(param)) & {"admin", "superuser", "isadmin", "privileged", "sudo"}:
                    return param
        return None

    def _is_power(self, node: ir.Expr, site: Site) -> bool:
        if isinstance(node, ir.Name):
            for statement in site.routine.module.body:
                if isinstance(statement, ir.Assign) and any(isinstance(t, ir.Name) and t.id == node.id for t in statement.targets):
                    return _is_power(statement.value)
        return _is_power(node)

    def _stored(self, sites: list[Site], param: str) -> bool:
        """Whether a stated role is data: kept in a record, sent on, or a part of a new account."""
        for site in sites:
            for node in walk(site.body):
                values: list[ir.Expr] = []
                if isinstance(node, ir.Table):
                    values = [v for _, v in node.entries]
                elif isinstance(node, ir.Assign) and not isinstance(node.targets[0], ir.Name):
                    values = [node.value]
                elif isinstance(node, ir.Call) and callee_name(node) in ("append", "add", "push", "insert", "execute", "query", "post", "put", "patch", "update", "save", "create"):
                    values = [*node.args, *(k.value for k in node.keywords)]
                if any(site.input(v) == param or (isinstance(v, ir.Collection) and param in {site.input(i) for i in v.items}) for v in values):
                    return True
        return False

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
                if any(_variable(n) in state for n in walk(test)):
                    return
        message = f'Tool {handling.tool} says of itself "{found.group(0).strip()}", and its code never asks for it.'
        where = Step(handling.path, handling.line, "runs for every caller")
        yield self._at(handling, handling.routine.module, Severity.MEDIUM, message, where)

    def _kept_state(self, handling: Handling) -> frozenset[str]:
        """Variables about the caller that this tool sets for later calls: what a login leaves behind."""
        found: set[str] = set()
        for site in self._sites[id(handling)][:6]:
            shared = _outer_names(site.routine)
            for node in walk(site.body):
                for target in node.targets if isinstance(node, ir.Assign) else ():
                    name = _variable(target)
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
                    names = [_store_name(t) for t in statement.targets]
                    if any(names) and any(names_owner(k) for k in _row_keys(statement.value)):
                        owned.update(n for n in names if n)
                elif isinstance(statement, ir.Const) and isinstance(statement.value, str):
                    owned.update(_owned_tables(statement.value))
        return frozenset(owned)

    def _at(self, handling: Handling, module: ir.Module, severity: Severity, message: str, step: Step) -> Finding:
        first = Step(handling.path, handling.line, f"tool {handling.tool}")
        return Finding(
            self._witness, Weakness.MISSING_AUTHZ, severity, Confidence.FIRM, message, step.path, step.line,
            module.text(step.line), steps=(first, step),
        )  # fmt: skip


def _stores(module: ir.Module) -> frozenset[str]:
    """Variables of the module, and fields of its objects (with a dot before the name), that hold records."""
    found: set[str] = set()
    for statement in module.body:
        if isinstance(statement, ir.Assign) and _holds_records(statement.value):
            found.update(t.id for t in statement.targets if isinstance(t, ir.Name))
    for function in module.functions:
        if function.name in ("__init__", "constructor"):
            for node in walk(function.body):
                if isinstance(node, ir.Assign) and _holds_records(node.value):
                    found.update(f".{t.name}" for t in node.targets if isinstance(t, ir.Attribute))
    for class_ in module.classes:
        for statement in class_.body:
            if isinstance(statement, ir.Assign) and _holds_records(statement.value):
                found.update(f".{t.id}" for t in statement.targets if isinstance(t, ir.Name))
    return frozenset(found)


def _holds_records(value: ir.Expr) -> bool:
    """A table or list with more than one entry, or one that is filled later from a file."""
    if isinstance(value, ir.Table):
        return len(value.entries) != 1
    if isinstance(value, ir.Collection):
        return bool(value.items) and isinstance(value.items[0], ir.Table | ir.Call) and len(value.items) > 1
    if isinstance(value, ir.Call):
        name = callee_name(value)
        if name in ("Map", "defaultdict", "dict", "OrderedDict", "freeze"):
            return True
        return name in ("load", "loads", "parse", "safe_load") and not isinstance(value.callee, ir.Name)
    return False


def _root(node: ir.Expr) -> str:
    """The variable (or `.field` of an object) that an expression reads from."""
    while True:
        if isinstance(node, ir.Attribute) and isinstance(node.base, ir.Name) and node.base.id in ("self", "this"):
            return f".{node.name}"
        if isinstance(node, ir.Name):
            return node.id
        if isinstance(node, ir.Attribute | ir.Subscript):
            node = node.base
        elif isinstance(node, ir.Call):
            if isinstance(node.callee, ir.Attribute) and node.callee.name in ("values", "items", "entries", "get", "list", "keys"):
                only = node.args[0] if node.args and isinstance(node.callee.base, ir.Name) and node.callee.base.id == "Object" else None
                node = only or node.callee.base
            elif isinstance(node.callee, ir.Name) and node.callee.id in ("list", "iter", "sorted", "dict") and node.args:
                node = node.args[0]
            else:
                return ""
        elif isinstance(node, ir.Logic):
            node = node.values[0]
        else:
            return ""


def _outer_names(routine: Routine) -> frozenset[str]:
    """Variables outside the function that it assigns: declared so in Python, the module's own in JavaScript."""
    if routine.module.language == "python":
        return frozenset(routine.function.shared)
    assigned = (t for s in routine.module.body if isinstance(s, ir.Assign) for t in s.targets)
    return frozenset(routine.function.shared) | {t.id for t in assigned if isinstance(t, ir.Name)}


def _store_name(target: ir.Expr) -> str:
    if isinstance(target, ir.Name):
        return target.id
    return f".{target.name}" if isinstance(target, ir.Attribute) else ""


def _variable(node: object) -> str:
    """A variable, `self.x`, or an entry of a table under a fixed key, as one word; empty for anything else."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute) and isinstance(node.base, ir.Name):
        return f"{node.base.id}.{node.name}"
    if isinstance(node, ir.Subscript) and isinstance(node.base, ir.Name) and isinstance(node.index, ir.Const):
        return f"{node.base.id}.{node.index.value}"
    return ""


def _row_keys(value: ir.Expr) -> Iterator[str]:
    """The fields of the records in a literal table, at most two levels down."""
    level: list[ir.Expr] = [value]
    for depth in range(3):
        below: list[ir.Expr] = []
        for node in level[:50]:
            if isinstance(node, ir.Table):
                if depth:
                    yield from (str(k.value) for k, _ in node.entries if isinstance(k, ir.Const))
                below += [v for _, v in node.entries]
            elif isinstance(node, ir.Collection):
                below += node.items
            elif isinstance(node, ir.Call):
                if depth:
                    yield from (k.name for k in node.keywords if k.name)
                below += node.args
        level = below


def _text(node: ir.Expr) -> str:
    """The fixed words of a text, joined."""
    if isinstance(node, ir.Const):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ir.Call) and node.args:
        return _text(node.args[0])
    return " ".join(_text(p) for p in node.parts) if isinstance(node, ir.Concat) else ""


_FROM: Final = re.compile(r"\b(?:from|update|into)\s+[\"'`\[]?(\w+)", re.IGNORECASE)
_CREATE: Final = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?[\"'`\[]?(\w+)[^(]*\(([^;]*)", re.IGNORECASE)


def _table(text: str) -> str:
    found = _FROM.search(text)
    return f"table {found.group(1).lower()}" if found else ""


def _owned_tables(text: str) -> Iterator[str]:
    """Database tables that a text creates or asks with a column that says whose the record is."""
    for found in _CREATE.finditer(text[:20_000]):
        if any(names_owner(line.split()[0]) for line in found.group(2).split(",") if line.split()):
            yield f"table {found.group(1).lower()}"


def _is_power(node: ir.Expr) -> bool:
    """A role word that gives rights, or a choice of nothing but such words."""
    if isinstance(node, ir.Const):
        return isinstance(node.value, str) and node.value.lower() in POWERFUL
    if isinstance(node, ir.Collection):
        return bool(node.items) and all(_is_power(item) for item in node.items)
    if isinstance(node, ir.Call) and callee_name(node) in ("set", "frozenset", "Set") and node.args:
        return _is_power(node.args[0])
    return isinstance(node, ir.Attribute) and node.name.lower() in POWERFUL


def _decorator(node: ir.Expr) -> str:
    return callee_name(node) if isinstance(node, ir.Call) else callee_name(ir.Call(node.line, node))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
