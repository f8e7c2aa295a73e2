"""One advisory in OSV form, read from JSON that others wrote: bounded, checked, and frozen.

A record that cannot be read is a `RecordError` with its reason; whoever loads many puts it aside and goes on.
Source: OSV schema 1.0 to 1.7 (https://ossf.github.io/osv-schema/). A missing `schema_version` means 1.0.0.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from scanner.advisories.ordering import VERSION_LIMIT, spelling
from scanner.advisories.severity import UNKNOWN, Rating, rate
from scanner.collect.dependencies.reading import Ecosystem, canonical

RECORD_LIMIT = 4 << 20
"""A record larger than this is put aside, in bytes. The largest of PyPI's 7,080 has 35 kB."""
LIST_LIMIT = 20_000
"""A list in a record longer than this is put aside (versions, events, aliases, affected packages)."""
SUMMARY_SHOWN = 160

ECOSYSTEMS: Mapping[str, Ecosystem] = {"PyPI": "pypi", "npm": "npm"}
LABELS: Mapping[Ecosystem, str] = {ours: theirs for theirs, ours in ECOSYSTEMS.items()}
Package = tuple[Ecosystem, str]
"""An ecosystem and the name under which its registry knows the package."""
EventKind = Literal["introduced", "fixed", "last_affected", "limit"]

_EVENTS: Mapping[str, EventKind] = {
    "introduced": "introduced",
    "fixed": "fixed",
    "last_affected": "last_affected",
    "limit": "limit",
}
_TELLS = re.compile(r"(?i)\b(?:vulnerab|attack|allow|malicious|inject|bypass|leak|denial|prior to|before|flaw|could)")
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$", re.ASCII)


class RecordError(ValueError):
    """The text is not an OSV record that can be used; the message says which member and why."""


@dataclass(frozen=True, slots=True)
class Event:
    """One boundary of a range; `version` as the record spells it."""

    kind: EventKind
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """`type` is ECOSYSTEM, SEMVER or GIT; other words are kept and cannot be evaluated."""

    type: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """What one record says about one package. A record may hold several for the same package.

    `versions` in the one spelling of `ordering.spelling`; `more` says that the record lists others too, which whoever
    loaded it for a few versions left out. `last_known` is GitHub's "last known affected version range", such as
    `<= 1.7.3`.
    """

    package: Package
    ranges: tuple[Range, ...] = ()
    versions: frozenset[str] = frozenset()
    last_known: str = ""
    more: bool = False


@dataclass(frozen=True, slots=True)
class Advisory:
    """One record, as far as it concerns PyPI and npm."""

    id: str
    modified: datetime
    affected: tuple[Affected, ...]
    aliases: tuple[str, ...] = ()
    withdrawn: datetime | None = None
    summary: str = ""
    rating: Rating = UNKNOWN

    @property
    def names(self) -> frozenset[str]:
        """Every identifier of this flaw that the record knows."""
        return frozenset((self.id, *self.aliases))


def parse_record(raw: bytes) -> Advisory:
    """The advisory that these bytes describe. Raises RecordError; anything else is a defect."""
    if len(raw) > RECORD_LIMIT:
        raise RecordError(f"the record has {len(raw)} bytes; at most {RECORD_LIMIT} are read")
    try:
        loaded: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise RecordError("the record is not JSON") from None
    if not isinstance(loaded, dict):
        raise RecordError("the record is not a JSON object")
    return from_document({str(key): value for key, value in loaded.items()})


def from_document(document: Mapping[str, object]) -> Advisory:
    """The same from decoded JSON. Raises RecordError."""
    schema = _text(document, "schema_version") or "1.0.0"
    if not schema.startswith("1."):
        raise RecordError(f"schema_version {schema[:20]!r} is not one that is understood here; 1.x is")
    name = _text(document, "id")
    if not _ID.match(name):
        raise RecordError("id is missing or is no identifier")
    aliases = _texts(document, "aliases")
    if any(not _ID.match(alias) for alias in aliases):
        raise RecordError("aliases holds something that is no identifier")
    modified = _moment(document, "modified")
    if modified is None:
        raise RecordError("modified is missing")
    return Advisory(
        id=name,
        modified=modified,
        affected=tuple(a for entry in _objects(document, "affected") if (a := _affected(entry)) is not None),
        aliases=tuple(dict.fromkeys(aliases)),
        withdrawn=_moment(document, "withdrawn"),
        summary=_summary(document),
        rating=rate(document),
    )


def _affected(entry: Mapping[str, object]) -> Affected | None:
    """None for packages of other ecosystems, and for repositories that are no package."""
    package = entry.get("package")
    if package is None:
        return None
    if not isinstance(package, dict):
        raise RecordError("affected.package is not an object")
    ecosystem = ECOSYSTEMS.get(_text(package, "ecosystem").partition(":")[0])
    if ecosystem is None:
        return None
    name = _text(package, "name").strip()
    if not name:
        raise RecordError("affected.package.name is missing")
    specific = entry.get("database_specific")
    return Affected(
        (ecosystem, canonical(ecosystem, name)),
        tuple(_range(r) for r in _objects(entry, "ranges")),
        frozenset(spelling(ecosystem, _version(v)) for v in _texts(entry, "versions")),
        _text(specific, "last_known_affected_version_range") if isinstance(specific, dict) else "",
    )


def _range(entry: Mapping[str, object]) -> Range:
    events: list[Event] = []
    for event in _objects(entry, "events"):
        if len(event) != 1 or not event.keys() <= _EVENTS.keys():
            raise RecordError("an event is not exactly one of introduced, fixed, last_affected, limit")
        ((kind, version),) = event.items()
        if not isinstance(version, str):
            raise RecordError(f"the event {kind} is not a text")
        events.append(Event(_EVENTS[kind], _version(version)))
    if not any(e.kind == "introduced" for e in events):
        raise RecordError("a range introduces the flaw nowhere")
    return Range(_text(entry, "type"), tuple(events))


def _version(text: str) -> str:
    if len(text) > VERSION_LIMIT:
        raise RecordError(f"a version has {len(text)} characters; at most {VERSION_LIMIT} are read")
    return text


def _summary(document: Mapping[str, object]) -> str:
    """The summary on one line; where a record has none, the first sentence of its details that tells of a flaw."""
    text = " ".join(_text(document, "summary").split())
    if not text:
        details = _text(document, "details")[:4000].splitlines()
        prose = " ".join(line.strip(" *>\t") for line in details if not line.startswith("#"))
        sentences = re.split(r"(?<=[a-z0-9)`])\.\s", " ".join(prose.split()))
        # Many begin with what the package is for ("GitPython is a library used to ...").
        text = next((s for s in sentences if _TELLS.search(s)), sentences[0]).rstrip(".")
    return text if len(text) <= SUMMARY_SHOWN else text[: SUMMARY_SHOWN - 1].rstrip() + "…"


# --- checked reading ----------------------------------------------------------


def _text(holder: Mapping[str, object], name: str) -> str:
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordError(f"{name} is not a text")
    return value


def _list(holder: Mapping[str, object], name: str) -> list[object]:
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordError(f"{name} is not a list")
    if len(value) > LIST_LIMIT:
        raise RecordError(f"{name} has {len(value)} entries; at most {LIST_LIMIT} are read")
    return value


def _texts(holder: Mapping[str, object], name: str) -> list[str]:
    values = _list(holder, name)
    texts = [v for v in values if isinstance(v, str)]
    if len(texts) != len(values):
        raise RecordError(f"{name} holds something that is not a text")
    return texts


def _objects(holder: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    values = _list(holder, name)
    objects: list[Mapping[str, object]] = [v for v in values if isinstance(v, dict)]
    if len(objects) != len(values):
        raise RecordError(f"{name} holds something that is not an object")
    return objects


def _moment(document: Mapping[str, object], name: str) -> datetime | None:
    """An RFC 3339 time; one without a zone counts as UTC."""
    text = _text(document, name)
    if not text:
        return None
    try:
        return moment(text)
    except ValueError:
        raise RecordError(f"{name} is not a time: {text[:40]!r}") from None


def moment(text: str) -> datetime:
    """An RFC 3339 time in UTC; one without a zone counts as UTC. Raises ValueError."""
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
