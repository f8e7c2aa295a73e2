"""The shapes of the API for its OpenAPI document. Nothing is validated or rendered with these.

The answers are made in `payloads`; a test holds the two together.
"""

from typing import Any, get_args

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers as s

from registry.queries.filters import MAX_LIMIT, PERMISSIONS, PLATFORMS, SORTS, TYPES
from trust.drift import ChangeKind
from trust.vocabulary import Domain, Severity

FREE_FORM = OpenApiTypes.OBJECT
TEXT = OpenApiTypes.STR
BINARY = OpenApiTypes.BINARY


class _Shape(s.Serializer[Any]):
    pass


class DomainScore(_Shape):
    id = s.ChoiceField(choices=[d.value for d in Domain])
    score = s.IntegerField(allow_null=True)


class Publisher(_Shape):
    namespace = s.CharField()
    account = s.CharField()
    verified = s.BooleanField()


class _Standing(_Shape):
    status = s.ChoiceField(
        choices=["scored", "provisional", "scanning", "queued", "failed", "not_assessed", "quarantined"]
    )
    score = s.IntegerField(allow_null=True, help_text="0 to 100; null until it is assessed")
    domains = DomainScore(many=True)
    coverage = s.IntegerField(allow_null=True, help_text="percent of the applicable weight that was assessed")
    level = s.IntegerField(allow_null=True)
    level_name = s.CharField(allow_null=True)


class Statements(_Shape):
    items = s.ListField(child=s.JSONField(), help_text="Sigstore bundles (application/vnd.dev.sigstore.bundle+json)")


class DiffSide(_Shape):
    version = s.CharField()
    sha256 = s.CharField(required=False)


class Change(_Shape):
    kind = s.ChoiceField(choices=list(get_args(ChangeKind)))
    subject = s.CharField(help_text="the tool, host, recipient or rule that changed")
    detail = s.CharField()
    path = s.CharField(allow_null=True)
    line = s.IntegerField(allow_null=True)


class UncomparedPart(_Shape):
    reason = s.CharField()
    path = s.CharField(allow_null=True)


class Diff(_Shape):
    name = s.CharField()
    to = DiffSide()
    changes = Change(many=True)
    gaps = UncomparedPart(many=True, help_text="what could not be compared")

    def get_fields(self) -> dict[str, Any]:
        return {"from": DiffSide(), **super().get_fields()}


class ServerItem(_Standing):
    name = s.CharField(help_text="namespace/name")
    title = s.CharField()
    description = s.CharField()
    latest_version = s.CharField()
    server_type = s.ChoiceField(choices=list(TYPES))
    tools_count = s.IntegerField()
    permissions = s.ListField(child=s.CharField())
    license = s.CharField(allow_null=True)
    downloads = s.IntegerField()
    updated_at = s.DateTimeField()
    publisher = Publisher()
    url = s.URLField()
    report = s.URLField()


class FacetValue(_Shape):
    value = s.CharField()
    count = s.IntegerField()


class ServerList(_Shape):
    items = ServerItem(many=True)
    next_cursor = s.CharField(allow_null=True)
    total = s.IntegerField(help_text="exact up to 1000; 1001 means that there are more")
    facets = s.DictField(child=FacetValue(many=True))


class Version(_Standing):
    version = s.CharField()
    state = s.ChoiceField(choices=["active", "yanked"])
    prerelease = s.BooleanField()
    is_latest = s.BooleanField()
    published_at = s.DateTimeField()
    platforms = s.ListField(child=s.CharField())
    url = s.URLField()


class VersionList(_Shape):
    items = Version(many=True)
    next_cursor = s.CharField(allow_null=True)


class Server(ServerItem):
    declared_name = s.CharField()
    created_at = s.DateTimeField()
    namespace_proof = s.CharField(allow_null=True)
    versions = Version(many=True)
    latest = s.URLField()


class BundleFile(_Shape):
    platform = s.CharField()
    sha256 = s.CharField()
    bytes = s.IntegerField()
    filename = s.CharField()
    download_url = s.URLField()


class ScanSummary(_Shape):
    id = s.UUIDField()
    state = s.ChoiceField(choices=["queued", "running", "done", "failed"])
    url = s.URLField()


class Release(_Shape):
    name = s.CharField()
    version = s.CharField()
    title = s.CharField()
    description = s.CharField()
    state = s.ChoiceField(choices=["active", "yanked"])
    status = s.CharField()
    is_latest = s.BooleanField()
    published_at = s.DateTimeField()
    published_by = s.CharField()
    server_type = s.ChoiceField(choices=list(TYPES))
    manifest = s.DictField()
    tools = s.ListField(child=s.DictField())
    bundles = BundleFile(many=True)
    warnings = s.ListField(child=s.DictField())
    trust = s.DictField(allow_null=True)
    facts_sha256 = s.CharField(allow_null=True)
    scan = ScanSummary(allow_null=True)
    url = s.URLField()
    report = s.URLField()


class Assessment(_Shape):
    subject = s.DictField()
    scanner = s.DictField()
    rubric = s.CharField()
    advisories = s.DictField()
    facts_sha256 = s.CharField()
    scanned_at = s.DateTimeField()
    assessed_at = s.DateTimeField()
    reason = s.CharField(help_text="what made this assessment necessary")
    duration_ms = s.IntegerField()
    score = s.IntegerField()
    potential = s.IntegerField()
    coverage = s.IntegerField()
    provisional = s.BooleanField()
    level = s.IntegerField()
    level_name = s.CharField()
    probe = s.DictField()
    caps = s.ListField(child=s.DictField())
    domains = s.ListField(child=s.DictField())
    controls = s.ListField(child=s.DictField())
    permissions = s.ListField(child=s.CharField())
    tools = s.ListField(child=s.DictField())
    warnings = s.ListField(child=s.DictField())


class Badge(_Shape):
    schemaVersion = s.IntegerField()  # noqa: N815 -- shields.io's own spelling
    label = s.CharField()  # type: ignore[assignment]  # a name that the base class has too
    message = s.CharField()
    color = s.CharField()
    isError = s.BooleanField()  # noqa: N815
    cacheSeconds = s.IntegerField()  # noqa: N815


class Step(_Shape):
    collector = s.CharField()
    state = s.ChoiceField(choices=["running", "done", "gap"])
    detail = s.CharField()


class Scan(ScanSummary):
    progress = Step(many=True)
    error = s.CharField(allow_null=True)
    attempts = s.IntegerField()
    queued_at = s.DateTimeField()
    started_at = s.DateTimeField(allow_null=True)
    finished_at = s.DateTimeField(allow_null=True)
    release = s.DictField()
    quarantined_because = s.ListField(child=s.CharField())


class Published(_Shape):
    release = s.DictField()
    scan = s.DictField()
    scan_url = s.URLField()
    created = s.BooleanField()
    warnings = s.ListField(child=s.DictField())


class Condition(_Shape):
    status = s.ChoiceField(choices=["OK", "ERROR"])
    metric = s.CharField()
    comparator = s.CharField()
    threshold = s.CharField()
    actual = s.CharField()


class Decision(_Shape):
    decision = s.ChoiceField(choices=["pass", "fail", "pending", "not_assessed", "unknown"])
    score = s.IntegerField(allow_null=True)
    level = s.IntegerField(allow_null=True)
    conditions = Condition(many=True)
    subject = s.DictField()
    rubric = s.CharField(allow_null=True)
    scanned_at = s.DateTimeField(allow_null=True)
    report = s.URLField(allow_null=True)


class GateItem(_Shape):
    name = s.CharField(required=False, help_text="namespace/name")
    version = s.CharField(required=False, help_text="a version, or latest")
    platform = s.CharField(required=False)
    sha256 = s.CharField(required=False, help_text="instead of name and version")


class GateRequest(_Shape):
    items = GateItem(many=True)
    policy = s.DictField(required=False, help_text="the parameters of the single gate, such as min_score")


class GateAnswer(_Shape):
    decision = s.ChoiceField(choices=["pass", "fail", "pending", "not_assessed", "unknown"])
    items = Decision(many=True)


class ProblemField(_Shape):
    field = s.CharField()
    detail = s.CharField()


class Problem(_Shape):
    """RFC 9457."""

    type = s.CharField()
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField()
    error = s.DictField()
    errors = ProblemField(many=True)  # type: ignore[assignment]


UPLOAD = {
    "type": "object",
    "required": ["file", "namespace"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "the .mcpb file"},
        "namespace": {"type": "string"},
        "platform": {"type": "string", "default": "any"},
        "provenance": {
            "type": "string",
            "description": "Sigstore bundles about the file, one JSON object on each line",
        },
        "sha256": {"type": "string", "description": "checked against the received bytes where it is given"},
    },
}

_REASONS = {
    400: "A parameter, field or form cannot be used; `errors` names it.",
    401: "No token, or one that does not work.",
    403: "The namespace is not yours, or the token lacks the scope.",
    404: "There is no such thing, or it is in quarantine.",
    409: "The version exists with other bytes.",
    413: "Too large.",
    415: "The body has another form than this call takes.",
    422: "The bundle was refused; `error` has the code and the place, `warnings` what else was noticed.",
    429: "Too many uploads; `Retry-After` says when to go on.",
    503: "The store does not answer; nothing was published.",
}


def refusals(*statuses: int) -> dict[Any, Any]:
    return {
        (status, "application/problem+json"): OpenApiResponse(Problem, description=_REASONS[status])
        for status in statuses
    }


def _number(name: str, about: str, low: int = 0, high: int = 100) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "integer", "minimum": low, "maximum": high}, description=about)


def _word(name: str, about: str, choices: tuple[str, ...] = ()) -> OpenApiParameter:
    return OpenApiParameter(name, str, enum=choices or None, description=about)


_DOMAINS = [_number(f"min_domain.{d.value}", f"least score in {d.label.lower()}") for d in Domain]

SEARCH = [
    _word("search", "words, the last one may be unfinished; typing errors are forgiven"),
    _number("min_score", "least score"),
    *_DOMAINS,
    _number("level", "this level or a higher one", high=4),
    _word("type", "kind of server", TYPES),
    _word("platform", "operating system it serves", PLATFORMS),
    _word("license", "licence as the manifest names it"),
    _word("tool", "name of a tool it offers"),
    _word("permission", "what its code does", PERMISSIONS),
    _word("sort", "order", SORTS),
    _number("limit", "servers on a page", 1, MAX_LIMIT),
    _word("cursor", "`next_cursor` of the page before"),
]
POLICY = [
    _number("min_score", "least score"),
    *_DOMAINS,
    _number("min_level", "least level", 1, 4),
    _word("max_severity", "worst finding that is accepted", tuple(severity.value for severity in Severity)),
    _number("min_coverage", "least coverage"),
    _number("max_age_days", "oldest scan that is accepted", high=36_500),
    _word("allow_pending", "1: a scan that is not done yet passes", ("0", "1")),
]
SINCE = _word("from", "the version to compare with; without it the release before")
ENFORCE = _word("enforce", "1: answer 422 unless the decision is a pass", ("0", "1"))
PLATFORM = _word("platform", "the file of this platform; without it the least trusted one stands for the release")
OS = _word("os", "darwin, linux or win32")
ARCH = _word("arch", "x64 or arm64")
