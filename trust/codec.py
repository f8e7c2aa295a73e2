"""Facts as JSON and back, without loss, so that a score can be recomputed from what was published.

The canonical form (sorted keys, no blanks, UTF-8) is what `facts_sha256` is taken over. A gap is written as
`{"gap": reason, "path": ...}`; every other object is written field by field with empty fields left out, and read back
through the type annotations of `trust.facts`, so the types are the schema.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from trust.facts import Facts
from trust.finding import Gap

T = TypeVar("T")

NOT_THEN = Gap("The scanner that made these facts did not look at this yet.")


class CodecError(ValueError):
    """The document does not have the shape of the type it should be read as."""


def to_json(value: Any) -> Any:
    """Plain JSON values of facts: objects for dataclasses, lists for tuples, words for enums."""
    if isinstance(value, Gap):
        return {"gap": value.reason} | ({} if value.path is None else {"path": value.path})
    if is_dataclass(value):
        return {f.name: to_json(v) for f in fields(value) if not _is_default(f, v := getattr(value, f.name))}
    if isinstance(value, tuple):
        return [to_json(v) for v in value]
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise CodecError(f"facts cannot hold a {type(value).__name__}")


def canonical(document: Any) -> bytes:
    """The bytes a digest is taken over. Lone surrogates cannot occur: the readers refuse them."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(facts: Facts) -> str:
    """Lower-case hex SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(to_json(facts))).hexdigest()


def facts_from_json(document: Any) -> Facts:
    """The facts a document describes. Raises CodecError where it does not fit the types.

    A kind of fact that is younger than the document is a gap: whoever wrote it did not look.
    """
    if isinstance(document, dict):
        younger = {f.name: to_json(NOT_THEN) for f in fields(Facts) if Gap in get_args(_hints(Facts)[f.name])}
        document = {**younger, **document}
    return from_json(Facts, document)


def from_json(kind: type[T], document: Any) -> T:
    """One value of `kind`. Raises CodecError."""
    return cast("T", _read(kind, document, kind.__name__))


def _is_default(field: Field[Any], value: Any) -> bool:
    return field.default is not MISSING and type(value) is type(field.default) and value == field.default


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any, at: str) -> Any:
    if kind is Gap:
        return _read_gap(value, at)
    if isinstance(kind, UnionType):
        return _read_union(get_args(kind), value, at)
    if is_dataclass(kind) and isinstance(kind, type):
        return _read_object(kind, value, at)
    origin = get_origin(kind)
    if origin is tuple:
        return _read_tuple(get_args(kind), value, at)
    if origin is Literal:
        if value not in get_args(kind):
            raise CodecError(f"{at}: {value!r} is not one of {get_args(kind)}")
        return value
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        try:
            return kind(value)
        except ValueError as error:
            raise CodecError(f"{at}: {error}") from None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CodecError(f"{at}: expected {kind.__name__}, found {type(value).__name__}")
    return value


def _read_gap(value: Any, at: str) -> Gap:
    if not isinstance(value, dict) or not isinstance(value.get("gap"), str) or value.keys() - {"gap", "path"}:
        raise CodecError(f"{at}: expected a gap")
    return Gap(value["gap"], _read(str | None, value.get("path"), f"{at}.path"))


def _read_union(kinds: tuple[Any, ...], value: Any, at: str) -> Any:
    if value is None and NoneType in kinds:
        return None
    if Gap in kinds and isinstance(value, dict) and "gap" in value:
        return _read_gap(value, at)
    others = [k for k in kinds if k not in (NoneType, Gap)]
    if len(others) != 1:
        raise CodecError(f"{at}: ambiguous type")
    return _read(others[0], value, at)


def _read_object(kind: type, value: Any, at: str) -> Any:
    if not isinstance(value, dict):
        raise CodecError(f"{at}: expected an object, found {type(value).__name__}")
    hints = _hints(kind)
    unknown = value.keys() - hints.keys()
    if unknown:
        raise CodecError(f"{at}: unknown field {min(unknown)!r}")
    missing = [f.name for f in fields(kind) if f.default is MISSING and f.name not in value]
    if missing:
        raise CodecError(f"{at}: {missing[0]!r} is missing")
    return kind(**{name: _read(hints[name], item, f"{at}.{name}") for name, item in value.items()})


def _read_tuple(args: tuple[Any, ...], value: Any, at: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise CodecError(f"{at}: expected a list, found {type(value).__name__}")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(args[0], v, f"{at}[{i}]") for i, v in enumerate(value))
    if len(args) != len(value):
        raise CodecError(f"{at}: expected {len(args)} items, found {len(value)}")
    return tuple(_read(kind, v, f"{at}[{i}]") for i, (kind, v) in enumerate(zip(args, value, strict=True)))
