"""The shapes of what the API says about advisories and about past assessments, for its OpenAPI document."""

from typing import Any

from rest_framework import serializers as s

from registry.api.schemas import DomainScore


class Shape(s.Serializer[Any]):
    pass


class PastAssessment(Shape):
    assessed_at = s.DateTimeField()
    scanned_at = s.DateTimeField(help_text="when the facts were had; a new assessment does not make them newer")
    reason = s.CharField(help_text="what made this assessment necessary")
    rubric = s.CharField()
    score = s.IntegerField()
    potential = s.IntegerField()
    coverage = s.IntegerField()
    provisional = s.BooleanField()
    level = s.IntegerField()
    level_name = s.CharField()
    domains = DomainScore(many=True)


class History(Shape):
    name = s.CharField(help_text="namespace/name")
    version = s.CharField()
    platform = s.CharField()
    items = PastAssessment(many=True)


class AdvisoryFeed(Shape):
    ecosystem = s.CharField()
    standing = s.ChoiceField(
        choices=["ok", "sample", "stale", "missing"],
        help_text="only with ok is a component without findings called clean; otherwise it is not assessed",
    )
    records = s.IntegerField()
    malicious = s.IntegerField(help_text="records about malicious packages, counted apart")
    newest = s.DateTimeField(allow_null=True, help_text="when the newest record was modified")
    age_days = s.IntegerField(allow_null=True)
    imported_at = s.DateTimeField(allow_null=True)


class RatedFeed(Shape):
    records = s.IntegerField()
    released = s.DateTimeField(allow_null=True)


class AdvisoryMirror(Shape):
    snapshot = s.CharField(allow_null=True, help_text="the name of this state of the data")
    stale_after_days = s.IntegerField()
    feeds = AdvisoryFeed(many=True)
    quarantined = s.IntegerField(help_text="records that could not be used; what they may concern is not assessed")
    known_exploited = RatedFeed()
    epss = RatedFeed()


class AdvisoryRelease(Shape):
    name = s.CharField(help_text="namespace/name")
    version = s.CharField()
    component = s.CharField(help_text="package and version")
    url = s.URLField()


class Advisory(Shape):
    id = s.CharField()
    aliases = s.ListField(child=s.CharField(), help_text="every identifier of the flaw, through shared aliases")
    summary = s.CharField()
    severity = s.CharField(allow_null=True)
    basis = s.CharField(allow_null=True, help_text="what the severity rests on")
    modified = s.DateTimeField()
    withdrawn = s.DateTimeField(allow_null=True)
    packages = s.ListField(child=s.CharField())
    known_exploited = s.BooleanField()
    epss = s.FloatField(allow_null=True, help_text="probability of exploitation within 30 days, 0 to 1")
    releases = AdvisoryRelease(many=True, help_text="active releases that it concerns or may concern, at most 100")
