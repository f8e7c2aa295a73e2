"""Tests with a real PostgreSQL and a real broker, private to the run and started when first needed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import pytest
from pytest_django.fixtures import Settings

from tests.servers import Servers, Worker
from tests.unit.builders import facts, finding
from trust.facts import Facts, Malice
from trust.vocabulary import Confidence, Severity, Weakness

_SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """Settings come from the environment, so it must be right before Django is set up."""
    servers = Servers()
    config.stash[_SERVERS] = servers
    for name in ("DATABASE_URL", "DATABASE_PASSWORD", "BROKER_URL", "CACHE_URL"):
        os.environ.pop(name, None)
    os.environ.update(servers.environment(), DJANGO_SETTINGS_MODULE="registry.settings")
    django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_SERVERS].stop()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    """The running PostgreSQL and Valkey. Tests that use the database get them without asking."""
    servers = request.config.stash[_SERVERS]
    servers.start()
    return servers


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: Servers, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """pytest-django's hook before it creates the test database: the server must run by then."""


@pytest.fixture
def worker(servers: Servers, transactional_db: None) -> Iterator[Callable[..., Worker]]:
    """A factory of started workers on the test database: `worker(processes=1, ASSAY_SCAN_LEASE_SECONDS="5")`.

    The queues are empty when the test begins, and whatever it started is gone when it ends.
    """
    started: list[Worker] = []
    with servers.broker() as broker:
        broker.flushall()

    def begin(processes: int = 1, **environment: str) -> Worker:
        fresh = Worker(servers, processes, environment)
        started.append(fresh)
        fresh.start()
        return fresh

    yield begin
    for each in started:
        each.stop()


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Settings) -> None:
    """The real hasher takes a quarter of a second by design."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def store_path(tmp_path: Path, settings: Settings) -> Path:
    """A bundle store of the test's own, empty at first."""
    settings.ASSAY_STORE_PATH = tmp_path / "store"
    return tmp_path / "store"


@pytest.fixture
def blocked_facts() -> Facts:
    """Facts with a finding that puts a release into quarantine."""
    worst = finding(Weakness.MALWARE, Severity.CRITICAL, Confidence.CONFIRMED)
    return facts(malice=Malice(1, findings=(worst,)))
