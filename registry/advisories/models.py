"""The tables of the mirror: fields, constraints and nothing else.

Rows are written by COPY and by set, in `osv`, `exploited`, `components` and `affected`; an import never deletes an
advisory, it only replaces one by a newer text of it.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Feed(models.Model):
    """What the mirror has of one ecosystem. `newest` is the latest `modified` of its records that is no future date.

    `records` leaves out those of malicious packages, which come from a feed of their own and are in `malicious`.
    `standing` is the word under which the bundles were last assessed (`registry.advisories.feeds`).
    """

    ecosystem = models.CharField(max_length=8, primary_key=True)
    records = models.PositiveIntegerField()
    malicious = models.PositiveIntegerField(default=0)
    newest = models.DateTimeField(null=True)
    imported_at = models.DateTimeField()
    source = models.CharField(max_length=300)
    standing = models.CharField(max_length=8)

    def __str__(self) -> str:
        return f"{self.ecosystem}: {self.records}"


class Import(models.Model):
    """One import that was completed. `snapshot` names the state of the whole mirror after it, `released` when the
    publisher says the data was made, `counts` what became of the records.
    """

    kind = models.CharField(max_length=8)
    source = models.CharField(max_length=300)
    snapshot = models.CharField(max_length=64)
    released = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.source}"


class Advisory(models.Model):
    """One OSV record about PyPI or npm, withdrawn ones included; `raw` are its bytes, `sha256` their digest."""

    id = models.CharField(max_length=100, primary_key=True)
    modified = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)
    aliases = ArrayField(models.TextField(), default=list)
    ecosystems = ArrayField(models.TextField(), default=list)
    summary = models.TextField(blank=True)
    severity = models.CharField(max_length=8, null=True)
    basis = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    raw = models.BinaryField()

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["aliases"], name="advisory_aliases", fastupdate=False)]

    def __str__(self) -> str:
        return self.id


class AffectedPackage(models.Model):
    """What one advisory says about one package, as `scanner.advisories.records.Affected` has it.

    `enumerates`: there are `versions`. Asking the long column itself would cost as much as reading it.
    """

    advisory = models.ForeignKey(Advisory, on_delete=models.CASCADE, related_name="affected")
    ecosystem = models.CharField(max_length=8)
    package = models.TextField()
    ranges = models.JSONField(default=list)
    versions = ArrayField(models.TextField(), default=list)
    enumerates = models.BooleanField(default=False)
    last_known = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ecosystem", "package"], name="affected_by_package")]

    def __str__(self) -> str:
        return f"{self.advisory_id}: {self.package}"


class QuarantinedRecord(models.Model):
    """A record of a source that could not be used, and why. `names` are the packages it mentions.

    `decoded` is False where it is not even JSON: then it may also be about packages that it does not name.
    """

    source = models.CharField(max_length=300)
    where = models.TextField()
    name = models.TextField()
    reason = models.TextField()
    names = ArrayField(models.TextField(), default=list)
    decoded = models.BooleanField(default=False)
    seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "where"], name="quarantined_once")]

    def __str__(self) -> str:
        return f"{self.source}: {self.where}"


class ExploitedFlaw(models.Model):
    """A flaw that CISA's catalog lists as known to be exploited."""

    cve = models.CharField(max_length=32, primary_key=True)
    added = models.DateField(null=True)

    def __str__(self) -> str:
        return self.cve


class ExploitLikelihood(models.Model):
    """EPSS: the probability (0 to 1) that a flaw is exploited within 30 days, and its rank among all (0 to 1)."""

    cve = models.CharField(max_length=32, primary_key=True)
    probability = models.FloatField()
    percentile = models.FloatField()

    def __str__(self) -> str:
        return f"{self.cve}: {self.probability}"


class Component(models.Model):
    """One package at one version, whoever uses it. `package` in the spelling of its registry, `version` as found."""

    ecosystem = models.CharField(max_length=8)
    package = models.TextField()
    version = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ecosystem", "package", "version"], name="component_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ecosystem}:{self.package}@{self.version}"


class BundleComponent(models.Model):
    """That a bundle has a component, by the newest facts about it."""

    pk = models.CompositePrimaryKey("bundle_id", "component_id")
    bundle = models.ForeignKey("registry.Bundle", on_delete=models.CASCADE, related_name="+", db_index=False)
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["component", "bundle"], name="bundles_of_component")]

    def __str__(self) -> str:
        return f"{self.bundle_id} has {self.component_id}"


class Reassessment(models.Model):
    """A bundle about which something new may be known. The row is the job; it is gone when the job is done.

    Whoever claimed it has until `lease_until` to begin; then anybody may. `attempts` counts claims since it was last
    asked for, `error` is what the last one met.
    """

    bundle = models.OneToOneField("registry.Bundle", on_delete=models.CASCADE, primary_key=True, related_name="+")
    asked_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["attempts", "asked_at", "bundle"], name="reassessment_next")]

    def __str__(self) -> str:
        return f"bundle {self.bundle_id}, asked {self.asked_at}"


class Notification(models.Model):
    """What somebody is to be told: the outbox. Nothing is sent yet; `sent_at` is for whoever will."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey("registry.Release", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="notification_unsent", condition=models.Q(sent_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.account_id}"
