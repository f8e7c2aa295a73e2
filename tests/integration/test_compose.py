"""The containers run the same commands as `make up`, with settings that exist. Docker itself is not started here:
each command is run on this machine against the embedded servers, with the file's own environment and health checks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from moto.server import ThreadedMotoServer

from registry.embedded import commands
from registry.embedded.places import DATABASE
from registry.embedded.processes import Child, Service, start
from tests.live import ROOT, clean_environment, free_port
from tests.processes import wait_until
from tests.servers import Servers

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat")
ONCE = ("migrate", "bucket")
SECRET_FILES = "/run/secrets/"  # where a container finds them

# Where containers differ from `make up` on purpose: option, and what the containers say.
DIFFERENT = {
    "web": {"--host": "0.0.0.0", "--port": "8000", "--workers": "2"},
    "worker": {"--concurrency": "2"},
    "beat": {},
}


def test_docker_accepts_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("no docker here; the file was parsed as YAML only")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose plugin here; the file was parsed as YAML only")
    done = subprocess.run(
        [docker, "compose", "--project-directory", str(tmp_path), "--file", str(ROOT / "docker-compose.yml"), "config"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_everything_that_stays_has_a_health_check_and_the_rest_is_waited_for() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == set(ONCE)
    for name in OURS:
        conditions = {need: how["condition"] for need, how in SERVICES[name]["depends_on"].items()}
        assert conditions == {
            "migrate": "service_completed_successfully",
            "broker": "service_healthy",
            "bucket": "service_completed_successfully",
        }
    assert {SERVICES[name]["image"] for name in (*OURS, *ONCE)} == {"assay"}


def test_no_secret_is_written_down_and_every_secret_is_a_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if any(word in variable for word in ("PASSWORD", "SECRET", "ACCESS_KEY", "ROOT_USER")):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                file = value.removeprefix(SECRET_FILES)
                assert file in service["secrets"], f"{name} does not get {file}"
                assert file in COMPOSE["secrets"]
    assert ":" not in SERVICES["web"]["environment"]["DATABASE_URL"].split("//")[1].split("@")[0]


def test_containers_run_as_nobody_special_on_a_file_system_they_cannot_change() -> None:
    for name in (*OURS, *ONCE):
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "FROM python:3.11-slim" in lines
    assert any("--require-hashes" in line and "requirements.txt" in line for line in lines)
    user = lines.index("USER assay")
    assert not any(line.startswith(("USER", "RUN", "COPY")) for line in lines[user + 1 :])
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]


@pytest.mark.parametrize("name", OURS)
def test_the_command_is_the_supervisors(name: str) -> None:
    own = {
        "web": commands.web(ROOT, "127.0.0.1", 9000),
        "worker": commands.worker(ROOT, 7),
        "beat": commands.beat(ROOT),
    }[name]
    expected = ["python", *own.argv[1:]]
    for option, value in DIFFERENT[name].items():
        expected[expected.index(option) + 1] = value
    assert SERVICES[name]["command"] == expected
    for variable, value in own.env.items():
        assert SERVICES[name]["environment"][variable] == value


def test_the_settings_read_every_variable(tmp_path: Path) -> None:
    for name in COMPOSE["secrets"]:
        (tmp_path / name).write_text(f"value-of-{name}\n")
    environment = {
        variable: str(value).replace(SECRET_FILES, f"{tmp_path}/")
        for variable, value in SERVICES["web"]["environment"].items()
        if variable != "ASSAY_BASE_URL"  # compose fills it in
    }
    code = (
        "import json; from django.conf import settings as s; d = s.DATABASES['default']; print(json.dumps("
        "[s.SECRET_KEY, d['HOST'], d['USER'], d['PASSWORD'], d['OPTIONS'].get('pool'), s.CELERY_BROKER_URL,"
        " s.ASSAY_STORE, s.ASSAY_S3_BUCKET, s.ASSAY_S3_ENDPOINT, s.ASSAY_S3_ACCESS_KEY, s.ASSAY_S3_SECRET_KEY,"
        " s.SECURE_PROXY_SSL_HEADER is not None]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean_environment(DJANGO_SETTINGS_MODULE="registry.settings", **environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        "value-of-secret_key",
        "database",
        "assay",
        "value-of-database_password",
        {"min_size": 2, "max_size": 8},
        "redis://broker:6379/0",
        "s3",
        "bundles",
        "http://store:9000",
        "value-of-s3_access_key",
        "value-of-s3_secret_key",
        True,
    ]


@pytest.fixture(scope="module")
def environment(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The containers' environment, with servers that can be had here: embedded ones and a stand-in for S3."""
    files = tmp_path_factory.mktemp("secrets")
    for name in COMPOSE["secrets"]:
        (files / name).write_text(f"value-of-{name}-that-is-long-enough-to-be-a-key-of-its-own\n")
    (files / "database_password").write_text(servers.places.postgres_password.read_text())
    s3 = ThreadedMotoServer(port=0)
    s3.start()
    host, port = s3.get_host_and_port()
    yield {
        **{
            name: str(value).replace(SECRET_FILES, f"{files}/")
            for name, value in SERVICES["web"]["environment"].items()
        },
        "ASSAY_BASE_URL": "http://127.0.0.1:8000",
        "ASSAY_VAR": str(servers.places.var),
        "DATABASE_URL": servers.places.database_url(database=DATABASE),
        "BROKER_URL": servers.places.broker_url(),
        "ASSAY_S3_ENDPOINT": f"http://{host}:{port}",
        "HOSTNAME": os.uname().nodename,
    }
    s3.stop()


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable if command[0] == "python" else command[0], *command[1:]],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_the_bucket_is_created_once(environment: dict[str, str]) -> None:
    first, second = (run(SERVICES["bucket"]["command"], environment) for _ in range(2))
    assert (first.returncode, first.stdout) == (0, "The bucket bundles was created.\n"), first.stderr
    assert (second.returncode, second.stdout) == (0, "The bucket bundles is there.\n"), second.stderr


def test_a_store_that_does_not_answer_is_named(environment: dict[str, str]) -> None:
    done = run(SERVICES["bucket"]["command"], {**environment, "ASSAY_S3_ENDPOINT": f"http://127.0.0.1:{free_port()}"})
    assert done.returncode == 1
    assert "The bucket bundles could not be looked up or created" in done.stderr
    assert "Check ASSAY_S3_ENDPOINT" in done.stderr


def test_the_database_is_migrated_before_anything_else(environment: dict[str, str]) -> None:
    done = run(SERVICES["migrate"]["command"], environment)
    assert done.returncode == 0, done.stderr
    assert run(["python", "manage.py", "migrate", "--check"], environment).returncode == 0


def healthy(name: str, environment: dict[str, str], port: int) -> bool:
    """What the service's own health check says, run as the container would."""
    kind, *test = SERVICES[name]["healthcheck"]["test"]
    here = [part.replace(":8000/", f":{port}/").replace("/var/lib/assay", environment["ASSAY_VAR"]) for part in test]
    if kind == "CMD-SHELL":
        here = [
            "sh",
            "-c",
            here[0].replace("$$", "$").replace("python ", f"{sys.executable} ").replace("timeout 8", "timeout 3"),
        ]
    return run(here, environment).returncode == 0


@pytest.mark.parametrize("name", OURS)
def test_the_command_starts_and_its_health_check_tells_life_from_death(
    name: str, environment: dict[str, str], servers: Servers
) -> None:
    port = free_port()
    argv = [sys.executable, *SERVICES[name]["command"][1:]]
    if name == "web":
        argv[argv.index("--port") + 1] = str(port)
        argv[argv.index("--host") + 1] = "127.0.0.1"
    trace = servers.places.var / "beat-ticked"
    trace.unlink(missing_ok=True)
    child = begin(name, argv, environment, servers)
    try:
        wait_until(lambda: child.ended() is not None or healthy(name, environment, port), 60, child.last_words)
        assert child.ended() is None, child.last_words()
    finally:
        child.stop()
    if name == "beat":
        os.utime(trace, (1, 1))  # the file stays; its age tells
    assert not healthy(name, environment, port)


def begin(name: str, argv: list[str], environment: dict[str, str], servers: Servers) -> Child:
    service = commands.beat(ROOT)
    clean = {variable: "" for variable in os.environ if variable.startswith(("ASSAY_", "DATABASE_"))}
    described = Service(f"compose-{name}", tuple(argv), service.stop, env={**clean, **environment}, cwd=ROOT)
    return start(described, servers.places.logs / f"compose-{name}.log")
