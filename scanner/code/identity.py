"""Which expressions say who the caller is, and which inputs only claim it.

A server knows its caller by a session, a verified token, its own configuration or a login; an input that names a
person, an account or a role is a claim. The words are judged on whole names: `current_user`, `ctx.session["user_id"]`,
`get_access_token().client_id`, `SESSION.role`.
"""

from collections.abc import Iterable
from typing import Final

from scanner.code import ir
from scanner.code.handling import Site, spelled
from scanner.code.secret_names import words
from scanner.code.walking import walk

_WHO: Final = frozenset(
    {"user", "username", "userid", "account", "role", "roles", "tenant", "org", "organization", "customer", "client",
     "owner", "employee", "member", "email", "uid", "sub", "patient", "subscriber", "person", "login", "subject",
     "scopes", "permissions", "admin", "team", "workspace", "company", "department", "clearance"}
)  # fmt: skip
_OURS: Final = frozenset(
    {"session", "sess", "current", "auth", "authenticated", "authorized", "ctx", "context", "logged", "signed",
     "active", "my", "own", "extra", "claims", "token", "jwt", "state", "configured", "acting", "calling",
     "connection", "bound", "verified", "trusted"}
)  # fmt: skip
_ALONE: Final = frozenset(
    {"caller", "principal", "identity", "whoami", "requester", "requestor", "viewer", "authinfo", "currentuser", "me"}
)  # fmt: skip
_PERSON: Final = frozenset(
    {"user", "username", "userid", "uid", "account", "acct", "tenant", "org", "organization", "organisation",
     "owner", "customer", "employee", "member", "patient", "student", "subscriber", "holder", "person", "profile",
     "workspace", "company", "client", "citizen", "resident", "seller", "merchant", "vendor", "staff", "caller",
     "requester", "actor", "principal", "mailbox", "subject", "team"}
)  # fmt: skip
_FILTERS: Final = frozenset(
    {"assignee", "reporter", "reviewer", "mention", "filter", "query", "search", "recipient", "agent", "bot", "type",
     "limit", "format", "password", "token", "secret", "new", "service"}
)  # fmt: skip
_ROLE: Final = frozenset(
    {"role", "roles", "privilege", "privileges", "permission", "permissions", "admin", "superuser", "clearance",
     "isadmin", "sudo", "root", "privileged", "rank"}
)  # fmt: skip
_OWNING: Final = frozenset(
    {"owner", "user", "userid", "uid", "tenant", "customer", "account", "author", "patient", "employee", "member",
     "holder", "created", "belongs", "organization", "org", "username", "client", "subscriber", "assigned"}
)  # fmt: skip
POWERFUL: Final = frozenset(
    {"admin", "administrator", "root", "superuser", "superadmin", "sudo", "owner", "manager", "operator", "staff",
     "privileged", "sysadmin", "moderator", "supervisor", "maintainer", "doctor", "physician", "finance", "hr",
     "auditor", "internal", "super_admin", "super-admin", "executive", "master"}
)  # fmt: skip


def names_person(param: str) -> bool:
    """Whether an input names a person, a tenant or an account."""
    parts = set(words(param))
    return bool(parts & _PERSON) and not parts & (_FILTERS | _ROLE)


def names_role(param: str) -> bool:
    """Whether an input states rights: a role, a permission, `is_admin`."""
    parts = set(words(param))
    return bool(parts & _ROLE) and not parts & {"new", "target", "assign", "grant", "filter", "arn", "id"}


def names_owner(field: str) -> bool:
    """Whether a field of a record says whose record it is."""
    parts = words(field)
    return bool(set(parts) & _OWNING) and not set(parts) & {"at", "on", "date", "time", "count", "number", "agent"}


class Identity:
    """Recognises what the server itself knows about its caller. `modules`: the code that the entry point reaches."""

    def __init__(self, modules: Iterable[ir.Module]) -> None:
        self._modules = tuple(modules)
        self._fixed = {m.name: _own_constants(m) for m in self._modules}
        self._locals: dict[Site, frozenset[str]] = {}

    def is_known(self, node: ir.Expr, site: Site, local: frozenset[str] = frozenset()) -> bool:
        """Whether an expression is the caller's identity or rights as the server knows them, not as an input says."""
        if isinstance(node, ir.Name):
            if node.id in site.inputs or node.id in site.bags:
                return False
            if node.id in local or node.id in self._fixed.get(site.routine.module.name, frozenset()):
                return True
        elif not isinstance(node, ir.Attribute | ir.Subscript | ir.Call):
            return False
        if site.mentions(node):
            return False
        return _tells(spelled(node))

    def locals(self, site: Site) -> frozenset[str]:
        """Local names that were given an identity."""
        if site not in self._locals:
            self._locals[site] = self._given(site)
        return self._locals[site]

    def _given(self, site: Site) -> frozenset[str]:
        found: set[str] = set()
        for _ in range(2):
            for node in site.nodes:
                if isinstance(node, ir.Assign) and any(
                    self.is_known(part, site, frozenset(found)) for part in _values(node.value)
                ):
                    found.update(n.id for t in node.targets for n in walk(t) if isinstance(n, ir.Name))
        return frozenset(found)

    @property
    def fixed(self) -> bool:
        """Whether some module holds the caller's identity in a variable of its own."""
        return any(self._fixed.values())


def _values(node: ir.Expr) -> tuple[ir.Expr, ...]:
    """An expression, and the ways a choice or a default can come out."""
    if isinstance(node, ir.Logic):
        return (node, *node.values)
    if isinstance(node, ir.Conditional):
        return (node, node.then, node.other)
    return (node,)


def _tells(parts: tuple[str, ...]) -> bool:
    held = set(parts)
    if held & _ALONE:
        return True
    return bool(held & _OURS) and bool(held & _WHO)


def _own_constants(module: ir.Module) -> frozenset[str]:
    """Module-level variables that hold one person, account or role: `CURRENT_USER = "alice"`, `USER = os.environ[...]`.

    A plural or a table holds several and is no identity.
    """
    found: set[str] = set()
    for statement in module.body:
        if not isinstance(statement, ir.Assign) or isinstance(statement.value, ir.Table | ir.Collection | ir.Lambda):
            continue
        for target in statement.targets:
            if not isinstance(target, ir.Name):
                continue
            parts = words(target.id.partition("~")[0])
            value = statement.value
            text = isinstance(value, ir.Const) and (isinstance(value.value, str) or value.value is None)
            read = set(spelled(value)) & {"environ", "env", "getenv", "argv"}
            known = _tells(parts) or (bool(set(parts) & _PERSON) and not set(parts) & _FILTERS)
            if (
                known
                and (text or read)
                and not set(parts) & {"agent", "url", "file", "path", "table", "prefix", "key", "default"}
            ):
                found.add(target.id)
    return frozenset(found)
