"""Facts for tests: a clean bundle in which every control that can pass passes, to be changed one fact at a time."""

from dataclasses import replace
from typing import Any

from trust.drift import Changes
from trust.facts import (
    Annotations,
    Archive,
    Code,
    Command,
    Component,
    ConfigField,
    Declaration,
    Dependencies,
    Facts,
    File,
    Inventory,
    Language,
    Listener,
    Malice,
    NegativeTest,
    Param,
    Probe,
    Publisher,
    Secrets,
    Subject,
    Texts,
    Tool,
    Vulnerabilities,
)
from trust.finding import Finding, Observation
from trust.provenance import Attestation, Provenance
from trust.vocabulary import Confidence, Severity, Signal, Weakness


def finding(
    weakness: Weakness,
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.FIRM,
    *,
    path: str = "server/main.py",
    line: int = 7,
    snippet: str = "",
) -> Finding:
    return Finding("test", weakness, severity, confidence, f"seen {weakness}", path, line, snippet or str(weakness))


def saw(*signals: Signal, tool: str | None = None, detail: str = "", reachable: bool = True) -> tuple[Observation, ...]:
    return tuple(Observation(s, "server/main.py", 3, detail, tool, reachable) for s in signals)


def tool(name: str = "look", **changes: Any) -> Tool:
    params = (Param("city", "string", "where", required=True, bounded=True),)
    base = Tool(
        name, "code", "Look something up.", params, Annotations(read_only=True, destructive=False), "server/main.py", 5
    )
    return replace(base, **changes)


def code(**changes: Any) -> Code:
    base = Code(
        languages=(Language("python", 1, 1, 1000),),
        tools=(tool(),),
        observations=saw(Signal.STDIO_TRANSPORT, Signal.AUDIT_TOOL_CALL),
        sought=tuple(Weakness),
    )
    return replace(base, **changes)


def listener(**changes: Any) -> Listener:
    return replace(
        Listener("server/main.py", 20, "streamable-http", host="127.0.0.1", auth="oauth", host_check=True), **changes
    )


def declaration(**changes: Any) -> Declaration:
    base = Declaration(
        manifest_version="0.3",
        name="weather",
        version="1.0.0",
        description="Looks up the weather.",
        server_type="python",
        entry_point="server/main.py",
        commands=(Command("default", "python", ("${__dirname}/server/main.py",)),),
        licence="Apache-2.0",
        repository="https://example.com/acme/weather",
        tools=(Tool("look", "manifest", "Look something up."),),
    )
    return replace(base, **changes)


def component(name: str = "httpx", **changes: Any) -> Component:
    base = Component("pypi", name, "1.0.0", f"pkg:pypi/{name}@1.0.0", "uv.lock", exact=True, hashed=True, direct=True)
    return replace(base, **changes)


def inventory(**changes: Any) -> Inventory:
    base = Inventory(
        files=(File("server/main.py", 1000, "0" * 64, "python", "own"),),
        licence_files=("LICENSE",),
        licences=("Apache-2.0",),
        security_files=("SECURITY.md",),
    )
    return replace(base, **changes)


def probe(**changes: Any) -> Probe:
    base = Probe(
        "bwrap", 0.8, (tool(origin="served"),), negative_tests=(NegativeTest("unknown method", ok=True, detail=""),)
    )
    return replace(base, **changes)


def publisher(**changes: Any) -> Publisher:
    return replace(Publisher("acme", "alice", 400, proof="DNS"), **changes)


def built(repository: str = "https://example.com/acme/weather", *builders: str, **changes: Any) -> Provenance:
    """Provenance by these builders, the usual one when none is named."""
    base = Attestation(
        "provenance",
        "https://token.example.com",
        "release.yml",
        "2026-11-01T12:00:00+00:00",
        repository,
        commit="c" * 40,
    )
    names = builders or ("https://github.com/actions/runner",)
    return Provenance(tuple(replace(base, builder=name, **changes) for name in names))


def facts(**changes: Any) -> Facts:
    base = Facts(
        subject=Subject("weather", "1.0.0", "ab" * 32, 2048),
        scanner="0",
        tools=(("bandit", "1"),),
        archive=Archive(3, 4096),
        declaration=declaration(),
        inventory=inventory(),
        code=code(),
        malice=Malice(1),
        secrets=Secrets(2, 1000),
        texts=Texts(3),
        dependencies=Dependencies((component(),), ("uv.lock",), locked=True),
        vulnerabilities=Vulnerabilities("snapshot", 1, 1),
        provenance=built(),
        publisher=publisher(),
        changes=Changes("0.9.0", "cd" * 32),
        probe=probe(),
    )
    return replace(base, **changes)


SECRET_FIELD = ConfigField("api_key", "string", "API key", required=True, sensitive=True)
