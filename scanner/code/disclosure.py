"""Credentials that are read out of records by name and then shown: in a log, an error, or what a tool answers.

A token that was loaded from a file, or that a login answered, is known by the name of its field only; the flow analysis
follows the ones that it has seen enter. Only names that leave no doubt count here.
"""

# ruff: noqa: E501 - word lists

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.secret_names import words
from scanner.code.sweeping import Look
from scanner.code.units import Unit, dotted, last_name
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

_PLAIN_NAMES: Final = frozenset(
    {"password", "passwd", "passphrase", "secret", "apikey", "accesstoken", "refreshtoken", "clientsecret", "privatekey",
     "authtoken", "idtoken", "bearertoken", "secretkey", "accesskey", "sessiontoken", "apitoken", "apisecret", "pwd",
     "secretaccesskey", "credentials", "awssecretaccesskey", "bottoken", "webhooksecret"}
)  # fmt: skip
_ERROR_WORDS: Final = re.compile(r"error|exception|fail|debug|trace|diagnos|(?:^|_)log(?:$|_)", re.IGNORECASE)
_SAFE_CALLS: Final = re.compile(
    r"^(?:len|bool|Boolean|type|isinstance|hash|sha256|createHash|md5|hexdigest|digest|includes|startsWith|endswith"
    r"|startswith|has|keys|\w*(?:mask|redact|sanit|scrub|censor|hide|hash)\w*)$",
    re.IGNORECASE,
)
_REQUEST: Final = re.compile(r"(?:^|\.)(?:req|request|prepared_request|original_request)$")
_KEEPS: Final = frozenset({"get", "pop", "join", "format", "stringify", "dumps", "str", "String", "repr", "decode", "toString",
                           "strip", "trim", "text", "TextContent", "dict", "pformat", "inspect"})  # fmt: skip
_MAX: Final = 400


def disclosure(look: Look) -> Iterator[Finding]:
    """Every place where such a field is shown, in the units that the entry point reaches."""
    for unit in look.reached():
        texts = _kept_texts(unit)
        answers = unit.ref in look.handlers
        for node in unit.nodes:
            if isinstance(node, ir.Call) and look.logs(node):
                yield from _logged(look, unit, node)
            elif isinstance(node, ir.Raise) and isinstance(node.value, ir.Call):
                for name, line in _shown(node.value.args):
                    message = f"An error carries {name}, which is a credential by its name."
                    yield look.at(unit, line, Weakness.SECRET_LOGGING, Severity.MEDIUM, message)
            elif isinstance(node, ir.Return) and node.value is not None:
                yield from _answered(look, unit, node.value, texts, answers=answers)


def _logged(look: Look, unit: Unit, node: ir.Call) -> Iterator[Finding]:
    given = (*node.args, *(k.value for k in node.keywords))
    for name, line in _shown(given):
        message = f"A log entry carries {name}, which is a credential by its name."
        yield look.at(unit, line, Weakness.SECRET_LOGGING, Severity.MEDIUM, message)
    for part in _parts(given):
        if isinstance(part, ir.Attribute) and part.name == "headers" and _REQUEST.search(dotted(part.base)):
            message = "The headers of a request are logged, its credentials among them."
            yield look.at(unit, part.line, Weakness.SECRET_LOGGING, Severity.MEDIUM, message)


def _answered(
    look: Look, unit: Unit, value: ir.Expr, texts: dict[str, list[ir.Concat]], *, answers: bool
) -> Iterator[Finding]:
    """A text that is handed back: an error's text counts anywhere, any other only as the answer of a tool."""
    for part in _parts((value,)):
        named = part.id.partition("~")[0] if isinstance(part, ir.Name) else ""
        found = [part] if isinstance(part, ir.Concat) else texts.get(part.id, []) if isinstance(part, ir.Name) else []
        for text in found:
            said = "".join(p.value for p in text.parts if isinstance(p, ir.Const) and isinstance(p.value, str))
            error = bool(_ERROR_WORDS.search(said) or _ERROR_WORDS.search(named))
            if not (error or answers) or not (error or len(said.split()) > 1):
                continue
            for name, line in _shown((text,)):
                if error:
                    message = f"An error's text carries {name}, which is a credential by its name."
                    yield look.at(unit, line, Weakness.SECRET_LOGGING, Severity.MEDIUM, message)
                if answers:
                    message = f"What the tool answers carries {name}, which is a credential by its name."
                    yield look.at(unit, line, Weakness.SECRET_EXPOSURE, Severity.MEDIUM, message)


def _kept_texts(unit: Unit) -> dict[str, list[ir.Concat]]:
    """Texts that are put together under a name before they are handed back."""
    return {name: [v for v in values if isinstance(v, ir.Concat)] for name, values in unit.names.items()}


def _shown(given: Iterable[ir.Expr]) -> Iterator[tuple[str, int]]:
    """Fields of a credential's name among these values and what they are put together from."""
    for part in _parts(given):
        name = ""
        if isinstance(part, ir.Attribute):
            name = part.name
        elif isinstance(part, ir.Subscript) and isinstance(part.index, ir.Const):
            name = str(part.index.value)
        elif isinstance(part, ir.Call) and last_name(part.callee) == "get" and part.args:
            key = part.args[0]
            name = str(key.value) if isinstance(key, ir.Const) else ""
        if name and "".join(words(name)) in _PLAIN_NAMES:
            yield name, part.line


def _parts(given: Iterable[ir.Expr]) -> Iterator[ir.Expr]:
    """The values themselves and what shows inside them; what a call makes of a value is another value."""
    stack = list(given)
    for _ in range(_MAX):
        if not stack:
            return
        node = stack.pop()
        yield node
        match node:
            case ir.Concat(parts=parts) | ir.Collection(items=parts):
                stack.extend(parts)
            case ir.Binary(op="+" | "%" | "|", left=left, right=right):
                stack.extend((left, right))
            case ir.Logic(values=values):
                stack.extend(values)
            case ir.Conditional(then=then, other=other):
                stack.extend((then, other))
            case ir.Table(entries=entries):
                stack.extend(value for _, value in entries)
            case ir.Spread(value=value) | ir.Assigned(value=value):
                stack.append(value)
            case ir.Call(callee=callee, args=args):
                name = last_name(callee)
                replaced = name == "stringify" and len(args) > 1 and not _is_nothing(args[1])
                if name in _KEEPS and not _SAFE_CALLS.match(name) and not replaced:
                    stack.extend(args)
                    if isinstance(callee, ir.Attribute) and isinstance(
                        callee.base, ir.Concat | ir.Const | ir.Call | ir.Attribute
                    ):
                        stack.append(callee.base)
                    stack.extend(k.value for k in node.keywords)
            case _:
                pass


def _is_nothing(node: ir.Expr) -> bool:
    return isinstance(node, ir.Const) and node.value is None
