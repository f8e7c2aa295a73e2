"""OSV records into the mirror: an export is read once, compared, and what is new or newer is written by COPY.

An import never deletes a record. OSV withdraws what turned out wrong and keeps the record, so one that is missing from
an export says that the export is older or a part; such records are kept and counted. A text that is older than the one
kept is passed over. What cannot be read is put aside with its reason, and whatever it may concern is not assessed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from registry.advisories.mirror import ranges_document, ranges_from, storable
from scanner.advisories.feeds import Raw, SnapshotError, read_raw
from scanner.advisories.records import Advisory, Affected, RecordError, parse_record
from scanner.advisories.severity import UNKNOWN
from scanner.advisories.snapshot import mentions

BATCH = 1000
OTHER_FILES = ("known_exploited", "epss")
"""Files that lie beside records and are none; `registry.advisories.exploited` reads them."""


@dataclass(slots=True)
class Counts:
    """What became of the records of one source."""

    read: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    older: int = 0
    elsewhere: int = 0
    quarantined: int = 0
    vanished: int = 0


@dataclass(slots=True)
class Change:
    """What the import changed: the ids of new and changed records, and the texts that were replaced."""

    ids: set[str] = field(default_factory=set)
    before: list[Advisory] = field(default_factory=list)
    ecosystems: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Known:
    sha256: str
    modified: datetime
    withdrawn: bool
    ecosystems: tuple[str, ...]


def import_records(path: Path, source: str) -> tuple[Counts, Change]:
    """Every record at `path` (see `scanner.advisories.feeds.read_raw`), inside the caller's transaction, which holds
    the mirror alone. Raises SnapshotError when there is none.
    """
    reading = _Reading(_known())
    for raw in read_raw(path):
        if not raw.name.startswith(OTHER_FILES):
            reading.take(raw)
    if not reading.anything:
        raise SnapshotError("it holds no advisory record")
    reading.flush()
    reading.finish(source)
    return reading.counts, reading.change


class _Reading:
    """The state of one import: what the mirror has, what was seen, what waits to be written."""

    def __init__(self, known: dict[str, _Known]) -> None:
        self.counts = Counts()
        self.change = Change()
        self.anything = False
        self._known = known
        self._seen: dict[str, datetime] = {}
        self._waiting: dict[str, tuple[Advisory, bytes, str]] = {}
        self._aside: dict[str, tuple[str, str, str, list[str], bool]] = {}

    def take(self, raw: Raw) -> None:
        self.counts.read += 1
        if isinstance(raw.body, str):
            self._put_aside(raw, raw.body, frozenset(), decoded=False)
            return
        self.anything = True
        sha256 = hashlib.sha256(raw.body).hexdigest()
        known = self._known.get(raw.name)
        if known is not None and known.sha256 == sha256:
            self._same(raw.name, known)
            return
        try:
            record = parse_record(raw.body)
            _check_storable(record)
        except RecordError as error:
            names, decoded = mentions(raw.body)
            self._put_aside(raw, str(error), names, decoded=decoded)
            return
        self._take_record(record, raw.body, sha256)

    def _take_record(self, record: Advisory, body: bytes, sha256: str) -> None:
        known = self._known.get(record.id)
        if known is None and not record.affected:
            self.counts.elsewhere += 1
        elif known is not None and known.sha256 == sha256:
            self._same(record.id, known)
        elif known is not None and record.modified < known.modified:
            self._seen.setdefault(record.id, record.modified)
            self.counts.older += 1
        elif record.id in self._seen and record.modified <= self._seen[record.id]:
            self.counts.unchanged += 1  # the same record a second time, in another writing
        else:
            self._accept(record, body, sha256, known)

    def _same(self, id: str, known: _Known) -> None:
        self._seen[id] = known.modified
        self.counts.unchanged += 1

    def _accept(self, record: Advisory, body: bytes, sha256: str, known: _Known | None) -> None:
        if known is None:
            self.counts.new += 1
        elif record.id not in self.change.ids:
            self.counts.changed += 1
        if record.withdrawn is not None and known is not None and not known.withdrawn:
            self.counts.withdrawn += 1
        self.change.ids.add(record.id)
        self._seen[record.id] = record.modified
        ecosystems = tuple(sorted({a.package[0] for a in record.affected}))
        self._known[record.id] = _Known(sha256, record.modified, record.withdrawn is not None, ecosystems)
        self._waiting[record.id] = (record, body, sha256)
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Texts that it replaces are remembered first."""
        if self._waiting:
            self.change.before += load_records(self._waiting)
            _replace(self._waiting)
            self._waiting.clear()

    def finish(self, source: str) -> None:
        """What needs all records: those that are missing, the ecosystems, the quarantine."""
        seen_in = {e for id in self._seen for e in self._known[id].ecosystems}
        self.change.ecosystems = seen_in
        self.counts.vanished = sum(
            1 for id, k in self._known.items() if id not in self._seen and not seen_in.isdisjoint(k.ecosystems)
        )
        self.counts.quarantined = len(self._aside)
        _write_aside(source, self._seen, self._aside.values())

    def _put_aside(self, raw: Raw, reason: str, names: Iterable[str], *, decoded: bool) -> None:
        clean = sorted(name for name in names if storable(name))
        texts = (_plain(raw.where), _plain(raw.name), _plain(reason))
        self._aside[texts[0]] = (*texts, clean, decoded)


def load_records(ids: Iterable[str]) -> list[Advisory]:
    """These records as the mirror has them, whole. Withdrawn ones affect nothing."""
    affected: dict[str, list[Affected]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT advisory_id, ecosystem, package, ranges, versions, last_known "
            "FROM advisories_affectedpackage WHERE advisory_id = ANY(%s) ORDER BY id",
            [list(ids)],
        )
        for id, ecosystem, package, ranges, versions, last in cursor:
            entry = Affected((ecosystem, package), ranges_from(ranges), frozenset(versions), last)
            affected.setdefault(id, []).append(entry)
        cursor.execute(
            "SELECT id, modified, aliases, withdrawn FROM advisories_advisory WHERE id = ANY(%s)", [list(ids)]
        )
        return [
            Advisory(id, modified, tuple(affected.get(id, ())), tuple(aliases), withdrawn, "", UNKNOWN)
            for id, modified, aliases, withdrawn in cursor
        ]


def _known() -> dict[str, _Known]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, sha256, modified, withdrawn IS NOT NULL, ecosystems FROM advisories_advisory")
        return {id: _Known(sha, modified, gone, tuple(names)) for id, sha, modified, gone, names in cursor}


def _replace(records: Mapping[str, tuple[Advisory, bytes, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM advisories_affectedpackage WHERE advisory_id = ANY(%s)", [list(records)])
        cursor.execute("DELETE FROM advisories_advisory WHERE id = ANY(%s)", [list(records)])
        with cursor.copy(
            "COPY advisories_advisory (id, modified, withdrawn, aliases, ecosystems, summary, severity, basis, sha256, "
            "raw) FROM STDIN"
        ) as copy:
            for record, body, sha256 in records.values():
                copy.write_row(_advisory_row(record, body, sha256))
        with cursor.copy(
            "COPY advisories_affectedpackage (advisory_id, ecosystem, package, ranges, versions, enumerates, "
            "last_known) FROM STDIN"
        ) as copy:
            for record, _, _ in records.values():
                for entry in record.affected:
                    copy.write_row(_affected_row(record.id, entry))


def _advisory_row(record: Advisory, body: bytes, sha256: str) -> tuple[Any, ...]:
    severity = record.rating.severity
    return (
        record.id,
        record.modified,
        record.withdrawn,
        list(record.aliases),
        sorted({a.package[0] for a in record.affected}),
        record.summary,
        severity.value if severity else None,
        record.rating.basis,
        sha256,
        body,
    )


def _affected_row(id: str, entry: Affected) -> tuple[Any, ...]:
    ecosystem, package = entry.package
    ranges = json.dumps(ranges_document(entry.ranges))
    return (id, ecosystem, package, ranges, sorted(entry.versions), bool(entry.versions), entry.last_known)


def _check_storable(record: Advisory) -> None:
    """Raises RecordError for texts that no row can hold. In a name or a version they could match nothing anyway."""
    texts = [record.summary]
    for entry in record.affected:
        texts += [entry.package[1], entry.last_known, *entry.versions]
        texts += [part for span in entry.ranges for part in (span.type, *(e.version for e in span.events))]
    if not all(map(storable, texts)):
        raise RecordError("a text in it holds a NUL or half of a surrogate pair")


def _write_aside(source: str, seen: Iterable[str], aside: Iterable[tuple[str, str, str, list[str], bool]]) -> None:
    """The quarantine of this source is replaced; a record that could now be read leaves that of any source."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM advisories_quarantinedrecord WHERE source = %s OR name = ANY(%s)", [source, list(seen)]
        )
        cursor.executemany(
            'INSERT INTO advisories_quarantinedrecord (source, "where", name, reason, names, decoded, seen_at) '
            "VALUES (%s, %s, %s, %s, %s, %s, now())",
            [(source, *row) for row in aside],
        )


def _plain(text: str) -> str:
    return "".join(c if storable(c) else "\N{REPLACEMENT CHARACTER}" for c in text)
