"""Settings that would start and then misbehave are refused, each by name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from registry.environment import Environment
from tests.live import ROOT, clean_environment

PRODUCTION = {
    "ASSAY_SECRET_KEY": "Zk3vP0q8mT5wX1yB7nC4dF6gH9jK2lR_sVuEaQiOoWtYzMxNbPq7",
    "ASSAY_BASE_URL": "https://registry.example.org",
    "DATABASE_URL": "postgresql://assay:secret@db.example.org:5432/assay?sslmode=require",
    "BROKER_URL": "rediss://:secret@broker.example.org:6379/0",
    "ASSAY_STORE": "s3",
    "ASSAY_S3_BUCKET": "bundles",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def read(expression: str, **environment: str) -> object:
    """The value of an expression over the settings, as a process with that environment sees it."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import json; from django.conf import settings; print(json.dumps({expression}, default=str))",
        ],
        cwd=ROOT,
        env=clean_environment(DJANGO_SETTINGS_MODULE="registry.settings", **environment),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_a_production_environment_passes_the_deployment_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_the_embedded_default_does_not_pass_it() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", ASSAY_SECRET_KEY=PRODUCTION["ASSAY_SECRET_KEY"])
    assert done.returncode == 1
    assert "assay.W002" in done.stderr
    assert "security.W012" in done.stderr  # cookies without the secure flag


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ASSAY_STORE": "ftp"}, "ASSAY_STORE is 'ftp'; use one of: file, s3"),
        ({"ASSAY_MAX_UPLOAD_BYTES": "lots"}, "ASSAY_MAX_UPLOAD_BYTES is 'lots'; use a whole number"),
        ({"ASSAY_MAX_UPLOAD_BYTES": "0"}, "ASSAY_MAX_UPLOAD_BYTES is 0; use at least 1"),
        ({"ASSAY_DEBUG": "maybe"}, "ASSAY_DEBUG is 'maybe'; use 1 or 0"),
        ({"ASSAY_BASE_URL": "registry.example.org"}, "ASSAY_BASE_URL is 'registry.example.org'; use a URL"),
        ({"ASSAY_LOG": "xml"}, "ASSAY_LOG is 'xml'"),
        ({"DATABASE_URL": "mysql://u:very-secret@h/db"}, "DATABASE_URL is 'mysql://h/db'"),
        ({"DATABASE_URL": "postgresql://h:5432/"}, "DATABASE_URL is"),
        ({"DATABASE_PASSWORD_FILE": "/nowhere/at/all"}, "DATABASE_PASSWORD_FILE: cannot read /nowhere/at/all"),
        ({"ASSAY_SECRET_KEY": "a", "ASSAY_SECRET_KEY_FILE": "b"}, "are both set; keep one"),
        ({"ASSAY_STORE": "s3"}, "assay.E001"),
        ({"ASSAY_STORE_PATH": "/etc/passwd/store"}, "assay.E002"),
        ({"ASSAY_SCAN_LEASE_SECONDS": "5", "ASSAY_SWEEP_SECONDS": "5"}, "assay.E004"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_the_variable(environment: dict[str, str], said: str) -> None:
    done = manage("check", "--tag", "assay", **{"ASSAY_SECRET_KEY": PRODUCTION["ASSAY_SECRET_KEY"], **environment})
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "very-secret" not in done.stderr


def test_nothing_is_signed_without_a_secret_key(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        read("settings.SECRET_KEY", ASSAY_VAR=str(tmp_path))
    assert "SECRET_KEY setting must not be empty" in caught.value.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-the-file\n")
    assert read("settings.SECRET_KEY", ASSAY_SECRET_KEY_FILE=str(file)) == "from-the-file"
    file.write_text("\n")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        read("settings.SECRET_KEY", ASSAY_SECRET_KEY_FILE=str(file))
    assert f"{file} is empty" in caught.value.stderr


def test_a_secret_that_cannot_even_be_looked_for_is_not_taken_for_missing() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"ASSAY_SECRET_KEY: cannot look for .*: File name too long"):
        Environment({}).secret("ASSAY_SECRET_KEY", Path("/tmp") / ("x" * 300))


def test_every_part_of_a_database_url_arrives(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("s/e:c@ret")
    found = read(
        "settings.DATABASES['default']",
        DATABASE_URL="postgresql://us%40er@/na-me?host=/run/some%20where&sslmode=disable&port=5433",
        DATABASE_PASSWORD_FILE=str(password),
        ASSAY_DATABASE_POOL="8",
    )
    assert isinstance(found, dict)
    assert {key: found[key] for key in ("USER", "NAME", "HOST", "PORT", "PASSWORD", "CONN_MAX_AGE")} == {
        "USER": "us@er",
        "NAME": "na-me",
        "HOST": "/run/some where",
        "PORT": "5433",
        "PASSWORD": "s/e:c@ret",
        "CONN_MAX_AGE": 0,
    }
    assert found["OPTIONS"] == {"sslmode": "disable", "pool": {"min_size": 2, "max_size": 8}}


def test_a_worker_gets_no_pool() -> None:
    assert read("settings.DATABASES['default']['OPTIONS']") == {}


@pytest.mark.parametrize(
    ("broker", "options", "cache"),
    [
        (
            "redis://broker:6379/0",
            {"visibility_timeout": 1800, "unacked_restore_interval": 5, "unacked_restore_throttle": 1},
            "django.core.cache.backends.redis.RedisCache",
        ),
        ("amqp://broker//", {}, "django.core.cache.backends.locmem.LocMemCache"),
    ],
)
def test_the_broker_decides_its_options_and_the_cache(broker: str, options: dict[str, int], cache: str) -> None:
    assert read(
        "[settings.CELERY_BROKER_TRANSPORT_OPTIONS, settings.CACHES['default']['BACKEND']]", BROKER_URL=broker
    ) == [options, cache]


def test_a_local_process_per_cache_is_pointed_out() -> None:
    done = manage("check", "--tag", "assay", **{**PRODUCTION, "BROKER_URL": "amqp://broker//"})
    assert done.returncode == 0
    assert "assay.W001" in done.stderr


def test_the_queue_survives_a_killed_worker_by_configuration() -> None:
    """The app's own view, so that a setting nobody reads does not count."""
    code = (
        "from registry.celery import app; c = app.conf; print(c.task_acks_late, c.task_reject_on_worker_lost, "
        "c.worker_prefetch_multiplier, c.task_time_limit < c.broker_transport_options['visibility_timeout'], "
        "c.task_routes['registry.tasks.run_scan'], c.beat_schedule['sweep-scans']['task'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True True 1 True {'queue': 'scan'} registry.tasks.sweep_scans"


def test_log_lines_are_json_with_their_extra_fields() -> None:
    code = (
        "import django, logging; django.setup(); "
        "logging.getLogger('assay').warning('one\\ntwo %s', 3, extra={'scan_id': 'x'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean_environment(DJANGO_SETTINGS_MODULE="registry.settings"),
        capture_output=True,
        text=True,
        check=True,
    )
    line = json.loads(done.stderr)
    assert (line["message"], line["level"], line["logger"], line["scan_id"]) == ("one\ntwo 3", "WARNING", "assay", "x")
    assert line["time"].endswith("+00:00")


def test_an_unwritable_state_directory_is_named() -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere; the case of a file above covers the check")
    done = manage("check", "--tag", "assay", ASSAY_VAR="/root/assay", ASSAY_SECRET_KEY="x")
    assert "assay.E002" in done.stderr
