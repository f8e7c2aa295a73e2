"""The closed word lists that the scanner and the framework share.

A collector names what it saw with a `Weakness` (something that points at a place to mend) or a `Signal` (a neutral
observation: a capability, a guard, a habit). Controls ask about these words and about nothing else, so Python and
JavaScript, and any language added later, answer the same questions.

Sources: CWE list 4.16 (weakness numbers); OWASP MCP Top 10, 2025 (MCP01..MCP10).
"""

from dataclasses import dataclass
from enum import StrEnum


class Domain(StrEnum):
    """The five domains of the MCP Trust Framework."""

    AUTHENTICATION = "authentication"
    AUTHORIZATION = "authorization"
    DATA_HANDLING = "data_handling"
    SUPPLY_CHAIN = "supply_chain"
    RUNTIME = "runtime"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Severity(StrEnum):
    """How much harm a finding describes, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info up to 4 for critical, for comparisons."""
        return 4 - list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the scanner is that a finding is real.

    confirmed: decided by the bytes themselves or observed; firm: the flow or structure was followed; tentative: a
    pattern that a careful reader may reject.
    """

    CONFIRMED = "confirmed"
    FIRM = "firm"
    TENTATIVE = "tentative"


class Evidence(StrEnum):
    """What an outcome rests on, strongest first.

    observed: seen while the server ran in the sandbox; proved: decided by the bundle's own bytes, which its SHA-256
    fixes, or by a verified signature; structural: followed in code reachable from the entry point; declared: somebody
    says so; none: nothing was established.
    """

    OBSERVED = "observed"
    PROVED = "proved"
    STRUCTURAL = "structural"
    DECLARED = "declared"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Classification:
    """Where a weakness stands in the public catalogues."""

    title: str
    cwe: str
    owasp: str


class Weakness(StrEnum):
    """The classes of finding. A finding's rule is `<witness>.<weakness>`, for example `py.command-injection`."""

    # authentication
    MISSING_AUTH = "missing-auth"
    OPEN_BIND = "open-bind"
    DNS_REBINDING = "dns-rebinding"
    TOKEN_VALIDATION = "token-validation"
    TIMING_COMPARE = "timing-compare"
    SESSION_ID = "session-id"
    SESSION_BINDING = "session-binding"
    TOKEN_PASSTHROUGH = "token-passthrough"
    CREDENTIAL_FALLBACK = "credential-fallback"
    EXPOSED_ENDPOINT = "exposed-endpoint"
    URL_OPENED = "url-opened"
    OAUTH_STATE = "oauth-state"
    REDIRECT_MATCH = "redirect-match"
    CREDENTIAL_PARAM = "credential-param"
    CREDENTIAL_ARGUMENT = "credential-argument"
    # authorization
    ANNOTATION_MISMATCH = "annotation-mismatch"
    NO_CONFIRMATION = "no-confirmation"
    PATH_TRAVERSAL = "path-traversal"
    UNDECLARED_CAPABILITY = "undeclared-capability"
    FAIL_OPEN = "fail-open"
    EXCESSIVE_AGENCY = "excessive-agency"
    MISSING_AUTHZ = "missing-authz"
    QUERY_PRIVILEGE = "query-privilege"
    BYPASSABLE_FILTER = "bypassable-filter"
    SELF_CONFIGURATION = "self-configuration"
    LISTING_FILTER = "listing-filter"
    BROAD_SCOPE = "broad-scope"
    # data handling
    HARDCODED_SECRET = "hardcoded-secret"
    SECRET_FILE = "secret-file"
    SECRET_LOGGING = "secret-logging"
    PLAIN_HTTP = "plain-http"
    TLS_VERIFY_OFF = "tls-verify-off"
    TLS_OLD = "tls-old"
    INSECURE_STORAGE = "insecure-storage"
    TELEMETRY = "telemetry"
    SECRET_EXPOSURE = "secret-exposure"
    TEMP_LEFTOVER = "temp-leftover"
    ENV_DUMP = "env-dump"
    EXFILTRATION = "exfiltration"
    # supply chain
    UNPINNED_DEPENDENCY = "unpinned-dependency"
    UNHASHED_DEPENDENCY = "unhashed-dependency"
    UNTRUSTED_SOURCE = "untrusted-source"
    KNOWN_VULNERABILITY = "known-vulnerability"
    INSTALL_SCRIPT = "install-script"
    RUG_PULL = "rug-pull"
    TOOL_POISONING = "tool-poisoning"
    HIDDEN_TEXT = "hidden-text"
    DESCRIPTION_MISMATCH = "description-mismatch"
    UNREAD_PARAMETER = "unread-parameter"
    OBFUSCATION = "obfuscation"
    UNEXPLAINED_BINARY = "unexplained-binary"
    REMOTE_CODE = "remote-code"
    MALWARE = "malware"
    BUNDLE_HYGIENE = "bundle-hygiene"
    RELEASE_DRIFT = "release-drift"
    # runtime
    COMMAND_INJECTION = "command-injection"
    ARGUMENT_INJECTION = "argument-injection"
    CODE_INJECTION = "code-injection"
    DESERIALIZATION = "deserialization"
    TEMPLATE_INJECTION = "template-injection"
    SQL_INJECTION = "sql-injection"
    SSRF = "ssrf"
    NO_TIMEOUT = "no-timeout"
    REDOS = "redos"
    STDOUT_POLLUTION = "stdout-pollution"
    ROOT_CONTAINER = "root-container"
    SESSION_ISOLATION = "session-isolation"
    ERROR_LEAK = "error-leak"
    UNTRUSTED_OUTPUT = "untrusted-output"


def _c(title: str, cwe: int, owasp: int) -> Classification:
    return Classification(title, f"CWE-{cwe}", f"MCP{owasp:02d}")


W = Weakness
CLASSIFICATIONS: dict[Weakness, Classification] = {
    W.MISSING_AUTH: _c("Network endpoint without authentication", 306, 7),
    W.OPEN_BIND: _c("Listens on every interface", 1327, 7),
    W.DNS_REBINDING: _c("Host and Origin are not checked", 346, 7),
    W.TOKEN_VALIDATION: _c("Token accepted without full validation", 347, 7),
    W.TIMING_COMPARE: _c("Secret compared in variable time", 208, 7),
    W.SESSION_ID: _c("Guessable session identifier", 330, 7),
    W.SESSION_BINDING: _c("Session not bound to the caller who opened it", 639, 7),
    W.TOKEN_PASSTHROUGH: _c("A caller's token handed on to another service", 441, 1),
    W.CREDENTIAL_FALLBACK: _c("The operator's credential serves anonymous callers", 862, 7),
    W.EXPOSED_ENDPOINT: _c("Side endpoint that tells or does too much", 497, 7),
    W.URL_OPENED: _c("Address from a remote server opened unchecked", 939, 5),
    W.OAUTH_STATE: _c("OAuth answer accepted without state", 352, 7),
    W.REDIRECT_MATCH: _c("OAuth redirect address matched loosely", 601, 7),
    W.CREDENTIAL_PARAM: _c("Credential taken as a tool parameter", 522, 1),
    W.CREDENTIAL_ARGUMENT: _c("Credential taken on the command line", 214, 1),
    W.ANNOTATION_MISMATCH: _c("Tool annotation contradicts the code", 451, 2),
    W.NO_CONFIRMATION: _c("Destructive action without approval", 862, 2),
    W.PATH_TRAVERSAL: _c("Path leaves its allowed folder", 22, 2),
    W.UNDECLARED_CAPABILITY: _c("Capability the manifest does not declare", 1059, 2),
    W.FAIL_OPEN: _c("A failed check allows", 636, 7),
    W.EXCESSIVE_AGENCY: _c("Unlimited execution offered to the model", 250, 2),
    W.MISSING_AUTHZ: _c("Caller is believed about who it is", 639, 7),
    W.QUERY_PRIVILEGE: _c("Query can do more than the tool allows", 284, 2),
    W.BYPASSABLE_FILTER: _c("Deny list or check that can be written around", 184, 7),
    W.SELF_CONFIGURATION: _c("A tool changes the settings that limit it", 15, 2),
    W.LISTING_FILTER: _c("Hidden tools can still be called", 862, 7),
    W.BROAD_SCOPE: _c("More upstream rights asked for than the tools use", 272, 2),
    W.HARDCODED_SECRET: _c("Secret written into the bundle", 798, 1),
    W.SECRET_FILE: _c("Key or credential file in the bundle", 538, 1),
    W.SECRET_LOGGING: _c("Secret written to a log", 532, 1),
    W.PLAIN_HTTP: _c("Remote endpoint without TLS", 319, 1),
    W.TLS_VERIFY_OFF: _c("Certificate verification switched off", 295, 1),
    W.TLS_OLD: _c("Obsolete TLS version allowed", 327, 1),
    W.INSECURE_STORAGE: _c("Secret stored readable by others", 732, 1),
    W.TELEMETRY: _c("Usage data sent without asking", 359, 10),
    W.SECRET_EXPOSURE: _c("Secret returned in tool output", 200, 1),
    W.TEMP_LEFTOVER: _c("Temporary data left behind", 459, 10),
    W.ENV_DUMP: _c("Whole environment read out", 526, 1),
    W.EXFILTRATION: _c("Data sent to a hidden recipient", 506, 3),
    W.UNPINNED_DEPENDENCY: _c("Dependency version not fixed", 1357, 4),
    W.UNHASHED_DEPENDENCY: _c("Dependency without an integrity hash", 494, 4),
    W.UNTRUSTED_SOURCE: _c("Dependency from outside a package registry", 829, 4),
    W.KNOWN_VULNERABILITY: _c("Dependency with a known vulnerability", 1395, 4),
    W.INSTALL_SCRIPT: _c("Code runs at install or import time", 506, 4),
    W.RUG_PULL: _c("Tool definition changes after approval", 494, 3),
    W.TOOL_POISONING: _c("Instructions to the model hidden in a tool text", 1427, 3),
    W.HIDDEN_TEXT: _c("Invisible or disguised characters in a tool text", 1007, 3),
    W.DESCRIPTION_MISMATCH: _c("Tool description contradicts the code", 451, 3),
    W.UNREAD_PARAMETER: _c("Tool input that no code reads", 1059, 3),
    W.OBFUSCATION: _c("Code hidden from readers", 506, 4),
    W.UNEXPLAINED_BINARY: _c("Executable without source", 506, 4),
    W.REMOTE_CODE: _c("Code loaded from the network at run time", 494, 4),
    W.MALWARE: _c("Malicious behaviour", 506, 4),
    W.RELEASE_DRIFT: _c("Release adds what the one before did not do", 506, 3),
    W.BUNDLE_HYGIENE: _c("File that does not belong into a release", 540, 4),
    W.COMMAND_INJECTION: _c("Shell command built from tool input", 78, 5),
    W.ARGUMENT_INJECTION: _c("Program option injected through tool input", 88, 5),
    W.CODE_INJECTION: _c("Tool input evaluated as code", 95, 5),
    W.DESERIALIZATION: _c("Untrusted data deserialized into objects", 502, 5),
    W.TEMPLATE_INJECTION: _c("Tool input used as a template", 1336, 5),
    W.SQL_INJECTION: _c("Query built from tool input", 89, 5),
    W.SSRF: _c("Server fetches any address it is given", 918, 5),
    W.NO_TIMEOUT: _c("Waits without a limit", 400, 5),
    W.REDOS: _c("Regular expression that can run for ages", 1333, 5),
    W.STDOUT_POLLUTION: _c("Writes other text on the protocol's stdout", 116, 6),
    W.ROOT_CONTAINER: _c("Runs with more system rights than needed", 250, 2),
    W.SESSION_ISOLATION: _c("State shared between clients", 488, 10),
    W.ERROR_LEAK: _c("Error tells the caller about the inside", 209, 10),
    W.UNTRUSTED_OUTPUT: _c("Text from outside is passed on unmarked", 116, 6),
}


class Signal(StrEnum):
    """Neutral observations in code. `sink.*` is a capability, `contact.*` a remote party that the code names,
    `guard.*` a check in front of a capability, the rest habits.
    """

    PROCESS = "sink.process"
    EVAL = "sink.eval"
    DESERIALIZE = "sink.deserialize"
    TEMPLATE = "sink.template"
    SQL = "sink.sql"
    FILE_READ = "sink.file-read"
    FILE_WRITE = "sink.file-write"
    FILE_DELETE = "sink.file-delete"
    HTTP = "sink.http"
    OPEN_URL = "sink.open-url"
    MESSAGE = "sink.message"
    CALLER_QUERY = "query.caller"
    IRREVERSIBLE = "effect.irreversible"
    CLIPBOARD = "sink.clipboard"
    SCREEN = "sink.screen"
    INPUT_DEVICES = "sink.input-devices"
    RECORDING = "sink.recording"
    HOST = "contact.host"
    RECIPIENT = "contact.recipient"
    GUARD_PATH = "guard.path"
    GUARD_COMMAND = "guard.command"
    GUARD_URL = "guard.url"
    GUARD_SQL = "guard.sql"
    STDIO_TRANSPORT = "transport.stdio"
    AUTH_CHECK = "auth.check"
    JWT_VERIFIED = "auth.jwt-verified"
    CALLER_KNOWN = "auth.caller-known"
    CONSTANT_TIME_COMPARE = "auth.constant-time"
    ENV_READ = "env.read"
    CREDENTIAL_FROM_ENV = "credential.env"
    CREDENTIAL_FROM_KEYRING = "credential.keyring"
    CREDENTIAL_REFRESH = "credential.refresh"
    OAUTH_FLOW = "oauth.flow"
    OAUTH_SCOPE = "oauth.scope"
    READ_ONLY_MODE = "authz.read-only-mode"
    TOOL_FILTER = "authz.tool-filter"
    COMMAND_FILTER = "authz.command-filter"
    FILTERED_LIST = "authz.filtered-list"
    SCOPE_CHECK = "authz.scope-check"
    CONFIRMATION = "authz.confirmation"
    LOG_CALL = "log.call"
    AUDIT_TOOL_CALL = "log.tool-call"
    REDACTION = "log.redaction"
    TIMEOUT = "limit.timeout"
    OUTPUT_LIMIT = "limit.output"
    OUTPUT_CLEANED = "output.cleaned"
    RATE_LIMIT = "limit.rate"
    PRIVATE_FILE_MODE = "storage.private-mode"
    ENCRYPTED_STORAGE = "storage.encrypted"
    TEMP_CLEANUP = "storage.temp-cleanup"
    TLS_CONFIGURED = "tls.configured"
    TELEMETRY_SDK = "telemetry.sdk"
    ERROR_HANDLED = "error.handled"
    METRICS = "metrics.hook"
    NATIVE_CODE = "native.code"
