"""What each control answers: label, facts changed from the clean bundle, outcome. At least one good and one bad."""

from dataclasses import replace
from typing import Any

from tests.unit.builders import (
    SECRET_FIELD,
    built,
    code,
    component,
    declaration,
    finding,
    inventory,
    listener,
    probe,
    publisher,
    saw,
    tool,
)
from trust.control import Outcome
from trust.drift import FIRST_RELEASE, Change, Changes
from trust.facts import (
    Annotations,
    Archive,
    Command,
    Dependencies,
    Malice,
    NegativeTest,
    Param,
    Secrets,
    Texts,
    Vulnerabilities,
)
from trust.finding import Notice
from trust.provenance import Provenance
from trust.vocabulary import Confidence, Severity, Signal, Weakness

PASS, PARTIAL, FAIL, NA = Outcome.PASS, Outcome.PARTIAL, Outcome.FAIL, Outcome.NOT_APPLICABLE
W = Weakness
S = Signal
TENTATIVE = Confidence.TENTATIVE

HTTP = {"listeners": (listener(),)}
DELETER = tool("drop", annotations=None, reaches=(S.FILE_DELETE,))
LISTED = declaration().tools[0]
FETCHER = tool("fetch", reaches=(S.HTTP,))
MARKED = replace(DELETER, annotations=Annotations(read_only=False, destructive=True))


def c(**changes: Any) -> dict[str, Any]:
    return {"code": code(**changes)}


def http(**changes: Any) -> dict[str, Any]:
    return c(listeners=(listener(**changes),))


def bad(weakness: Weakness, severity: Severity = Severity.HIGH, /, **changes: Any) -> dict[str, Any]:
    return c(findings=(finding(weakness, severity),), **changes)


def pair(weakness: Weakness, *signals: Signal, **clean: Any) -> list[tuple[str, dict[str, Any], Outcome]]:
    """The usual three rows of a control that looks for one weakness: clean, found, only guessed at."""
    observed = saw(*signals)
    guess = finding(weakness, Severity.MEDIUM, TENTATIVE)
    return [
        ("clean", c(observations=observed, **clean), PASS),
        ("found", c(observations=observed, findings=(finding(weakness),), **clean), FAIL),
        ("guessed", c(observations=observed, findings=(guess,), **clean), PARTIAL),
    ]


RECIPIENT = Change("recipient-added", "copy@x.club", "The code names the recipient copy@x.club.")


def changed(*items: Change) -> dict[str, Any]:
    return {"changes": Changes("0.9.0", "cd" * 32, items)}


def allowed(*words_and_signals: str | S) -> dict[str, Any]:
    """Declared permissions as words, and what the code does as signals."""
    words = tuple(w for w in words_and_signals if not isinstance(w, S))
    signals = tuple(w for w in words_and_signals if isinstance(w, S))
    return {"declaration": declaration(permissions=words), **c(observations=saw(*signals))}


def in_inventory(weakness: Weakness) -> dict[str, Any]:
    return {"inventory": inventory(findings=(finding(weakness),))}


def in_malice(weakness: Weakness) -> dict[str, Any]:
    return {"malice": Malice(1, (finding(weakness, Severity.CRITICAL),))}


def in_dependencies(weakness: Weakness) -> dict[str, Any]:
    return {"dependencies": Dependencies((component(),), ("uv.lock",), locked=True, findings=(finding(weakness),))}


QUIET = c(observations=())
NO_CHANGES: dict[str, Any] = {}
CREDENTIAL = saw(S.CREDENTIAL_FROM_ENV, detail="API_KEY")
MAPPED = declaration(
    user_config=(SECRET_FIELD,), commands=(Command("default", "python", (), (("API_KEY", "${user_config.api_key}"),)),)
)

CASES: dict[str, list[tuple[str, dict[str, Any], Outcome]]] = {
    "AN-01": [
        ("stdio only", NO_CHANGES, NA),
        ("oauth", http(), PASS),
        ("open", http(auth="none"), FAIL),
        ("open but opt-in", http(auth="none", on_by_default=False), FAIL),
        ("off by default", http(auth="optional"), PARTIAL),
        ("one of two open", c(listeners=(listener(), listener(auth="none", line=30))), FAIL),
    ],
    "AN-02": [
        ("stdio only", NO_CHANGES, NA),
        ("mutual TLS", http(auth="mtls"), PASS),
        ("shared key", http(auth="shared-secret"), PARTIAL),
        ("none", http(auth="none"), FAIL),
    ],
    "AN-03": [("no tokens", NO_CHANGES, NA), *pair(W.TOKEN_VALIDATION, S.JWT_VERIFIED)],
    "AN-04": [("no secrets compared", NO_CHANGES, NA), *pair(W.TIMING_COMPARE, S.CONSTANT_TIME_COMPARE)],
    "AN-05": [
        ("stdio only", NO_CHANGES, NA),
        ("loopback", http(), PASS),
        ("everywhere", bad(W.OPEN_BIND, listeners=(listener(host="0.0.0.0", auth="none"),)), FAIL),
        ("everywhere, guarded", bad(W.OPEN_BIND, listeners=(listener(host="0.0.0.0"),)), PARTIAL),
        ("framework's default", http(host=None), PARTIAL),
        ("a callback everywhere", bad(W.OPEN_BIND, Severity.MEDIUM), FAIL),
        ("fixed address", http(host="10.0.0.5"), PARTIAL),
    ],
    "AN-06": [
        ("stdio only", NO_CHANGES, NA),
        ("checked", http(), PASS),
        ("left to a version that is not known", http(host_check=None), PARTIAL),
        ("not checked", http(host_check=False, auth="none"), FAIL),
        ("not checked, behind a login", http(host_check=False), PARTIAL),
        ("switched off", bad(W.DNS_REBINDING, **HTTP), FAIL),
        ("one of two", c(listeners=(listener(), listener(host_check=False))), PARTIAL),
    ],
    "AN-07": [
        ("stdio only", NO_CHANGES, NA),
        *pair(W.SESSION_ID, **HTTP),
        ("unbound", bad(W.SESSION_BINDING, Severity.MEDIUM, **HTTP), FAIL),
    ],
    "AN-08": [
        ("stdio only", c(observations=CREDENTIAL), NA),
        *pair(W.TOKEN_PASSTHROUGH, **HTTP),
        ("the operator's credential for anyone", c(observations=CREDENTIAL, listeners=(listener(auth="none"),)), FAIL),
        ("for anyone who starts it so", c(observations=CREDENTIAL, listeners=(listener(auth="optional"),)), PARTIAL),
        ("behind a login", c(observations=CREDENTIAL, **HTTP), PASS),
        (
            "a key for its own callers",
            c(observations=saw(S.CREDENTIAL_FROM_ENV, detail="MCP_AUTH_TOKEN"), **HTTP),
            PASS,
        ),
        ("fallback", bad(W.CREDENTIAL_FALLBACK, Severity.MEDIUM, **HTTP), FAIL),
    ],
    "AN-09": [
        ("none asked", NO_CHANGES, PASS),
        ("tool input", bad(W.CREDENTIAL_PARAM), FAIL),
        ("command line", bad(W.CREDENTIAL_ARGUMENT, Severity.MEDIUM), FAIL),
    ],
    "AN-10": [
        ("no credential", NO_CHANGES, NA),
        ("long-lived", c(observations=CREDENTIAL), PARTIAL),
        ("refreshed", c(observations=CREDENTIAL + saw(S.CREDENTIAL_REFRESH)), PASS),
    ],
    "AN-11": [("stdio only", NO_CHANGES, NA), *pair(W.EXPOSED_ENDPOINT, **HTTP)],
    "AN-12": [
        ("no login", NO_CHANGES, NA),
        *pair(W.URL_OPENED, S.OAUTH_FLOW),
        ("no state", bad(W.OAUTH_STATE, Severity.MEDIUM), FAIL),
        ("loose match", bad(W.REDIRECT_MATCH, Severity.MEDIUM), FAIL),
    ],
    "AN-13": [
        ("no secret", NO_CHANGES, PASS),
        ("declared", {"code": code(observations=CREDENTIAL), "declaration": MAPPED}, PASS),
        ("undeclared variable", c(observations=CREDENTIAL), PARTIAL),
        ("not sensitive", {"declaration": declaration(user_config=(replace(SECRET_FIELD, sensitive=False),))}, PARTIAL),
    ],
    "AZ-01": [
        ("all annotated", NO_CHANGES, PASS),
        ("none annotated", c(tools=(tool(annotations=None),)), FAIL),
        ("half annotated", c(tools=(tool(), tool("b", annotations=None))), PARTIAL),
        ("a lie", bad(W.ANNOTATION_MISMATCH), FAIL),
        ("no tools found", c(tools=()), FAIL),
    ],
    "AZ-02": [
        ("one tool", NO_CHANGES, NA),
        ("always on", c(tools=(tool(), DELETER)), FAIL),
        ("read-only mode", c(tools=(tool(), DELETER), observations=saw(S.READ_ONLY_MODE)), PARTIAL),
        ("scopes", c(tools=(tool(), DELETER), observations=saw(S.SCOPE_CHECK)), PASS),
        ("list of commands", c(tools=(tool(), DELETER), observations=saw(S.COMMAND_FILTER)), PARTIAL),
        ("list with a hole", bad(W.BYPASSABLE_FILTER, observations=saw(S.COMMAND_FILTER)), FAIL),
        ("limits that a tool changes", bad(W.SELF_CONFIGURATION, Severity.MEDIUM), FAIL),
    ],
    "AZ-03": [
        ("nothing destructive", NO_CHANGES, NA),
        ("silent", c(tools=(DELETER,)), FAIL),
        ("marked", c(tools=(MARKED,)), PARTIAL),
        ("asks", c(tools=(replace(DELETER, confirms=True),)), PASS),
        ("runs a program", c(tools=(tool(reaches=(S.PROCESS,)),)), PARTIAL),
    ],
    "AZ-04": [("no files", NO_CHANGES, NA), *pair(W.PATH_TRAVERSAL, tools=(tool(reaches=(S.FILE_READ,)),))],
    "AZ-06": [
        ("nothing special", NO_CHANGES, PASS),
        ("undeclared program", c(observations=saw(S.PROCESS)), PARTIAL),
        ("unreachable program", c(observations=saw(S.PROCESS, reachable=False)), PASS),
        (
            "declared program",
            {"code": code(observations=saw(S.PROCESS)), "declaration": declaration(description="Runs git commands.")},
            PASS,
        ),
    ],
    "AZ-05": [
        ("no query tool", NO_CHANGES, NA),
        *pair(W.QUERY_PRIVILEGE, S.CALLER_QUERY),
        ("any query, as it says", c(observations=saw(S.CALLER_QUERY, detail="unlimited")), PARTIAL),
        ("kept by the database", c(observations=saw(S.CALLER_QUERY, detail="kept")), PASS),
    ],
    "AZ-07": [("no rights asked for", NO_CHANGES, NA), *pair(W.BROAD_SCOPE, S.OAUTH_SCOPE)],
    "AZ-09": [("one list for all", NO_CHANGES, NA), *pair(W.LISTING_FILTER, S.FILTERED_LIST)],
    "AZ-08": [("no callers", NO_CHANGES, NA), *pair(W.MISSING_AUTHZ, S.CALLER_KNOWN)],
    "AZ-10": [("no check", NO_CHANGES, NA), *pair(W.FAIL_OPEN, S.GUARD_PATH)],
    "AZ-11": [
        ("no programs", NO_CHANGES, NA),
        ("unmarked", c(tools=(tool(reaches=(S.PROCESS,)),)), PARTIAL),
        ("marked", c(tools=(replace(MARKED, reaches=(S.PROCESS,)),)), PASS),
        ("anything at all", bad(W.EXCESSIVE_AGENCY, tools=(tool(reaches=(S.EVAL,)),)), FAIL),
    ],
    "AZ-12": [
        ("one tool", NO_CHANGES, NA),
        ("apart", c(tools=(tool(), tool("b", reaches=(S.HTTP,)))), PASS),
        ("together", c(tools=(tool(reaches=(S.FILE_READ,)), tool("b", reaches=(S.HTTP,)))), PARTIAL),
    ],
    "AZ-13": [
        ("all listed", NO_CHANGES, PASS),
        ("no tool anywhere", {"code": code(tools=()), "declaration": declaration(tools=())}, FAIL),
        ("none listed", {"declaration": declaration(tools=())}, FAIL),
        ("one hidden", c(tools=(tool(), tool("b"))), PARTIAL),
        ("one missing", {"declaration": declaration(tools=(LISTED, replace(LISTED, name="gone")))}, PARTIAL),
        ("undescribed", {"declaration": declaration(tools=(replace(LISTED, description=""),))}, PARTIAL),
        ("nothing to compare with", c(tools=()), Outcome.NOT_ASSESSED),
    ],
    "DH-01": [
        ("clean", NO_CHANGES, PASS),
        ("in the code", {"secrets": Secrets(2, 10, (finding(W.HARDCODED_SECRET, Severity.CRITICAL),))}, FAIL),
        ("key file", in_inventory(W.SECRET_FILE), FAIL),
    ],
    "DH-02": [("no credential", NO_CHANGES, NA), *pair(W.SECRET_LOGGING, S.CREDENTIAL_FROM_ENV)],
    "DH-03": [("no network", NO_CHANGES, NA), *pair(W.PLAIN_HTTP, S.HTTP)],
    "DH-04": [("no network", NO_CHANGES, NA), *pair(W.TLS_VERIFY_OFF, S.HTTP)],
    "DH-05": [("no network", NO_CHANGES, NA), *pair(W.TLS_OLD, S.TLS_CONFIGURED)],
    "DH-06": [
        ("nothing stored", NO_CHANGES, NA),
        ("keyring", c(observations=saw(S.CREDENTIAL_FROM_KEYRING)), PASS),
        ("mode 0600", c(observations=saw(S.PRIVATE_FILE_MODE)), PARTIAL),
        ("world readable", bad(W.INSECURE_STORAGE, Severity.MEDIUM), FAIL),
    ],
    "DH-07": [
        ("none", NO_CHANGES, PASS),
        ("library", c(observations=saw(S.TELEMETRY_SDK, detail="posthog")), PARTIAL),
        ("sends", bad(W.TELEMETRY, Severity.MEDIUM), FAIL),
    ],
    "DH-08": [("no credential", NO_CHANGES, NA), *pair(W.SECRET_EXPOSURE, S.CREDENTIAL_FROM_ENV)],
    "DH-09": [("writes nothing", NO_CHANGES, NA), *pair(W.TEMP_LEFTOVER, S.FILE_WRITE)],
    "DH-10": pair(W.ENV_DUMP),
    "DH-11": [*pair(W.EXFILTRATION), ("in vendored code", in_malice(W.EXFILTRATION), FAIL)],
    "DH-12": [
        ("no network", NO_CHANGES, NA),
        ("none linked", c(observations=saw(S.HTTP)), FAIL),
        (
            "linked",
            {
                "code": code(observations=saw(S.HTTP)),
                "declaration": declaration(privacy_policies=("https://example.com/privacy",)),
            },
            PASS,
        ),
    ],
    "SC-01": [
        ("valid", NO_CHANGES, PASS),
        ("hint only", {"archive": Archive(1, 1, (Notice("x", "tidy up", "hint"),))}, PASS),
        ("will not install", {"archive": Archive(1, 1, (Notice("x", "no", "strict_client"),))}, PARTIAL),
        ("warning", {"declaration": declaration(notices=(Notice("x", "odd"),))}, PARTIAL),
    ],
    "SC-02": [
        ("locked", NO_CHANGES, PASS),
        ("vendored", {"dependencies": Dependencies((component(exact=False, hashed=False, vendored=True),))}, PASS),
        ("none", {"dependencies": Dependencies(())}, NA),
        ("no hash", {"dependencies": Dependencies((component(), component("b", hashed=False)))}, PARTIAL),
        ("loose", in_dependencies(W.UNPINNED_DEPENDENCY), FAIL),
    ],
    "SC-03": [
        ("none", NO_CHANGES, PASS),
        ("nothing to look up", {"dependencies": Dependencies(())}, NA),
        ("one", {"vulnerabilities": Vulnerabilities("s", 1, 1, (finding(W.KNOWN_VULNERABILITY),))}, FAIL),
    ],
    "SC-04": [
        ("none", NO_CHANGES, PASS),
        ("script", in_dependencies(W.INSTALL_SCRIPT), FAIL),
        ("path hook", in_inventory(W.INSTALL_SCRIPT), FAIL),
    ],
    "SC-05": [
        ("proved", NO_CHANGES, PASS),
        ("claimed", {"publisher": publisher(proof="")}, PARTIAL),
        ("look-alike", {"declaration": declaration(notices=(Notice("name.lookalike", "like another"),))}, PARTIAL),
    ],
    "SC-06": [
        ("clear", NO_CHANGES, PASS),
        ("no text", {"inventory": inventory(licences=())}, PARTIAL),
        (
            "nothing",
            {"inventory": inventory(licences=()), "declaration": declaration(licence="", repository="")},
            FAIL,
        ),
    ],
    "SC-07": [
        ("built in CI", NO_CHANGES, PASS),
        ("nothing uploaded", {"provenance": Provenance()}, FAIL),
        ("a statement that does not hold", {"provenance": replace(built(), refused=("Statement 2: no.",))}, FAIL),
        ("from another repository", {"provenance": built("https://github.com/evil/weather")}, FAIL),
        (
            "the same repository, spelled otherwise",
            {"provenance": built("git+https://EXAMPLE.com/acme/weather.git")},
            PASS,
        ),
        ("the manifest names none", {"declaration": declaration(repository="")}, PARTIAL),
        ("on a machine of the publisher's", {"provenance": built(runner="self-hosted")}, PARTIAL),
        ("only signed", {"provenance": built(kind="signature")}, PARTIAL),
    ],
    "SC-08": [("proved", NO_CHANGES, PASS), ("claimed", {"publisher": publisher(proof="")}, FAIL)],
    "SC-09": pair(W.RUG_PULL),
    "SC-10": [
        ("clean", NO_CHANGES, PASS),
        ("poisoned", {"texts": Texts(3, (finding(W.TOOL_POISONING, Severity.CRITICAL),))}, FAIL),
        ("nothing to read", {"texts": Texts(0)}, PARTIAL),
    ],
    "SC-11": [
        ("readable", NO_CHANGES, PASS),
        ("disguised", in_malice(W.OBFUSCATION), FAIL),
        ("spelt in codes", {"code": code(findings=(finding(W.OBFUSCATION),))}, FAIL),
        ("binary", in_inventory(W.UNEXPLAINED_BINARY), FAIL),
    ],
    "SC-12": [*pair(W.REMOTE_CODE), ("npx latest", in_dependencies(W.REMOTE_CODE), FAIL)],
    "SC-13": [
        ("known", NO_CHANGES, PASS),
        ("no version", {"dependencies": Dependencies((component(), component("b", version=None)))}, PARTIAL),
        ("from git", in_dependencies(W.UNTRUSTED_SOURCE), FAIL),
    ],
    "SC-14": [*pair(W.MALWARE), ("in vendored code", in_malice(W.MALWARE), FAIL)],
    "SC-15": [
        ("security file", NO_CHANGES, PASS),
        ("repository only", {"inventory": inventory(security_files=())}, PARTIAL),
        ("nothing", {"inventory": inventory(security_files=()), "declaration": declaration(repository="")}, FAIL),
    ],
    "SC-16": [("clean", NO_CHANGES, PASS), ("left-overs", in_inventory(W.BUNDLE_HYGIENE), FAIL)],
    "AZ-14": [
        ("nothing declared", allowed(), PARTIAL),
        ("as declared", allowed("network: outbound", S.HTTP), PASS),
        ("denied and not done", allowed("network: none", "subprocess: none"), PASS),
        ("programs denied", allowed("subprocess: none", S.PROCESS), FAIL),
        ("network denied by a flag", allowed("network.allowed: none", S.HTTP), FAIL),
        ("reads only, but deletes", allowed("filesystem: read", S.FILE_DELETE), FAIL),
        ("reads only, and reads", allowed("filesystem: read", S.FILE_READ), PASS),
        ("variables denied", allowed("environment: none", S.ENV_READ), PARTIAL),
        ("says nothing about programs", allowed("network: outbound", S.HTTP, S.PROCESS), PARTIAL),
        ("listens, though it only goes out", {**allowed("network: outbound"), **http()}, FAIL),
    ],
    "SC-18": [
        ("nothing alarming", changed(Change("tool-added", "x", "New tool x.")), PASS),
        ("first release", {"changes": FIRST_RELEASE}, NA),
        ("a check is gone", changed(Change("guard-lost", "x", "Tool x lost its path check.")), FAIL),
        ("a new host", changed(Change("host-added", "h.io", "The code names the host h.io.")), PARTIAL),
        ("a new address", changed(RECIPIENT), PARTIAL),
        ("a new recipient of a mailer", {**changed(RECIPIENT), **c(observations=saw(S.MESSAGE))}, FAIL),
    ],
    "SC-17": [
        ("one builder", NO_CHANGES, FAIL),
        ("two", {"provenance": built("https://example.com/acme/weather", "a", "b")}, PASS),
        ("the same twice", {"provenance": built("https://example.com/acme/weather", "a", "a")}, FAIL),
        ("nobody", {"provenance": Provenance()}, FAIL),
    ],
    "RT-01": [("no programs", NO_CHANGES, PASS), *pair(W.COMMAND_INJECTION, S.PROCESS)],
    "RT-02": [("no programs", NO_CHANGES, PASS), *pair(W.ARGUMENT_INJECTION, S.PROCESS)],
    "RT-03": [("no evaluation", NO_CHANGES, PASS), *pair(W.CODE_INJECTION, S.EVAL), *pair(W.DESERIALIZATION, S.EVAL)],
    "RT-04": [("no database", NO_CHANGES, PASS), *pair(W.SQL_INJECTION, S.SQL)],
    "RT-05": [("no network", NO_CHANGES, PASS), *pair(W.SSRF, S.HTTP)],
    "RT-06": [
        ("bounded", NO_CHANGES, PASS),
        ("free text", c(tools=(tool(params=(Param("q", "string"),)),)), PARTIAL),
        ("anything", c(tools=(tool(params=(Param("q"),)),)), FAIL),
        ("no inputs", c(tools=(tool(params=()),)), NA),
        ("no tools found", c(tools=()), FAIL),
    ],
    "RT-07": [("never waits", NO_CHANGES, NA), *pair(W.NO_TIMEOUT, S.HTTP)],
    "RT-08": [
        ("one client", NO_CHANGES, NA),
        ("no limiter", http(), FAIL),
        ("limiter", c(observations=saw(S.RATE_LIMIT), **HTTP), PASS),
    ],
    "RT-09": [
        ("every call", NO_CHANGES, PASS),
        ("each tool", c(observations=saw(S.AUDIT_TOOL_CALL, tool="look")), PASS),
        (
            "one of two",
            c(tools=(tool(), tool("b")), observations=saw(S.AUDIT_TOOL_CALL, tool="look")),
            PARTIAL,
        ),
        ("some logging", c(observations=saw(S.LOG_CALL)), PARTIAL),
        ("nothing", QUIET, FAIL),
    ],
    "RT-10": [
        ("clean", NO_CHANGES, PASS),
        ("prints", bad(W.STDOUT_POLLUTION, Severity.MEDIUM), FAIL),
        ("HTTP only", c(observations=(), **HTTP), NA),
    ],
    "RT-11": [
        ("answers", NO_CHANGES, PASS),
        ("crashes", {"probe": probe(negative_tests=(NegativeTest("unknown tool", ok=False, detail="exit"),))}, FAIL),
        ("shows the inside", bad(W.ERROR_LEAK, Severity.MEDIUM), FAIL),
        ("mute", {"probe": probe(negative_tests=())}, FAIL),
        (
            "one of two",
            {
                "probe": probe(
                    negative_tests=(NegativeTest("a", ok=True, detail=""), NegativeTest("b", ok=False, detail="x"))
                )
            },
            PARTIAL,
        ),
    ],
    "RT-12": [
        ("no container", NO_CHANGES, NA),
        ("root", bad(W.ROOT_CONTAINER, Severity.MEDIUM), FAIL),
        (
            "named user",
            {"inventory": inventory(files=(replace(inventory().files[0], path="Dockerfile"),))},
            PASS,
        ),
    ],
    "RT-13": [("quiet", NO_CHANGES, PASS), ("dials out", {"probe": probe(network_attempts=("10.0.0.1:443",))}, FAIL)],
    "RT-14": [
        ("nothing fetched", NO_CHANGES, NA),
        ("passed on as it came", c(tools=(FETCHER,)), PARTIAL),
        ("cleaned", c(tools=(FETCHER,), observations=saw(S.OUTPUT_CLEANED, tool="fetch")), PASS),
        ("raw page", bad(W.UNTRUSTED_OUTPUT, Severity.MEDIUM, tools=(FETCHER,)), FAIL),
    ],
    "RT-15": [("one client", NO_CHANGES, NA), *pair(W.SESSION_ISOLATION, **HTTP)],
}
