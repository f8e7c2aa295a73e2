"""What a test proves about origins, on the way where it holds and on the way where it does not.

A check counts only for what it was made on: a check of part of an input proves nothing about the whole, a check of a
path before it was resolved proves nothing about the place it leads to, and a prefix check without a closing separator
also lets the neighbour folder through.
"""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from scanner.code import ir
from scanner.code.patterns import pattern_proves as pattern_proves
from scanner.code.rules import Check, Safe
from scanner.code.secret_names import words
from scanner.code.state import Frame
from scanner.code.values import Env, Label, Taint, Value, only

_MEMBERSHIP: Final = {"in": True, "not-in": False}
_EQUALITY: Final = {"==": True, "!=": False, "is": True, "is-not": False}
_SEPARATORS: Final = ("/", "\\")
_NUMBERS: Final = ("int", "float", "bool", "number", "uuid.UUID")
_TESTS: Final = 12
_FOLDERS: Final = frozenset({"base", "root", "allowed", "dir", "directory", "folder", "workspace", "parent", "home"})


class Evaluates(Protocol):
    frame: Frame

    def value(self, node: ir.Expr) -> Value: ...


class Guards:
    """Refines the environment of a frame by a test. Expressions are evaluated without recording anything twice."""

    def __init__(self, evaluator: Evaluates) -> None:
        self._evaluator = evaluator
        self._depth = 0

    def refine(self, test: ir.Expr, *, truth: bool) -> None:
        """Adds to the current environment what `test` proves when its outcome is `truth`."""
        frame = self._evaluator.frame
        if frame.env is None:
            return
        for label, safe in self.proves(test, truth=truth).items():
            frame.env.check(label, safe)

    def proves(self, test: ir.Expr, *, truth: bool) -> dict[Label, Safe]:
        """The bits that each origin gains when the outcome of `test` is `truth`."""
        if self._depth > _TESTS:
            return {}
        self._depth += 1
        try:
            return self._proves(test, truth=truth)
        finally:
            self._depth -= 1

    def chosen_by_caller(self, test: ir.Expr) -> bool:
        """Whether a caller's input has a say in the outcome; a setting of the operator is none."""
        if isinstance(test, ir.Not):
            return self.chosen_by_caller(test.operand)
        if isinstance(test, ir.Logic):
            return any(self.chosen_by_caller(v) for v in test.values)
        if isinstance(test, ir.Compare):
            return self.chosen_by_caller(test.left) or self.chosen_by_caller(test.right)
        if isinstance(test, ir.Const):
            return False
        if isinstance(test, ir.Call):
            return any(self.chosen_by_caller(a) for a in (*test.args, *(k.value for k in test.keywords), test.callee))
        taint = self._evaluator.value(test).everything()
        return any(
            kind in ("free", "request", "network") or (kind == "param" and root != -1) for kind, root, _ in taint
        )

    def _proves(self, test: ir.Expr, *, truth: bool) -> dict[Label, Safe]:
        if isinstance(test, ir.Not):
            return self.proves(test.operand, truth=not truth)
        if isinstance(test, ir.Assigned):
            return self.proves(test.value, truth=truth)
        if isinstance(test, ir.Logic):
            return self._logic(test, truth=truth)
        if isinstance(test, ir.Compare):
            return self._comparison(test, truth=truth)
        if isinstance(test, ir.Call):
            return self._call(test, truth=truth)
        return self._plain(test, truth=truth)

    def _logic(self, test: ir.Logic, *, truth: bool) -> dict[Label, Safe]:
        parts = [(v, self.proves(v, truth=truth)) for v in test.values]
        if (test.op == "and") == truth:
            return _all_of(proved for _, proved in parts)
        # A way out that only the operator's settings open is not one that callers have.
        return _any_of([proved for v, proved in parts if proved or self.chosen_by_caller(v)])

    def _plain(self, test: ir.Expr, *, truth: bool) -> dict[Label, Safe]:
        """A name, a field or an entry used as a test."""
        if isinstance(test, ir.Name):
            named = self._evaluator.frame.tests.get(test.id)
            if named is not None:
                return self.proves(named, truth=truth)
        if isinstance(test, ir.Attribute):
            proved = self._predicate(self._evaluator.value(test).ref, (), test.base, truth=truth)
            if proved:
                return proved
        if not truth and isinstance(test, (ir.Name, ir.Attribute, ir.Subscript)):
            # An empty or absent input does no harm.
            taint = self._evaluator.value(test).everything()
            inputs = {label: mark for label, mark in taint.items() if label[1] != -1}
            return _proved(inputs, Safe.WORDS, Safe.FAITHFUL, test)
        return {}

    # --- comparisons --------------------------------------------------------------------------------------------

    def _comparison(self, test: ir.Compare, *, truth: bool) -> dict[Label, Safe]:
        value = self._evaluator.value
        if test.op in _MEMBERSHIP:
            holds = _MEMBERSHIP[test.op] == truth
            return self._membership(test, value(test.left), value(test.right), holds=holds)
        if test.op in _EQUALITY:
            left, right = value(test.left), value(test.right)
            common = _common_path(test.left) or _common_path(test.right)
            holds = _EQUALITY[test.op] == truth
            if isinstance(right.const, bool) and isinstance(test.left, ir.Call):
                return self.proves(test.left, truth=right.const == holds)
            if not holds:
                return {}
            if common is not None:
                return _proved(value(common).everything(), Safe.PATH, Safe.RESOLVED)
            if _foreign(right):
                return self._equal_to(left, test.left)
            if _foreign(left):
                return self._equal_to(right, test.right)
            if isinstance(test.right, ir.Name) and _FOLDERS & set(words(test.right.id)):
                # The folder came in as a parameter too: being it is being inside.
                return _proved(left.everything(), Safe.PATH, Safe.RESOLVED, test.left)
        return {}

    def _equal_to(self, value: Value, node: ir.Expr) -> dict[Label, Safe]:
        if self._is_host(value):
            return _proved(value.everything(), Safe.URL, Safe.NONE)
        if value.ref is not None and value.ref.endswith(".parent"):
            return _proved(value.everything(), Safe.PATH, Safe.RESOLVED)
        return _proved(value.everything(), Safe.WORDS | Safe.INSIDE, Safe.FAITHFUL, node)

    def _membership(self, test: ir.Compare, left: Value, right: Value, *, holds: bool) -> dict[Label, Safe]:
        if isinstance(left.const, str) and right.taint:
            if holds:
                return {}
            proved = {"..": Safe.NO_DOTS, "/": Safe.NOT_ABSOLUTE | Safe.NO_DOTS, "\\": Safe.NONE}.get(left.const)
            return _proved(right.everything(), proved, Safe.FAITHFUL, test.right) if proved else {}
        if not holds:
            return {}
        if right.ref is not None and right.ref.endswith(".parents"):
            return _proved(right.everything(), Safe.PATH, Safe.RESOLVED)
        if not _foreign(right):
            return {}
        return self._equal_to(left, test.left)

    def _is_host(self, value: Value) -> bool:
        rules = self._evaluator.frame.analysis.rules
        return value.ref is not None and rules.hosts.get(value.ref) is not None

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, test: ir.Call, *, truth: bool) -> dict[Label, Safe]:
        evaluator = self._evaluator
        callee = evaluator.value(test.callee)
        ref = callee.ref or ""
        if ref in ("any", "all", "bool", "callable") and len(test.args) == 1:
            return self._quantified(test.args[0], truth=truth)
        if ref == "isinstance" and len(test.args) == 2:
            kinds = evaluator.value(test.args[1])
            names = [kinds.ref] if kinds.items is None else [v.ref for v in kinds.items]
            if truth and all(n in _NUMBERS for n in names):
                return _proved(evaluator.value(test.args[0]).everything(), Safe.WORDS, Safe.FAITHFUL, test.args[0])
            return {}
        if isinstance(test.callee, ir.Attribute) and test.callee.name in ("startswith", "startsWith"):
            return self._prefix(test.callee.base, test, truth=truth)
        if ":" in ref:
            return self._own_predicate(test, truth=truth)
        base = test.callee.base if isinstance(test.callee, ir.Attribute) else None
        return self._predicate(ref, test.args, base, truth=truth)

    def _quantified(self, inner: ir.Expr, *, truth: bool) -> dict[Label, Safe]:
        if not isinstance(inner, ir.Comprehension):
            return self.proves(inner, truth=truth)
        frame = self._evaluator.frame
        before = frame.here()
        frame.env = before.copy()
        for target, iterable in inner.bindings:
            value = self._evaluator.value(iterable)
            if isinstance(target, ir.Name) and value.items and len(inner.bindings) == 1:
                # Known alternatives: only what each of them proves holds.
                ways = []
                for item in value.items:
                    frame.env.names[target.id] = item
                    ways.append(self.proves(inner.element, truth=truth))
                frame.env = before
                return meet(ways)
            element = Value(value.everything())
            for name in _names(target):
                frame.env.names[name] = element
        proved = self.proves(inner.element, truth=truth)
        frame.env = before
        return proved

    def _predicate(
        self, ref: str | None, args: tuple[ir.Expr, ...], base: ir.Expr | None, *, truth: bool
    ) -> dict[Label, Safe]:
        evaluator = self._evaluator
        check: Check | None = evaluator.frame.analysis.rules.checks.get(ref or "")
        if check is None or check.when != truth:
            return {}
        if check.subject == "receiver":
            node = base
        elif check.subject == "pattern":
            return self._pattern(args, base)
        else:
            at = int(check.subject)
            node = args[at] if at < len(args) else None
        return {} if node is None else _proved(evaluator.value(node).everything(), check.proves, check.needs, node)

    def _prefix(self, subject: ir.Expr, test: ir.Call, *, truth: bool) -> dict[Label, Safe]:
        if not test.args:
            return {}
        prefix = self._evaluator.value(test.args[0])
        taint = self._evaluator.value(subject).everything()
        texts = [prefix.const] if prefix.items is None else [v.const for v in prefix.items]
        if not truth:
            safe = Safe.NONE
            if "-" in texts:
                safe |= Safe.OPTION
            if any(t in _SEPARATORS for t in texts):
                safe |= Safe.NOT_ABSOLUTE
            return _proved(taint, safe, Safe.FAITHFUL, subject)
        known = [t for t in texts if isinstance(t, str)]
        if known and len(known) == len(texts) and all(_names_host(t) for t in known):
            return _proved(taint, Safe.URL, Safe.FAITHFUL, subject)
        if known and len(known) == len(texts) and not all(t.startswith("/") and t.endswith("/") for t in known):
            return {}
        closed = bool(known) or _ends_with_separator(test.args[0], self._evaluator.value)
        return _proved(taint, Safe.PATH, Safe.RESOLVED, subject) if closed else {}

    def _pattern(self, args: tuple[ir.Expr, ...], base: ir.Expr | None) -> dict[Label, Safe]:
        """`re.match(pattern, x)`, `PATTERN.fullmatch(x)`, `/pattern/.test(x)`: what the characters allowed exclude."""
        value = self._evaluator.value
        method = value(base) if base is not None else None
        compiled = method.fields.get("pattern") if method is not None and method.fields else None
        if compiled is None and method is not None and isinstance(method.const, str):
            compiled = method
        pattern, subject = (compiled, args[0]) if compiled is not None and args else (None, None)
        if pattern is None and len(args) >= 2:
            pattern, subject = value(args[0]), args[1]
        if pattern is None or subject is None:
            return {}
        if not isinstance(pattern.const, str):
            # A list of allowed addresses that the operator keeps elsewhere.
            return _proved(value(subject).everything(), Safe.URL, Safe.FAITHFUL, subject) if _foreign(pattern) else {}
        return _proved(value(subject).everything(), pattern_proves(pattern.const), Safe.FAITHFUL, subject)

    def _own_predicate(self, test: ir.Call, *, truth: bool) -> dict[Label, Safe]:
        """A function of the project used as a test: what its true result proves, for the arguments given here."""
        frame = self._evaluator.frame
        key = id(test)
        found = frame.predicates.get(key)
        if found is None:
            self._evaluator.value(test)
            found = frame.predicates.get(key)
        return dict(found) if truth and found is not None else {}


Evaluate = Callable[[ir.Expr], Value]


def _proved(taint: Taint, safe: Safe, needs: Safe, subject: ir.Expr | None = None) -> dict[Label, Safe]:
    """The labels whose history allows the check to count. A variable that is tested itself gains the bits whatever
    part of the input it holds.
    """
    if not safe:
        return {}
    proved = {label: safe for label, (mask, _) in taint.items() if mask & needs == needs}
    if needs & Safe.RESOLVED and safe & Safe.PATH:
        # Whether a parameter arrives resolved is for the caller to know.
        late = {label: Safe.INSIDE for label, (mask, _) in taint.items() if mask & Safe.FRESH == Safe.FRESH}
        proved = {**late, **proved}
    own = needs & ~Safe.FAITHFUL
    if isinstance(subject, ir.Name) and taint and all(mask & own == own for mask, _ in taint.values()):
        proved[("name", subject.id, "")] = safe
    return proved


def _foreign(value: Value) -> bool:
    """Whether no caller can have chosen the value; a literal text is a place to search in, not a list."""
    return not only(value.everything(), "param", "free", "request", "network")


def _all_of(parts: Iterable[dict[Label, Safe]]) -> dict[Label, Safe]:
    result: dict[Label, Safe] = {}
    for part in parts:
        for label, safe in part.items():
            result[label] = result.get(label, Safe.NONE) | safe
    return result


def _any_of(parts: list[dict[Label, Safe]]) -> dict[Label, Safe]:
    result = dict(parts[0]) if parts else {}
    for part in parts[1:]:
        result = {label: safe & part[label] for label, safe in result.items() if label in part}
    return {label: safe for label, safe in result.items() if safe}


def meet(exits: Iterable[dict[Label, Safe]]) -> dict[Label, Safe]:
    """What holds at every one of these exits."""
    return _any_of(list(exits))


def _common_path(node: ir.Expr) -> ir.Expr | None:
    """The call in `os.path.commonpath([base, path]) == base`, also inside `str()` or `Path()`."""
    if not isinstance(node, ir.Call):
        return None
    name = node.callee.name if isinstance(node.callee, ir.Attribute) else getattr(node.callee, "id", "")
    if name == "commonpath":
        return node
    return _common_path(node.args[0]) if name in ("str", "Path") and node.args else None


def _ends_with_separator(node: ir.Expr, value: Evaluate) -> bool:
    """Whether a prefix is closed: `base + os.sep`, `f"{base}/"`, `os.path.join(base, "")`."""
    last: ir.Expr | None = None
    if isinstance(node, ir.Concat):
        last = node.parts[-1]
    elif isinstance(node, ir.Binary) and node.op == "+":
        last = node.right
    elif isinstance(node, ir.Call) and node.args and isinstance(node.callee, ir.Attribute):
        if node.callee.name == "join":
            last = node.args[-1]
            return isinstance(last, ir.Const) and last.value == ""
        return False
    if last is None:
        return False
    found = value(last)
    if isinstance(found.const, str):
        return found.const.endswith(_SEPARATORS)
    return found.ref in ("os.sep", "os.path.sep", "path.sep", "os.altsep")


def _names_host(prefix: str) -> bool:
    scheme, found, rest = prefix.partition("://")
    return bool(found) and scheme in ("http", "https") and "/" in rest and not rest.startswith("/")


def _names(target: ir.Expr) -> Iterable[str]:
    if isinstance(target, ir.Name):
        yield target.id
    elif isinstance(target, ir.Collection):
        for item in target.items:
            yield from _names(item)


def checks_of(env: Env | None) -> dict[Label, Safe]:
    return dict(env.checked) if env is not None else {}
