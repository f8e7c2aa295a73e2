"""Every read of the catalog, for the pages and for the API alike. Values out, never rows."""

from registry.queries.filters import ServerQuery, parse_server_query
from registry.queries.releases import get_diff, get_facts, get_release, get_statements, get_trust, list_releases
from registry.queries.scans import get_scan
from registry.queries.servers import get_server, search_servers
from registry.queries.shapes import (
    TOTAL_LIMIT,
    BundleView,
    Comparison,
    FacetValue,
    Facts,
    Page,
    ReleasePage,
    ReleaseRef,
    ReleaseRow,
    ScanView,
    ServerPage,
    ServerRow,
    TrustDocument,
)

__all__ = [
    "TOTAL_LIMIT",
    "BundleView",
    "Comparison",
    "FacetValue",
    "Facts",
    "Page",
    "ReleasePage",
    "ReleaseRef",
    "ReleaseRow",
    "ScanView",
    "ServerPage",
    "ServerQuery",
    "ServerRow",
    "TrustDocument",
    "get_diff",
    "get_facts",
    "get_release",
    "get_scan",
    "get_server",
    "get_statements",
    "get_trust",
    "list_releases",
    "parse_server_query",
    "search_servers",
]
