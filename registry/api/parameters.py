"""Query parameters and bodies of the API, checked name by name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import QueryDict

from registry.errors import FieldError, bad_field, bad_fields
from registry.gating import LATEST, Asked
from registry.models import DIGEST_PATTERN
from registry.names import is_platform
from registry.queries.filters import shown
from trust.gate import Policy, PolicyError, parse_policy

MOST_ITEMS = 200

_LONGEST = 300
_PLATFORMS = "give any, darwin, linux or win32, the last three optionally with -x64 or -arm64."


def only(parameters: QueryDict, *allowed: str) -> dict[str, str]:
    """The given parameters, each at most once. Raises RegistryError (400) naming what is not allowed here."""
    values, wrong = _once(parameters)
    wrong += [FieldError(shown(n), f"There is no parameter {shown(n)!r} here.") for n in values if n not in allowed]
    if wrong:
        raise bad_fields(tuple(wrong))
    return values


def platform_of(parameters: QueryDict) -> str | None:
    """The optional parameter `platform` of calls about one file of a release."""
    return platform_from(only(parameters, "platform"))


def platform_from(values: Mapping[str, str]) -> str | None:
    """The same from parameters that were checked already."""
    return _platform(values.get("platform"))


def gate_query(parameters: QueryDict) -> tuple[Policy, bool, str | None]:
    """Policy, whether to enforce it, and the platform. Raises RegistryError (400)."""
    values, wrong = _once(parameters)
    if wrong:
        raise bad_fields(tuple(wrong))
    enforce = flag("enforce", values.pop("enforce", "0"))
    platform = _platform(values.pop("platform", None))
    return _policy(values.items()), enforce, platform


def gate_body(body: Any) -> tuple[tuple[Asked, ...], Policy]:
    """What a batch asks about, and its policy. Raises RegistryError (400) naming the member at fault."""
    if not isinstance(body, dict):
        raise bad_field("body", 'The body is no object; send {"items": [...], "policy": {...}}.')
    unknown = sorted(str(name) for name in body if name not in ("items", "policy"))
    if unknown:
        raise bad_field(shown(unknown[0]), f"There is no member {shown(unknown[0])!r}; send items and policy.")
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        raise bad_field("items", f"items: give a list of 1 to {MOST_ITEMS} objects with name and version, or sha256.")
    policy = body.get("policy", {})
    if not isinstance(policy, dict):
        raise bad_field("policy", 'policy: give an object such as {"min_score": 80}.')
    return tuple(_asked(item, f"items[{i}]") for i, item in enumerate(items)), _policy(_flat(policy), "policy.")


def flag(name: str, text: str) -> bool:
    if text not in ("0", "1", "true", "false"):
        raise bad_field(name, f"{name}: give 1 or 0.")
    return text in ("1", "true")


def _once(parameters: QueryDict) -> tuple[dict[str, str], list[FieldError]]:
    values: dict[str, str] = {}
    wrong: list[FieldError] = []
    for name, given in parameters.lists():
        text = str(given[0])
        if len(given) != 1:
            wrong.append(FieldError(shown(name), f"{shown(name)}: give it once."))
        elif len(text) > _LONGEST or "\x00" in text:
            wrong.append(FieldError(shown(name), f"{shown(name)}: give at most {_LONGEST} printable characters."))
        else:
            values[name] = text
    return values, wrong


def _platform(value: str | None) -> str | None:
    if value is not None and not is_platform(value):
        raise bad_field("platform", f"platform: {_PLATFORMS}")
    return value


def _policy(options: Iterable[tuple[str, str]], prefix: str = "") -> Policy:
    try:
        return parse_policy(options)
    except PolicyError as error:
        name = shown(error.field)
        raise bad_field(f"{prefix}{name}", f"{name}: {error.detail}.") from error


def _flat(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The members as the query string would hold them; `min_domain` may also be an object of domains."""
    for name, value in policy.items():
        if name == "min_domain" and isinstance(value, dict):
            yield from _flat({f"min_domain.{domain}": least for domain, least in value.items()})
        elif isinstance(value, bool):
            yield name, str(int(value))
        elif isinstance(value, int | str):
            yield name, str(value)
        else:
            raise bad_field(f"policy.{shown(name)}", f"{shown(name)}: give a number or a word.")


def _asked(item: Any, at: str) -> Asked:
    if not isinstance(item, dict):
        raise bad_field(at, f"{at}: give an object with name and version, or with sha256.")
    for name, value in item.items():
        if name not in ("name", "version", "sha256", "platform"):
            raise bad_field(f"{at}.{shown(name)}", f"{at}: there is no member {shown(name)!r}.")
        if value is not None and (not isinstance(value, str) or len(value) > _LONGEST):
            raise bad_field(f"{at}.{name}", f"{at}.{name}: give a text of at most {_LONGEST} characters.")
    given = {name: value for name, value in item.items() if value}
    if ("name" in given) == ("sha256" in given):
        raise bad_field(at, f"{at}: give either name (and version) or sha256.")
    if "sha256" in given:
        digest = given["sha256"].lower()
        if not re.fullmatch(DIGEST_PATTERN, digest):
            raise bad_field(f"{at}.sha256", f"{at}.sha256: give 64 hexadecimal digits.")
        return Asked(sha256=digest)
    return Asked(given["name"], given.get("version", LATEST), platform=_platform(given.get("platform")))
