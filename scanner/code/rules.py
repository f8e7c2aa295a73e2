"""The tables through which a language tells the analysis what its libraries do.

Names are canonical: imports are followed, `.x` is an attribute, `()` a call, so `httpx.Client().get` is the method
`get` of what `httpx.Client(...)` returns. A pattern matches a whole canonical name; a pattern that begins with `*`
matches its end (`*.cursor().execute`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Generic, TypeVar

from trust.vocabulary import Signal

T = TypeVar("T")


class Safe(IntFlag):
    """What a value can no longer do. Bits are only ever set by a guard, a type or a transformation.

    WHOLE and FAITHFUL describe history: WHOLE, not built into a longer string; FAITHFUL, still the entire input, so
    that a check of it is a check of the input.
    """

    NONE = 0
    SHELL = 1
    OPTION = 2
    PATH = 4
    URL = 8
    SQL = 16
    CODE = 32
    TEMPLATE = 64
    LOG = 128
    DATA = 256
    WHOLE = 1 << 12
    FAITHFUL = 1 << 13
    RESOLVED = 1 << 14
    NO_DOTS = 1 << 15
    NOT_ABSOLUTE = 1 << 16
    WORDS = SHELL | OPTION | PATH | URL | SQL | CODE | TEMPLATE | DATA
    """Nothing but a value out of a closed set: number, enum, identifier."""
    FRESH = WHOLE | FAITHFUL


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that does something to the world.

    `args`: positions that matter (None: all); `keywords`: names that matter. `shell`: how a process sink interprets
    its argument: "always", "never", or "option" (a truthy keyword or option named in `shell_keyword`).
    `flow`: False for a capability that is only observed.
    """

    signal: Signal
    args: tuple[int, ...] | None = (0,)
    keywords: tuple[str, ...] = ()
    shell: str = "never"
    shell_keyword: str = "shell"
    needs: Safe = Safe.NONE
    flow: bool = True
    receiver: bool = False


@dataclass(frozen=True, slots=True)
class Transform:
    """A call whose result still holds its input, changed. `adds`/`drops` change the bits; `args` None means all and the
    receiver; `result` names the canonical type of the result when it differs from `callee()`.
    """

    adds: Safe = Safe.NONE
    drops: Safe = Safe.NONE
    clean: bool = False
    result: str | None = None


class Patterns(Generic[T]):
    """A table of canonical names and endings, looked up in constant time."""

    def __init__(self, table: Mapping[str, T]) -> None:
        self._exact = {name: value for name, value in table.items() if not name.startswith("*")}
        self._endings: dict[str, list[tuple[str, T]]] = {}
        for name, value in table.items():
            if name.startswith("*"):
                self._endings.setdefault(name.rpartition(".")[2], []).append((name[1:], value))
        for endings in self._endings.values():
            endings.sort(key=lambda pair: -len(pair[0]))

    def get(self, name: str) -> T | None:
        """The entry for a canonical name: the exact one, else the longest ending that fits."""
        found = self._exact.get(name)
        if found is not None:
            return found
        for ending, value in self._endings.get(name.rpartition(".")[2], ()):
            if name.endswith(ending):
                return value
        return None


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the engine asks about the libraries of one language.

    `secrets`: calls whose result is a secret whatever their argument (keyrings); `environment`: reads of one
    environment variable, by call or subscript; `network`: calls that return what a remote host sent; `callers`: calls
    that call one of their arguments (position of the function; what follows it are its arguments).
    """

    sinks: Patterns[Sink]
    transforms: Patterns[Transform]
    secrets: Patterns[bool]
    environment: Patterns[bool]
    network: Patterns[bool]
    callers: Patterns[int]
