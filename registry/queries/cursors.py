"""Where the next page starts: the sort key of the last row, bound to the question that was asked."""

import base64
import binascii
import json

from registry.errors import RegistryError, bad_field

Key = int | str


def write_cursor(fingerprint: str, key: tuple[Key, ...]) -> str:
    text = json.dumps([fingerprint, *key], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read_cursor(cursor: str, fingerprint: str, kinds: tuple[type[Key], ...]) -> tuple[Key, ...]:
    """The sort key, with values of these kinds.

    Raises RegistryError (400) for anything that we did not write.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _unusable("It is not one that this API has given out.") from None
    if not isinstance(values, list) or len(values) != len(kinds) + 1:
        raise _unusable("It is not one that this API has given out.")
    given, *key = values
    if given != fingerprint:
        raise _unusable("It belongs to another search; start without a cursor.")
    if any(type(value) is not kind or not _storable(value) for value, kind in zip(key, kinds, strict=True)):
        raise _unusable("It is not one that this API has given out.")
    return tuple(key)


def _storable(value: Key) -> bool:
    """Whether the database can compare with it."""
    if isinstance(value, str):
        return "\x00" not in value and value.isprintable()
    return -(2**63) <= value < 2**63


def _unusable(reason: str) -> RegistryError:
    return bad_field("cursor", f"The cursor cannot be used. {reason}")
