"""Which settings are secrets, and texts that are one."""

import re
from typing import Final

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_SECRET_NAME: Final = re.compile(
    r"(?:\A|_)(?:api_?keys?|(?:access|secret|private|auth|encryption|signing|service|license)_?keys?|secrets?"
    r"|passwords?|passwd|passphrase|pwd|(?<!max_)(?<!min_)(?<!num_)tokens?|credentials?|pat|connection_string)\Z"
)
_NO_SECRET: Final = re.compile(r"(?:\A|_)(?:max|min|num|limit|count|use|enable|show|allow|type|public)(?:_|\Z)")

_LITERAL: Final = re.compile(
    r"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{18,}"
    r"|sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}|xox[abeprs]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35}|npm_[A-Za-z0-9]{36}"
    r"|sk_live_[A-Za-z0-9]{16,}|pypi-[A-Za-z0-9_-]{40,}|-----BEGIN [A-Z ]{0,30}PRIVATE KEY"
    r"|eyJ[A-Za-z0-9_-]{10,200}\.eyJ[A-Za-z0-9_-]{10,200}|://[^/\s:@${}]{1,100}:[^/\s:@${}]{3,100}@"
)
_PLACEHOLDER: Final = re.compile(
    r"\$\{|<[^<>]{0,100}>|x{3,}|\*{3,}|\.{3}|your|example|change|placeholder|dummy|none|null|true|false|todo|here",
    re.IGNORECASE,
)
_VALUE_LENGTH: Final = 8


def names_a_secret(name: str) -> bool:
    """Whether a key or title such as ``apiToken`` or "Slack bot token" names a secret."""
    snake = _SEPARATORS.sub("_", _CAMEL.sub("_", name).lower()).strip("_")
    return bool(_SECRET_NAME.search(snake)) and not _NO_SECRET.search(snake)


def is_a_secret(text: str) -> bool:
    """Whether a text contains something of the well-known form of a credential."""
    return bool(_LITERAL.search(text))


def looks_filled_in(value: str) -> bool:
    """Whether the value of a secret field is a real one rather than empty, a variable or a placeholder."""
    return len(value) >= _VALUE_LENGTH and not _PLACEHOLDER.search(value)
