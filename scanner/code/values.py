"""What the analysis knows about one value: where it may come from, what it can no longer do, what it is.

A label names an origin: ("param", 0, ".path") is the field `path` of a function's first parameter, ("param", -1, "")
its receiver, ("free", "client", "") a name of an enclosing function, ("secret", "API_TOKEN", "") a credential,
("network", "httpx.get", "") what a remote host sent, ("environ", "", "") the whole environment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from scanner.code.ir import Constant
from scanner.code.safety import Safe
from trust.finding import Step

Label: TypeAlias = tuple[str, int | str, str]
Mark: TypeAlias = tuple[Safe, tuple[Step, ...]]
Taint: TypeAlias = Mapping[Label, Mark]


class _Unknown:
    """The constant of a value that is none."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
EMPTY: Final[Taint] = {}
MAX_LABELS: Final = 24
MAX_ITEMS: Final = 48
MAX_OTHERS: Final = 32
MAX_STEPS: Final = 10
MAX_FIELD_DEPTH: Final = 3
_FRESH: Final = int(Safe.FRESH)  # plain numbers: this comparison is made for every label of every field


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """`ref` is the canonical name, `const` the constant, `items` a sequence by position, `fields` a mapping or an
    instance by name; `private` marks a file handle that was opened readable by its owner only. `others` are further
    functions, classes or instances of the project that it may be as well; `closed`: a text that ends with a path
    separator.
    """

    taint: Taint = field(default_factory=dict)
    ref: str | None = None
    const: Constant | _Unknown = UNKNOWN
    items: tuple["Value", ...] | None = None
    fields: Mapping[str, "Value"] | None = None
    private: bool = False
    others: tuple[str, ...] = ()
    closed: bool = False

    def everything(self, depth: int = 3) -> Taint:
        """The taint of the value and of all it contains."""
        if (self.items is None and self.fields is None) or depth == 0:
            return self.taint
        inner = [v.everything(depth - 1) for v in (*(self.items or ()), *(self.fields or {}).values())]
        return union([self.taint, *inner])

    def text(self) -> str | None:
        return self.const if isinstance(self.const, str) else None


NOTHING: Final = Value()


def union(taints: Iterable[Taint]) -> Taint:
    """Everything that any of them may hold; a label keeps only what is safe on every way."""
    known = [t for t in taints if t]
    if not known:
        return EMPTY
    if len(known) == 1:
        return known[0]
    result: dict[Label, Mark] = dict(known[0])
    for taint in known[1:]:
        if taint is known[0]:
            continue
        for label, (safe, steps) in taint.items():
            before = result.get(label)
            if before is None:
                if len(result) < MAX_LABELS:
                    result[label] = (safe, steps)
            elif before[0] != safe:
                # The way to show is the one with less protection; of two that differ, the longer says more.
                both = before[0] & safe
                if both & Safe.RESOLVED:
                    # Links are followed where there is something to follow; what does not exist yet has none.
                    both |= (before[0] | safe) & Safe.REAL
                longer = len(steps) > len(before[1])
                shown = both == safe if both in (safe, before[0]) else longer
                result[label] = (both, steps if shown else before[1])
    return result


def adjust(taint: Taint, adds: Safe = Safe.NONE, drops: Safe = Safe.NONE) -> Taint:
    if not taint or (adds == Safe.NONE and drops == Safe.NONE):
        return taint
    return {label: ((safe | adds) & ~drops, steps) for label, (safe, steps) in taint.items()}


def settled(mask: Safe, proved: Safe) -> Safe:
    """What was proved, once it is known what had been done to the value before."""
    if not proved & Safe.INSIDE or not mask & Safe.RESOLVED:
        return proved
    return proved | (Safe.PATH if mask & Safe.REAL else Safe.LEXICAL)


def only(taint: Taint, *kinds: str) -> Taint:
    """The part of the taint whose origins are of these kinds."""
    return {label: mark for label, mark in taint.items() if label[0] in kinds}


def without(taint: Taint, *kinds: str) -> Taint:
    """The part of the taint whose origins are of other kinds."""
    return {label: mark for label, mark in taint.items() if label[0] not in kinds}


def joined(parts: Iterable[Taint]) -> Taint:
    """The taint of a path put together: its dots are not worked out any more, and it stays the real path only if every
    part is one or a bare name.
    """
    known = [t for t in parts if t]
    real = all(mask & (Safe.REAL | Safe.PATH) for taint in known for mask, _ in taint.values())
    history = Safe.RESOLVED | Safe.REAL
    return adjust(union(known), history if real else Safe.NONE, Safe.WHOLE if real else Safe.WHOLE | history)


def along(taint: Taint, step: Step) -> Taint:
    """The same taint, one stop further."""
    return {
        label: (safe, steps if len(steps) >= MAX_STEPS or (steps and steps[-1] == step) else (*steps, step))
        for label, (safe, steps) in taint.items()
    }


def project(taint: Taint, name: str) -> Taint:
    """The taint of one field: origins that are whole objects become origins of their field."""
    if not taint:
        return EMPTY
    result: dict[Label, Mark] = {}
    for (kind, root, path), mark in taint.items():
        whole = int.__and__(mark[0], _FRESH) == _FRESH
        deeper = whole and kind in ("param", "free", "request") and path.count(".") < MAX_FIELD_DEPTH
        result[(kind, root, f"{path}.{name}" if deeper else path)] = mark
    return result


def join(one: Value, two: Value) -> Value:
    """A value that is one or the other."""
    if one is two:
        return one
    ref = one.ref if one.ref is not None and not one.ref.startswith("$") else two.ref or one.ref
    const = _join_const(one.const, two.const)
    items = _join_items(one.items, two.items)
    fields = _join_fields(one.fields, two.fields)
    taint = union([one.taint, two.taint])
    if items is None and (one.items or two.items):
        taint = union([taint, one.everything(), two.everything()])
    others = () if one.ref == two.ref and not (one.others or two.others) else _join_others(ref, one, two)
    closed = one.closed and two.closed
    return Value(taint, ref, const, items, fields, one.private and two.private, others, closed)


def _join_others(ref: str | None, one: Value, two: Value) -> tuple[str, ...]:
    refs = dict.fromkeys((one.ref, *one.others, two.ref, *two.others))
    return tuple(r for r in refs if r is not None and r != ref and ":" in r)[:MAX_OTHERS]


def _join_const(one: Constant | _Unknown, two: Constant | _Unknown) -> Constant | _Unknown:
    """One of two constants; an option that is sometimes left out (`"--all" if x else None`) stays an option."""
    if one == two and type(one) is type(two):
        return one
    for absent, option in ((one, two), (two, one)):
        if absent is None and isinstance(option, str) and option.startswith("-"):
            return option
    return UNKNOWN


def _join_items(one: tuple[Value, ...] | None, two: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
    if one is None or two is None:
        return None
    if one is two:
        return one
    longer = one if len(one) >= len(two) else two
    return (*(join(a, b) for a, b in zip(one, two, strict=False)), *longer[min(len(one), len(two)) :])


def _join_fields(one: Mapping[str, Value] | None, two: Mapping[str, Value] | None) -> Mapping[str, Value] | None:
    if one is None or two is None:
        return one if two is None else two
    if one is two:
        return one
    return {**two, **{k: join(v, two[k]) if k in two else v for k, v in one.items()}}


def sequence(items: Iterable[Value]) -> Value:
    kept = tuple(items)
    if len(kept) > MAX_ITEMS:
        return Value(union(v.everything() for v in kept))
    return Value(items=kept)


@dataclass(slots=True)
class Env:
    """Local variables, and what has been checked about origins on the way to here."""

    names: dict[str, Value] = field(default_factory=dict)
    checked: dict[Label, Safe] = field(default_factory=dict)
    flags: dict[str, "Flag"] = field(default_factory=dict)

    def copy(self) -> "Env":
        return Env(dict(self.names), dict(self.checked), dict(self.flags))

    def assume(self, name: str, *, truth: bool) -> None:
        """Goes on as if a variable is true, or false: what was set together with it is known then."""
        flag = self.flags.get(name)
        if flag is None or self.names.get(name) is not flag.value:
            return
        side = flag.true if truth else flag.false
        for other, (joined_, own) in side.names.items():
            if self.names.get(other) is joined_:
                self.names[other] = own
        for label, safe in side.checked.items():
            self.check(label, safe)

    def check(self, label: Label, safe: Safe) -> None:
        """Keeps what was proved about an origin; ("name", x, "") is the value that a variable holds now."""
        if label[0] == "name":
            held = self.names.get(str(label[1]))
            if held is not None:
                taint = {origin: (mask | settled(mask, safe), steps) for origin, (mask, steps) in held.taint.items()}
                self.names[str(label[1])] = replace(held, taint=taint)
            return
        self.checked[label] = self.checked.get(label, Safe.NONE) | safe

    def take_over(self, other: "Env", *, half: bool) -> None:
        """Takes over what was checked on another way; `half`: as something checked only where it is asked for."""

        def worth(safe: Safe) -> Safe:
            return Safe.OPTIONAL if half and safe & Safe.PLACES else safe

        for label, safe in list(other.checked.items()):
            gained_here = worth(safe & ~self.checked.get(label, Safe.NONE))
            self.check(label, gained_here)
            # Both ways come together again, and a whole check is half of one too.
            other.check(label, gained_here)
        for name, value in other.names.items():
            mine = self.names.get(name)
            if mine is None or mine is value or mine.taint.keys() != value.taint.keys():
                continue
            gained = {label: worth(value.taint[label][0] & ~mask) for label, (mask, _) in mine.taint.items()}
            for env, held in ((self, mine), (other, value)):
                taint = {label: (mask | gained[label], steps) for label, (mask, steps) in held.taint.items()}
                env.names[name] = replace(held, taint=taint)

    def apply(self, taint: Taint) -> Taint:
        """The taint with the checks that hold here; a check of an object is one of each of its fields."""
        if not taint or not self.checked:
            return taint
        result: dict[Label, Mark] = {}
        for label, (safe, steps) in taint.items():
            extra = self.checked.get(label, Safe.NONE)
            kind, root, path = label
            while path:
                path = path.rpartition(".")[0]
                extra |= self.checked.get((kind, root, path), Safe.NONE)
            result[label] = (safe | extra, steps)
        return result

    def seen(self, value: Value) -> Value:
        if not self.checked or not value.taint:
            return value
        return replace(value, taint=self.apply(value.taint))


@dataclass(frozen=True, slots=True)
class Side:
    """What is known where a flag is true, or where it is false: what the other variables are, next to what they are
    when nothing is known about it, and what was checked.
    """

    names: Mapping[str, tuple[Value, Value]]
    checked: Mapping[Label, Safe]


@dataclass(frozen=True, slots=True)
class Flag:
    """A variable that was set to true on one way and to false on another."""

    value: Value
    true: Side
    false: Side


_Way: TypeAlias = tuple[dict[str, Value], dict[Label, Safe], dict[str, Flag]]
_Known: TypeAlias = tuple[dict[str, Value], dict[Label, Safe]]


def _flags(ways: list[_Way], result: "Env") -> dict[str, Flag]:
    """The variables that tell the ways apart, also those that told earlier ways apart on each of them."""
    flags: dict[str, Flag] = {}
    for name in {n for names, _, known in ways for n in (*known, *(n for n in names if _is_truth(names[n])))}:
        sides: dict[bool, list[_Known]] = {True: [], False: []}
        if name in result.names and all(_split(way, name, sides) for way in ways) and sides[True] and sides[False]:
            true, false = (_side(sides[truth], name, result) for truth in (True, False))
            flags[name] = Flag(result.names[name], true, false)
    return flags


def _is_truth(value: Value) -> bool:
    return isinstance(value.const, bool)


def _split(way: _Way, name: str, sides: dict[bool, list[_Known]]) -> bool:
    """Adds a way to the side it belongs to, or to both if an earlier flag tells; False when nothing does."""
    names, checked, flags = way
    said = names[name].const if name in names else None
    if isinstance(said, bool):
        sides[said].append((names, checked))
        return True
    flag = flags.get(name)
    if flag is None or names.get(name) is not flag.value:
        return False
    for truth, side in ((True, flag.true), (False, flag.false)):
        own = {n: v for n, (joined_, v) in side.names.items() if names.get(n) is joined_}
        more = {label: checked.get(label, Safe.NONE) | safe for label, safe in side.checked.items()}
        sides[truth].append(({**names, **own}, {**checked, **more}))
    return True


def _side(known: list[_Known], flag: str, result: "Env") -> Side:
    names: dict[str, tuple[Value, Value]] = {}
    for name, now in result.names.items():
        own = [w[name] for w, _ in known if name in w]
        if name != flag and own and any(v is not now for v in own):
            value = own[0]
            for other in own[1:]:
                value = join(value, other)
            names[name] = (now, value)
    checked = dict(known[0][1])
    for _, more in known[1:]:
        checked = {label: both for label, safe in checked.items() if (both := safe & more.get(label, Safe.NONE))}
    return Side(names, checked)


def join_envs(envs: Iterable[Env | None]) -> Env | None:
    """What holds whichever way was taken; ways that do not go on are None."""
    live = [e for e in envs if e is not None]
    if not live:
        return None
    first = live[0]
    ways: list[_Way] = [(dict(e.names), e.checked, e.flags) for e in live] if len(live) > 1 else []
    for other in live[1:]:
        if other is first:
            continue
        for name, value in other.names.items():
            mine = first.names.get(name)
            if mine is None:
                first.names[name] = value
            elif mine is not value:
                first.names[name] = join(mine, value)
        first.checked = {
            label: both
            for label, safe in first.checked.items()
            if (both := safe & other.checked.get(label, Safe.NONE)) != Safe.NONE
        }
    if ways:
        first.flags = _flags(ways, first)
    return first
