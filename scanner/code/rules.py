"""The tables through which a language tells the analysis what its libraries do.

Names are canonical: imports are followed, `.x` is an attribute, `()` a call, so `httpx.Client().get` is the method
`get` of what `httpx.Client(...)` returns. A pattern matches a whole canonical name; a pattern that begins with `*`
matches its end (`*.cursor().execute`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from scanner.code.safety import Safe
from scanner.code.values import Value
from trust.vocabulary import Signal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that does something to the world.

    `args` are the positions that matter, `keywords` the names. `style` says how a dangerous argument is judged:

    - "shell": a string that a shell reads; "argv": a program and its arguments, one list, which becomes "shell" when
      the keyword `shell` is true; "program": program and arguments as separate arguments; "spawn": a program and then
      the list of its arguments; "options": only arguments of a fixed program;
    - "code", "data", "template", "sql", "path", "url", "open-url", "pattern": the value itself;
    - "log": secrets only; "store": secrets only, into a file; "none": only observed.
    `receiver` also judges the object that the method is called on (`Path(x).unlink()`); `also` is a second judgement of
    the same call (a file is chosen, and something is written into it). `limited`: it does nothing with most of what it
    could be given (a repository is opened only where there is one). `follows`: of an address, whether redirects are
    followed when the call does not say; `hops`: the setting that says it, with the value that switches it off.
    `unless` and `when` are settings that make a call harmless, or dangerous at all: a name and a constant, or the end
    of a canonical name.

    Further styles: "line" is a list of arguments, or else a text that a shell reads; "spawnl" is a mode, a program and
    then its arguments; "where" is a filter document whose `$where` is code.
    """

    signal: Signal
    style: str
    args: tuple[int, ...] = (0,)
    keywords: tuple[str, ...] = ()
    receiver: bool = False
    also: "Sink | None" = None
    limited: bool = False
    follows: bool = False
    hops: tuple[tuple[str, str | int | bool], ...] = ()
    unless: tuple[tuple[str, str | bool], ...] = ()
    when: tuple[tuple[str, str | bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Transform:
    """A call or attribute whose result still holds its input, changed.

    `adds` and `drops` change the bits, `clean` ends all taint, `result` names what comes out. `raises` are the bits
    that a normal return proves about the first argument (or the receiver, for methods), under the same conditions as
    a check: `needs` must be set. `pure` keeps the fields and items of the argument.
    """

    adds: Safe = Safe.NONE
    drops: Safe = Safe.NONE
    clean: bool = False
    result: str | None = None
    raises: Safe = Safe.NONE
    needs: Safe = Safe.NONE


@dataclass(frozen=True, slots=True)
class Starter:
    """A call that calls a function it is given: at position `at` or under `keyword`, with what follows it, or with a
    list under `args` and a mapping under `kwargs`; `each`: with every element of what follows.
    """

    at: int = 0
    keyword: str = ""
    args: str = ""
    kwargs: str = ""
    each: bool = False

    def split(
        self, args: tuple["Value", ...], keywords: Mapping[str, "Value"]
    ) -> tuple["Value", tuple["Value", ...], Mapping[str, "Value"]] | None:
        """The function, its positional and its named arguments; None when no function is given."""
        target = keywords.get(self.keyword) if self.keyword else None
        left = args if target is not None else args[self.at + 1 :]
        if target is None and len(args) <= self.at:
            return None
        if self.args or self.kwargs:
            listed, named = keywords.get(self.args), keywords.get(self.kwargs)
            given = listed.items if listed is not None and listed.items is not None else ()
            return target or args[self.at], given or left[:0], (named.fields or {}) if named is not None else {}
        rest = {k: v for k, v in keywords.items() if k != self.keyword}
        return target or args[self.at], left, rest


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
class Check:
    """What a predicate proves about its subject when it is true, or when it is false."""

    when: bool
    proves: Safe
    needs: Safe = Safe.FAITHFUL
    subject: str = "receiver"


RECEIVER: Final = -1


@dataclass(frozen=True, slots=True)
class Matching:
    """A call that compiles or applies a regular expression: where the pattern and the text it is applied to stand, an
    argument's position or RECEIVER. `given`: whether a caller's text there is a pattern, and not just a text to look
    for.
    """

    pattern: int
    subject: int | None = None
    given: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the engine asks about the libraries of one language.

    `environment`: reads of one environment variable, by call or subscript; `whole_environment`: the environment as one
    value; `secrets`: calls whose result is a secret whatever their argument (keyrings); `network`: calls that return
    what a remote host sent; `callers`: calls that call one of their arguments (its position; what follows it are its
    arguments); `checks`: predicates; `hosts`: names of the host part of a parsed address; `watched`: calls that some
    habit asks about; `globals`: names that exist without an import; `stops`: calls that do not return; `starters`:
    calls that call a function with arguments of its own; `binders`: calls that give a function with arguments bound;
    `requests`: names of what came in from a network client; `matching`: regular expressions compiled and applied.
    """

    sinks: Patterns[Sink]
    transforms: Patterns[Transform]
    checks: Patterns[Check]
    environment: Patterns[bool]
    whole_environment: frozenset[str]
    secrets: Patterns[bool]
    network: Patterns[bool]
    callers: Patterns[int]
    hosts: Patterns[bool]
    watched: Patterns[str]
    globals: frozenset[str]
    stops: frozenset[str]
    is_secret: Callable[[str], bool]
    starters: Patterns[Starter] = field(default_factory=lambda: Patterns({}))
    binders: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    matching: Patterns[Matching] = field(default_factory=lambda: Patterns({}))
