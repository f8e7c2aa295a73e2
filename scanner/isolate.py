"""The scan in a process of its own: no environment, bounded memory and time, and a crash costs one collector.

Parsers read hostile bytes, some of them in C. They run in a child that was started with an empty environment (a
worker's database credentials are not in it, not even in /proc), that limits itself before it opens the bundle, and
that reports each step as it begins. When the child dies or a step exceeds its time, the parent starts it again with
that step left out, and the step's fact becomes a gap that says why.

The protocol is one JSON object a line on the child's stdout: `{"step", "state", "detail"}` for progress, and at the end
`{"facts": ...}` or `{"refused": ...}`. What the child writes to stderr is kept for the log, up to a limit.
"""

import base64
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scanner.context import Context, Progress, Statements
from scanner.errors import BundleError
from scanner.notice import Notice
from trust.codec import CodecError, facts_from_json, to_json
from trust.comparing import compare
from trust.drift import FIRST_RELEASE
from trust.facts import Facts
from trust.finding import Gap

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
# -I keeps the caller's directory and environment out of the module path, so the one folder needed is put back by name.
CHILD = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from scanner.child import main; sys.exit(main())"
OUTPUT_LIMIT = 256 << 20
STDERR_LIMIT = 64 << 10
MIB = 1 << 20


class ScanError(Exception):
    """The scan could not be carried out at all; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one scan: seconds for each step and for all, bytes of address space, seconds of processor time."""

    step_seconds: float = 240.0
    total_seconds: float = 480.0
    memory_bytes: int = 3 << 30
    cpu_seconds: int = 400


DEFAULT_BOUNDS = Bounds()


@dataclass(slots=True)
class _Attempt:
    """What one child did: the step it was in when it ended, until when that may take, and what it delivered."""

    deadline: float
    step: str | None = None
    result: dict[str, Any] | None = None
    reason: str = ""


def scan_isolated(
    path: Path,
    context: Context,
    report: Callable[[Progress], None] = lambda _: None,
    bounds: Bounds = DEFAULT_BOUNDS,
) -> Facts:
    """Scan the bundle at `path` in a child process.

    Raises BundleError when the bundle is refused, ScanError when no facts could be had at all.
    """
    deadline = time.monotonic() + bounds.total_seconds
    skip = dict(context.skip)
    while True:
        attempt = _run(path, replace(context, skip=skip), report, bounds, deadline)
        if attempt.result is not None:
            return with_changes(_facts(attempt.result), context.previous)
        if attempt.step is None or attempt.step in skip or time.monotonic() > deadline:
            raise ScanError(f"The scanner process {attempt.reason}.")
        skip[attempt.step] = f"The {attempt.step} collector {attempt.reason}; this part was not looked at."
        logger.warning("scan step left out: %s", skip[attempt.step])


def with_changes(facts: Facts, previous: Facts | Gap | None) -> Facts:
    """The facts with what differs from the release before. That release's facts stay out of the child process."""
    if isinstance(previous, Gap):
        return replace(facts, changes=previous)
    return replace(facts, changes=FIRST_RELEASE if previous is None else compare(previous, facts))


def _run(path: Path, context: Context, report: Callable[[Progress], None], bounds: Bounds, deadline: float) -> _Attempt:
    request = {
        "path": str(path.resolve()),
        "context": {
            "publisher": to_json(context.publisher),
            "statements": _statements(context.statements),
            "platform": context.platform,
            "advisories": str(context.advisories.resolve()) if context.advisories else None,
            "skip": dict(context.skip),
        },
        "memory_bytes": bounds.memory_bytes,
        "cpu_seconds": bounds.cpu_seconds,
    }
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    )
    try:
        return _converse(child, json.dumps(request).encode(), report, bounds, deadline)
    finally:
        _end(child)


def _statements(given: Statements | Gap) -> dict[str, Any]:
    if isinstance(given, Gap):
        return {"gap": given.reason}
    return {
        "files": [base64.b64encode(file).decode() for file in given.files],
        "root": str(given.root.resolve()),
        "root_sha256": given.root_sha256,
    }


def _converse(
    child: "subprocess.Popen[bytes]",
    request: bytes,
    report: Callable[[Progress], None],
    bounds: Bounds,
    deadline: float,
) -> _Attempt:
    attempt = _Attempt(min(deadline, time.monotonic() + bounds.step_seconds))
    if child.stdin is None:
        raise ScanError("The scanner process has no standard input.")
    try:
        child.stdin.write(request)
        child.stdin.close()
    except BrokenPipeError:
        attempt.reason = "ended before it was asked"
        return attempt
    errors = bytearray()
    for line in _lines(child, errors, lambda: attempt.deadline):
        if line is None:
            attempt.reason = f"took longer than {bounds.step_seconds:.0f} s"
            return attempt
        message = json.loads(line)
        if "step" not in message:
            attempt.result = message
            continue
        progress = Progress(message["step"], message["state"], message["detail"])
        attempt.step = progress.step
        attempt.deadline = min(deadline, time.monotonic() + bounds.step_seconds)
        report(progress)
    if attempt.result is None:
        attempt.reason = _death(child)
        logger.warning("scanner child %s: %s", attempt.reason, errors.decode(errors="replace")[-2000:])
    return attempt


def _lines(
    child: "subprocess.Popen[bytes]", errors: bytearray, deadline: Callable[[], float]
) -> Iterator[bytes | None]:
    """Complete lines of the child's stdout until it closes; None when the deadline passes or too much is written."""
    pending, total = bytearray(), 0
    with selectors.DefaultSelector() as waiting:
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                waiting.register(stream, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(max(0.0, deadline() - time.monotonic()))
            if not ready:
                yield None
                return
            for key, _ in ready:
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    waiting.unregister(key.fileobj)
                elif key.fileobj is child.stderr:
                    errors += chunk[: max(0, STDERR_LIMIT - len(errors))]
                else:
                    total += len(chunk)
                    if total > OUTPUT_LIMIT:
                        yield None
                        return
                    pending += chunk
                    *complete, rest = pending.split(b"\n")
                    pending = bytearray(rest)
                    yield from (bytes(line) for line in complete)


def _death(child: "subprocess.Popen[bytes]") -> str:
    try:
        code = child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        return "closed its output and kept running"
    if code == -signal.SIGKILL:
        return "was killed, most likely for its use of memory"
    if code == -signal.SIGXCPU:
        return "used up its processor time"
    if code < 0:
        return f"crashed ({signal.Signals(-code).name})"
    return "ran out of memory" if code == OUT_OF_MEMORY else f"ended with status {code}"


OUT_OF_MEMORY = 12
"""Exit status of the child when an allocation failed (ENOMEM)."""


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Nothing the child started outlives it: it leads a session of its own, which is killed as a whole."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        logger.debug("scanner child %s had already ended", child.pid)
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            stream.close()


def _facts(result: dict[str, Any]) -> Facts:
    refused = result.get("refused")
    if refused is not None:
        warnings = tuple(Notice(**w) for w in refused["warnings"])
        raise BundleError(
            refused["code"], refused["detail"], path=refused["path"], title=refused["title"], warnings=warnings
        )
    try:
        return facts_from_json(result["facts"])
    except (KeyError, CodecError) as error:
        raise ScanError(f"The scanner process answered with something that is no set of facts: {error}") from error
