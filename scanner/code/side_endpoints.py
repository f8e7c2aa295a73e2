"""What a route beside the protocol shows or does: environment, configuration, stack traces, system details, programs.

A route's own answer is read, in both languages; which routes there are and what stands before them is the front-ends'.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from scanner.code import ir
from scanner.code.carried import path_of
from scanner.code.secret_names import is_secret
from scanner.code.sweeping import Look
from scanner.code.units import Unit
from scanner.code.walking import walk
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

PROTOCOL: Final = re.compile(
    r"mcp|sse|messages?(?:/|$)|rpc|\.well-known|oauth|authorize|token|register|callback|login", re.IGNORECASE
)
_CONFIG: Final = re.compile(
    r"^(?:config|cfg|settings|app_?config|server_?config|options|secrets|credentials|environment)$", re.IGNORECASE
)
_ANSWERS: Final = frozenset(
    {"json", "send", "end", "write", "jsonify", "JSONResponse", "Response", "PlainTextResponse", "HTMLResponse",
     "dumps", "stringify", "json_response", "make_response", "render", "text", "body", "inspect",
     "ORJSONResponse", "entries"}
)  # fmt: skip
_STACK: Final = frozenset({"format_exc", "format_stack", "extract_stack", "print_exc", "format_exception"})
_SYSTEM: Final = frozenset(
    tuple(name.split("."))
    for name in (
        "process.version", "process.versions", "process.argv", "process.execPath", "process.cwd", "process.config",
        "process.memoryUsage", "os.hostname", "os.userInfo", "os.networkInterfaces", "os.release", "os.homedir",
        "os.getcwd", "os.uname", "sys.version", "sys.path", "sys.argv", "sys.executable", "sys.modules",
        "platform.platform", "platform.uname", "platform.node", "platform.python_version", "socket.gethostname",
        "getpass.getuser",
    )
)  # fmt: skip
_METRICS: Final = frozenset({"generate_latest", "metrics", "make_asgi_app"})


@dataclass(frozen=True, slots=True)
class Side:
    """A route beside the protocol that nobody has to log in for: its path, and the code that answers."""

    path: str
    unit: Unit
    body: Any


def exposed(look: Look, side: Side, *, on_by_default: bool) -> Iterator[Finding]:
    """What a stranger is shown or can start there, the gravest first."""
    for line, severity, what in _told(look, side):
        grave = severity if on_by_default or severity is not Severity.HIGH else Severity.MEDIUM
        message = f"The route {side.path[:60]} asks for no login and {what}."
        yield look.at(side.unit, line, Weakness.EXPOSED_ENDPOINT, grave, message)


def _told(look: Look, side: Side) -> Iterator[tuple[int, Severity, str]]:
    started = {
        id(n)
        for c in walk(side.body)
        if isinstance(c, ir.Call) and look.starts_program(c)
        for n in walk((c.args, c.keywords))
    }
    shown = _shown(side.body)
    inner = {id(n.base) for n in walk(side.body) if isinstance(n, ir.Attribute | ir.Subscript)}
    for node in walk(side.body):
        if id(node) in started:
            continue
        if isinstance(node, ir.Call):
            if look.starts_program(node):
                yield node.line, Severity.HIGH, "starts a program"
            yield from _called(look, side, node)
        elif isinstance(node, ir.Attribute | ir.Subscript):
            path = path_of(node)
            if id(node) not in inner and path in (["process", "env"], ["os", "environ"]):
                yield node.line, Severity.HIGH, "shows the whole environment"
            elif path[:-1] in (["process", "env"], ["os", "environ"]) and is_secret(path[-1]) and id(node) in shown:
                yield node.line, Severity.HIGH, f"shows the credential {path[-1]}"
            elif (
                isinstance(node, ir.Attribute)
                and node.name == "stack"
                and path[0] in ("err", "error", "e", "ex", "exc")
            ):
                yield node.line, Severity.LOW, "shows stack traces"
            elif tuple(path[:2]) in _SYSTEM:
                yield node.line, Severity.LOW, "shows details of the system"
        elif isinstance(node, ir.Return) and node.value is not None and (what := _configuration(node.value)):
            yield node.line, Severity.MEDIUM, what


def _called(look: Look, side: Side, node: ir.Call) -> Iterator[tuple[int, Severity, str]]:
    path = path_of(node.callee)
    last = path[-1] if path else ""
    if last in _STACK:
        yield node.line, Severity.LOW, "shows stack traces"
    elif last in _METRICS and not node.keywords:
        yield node.line, Severity.LOW, "shows the server's metrics"
    elif last in _ANSWERS:
        for arg in (*node.args, *(k.value for k in node.keywords)):
            what = next(
                (w for v, _ in look.units.values(arg, side.unit) if (w := _configuration(v))), _configuration(arg)
            )
            if what:
                yield node.line, Severity.MEDIUM, what


def _configuration(node: ir.Expr) -> str:
    """Whole objects of settings in an answer, also spread into it or put under a name."""
    found = [node]
    if isinstance(node, ir.Table):
        found = [value for _, value in node.entries]
    for value in found:
        inner = value
        if isinstance(inner, ir.Call):
            inner = next(iter(inner.args), None) or inner.callee
            if isinstance(inner, ir.Attribute) and inner.name in ("model_dump", "dict", "to_dict", "toJSON", "_asdict"):
                inner = inner.base
        name = path_of(inner)[-1:] if isinstance(inner, ir.Name | ir.Attribute) else []
        if name and _CONFIG.match(name[0]):
            return f"shows the configuration ({name[0]})"
    return ""


def _shown(body: Any) -> frozenset[int]:
    """Identities of what stands in an answer, rather than being used for the work."""
    found: set[int] = set()
    for part in walk(body):
        value: Any = part.value if isinstance(part, ir.Return) else None
        if isinstance(part, ir.Call) and (path_of(part.callee) or [""])[-1] in _ANSWERS:
            value = part.args
        if value is not None and id(value) not in found:
            found.update(id(n) for n in walk(value))
    return frozenset(found)


def branches(unit: Unit) -> Iterator[tuple[str, tuple[ir.Stmt, ...]]]:
    """`if (req.url === "/debug")`, `if self.path == "/env"`: paths that a function tells apart by itself."""
    for node in unit.nodes:
        if not isinstance(node, ir.If) or not isinstance(node.test, ir.Compare | ir.Logic | ir.Call):
            continue
        words = {p for n in walk(node.test) if isinstance(n, ir.Name | ir.Attribute) for p in path_of(n)[-1:]}
        texts = [n.value for n in walk(node.test) if isinstance(n, ir.Const) and isinstance(n.value, str)]
        path = next((t for t in texts if re.match(r"^/[\w./-]+$", t)), None)
        if path is not None and words & {"url", "path", "pathname", "raw_path", "startswith", "startsWith"}:
            yield path, node.then
