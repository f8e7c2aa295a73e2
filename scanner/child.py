"""The process that `scanner.isolate` starts: limits itself, reads one request from stdin, scans, answers on stdout."""

import base64
import ctypes
import gc
import json
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from scanner.bundle import open_bundle
from scanner.context import Context, Statements
from scanner.errors import BundleError
from scanner.isolate import OUT_OF_MEMORY
from scanner.scan import scan
from trust.codec import from_json, to_json
from trust.facts import Publisher
from trust.finding import Gap

PR_SET_PDEATHSIG = 1
GARBAGE = 100_000
"""New objects between two looks for garbage."""

T = TypeVar("T")


def main() -> int:
    request = json.load(sys.stdin)
    limit(request["memory_bytes"], request["cpu_seconds"])
    # Code becomes millions of nodes that all live to the end: looking through them for garbage cost a sixth of it.
    gc.set_threshold(GARBAGE, 20, 100)
    try:
        say(answer(request))
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Facts, or the refusal of the bundle."""
    told = request["context"]
    context = Context(
        publisher=read(Publisher, told["publisher"]),
        statements=statements(told["statements"]),
        platform=told["platform"],
        advisories=Path(told["advisories"]) if told["advisories"] else None,
        skip=told["skip"],
    )
    try:
        with open_bundle(Path(request["path"])) as bundle:
            return {"facts": to_json(scan(bundle, context, lambda progress: say(asdict(progress))))}
    except BundleError as error:
        return {
            "refused": {
                "code": error.code,
                "title": error.title,
                "detail": error.detail,
                "path": error.path,
                "warnings": [asdict(w) for w in error.warnings],
            }
        }


def statements(document: dict[str, Any]) -> Statements | Gap:
    if "gap" in document:
        return Gap(document["gap"])
    files = tuple(base64.b64decode(file) for file in document["files"])
    return Statements(files, Path(document["root"]), document["root_sha256"])


def read(kind: type[T], document: dict[str, Any]) -> T | Gap:
    return Gap(document["gap"]) if "gap" in document else from_json(kind, document)


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Address space, processor time, no core dump; and die when the parent dies, however it dies."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=True) + "\n")
    sys.stdout.flush()
