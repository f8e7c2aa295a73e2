"""Bandit as one more witness for Python, in a bounded subprocess.

Bandit (PyCQA, Apache-2.0) matches patterns and follows no flow, so what it reports is tentative here, and where our own
analysis already names the same class at the same place it adds its test id and nothing else. `# nosec` in a bundle is
the publisher's wish and is not honoured. Table: bandit's documentation, "Test plugins", version 1.9.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from scanner.bundle import MemberTooLarge
from scanner.collect.members import Members
from trust.facts import Code, File, Inventory
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

BANDIT: Final = "bandit"
_CPU_SECONDS: Final = 60
_WALL_SECONDS: Final = 90.0
_MEMORY: Final = 1 << 30
_OUTPUT: Final = 16 << 20
_FILE: Final = 2 << 20
_TOTAL: Final = 32 << 20
_NEAR: Final = 1
_SNIPPET: Final = 200

_TESTS: Final[dict[str, Weakness]] = {
    **dict.fromkeys(("B102", "B307"), Weakness.CODE_INJECTION),
    **dict.fromkeys(("B105", "B106", "B107"), Weakness.HARDCODED_SECRET),
    "B113": Weakness.NO_TIMEOUT,
    **dict.fromkeys(("B301", "B302", "B403", "B506", "B614", "B615"), Weakness.DESERIALIZATION),
    "B310": Weakness.SSRF,
    **dict.fromkeys(("B323", "B501"), Weakness.TLS_VERIFY_OFF),
    **dict.fromkeys(("B502", "B503", "B504"), Weakness.TLS_OLD),
    "B103": Weakness.INSECURE_STORAGE,
    **dict.fromkeys(("B602", "B604", "B605", "B609"), Weakness.COMMAND_INJECTION),
    "B608": Weakness.SQL_INJECTION,
    **dict.fromkeys(("B701", "B702", "B703", "B704"), Weakness.TEMPLATE_INJECTION),
    "B202": Weakness.PATH_TRAVERSAL,
    "B306": Weakness.TEMP_LEFTOVER,
}
"""Tests that say something about a class of ours. Left out on purpose: imports by name (B4xx), asserts, hashes used for
checksums, addresses in comparisons (B104). Passwords guessed from variable names (B105 to B107) are listed but not
reported, because the secret search is more exact."""
_NOT_OURS: Final = frozenset({"B105", "B106", "B107", "B403"})
_NEEDS_FLOW: Final = frozenset(
    {
        Weakness.COMMAND_INJECTION, Weakness.CODE_INJECTION, Weakness.DESERIALIZATION, Weakness.TEMPLATE_INJECTION,
        Weakness.SQL_INJECTION, Weakness.PATH_TRAVERSAL, Weakness.SSRF, Weakness.NO_TIMEOUT,
    }
)  # fmt: skip
"""Classes where a call alone is no flaw: without our flow analysis agreeing, bandit's word is information."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the subprocess may use: seconds of processor and of waiting, bytes of memory and of answer."""

    cpu_seconds: int = _CPU_SECONDS
    wall_seconds: float = _WALL_SECONDS
    memory: int = _MEMORY
    output: int = _OUTPUT


def run_bandit(bundle: Members, inventory: Inventory, bounds: Bounds = Bounds()) -> tuple[Finding, ...] | Gap:
    """What bandit says about the server's own Python files. A gap names the reason when it could not be asked."""
    files = [f for f in inventory.files if f.role == "own" and f.kind == "python" and f.path.endswith((".py", ".pyw"))]
    if not files:
        return ()
    with tempfile.TemporaryDirectory(prefix="witness-") as place:
        root = Path(place)  # made by the interpreter with mode 0700
        written = _write(bundle, files, root / "source")
        if not written:
            return Gap("No own Python file is small enough to be handed to bandit.")
        answer = _ask(root, bounds)
        return answer if isinstance(answer, Gap) else _findings(answer, written, bundle)


def with_bandit(code: Code | Gap, witness: tuple[Finding, ...] | Gap) -> Code | Gap:
    """The code facts with the other witness's word: joined by place and class, so that nothing is reported twice."""
    if isinstance(code, Gap):
        return code
    if isinstance(witness, Gap):
        return replace(code, gaps=(*code.gaps, witness))
    own = list(code.findings)
    added: list[Finding] = []
    for finding in witness:
        at = next((i for i, f in enumerate(own) if _same(f, finding)), None)
        if at is None:
            added.append(finding)
        else:
            aliases = tuple(dict.fromkeys((*own[at].aliases, *finding.aliases)))
            own[at] = replace(own[at], aliases=aliases)
    return replace(code, findings=(*own, *added))


def _same(own: Finding, other: Finding) -> bool:
    if own.weakness is not other.weakness or own.path != other.path or own.line is None or other.line is None:
        return False
    return abs(own.line - other.line) <= _NEAR


def _write(bundle: Members, files: Iterable[File], root: Path) -> dict[str, str]:
    """Copies the files under names of our own making, so that no name from the bundle touches the disk."""
    root.mkdir(mode=0o700)
    names: dict[str, str] = {}
    total = 0
    for number, file in enumerate(files):
        if file.size > _FILE or total + file.size > _TOTAL:
            continue
        try:
            data = bundle.read(file.path, _FILE)
        except MemberTooLarge:
            continue
        total += len(data)
        name = f"m{number:05d}.py"
        (root / name).write_bytes(data)
        names[name] = file.path
    return names


def _ask(root: Path, bounds: Bounds) -> list[dict[str, Any]] | Gap:
    """Runs bandit over the folder and reads its answer. It opens no connection: it parses and prints."""
    out = root / "answer.json"
    # -P keeps the working folder, and with it the bundle's files, off the import path.
    command = [
        sys.executable, "-P", "-m", "bandit", "--recursive", str(root / "source"), "--format", "json", "--ignore-nosec",
        "--quiet", "--exit-zero", "--output", str(out),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=root, env=_environment(root), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=bounds.wall_seconds, check=False, preexec_fn=_limits(bounds),
            close_fds=True, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Gap(f"bandit did not finish within {bounds.wall_seconds:.0f} seconds.")
    except OSError as error:
        return Gap(f"bandit could not be started: {error.strerror or 'unknown reason'}.")
    if done.returncode != 0 or not out.exists():
        return Gap(f"bandit ended with status {done.returncode} and no answer.")
    if out.stat().st_size > bounds.output:
        return Gap("bandit's answer is too large to be read.")
    try:
        answer = json.loads(out.read_bytes())
    except (ValueError, RecursionError):
        return Gap("bandit's answer is not readable.")
    results = answer.get("results") if isinstance(answer, dict) else None
    return results if isinstance(results, list) else Gap("bandit's answer has no results.")


def _environment(root: Path) -> dict[str, str]:
    """Nothing of ours is handed on; the interpreter finds its packages by its own location."""
    return {"HOME": str(root), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"}


def _limits(bounds: Bounds) -> Callable[[], None]:
    def apply() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_seconds, bounds.cpu_seconds))
        resource.setrlimit(resource.RLIMIT_AS, (bounds.memory, bounds.memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (bounds.output, bounds.output))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.umask(0o077)

    return apply


def _findings(results: Iterable[dict[str, Any]], names: dict[str, str], bundle: Members) -> tuple[Finding, ...]:
    lines: dict[str, list[str]] = {}
    found: list[Finding] = []
    for result in results:
        test = str(result.get("test_id", ""))
        path = names.get(Path(str(result.get("filename", ""))).name)
        line = result.get("line_number")
        weakness = _TESTS.get(test)
        if weakness is None or test in _NOT_OURS or path is None or not isinstance(line, int):
            continue
        if path not in lines:
            lines[path] = bundle.read(path, _FILE).decode("utf-8", "replace").splitlines()
        text = lines[path][line - 1].strip()[:_SNIPPET] if 0 < line <= len(lines[path]) else ""
        severity = Severity.INFO if weakness in _NEEDS_FLOW else Severity.LOW
        message = str(result.get("issue_text", "")).split("\n", 1)[0][:300]
        found.append(
            Finding("bandit", weakness, severity, Confidence.TENTATIVE, message, path, line, text, aliases=(test,))
        )
    return tuple(sorted(found, key=lambda f: (f.path or "", f.line or 0, f.aliases)))
