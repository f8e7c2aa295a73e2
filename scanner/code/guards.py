"""What a test proves about origins, on the way where it holds and on the way where it does not.

A check counts only for what it was made on: a check of part of an input proves nothing about the whole, a check of a
path before it was resolved proves nothing about the place it leads to, and a prefix check without a closing separator
also lets the neighbour folder through.
"""

from typing import Final, Protocol

from scanner.code import ir
from scanner.code.addresses import ADDRESSES, answer_refused, found_public, listed, lists_ranges
from scanner.code.dashes import asked_about
from scanner.code.folders import (
    RELATIVE,
    SEPARATORS,
    begins_with_dots,
    ends_with_separator,
    held,
    note,
    seen_from,
)
from scanner.code.patterns import pattern_proves as pattern_proves
from scanner.code.proofs import all_of, any_of, foreign, gains, meet, names_host, names_in, spelled
from scanner.code.rules import Check
from scanner.code.safety import Safe
from scanner.code.secret_names import words
from scanner.code.settings import is_asked_for
from scanner.code.state import Frame
from scanner.code.values import UNKNOWN, Env, Label, Taint, Value
from scanner.code.walking import walk

_MEMBERSHIP: Final = {"in": True, "not-in": False}
_EQUALITY: Final = {"==": True, "!=": False, "is": True, "is-not": False}
_ENDINGS: Final = ("path.extname()", "Path().suffix")
_SCHEME_ENDINGS: Final = (".protocol", ".scheme")
_SCHEMES: Final = ("protocol", "scheme")
_WEB: Final = frozenset({"http", "https"})
_NUMBERS: Final = ("int", "float", "bool", "number", "uuid.UUID", "psycopg.sql.Composable", "psycopg2.sql.Composable")
_TESTS: Final = 12
_FOLDERS: Final = frozenset({
    "base", "root", "roots", "allowed", "dir", "dirs", "directory", "directories", "folder", "folders", "workspace",
    "parent", "home", "path", "sandbox", "vault", "permitted",
})  # fmt: skip


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
        self._assume(frame.env, test, truth=truth)
        for label, safe in self.proves(test, truth=truth).items():
            frame.env.check(label, safe)

    def _assume(self, env: Env, test: ir.Expr, *, truth: bool) -> None:
        """Variables that the test asks about as they are."""
        if isinstance(test, ir.Not):
            self._assume(env, test.operand, truth=not truth)
        elif isinstance(test, ir.Name):
            env.assume(test.id, truth=truth)
        elif isinstance(test, ir.Logic) and (test.op == "and") == truth:
            for value in test.values:
                self._assume(env, value, truth=truth)

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
            asked = test.callee.base if isinstance(test.callee, ir.Attribute) else test.callee
            return any(self.chosen_by_caller(a) for a in (*test.args, *(k.value for k in test.keywords), asked))
        taint = self._evaluator.value(test).everything()
        own = self._evaluator.frame.own
        return any(
            kind in ("free", "request", "network") or (kind == "param" and root != -1 and root not in own)
            for kind, root, _ in taint
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
        if isinstance(test, ir.Conditional):
            return any_of([self.proves(way, truth=truth) for way in (test.then, test.other)])
        return self._plain(test, truth=truth)

    def _logic(self, test: ir.Logic, *, truth: bool) -> dict[Label, Safe]:
        parts = [(v, self.proves(v, truth=truth)) for v in test.values]
        if (test.op == "and") == truth:
            more = self._no_range(test) if not truth and listed(test) else self._no_web(test, truth=truth)
            return all_of([*(proved for _, proved in parts), more])
        # A way out that only the operator's settings open is not one that callers have.
        ways = [proved for v, proved in parts if proved or self.chosen_by_caller(v)]
        proved = any_of(ways)
        if len(ways) < len(parts) and not truth and is_asked_for(test):
            return {label: Safe.OPTIONAL if safe & Safe.PLACES else safe for label, safe in proved.items()}
        return proved

    def _no_range(self, test: ir.Logic) -> dict[Label, Safe]:
        """None of the private ranges that the test lists begins the host."""
        taints = [self._evaluator.value(n).everything() for n in walk(test.values) if isinstance(n, ir.Name)]
        return found_public(taints)

    def _no_web(self, test: ir.Logic, *, truth: bool) -> dict[Label, Safe]:
        """The scheme is neither http nor https: nothing is contacted."""
        asked = [c for c in test.values if isinstance(c, ir.Compare) and c.op == ("!=" if truth else "==")]
        schemes = [c for c in asked if getattr(c.left, "name", "") in _SCHEMES and isinstance(c.right, ir.Const)]
        if {str(c.right.value).rstrip(":") for c in schemes if isinstance(c.right, ir.Const)} < _WEB:
            return {}
        subjects = [c.left.base for c in schemes if isinstance(c.left, ir.Attribute)]
        return all_of(gains(self._evaluator.value(s).everything(), Safe.URL, Safe.NONE, s) for s in subjects)

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
            return gains(inputs, Safe.WORDS, Safe.FAITHFUL, test)
        return {}

    # --- comparisons --------------------------------------------------------------------------------------------

    def _comparison(self, test: ir.Compare, *, truth: bool) -> dict[Label, Safe]:
        value = self._evaluator.value
        if test.op in _MEMBERSHIP:
            holds = _MEMBERSHIP[test.op] == truth
            return self._membership(test, value(test.left), value(test.right), holds=holds)
        if test.op in _EQUALITY:
            left, right = value(test.left), value(test.right)
            holds = _EQUALITY[test.op] == truth
            if isinstance(right.const, bool) and isinstance(test.left, ir.Call):
                return self.proves(test.left, truth=right.const == holds)
            if not holds:
                dashed = asked_about(test)
                option = Safe.OPTION if dashed is not None else Safe.NONE
                return gains(value(dashed or test).everything(), option, Safe.FAITHFUL, dashed)
            path = seen_from(test, left, right, value)
            if path is not None:
                return self._held(path.everything(), test.line)
            if foreign(right):
                return self._equal_to(left, test.left, right)
            if foreign(left):
                return self._equal_to(right, test.right, left)
            apart = not left.everything().keys() & right.everything().keys()
            if apart and isinstance(test.right, ir.Name) and _FOLDERS & set(words(test.right.id)):
                # The folder came in as a parameter too: being it is being inside.
                return self._held(left.everything(), test.line, test.left)
        return {}

    def _held(self, taint: Taint, line: int, subject: ir.Expr | None = None) -> dict[Label, Safe]:
        """The path was found inside a folder."""
        note(self._evaluator.frame, line, taint, "order")
        return held(taint, subject)

    def _equal_to(self, value: Value, node: ir.Expr, other: Value) -> dict[Label, Safe]:
        if self._is_host(value):
            return gains(value.everything(), Safe.URL, Safe.NONE)
        if value.ref is not None and value.ref.endswith(_SCHEME_ENDINGS):
            return self._web(value, other)
        if value.ref is not None and value.ref.endswith(".range()") and other.const == "unicast":
            return found_public([value.everything()], self._evaluator.frame.marks)
        if value.ref is not None and value.ref.endswith(".parent"):
            return self._held(value.everything(), node.line)
        if value.ref is not None and value.ref.endswith(_ENDINGS):
            return gains(value.everything(), Safe.KIND, Safe.NONE)
        return gains(value.everything(), Safe.WORDS | Safe.INSIDE, Safe.FAITHFUL, node)

    def _membership(self, test: ir.Compare, left: Value, right: Value, *, holds: bool) -> dict[Label, Safe]:
        if holds and right.ref is not None and right.ref.endswith(".parents"):
            return self._held(right.everything(), test.line)
        if isinstance(left.const, str) and right.taint:
            if holds:
                return {}
            proved = {"..": Safe.NO_DOTS, "/": Safe.NOT_ABSOLUTE | Safe.NO_DOTS, "\\": Safe.NONE}.get(left.const)
            return gains(right.everything(), proved, Safe.FAITHFUL, test.right) if proved else {}
        if not holds:
            outside = left.ref in ADDRESSES and foreign(right)
            return found_public([left.everything()]) if outside else {}
        if not foreign(right):
            return {}
        return self._equal_to(left, test.left, right)

    def _web(self, scheme: Value, wanted: Value) -> dict[Label, Safe]:
        """The scheme of an address is one of the web's, or one out of a list kept elsewhere."""
        texts = [wanted.const] if wanted.items is None else [v.const for v in wanted.items]
        if not all(t is UNKNOWN or (isinstance(t, str) and t.rstrip(":/") in _WEB) for t in texts):
            return {}
        return gains(scheme.everything(), Safe.WEB, Safe.NONE)

    def _is_host(self, value: Value) -> bool:
        rules = self._evaluator.frame.analysis.rules
        return value.ref is not None and rules.hosts.get(value.ref) is not None

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, test: ir.Call, *, truth: bool) -> dict[Label, Safe]:
        evaluator = self._evaluator
        dashed = None if truth else asked_about(test)
        if dashed is not None:
            return gains(evaluator.value(dashed).everything(), Safe.OPTION, Safe.FAITHFUL, dashed)
        callee = evaluator.value(test.callee)
        ref = callee.ref or ""
        if ref in ("any", "all", "bool", "callable") and len(test.args) == 1:
            return self._quantified(test.args[0], truth=truth)
        if ref == "isinstance" and len(test.args) == 2:
            kinds = evaluator.value(test.args[1])
            names = [kinds.ref] if kinds.items is None else [v.ref for v in kinds.items]
            if truth and all(n in _NUMBERS for n in names):
                return gains(evaluator.value(test.args[0]).everything(), Safe.WORDS, Safe.FAITHFUL, test.args[0])
            return {}
        if isinstance(test.callee, ir.Attribute) and test.callee.name in ("startswith", "startsWith"):
            return self._prefix(test.callee.base, test, truth=truth)
        ends = isinstance(test.callee, ir.Attribute) and test.callee.name in ("endswith", "endsWith")
        if ends and isinstance(test.callee, ir.Attribute) and truth and test.args:
            host = evaluator.value(test.callee.base)
            return gains(host.everything(), Safe.URL, Safe.NONE) if self._ends_host(host, test.args[0]) else {}
        if ":" in ref:
            return self._own_predicate(test, truth=truth)
        base = test.callee.base if isinstance(test.callee, ir.Attribute) else None
        return self._predicate(ref, test.args, base, truth=truth)

    def _ends_host(self, host: Value, ending: ir.Expr) -> bool:
        """A host that ends with a dot and the rest of a name belongs to whoever has that name."""
        given = self._evaluator.value(ending)
        texts = [given.const] if given.items is None else [v.const for v in given.items]
        return self._is_host(host) and all(isinstance(t, str) and t.startswith(".") and "." in t[2:] for t in texts)

    def _quantified(self, inner: ir.Expr, *, truth: bool) -> dict[Label, Safe]:
        if not isinstance(inner, ir.Comprehension):
            return self.proves(inner, truth=truth)
        frame = self._evaluator.frame
        before = frame.here()
        frame.env = before.copy()
        for target, iterable in inner.bindings:
            value = self._evaluator.value(iterable)
            if not truth and lists_ranges(v.const for v in value.items or ()):
                taints = [self._evaluator.value(n).everything() for n in walk(inner.element) if isinstance(n, ir.Name)]
                frame.env = before
                return found_public(taints)
            if isinstance(target, ir.Name) and value.items and len(inner.bindings) == 1:
                # Known alternatives: only what each of them proves holds.
                ways = []
                for item in value.items:
                    frame.env.names[target.id] = item
                    ways.append(self.proves(inner.element, truth=truth))
                frame.env = before
                return meet(ways)
            element = Value(value.everything())
            for name in names_in(target):
                frame.env.names[name] = element
        proved = self.proves(inner.element, truth=truth)
        frame.env = before
        for target, iterable in inner.bindings:
            # What holds of each element holds of the list.
            if isinstance(target, ir.Name) and isinstance(iterable, ir.Name) and ("name", target.id, "") in proved:
                proved[("name", iterable.id, "")] = proved.pop(("name", target.id, ""))
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
        if node is None:
            return {}
        taint = evaluator.value(node).everything()
        if check.proves == Safe.PATH and check.needs == Safe.RESOLVED:
            return self._held(taint, node.line, node)
        return gains(taint, check.proves, check.needs, node)

    def _prefix(self, subject: ir.Expr, test: ir.Call, *, truth: bool) -> dict[Label, Safe]:
        if not test.args:
            return {}
        prefix = self._evaluator.value(test.args[0])
        held_in = self._evaluator.value(subject)
        taint = held_in.everything()
        texts = [prefix.const] if prefix.items is None else [v.const for v in prefix.items]
        if not truth:
            if held_in.ref in RELATIVE and begins_with_dots(texts):
                return self._held(taint, test.line)
            safe = Safe.NONE
            if "-" in texts:
                safe |= Safe.OPTION
            if any(t in SEPARATORS for t in texts):
                safe |= Safe.NOT_ABSOLUTE
            return gains(taint, safe, Safe.FAITHFUL, subject)
        known = [t for t in texts if isinstance(t, str)]
        if known and len(known) == len(texts) and all(names_host(t) for t in known):
            return gains(taint, Safe.URL, Safe.FAITHFUL, subject)
        if known and len(known) == len(texts) and all(t in ("http://", "https://") for t in known):
            return gains(taint, Safe.WEB, Safe.FAITHFUL, subject)
        rooted = bool(known) and len(known) == len(texts) and all(t.startswith("/") for t in known)
        if known and len(known) == len(texts) and (not rooted or any(t in SEPARATORS for t in known)):
            return {}  # every absolute path begins with a separator, which names no folder
        closed = all(t.endswith("/") for t in known) if known else self._closed(test.args[0])
        if closed:
            return self._held(taint, test.line, subject)
        if rooted or _FOLDERS & set(words(spelled(test.args[0]))):
            note(self._evaluator.frame, test.line, taint, "unclosed")
        return {}

    def _closed(self, prefix: ir.Expr) -> bool:
        if isinstance(prefix, ir.Name):
            made = self._evaluator.frame.tests.get(prefix.id)
            if isinstance(made, ir.Conditional) and ends_with_separator(made, self._evaluator.value):
                return True
        return ends_with_separator(prefix, self._evaluator.value)

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
        if pattern is None and len(args) == 1 and base is not None and value(args[0]).text() is not None:
            pattern, subject = value(args[0]), base
        if pattern is None or subject is None:
            return {}
        if not isinstance(pattern.const, str):
            # A list of allowed addresses that the operator keeps elsewhere.
            return gains(value(subject).everything(), Safe.URL, Safe.FAITHFUL, subject) if foreign(pattern) else {}
        return gains(value(subject).everything(), pattern_proves(pattern.const), Safe.FAITHFUL, subject)

    def _own_predicate(self, test: ir.Call, *, truth: bool) -> dict[Label, Safe]:
        """A function of the project used as a test: what its true result proves, for the arguments given here."""
        frame = self._evaluator.frame
        key = id(test)
        found = frame.predicates.get(key)
        if found is None:
            self._evaluator.value(test)
            found = frame.predicates.get(key)
        proved = dict(found) if truth and found is not None else {}
        judged = frame.judged.get(key)
        refused = answer_refused(spelled(test.callee))
        if judged and refused is not None and refused is not truth:
            proved = all_of([proved, judged, self._same(judged, test.args)])
        return proved

    def _same(self, judged: dict[Label, Safe], args: tuple[ir.Expr, ...]) -> dict[Label, Safe]:
        """The variables that were judged as they are."""
        safe = min(judged.values(), key=int)
        return {("name", a.id, ""): safe for a in args if isinstance(a, ir.Name)}
