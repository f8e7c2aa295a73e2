"""What looks like a secret and is none: placeholders, examples, references, words, hashes; and how a secret
is shown.
"""

import math
import re
from collections import Counter

_STAND_IN = re.compile(
    r"""(?ix)
    (?: your|my|the|some|insert|enter|put|add|paste|replace|change|set)[-_ ]?(?:\w+[-_
    ])*(?:key|token|secret|password|here|me|this|id|value)
    | x{4,} | \*{3,} | \.{3} | …| <[^>]*> | \$\{ | \{\{ | \$\( | %\w+% | ^\$\w+ | ^\{\w*\}$
    | example | sample | dummy | placeholder | changeme | change[-_]me | redacted | todo | fixme |
    foo[-_]?bar | lorem | fake
    | \bmock | test[-_]?(?:key|token|secret|password|api) | (?:key|token|secret|password)[-_]?(?:here|goes)
    | not[-_]?(?:a|real|set)
    |
    ^(?:null|none|undefined|true|false|string|required|optional|secret|password|token|admin|root|user|postgres|default|localhost|test(?:ing)?)$
    | ^(?:process\.env|os\.environ|env[.:]|secrets?[.:]|vault:|op://|file:|arn:|projects/)
    | 0123456789|1234567890|abcdefgh|deadbeef|cafebabe|qwerty
    """
)
_REPEATED = re.compile(r"^(.{1,4})\1{2,}.{0,3}$")


def is_placeholder(value: str) -> bool:
    """Whether a value stands in for a secret: an instruction, a reference, an example, or one thing said
    over and over.
    """
    return not value or bool(_STAND_IN.search(value) or _REPEATED.match(value)) or len(set(value)) < 5


def entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values()) if value else 0.0


def masked(secret: str) -> str:
    """What may be stored of a secret: its first four characters and its length."""
    start = "".join(c if c.isascii() and c.isprintable() else "?" for c in secret[:4])
    return f"{start}… ({len(secret)} characters)"
