"""Which names hold a credential. `next_page_token` and `max_tokens` do not."""

import re
from itertools import pairwise
from typing import Final

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SURE: Final = frozenset(
    {"password", "passwd", "passphrase", "secret", "apikey", "apitoken", "pat", "authtoken", "accesstoken",
    "credential",
     "credentials", "pwd", "cookie", "bearer", "jwt"}
)  # fmt: skip
_PAIRS: Final = frozenset(
    {("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key"), ("auth", "key"), ("signing", "key"),
     ("encryption", "key"), ("account", "key"), ("master", "key"), ("service", "key"), ("subscription", "key"),
     ("ssh", "key"), ("license", "key")}
)  # fmt: skip
_COUNTS: Final = frozenset(
    {"next", "page", "previous", "prev", "cursor", "continuation", "sync", "max", "min", "count", "total", "limit",
    "num",
     "number", "usage", "budget", "input", "output", "prompt", "completion", "estimated", "per", "cancel",
     "cancellation",
     "progress", "resume", "csrf"}
)  # fmt: skip
_ABOUT: Final = frozenset(
    {"name", "names", "type", "id", "ids", "url", "uri", "endpoint", "path", "file", "filename", "dir", "expiry",
    "expires",
     "expiration", "expired", "lifetime", "ttl", "scope", "scopes", "policy", "required", "present", "valid", "is",
     "has",
     "use", "header", "manager", "store", "provider", "error", "issuer", "audience", "hash", "digest", "fingerprint",
     "mask", "masked", "redacted", "public", "status", "length", "len", "prefix", "arn", "info", "version", "count",
     "configured", "enabled", "env", "var", "field", "fields", "pattern", "patterns", "regex", "keys", "jar",
     "location", "backend", "workers", "mode", "driver", "timeout", "size", "format", "strategy", "source", "kind",
     "class", "service", "host", "port", "region", "bucket", "table", "days", "seconds", "minutes", "hours", "interval",
     "retries", "algorithm", "alg", "helper", "factory", "validation", "validator", "refreshed", "needed", "missing",
     "encoding", "separator", "delimiter", "limit", "bytes", "window"}
)  # fmt: skip


def words(name: str) -> tuple[str, ...]:
    """`maxTokenCount`, `MAX_TOKEN_COUNT` and `max-token-count` are the same three words."""
    return tuple(w.lower() for w in _WORDS.findall(name))


def is_secret(name: str) -> bool:
    """Whether a variable, parameter or option of this name holds a credential itself, not something about one."""
    parts = words(name)
    if not parts or parts[-1] in _ABOUT or parts[0] in ("is", "has", "use", "num", "no", "public"):
        return False
    if set(parts) & _SURE or set(pairwise(parts)) & _PAIRS:
        return True
    return ("token" in parts or parts[-1] == "auth") and not set(parts) & _COUNTS
