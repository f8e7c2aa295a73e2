"""Searching the catalog, and reading one server."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower

from registry import search
from registry.errors import bad_field
from registry.models import SearchEntry
from registry.queries.cursors import Key, read_cursor, write_cursor
from registry.queries.filters import ServerQuery
from registry.queries.releases import find_server, quarantined_server, release_rows
from registry.queries.rows import server_row
from registry.queries.shapes import TOTAL_LIMIT, FacetValue, Page, ServerPage, ServerRow

CANDIDATES = 1000
"""Hits that are ranked, those of highest quality: ranking every hit of a common word would take seconds."""

Entries = QuerySet[SearchEntry, SearchEntry]
Facets = Mapping[str, tuple[FacetValue, ...]]


@dataclass(frozen=True, slots=True)
class _Order:
    """One way to sort: the annotation that is sorted by, whether downwards, and how it is written in a cursor."""

    kind: type[Key]
    downwards: bool
    write: Callable[[Any], Key]
    read: Callable[[Key], Any]


def _same(value: Any) -> Any:
    return value


_WHOLE = _Order(int, downwards=True, write=int, read=_same)
_NAME = _Order(str, downwards=False, write=str, read=_same)


def _read_time(value: Key) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise bad_field("cursor", "The cursor cannot be used. It holds no time.") from None
    if found.tzinfo is None:
        raise bad_field("cursor", "The cursor cannot be used. Its time has no zone.")
    return found


_TIME = _Order(str, downwards=True, write=datetime.isoformat, read=_read_time)
_ORDERS: Mapping[str, _Order] = {
    "relevance": _WHOLE,
    "score": _WHOLE,
    "newest": _TIME,
    "downloads": _WHOLE,
    "name": _NAME,
}
_COLUMNS: Mapping[str, Any] = {
    "score": Coalesce("score", Value(-1), output_field=IntegerField()),
    "newest": F("updated_at"),
    "downloads": F("downloads"),
    "name": F("name"),
}


def search_servers(query: ServerQuery) -> Page[ServerRow]:
    """One page of servers. Raises RegistryError (400) for a cursor that does not fit."""
    words = search.asked_words(query.search)
    matching = _filtered(query)
    hits = matching.filter(search.holds_all(words)) if words else matching
    counted = _count(hits)
    if not words or counted[0] >= search.FEW_HITS:
        return _page(query, words, hits, counted, relaxed=False)
    with search.forgiving():
        hits = matching.filter(search.holds_all(words) | search.resembles(words))
        return _page(query, words, hits, _count(hits), relaxed=True)


def _page(
    query: ServerQuery, words: Sequence[str], hits: Entries, counted: tuple[int, Facets], *, relaxed: bool
) -> Page[ServerRow]:
    total, facets = counted
    order = _ORDERS[query.sort]
    found = list(_after(_sorted(hits, query, words, relaxed=relaxed), query, order)[: query.limit + 1])
    more = len(found) > query.limit
    entries = found[: query.limit]
    return Page(
        items=tuple(server_row(entry) for entry in entries),
        next_cursor=_cursor(query, order, entries[-1]) if more else None,
        total=total,
        facets=facets,
    )


def get_server(namespace: str, name: str) -> ServerPage:
    """One server with its releases. Raises RegistryError (404): `server.not_found`, `server.quarantined`."""
    server = find_server(namespace, name)
    entry = SearchEntry.objects.filter(server=server).first()
    if entry is None:
        raise quarantined_server(server)
    return ServerPage(
        row=server_row(entry),
        declared_name=server.declared_name,
        created_at=server.created_at,
        releases=release_rows(server),
        namespace_proof=server.namespace.proof,
    )


def _filtered(query: ServerQuery) -> Entries:
    """The listed entries that meet every filter."""
    wanted = Q(listed=True)
    if query.min_score is not None:
        wanted &= Q(score__gte=query.min_score)
    for domain, least in query.min_domains.items():
        wanted &= Q(**{f"{domain}__gte": least})
    if query.level is not None:
        wanted &= Q(level__gte=query.level)
    if query.type:
        wanted &= Q(server_type=query.type)
    if query.platform:
        wanted &= Q(platforms__contains=[query.platform])
    if query.tool:
        wanted &= Q(tools__contains=[query.tool.lower()])
    if query.permission:
        wanted &= Q(permissions__contains=[query.permission])
    entries: Entries = SearchEntry.objects.filter(wanted)
    if query.license:
        entries = entries.alias(licence_key=Lower("licence")).filter(licence_key=query.license.lower())
    return entries


def _count(hits: Entries) -> tuple[int, Facets]:
    """How many hits there are, up to one more than `TOTAL_LIMIT`, and how they divide, in one query."""
    bounded = hits.values("pk")[: TOTAL_LIMIT + 1]
    groups = (
        SearchEntry.objects.filter(pk__in=bounded)
        .order_by()
        .values_list("server_type", "level")
        .annotate(n=Count("pk"))
    )
    types: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    for server_type, level, n in groups:
        types[server_type] += n
        if level is not None:
            levels[str(level)] += n
    return sum(types.values()), {
        "type": tuple(FacetValue(value, n) for value, n in types.most_common()),
        "level": tuple(FacetValue(value, levels[value]) for value in sorted(levels, reverse=True)),
    }


def _sorted(hits: Entries, query: ServerQuery, words: Sequence[str], *, relaxed: bool) -> Entries:
    if query.sort != "relevance":
        place = _COLUMNS[query.sort]
    elif words:
        best = hits.order_by("-quality", "server_id").values("pk")[:CANDIDATES]
        hits = SearchEntry.objects.filter(Q(pk__in=best) | Q(pk__in=hits.filter(search.named(words)).values("pk")))
        place = search.relevance(words, relaxed=relaxed)
    else:
        place = F("quality")
    direction = "-place" if _ORDERS[query.sort].downwards else "place"
    return hits.annotate(place=place).defer("vector", "text", "tools").order_by(direction, "server_id")


def _after(entries: Entries, query: ServerQuery, order: _Order) -> Entries:
    """What follows the row that the cursor names. Written so that the index on the order can be used."""
    if not query.cursor:
        return entries
    raw, pk = read_cursor(query.cursor, query.fingerprint, (order.kind, int))
    place = order.read(raw)
    beyond, up_to = ("lt", "lte") if order.downwards else ("gt", "gte")
    return entries.filter(**{f"place__{up_to}": place}).filter(Q(**{f"place__{beyond}": place}) | Q(server_id__gt=pk))


def _cursor(query: ServerQuery, order: _Order, last: SearchEntry) -> str:
    place = getattr(last, "place")  # noqa: B009 -- an annotation, which the model's type does not know
    return write_cursor(query.fingerprint, (order.write(place), last.pk))
