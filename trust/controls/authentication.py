"""Authentication: who may talk to the server, and how it holds its own credentials.

A server that only speaks over stdio has no caller to authenticate; it is judged on its credentials alone, which is
not a free hundred.
"""

import re
from dataclasses import replace

from trust.control import Verdict, by_findings, control, failed, not_applicable, partial, passed
from trust.facts import Code, Declaration, Listener
from trust.finding import Finding
from trust.vocabulary import Confidence, Evidence, Severity, Signal, Weakness
from trust.wording import counted

NO_LISTENER = "No reachable code opens a network endpoint; the server speaks over stdio only."
STRENGTH = {"none": 0, "optional": 20, "shared-secret": 40, "bearer": 55, "jwt": 80, "oauth": 90, "mtls": 100}
"""Share of the question "how strong is the mechanism", in percent, by mechanism."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
OWN_KEY = re.compile(r"^$|mcp|server_?(?:token|key|secret|api)|auth_?token|bearer|jwt|session", re.IGNORECASE)
"""Names of credentials that a server asks its callers for, rather than holding them for a service behind it."""
SECRET_WORDS = ("token", "secret", "password", "passwd", "api_key", "apikey", "private_key", "credential", "access_key")


@control(
    "AN-01",
    (Code,),
    title="A network endpoint asks who is calling",
    why="Without authentication everything that reaches the port can use the server with its user's rights.",
    fix="Put an authentication check before every MCP route, or serve over stdio only.",
)
def network_endpoint_authenticates(code: Code) -> Verdict:
    if not code.listeners:
        return not_applicable(NO_LISTENER)
    open_ = [at for at in code.listeners if at.auth == "none"]
    if not open_:
        weak = [at for at in code.listeners if at.auth == "optional"]
        if weak:
            return partial(f"Authentication exists but is off by default ({_place(weak[0])}).", 50)
        return passed(f"All {len(code.listeners)} network endpoints check credentials.")
    places = tuple(_finding(at, Severity.HIGH if at.on_by_default else Severity.MEDIUM) for at in open_)
    if all(not at.on_by_default for at in open_):
        return failed(f"The network mode is opt-in, and then lets anyone in ({_place(open_[0])}).", *places)
    return failed(
        counted("{n} network [endpoint accepts|endpoints accept] anyone", len(open_)) + f" ({_place(open_[0])}).",
        *places,
    )


@control(
    "AN-02",
    (Code,),
    title="The authentication mechanism is strong",
    why="A shared key in a header is copied once and works for ever; short-lived, audience-bound tokens do not.",
    fix="Use OAuth 2.1 with audience-bound tokens, or mutual TLS with rotation.",
)
def mechanism_is_strong(code: Code) -> Verdict:
    if not code.listeners:
        return not_applicable(NO_LISTENER)
    weakest = min(code.listeners, key=lambda at: STRENGTH[at.auth])
    share = STRENGTH[weakest.auth]
    words = weakest.auth.replace("-", " ")
    if share == 0:
        return failed(f"The weakest endpoint uses no mechanism at all ({_place(weakest)}).")
    if share >= STRENGTH["oauth"]:
        return passed(f"The weakest endpoint uses {words}.")
    return partial(f"The weakest endpoint uses {words} ({_place(weakest)}).", share)


@control(
    "AN-03",
    (Code,),
    title="Tokens are validated completely",
    why="A token whose signature, audience or expiry nobody checks can be written by anyone.",
    fix="Verify signature, issuer, audience and expiry, and refuse the request when verification raises.",
    seeks=(Weakness.TOKEN_VALIDATION,),
)
def tokens_are_validated(code: Code) -> Verdict:
    bad = code.found(Weakness.TOKEN_VALIDATION)
    uses_tokens = any(at.auth in ("jwt", "oauth") for at in code.listeners) or code.saw(Signal.JWT_VERIFIED)
    if not bad and not uses_tokens:
        return not_applicable("No code reads or accepts tokens.")
    return by_findings(
        bad,
        clean="Every token that is decoded is also verified.",
        found="{n} [place accepts|places accept] a token without full verification.",
    )


@control(
    "AN-04",
    (Code,),
    title="Secrets are compared in constant time",
    why="An ordinary comparison stops at the first wrong character, and the time it takes tells which one that was.",
    fix="Compare secrets with hmac.compare_digest or crypto.timingSafeEqual.",
    seeks=(Weakness.TIMING_COMPARE,),
)
def secrets_compared_in_constant_time(code: Code) -> Verdict:
    bad = code.found(Weakness.TIMING_COMPARE)
    if not bad and not code.saw(Signal.CONSTANT_TIME_COMPARE):
        return not_applicable("No code compares a secret with a caller's input.")
    return by_findings(
        bad,
        clean="Secrets are compared in constant time.",
        found="{n} [comparison of a secret stops|comparisons of a secret stop] at the first difference.",
    )


@control(
    "AN-05",
    (Code,),
    title="The server listens on the local machine by default",
    why="Listening on every interface offers the user's tools to the whole network.",
    fix="Bind to 127.0.0.1 by default and let operators widen it knowingly.",
)
def binds_to_loopback(code: Code) -> Verdict:
    bad = code.found(Weakness.OPEN_BIND)
    if not code.listeners and not bad:
        return not_applicable(NO_LISTENER)
    if bad and code.listeners and all(at.auth not in ("none", "optional") for at in code.listeners):
        return partial("Listens on every interface, behind authentication.", 60, *(lowered(f) for f in bad))
    if not bad:
        unknown = [at for at in code.listeners if at.host is None]
        if unknown:
            return partial(f"The address is left to the framework's default ({_place(unknown[0])}).", 50)
        if any(at.host not in LOOPBACK for at in code.listeners):
            return partial("Listens on a fixed address that is not the loopback interface.", 50)
    return by_findings(
        bad, clean="Listens on the loopback interface.", found="{n} [endpoint listens|endpoints listen] everywhere."
    )


@control(
    "AN-06",
    (Code,),
    title="Host and Origin headers are checked",
    why="Without the check any web page can rebind its name to 127.0.0.1 and talk to the server through the browser.",
    fix="Enable the SDK's DNS-rebinding protection with explicit allowed hosts and origins.",
    seeks=(Weakness.DNS_REBINDING,),
)
def host_header_is_checked(code: Code) -> Verdict:
    if not code.listeners:
        return not_applicable(NO_LISTENER)
    told = code.found(Weakness.DNS_REBINDING)
    places = {(f.path, f.line) for f in told}
    bad = [*told, *(_unchecked(at) for at in code.listeners if not at.host_check and (at.path, at.line) not in places)]
    return by_findings(
        bad, clean="Host and Origin are checked.", found="{n} [endpoint accepts|endpoints accept] any Host header."
    )


@control(
    "AN-07",
    (Code,),
    title="Session identifiers cannot be guessed or borrowed",
    why="Whoever guesses or copies a session identifier speaks with another user's rights.",
    fix="Let the SDK create session ids, or use a cryptographic generator; remember which caller opened a session and "
    "refuse it to every other one.",
    seeks=(Weakness.SESSION_ID, Weakness.SESSION_BINDING),
)
def sessions_are_bound(code: Code) -> Verdict:
    if not code.listeners:
        return not_applicable(NO_LISTENER)
    return by_findings(
        code.found(Weakness.SESSION_ID, Weakness.SESSION_BINDING),
        clean="No guessable session identifier and no session open to other callers was found.",
        found="{n} [place creates or looks|places create or look] up sessions unsafely.",
    )


@control(
    "AN-08",
    (Code,),
    title="Callers act with their own rights",
    why="A token that is handed on, or an operator's credential that serves anyone, lets a caller act as somebody "
    "else; the service behind cannot tell the difference.",
    fix="Get a token of your own for the service behind, in the caller's name (token exchange), and refuse callers who "
    "bring none.",
    seeks=(Weakness.TOKEN_PASSTHROUGH, Weakness.CREDENTIAL_FALLBACK),
)
def callers_use_their_own_rights(code: Code) -> Verdict:
    if not code.listeners:
        return not_applicable(NO_LISTENER)
    held = tuple(dict.fromkeys(o.detail for o in code.saw(Signal.CREDENTIAL_FROM_ENV) if not OWN_KEY.search(o.detail)))
    lent = [_lent(at, held) for at in code.listeners if held and at.auth in ("none", "optional")]
    return by_findings(
        [*code.found(Weakness.TOKEN_PASSTHROUGH, Weakness.CREDENTIAL_FALLBACK), *lent],
        clean="No caller's token is handed on, and no credential of the operator serves anonymous callers.",
        found="{n} [place lends or hands on|places lend or hand on] a credential that is not the caller's.",
    )


@control(
    "AN-09",
    (Code,),
    title="Credentials never travel as tool inputs or command-line arguments",
    why="Tool inputs pass through the model and its logs; command lines are readable by every process of the machine.",
    fix="Take credentials from the environment or a keyring, filled from user_config.",
    mtf=("CD-05",),
    seeks=(Weakness.CREDENTIAL_PARAM, Weakness.CREDENTIAL_ARGUMENT),
)
def credentials_are_supplied_safely(code: Code) -> Verdict:
    return by_findings(
        code.found(Weakness.CREDENTIAL_PARAM, Weakness.CREDENTIAL_ARGUMENT),
        clean="No tool input or command-line option asks for a credential.",
        found="{n} tool [input or command-line option asks|inputs or command-line options ask] for a credential.",
    )


@control(
    "AN-10",
    (Code,),
    title="Credentials can expire and be renewed",
    why="A credential that lives for ever is a leak that lives for ever.",
    fix="Honour expiry, refresh tokens before it, and read rotated credentials without a restart.",
    mtf=("CD-05",),
)
def credentials_rotate(code: Code) -> Verdict:
    held = code.saw(Signal.CREDENTIAL_FROM_ENV, Signal.CREDENTIAL_FROM_KEYRING, Signal.OAUTH_FLOW)
    if not held:
        return not_applicable("The code handles no upstream credential.")
    if code.saw(Signal.CREDENTIAL_REFRESH):
        return passed("Credentials are refreshed before they expire.")
    return partial("A long-lived credential is used, with no sign of expiry or refresh.", 30)


@control(
    "AN-11",
    (Code,),
    title="Side endpoints tell and do nothing they should not",
    why="A debug, configuration or metrics page beside the protocol is found by everyone who scans the port, and shows "
    "what an attacker needs next.",
    fix="Remove debug routes from the release, put the others behind the same authentication, and answer a health "
    "check with nothing but a status.",
    seeks=(Weakness.EXPOSED_ENDPOINT,),
)
def side_endpoints_are_quiet(code: Code) -> Verdict:
    bad = code.found(Weakness.EXPOSED_ENDPOINT)
    if not code.listeners and not bad:
        return not_applicable(NO_LISTENER)
    return by_findings(
        bad,
        clean="No route beside the protocol shows or starts anything without a login.",
        found="{n} [route shows or starts|routes show or start] more than a stranger should get.",
    )


@control(
    "AN-12",
    (Code,),
    title="Logins with other services are done carefully",
    why="An authorization server is a stranger until it proves itself: the address it sends may start a program, and "
    "its answer may belong to somebody else's login.",
    fix="Open only https addresses, send and compare state or use PKCE, match redirect addresses as whole strings, and "
    "listen for the answer on 127.0.0.1.",
    seeks=(Weakness.URL_OPENED, Weakness.OAUTH_STATE, Weakness.REDIRECT_MATCH),
)
def logins_are_careful(code: Code) -> Verdict:
    bad = code.found(Weakness.URL_OPENED, Weakness.OAUTH_STATE, Weakness.REDIRECT_MATCH)
    if (
        not bad
        and not code.saw(Signal.OAUTH_FLOW, Signal.OPEN_URL)
        and not any(a.auth == "oauth" for a in code.listeners)
    ):
        return not_applicable("The code takes part in no login with another service.")
    return by_findings(
        bad,
        clean="Addresses are checked before they are opened, and the answers of logins before they are used.",
        found="{n} [step of a login trusts|steps of a login trust] what a stranger sends.",
    )


@control(
    "AN-13",
    (Declaration, Code),
    title="Every secret is declared as sensitive configuration",
    why="Clients mask a sensitive field and keep it in the keychain; an undeclared one ends up in a plain file.",
    fix="Declare each credential in user_config with sensitive: true and map it to its environment variable.",
    mtf=("CD-04",),
    best=Evidence.PROVED,
)
def secrets_are_declared_sensitive(declaration: Declaration, code: Code) -> Verdict:
    read = {o.detail for o in code.saw(Signal.CREDENTIAL_FROM_ENV) if o.detail}
    mapped = {name: value for command in declaration.commands for name, value in command.env}
    fields = {f.key: f for f in declaration.user_config}
    bad = [
        _undeclared(f"Configuration field {f.key!r} looks like a secret but is not marked sensitive", "manifest.json")
        for f in declaration.user_config
        if not f.sensitive and f.type == "string" and _is_secret(f.key)
    ]
    for name in sorted(read):
        source = mapped.get(name, "")
        if not any(f"${{user_config.{key}}}" in source for key in fields):
            bad.append(_undeclared(f"The code reads the credential {name} from an undeclared variable", None))
    if bad:
        return by_findings(bad, clean="", found="{n} [secret is|secrets are] not declared as sensitive configuration.")
    if not read and not any(f.sensitive for f in declaration.user_config):
        return passed("The server asks for no secret.")
    return passed("Every secret is a sensitive configuration field.", evidence=Evidence.PROVED)


def lowered(finding: Finding) -> Finding:
    """The same place, less harmful for what stands before it."""
    return replace(finding, severity=Severity.LOW)


def _is_secret(key: str) -> bool:
    word = key.lower().replace("-", "_")
    return any(part in word for part in SECRET_WORDS)


def _undeclared(message: str, path: str | None) -> Finding:
    weakness, severity = Weakness.UNDECLARED_CAPABILITY, Severity.LOW
    return Finding("manifest", weakness, severity, Confidence.FIRM, message, path, snippet=message)


def _finding(at: Listener, severity: Severity) -> Finding:
    message = f"The {at.transport} endpoint has no authentication check before it"
    return _weak(Weakness.MISSING_AUTH, severity, message, at)


def _unchecked(at: Listener) -> Finding:
    """An endpoint without the check. A page that rebinds its name brings no credential, so behind authentication the
    check is a second wall; where the library's version or a setting decides, and nothing fixes it, it is a guess.
    """
    if at.host_check is None:
        message = "Whether Host is checked depends on the SDK's version or on a setting, which the bundle does not fix"
        return _weak(Weakness.DNS_REBINDING, Severity.MEDIUM, message, at, Confidence.TENTATIVE)
    severity = Severity.MEDIUM if at.auth in ("none", "optional") else Severity.LOW
    return _weak(Weakness.DNS_REBINDING, severity, f"The {at.transport} endpoint accepts any Host and Origin", at)


def _lent(at: Listener, held: tuple[str, ...]) -> Finding:
    """An endpoint that lets anyone use what its tools do with the operator's credential."""
    names = ", ".join(held[:3])
    message = f"Whoever reaches the endpoint acts with the operator's credential ({names})"
    open_ = at.auth == "none" and at.on_by_default
    return _weak(Weakness.CREDENTIAL_FALLBACK, Severity.MEDIUM if open_ else Severity.LOW, message, at)


def _weak(
    weakness: Weakness, severity: Severity, message: str, at: Listener, confidence: Confidence = Confidence.FIRM
) -> Finding:
    return Finding("code", weakness, severity, confidence, message, at.path, at.line)


def _place(at: Listener) -> str:
    return f"{at.path}:{at.line}"
