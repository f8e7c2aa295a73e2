"""How often one address may try: wrong tokens, wrong passwords, new accounts, uploads under many names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from registry.limits import address_of
from tests.integration.catalog import UPLOAD, mcpb, named_file, person, upload
from tests.servers import Servers

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-password-for-a-test-9"
NO_CACHE = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/valkey.sock"}
}


@pytest.fixture(autouse=True)
def _no_counts(servers: Servers) -> Iterator[None]:
    with servers.broker() as broker:
        broker.flushall()
    yield
    with servers.broker() as broker:
        broker.flushall()


def assert_told_to_wait(answer: Any) -> None:
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600


def wrong_token(client: Client) -> Any:
    form = {"file": named_file(mcpb()), "namespace": "acme"}
    return client.post(UPLOAD, form, headers={"Authorization": "Bearer assay_wrong"})


def sign_in(client: Client, password: str) -> Any:
    return client.post("/sign-in", {"username": "ada", "password": password})


def test_wrong_tokens_are_counted_and_right_ones_go_on(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_ADDRESS_FAILURES_PER_HOUR = 3
    client = Client(REMOTE_ADDR="192.0.2.1")
    assert [wrong_token(client).status_code for _ in range(3)] == [401, 401, 401]
    refused = wrong_token(client)
    assert_told_to_wait(refused)
    assert refused.json()["error"]["code"] == "auth.too_many"
    assert upload(person("alice"), mcpb(), client=client).status_code == 201
    assert wrong_token(Client(REMOTE_ADDR="192.0.2.2")).status_code == 401, "the limit is each address's own"


def test_after_too_many_wrong_passwords_the_right_one_is_not_tried(settings: Settings) -> None:
    settings.ASSAY_ADDRESS_FAILURES_PER_HOUR = 3
    User.objects.create_user("ada", password=PASSWORD)
    client = Client(REMOTE_ADDR="192.0.2.1")
    assert [sign_in(client, f"guess {n}").status_code for n in range(3)] == [200, 200, 200]
    refused = sign_in(client, PASSWORD)
    assert_told_to_wait(refused)
    assert b"Too many attempts" in refused.content
    assert "_auth_user_id" not in client.session
    assert sign_in(Client(REMOTE_ADDR="192.0.2.2"), PASSWORD).status_code == 302


def test_tokens_and_passwords_are_one_count(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_ADDRESS_FAILURES_PER_HOUR = 2
    client = Client(REMOTE_ADDR="192.0.2.1")
    wrong_token(client)
    sign_in(client, "guess")
    assert_told_to_wait(sign_in(client, "guess"))
    assert_told_to_wait(wrong_token(client))


def test_the_administration_has_no_door_of_its_own() -> None:
    for answer in (Client().get("/admin/login/"), Client().post("/admin/login/", {"username": "a", "password": "b"})):
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in")


def test_new_accounts_are_counted(settings: Settings) -> None:
    settings.ASSAY_ADDRESS_ACCOUNTS_PER_HOUR = 2

    def sign_up(name: str, address: str) -> Any:
        form = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
        return Client(REMOTE_ADDR=address).post("/sign-up", form)

    assert [sign_up(f"p{n}", "192.0.2.1").status_code for n in range(2)] == [302, 302]
    assert_told_to_wait(sign_up("p2", "192.0.2.1"))
    assert not User.objects.filter(username="p2").exists()
    assert sign_up("p3", "192.0.2.2").status_code == 302


def test_many_accounts_of_one_address_share_its_uploads(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_ADDRESS_UPLOADS_PER_HOUR = 2
    client = Client(REMOTE_ADDR="192.0.2.1")
    answers = [upload(person(f"p{n}"), mcpb(), f"n{n}", client=client) for n in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    assert_told_to_wait(answers[2])
    assert answers[2].json()["error"]["code"] == "upload.too_many"


def test_the_page_has_the_same_limit(settings: Settings, store_path: Path) -> None:
    settings.ASSAY_UPLOADS_PER_HOUR = 1
    client = Client()
    client.force_login(person("alice"))

    def publish(version: str) -> Any:
        form = {"file": named_file(mcpb(version=version)), "namespace": "acme", "platform": "any"}
        return client.post("/publish", form)

    assert publish("1.0.0").status_code == 302
    assert_told_to_wait(publish("1.0.1"))


def test_without_a_cache_nobody_is_turned_away(settings: Settings, store_path: Path) -> None:
    settings.CACHES = NO_CACHE
    settings.ASSAY_ADDRESS_FAILURES_PER_HOUR = 1
    User.objects.create_user("ada", password=PASSWORD)
    assert [wrong_token(Client()).status_code for _ in range(3)] == [401, 401, 401]
    assert sign_in(Client(), PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("behind_proxy", "meta", "address"),
    [
        (False, {"REMOTE_ADDR": "192.0.2.1"}, "192.0.2.1"),
        (False, {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}, "192.0.2.1"),
        (True, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}, "198.51.100.7"),
        (True, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 198.51.100.7"}, "198.51.100.7"),
        (True, {"REMOTE_ADDR": "10.0.0.1"}, "10.0.0.1"),
        (True, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "x y z"}, "unknown"),
        (False, {"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"),
        (False, {"REMOTE_ADDR": "::ffff:192.0.2.1"}, "192.0.2.1"),
        (False, {}, "unknown"),
    ],
)
def test_whose_address_counts(settings: Settings, behind_proxy: bool, meta: dict[str, str], address: str) -> None:
    settings.ASSAY_BEHIND_PROXY = behind_proxy
    assert address_of(meta) == address
