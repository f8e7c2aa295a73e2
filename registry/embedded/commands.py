"""The command lines of our own processes. `docker-compose.yml` runs the same ones with other settings."""

import os
import signal
import sys
from pathlib import Path

from registry.embedded.processes import Service

BLOCKING_THREADS = 4
POOL = 8  # database connections of one web process: its threads, and room for what they open on the side


def web(root: Path, host: str, port: int) -> Service:
    return Service(
        name="web",
        argv=(
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
            *("--workers", "1", "--blocking-threads", str(BLOCKING_THREADS), "--no-access-log", "--no-ws"),
            # It replaces a worker that died, and ends itself when that happens again at once.
            *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "10"),
            "registry.wsgi:application",
        ),
        stop=((signal.SIGTERM, 12.0),),
        env={"ASSAY_DATABASE_POOL": os.environ.get("ASSAY_DATABASE_POOL") or str(POOL)},
        cwd=root,
    )


def worker(root: Path, processes: int) -> Service:
    """Stopping asks a running scan to finish first; past that it is put back, and its row's lease lapses."""
    return Service(
        name="worker",
        argv=(
            *(sys.executable, "-m", "celery", "--app", "registry", "worker", "--pool", "prefork"),
            *("--concurrency", str(processes), "--queues", "scan,default", "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle"),
        ),
        stop=((signal.SIGTERM, 8.0), (signal.SIGQUIT, 5.0)),
        orphaned=signal.SIGQUIT,
        cwd=root,
    )


def beat(root: Path) -> Service:
    return Service(
        name="beat",
        # The file of process ids is switched off: a killed beat would leave it and the next refuse to start.
        argv=(
            *(sys.executable, "-m", "celery", "--app", "registry", "beat"),
            "--pidfile",
            "",
            "--loglevel",
            "INFO",
        ),
        stop=((signal.SIGTERM, 5.0),),
        cwd=root,
    )


def samples(root: Path) -> Service:
    return Service(
        name="samples",
        argv=(sys.executable, str(root / "manage.py"), "publish_examples"),
        stop=((signal.SIGTERM, 5.0),),
        cwd=root,
    )
