"""Provenance from upload to page: kept as sent, verified by the real scanner, and never a reason to lose a bundle."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.test import Client

from registry import scans
from registry.models import Scan, Statement
from tests.integration.catalog import mcpb, person, upload
from tests.unit.sigstore_authority import REPOSITORY, Authority, slsa

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

BASE = "/api/v1/servers/acme/weather"
BUNDLE = mcpb(repository={"type": "git", "url": f"git+{REPOSITORY}.git"})
DIGEST = hashlib.sha256(BUNDLE).hexdigest()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(autouse=True)
def test_root(authority: Authority, tmp_path: Path, settings: Any) -> None:
    body = authority.trusted_root()
    path = tmp_path / "root.json"
    path.write_bytes(body)
    settings.ASSAY_TRUSTED_ROOT, settings.ASSAY_TRUSTED_ROOT_SHA256 = path, hashlib.sha256(body).hexdigest()
    settings.ASSAY_TEST_ROOT = True


def send(*statements: dict[str, Any]) -> Any:
    return upload(person("ann"), BUNDLE, provenance="\n".join(json.dumps(s) for s in statements))


def outcome() -> tuple[str, str]:
    """Of the control about provenance, after the scan that the newest upload asked for."""
    assert scans.run(Scan.objects.order_by("-queued_at")[0].pk) is None
    document = Client().get(f"{BASE}/trust").json()
    (control,) = (c for c in document["controls"] if c["id"] == "SC-07")
    return control["outcome"], control["summary"]


def test_a_bundle_with_provenance_is_verified_and_the_statement_is_public(authority: Authority) -> None:
    statement = authority.statement(DIGEST, slsa(DIGEST))
    assert send(statement).status_code == 201
    found, says = outcome()
    assert found == "pass"
    assert says.startswith(f"Built from {REPOSITORY}@c0ffee")
    assert Client().get(f"{BASE}/statements").json()["items"] == [statement]


def test_a_statement_that_does_not_hold_is_a_finding_and_not_a_refusal(authority: Authority) -> None:
    other = "cd" * 32
    assert send(authority.statement(DIGEST, slsa(DIGEST)), authority.statement(other, slsa(other))).status_code == 201
    found, says = outcome()
    assert found == "fail"
    assert "another file" in says


def test_nothing_uploaded_is_a_fact(authority: Authority) -> None:
    del authority
    send()
    assert outcome() == ("fail", "No provenance was uploaded with this bundle.")


def test_a_statement_can_follow_later_with_the_same_bytes(authority: Authority) -> None:
    assert send().status_code == 201
    assert outcome()[0] == "fail"
    statement = authority.statement(DIGEST, slsa(DIGEST))
    assert send(statement).status_code == 200
    assert outcome()[0] == "pass"
    assert send(statement).status_code == 200
    assert Statement.objects.count() == 1
    assert Scan.objects.count() == 2


@pytest.mark.parametrize("text", ["nonsense", "[1]", '"x"', "{}\n{", "{}\n" * 11])
def test_what_is_no_statement_at_all_is_refused_by_its_field_and_nothing_is_kept(text: str) -> None:
    answer = upload(person("ann"), BUNDLE, provenance=text)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "provenance"
    assert not Scan.objects.exists()


def test_without_a_usable_root_provenance_is_a_gap(authority: Authority, settings: Any) -> None:
    settings.ASSAY_TRUSTED_ROOT_SHA256 = "0" * 64
    assert [e.id for e in checks.run_checks(tags=["assay"]) if e.id == "assay.E005"] == ["assay.E005"]
    send(authority.statement(DIGEST, slsa(DIGEST)))
    assert outcome()[0] == "not_assessed"


def test_production_does_not_take_the_root_of_a_test_instance(authority: Authority, settings: Any) -> None:
    settings.ASSAY_TEST_ROOT = False
    assert [e.id for e in checks.run_checks(tags=["assay"]) if e.id == "assay.E006"] == ["assay.E006"]
    send(authority.statement(DIGEST, slsa(DIGEST)))
    assert outcome()[0] == "not_assessed"
