"""An advisory export, loaded for the packages of one bundle.

An export is what osv.dev publishes per ecosystem (`all.zip` of JSON records), a folder of such records, or a folder of
several of both. Every record is looked at, but only those that name a wanted package are decoded and kept.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from scanner.advisories.feeds import Raw, SnapshotError, read_raw
from scanner.advisories.matching import alias_groups
from scanner.advisories.records import ECOSYSTEMS, Advisory, Package, RecordError, moment, parse_record
from scanner.collect.dependencies.reading import Ecosystem, canonical

STALE_AFTER_DAYS = 30
"""Feeds change daily. Data older than this still accuses, but no longer clears: a month of advisories is missing."""
SAMPLE_BELOW = 1000
"""An ecosystem's export has thousands of records (PyPI 7,000 in 2026, npm more). Fewer are a sample: what is not in it
may well be known elsewhere, so a sample accuses and never clears.
"""
ID_LENGTH = 16
MALICIOUS = "MAL-"
CLOCKS_DIFFER = timedelta(days=1)
"""A record modified later than this from now has a wrong date, and says nothing about how new its feed is."""
_FIELD = re.compile(rb'"(name|ecosystem|modified)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_ESCAPED_LETTER = re.compile(rb"\\u00(?:2[d-f]|3[0-9]|4[0-9a-f]|5[0-9af]|6[0-9a-f]|7[0-9a])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feed:
    """The records of one ecosystem: how many there are, and how many days ago the newest was modified.

    Records of malicious packages (`MAL-...`) are matched like all others and counted in neither: they come from a feed
    of their own, which may be new and large while that of vulnerabilities is old or missing.
    The age counts from the newest `modified` that lies not in the future: a file's own time only says when it was
    copied, and would make an old export look new. Where no record has a usable one, it counts from the oldest file.
    """

    ecosystem: Ecosystem
    records: int
    age_days: int

    @property
    def standing(self) -> Literal["ok", "sample", "stale"]:
        """Whether a component that is not found here can be called clean: only by `ok` data."""
        if self.records < SAMPLE_BELOW:
            return "sample"
        return "stale" if self.age_days > STALE_AFTER_DAYS else "ok"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that was put aside. `concerns`: the wanted packages it names; None when it may be about any."""

    where: str
    reason: str
    concerns: frozenset[Package] | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the advisory data. `id` is the same for the same records, byte for byte, however they are packed.

    `loaded` counts all distinct records, `advisories` holds the live ones of the wanted packages, `quarantined` what
    was put aside on the way to them, `exploited` the identifiers of flaws that are known to be exploited.
    """

    id: str
    feeds: Mapping[Ecosystem, Feed]
    loaded: int
    advisories: Mapping[Package, tuple[Advisory, ...]]
    quarantined: tuple[Quarantined, ...] = ()
    exploited: frozenset[str] = frozenset()
    _groups: dict[Package, Mapping[str, str]] = field(default_factory=dict, compare=False, repr=False)

    def groups(self, package: Package) -> Mapping[str, str]:
        """Record id -> the flaw it is about, among the records about this package."""
        if package not in self._groups:
            self._groups[package] = alias_groups(self.advisories.get(package, ()))
        return self._groups[package]


@dataclass(slots=True)
class _Count:
    records: set[str] = field(default_factory=set)
    newest: datetime | None = None
    oldest_file: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Glance:
    """What a record seems to be about, without decoding it. `certain`: it ends as a record does, names a package, and
    spells nothing with escapes.
    """

    names: frozenset[str]
    ecosystems: frozenset[Ecosystem]
    modified: datetime | None
    certain: bool


def load_snapshot(path: Path, wanted: Collection[Package], now: datetime) -> Snapshot:
    """The snapshot at `path` for these packages. `now` with a zone; ages count from it.

    Raises SnapshotError when there is no advisory data at all. One bad record, or one bad file among several, is put
    aside with its reason.
    """
    return gather(read_raw(path), wanted, now)


def gather(raw: Iterator[Raw], wanted: Collection[Package], now: datetime) -> Snapshot:
    """The same from records that were already read from somewhere. Raises SnapshotError when there are none."""
    counts: dict[Ecosystem, _Count] = {}
    kept: dict[str, Advisory] = {}
    aside: list[Quarantined] = []
    digests: set[bytes] = set()
    seen: set[str] = set()
    packages = frozenset(wanted)
    names = {name for _, name in packages}
    for item in raw:
        if isinstance(item.body, str):
            aside.append(Quarantined(item.where, item.body, None))
            continue
        digests.add(hashlib.sha256(item.body).digest())
        seen.add(item.name)
        glance = _glance(item.body)
        _count(counts, glance, item, now)
        if glance.certain and not glance.names & names:
            continue
        read = _read(item.where, item.body, packages)
        if isinstance(read, Quarantined):
            aside.append(read)
        elif any(a.package in packages for a in read.affected):
            # The same record may lie in the export and beside it; the newer text counts.
            kept[read.id] = max(kept.get(read.id, read), read, key=lambda advisory: advisory.modified)
    if not seen:
        raise SnapshotError("it holds no advisory record")
    live = sorted((a for a in kept.values() if a.withdrawn is None), key=lambda a: a.id)
    return Snapshot(
        id=hashlib.sha256(b"".join(sorted(digests))).hexdigest()[:ID_LENGTH],
        feeds=MappingProxyType({ecosystem: _feed(ecosystem, count, now) for ecosystem, count in counts.items()}),
        loaded=len(seen),
        advisories=MappingProxyType(_by_package(live, packages)),
        quarantined=tuple(aside),
    )


def _glance(body: bytes) -> _Glance:
    found: dict[bytes, set[bytes]] = {b"name": set(), b"ecosystem": set(), b"modified": set()}
    for match in _FIELD.finditer(body):
        found[match[1]].add(match[2])
    names = frozenset(
        canonical(ecosystem, name.decode("utf-8", "replace"))
        for name in found[b"name"]
        for ecosystem in ECOSYSTEMS.values()
    )
    words = {word.decode("utf-8", "replace").partition(":")[0] for word in found[b"ecosystem"]}
    times = [t for text in found[b"modified"] if (t := _time(text)) is not None]
    return _Glance(
        names,
        frozenset(ECOSYSTEMS[word] for word in words if word in ECOSYSTEMS),
        max(times, default=None),
        certain=bool(found[b"ecosystem"] and found[b"name"])
        and body.rstrip().endswith(b"}")
        and not any(b"\\" in name for name in found[b"name"])
        and _ESCAPED_LETTER.search(body) is None,
    )


def _time(text: bytes) -> datetime | None:
    try:
        return moment(text.decode("ascii"))
    except ValueError:
        return None


def _count(counts: dict[Ecosystem, _Count], glance: _Glance, item: Raw, now: datetime) -> None:
    for ecosystem in () if item.name.startswith(MALICIOUS) else glance.ecosystems:
        count = counts.setdefault(ecosystem, _Count())
        count.records.add(item.name)
        count.oldest_file = min(count.oldest_file or item.written, item.written)
        if glance.modified is not None and glance.modified <= now + CLOCKS_DIFFER:
            count.newest = max(count.newest or glance.modified, glance.modified)


def _feed(ecosystem: Ecosystem, count: _Count, now: datetime) -> Feed:
    since = count.newest or count.oldest_file or datetime.fromtimestamp(0, UTC)
    return Feed(ecosystem, len(count.records), max(0, (now - since).days))


def _read(where: str, body: bytes, packages: frozenset[Package]) -> Advisory | Quarantined:
    try:
        return parse_record(body)
    except RecordError as error:
        return Quarantined(where, str(error), _concerns(body, packages))


def _concerns(body: bytes, packages: frozenset[Package]) -> frozenset[Package] | None:
    return concerned(*mentions(body), packages)


def mentions(body: bytes) -> tuple[frozenset[str], bool]:
    """The package names that a bad record mentions, and whether it is JSON at all."""
    try:
        loaded: object = json.loads(body)
    except (ValueError, RecursionError):
        return _glance(body).names, False
    return _glance(json.dumps(loaded, ensure_ascii=False).encode("utf-8", "replace")).names, True


def concerned(
    names: Collection[str],
    decoded: bool,  # noqa: FBT001 -- as `mentions` returns them
    packages: Collection[Package],
) -> frozenset[Package] | None:
    """The wanted packages that a bad record is about. One that is no JSON and names none may be about any."""
    found = frozenset(package for package in packages if package[1] in names)
    return found if found or decoded else None


def _by_package(live: list[Advisory], packages: frozenset[Package]) -> dict[Package, tuple[Advisory, ...]]:
    found: dict[Package, list[Advisory]] = {}
    for advisory in live:
        for package in dict.fromkeys(a.package for a in advisory.affected if a.package in packages):
            found.setdefault(package, []).append(advisory)
    return {package: tuple(advisories) for package, advisories in found.items()}
