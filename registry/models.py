"""The tables of the catalog: fields, constraints and nothing else.

Writing is in `registry.publishing` and `registry.scans`, reading in `registry.queries`. What a reader sees
is derived from these rows by query; `SearchEntry` is the one derived row that is stored, in the transaction
that changes it.
"""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Coalesce, Lower

NAMESPACE_PATTERN = r"^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$"
SERVER_PATTERN = r"^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$"
PLATFORM_PATTERN = r"^(?:any|(?:darwin|linux|win32)(?:-(?:x64|arm64))?)$"
DIGEST_PATTERN = r"^[0-9a-f]{64}$"


class Namespace(models.Model):
    """Where servers are published. `proof` names how the owner proved it, empty when nobody did.

    `signer` is the fingerprint of the key that signed the first signed bundle here (`registry.signers`).
    """

    name = models.CharField(max_length=64, unique=True, validators=[RegexValidator(NAMESPACE_PATTERN)])
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="namespaces")
    proof = models.CharField(max_length=200, blank=True, default="")
    signer = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Server(models.Model):
    """A named entry of the catalog.

    `declared_name` is the manifest's own spelling; title and description follow the latest release.
    """

    namespace = models.ForeignKey(Namespace, on_delete=models.PROTECT, related_name="servers")
    name = models.CharField(max_length=100, validators=[RegexValidator(SERVER_PATTERN)])
    declared_name = models.TextField()
    title = models.TextField()
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["namespace", "name"], name="server_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.namespace.name}/{self.name}"


class ReleaseState(models.TextChoices):
    ACTIVE = "active"
    YANKED = "yanked"
    QUARANTINED = "quarantined"


class Release(models.Model):
    """A server at one semantic version. Immutable but for its state.

    `version_key` sorts as the versions do (`registry.versions.sort_key`); build metadata does not count in
    it, so two versions that differ only there cannot both exist: no client could tell which is newer.
    """

    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=128)
    version_key = models.CharField(max_length=512, db_collation="C")
    prerelease = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=ReleaseState.choices, default=ReleaseState.ACTIVE)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["server", "version"], name="release_version_once"),
            models.UniqueConstraint(fields=["server", "version_key"], name="release_precedence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.server}@{self.version}"


class Bundle(models.Model):
    """One `.mcpb` file of a release, named by its SHA-256.

    `notices` are the readers' messages to the publisher, `signer` the fingerprint of the key that signed it, if any.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="bundles")
    platform = models.CharField(max_length=16, validators=[RegexValidator(PLATFORM_PATTERN)])
    sha256 = models.CharField(max_length=64, db_index=True, validators=[RegexValidator(DIGEST_PATTERN)])
    size = models.PositiveBigIntegerField()
    filename = models.CharField(max_length=255)
    server_type = models.CharField(max_length=16)
    manifest = models.JSONField()
    notices = models.JSONField(default=list)
    signer = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "platform"], name="bundle_platform_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.platform})"


class Statement(models.Model):
    """A Sigstore bundle that came beside a bundle, as JSON bytes. Never changed, and kept whether it holds or not."""

    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="statements")
    sha256 = models.CharField(max_length=64)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["bundle", "sha256"], name="statement_once")]

    def __str__(self) -> str:
        return self.sha256[:12]


class ScanState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Scan(models.Model):
    """One examination of one bundle; this row is the job, the queue's message only its doorbell.

    Whoever holds `lease_token` before `lease_until` works on it; after that anybody may take it over.
    `rung_at` is when a message was last sent for it. `progress` lists [collector, state, detail].
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="scans")
    state = models.CharField(max_length=8, choices=ScanState.choices, default=ScanState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    progress = models.JSONField(default=list)
    error = models.TextField(blank=True, default="")
    queued_at = models.DateTimeField(auto_now_add=True)
    rung_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    scanner_version = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["rung_at"],
                name="scan_unfinished",
                condition=models.Q(state__in=[ScanState.QUEUED, ScanState.RUNNING]),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bundle"],
                name="scan_one_open_per_bundle",
                condition=models.Q(state__in=[ScanState.QUEUED, ScanState.RUNNING]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"


class FactSet(models.Model):
    """The facts of one scan, as canonical JSON bytes; `sha256` is their digest. `components_listed`: the components in
    them are rows too (`registry.advisories.components`).

    Bytes and not JSONB: a JSONB text cannot hold a NUL character, which a hostile bundle may well contain,
    and the digest that anyone can check is taken over bytes.
    """

    scan = models.OneToOneField(Scan, on_delete=models.PROTECT, related_name="fact_set")
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="fact_sets")
    sha256 = models.CharField(max_length=64, db_index=True)
    body = models.BinaryField()
    components_listed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["bundle"], name="facts_unlisted", condition=models.Q(components_listed=False)),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class AssessmentRecord(models.Model):
    """One assessment of one set of facts under one rubric.

    `body` is the JSON document as it is served, `etag` the digest of those bytes; the columns beside it are
    what lists and filters need. The facts stay as they were scanned; `vulnerabilities` is what was known later, in
    their place (`registry.assessments`), null where this is the assessment of the scan itself. `revision` counts
    the assessments of one set of facts from 0, `reason` says in a sentence what made this one necessary.
    """

    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="assessments")
    fact_set = models.ForeignKey(FactSet, on_delete=models.PROTECT, related_name="assessments")
    rubric = models.CharField(max_length=16)
    revision = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, default="")
    vulnerabilities = models.BinaryField(null=True)
    score = models.PositiveSmallIntegerField()
    potential = models.PositiveSmallIntegerField()
    coverage = models.PositiveSmallIntegerField()
    provisional = models.BooleanField()
    blocked = models.BooleanField()
    level = models.PositiveSmallIntegerField()
    level_name = models.CharField(max_length=32)
    authentication = models.PositiveSmallIntegerField()
    authorization = models.PositiveSmallIntegerField()
    data_handling = models.PositiveSmallIntegerField()
    supply_chain = models.PositiveSmallIntegerField()
    runtime = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    etag = models.CharField(max_length=64)
    scanned_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["bundle", "-id"], name="assessment_newest")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fact_set", "rubric", "revision"], name="assessment_once_per_revision"),
        ]

    def __str__(self) -> str:
        return f"{self.score} under rubric {self.rubric}"


class ApiToken(models.Model):
    """A bearer token; only its SHA-256 is kept. `prefix` is what its owner recognises it by."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=32), default=list)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.prefix}... ({self.name})"


class DownloadDay(models.Model):
    """How often a bundle was downloaded on one day (UTC)."""

    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="download_days")
    day = models.DateField()
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bundle", "day"], name="download_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"


class ServerStatus(models.TextChoices):
    """What a reader is told about the latest release."""

    SCORED = "scored"
    PROVISIONAL = "provisional"
    SCANNING = "scanning"
    QUEUED = "queued"
    FAILED = "failed"
    NOT_ASSESSED = "not_assessed"
    QUARANTINED = "quarantined"


class SearchEntry(models.Model):
    """Everything a search hit shows and every column it can be filtered by, for one server's latest release.

    Servers whose releases are all in quarantine have none; those without an active release are not `listed`.
    `quality` (0..10000) decides between equally relevant hits; `text` is what typing errors are compared with;
    `tools` are lower-case names.
    """

    server = models.OneToOneField(Server, on_delete=models.CASCADE, primary_key=True, related_name="entry")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    namespace = models.CharField(max_length=64)
    name = models.CharField(max_length=100)
    title = models.TextField()
    description = models.TextField(blank=True)
    publisher = models.CharField(max_length=200)
    publisher_verified = models.BooleanField(default=False)
    version = models.CharField(max_length=128)
    listed = models.BooleanField(default=True)
    status = models.CharField(max_length=12, choices=ServerStatus.choices)
    score = models.PositiveSmallIntegerField(null=True)
    coverage = models.PositiveSmallIntegerField(null=True)
    level = models.PositiveSmallIntegerField(null=True)
    level_name = models.CharField(max_length=32, blank=True)
    authentication = models.PositiveSmallIntegerField(null=True)
    authorization = models.PositiveSmallIntegerField(null=True)
    data_handling = models.PositiveSmallIntegerField(null=True)
    supply_chain = models.PositiveSmallIntegerField(null=True)
    runtime = models.PositiveSmallIntegerField(null=True)
    server_type = models.CharField(max_length=16)
    licence = models.CharField(max_length=100, blank=True)
    tools = ArrayField(models.TextField(), default=list)
    tools_count = models.PositiveIntegerField(default=0)
    permissions = ArrayField(models.TextField(), default=list)
    platforms = ArrayField(models.TextField(), default=list)
    downloads = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField()
    quality = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    vector = SearchVectorField()

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["vector"], name="search_vector", fastupdate=False),
            GinIndex(OpClass("text", name="gin_trgm_ops"), name="search_trigrams", fastupdate=False),
            GinIndex(fields=["tools"], name="search_tools"),
            GinIndex(fields=["permissions"], name="search_permissions"),
            models.Index(Lower("licence"), name="search_licence"),
            models.Index(models.F("quality").desc(), models.F("server").asc(), name="search_by_quality"),
            models.Index(Coalesce("score", -1).desc(), models.F("server").asc(), name="search_by_score"),
            models.Index(models.F("updated_at").desc(), models.F("server").asc(), name="search_by_newest"),
            models.Index(models.F("downloads").desc(), models.F("server").asc(), name="search_by_downloads"),
            models.Index(fields=["name", "server"], name="search_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
