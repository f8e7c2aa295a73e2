"""Data handling: secrets, transport, storage, and where the user's data goes."""

from urllib.parse import urlsplit

from trust.control import Verdict, by_findings, control, failed, not_applicable, partial, passed
from trust.facts import Code, Declaration, Inventory, Malice, Secrets
from trust.finding import found
from trust.vocabulary import Evidence, Signal, Weakness
from trust.wording import counted

NO_NETWORK = "No reachable code opens a network connection."
CREDENTIALS = (Signal.CREDENTIAL_FROM_ENV, Signal.CREDENTIAL_FROM_KEYRING, Signal.OAUTH_FLOW)


@control(
    "DH-01",
    (Secrets, Inventory),
    title="No secret is written into the bundle",
    why="Everyone who downloads the bundle owns the secrets in it.",
    fix="Revoke the secret, remove it from the bundle, and ask the user for their own through user_config.",
    mtf=("CQ-01",),
    best=Evidence.PROVED,
)
def no_hardcoded_secrets(secrets: Secrets, inventory: Inventory) -> Verdict:
    return by_findings(
        (
            *found(secrets.findings, Weakness.HARDCODED_SECRET, Weakness.SECRET_FILE),
            *found(inventory.findings, Weakness.SECRET_FILE),
        ),
        clean=f"No secret was found in {secrets.files_searched} text files.",
        found="{n} [secret lies|secrets lie] in the bundle.",
        evidence=Evidence.PROVED,
    )


@control(
    "DH-02",
    (Code,),
    title="Secrets stay out of logs and errors",
    why="Logs are copied, shipped and kept where secrets are not.",
    fix="Log the fact, not the value; redact headers, tokens and configuration before logging.",
    seeks=(Weakness.SECRET_LOGGING,),
)
def secrets_stay_out_of_logs(code: Code) -> Verdict:
    bad = code.found(Weakness.SECRET_LOGGING)
    if not bad and not code.saw(*CREDENTIALS):
        return not_applicable("The code handles no credential.")
    return by_findings(
        bad,
        clean="No credential was seen to reach a log or an error.",
        found="{n} [place writes|places write] a secret to a log.",
    )


@control(
    "DH-03",
    (Code,),
    title="Remote endpoints are reached over TLS",
    why="Anyone on the way reads and changes what travels over plain HTTP.",
    fix="Use https addresses for everything that is not on the local machine.",
    seeks=(Weakness.PLAIN_HTTP,),
)
def remote_endpoints_use_tls(code: Code) -> Verdict:
    bad = code.found(Weakness.PLAIN_HTTP)
    if not bad and not code.saw(Signal.HTTP):
        return not_applicable(NO_NETWORK)
    return by_findings(bad, clean="No remote address uses plain HTTP.", found="{n} remote address(es) use plain HTTP.")


@control(
    "DH-04",
    (Code,),
    title="Certificate verification is on",
    why="With verification off, TLS talks to whoever answers.",
    fix="Remove the switch that disables verification; add a private CA to the trust store instead.",
    seeks=(Weakness.TLS_VERIFY_OFF,),
)
def certificates_are_verified(code: Code) -> Verdict:
    bad = code.found(Weakness.TLS_VERIFY_OFF)
    if not bad and not code.saw(Signal.HTTP, Signal.TLS_CONFIGURED):
        return not_applicable(NO_NETWORK)
    return by_findings(
        bad, clean="Nothing switches certificate verification off.", found="{n} [place switches|places switch] it off."
    )


@control(
    "DH-05",
    (Code,),
    title="No obsolete TLS version is allowed",
    why="TLS before 1.2 is broken; naming it invites a downgrade.",
    fix="Leave the version to the platform, or require TLS 1.2 or later.",
    seeks=(Weakness.TLS_OLD,),
)
def tls_is_current(code: Code) -> Verdict:
    bad = code.found(Weakness.TLS_OLD)
    if not bad and not code.saw(Signal.HTTP, Signal.TLS_CONFIGURED):
        return not_applicable(NO_NETWORK)
    return by_findings(
        bad, clean="No obsolete TLS version is allowed.", found="{n} [place allows|places allow] obsolete TLS."
    )


@control(
    "DH-06",
    (Code,),
    title="Stored tokens are readable by their owner only",
    why="A token file with default permissions is readable by every account of the machine.",
    fix="Keep tokens in the keyring, or write the file with mode 0600.",
    seeks=(Weakness.INSECURE_STORAGE,),
)
def stored_tokens_are_private(code: Code) -> Verdict:
    bad = code.found(Weakness.INSECURE_STORAGE)
    good = code.saw(Signal.PRIVATE_FILE_MODE, Signal.CREDENTIAL_FROM_KEYRING, Signal.ENCRYPTED_STORAGE)
    if not bad and not good:
        return not_applicable("No code stores a token or another secret.")
    if not bad and not code.saw(Signal.CREDENTIAL_FROM_KEYRING, Signal.ENCRYPTED_STORAGE):
        return partial("Secrets are stored in plain text, readable by their owner only.", 70)
    return by_findings(
        bad,
        clean="Secrets are stored encrypted or in the keyring.",
        found="{n} [secret is|secrets are] stored for all to read.",
    )


@control(
    "DH-07",
    (Code,),
    title="No usage data is sent without asking",
    why="Telemetry from a tool server can carry what the user asked and what the tools answered.",
    fix="Make telemetry opt-in, say what it sends, and link the privacy policy in the manifest.",
    seeks=(Weakness.TELEMETRY,),
)
def no_silent_telemetry(code: Code) -> Verdict:
    bad = code.found(Weakness.TELEMETRY)
    if bad:
        return by_findings(bad, clean="", found="{n} [place sends|places send] usage data.")
    sdks = code.saw(Signal.TELEMETRY_SDK)
    if sdks:
        return partial(f"The telemetry library {sdks[0].detail or 'in use'} is loaded ({sdks[0].path}).", 50)
    return passed("No telemetry library and no telemetry endpoint was found.")


@control(
    "DH-08",
    (Code,),
    title="Tool output does not contain secrets",
    why="What a tool returns goes to the model, its provider and the conversation's history.",
    fix="Mask credential values before returning configuration, headers or errors.",
    seeks=(Weakness.SECRET_EXPOSURE,),
)
def output_is_masked(code: Code) -> Verdict:
    bad = code.found(Weakness.SECRET_EXPOSURE)
    if not bad and not code.saw(*CREDENTIALS):
        return not_applicable("The code handles no credential.")
    return by_findings(
        bad,
        clean="No credential was seen to reach a tool's result.",
        found="{n} tool [result|results] can contain a secret.",
    )


@control(
    "DH-09",
    (Code,),
    title="Temporary data is removed",
    why="What is left in the temporary folder outlives the conversation it came from.",
    fix="Use context-managed temporary files, or delete them in a finally block.",
    seeks=(Weakness.TEMP_LEFTOVER,),
)
def temporary_data_is_removed(code: Code) -> Verdict:
    bad = code.found(Weakness.TEMP_LEFTOVER)
    if not bad and not code.saw(Signal.FILE_WRITE, Signal.TEMP_CLEANUP):
        return not_applicable("No reachable code writes files.")
    return by_findings(
        bad, clean="No temporary file was seen to stay behind.", found="{n} temporary [file stays|files stay] behind."
    )


@control(
    "DH-10",
    (Code,),
    title="The environment is not harvested",
    why="The environment of a desktop session holds the credentials of everything else.",
    fix="Read the variables you need by name.",
    seeks=(Weakness.ENV_DUMP,),
)
def environment_is_not_harvested(code: Code) -> Verdict:
    return by_findings(
        code.found(Weakness.ENV_DUMP),
        clean="No code reads the whole environment to show, store or send it.",
        found="{n} [place reads|places read] out the whole environment.",
    )


@control(
    "DH-11",
    (Code, Malice),
    title="No data flows to a hidden recipient",
    why="A second recipient that the user never chose turns every use into a leak.",
    fix="Remove the hidden recipient or make it a documented, optional setting.",
    mtf=("CQ-02",),
    seeks=(Weakness.EXFILTRATION,),
)
def no_hidden_recipient(code: Code, malice: Malice) -> Verdict:
    return by_findings(
        (*code.found(Weakness.EXFILTRATION), *found(malice.findings, Weakness.EXFILTRATION)),
        clean="No hidden recipient or disguised host was found.",
        found="{n} [place sends|places send] data to a recipient that the user did not choose.",
    )


@control(
    "DH-12",
    (Declaration, Code),
    title="A privacy policy covers what leaves the machine",
    why="Users can only agree to what somebody wrote down.",
    fix="Add an https link to your privacy policy under privacy_policies (manifest_version 0.2 or later).",
    best=Evidence.PROVED,
)
def privacy_policy_is_linked(declaration: Declaration, code: Code) -> Verdict:
    if not code.saw(Signal.HTTP, Signal.MESSAGE):
        return not_applicable(NO_NETWORK)
    links = [url for url in declaration.privacy_policies if urlsplit(url).scheme == "https"]
    if links:
        return passed(
            counted("The manifest links {n} privacy [policy|policies].", len(links)), evidence=Evidence.PROVED
        )
    return failed("Data leaves the machine, and the manifest links no privacy policy.", evidence=Evidence.PROVED)
