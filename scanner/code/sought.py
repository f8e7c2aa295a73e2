"""Which weaknesses each language is searched for. Only what is listed here may count as absent when it is not found.

Every entry has a snippet in tests/unit/test_sought.py that the search finds; an entry without one is a claim.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from trust.vocabulary import Weakness

_FLOWS: Final = frozenset(
    {
        Weakness.ARGUMENT_INJECTION,
        Weakness.CODE_INJECTION,
        Weakness.COMMAND_INJECTION,
        Weakness.DESERIALIZATION,
        Weakness.EXCESSIVE_AGENCY,
        Weakness.PATH_TRAVERSAL,
        Weakness.REDOS,
        Weakness.SECRET_LOGGING,
        Weakness.SQL_INJECTION,
        Weakness.SSRF,
        Weakness.TEMPLATE_INJECTION,
    }
)
_HABITS: Final = frozenset(
    {
        Weakness.ANNOTATION_MISMATCH,
        Weakness.CREDENTIAL_ARGUMENT,
        Weakness.CREDENTIAL_PARAM,
        Weakness.ENV_DUMP,
        Weakness.INSECURE_STORAGE,
        Weakness.NO_TIMEOUT,
        Weakness.OPEN_BIND,
        Weakness.PLAIN_HTTP,
        Weakness.REMOTE_CODE,
        Weakness.ROOT_CONTAINER,
        Weakness.STDOUT_POLLUTION,
        Weakness.TIMING_COMPARE,
        Weakness.TLS_OLD,
        Weakness.TLS_VERIFY_OFF,
        Weakness.TOKEN_VALIDATION,
    }
)
_CONDUCT: Final = frozenset(
    {
        Weakness.CREDENTIAL_FALLBACK,
        Weakness.DNS_REBINDING,
        Weakness.EXFILTRATION,
        Weakness.EXPOSED_ENDPOINT,
        Weakness.FAIL_OPEN,
        Weakness.OAUTH_STATE,
        Weakness.REDIRECT_MATCH,
        Weakness.RUG_PULL,
        Weakness.SECRET_EXPOSURE,
        Weakness.SESSION_BINDING,
        Weakness.SESSION_ID,
        Weakness.SESSION_ISOLATION,
        Weakness.TELEMETRY,
        Weakness.TEMP_LEFTOVER,
        Weakness.TOKEN_PASSTHROUGH,
        Weakness.URL_OPENED,
    }
)
_MEANING: Final = frozenset(
    {
        Weakness.BROAD_SCOPE,
        Weakness.BYPASSABLE_FILTER,
        Weakness.ERROR_LEAK,
        Weakness.LISTING_FILTER,
        Weakness.MISSING_AUTHZ,
        Weakness.QUERY_PRIVILEGE,
        Weakness.SELF_CONFIGURATION,
        Weakness.UNTRUSTED_OUTPUT,
    }
)
SOUGHT: Final[Mapping[str, frozenset[Weakness]]] = MappingProxyType(
    {"python": _FLOWS | _HABITS | _CONDUCT | _MEANING, "javascript": _FLOWS | _HABITS | _CONDUCT | _MEANING}
)


def sought_in(languages: Iterable[str]) -> tuple[Weakness, ...]:
    """What every one of these languages is searched for, in the order of the vocabulary; nothing for no language."""
    sets = [SOUGHT[language] for language in languages]
    common = frozenset[Weakness]() if not sets else frozenset.intersection(*sets)
    return tuple(w for w in Weakness if w in common)
