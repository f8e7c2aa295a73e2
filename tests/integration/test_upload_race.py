"""Two uploads at the same moment."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from registry.models import Bundle, Namespace, Release, Scan, Server
from tests.integration.catalog import mcpb, person, upload

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls that all begin at the same moment, each on a connection of its own."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = calls[index]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_exactly_one_of_several_wins_a_version(store_path: Path) -> None:
    alice = person("alice")
    bundles = [mcpb(description=f"variant {i}") for i in range(6)]
    answers = at_once(*[lambda data=data: upload(alice, data) for data in bundles])
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409, 409]
    assert (Namespace.objects.count(), Server.objects.count(), Release.objects.count()) == (1, 1, 1)
    assert (Bundle.objects.count(), Scan.objects.count()) == (1, 1)
    files = [path for path in store_path.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [Bundle.objects.get().sha256]


def test_the_same_bytes_at_once_are_one_release(store_path: Path) -> None:
    alice = person("alice")
    answers = at_once(*[lambda: upload(alice, mcpb())] * 6)
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 200, 200, 201]
    assert len({a.json()["scan"]["id"] for a in answers}) == 1
    assert (Bundle.objects.count(), Scan.objects.count()) == (1, 1)


def test_only_one_account_gets_a_free_namespace(store_path: Path) -> None:
    people = [person(f"p{i}") for i in range(5)]
    answers = at_once(*[lambda user=user: upload(user, mcpb(description=user.username)) for user in people])
    assert sorted(a.status_code for a in answers) == [201, 403, 403, 403, 403]
    owner = Namespace.objects.get().owner
    assert Release.objects.get().published_by == owner
