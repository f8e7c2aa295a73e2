"""What the analysis gathers: summaries of functions, hits at sinks, and events that habits ask about."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from scanner.code import ir
from scanner.code.clock import OutOfTimeError
from scanner.code.project import Project, Routine
from scanner.code.rules import Rules
from scanner.code.safety import Safe
from scanner.code.values import Env, Label, Value
from trust.finding import Gap, Step
from trust.vocabulary import Signal, Weakness

Hint: TypeAlias = tuple[str, str | int | float | bool | None]
"""("ref", canonical name), ("const", constant) or ("own", canonical name or None), no input: what a caller knows."""
Hints: TypeAlias = tuple[Hint | None, ...]

MAX_HITS: Final = 80
JOINED: Final = "is joined to a folder"
MAX_VARIANTS: Final = 4
MAX_OWN_VARIANTS: Final = 64
MAX_DEPTH: Final = 300
SECRETS_ONLY: Final = (Weakness.SECRET_LOGGING, Weakness.INSECURE_STORAGE)
"""Weaknesses of sinks that only a secret makes dangerous."""
REGISTERS: Final = frozenset({"add-tool", "tool-object", "tool-call", "route"})
"""Kinds of events that one line may make many of."""
MAX_REGISTERED: Final = 20_000
NETWORK_CODE: Final = (Weakness.CODE_INJECTION, Weakness.COMMAND_INJECTION, Weakness.DESERIALIZATION)
"""Weaknesses that data from the network makes dangerous."""


class TooDeepError(Exception):
    """Nesting goes deeper, or one function takes longer, than the analysis follows; costs one function."""


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """An origin reaches a dangerous place, with these bits set. `arbitrary`: the whole input is the command, the query
    or the code, which is then a matter of what the tool was made for.
    """

    weakness: Weakness
    signal: Signal
    label: Label
    safe: Safe
    needs: Safe
    steps: tuple[Step, ...]
    path: str
    line: int
    sink: str
    arbitrary: bool = False
    weak: bool = False
    check: str = ""
    """Set for a comparison with a folder that matters only if the path it compares is opened: what is wrong with it."""
    limited: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """A call that a table knows, or a comparison with a secret; `kind` is the habit's name or "sink"."""

    kind: str
    ref: str
    module: ir.Module
    line: int
    node: ir.Call | ir.Compare | ir.Subscript
    routine: str | None
    args: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    receiver: Value | None = None
    signal: Signal | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A call of something that a function got from outside, where it stands; only its callers know what it is."""

    label: Label
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    node: ir.Call
    module: ir.Module


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What calling a function does, in terms of its parameters.

    `ensures`: what a normal return proves about origins; `truthy`: what a true result proves; `fields`: what it stores
    in its receiver; `events`: indexes of everything it or its callees touch; `calls`: what it leaves to its callers;
    `marks`: what it and its callees have to do with addresses.
    """

    result: Value = field(default_factory=Value)
    hits: tuple[Hit, ...] = ()
    events: frozenset[int] = frozenset()
    ensures: Mapping[Label, Safe] = field(default_factory=dict)
    truthy: Mapping[Label, Safe] = field(default_factory=dict)
    fields: Mapping[str, Value] = field(default_factory=dict)
    returns: bool = True
    calls: tuple[Pending, ...] = ()
    marks: frozenset[str] = frozenset()


Summarise: TypeAlias = Callable[["Analysis", Routine, Hints], Summary | None]


@dataclass(slots=True)
class Analysis:
    """One run over one project."""

    project: Project
    rules: Rules
    deadline: float
    summarise: Summarise
    module_values: Callable[["Analysis", ir.Module], dict[str, Value]]
    summaries: dict[tuple[str, Hints], Summary] = field(default_factory=dict)
    variants: dict[str, int] = field(default_factory=dict)
    running: set[tuple[str, Hints]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    event_index: dict[tuple[object, ...], int] = field(default_factory=dict)
    direct: dict[tuple[object, ...], tuple[Hit, str | None]] = field(default_factory=dict)
    fields: dict[str, dict[str, Value]] = field(default_factory=dict)
    captured: dict[str, dict[str, Value]] = field(default_factory=dict)
    globals: dict[str, dict[str, Value]] = field(default_factory=dict)
    module_events: dict[str, set[int]] = field(default_factory=dict)
    gaps: dict[str, Gap] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    depth: int = 0
    ticks: int = 0
    slice_end: float = 0.0

    def tick(self) -> None:
        """Called per statement. Looks at the clock now and then; raises OutOfTimeError when the time of the whole run
        is over, TooDeepError when that of the function is.
        """
        self.ticks += 1
        if self.ticks & 63 == 0:
            now = time.thread_time()
            if now > self.deadline:
                raise OutOfTimeError
            if now > self.slice_end:
                raise TooDeepError

    def event(self, event: Event) -> int:
        """Keeps the event, once per place and kind, and gives its index."""
        key: tuple[object, ...] = (id(event.node), event.kind)
        if event.kind in REGISTERS and len(self.events) < MAX_REGISTERED:
            key = (*key, *_told(event))
        at = self.event_index.get(key)
        if at is None:
            at = len(self.events)
            self.events.append(event)
            self.event_index[key] = at
        return at


def _told(event: Event) -> tuple[object, ...]:
    """What tells one registration from another that the same line makes, in a loop or in a helper."""
    given = (("", v) for v in event.args), event.keywords.items()
    return tuple((name, value.ref, value.text()) for pairs in given for name, value in pairs)


def _matters(hit: Hit) -> bool:
    """Whether an origin of this kind is dangerous at this sink."""
    kind = hit.label[0]
    if kind in ("secret", "environ"):
        return hit.weakness in SECRETS_ONLY
    if kind == "network":
        return hit.weakness in NETWORK_CODE
    if kind == "request":
        return hit.weakness not in SECRETS_ONLY
    return True


@dataclass(slots=True)
class Frame:
    """One function body while it is walked. `env` is None once control has left on every way."""

    analysis: Analysis
    module: ir.Module
    routine: Routine | None
    env: Env | None
    result: Value | None = None
    by_setting: Value | None = None
    hits: dict[tuple[object, ...], Hit] = field(default_factory=dict)
    events: set[int] = field(default_factory=set)
    exits: list[dict[Label, Safe]] = field(default_factory=list)
    settled_exits: list[dict[Label, Safe]] = field(default_factory=list)
    truths: list[dict[Label, Safe]] = field(default_factory=list)
    fields: dict[str, Value] = field(default_factory=dict)
    tests: dict[str, ir.Expr] = field(default_factory=dict)
    predicates: dict[int, dict[Label, Safe]] = field(default_factory=dict)
    free: dict[str, Value] = field(default_factory=dict)
    calls: dict[tuple[int, Label], Pending] = field(default_factory=dict)
    outer: tuple[str, ...] = ()
    hinted: bool = False
    doubt: int = 0
    settings: int = 0
    marks: set[str] = field(default_factory=set)
    judged: dict[int, dict[Label, Safe]] = field(default_factory=dict)
    """For calls of functions that tell private addresses: what is known where the answer is that it is none."""
    own: set[int] = field(default_factory=set)
    """Parameters that the project's own code filled with what no caller from outside chose."""
    loops: int = 0
    jumps: list[Env] = field(default_factory=list)

    @property
    def ref(self) -> str | None:
        return self.routine.ref if self.routine else None

    def here(self) -> Env:
        """The environment; an empty one when this place is not reached (its value does not matter then)."""
        if self.env is None:
            return Env()
        return self.env

    def step(self, line: int, note: str) -> Step:
        return Step(self.module.path, line, note)

    def has(self, hit: Hit, label: Label) -> bool:
        """Whether this is known of the origin already, by another way here; of two ways the first is told."""
        return label[0] in ("param", "free") and (hit.path, hit.line, hit.weakness, label, hit.sink) in self.hits

    def hit(self, hit: Hit) -> None:
        """Records a hit: for the caller when a parameter is the origin, for the report otherwise."""
        if hit.safe & hit.needs == hit.needs or not _matters(hit):
            return
        if self.doubt:
            hit = replace(hit, weak=True)
        key = (hit.path, hit.line, hit.weakness, hit.label, hit.sink)
        if hit.label[0] in ("param", "free", "request") and key not in self.hits and len(self.hits) < MAX_HITS:
            self.hits[key] = hit
        if hit.label[0] not in ("param", "free"):
            self.analysis.direct.setdefault(key, (hit, self.ref))
