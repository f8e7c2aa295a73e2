"""The commands of the catalog: the samples are published once, and a token can be had without a browser."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from registry.models import Bundle, Release, Scan
from registry.tokens import find_token

pytestmark = [pytest.mark.django_db]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_samples_are_published_once(store_path: Path) -> None:
    first = run("publish_examples")
    assert first.count("published") == Bundle.objects.count() == 8
    again = run("publish_examples")
    assert "published" not in again
    assert Bundle.objects.count() == Scan.objects.count() == 8
    found = Client().get("/api/v1/servers", {"limit": 100}).json()
    assert {item["status"] for item in found["items"]} == {"queued"}
    assert "assay-examples/air-watch" in {item["name"] for item in found["items"]}
    assert list((store_path / "incoming").iterdir()) == []


def test_a_sample_that_was_published_in_another_form_is_kept(store_path: Path) -> None:
    run("publish_examples")
    Bundle.objects.filter(release__server__name="air-watch").update(sha256="0" * 64)
    assert "kept" in run("publish_examples")
    assert Release.objects.count() == 8


def test_nobody_can_sign_in_as_a_sample_publisher(store_path: Path) -> None:
    run("publish_examples")
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_a_token_for_a_script() -> None:
    with pytest.raises(CommandError, match="no account 'ada'"):
        run("create_token", "ada")
    secret = run("create_token", "ada", "--create", "--days", "2").strip()
    token = find_token(secret)
    assert token is not None
    assert token.user.username == "ada"
    assert token.expires_at is not None
    with pytest.raises(CommandError, match="at least 1"):
        run("create_token", "ada", "--days", "0")
