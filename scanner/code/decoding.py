"""Texts that the code disguises: base64, hexadecimal, character codes, exclusive-or, reversed and split texts.

Only what is decoded from something written in the code counts; what a caller or a remote host sends may need decoding.
The texts are worked out here, never run.
"""

# ruff: noqa: E501 - patterns

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.hosts import host_of
from scanner.code.plain_http import addresses
from scanner.code.sweeping import Look
from scanner.code.units import GAP, Unit, dotted, last_name
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

_BASE: Final = {
    "b64decode": "base64", "urlsafe_b64decode": "base64", "standard_b64decode": "base64", "decodebytes": "base64",
    "atob": "base64", "b32decode": "base32", "a85decode": "base85", "b85decode": "base85", "unhexlify": "hex",
    "fromhex": "hex", "a2b_base64": "base64", "a2b_hex": "hex",
}  # fmt: skip
_ROT: Final = ("rot13", "rot_13", "rot-13")
_CODE_CALLS: Final = frozenset({"chr", "unichr", "fromCharCode", "fromCodePoint"})
_CODE_LISTS: Final = frozenset({"bytes", "bytearray", "Uint8Array", "from", "of"})
_SAME: Final = frozenset(
    {"decode", "toString", "strip", "trim", "str", "String", "encode", "TextDecoder", "join", "get"}
)
_ADDRESS: Final = re.compile(
    r"^(?:https?|wss?|ftp)://|^(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}(?::\d+)?(?:/|$)|^\d{1,3}(?:\.\d{1,3}){1,3}\.?(?::\d+)?$|^\.\d{1,3}\.\d"
    r"|^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
    re.IGNORECASE,
)
_COMMAND: Final = re.compile(
    r"\b(?:curl|wget|powershell|child_process|subprocess|os\.system|/bin/(?:ba)?sh|/dev/tcp|eval\(|exec\(|nc -)\b|\bimport os\b"
)
_PRINTABLE: Final = re.compile(r"^[\x20-\x7e]+$")
_MIN: Final = 4
_MAX_TEXT: Final = 4000
_MAX_PIECE: Final = 10
_GRAPH: Final = 300


def disguises(look: Look) -> Iterator[Finding]:
    """Disguised texts that are addresses, commands or spelt in codes, and the requests that go to such addresses."""
    for unit in look.reached():
        for node in unit.nodes:
            text = disguised(look, unit, node) if isinstance(node, ir.Call | ir.Subscript) else None
            if text is not None and _tells(node, text):
                severity = Severity.HIGH if _ADDRESS.search(text) or _COMMAND.search(text) else Severity.MEDIUM
                message = f'The code hides the text "{text[:60]}" from readers.'
                yield look.at(unit, node.line, Weakness.OBFUSCATION, severity, message)
            sends = isinstance(node, ir.Call) and look.sends(node)
            if sends and any(_from_disguise(look, where, arg) for arg, where in addresses(look, unit, node)):
                message = "A request goes to an address that the code hides from readers."
                yield look.at(unit, node.line, Weakness.EXFILTRATION, Severity.HIGH, message)


def _tells(node: ir.Expr, text: str) -> bool:
    """Whether hiding this text says something: base64 alone is also how data is kept."""
    if _ADDRESS.search(text) or _COMMAND.search(text):
        return True
    spelt = isinstance(node, ir.Call) and last_name(node.callee) in _CODE_CALLS
    return spelt and len(text) >= _MIN and _PRINTABLE.match(text) is not None and any(c.isalpha() for c in text)


def _from_disguise(look: Look, unit: Unit, address: ir.Expr) -> bool:
    """Whether an address is put together from something disguised, through names and functions of the module."""
    for node, where in look.units.behind(address, unit, ir.Name | ir.Attribute, _GRAPH, calls=True):
        if isinstance(node, ir.Call | ir.Subscript):
            text = disguised(look, where, node)
            if text is not None and (not text or _ADDRESS.search(text)):
                return True
    return False


# --- what a text was before it was disguised ------------------------------------------------------------------------


def disguised(look: Look, unit: Unit, node: ir.Call | ir.Subscript) -> str | None:  # noqa: PLR0911  (one case per kind)
    """The text behind a decoding of something that the code fixes; empty when that is empty, None when it is none."""
    if isinstance(node, ir.Subscript):
        return _reversed(look.units.text(node.base, unit)) if _is_backwards(node.index) else None
    name, args = last_name(node.callee), node.args
    base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
    if name in _BASE and args:
        return _decoded(look.units.text(args[0], unit), _BASE[name])
    if name == "from" and dotted(node.callee) == "Buffer.from" and len(args) > 1:
        return _decoded(look.units.text(args[0], unit), look.units.text(args[1], unit) or "")
    if name == "decode" and dotted(node.callee) == "codecs.decode" and len(args) > 1:
        return _decoded(look.units.text(args[0], unit), look.units.text(args[1], unit) or "")
    if name in _CODE_CALLS:
        return _spelt(look, unit, args)
    if name in _CODE_LISTS and len(args) == 1:
        return _as_text(_numbers(look, unit, args[0]))
    if name == "map" and len(args) > 1 and last_name(args[0]) in _CODE_CALLS:
        return _as_text(_numbers(look, unit, args[1]))
    if name == "join":
        return _joined(look, unit, base, args)
    return None


def _decoded(text: str | None, how: str) -> str | None:
    if text is None or GAP in text or len(text) > _MAX_TEXT:
        return None
    if not text.strip():
        return ""
    try:
        if how.lower() in _ROT:
            return codecs.decode(text, "rot13")
        data = text.strip().encode("ascii")
        if how in ("base64", "base64url"):
            padded = data.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(data) % 4)
            return base64.b64decode(padded, validate=True).decode("utf-8")
        if how == "hex":
            return binascii.unhexlify(data).decode("utf-8")
        if how == "base32":
            return base64.b32decode(data).decode("utf-8")
        return base64.b85decode(data).decode("utf-8") if how == "base85" else None
    except (ValueError, binascii.Error):
        return None


def _is_backwards(index: ir.Expr) -> bool:
    if not isinstance(index, ir.Opaque):
        return False
    return [p.value for p in index.parts if isinstance(p, ir.Const) and p.value is not None] == [-1]


def _reversed(text: str | None) -> str | None:
    """A text that is an address only when it is read backwards."""
    if not text or GAP in text or _ADDRESS.search(text) or not _ADDRESS.search(text[::-1]):
        return None
    return text[::-1]


def _spelt(look: Look, unit: Unit, args: tuple[ir.Expr, ...]) -> str | None:
    """`chr(...)` and `String.fromCharCode(...)` of numbers that the code lists, also one by one in a loop."""
    if len(args) >= _MIN:
        return _as_text([a.value for a in args if isinstance(a, ir.Const) and isinstance(a.value, int)], len(args))
    if not args:
        return None
    code = args[0].value if isinstance(args[0], ir.Spread) else args[0]
    op, key = "", 0
    if isinstance(code, ir.Binary) and code.op in ("^", "-", "+"):
        constants = [v.value for v, _ in look.units.values(code.right, unit) if isinstance(v, ir.Const)]
        if len(constants) != 1 or not isinstance(constants[0], int):
            return None
        op, key, code = code.op, constants[0], code.left
    if isinstance(code, ir.Call) and last_name(code.callee) in ("ord", "charCodeAt", "codePointAt"):
        inner = code.args[0] if last_name(code.callee) == "ord" and code.args else getattr(code.callee, "base", None)
        text = look.units.text(_whole(look, unit, inner), unit) if op and inner is not None else None
        numbers = [ord(c) for c in text] if text and GAP not in text else []
    else:
        numbers = _numbers(look, unit, _whole(look, unit, code))
    return _as_text([_undone(n, op, key) for n in numbers])


def _undone(number: int, op: str, key: int) -> int:
    return number ^ key if op == "^" else number - key if op == "-" else number + key


def _whole(look: Look, unit: Unit, node: ir.Expr) -> ir.Expr:
    """The list that an element is taken from, by index or as the variable of a loop."""
    if isinstance(node, ir.Name):
        for value, _ in look.units.values(node, unit):
            if isinstance(value, ir.Subscript):
                return value.base
    return node.base if isinstance(node, ir.Subscript) else node


def _numbers(look: Look, unit: Unit, node: ir.Expr) -> list[int]:
    """The numbers of a list that the code writes down; empty when it holds anything else."""
    for value, _ in look.units.values(node, unit):
        items = value.items if isinstance(value, ir.Collection) else ()
        found = [
            i.value
            for i in items
            if isinstance(i, ir.Const) and isinstance(i.value, int) and not isinstance(i.value, bool)
        ]
        if found and len(found) == len(items):
            return found
    return []


def _as_text(numbers: list[int], wanted: int = 0) -> str | None:
    if len(numbers) < _MIN or (wanted and len(numbers) != wanted) or not all(0x20 <= n < 0x7F for n in numbers):
        return None
    return "".join(map(chr, numbers[:_MAX_TEXT]))


def _joined(look: Look, unit: Unit, base: ir.Expr | None, args: tuple[ir.Expr, ...]) -> str | None:
    """Pieces too short to be read that become an address, or a text turned around."""
    parts, glue = (args[0], base) if args and isinstance(base, ir.Const) else (base, args[0] if args else None)
    if parts is None or not isinstance(glue, ir.Const) or glue.value != "":
        return None
    if isinstance(parts, ir.Call) and last_name(parts.callee) in ("reverse", "reversed"):
        inner = parts.args[0] if parts.args else getattr(parts.callee, "base", None)
        if isinstance(inner, ir.Call) and isinstance(inner.callee, ir.Attribute):
            inner = inner.callee.base
        return _reversed(look.units.text(inner, unit)) if inner is not None else None
    for value, where in look.units.values(parts, unit):
        if isinstance(value, ir.Collection) and len(value.items) >= _MIN:
            texts = [look.units.text(item, where) for item in value.items]
            whole = "".join(t or GAP for t in texts)
            if all(t and len(t) <= _MAX_PIECE for t in texts) and host_of(whole):
                return whole
    return None
