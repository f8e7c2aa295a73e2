"""Secret formats of known providers, each with its place in the text and, where the format has one, its
checksum.

Sources: GitHub "Behind GitHub's new authentication token formats" (CRC-32 in base 62 at the end), npm
"granular access
tokens" (same construction), AWS IAM "Unique identifiers", GitLab "Token overview", Stripe, Slack, Twilio,
SendGrid,
OpenAI, Anthropic, Google, Azure and PyPI documentation on their key formats; RFC 7468 (PEM), RFC 7519 (JWT).
"""

# ruff: noqa: E501 - the table reads best with one format on one line

import base64
import binascii
import json
import re
import string
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scanner.collect.placeholders import entropy
from trust.vocabulary import Severity

Verdict = Literal["confirmed", "firm", "tentative", "none"]

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKSUM = 6
_RANDOM_BITS = 3.0


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of secret. The combined pass stops inside it at the character `anchor`, at most `before`
    bytes after its
    start; group 1 is the secret itself.
    """

    name: str
    anchor: str
    pattern: re.Pattern[bytes]
    severity: Severity
    verdict: Callable[[str], Verdict]
    vendored: bool = True
    before: int = 24

    @property
    def starts(self) -> bytes:
        """The bytes that a value of this format can begin with: those of its first literal or alternation."""
        return _LEADING.get(self.name, self.pattern.pattern.lstrip(b"(?:\\")[:1] or b":")


def _crc_base62(token: str) -> Verdict:
    """GitHub and npm: the last six characters are the CRC-32 of the rest after the prefix, in base 62."""
    body, check = token.rpartition("_")[2][:-_CHECKSUM], token[-_CHECKSUM:]
    value = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM):
        value, rest = divmod(value, len(_BASE62))
        digits = _BASE62[rest] + digits
    return "confirmed" if digits == check else "tentative"


def _random(token: str) -> Verdict:
    return "firm" if entropy(token) >= _RANDOM_BITS else "none"


def _random_or_weak(token: str) -> Verdict:
    return "tentative" if entropy(token) >= _RANDOM_BITS else "none"


def _aws(token: str) -> Verdict:
    return "none" if token.endswith("EXAMPLE") else _random(token)


_MACAROON_START = "AgEIcHlwaS5vcmc"  # the PyPI macaroon's version and location, base64


def _pypi(token: str) -> Verdict:
    return "confirmed" if token[5:].startswith(_MACAROON_START) else "firm"


def _jwt(token: str) -> Verdict:
    """A JWT is a secret only when it is signed and says who it speaks for; a decoded `alg` proves the
    format.
    """
    parts = token.split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in parts[:2])
    except (ValueError, binascii.Error, RecursionError):
        return "none"
    if not (isinstance(header, dict) and isinstance(claims, dict) and header.get("alg", "none") != "none"):
        return "none"
    sample = claims.get("sub") == "1234567890" or claims.get("name") == "John Doe"
    # Supabase and others publish an "anon" key on purpose: a public client id in the shape of a token.
    return "none" if sample or claims.get("role") == "anon" else "tentative"


def _pem(body: str) -> Verdict:
    compact = "".join(body.split())
    try:
        der = base64.b64decode(compact[: len(compact) // 4 * 4], validate=True)
    except (ValueError, binascii.Error):
        return "none"
    return "confirmed" if der[:1] == b"\x30" or der.startswith(b"openssh-key-v1") else "firm"


def _f(
    name: str,
    anchor: str,
    pattern: str,
    severity: Severity,
    verdict: Callable[[str], Verdict] = _random,
    *,
    vendored: bool = True,
    before: int = 24,
) -> Format:
    return Format(name, anchor, re.compile(pattern.encode()), severity, verdict, vendored, before)


_C, _H, _M = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM
_END = r"(?![A-Za-z0-9_-])"

FORMATS: tuple[Format, ...] = (
    _f("AWS access key", "A", r"((?:AKIA|ASIA)[A-Z2-7]{16})" + _END, _H, _aws),
    _f("GitHub token", "_", r"(gh[pousr]_[A-Za-z0-9]{36})" + _END, _C, _crc_base62),
    _f("GitHub fine-grained token", "_", r"(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})" + _END, _C),
    _f("GitLab token", "-", r"(gl(?:pat|dt|ptt|rt|cbt|agent)-[A-Za-z0-9_-]{20,50})" + _END, _C),
    _f("Slack token", "-", r"(xox[abeoprs]-\d{8,14}-[A-Za-z0-9-]{10,200})", _C),
    _f("Slack app token", "-", r"(xapp-\d-[A-Z0-9]{8,14}-\d{8,14}-[a-f0-9]{40,80})", _C),
    _f("Slack webhook", ":", r"(hooks\.slack\.com/services/T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/[A-Za-z0-9]{22,26})", _H),
    _f("Discord webhook", ":", r"(discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80})", _H),
    _f("Stripe live key", "_", r"((?:sk|rk)_live_[A-Za-z0-9]{20,120})" + _END, _C),
    _f("Google API key", "A", r"(AIza[A-Za-z0-9_-]{35})" + _END, _M),
    _f("Google OAuth client secret", "G", r"(GOCSPX-[A-Za-z0-9_-]{28})" + _END, _M),
    _f("Anthropic API key", "-", r"(sk-ant-(?:api|admin|oat)\d\d-[A-Za-z0-9_-]{80,120})", _C),
    _f("OpenAI API key", "-", r"(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,90}T3BlbkFJ[A-Za-z0-9_-]{20,90})", _C, lambda _: "confirmed"),
    _f("OpenRouter API key", "-", r"(sk-or-v1-[a-f0-9]{64})" + _END, _C),
    _f("Groq API key", "_", r"(gsk_[A-Za-z0-9]{40,60})" + _END, _C),
    _f("Notion token", "_", r"(ntn_[A-Za-z0-9]{40,60})" + _END, _C),
    _f("Linear API key", "_", r"(lin_(?:api|oauth)_[A-Za-z0-9]{32,64})" + _END, _C),
    _f("Figma token", "_", r"(figd_[A-Za-z0-9_-]{36,60})" + _END, _C),
    _f("Supabase access token", "_", r"(sbp_[a-f0-9]{40})" + _END, _C),
    _f("Grafana token", "_", r"(glsa_[A-Za-z0-9]{32}_[a-f0-9]{8})" + _END, _C),
    _f("Replicate token", "_", r"(r8_[A-Za-z0-9]{37,40})" + _END, _C),
    _f("webhook signing secret", "_", r"(whsec_[A-Za-z0-9+/]{24,64}={0,2})", _H),
    _f("Resend API key", "_", r"(re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30})" + _END, _H, vendored=False),
    _f("Tavily API key", "-", r"(tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,40})" + _END, _H),
    _f("Perplexity API key", "-", r"(pplx-[A-Za-z0-9]{40,60})" + _END, _C),
    _f("xAI API key", "-", r"(xai-[A-Za-z0-9]{60,90})" + _END, _C),
    _f("New Relic key", "-", r"(NRAK-[A-Z0-9]{27})" + _END, _C),
    _f("Postman API key", "-", r"(PMAK-[a-f0-9]{24}-[a-f0-9]{34})" + _END, _C),
    _f("Atlassian API token", "A", r"(ATATT3[A-Za-z0-9_=-]{60,250})", _C),
    _f("Telegram bot token", "A", r"(\d{8,10}:AA[A-Za-z0-9_-]{32,34})" + _END, _H, before=12),
    _f("API key in the sk- form", "-", r"(sk-[A-Za-z0-9]{20,64})" + _END, _H, _random_or_weak, vendored=False),
    _f("npm token", "_", r"(npm_[A-Za-z0-9]{36})" + _END, _C, _crc_base62),
    _f("PyPI token", "-", r"(pypi-[A-Za-z0-9_-]{85,200})", _C, _pypi),
    _f("SendGrid key", "S", r"(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})" + _END, _C),
    _f("Hugging Face token", "_", r"(hf_[A-Za-z]{34,40})" + _END, _H),
    _f("DigitalOcean token", "_", r"(do[opr]_v1_[a-f0-9]{64})" + _END, _C),
    _f("Shopify token", "_", r"(shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32})" + _END, _C),
    _f("Azure storage key", "A", r"AccountKey=([A-Za-z0-9+/]{86}==)", _C),
    _f("Telegram bot token in an address", ":", r"api\.telegram\.org/bot(\d{8,10}:AA[A-Za-z0-9_-]{32,34})", _H),
    _f("private key", "-", r"-----BEGIN (?:RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----(?:\\r)?(?:\\n|\s)+([A-Za-z0-9+/=\s]{64,}(?:\\n[A-Za-z0-9+/=]+)*)", _C, _pem),
    _f("JSON web token", ".", r"(eyJ[A-Za-z0-9_-]{15,2000}\.eyJ[A-Za-z0-9_-]{15,4000}\.[A-Za-z0-9_-]{20,1000})" + _END, _M, _jwt, vendored=False, before=2100),
    _f("password in an address", ":", r"://[^\s:/@'\"`<>{}$]{1,60}:([^\s:/@'\"`<>{}$%*]{6,80})@[A-Za-z0-9][A-Za-z0-9.-]{3,}", _H, _random_or_weak, vendored=False),
)  # fmt: skip

BY_ANCHOR: dict[bytes, tuple[Format, ...]] = {
    anchor.encode(): tuple(f for f in FORMATS if f.anchor == anchor) for anchor in {f.anchor for f in FORMATS}
}

_DIGITS = b"0123456789"
_LEADING = {
    "Stripe live key": b"sr",
    "password in an address": b":",
    "private key": b"-",
    "Telegram bot token": _DIGITS,
}

TRIGGER = re.compile(
    rb"A[KS]IA[A-Z2-7]{16}|ATATT3[A-Za-z0-9_=-]{40}|A(?<=[0-9]:A)A[A-Za-z0-9_-]{32}|AIza[A-Za-z0-9_-]{35}|AccountKey=|GOCSPX-|SG\.[A-Za-z0-9_-]{22}\.|-----BEGIN [A-Z ]{0,12}PRIVATE"
    rb"|_(?:(?<=gh[pousr]_)|(?<=github_pat_)|(?<=[sr]k_live_)|(?<=npm_)|(?<=hf_)|(?<=do[opr]_v1_)|(?<=shp[acps][ats]_)"
    rb"|(?<=gsk_)|(?<=ntn_)|(?<=lin_api_)|(?<=lin_oauth_)|(?<=figd_)|(?<=sbp_)|(?<=glsa_)|(?<=\br8_)|(?<=whsec_)|(?<=\bre_))[A-Za-z0-9]{8}"
    rb"|-(?:(?<=gl[a-z]{3}-)|(?<=gl[dr]t-)|(?<=glcbt-)|(?<=xox[abeoprs]-)|(?<=xapp-)|(?<=sk-)|(?<=pypi-)|(?<=tvly-)|(?<=pplx-)|(?<=xai-)|(?<=NRAK-)|(?<=PMAK-))[A-Za-z0-9_-]{8}"
    rb"|\.eyJ[A-Za-z0-9_-]|://(?:[a-z]{0,8}\.?discord|hooks\.slack|api\.telegram|[^\s/@]{1,60}:[^\s/@]{6,80}@)"
)
"""The one pass over every text: a place inside a value of any of the formats. Its branches begin with rare
characters and
look back from there, which is what makes it fast: the search skips to the next such character without
trying others."""
