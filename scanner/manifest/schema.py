"""The published manifest schemas, strict and lenient, as data.

Strict is the text that the official packer validates with (and Claude Desktop installs by). Lenient is the same with
unknown keys allowed, which is what the official ``schemas_loose`` accept, and two things that MANIFEST.md documents
against its own schema: both keys of ``localization`` are optional, and ``mcp_config`` is for type uv.
Version 0.4 exists in two texts, as released and as on the upstream main branch; either is accepted.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final, cast

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

VERSIONS: Final = ("0.1", "0.2", "0.3", "0.4")
FIRST_VERSION_OF_KEY: Final[Mapping[str, str]] = {
    "privacy_policies": "0.2",
    "icons": "0.3",
    "localization": "0.3",
    "_meta": "0.3",
}

_MOST: Final = 50
_LOOKED_AT: Final = 1_000
_URL_LENGTH: Final = 2_048
_EMAIL: Final = re.compile(r"[^\s@<>\"',;:\\()\[\]]+@[^\s@<>\"',;:\\()\[\]]+\.[^\s@<>\"',;:\\()\[\]]+")

_FORMATS: Final = FormatChecker(formats=())
_BUILT_IN: Final = FormatChecker(formats=("uri",))


@_FORMATS.checks("uri")
def _is_url(value: object) -> bool:
    return not isinstance(value, str) or (len(value) <= _URL_LENGTH and _BUILT_IN.conforms(value, "uri"))


@_FORMATS.checks("email")
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or (len(value) <= _URL_LENGTH and _EMAIL.fullmatch(value) is not None)


@dataclass(frozen=True, slots=True)
class Issue:
    """One place where a manifest leaves the schema.

    ``rule`` is the schema keyword ("additionalProperties", "required", "type", "enum", "const", "format", "pattern"),
    ``expected`` what that keyword demands, ``keys`` the unknown or missing keys, ``value`` what is there.
    """

    path: tuple[str | int, ...]
    rule: str
    expected: Any
    keys: tuple[str, ...]
    value: Any


def strict_issues(raw: Mapping[str, Any], version: str) -> list[Issue]:
    """What the strict schema of ``version`` says, at most fifty issues; empty when either text of 0.4 is content."""
    found = list(_issues(_validator(f"v{version}", lenient=False), raw))
    if found and version == "0.4" and _validator("v0.4-upstream-main", lenient=False).is_valid(raw):
        return []
    return found


def lenient_issues(raw: Mapping[str, Any], version: str) -> list[Issue]:
    """What remains when unknown keys are let through: such a manifest cannot be used by anybody."""
    found = list(_issues(_validator(f"v{version}", lenient=True), raw))
    if version == "0.4" and _server_type(raw) == "uv":
        found = [i for i in found if (i.path, i.rule, i.keys) != (("server",), "required", ("mcp_config",))]
    return found


def only_upstream(raw: Mapping[str, Any], version: str) -> bool:
    """Whether the manifest follows the newer text of 0.4 alone, which the released packer refuses."""
    return version == "0.4" and not _validator("v0.4", lenient=False).is_valid(raw)


def _server_type(raw: Mapping[str, Any]) -> object:
    server = raw.get("server")
    return server.get("type") if isinstance(server, dict) else None


@cache
def _validator(name: str, *, lenient: bool) -> Draft7Validator:
    schema = _loosened(_schema(name)) if lenient else _schema(name)
    return Draft7Validator(schema, format_checker=_FORMATS)


def _schema(name: str) -> dict[str, Any]:
    text = (files("scanner") / "schemas" / f"mcpb-manifest-{name}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _loosened(schema: dict[str, Any]) -> dict[str, Any]:
    loose: dict[str, Any] = copy.deepcopy(schema)
    newest = _schema(f"v{VERSIONS[-1]}")["properties"]
    for key in FIRST_VERSION_OF_KEY:
        # A key of a later version is let through, but what is read must have the form that it has there.
        loose["properties"].setdefault(key, newest[key])
    waiting: list[Any] = [loose]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("additionalProperties") is False:
                del node["additionalProperties"]
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    localization = loose["properties"]["localization"]
    localization.pop("required", None)
    localization["properties"]["resources"]["pattern"] = r"\$\{[Ll][Oo][Cc][Aa][Ll][Ee]\}"
    return loose


def _issues(validator: Draft7Validator, raw: Mapping[str, Any]) -> Iterator[Issue]:
    """Issues in the order of the document: the validator itself walks some keys as a set, in another order each run."""
    found = sorted(islice(validator.iter_errors(raw), _LOOKED_AT), key=lambda error: _position(raw, error))
    for error in found[:_MOST]:
        yield Issue(
            tuple(error.absolute_path), str(error.validator), error.validator_value, _keys(error), error.instance
        )


def _position(raw: Any, error: ValidationError) -> tuple[int, ...]:
    position = []
    value = raw
    for part in error.absolute_path:
        position.append(part if isinstance(part, int) else list(value).index(part))
        value = value[part]
    return tuple(position)


def _keys(error: ValidationError) -> tuple[str, ...]:
    instance, demanded = error.instance, error.validator_value
    if error.validator == "additionalProperties" and isinstance(instance, dict):
        schema = error.schema if isinstance(error.schema, Mapping) else {}
        return tuple(key for key in instance if key not in schema.get("properties", {}))
    if error.validator == "required":
        # One error per missing key, named only in the message: "'version' is a required property".
        return tuple(key for key in cast("list[str]", demanded) if error.message.startswith(repr(key)))
    return ()
