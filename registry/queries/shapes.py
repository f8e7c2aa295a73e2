"""What the queries return: frozen values, the same for the pages and for the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from trust.drift import Changes

T = TypeVar("T")

Domains = tuple[tuple[str, int | None], ...]
"""(domain id, whole points) for the five domains in the framework's order.

None where nothing is assessed yet.
"""


@dataclass(frozen=True, slots=True)
class ServerRow:
    """One hit of a search: the server as its latest release stands.

    `status` is one of scored, provisional, scanning, queued, failed, not_assessed, quarantined; the numbers
    are None unless it is scored or provisional.
    """

    namespace: str
    name: str
    title: str
    description: str
    version: str
    score: int | None
    domains: Domains
    coverage: int | None
    level: int | None
    level_name: str
    status: str
    server_type: str
    tools_count: int
    downloads: int
    updated_at: datetime
    publisher: str
    publisher_verified: bool
    permissions: tuple[str, ...]
    licence: str


@dataclass(frozen=True, slots=True)
class FacetValue:
    """How many hits one value of a filter would leave."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. `total` is counted up to `TOTAL_LIMIT` only: `TOTAL_LIMIT + 1` means "more than that"."""

    items: tuple[T, ...]
    next_cursor: str | None
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]


TOTAL_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class BundleView:
    """One file of a release, as it can be downloaded."""

    platform: str
    sha256: str
    size: int
    filename: str
    server_type: str


@dataclass(frozen=True, slots=True)
class ReleaseRef:
    """Which release something belongs to; `state` is active, yanked or quarantined."""

    namespace: str
    name: str
    version: str
    platform: str
    state: str


@dataclass(frozen=True, slots=True)
class ScanView:
    """One scan.

    `progress` is (collector, state, detail) in the order they ran; `error` a sentence when it failed.
    """

    id: UUID
    state: str
    progress: tuple[tuple[str, str, str], ...]
    error: str
    quarantined_because: tuple[str, ...]
    attempts: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    release: ReleaseRef


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One line in the list of a server's releases; the numbers are None until it is assessed."""

    version: str
    state: str
    status: str
    prerelease: bool
    is_latest: bool
    score: int | None
    coverage: int | None
    level: int | None
    level_name: str
    domains: Domains
    published_at: datetime
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerPage:
    """One server: its row, its names, and its releases, newest version first."""

    row: ServerRow
    declared_name: str
    created_at: datetime
    releases: tuple[ReleaseRow, ...]
    namespace_proof: str

    @property
    def namespace(self) -> str:
        return self.row.namespace

    @property
    def name(self) -> str:
        return self.row.name


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts as they were scanned: canonical JSON bytes, their digest, and when."""

    sha256: str
    body: bytes
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """A release compared with an earlier one of the same server."""

    name: str
    version: str
    changes: Changes


@dataclass(frozen=True, slots=True)
class TrustDocument:
    """The assessment document as it is served (JSON bytes), and the digest of those bytes."""

    etag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """One release.

    `trust` is the assessment document (INTERFACES, "assessment") of the bundle that stands for the release,
    or None until there is one; `scan` is that bundle's newest scan.

    `bundle` stands for the release: the one asked for by platform, else the least trusted one, because a
    release is as good as its worst file. `tools` are the assessment's, else the manifest's: objects with at
    least `name` and `description`.
    """

    server: ServerRow
    version: str
    state: str
    status: str
    manifest: Mapping[str, Any]
    notices: tuple[Mapping[str, Any], ...]
    tools: tuple[Mapping[str, Any], ...]
    bundles: tuple[BundleView, ...]
    bundle: BundleView
    trust: Mapping[str, Any] | None
    trust_etag: str | None
    scan: ScanView | None
    published_at: datetime
    published_by: str
    facts_sha256: str | None
    is_latest: bool
