"""What has been made sure about a value, as bits: the currency of guards, types and transformations."""

from enum import IntFlag


class Safe(IntFlag):
    """What a value can no longer do. Bits are only ever set by a guard, a type or a transformation.

    WHOLE and FAITHFUL describe history: WHOLE, not built into a longer string; FAITHFUL, still the entire input, so
    that a check of it is a check of the input. WEB: an address of a page, whatever host it names. INSIDE: found to
    lie in a folder, which counts once it is known how the value had been resolved before: RESOLVED, its dots worked
    out, makes it LEXICAL; REAL, its links followed too, makes it PATH.

    Some bits are half a protection and say what is left: LEXICAL, inside a folder by its spelling, where a link leads
    out; KIND, only names with a certain ending; PUBLIC, an address seen not to be a private one, which the addresses it
    redirects to are not; NAMED, a host whose name is not one of a private address; OPTIONAL, checked where the operator
    asked for it.
    """

    NONE = 0
    SHELL = 1
    OPTION = 2
    PATH = 4
    PUBLIC = 1 << 20
    WEB = 1 << 24
    URL = 8 | PUBLIC | WEB
    SQL = 16
    CODE = 32
    TEMPLATE = 64
    LOG = 128
    DATA = 256
    PATTERN = 512
    WHOLE = 1 << 12
    FAITHFUL = 1 << 13
    RESOLVED = 1 << 14
    NO_DOTS = 1 << 15
    NOT_ABSOLUTE = 1 << 16
    INSIDE = 1 << 17
    LEXICAL = 1 << 18
    REAL = 1 << 19
    KIND = 1 << 21
    OPTIONAL = 1 << 22
    NAMED = 1 << 23
    WORDS = SHELL | OPTION | PATH | URL | SQL | CODE | TEMPLATE | DATA | PATTERN
    """Nothing but a value out of a closed set: number, enum, identifier."""
    FRESH = WHOLE | FAITHFUL
    PLACES = PATH | LEXICAL | INSIDE | PUBLIC | NAMED
    """Anything that says where a path or an address may lead."""
