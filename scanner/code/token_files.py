"""Credentials in files that others may read, in command lines that others see, and data left in the temporary folder.

The flow analysis follows credentials that it saw enter; here is what names and paths tell: `tokens` written to
`token.json` is a credential wherever it came from.
"""

# ruff: noqa: E501 - word lists and patterns

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.secret_names import is_secret
from scanner.code.sweeping import Look
from scanner.code.units import Unit, dotted, last_name, pieces
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_WRITES: Final = frozenset({"writeFile", "writeFileSync", "appendFile", "appendFileSync", "outputFile", "outputFileSync", "writeJson", "writeJsonSync",
                            "outputJson", "outputJsonSync", "writeTextFile", "writeJSON"})  # fmt: skip
_SELF: Final = frozenset({"write_text", "write_bytes"})
_DUMPS: Final = frozenset({"dump", "safe_dump"})
_PLURALS: Final = frozenset({"tokens", "creds", "credentials", "cookies", "secrets", "token_data", "tokendata", "tokenset", "tokenresponse", "token_response",
                             "oauth_tokens", "auth_data", "authdata", "session_cookies", "credentialsjson", "apikeys", "api_keys"})  # fmt: skip
_PATH: Final = re.compile(
    r"(?:^|[/\\._-])(?:auth|oauth2?|access|refresh)?[_-]?(?:tokens?|credentials?|creds|secrets?|api[_-]?keys?|cookies?)\.(?:json|ya?ml|txt|toml|pickle|pkl|db|dat|ini|enc)$|(?:^|[/\\])\.(?:netrc|env|npmrc|pypirc)$",
    re.IGNORECASE,
)
_PATH_NAME: Final = re.compile(r"(?:token|credential|secret|cookie|auth)s?_?(?:file|path|cache|store)$", re.IGNORECASE)
_ENCRYPTS: Final = re.compile(r"encrypt|seal|cipher|fernet|protect|hash|wrap_key", re.IGNORECASE)
_TIGHTENS: Final = frozenset({"chmod", "chmodSync", "fchmod", "fchmodSync", "umask", "lchmod"})
_REMOVES: Final = frozenset(
    {
        "unlink",
        "unlinkSync",
        "rm",
        "rmSync",
        "remove",
        "removeSync",
        "rmtree",
        "cleanup",
        "rmdir",
        "rmdirSync",
        "rimraf",
        "emptyDir",
    }
)
_INSERT: Final = re.compile(
    r"\b(?:insert|replace)\s+(?:or\s+\w+\s+)?into\s+\W?\w*(?:token|credential|secret|password|session)|\bset\s+\W?(?:\w*token|password|secret|api_?key)\W?\s*=",
    re.IGNORECASE,
)
_OTHERS: Final = 0o077
_READS: Final = 0o044
_TEMPORARY: Final = re.compile(r"^(?:/var)?/tmp/\S")


def token_files(look: Look) -> Iterator[Finding]:
    """Every such place in the units that the entry point reaches."""
    removing = {
        u.module.name
        for u in look.units.all
        for n in u.nodes
        if isinstance(n, ir.Call) and last_name(n.callee) in _REMOVES
    }
    for unit in look.reached():
        for node in unit.nodes:
            if isinstance(node, ir.Call):
                for path, value, options in _written(look, unit, node):
                    open_ = not _is_private(options) and _is_credential(look, unit, path, value)
                    if open_ and not _is_tight(unit):
                        message = (
                            "A credential is stored in a file that other users of the machine may read (no mode 0600)."
                        )
                        yield look.at(unit, node.line, Weakness.INSECURE_STORAGE, Severity.MEDIUM, message)
                    elif unit.module.name not in removing and path is not None and _is_temporary(look, unit, path):
                        message = "A file in the temporary folder is never removed."
                        yield look.at(
                            unit, node.line, Weakness.TEMP_LEFTOVER, Severity.LOW, message, Confidence.TENTATIVE
                        )
                yield from _by_name(look, unit, node)
            elif isinstance(node, ir.Assign):
                yield from _from_command_line(look, unit, node)


def _written(look: Look, unit: Unit, node: ir.Call) -> Iterator[tuple[ir.Expr | None, ir.Expr, tuple[ir.Expr, ...]]]:
    """Path, value and options of what a call writes into a file."""
    name, args = last_name(node.callee), node.args
    base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
    if name in _WRITES and len(args) > 1:
        yield args[0], args[1], args[2:]
    elif name in _SELF and base is not None and args:
        yield base, args[0], ()
    elif name in _DUMPS and len(args) > 1:
        opened = _opened(look, unit, args[1])
        if opened is not None:
            yield opened.args[0], args[0], opened.args[1:]
    elif name == "write" and args and base is not None and dotted(node.callee) != "os.write":
        opened = _opened(look, unit, base)
        if opened is not None:
            yield (
                opened.args[0],
                args[0],
                (*opened.args[1:], *(k.value for k in opened.keywords if k.name in ("opener", "mode"))),
            )
    elif dotted(node.callee) == "os.write" and len(args) > 1:
        for call, _ in look.units.values(args[0], unit):
            if isinstance(call, ir.Call) and last_name(call.callee) == "open" and len(call.args) > 2:
                mode = call.args[2].value if isinstance(call.args[2], ir.Const) else 0
                if isinstance(mode, int) and mode & _READS:
                    yield call.args[0], args[1], ()


def _opened(look: Look, unit: Unit, node: ir.Expr) -> ir.Call | None:
    """The call that opened a file for writing."""
    for value, where in look.units.values(node, unit):
        if isinstance(value, ir.Call) and last_name(value.callee) in ("open", "createWriteStream") and value.args:
            texts = [look.units.text(a, where) for a in value.args[1:2]] + [
                look.units.text(k.value, where) for k in value.keywords if k.name == "mode"
            ]
            writes = last_name(value.callee) == "createWriteStream" or any(t and set(t) & set("wax") for t in texts)
            if writes and not any(k.name == "opener" for k in value.keywords):
                return value
    return None


def _is_private(options: tuple[ir.Expr, ...]) -> bool:
    """Whether an argument sets a mode that keeps others out."""
    for option in options:
        for node in pieces(option):
            value = node.value if isinstance(node, ir.Const) else None
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 0o777 and not value & _OTHERS:
                return True
            if isinstance(node, ir.Lambda):
                return True
    return False


def _is_tight(unit: Unit) -> bool:
    """Whether the function, or one around it, sets a mode that keeps others out, or encrypts what it writes."""
    current: Unit | None = unit
    while current is not None:
        for node in current.nodes:
            if not isinstance(node, ir.Call):
                continue
            name = last_name(node.callee)
            modes = [
                a.value
                for a in node.args
                if isinstance(a, ir.Const) and isinstance(a.value, int) and not isinstance(a.value, bool)
            ]
            if name == "umask" and any(m & _OTHERS == _OTHERS for m in modes):
                return True
            if (
                name in _TIGHTENS and name != "umask" and any(0 < m <= 0o777 and not m & _OTHERS for m in modes)
            ) or _ENCRYPTS.search(name):
                return True
            if dotted(node.callee) == "os.open" and any(0 < m <= 0o777 and not m & _OTHERS for m in modes[-1:]):
                return True
        current = current.outer
    return False


def _is_credential(look: Look, unit: Unit, path: ir.Expr | None, value: ir.Expr) -> bool:
    """Whether the name of what is written, its keys, or the name of the file say that it is a credential."""
    if isinstance(value, ir.Const):
        return False
    names: set[str] = set()
    for part, where in [(value, unit), *look.units.values(value, unit)]:
        for node in pieces(part):
            if isinstance(node, ir.Name):
                names.add(node.id.partition("~")[0])
            elif isinstance(node, ir.Table):
                names.update(
                    str(k.value)
                    for k, v in node.entries
                    if isinstance(k, ir.Const) and not _is_empty(v) and where is not None
                )
    if any(is_secret(name) or name.lower() in _PLURALS for name in names):
        return True
    return path is not None and _is_credential_path(look, unit, path)


def _is_empty(node: ir.Expr) -> bool:
    return isinstance(node, ir.Const) and (
        node.value is None or isinstance(node.value, bool | int | float) or node.value == ""
    )


def _is_credential_path(look: Look, unit: Unit, path: ir.Expr) -> bool:
    for node in pieces(path):
        if isinstance(node, ir.Const) and isinstance(node.value, str) and _PATH.search(node.value):
            return True
        if isinstance(node, ir.Name):
            if _PATH_NAME.search(node.id.partition("~")[0]):
                return True
            for value, _ in look.units.values(node, unit):
                texts = (n.value for n in pieces(value) if isinstance(n, ir.Const) and isinstance(n.value, str))
                if any(_PATH.search(t) for t in texts):
                    return True
    return False


def _is_temporary(look: Look, unit: Unit, path: ir.Expr) -> bool:
    if _TEMPORARY.match(look.units.text(path, unit) or ""):
        return True
    found = [path, *(v for v, _ in look.units.values(path, unit))]
    return any(
        isinstance(n, ir.Call) and last_name(n.callee) in ("tmpdir", "gettempdir") for p in found for n in pieces(p)
    )


def _by_name(look: Look, unit: Unit, node: ir.Call) -> Iterator[Finding]:
    name = last_name(node.callee)
    if name == "set_key" and len(node.args) > 2:
        key = look.units.text(node.args[1], unit) or ""
        if is_secret(key):
            message = "A credential is stored in a settings file that other users of the machine may read."
            yield look.at(unit, node.line, Weakness.INSECURE_STORAGE, Severity.MEDIUM, message)
    elif name in ("execute", "run", "query", "exec", "executemany") and node.args:
        text = look.units.text(node.args[0], unit) or ""
        given = [n for a in node.args[1:] for n in pieces(a) if isinstance(n, ir.Name)]
        if _INSERT.search(text) and any(is_secret(n.id.partition("~")[0]) for n in given) and not _is_tight(unit):
            message = "A credential is stored in a database in plain text."
            yield look.at(unit, node.line, Weakness.INSECURE_STORAGE, Severity.MEDIUM, message, Confidence.TENTATIVE)
    if look.does(node, Signal.PROCESS):
        yield from _in_command_line(look, unit, node)


def _in_command_line(look: Look, unit: Unit, node: ir.Call) -> Iterator[Finding]:
    for arg in node.args[:2]:
        for value, _ in look.units.values(arg, unit):
            parts = (
                value.items if isinstance(value, ir.Collection) else (value,) if isinstance(value, ir.Concat) else ()
            )
            for part in parts:
                pieces = part.parts if isinstance(part, ir.Concat) else (part,)
                named = [
                    n.id.partition("~")[0] if isinstance(n, ir.Name) else n.name
                    for n in pieces
                    if isinstance(n, ir.Name | ir.Attribute)
                ]
                secret = next((n for n in named if is_secret(n)), None)
                if secret is not None:
                    message = f"The credential {secret} is handed to a program on its command line, where other users can read it."
                    yield look.at(unit, node.line, Weakness.CREDENTIAL_ARGUMENT, Severity.MEDIUM, message)
                    return


def _from_command_line(look: Look, unit: Unit, node: ir.Assign) -> Iterator[Finding]:
    target = last_name(node.targets[0])
    for value, _ in look.units.values(node.value, unit):
        if isinstance(value, ir.Subscript) and dotted(value.base) in ("sys.argv", "process.argv") and is_secret(target):
            message = f"The credential {target} is taken from the command line, where other users can read it."
            yield look.at(unit, node.line, Weakness.CREDENTIAL_ARGUMENT, Severity.MEDIUM, message)
