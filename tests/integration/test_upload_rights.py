"""Who may publish where: Alice owns acme, Bob does not, and a token is needed in any case."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from registry.models import ApiToken, Namespace
from registry.names import RESERVED
from registry.tokens import find_token, revoke_token
from tests.integration.catalog import UPLOAD, mcpb, named_file, person, token, upload

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer assay_nonsense", "Basic YWxpY2U6eA==", "assay_nonsense", "Bearer \xff"],
)
def test_without_a_good_token_nothing_is_read(store_path: Path, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = Client().post(UPLOAD, {"file": named_file(mcpb()), "namespace": "acme"}, headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["error"]["code"] == "auth.token"
    assert not store_path.exists()


def test_the_first_upload_to_a_free_name_takes_it(store_path: Path) -> None:
    assert upload(person("alice"), mcpb()).status_code == 201
    assert Namespace.objects.get(name="acme").owner == person("alice")


def test_a_namespace_of_somebody_else(store_path: Path) -> None:
    upload(person("alice"), mcpb())
    for version in ("1.4.0", "2.0.0"):
        answer = upload(person("bob"), mcpb(version=version, description="mine"))
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "namespace.forbidden"
        assert answer.json()["errors"][0]["field"] == "namespace"
    assert upload(person("bob"), mcpb(), "bobs").status_code == 201


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_cannot_be_taken(store_path: Path, name: str) -> None:
    answer = upload(person("alice"), mcpb(), name)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "namespace.reserved")
    assert not Namespace.objects.exists()


def test_a_token_needs_the_scope(store_path: Path) -> None:
    secret = token(person("alice"), scopes=("read",))
    form = {"file": named_file(mcpb()), "namespace": "acme"}
    answer = Client().post(UPLOAD, form, headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "auth.scope")


def test_tokens_end() -> None:
    alice = person("alice")
    good, expired, closed = (
        token(alice),
        token(alice, expires_at=timezone.now() - timedelta(seconds=1)),
        token(person("bob")),
    )
    type(alice).objects.filter(username="bob").update(is_active=False)
    assert find_token(expired) is None
    assert find_token(closed) is None
    found = find_token(good)
    assert found is not None
    assert found.user == alice
    assert not revoke_token(user=person("charlie"), token_id=found.pk), "somebody else's token"
    assert revoke_token(user=alice, token_id=found.pk)
    assert find_token(good) is None


def test_the_secret_is_not_kept() -> None:
    secret = token(person("alice"))
    kept = ApiToken.objects.values().get()
    assert secret not in str(kept)
    assert secret.startswith(kept["prefix"])


def test_the_last_use_is_noted() -> None:
    secret = token(person("alice"))
    assert ApiToken.objects.get().last_used_at is None
    find_token(secret)
    assert ApiToken.objects.get().last_used_at is not None
