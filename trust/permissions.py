"""What a server can do, in the plain words that a user of it would ask for."""

from trust.facts import Code, Facts
from trust.vocabulary import Signal

WORDS: tuple[tuple[str, tuple[Signal, ...]], ...] = (
    ("reads files", (Signal.FILE_READ,)),
    ("writes files", (Signal.FILE_WRITE,)),
    ("deletes files", (Signal.FILE_DELETE,)),
    ("runs programs", (Signal.PROCESS,)),
    ("evaluates code", (Signal.EVAL,)),
    ("queries databases", (Signal.SQL,)),
    ("uses the network", (Signal.HTTP,)),
    ("opens the browser", (Signal.OPEN_URL,)),
    ("sends messages", (Signal.MESSAGE,)),
    ("uses the clipboard", (Signal.CLIPBOARD,)),
    ("sees the screen", (Signal.SCREEN,)),
    ("controls keyboard and mouse", (Signal.INPUT_DEVICES,)),
    ("records sound or video", (Signal.RECORDING,)),
    ("uses credentials", (Signal.CREDENTIAL_FROM_ENV, Signal.CREDENTIAL_FROM_KEYRING)),
    ("native code", (Signal.NATIVE_CODE,)),
)
"""Badge text and the signals behind it, in the order they are shown."""

LISTENS = "listens on the network"
UNKNOWN = "unknown: the code could not be read"


def permissions(facts: Facts) -> tuple[str, ...]:
    """The badges of a server, from what its code does; a single `UNKNOWN` where the code could not be read at all."""
    if not isinstance(facts.code, Code):
        return (UNKNOWN,)
    code = facts.code
    found = [word for word, signals in WORDS if code.saw(*signals)]
    if code.listeners:
        found.append(LISTENS)
    if code.gaps:
        found.append(UNKNOWN)
    return tuple(found)
