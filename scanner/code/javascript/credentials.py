"""Which names mean a credential, read word by word, so that `nextToken`, `maxTokens` and `tokenCount` do not.

Input and output are plain names as they stand in code: camelCase, snake_case and UPPER_CASE all give the same words.
"""

import re

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

ALWAYS = frozenset(
    {"password", "passwd", "passphrase", "secret", "secrets", "credential", "credentials", "apikey", "passwort", "pwd"}
)
PAIRS = frozenset(
    {
        ("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key"), ("auth", "key"), ("encryption", "key"),
        ("signing", "key"), ("account", "key"), ("service", "key"), ("master", "key"), ("session", "key"), ("license", "key"),
    }
)  # fmt: skip
TOKEN = frozenset({"token", "jwt", "pat", "bearer"})
NOT_A_CREDENTIAL = frozenset(
    {
        # pagination and counting
        "next", "page", "previous", "prev", "cursor", "continuation", "sync", "max", "min", "count", "total", "limit", "num",
        "number", "per", "usage", "budget", "input", "output", "prompt", "completion", "estimated", "estimate", "used", "size",
        "length", "delta", "resume", "progress", "remaining", "cancel", "cancellation", "cached", "reasoning",
        # about a credential, not the credential
        "name", "names", "type", "types", "id", "ids", "url", "uri", "endpoint", "path", "file", "dir", "expiry", "expires",
        "expiration", "expired", "lifetime", "ttl", "scope", "scopes", "policy", "policies", "rules", "rule", "required",
        "needed", "missing", "present", "valid", "invalid", "is", "has", "set", "use", "uses", "no", "header", "headers",
        "schema", "list", "manager", "store", "provider", "service", "client", "error", "errors", "issuer", "audience",
        "verifier", "validator", "regex", "pattern", "patterns", "prefix", "field", "fields", "param", "params", "hint",
        "hash", "hashed", "digest", "fingerprint", "mask", "masked", "redacted", "safe", "public", "status", "state", "at",
        "in", "source", "env", "var", "kind", "format", "label", "version", "symbol", "address", "contract", "node", "nodes",
        "stream", "parser", "tokenizer", "tokenize", "index", "offset", "position", "info", "details", "metadata", "config",
        "cache", "key", "keys", "date", "time", "timestamp", "created", "updated", "exists", "configured", "enabled",
        "disabled", "strength", "loader", "handler", "factory", "function", "middleware", "callback", "request",
        "response", "message", "display", "description", "csrf", "xsrf", "design", "css", "color", "theme",
    }
)  # fmt: skip


def words(name: str) -> tuple[str, ...]:
    """The lower-case words a name is made of."""
    return tuple(word.lower() for word in WORDS.findall(name))


def is_credential_name(name: str) -> bool:
    """Whether a variable, parameter or option of this name holds a credential itself."""
    parts = words(name)
    if not parts:
        return False
    pairs = set(zip(parts, parts[1:], strict=False))
    key_pair = PAIRS & pairs
    rest = set(parts) - {word for pair in key_pair for word in pair}
    if key_pair or ALWAYS & set(parts) or "".join(parts) in ALWAYS:
        return not (rest - ALWAYS) & (
            NOT_A_CREDENTIAL - {"key", "keys", "client", "service", "public", "in", "env", "source"}
        )
    if TOKEN & set(parts) and parts[-1] in TOKEN | {"value"}:
        return not (set(parts) - TOKEN) & (NOT_A_CREDENTIAL - {"service", "client", "request", "env", "public", "id"})
    return False
