"""The contract between scanner and framework: one frozen type per kind of fact, and `Gap`.

A fact is what the scanner established about one bundle. Where it could not look, the fact is replaced by a `Gap`, or
carries the gaps of the parts it missed in its own `gaps`. Facts hold no judgement: no score, no pass, no fail.
Everything here can be written as JSON and read back unchanged (`trust.codec`): a score can be recomputed years later.

Paths are bundle-relative with forward slashes; lines count from 1; sizes are bytes; digests are lower-case hex SHA-256.
"""

from dataclasses import dataclass
from typing import Literal

from trust.drift import Changes
from trust.finding import Finding, Gap, Notice, Observation, found
from trust.provenance import Provenance
from trust.vocabulary import Signal, Weakness


@dataclass(frozen=True, slots=True)
class Param:
    """One input of a tool. `bounded`: an enum, pattern, range or maximum length narrows it beyond its type."""

    name: str
    type: str = "unknown"
    description: str = ""
    required: bool = False
    bounded: bool = False
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotations:
    """MCP tool annotations (specification 2025-06-18, `ToolAnnotations`); None where the server does not say."""

    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as one origin describes it. `reaches`: the sinks that its handler reaches, for code; `path` and `line`
    then point at the handler. `params` is None where the origin cannot know them (a manifest lists names only).
    """

    name: str
    origin: Literal["manifest", "code", "served"]
    description: str = ""
    params: tuple[Param, ...] | None = None
    annotations: Annotations | None = None
    path: str | None = None
    line: int | None = None
    reaches: tuple[Signal, ...] = ()
    confirms: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """The appended PKCS#7 block (MCPB 2.3): who signed, not whether to trust them."""

    variant: str
    signer: str
    fingerprint: str
    digest_algorithm: str
    signed_at: str | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Archive:
    """The container: it was read strictly, so every reader sees the same members."""

    members: int
    unpacked_bytes: int
    notices: tuple[Notice, ...] = ()
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What a client starts: `platform` is "default" or a platform override; `env` holds name and template pairs."""

    platform: str
    command: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One `user_config` entry of the manifest."""

    key: str
    type: str
    title: str = ""
    required: bool = False
    sensitive: bool = False
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """The manifest: what the publisher says. Nothing here is evidence by itself."""

    manifest_version: str
    name: str
    version: str
    description: str
    server_type: Literal["python", "node", "binary", "uv"]
    entry_point: str
    commands: tuple[Command, ...]
    display_name: str = ""
    author: str = ""
    licence: str = ""
    repository: str = ""
    homepage: str = ""
    documentation: str = ""
    support: str = ""
    tools: tuple[Tool, ...] = ()
    tools_generated: bool = False
    prompts: tuple[str, ...] = ()
    user_config: tuple[ConfigField, ...] = ()
    privacy_policies: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """One member. `role`: the server's own code, a vendored dependency, or data; `kind` by content, not by name."""

    path: str
    size: int
    sha256: str
    kind: Literal["python", "javascript", "native", "archive", "text", "data", "bytecode", "minified"]
    role: Literal["own", "vendored", "data"]


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every file of the bundle. `licence_files`, `security_files` as found by name and read for content."""

    files: tuple[File, ...]
    vendored_roots: tuple[str, ...] = ()
    licence_files: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    security_files: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    """A network endpoint the code opens.

    `host` is the literal default, None where the framework's default applies; `auth` the strongest mechanism that the
    code puts before it; `on_by_default` False when only an explicit option starts it; `host_check` None when unknown;
    `sdk` names the library whose defaults hold for it, empty where the code does everything itself; `stateless` when it
    keeps no sessions.
    """

    path: str
    line: int
    transport: Literal["http", "sse", "streamable-http", "websocket"]
    host: str | None = None
    host_configurable: bool = False
    auth: Literal["none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls"] = "none"
    host_check: bool | None = None
    on_by_default: bool = True
    sdk: str = ""
    stateless: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """How much of one language was read: own files, and how many of them were parsed."""

    name: Literal["python", "javascript"]
    files: int
    parsed: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Import:
    """An absolute import in the server's own code. `optional`: inside a try or a conditional."""

    module: str
    path: str
    line: int
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """What the server's own source does, in the shared vocabulary, over all its languages.

    `sought` are the weaknesses that every language present was searched for; finding none of another means nothing.
    """

    languages: tuple[Language, ...]
    tools: tuple[Tool, ...] = ()
    listeners: tuple[Listener, ...] = ()
    observations: tuple[Observation, ...] = ()
    findings: tuple[Finding, ...] = ()
    imports: tuple[Import, ...] = ()
    sought: tuple[Weakness, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def saw(self, *signals: Signal) -> tuple[Observation, ...]:
        """The reachable observations of any of these signals."""
        return tuple(o for o in self.observations if o.signal in signals and o.reachable)

    def found(self, *weaknesses: Weakness) -> tuple[Finding, ...]:
        return found(self.findings, *weaknesses)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Result of the secret search over every text file, vendored ones included. Snippets are masked."""

    files_searched: int
    bytes_searched: int
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Malice:
    """Result of the search for malicious and disguised code over own and vendored files alike."""

    files_searched: int
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def sought(self) -> tuple[Weakness, ...]:
        return (Weakness.MALWARE, Weakness.EXFILTRATION, Weakness.OBFUSCATION)


@dataclass(frozen=True, slots=True)
class Texts:
    """Result of reading the texts a model will see: tool, parameter and prompt descriptions, manifest texts."""

    examined: int
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """One third-party package. `purl` per the package-url specification; `version` None when only a range is known.

    `declared_in` is the file that names it; `hashed` whether that file also fixes its bytes; `vendored` whether its
    files lie in the bundle; `marker` is recorded, never evaluated.
    """

    ecosystem: Literal["pypi", "npm"]
    name: str
    version: str | None
    purl: str
    declared_in: str
    requirement: str = ""
    exact: bool = False
    hashed: bool = False
    vendored: bool = False
    direct: bool = False
    scope: Literal["runtime", "dev", "optional"] = "runtime"
    source: Literal["registry", "git", "url", "file", "bundle"] = "registry"
    marker: str = ""
    licence: str = ""
    install_script: bool = False


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Every component that lock files, manifests and vendored trees name, with the files that were read."""

    components: tuple[Component, ...]
    read_from: tuple[str, ...] = ()
    locked: bool = False
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Vulnerabilities:
    """Known advisories against the components, from one advisory snapshot. `assessed` counts looked-up components."""

    snapshot: str
    age_days: int
    assessed: int
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Publisher:
    """What the registry knows of the publisher. `proof` names how the namespace was proved, empty when it was not."""

    namespace: str
    account: str
    account_age_days: int
    proof: str = ""


@dataclass(frozen=True, slots=True)
class NegativeTest:
    """One deliberately wrong message sent to the running server, and whether it answered as the protocol asks."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What the server did when it was started in the sandbox."""

    backend: str
    seconds: float
    tools: tuple[Tool, ...] = ()
    stdout_junk: tuple[str, ...] = ()
    negative_tests: tuple[NegativeTest, ...] = ()
    network_attempts: tuple[str, ...] = ()
    files_outside: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """Which bytes the facts are about."""

    name: str
    version: str
    sha256: str
    bytes: int
    platform: str = "any"


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about one bundle, or for each kind the gap that stands in its place."""

    subject: Subject
    scanner: str
    tools: tuple[tuple[str, str], ...]
    archive: Archive | Gap
    declaration: Declaration | Gap
    inventory: Inventory | Gap
    code: Code | Gap
    malice: Malice | Gap
    secrets: Secrets | Gap
    texts: Texts | Gap
    dependencies: Dependencies | Gap
    vulnerabilities: Vulnerabilities | Gap
    provenance: Provenance | Gap
    publisher: Publisher | Gap
    changes: Changes | Gap
    probe: Probe | Gap
