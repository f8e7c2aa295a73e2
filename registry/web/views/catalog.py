"""The first page and the search: what the catalog holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from registry.errors import RegistryError
from registry.marks import bands
from registry.queries import TOTAL_LIMIT, Page, ServerQuery, ServerRow, parse_server_query, search_servers
from registry.queries.filters import PERMISSIONS, PLATFORMS, TYPES
from registry.web.problems import as_page
from trust.rubric import rubric
from trust.vocabulary import Domain

SHORT_LIST = 5
FORM_STATE = ("search", "sort", "cursor", "limit")
"""Parameters that are no filter."""

SORT_LABELS = (
    ("", "Relevance and trust"),
    ("score", "Score"),
    ("newest", "Newest"),
    ("downloads", "Downloads"),
    ("name", "Name"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A select of the filter form; `options` are (value, label)."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...]
    error: str


@dataclass(frozen=True, slots=True)
class DomainField:
    """The minimum of one domain; a dot is kept out of the id so that style sheets can name it."""

    id: str
    name: str
    label: str
    value: str
    error: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A way to narrow these results further: its words, how many hits it leaves, and its address."""

    label: str
    count: int
    url: str


@require_safe
@as_page
def home(request: HttpRequest) -> HttpResponse:
    """What Assay is, the best and the newest."""
    context = {
        "bands": bands(),
        "best": search_servers(ServerQuery(sort="score", min_score=0, limit=SHORT_LIST)).items,
        "newest": search_servers(ServerQuery(sort="newest", limit=SHORT_LIST)).items,
    }
    return render(request, "web/home.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """A page of results. A live search (htmx) gets the results alone, and the address that shows them."""
    errors: Mapping[str, str] = {}
    page = None
    try:
        page = search_servers(parse_server_query(request.GET, strict=False))
    except RegistryError as error:
        if not error.errors:
            raise
        errors = {wrong.field: wrong.detail for wrong in error.errors}
    given = request.GET
    live = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    context = {
        "section": "servers",
        "live": live,
        "page": page,
        "limit": TOTAL_LIMIT,
        "search": given.get("search", ""),
        "tool": given.get("tool", ""),
        "errors": errors,
        "choices": choices(given, errors),
        "domain_fields": domain_fields(given, errors),
        "active": sum(bool(text) for name, text in given.items() if name in FILTERS),
        "narrowings": narrowings(page, given) if page else (),
        "later": bool(given.get("cursor")),
        "first_url": address(given, cursor=""),
        "next_url": address(given, cursor=page.next_cursor) if page and page.next_cursor else "",
    }
    template = "web/results.html" if live else "web/search.html"
    # A live search shows refused values in place of results; htmx swaps only successful answers.
    response = render(request, template, context, status=400 if errors and not live else 200)
    if live:
        response["HX-Replace-Url"] = address(given)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


FILTERS = frozenset(
    {"min_score", "level", "type", "platform", "license", "tool", "permission", *(f"min_domain.{d}" for d in Domain)}
)


def address(given: QueryDict, **changes: str) -> str:
    """The address of this search without empty parameters, some of them changed."""
    kept = {name: str(text) for name, text in given.items() if name in FILTERS or name in FORM_STATE}
    query = urlencode([(name, text) for name, text in (kept | changes).items() if text])
    return reverse("web:search") + (f"?{query}" if query else "")


def narrowings(page: Page[ServerRow], given: QueryDict) -> tuple[Narrowing, ...]:
    """From the facets: types, and levels as the filter means them, which is "this or higher"."""
    found: list[Narrowing] = []
    if not given.get("type"):
        found += [
            Narrowing(facet.value, facet.count, address(given, cursor="", type=facet.value))
            for facet in page.facets.get("type", ())
        ]
    if not given.get("level"):
        reached = {int(facet.value): facet.count for facet in page.facets.get("level", ()) if facet.value.isdigit()}
        for level in sorted(reached.keys() - {0}):
            count = sum(n for number, n in reached.items() if number >= level)
            found.append(Narrowing(f"level {level} or higher", count, address(given, cursor="", level=str(level))))
    return tuple(n for n in found if 0 < n.count < page.total)


def choices(given: QueryDict, errors: Mapping[str, str]) -> tuple[Choice, ...]:
    scores = tuple((str(b.low), f"{b.low} and more: {b.word}") for b in reversed(bands()) if b.low)
    levels = tuple((str(level.number), f"{level.number} {level.name}") for level in rubric().levels)
    listed: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
        ("sort", "Sort by", SORT_LABELS),
        ("min_score", "Minimum score", (("", "Any score"), *scores)),
        ("level", "Minimum level", (("", "Any level"), *levels)),
        ("type", "Server type", (("", "Any type"), *((t, t) for t in TYPES))),
        ("platform", "Platform", (("", "Any platform"), *((p, PLATFORM_LABELS.get(p, p)) for p in PLATFORMS))),
        ("permission", "Can do", (("", "Anything"), *((p, p) for p in PERMISSIONS))),
    )
    return tuple(
        Choice(name, label, value := given.get(name, ""), offered(options, value), errors.get(name, ""))
        for name, label, options in listed
    )


PLATFORM_LABELS = {"darwin": "macOS", "linux": "Linux", "win32": "Windows"}


def offered(options: tuple[tuple[str, str], ...], value: str) -> tuple[tuple[str, str], ...]:
    """The options, with the value in the address added where it is not one of them: the form shows what is asked."""
    return options if any(value == known for known, _ in options) else (*options, (value, value[:40]))


def domain_fields(given: QueryDict, errors: Mapping[str, str]) -> tuple[DomainField, ...]:
    return tuple(
        DomainField(f"min-{d}", name := f"min_domain.{d}", d.label, given.get(name, ""), errors.get(name, ""))
        for d in Domain
    )
