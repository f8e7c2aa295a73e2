"""The first signing key of a publisher is remembered, and another one is remarked upon; no key earns a point."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry.models import Bundle, Namespace
from tests.integration.catalog import assessed, mcpb, person, upload
from tests.integration.test_upload_race import at_once
from tests.unit.corpus import corpus
from tests.unit.signing import Signer, signed_a, signed_b, signed_c, signer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

CODE = "signature.signer_changed"
ADA, EVE = signer(name="Ada"), signer(name="Eve")


def signed(by: Signer | None, version: str, **changes: Any) -> bytes:
    data = mcpb(version=version, **changes)
    return data if by is None else signed_a(data, by)


def remarks(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code in (200, 201), answer.content
    return [warning for warning in answer.json()["warnings"] if warning["code"] == CODE]


def publish(by: Signer | None, version: str, **changes: Any) -> list[dict[str, Any]]:
    return remarks(upload(person("acme"), signed(by, version, **changes)))


@pytest.mark.parametrize("sign", [signed_a, signed_b, signed_c])
def test_the_first_key_is_remembered_and_goes_on(sign: Callable[[bytes, Signer], bytes]) -> None:
    for version in ("1.0.0", "1.1.0"):
        assert remarks(upload(person("acme"), sign(mcpb(version=version), ADA))) == []
    assert Namespace.objects.get().signer != ""
    assert set(Bundle.objects.values_list("signer", flat=True)) == {Namespace.objects.get().signer}


def test_another_key_is_remarked_upon_everywhere_and_each_time() -> None:
    assert publish(ADA, "1.0.0") == []
    pinned = Namespace.objects.get().signer
    remark: dict[str, Any] = {}
    for version in ("1.1.0", "1.2.0"):
        (remark,) = publish(EVE, version)
        assert remark["tier"] == "warning"
        assert pinned[:16] in remark["detail"]
        assert Bundle.objects.get(release__version=version).signer[:16] in remark["detail"]
    assert Namespace.objects.get().signer == pinned, "a thief does not replace the key"
    told = Client().get("/api/v1/servers/acme/weather/versions/1.2.0").json()["warnings"]
    assert remark in told
    page = Client().get("/servers/acme/weather/1.2.0").content.decode()
    assert CODE in page
    assert pinned[:16] in page
    first = Client().get("/api/v1/servers/acme/weather/versions/1.0.0").json()["warnings"]
    assert CODE not in {warning["code"] for warning in first}
    assert publish(ADA, "1.3.0") == [], "the remembered key is still the right one"


def test_the_same_bytes_again_repeat_the_remark() -> None:
    publish(ADA, "1.0.0")
    data = signed(EVE, "1.1.0")
    first, again = upload(person("acme"), data), upload(person("acme"), data)
    assert (first.status_code, again.status_code) == (201, 200)
    assert remarks(first) == remarks(again) != []


def test_a_signature_that_is_gone_is_remarked_upon() -> None:
    publish(ADA, "1.0.0")
    (remark,) = publish(None, "1.1.0")
    assert "not" in remark["detail"]
    assert remark["tier"] == "warning"


def test_a_server_that_was_never_signed_is_not() -> None:
    assert publish(None, "1.0.0") == []
    assert publish(None, "1.1.0") == []
    assert publish(ADA, "1.2.0") == []


def test_the_key_is_the_publishers_and_not_the_servers() -> None:
    publish(ADA, "1.0.0")
    assert publish(None, "1.0.0", name="other") == [], "another server that was never signed"
    assert len(publish(EVE, "1.1.0", name="other")) == 1
    assert remarks(upload(person("bob"), signed(EVE, "1.0.0"), "bobs")) == [], "another publisher has a key of its own"


def test_a_refused_bundle_sets_no_key() -> None:
    assert upload(person("acme"), signed(EVE, "not a version")).status_code == 422
    publish(ADA, "1.0.0")
    assert upload(person("acme"), signed(EVE, "1.0.0")).status_code == 409
    assert publish(ADA, "1.1.0") == []


@pytest.mark.django_db(transaction=True)
def test_two_first_keys_at_once_are_one_key_and_one_remark() -> None:
    person("acme")
    upload(person("acme"), signed(None, "0.1.0"))
    answers = at_once(
        lambda: upload(person("acme"), signed(ADA, "1.0.0", name="first")),
        lambda: upload(person("acme"), signed(EVE, "1.0.0", name="second")),
    )
    assert sorted(len(remarks(answer)) for answer in answers) == [0, 1]


def test_a_signature_earns_nothing(store_path: Path) -> None:
    """The same facts, with and without the pin agreeing: the score does not know of it."""
    scores = []
    for by, version in ((ADA, "1.0.0"), (EVE, "1.1.0"), (ADA, "1.2.0")):
        answer = upload(person("acme"), signed(by, version))
        assessed(answer.json()["scan"]["id"])
        told = Client().get(f"/api/v1/servers/acme/weather/versions/{version}").json()
        scores.append(told["trust"]["score"])
    assert len(set(scores)) == 1


def test_staff_can_forget_a_key() -> None:
    publish(ADA, "1.0.0")
    assert len(publish(EVE, "1.1.0")) == 1
    chief = User.objects.create_superuser("chief")
    clerk = User.objects.create_user("clerk", is_staff=True)
    form = {"action": "forget_signer", "_selected_action": [str(Namespace.objects.get().pk)]}
    for who, forgotten in ((clerk, False), (chief, True)):
        client = Client()
        client.force_login(who)
        client.post("/admin/registry/namespace/", form)
        assert (Namespace.objects.get().signer == "") is forgotten
    assert publish(EVE, "1.2.0") == []
    assert len(publish(ADA, "1.3.0")) == 1


def test_real_signed_bundles_set_the_key() -> None:
    folder = corpus("bundles") / "signed"
    for path in sorted(folder.glob("*.mcpb")):
        answer = upload(person(path.stem), path.read_bytes(), path.stem)
        assert remarks(answer) == []
        assert len(Namespace.objects.get(name=path.stem).signer) == 64
