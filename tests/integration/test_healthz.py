"""Health: both services answer, or the one that does not is named."""

import pytest
from django.test import Client
from kombu import Connection

from registry.celery import app
from tests.servers import Servers


@pytest.mark.django_db
def test_everything_answers(servers: Servers) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "broker": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_broker_that_is_gone_is_named(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Connection("redis+socket:///nowhere/valkey.sock")
    monkeypatch.setattr(app, "connection_for_write", lambda **_: nowhere)
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "unreachable")
    assert answer.json()["database"] == "ok"
