"""Which bundle has which component, by its newest facts: what a changed advisory is looked up in, backwards."""

import json

from django.db import connection

from registry.advisories import mirror
from registry.models import FactSet
from scanner.advisories.collect import package_of
from trust.codec import CodecError, from_json
from trust.facts import Dependencies
from trust.finding import Gap

_AT_ONCE = 200


def write_components(bundle_id: int, dependencies: Dependencies | Gap) -> None:
    """Make the rows of a bundle say what these facts say. Call it inside the transaction that stores the facts.

    A component without an exact version is in no row: no advisory can be applied to it.
    """
    parts = () if isinstance(dependencies, Gap) else dependencies.components
    keys = sorted({(*package_of(c), c.version or "") for c in parts if mirror.listed(c)})
    columns = [list(column) for column in zip(*keys, strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        # In one order everywhere, so that two bundles with the same new components wait and do not lock each other up.
        cursor.execute(
            "INSERT INTO advisories_component (ecosystem, package, version) "
            "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING",
            columns,
        )
        cursor.execute("DELETE FROM advisories_bundlecomponent WHERE bundle_id = %s", [bundle_id])
        cursor.execute(
            "INSERT INTO advisories_bundlecomponent (bundle_id, component_id) "
            "SELECT %s, c.id FROM unnest(%s::text[], %s::text[], %s::text[]) AS w(ecosystem, package, version) "
            "JOIN advisories_component c USING (ecosystem, package, version)",
            [bundle_id, *columns],
        )


def catch_up() -> int:
    """Write the rows of bundles whose facts were stored before there was a mirror. Returns how many those were."""
    done = 0
    while some := _unlisted():
        for bundle_id, body in some:
            write_components(bundle_id, _dependencies(body))
        FactSet.objects.filter(bundle__in=[bundle_id for bundle_id, _ in some]).update(components_listed=True)
        done += len(some)
    return done


def _unlisted() -> list[tuple[int, bytes]]:
    found = FactSet.objects.filter(components_listed=False).order_by("bundle_id", "-id").distinct("bundle_id")
    return [(bundle_id, bytes(body)) for bundle_id, body in found.values_list("bundle_id", "body")[:_AT_ONCE]]


def _dependencies(body: bytes) -> Dependencies | Gap:
    """From stored facts; those in a form that is no longer read name no component."""
    document = json.loads(body).get("dependencies", {})
    if "gap" in document:
        return Gap(document["gap"])
    try:
        return from_json(Dependencies, document)
    except CodecError as error:
        return Gap(str(error))
