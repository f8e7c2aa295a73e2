"""Which bundles a changed advisory is about: the look-up in reverse, from records to components to bundles.

An advisory matters by the flaw it is part of: a record that shares an alias with others can bring their findings
together, or change how bad they are. So everything in the same group of aliases is looked at, in its present text and
in the one that was replaced, and every component that any of them may concern leads to its bundles.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from registry.advisories.osv import load_records
from scanner.advisories.matching import match
from scanner.advisories.records import Advisory, Package

_ASK = """
    INSERT INTO advisories_reassessment (bundle_id, asked_at, attempts, lease_until, error)
    SELECT bundle_id, now(), 0, NULL, '' FROM ({bundles}) AS b GROUP BY bundle_id ORDER BY bundle_id
    ON CONFLICT (bundle_id) DO UPDATE SET asked_at = now(), attempts = 0, lease_until = NULL, error = ''
"""
_OF_COMPONENTS = "SELECT bundle_id FROM advisories_bundlecomponent WHERE component_id = ANY(%s)"
_OF_ECOSYSTEMS = (
    "SELECT bundle_id FROM advisories_bundlecomponent b JOIN advisories_component c ON c.id = b.component_id "
    "WHERE c.ecosystem = ANY(%s)"
)


def ask_about(ids: Iterable[str], before: Iterable[Advisory] = (), names: Iterable[str] = ()) -> int:
    """Ask for a new assessment of every bundle that these records concern, or did `before` they were replaced.

    `names`: other identifiers of flaws about which something changed. Returns how many bundles that is. Call it inside
    the transaction of the change.
    """
    components = affected_components(ids, before, names)
    return _ask(_OF_COMPONENTS, components) if components else 0


def ask_about_ecosystems(ecosystems: Iterable[str]) -> int:
    """The same for every bundle with a component of these ecosystems."""
    named = list(ecosystems)
    return _ask(_OF_ECOSYSTEMS, named) if named else 0


def ask_about_bundle(bundle_id: int) -> None:
    _ask("SELECT %s AS bundle_id", bundle_id)


def asked_now() -> int:
    """How many bundles were asked about in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM advisories_reassessment WHERE asked_at = now()")
        (count,) = cursor.fetchone() or (0,)
        return int(count)


def affected_components(ids: Iterable[str], before: Iterable[Advisory] = (), names: Iterable[str] = ()) -> list[int]:
    """The components that these records, or any record about the same flaws, concern or may concern."""
    replaced = list(before)
    known_as = {name for record in replaced for name in record.names}
    records = [*load_records(related(ids, known_as.union(names))), *replaced]
    by_package: dict[Package, list[Advisory]] = {}
    for record in records:
        if record.withdrawn is None:
            for package in dict.fromkeys(a.package for a in record.affected):
                by_package.setdefault(package, []).append(record)
    if not by_package:
        return []
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.ecosystem, c.package, c.version FROM advisories_component c "
            "JOIN unnest(%s::text[], %s::text[]) AS w(ecosystem, package) USING (ecosystem, package)",
            [[e for e, _ in by_package], [p for _, p in by_package]],
        )
        for id, ecosystem, package, version in cursor.fetchall():
            key: Package = (ecosystem, package)
            if any(match(record, key, version).answer != "not affected" for record in by_package[key]):
                found.append(id)
    return found


def related(ids: Iterable[str], names: Iterable[str] = ()) -> set[str]:
    """The ids of all records about the same flaws as these records and identifiers, through shared aliases."""
    known: set[str] = set()
    searched: set[str] = set()
    wanted = {*ids, *names}
    with connection.cursor() as cursor:
        while wanted:
            searched |= wanted
            asked = list(wanted)
            cursor.execute(
                "SELECT id, aliases FROM advisories_advisory WHERE id = ANY(%s) "
                "UNION SELECT id, aliases FROM advisories_advisory WHERE aliases && %s::text[]",
                [asked, asked],
            )
            wanted = set()
            for id, aliases in cursor:
                known.add(id)
                wanted.update({id, *aliases} - searched)
    return known


def _ask(bundles: str, argument: int | list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ASK.format(bundles=bundles), [argument])
        return max(0, int(cursor.rowcount))
