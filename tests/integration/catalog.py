"""A catalog for tests: people, bundles, uploads, and assessments made from facts without a scanner."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry import entries, scans
from registry.models import Release, Scan
from registry.tokens import create_token
from tests.unit.builders import facts as clean_facts
from tests.unit.bundle_builder import BundleBuilder
from trust.facts import Facts
from trust.rubric import rubric
from trust.scoring import assess

UPLOAD = "/api/v1/bundles"


def person(name: str) -> User:
    return User.objects.get_or_create(username=name)[0]


def token(user: User, **options: Any) -> str:
    """The secret of a new token of this account."""
    return create_token(user=user, name="test", **options)[1]


def mcpb(**changes: Any) -> bytes:
    """A valid bundle; the changes are to its manifest."""
    return BundleBuilder(changes).build()


def named_file(data: bytes, filename: str = "x.mcpb") -> SimpleUploadedFile:
    return SimpleUploadedFile(filename, data)


def upload(
    user: User,
    data: bytes,
    namespace: str = "acme",
    *,
    filename: str = "x.mcpb",
    client: Client | None = None,
    **fields: str,
) -> Any:
    """The answer of the API to an upload with a fresh token."""
    form = {"file": named_file(data, filename), "namespace": namespace, **fields}
    return (client or Client()).post(UPLOAD, form, headers={"Authorization": f"Bearer {token(user)}"})


def published(namespace: str = "acme", user: User | None = None, **changes: Any) -> UUID:
    """Publish a bundle with these changes to its manifest; the id of its scan."""
    answer = upload(user or person(namespace), mcpb(**changes), namespace)
    assert answer.status_code == 201, answer.content
    return UUID(answer.json()["scan"]["id"])


def assessed(scan_id: UUID, facts: Facts | None = None) -> None:
    """Carry out a scan with the scanner left out: these facts are what it would have found."""
    scan = Scan.objects.select_related("bundle").get(pk=scan_id)
    found = facts or clean_facts()
    found = replace(
        found,
        subject=replace(
            found.subject, sha256=scan.bundle.sha256, bytes=scan.bundle.size, platform=scan.bundle.platform
        ),
    )
    claim = scans._claim(scan_id)
    assert claim is not None
    scans._record(claim, found, assess(found, rubric()), duration_ms=12)


def content_of(answer: Any) -> bytes:
    """The whole body, streamed or not; reading a streamed one to its end also closes its file."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def withdrawn(state: str, **which: Any) -> None:
    """Put releases into another state, as a decision of their owner or of a scan does."""
    for found in Release.objects.filter(**which):
        Release.objects.filter(pk=found.pk).update(state=state)
        entries.refresh(found.server_id)


def release(namespace: str = "acme", facts: Facts | None = None, **changes: Any) -> UUID:
    """A published and assessed release."""
    scan_id = published(namespace, **changes)
    assessed(scan_id, facts)
    return scan_id
