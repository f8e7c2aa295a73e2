"""What a Python server asks of its callers: which authentication stands before its endpoints, and whether always.

Found are the classes of the SDKs and frameworks, the project's own classes that extend them, what is assigned to a
server's `auth`, and functions that read a credential from a request and refuse. A mechanism that is only set up when a
setting asks for it is optional: whoever starts the server without the setting serves anyone.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from scanner.code import ir
from scanner.code.carried import is_read, names_holding, own
from scanner.code.project import Routine
from scanner.code.python.observations import unverified
from scanner.code.state import Event
from scanner.code.surroundings import Surroundings, leaves, mentions
from scanner.code.taint import Flows
from scanner.code.walking import walk

Auth = Literal["none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls"]
RANK: Final[tuple[Auth, ...]] = ("none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls")
_CLASSES: Final[tuple[tuple[re.Pattern[str], Auth], ...]] = (
    (re.compile(r"(?:OAuthProxy|OAuthProvider|OAuthAuthorizationServerProvider|RemoteAuthProvider|OIDCProxy|AuthSettings|"
                r"(?:GitHub|Google|Azure|Auth0|WorkOS|Descope|Scalekit|Supabase|Discord|AWSCognito|OCI|Entra\w*)Provider|"
                r"AuthKitProvider|OAuth2\w*Bearer)$"), "oauth"),
    (re.compile(r"(?:JWTVerifier|BearerAuthProvider|JWT(?:Auth\w*|Bearer|Manager)|Introspection\w*)$"), "jwt"),
    (re.compile(r"(?:TokenVerifier|AuthProvider|BearerAuthBackend|RequireAuthMiddleware|AuthenticationBackend|HTTPBearer|"
                r"HTTPTokenAuth|AuthenticationMiddleware|(?:Bearer|Token)\w*Middleware)$"), "bearer"),
    (re.compile(r"(?:APIKeyHeader|APIKeyQuery|APIKeyCookie|HTTPBasic|HTTPBasicAuth|HTTPDigestAuth|"
                r"(?:Api|API)_?[Kk]ey\w*Middleware)$"), "shared-secret"),
)  # fmt: skip
_KINDS: Final[dict[str, Auth]] = {"oauth-auth": "oauth", "jwt-auth": "jwt", "bearer-auth": "bearer"}
_GIVEN: Final = ("auth", "token_verifier", "auth_server_provider")
CREDENTIAL: Final = re.compile(
    r"^authorization$|api[-_]?key|^x-?(?:auth|access|mcp)|(?:auth|access|bearer|mcp|secret)[-_]?(?:token|key|header)",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"auth|token|secret|passw|api_?key|_key|^key|credential|jwt|verif|issuer|jwks|bearer", re.IGNORECASE
)
_REFUSAL: Final = re.compile(
    r"unauthori[sz]ed|forbidden|HTTPException|PermissionError|Auth\w*(?:Error|Exception)", re.IGNORECASE
)
_CODES: Final = (401, 403)
_VALUES: Final = 8


class Gatekeeping:
    """The authentication of one server; `events` are those that its entry point reaches."""

    def __init__(self, flows: Flows, events: Iterable[Event], opening: Iterable[Event] = ()) -> None:
        self.flows = flows
        self.events = tuple(events)
        self._around: dict[str, Surroundings] = {}
        self._given: dict[str, dict[str, list[ir.Expr]]] = {}
        # A setting without which no endpoint is opened makes nothing optional.
        needed = [{id(test) for test in self._tests(e.module, e.node)} for e in opening]
        self._needed: set[int] = set.intersection(*needed) if needed else set()

    def auth(self) -> Auth:
        """The strongest mechanism that is always there; `optional` when every one of them depends on a setting."""
        found = dict.fromkeys((*self._of_events(), *self._of_classes(), *self._assigned(), *self._checks()))
        always = [kind for kind, sometimes in found if not sometimes]
        if always:
            return max(always, key=RANK.index)
        return "optional" if found else "none"

    def _tests(self, module: ir.Module, node: ir.Expr | ir.Stmt) -> tuple[ir.Expr, ...]:
        if module.name not in self._around:
            self._around[module.name] = Surroundings(module)
        return self._around[module.name].of(node)

    def _optional(self, module: ir.Module, node: ir.Expr | ir.Stmt) -> bool:
        return mentions((t for t in self._tests(module, node) if id(t) not in self._needed), _ABOUT)

    def _of_events(self) -> Iterator[tuple[Auth, bool]]:
        for event in self.events:
            node = event.node
            if event.kind in _KINDS:
                yield _KINDS[event.kind], self._optional(event.module, node)
            elif event.kind in ("server", "asgi-app") and isinstance(node, ir.Call):
                for given in node.keywords:
                    if given.name in _GIVEN and not _nothing(given.value):
                        yield "bearer", self._optional(event.module, node) or self._maybe(event.module, given.value)
            elif _mutual(event):
                yield "mtls", False

    def _of_classes(self) -> Iterator[tuple[Auth, bool]]:
        """Objects of classes that are known, or that extend those, wherever the entry point makes one."""
        for module in self._modules():
            for node in walk(module.body):
                if not isinstance(node, ir.Call):
                    continue
                named = [node.callee]
                if last_name(node.callee) in ("Middleware", "add_middleware", "Depends", "Security"):
                    named += node.args[:1]
                kind = next((k for k in (self._mechanism(module, name) for name in named) if k is not None), None)
                if kind is not None:
                    yield kind, self._optional(module, node)

    def _mechanism(self, module: ir.Module, name: ir.Expr) -> Auth | None:
        """What a class stands for; one of the project counts by what it extends, not by its own name."""
        project = self.flows.project
        ref = project.dotted(module, name)
        if ref in project.classes:
            names = list(project.bases(ref or ""))
        elif ref is None or ":" in ref or "." not in ref:
            return None
        else:
            names = [ref]
        for last in (n.replace(":", ".").rpartition(".")[2] for n in names):
            for pattern, kind in _CLASSES:
                if pattern.search(last):
                    return kind
        return None

    def _assigned(self) -> Iterator[tuple[Auth, bool]]:
        """`mcp.auth = verifier`."""
        for module in self._modules():
            for node in walk(module.body):
                server = node.targets[0] if isinstance(node, ir.Assign) else None
                if not isinstance(server, ir.Attribute) or server.name not in _GIVEN or _nothing(node.value):
                    continue
                if last_name(server.base) not in ("", "self", "cls"):
                    yield "bearer", self._optional(module, node) or self._maybe(module, node.value)

    def _maybe(self, module: ir.Module, value: ir.Expr, *, through_names: bool = True) -> bool:
        """Whether a value may be nothing: chosen by a setting, or by a function that also hands back nothing."""
        if isinstance(value, ir.Conditional):
            return _nothing(value.then) or _nothing(value.other)
        if isinstance(value, ir.Call):
            routine = self.flows.project.routines.get(self.flows.project.dotted(module, value.callee) or "")
            return routine is not None and any(
                isinstance(n, ir.Return) and (n.value is None or _nothing(n.value)) for n in own(routine.function.body)
            )
        if isinstance(value, ir.Name) and through_names:
            given = self._assignments(module).get(value.id, ())
            return any(_nothing(v) or self._maybe(module, v, through_names=False) for v in given)
        return False

    def _assignments(self, module: ir.Module) -> dict[str, list[ir.Expr]]:
        """The first values that each name of a module is given."""
        if module.name not in self._given:
            found: dict[str, list[ir.Expr]] = {}
            for node in walk(module.body):
                if isinstance(node, ir.Assign):
                    values = found.setdefault(last_name(node.targets[0]), [])
                    if len(values) < _VALUES:
                        values.append(node.value)
            self._given[module.name] = found
        return self._given[module.name]

    # --- functions that ask themselves --------------------------------------------------------------------------

    def _checks(self) -> Iterator[tuple[Auth, bool]]:
        verified = {e.routine for e in self.events if e.kind == "jwt-decode" and not unverified(e)}
        verified |= {e.routine for e in self.events if e.kind == "jwt-verified"}
        for ref, routine in self.flows.project.routines.items():
            reached = routine.module.name in self.flows.modules and ref in self.flows.functions
            if reached and refuses(routine.function) and reads_credential(routine.function):
                kind: Auth = "jwt" if ref in verified or self._calls(routine, verified) else "shared-secret"
                yield kind, _skips(routine.function)

    def _calls(self, routine: Routine, wanted: set[str | None]) -> bool:
        project = self.flows.project
        for node in own(routine.function.body):
            if isinstance(node, ir.Call):
                method = project.only_method(node.callee.name) if isinstance(node.callee, ir.Attribute) else None
                called = method.ref if method is not None else project.dotted(routine.module, node.callee)
                if called is not None and called in wanted:
                    return True
        return False

    def _modules(self) -> Iterator[ir.Module]:
        for name in sorted(self.flows.modules):
            yield self.flows.project.by_name[name]


def reads_credential(function: ir.Function) -> bool:
    """Whether a function takes a caller's credential out of a request, or is handed it by its framework."""
    given = [p.default.callee for p in function.params if isinstance(p.default, ir.Call) and CREDENTIAL.search(p.name)]
    if any(last_name(callee) in ("Header", "Security", "Depends", "Query", "Cookie") for callee in given):
        return True
    return bool(names_holding(function, CREDENTIAL)) or any(
        isinstance(n, ir.Call | ir.Subscript) and is_read(n, CREDENTIAL) for n in own(function.body)
    )


def refuses(function: ir.Function) -> bool:
    """Whether a function can answer that the caller may not."""
    for node in own(function.body):
        if isinstance(node, ir.Const) and (node.value in _CODES or node.value in ("401", "403")):
            return True
        if isinstance(node, ir.Raise) and node.value is not None and mentions((node.value,), _REFUSAL):
            return True
        if isinstance(node, ir.Attribute) and node.name in ("UNAUTHORIZED", "FORBIDDEN", "HTTP_401_UNAUTHORIZED"):
            return True
    return False


def _skips(function: ir.Function) -> bool:
    """`if not TOKEN: return await call_next(request)`, `if TOKEN and given != TOKEN: refuse`: nothing is asked without
    the setting.
    """
    carried = names_holding(function, CREDENTIAL)
    for statement in own(function.body):
        if isinstance(statement, ir.If) and _only_when_set(statement, carried):
            return True
        if not isinstance(statement, ir.If) or not leaves(statement.then):
            continue
        if any(isinstance(n, ir.Const) and n.value in _CODES for n in walk(statement.then)):
            continue
        test = statement.test
        compared = isinstance(test, ir.Compare) and test.op in ("is", "==") and _nothing(test.right)
        names = {n.id for n in walk(test) if isinstance(n, ir.Name)}
        if (compared or isinstance(test, ir.Not)) and mentions((test,), _ABOUT) and not names & carried:
            return not any(is_read(n, CREDENTIAL) for n in walk(test) if isinstance(n, ir.Call | ir.Subscript))
    return False


def _only_when_set(statement: ir.If, carried: frozenset[str]) -> bool:
    test = statement.test
    if not isinstance(test, ir.Logic) or test.op != "and" or not refuses_in(statement.then):
        return False
    settings = [v for v in test.values if isinstance(v, ir.Name | ir.Attribute)]
    return any(mentions((v,), _ABOUT) and not (isinstance(v, ir.Name) and v.id in carried) for v in settings)


def refuses_in(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a branch refuses the caller."""
    return any(
        (isinstance(n, ir.Const) and n.value in _CODES)
        or (isinstance(n, ir.Raise) and n.value is not None and mentions((n.value,), _REFUSAL))
        for n in walk(body)
    )


def _nothing(node: ir.Expr) -> bool:
    return isinstance(node, ir.Const) and (node.value is None or node.value is False or node.value == "")


def _mutual(event: Event) -> bool:
    """Certificates of clients are asked for: by uvicorn's options, or by a context made for checking clients."""
    if event.kind == "uvicorn":
        given = [event.keywords.get(k) for k in ("ssl_ca_certs", "ssl_cert_reqs")]
        return all(v is not None and v.const is not None for v in given)
    purpose = event.args[0].ref if event.args and event.kind == "tls-context" else None
    return bool(purpose and purpose.endswith("CLIENT_AUTH")) and any(
        isinstance(n, ir.Attribute) and n.name == "CERT_REQUIRED" for n in walk(event.module.body)
    )


def last_name(node: ir.Expr) -> str:
    return node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""
