"""Files that hold a key or a credential, known by name and then by content.

`secret_file` never returns the secret: the message names the file's purpose, `masked` its first characters
and length.
"""

# ruff: noqa: E501 - the tables read best with one row on one line

import re
from collections.abc import Callable
from dataclasses import dataclass

from scanner.collect.members import basename, shown
from scanner.collect.placeholders import is_placeholder, masked
from trust.vocabulary import Confidence, Severity


@dataclass(frozen=True, slots=True)
class SecretFile:
    """What the file gives away, where, and how sure that is."""

    message: str
    severity: Severity
    confidence: Confidence
    line: int | None = None
    masked: str = ""


_EXAMPLE = re.compile(r"(?i)(?:example|sample|template|dist|defaults?|schema|test)$")
_DOT_ENV = re.compile(r"(?:^|/)\.env(?:\.([A-Za-z0-9_.-]+))?$|(?:^|/)[\w-]+\.env$")
_ASSIGNMENT = re.compile(r"""^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*["']?([^"'#\s][^"'\n]*)""", re.MULTILINE)
_SECRET_NAME = re.compile(
    r"(?i)(?:secret|token|passw|pwd|api_?key|private_?key|access_?key|credential|auth|dsn|database_url|connection)"
)
_PEM_KEY = re.compile(
    rb"-----BEGIN (?:(RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=\s:,.-]{40}"
)
_KEY_NAME = re.compile(r"(?i)(?:\.(?:pem|key|ppk|asc)|(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519))$")
_STORE_NAME = re.compile(r"(?i)\.(?:p12|pfx|jks|keystore|kdbx)$")
_KNOWN: tuple[tuple[re.Pattern[str], re.Pattern[bytes], str], ...] = (
    (re.compile(r"(?:^|/)\.npmrc$"), re.compile(rb"(?m)^[^#;\n]*_(?:authToken|auth|password)\s*=\s*(\S{8,})"), "an npm registry credential"),
    (re.compile(r"(?:^|/)\.yarnrc(?:\.yml)?$"), re.compile(rb"(?m)npmAuthToken[\"']?\s*[:=]\s*[\"']?([^\s\"']{8,})"), "an npm registry credential"),
    (re.compile(r"(?:^|/)\.pypirc$"), re.compile(rb"(?m)^\s*password\s*[:=]\s*(\S{4,})"), "a PyPI upload credential"),
    (re.compile(r"(?:^|/)[._]netrc$"), re.compile(rb"(?m)\bpassword\s+(\S{4,})"), "a login for a network host"),
    (re.compile(r"(?:^|/)\.git-credentials$"), re.compile(rb"https?://[^:/\s]+:([^@\s]{4,})@"), "a git login"),
    (re.compile(r"(?:^|/)\.git/config$"), re.compile(rb"https?://[^:/\s]+:([^@\s]{4,})@"), "a git login"),
    (re.compile(r"(?:^|/)\.?aws/credentials$"), re.compile(rb"(?m)^\s*aws_secret_access_key\s*=\s*(\S{20,})"), "an AWS credential"),
    (re.compile(r"(?:^|/)\.docker/config\.json$"), re.compile(rb'"auth"\s*:\s*"([A-Za-z0-9+/=]{8,})"'), "a container registry login"),
    (re.compile(r"\.json$"), re.compile(rb'"type"\s*:\s*"service_account"[\s\S]{0,600}"private_key"\s*:\s*"(-----BEGIN[^"]{100,})'), "a Google service account key"),
    (re.compile(r"(?:^|/)[\w-]*(?:credentials|token)\.json$"), re.compile(rb'"refresh_token"\s*:\s*"([^"]{20,})"'), "an OAuth refresh token"),
    (re.compile(r"(?:^|/)(?:kubeconfig|\.kube/config)$"), re.compile(rb"client-key-data\s*:\s*(\S{40,})"), "a Kubernetes client key"),
)  # fmt: skip


def secret_file(path: str, content: Callable[[], bytes]) -> SecretFile | None:
    """The secret that a file with this name and content holds, or None. `content` is called only when the
    name asks.
    """
    dot_env = _DOT_ENV.search(path)
    if dot_env is not None:
        return None if dot_env[1] and _EXAMPLE.search(dot_env[1]) else _environment(path, content())
    if _KEY_NAME.search(path):
        return _private_key(path, content())
    if _STORE_NAME.search(path):
        return SecretFile(
            f"{shown(path)} is a key store; keep keys out of the bundle.",
            Severity.MEDIUM,
            Confidence.TENTATIVE,
        )
    rows = [(pattern, what) for name, pattern, what in _KNOWN if name.search(path)]
    data = content() if rows else b""
    for pattern, what in rows:
        match = pattern.search(data)
        if match is None or is_placeholder(match[1].decode("utf-8", "replace")):
            continue
        return SecretFile(
            f"{shown(path)} holds {what}: revoke it and leave the file out of the bundle.",
            Severity.CRITICAL, Confidence.FIRM, data.count(b"\n", 0, match.start(1)) + 1, masked(match[1].decode("utf-8", "replace")),
        )  # fmt: skip
    return None


def _private_key(path: str, data: bytes) -> SecretFile | None:
    match = _PEM_KEY.search(data)
    if match is None and data.startswith(b"PuTTY-User-Key-File"):
        return SecretFile(
            f"{shown(path)} is a private key; revoke it and leave it out.",
            Severity.CRITICAL,
            Confidence.CONFIRMED,
            1,
        )
    if match is None:
        return None
    encrypted = match[1] == b"ENCRYPTED" or b"Proc-Type: 4,ENCRYPTED" in data
    return SecretFile(
        f"{shown(path)} is a private key{' (with a passphrase)' if encrypted else ''}; revoke it and leave it out of the bundle.",
        Severity.HIGH if encrypted else Severity.CRITICAL, Confidence.CONFIRMED, data.count(b"\n", 0, match.start()) + 1,
    )  # fmt: skip


def _environment(path: str, data: bytes) -> SecretFile | None:
    text = data.decode("utf-8", "replace")
    filled = [m for m in _ASSIGNMENT.finditer(text) if not is_placeholder(m[2].strip())]
    if not filled:
        return None
    secret = next((m for m in filled if _SECRET_NAME.search(m[1])), None)
    if secret is None:
        return SecretFile(
            f"{shown(basename(path))} holds settings of the machine it was made on; ship an example without values.",
            Severity.LOW, Confidence.FIRM, text.count("\n", 0, filled[0].start(1)) + 1,
        )  # fmt: skip
    return SecretFile(
        f"{shown(path)} gives {shown(secret[1], 60)} a value: revoke it and let users enter it through user_config.",
        Severity.HIGH, Confidence.FIRM, text.count("\n", 0, secret.start(1)) + 1, f"{shown(secret[1], 60)}={masked(secret[2].strip())}",
    )  # fmt: skip
