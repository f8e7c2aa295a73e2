"""Expressions to values: names, fields, containers and strings. Calls are handed to `scanner.code.calls`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scanner.code import ir
from scanner.code.annotations import instance_of
from scanner.code.applying import Binding
from scanner.code.credentials import compared, environment, named_variable, picked, sliced
from scanner.code.guards import Guards
from scanner.code.lookups import chosen
from scanner.code.project import Routine
from scanner.code.safety import Safe
from scanner.code.state import MAX_DEPTH, Frame, TooDeepError
from scanner.code.storing import assign
from scanner.code.strings import binary, concat
from scanner.code.values import NOTHING, UNKNOWN, Taint, Value, adjust, join, project, sequence, union, without

_ONE = ("instance", "singleton")  # where a class keeps the one object that is made of it
Calls = Callable[["Evaluator", ir.Call], Value]


class Evaluator:
    """Evaluates expressions of one frame. `calls` is how a call is evaluated."""

    def __init__(self, frame: Frame, calls: Calls) -> None:
        self.frame = frame
        self.analysis = frame.analysis
        self.rules = frame.analysis.rules
        self.guards = Guards(self)
        self._calls = calls
        self._table: dict[type, Callable[[Any], Value]] = {
            ir.Const: lambda n: Value(const=n.value),
            ir.Name: lambda n: self.name(n.id),
            ir.Attribute: self._attribute,
            ir.Subscript: self._subscript,
            ir.Call: lambda n: self._calls(self, n),
            ir.Concat: lambda n: concat(self, n),
            ir.Binary: lambda n: binary(self, n),
            ir.Compare: self._compare,
            ir.Logic: self._logic,
            ir.Not: self._not,
            ir.Conditional: self._conditional,
            ir.Collection: self._collection,
            ir.Table: self._table_of,
            ir.Spread: lambda n: self.value(n.value),
            ir.Lambda: self._lambda,
            ir.Comprehension: self._comprehension,
            ir.Assigned: self._assigned,
            ir.Opaque: lambda n: Value(self.faint(*(self.value(p) for p in n.parts))),
        }

    def value(self, node: ir.Expr) -> Value:
        analysis = self.analysis
        analysis.depth += 1
        if analysis.depth > MAX_DEPTH:
            analysis.depth -= 1
            raise TooDeepError
        try:
            return self._table[type(node)](node)
        finally:
            analysis.depth -= 1

    def faint(self, *values: Value) -> Taint:
        """The taint of something computed from these values in a way that no check of it is a check of them."""
        return adjust(union(v.everything() for v in values), drops=Safe.FRESH)

    # --- names and fields ---------------------------------------------------------------------------------------

    def name(self, id_: str) -> Value:
        frame = self.frame
        found = frame.here().names.get(id_)
        if found is not None:
            return found
        captured = self._captured(id_)
        if captured is not None:
            return captured
        return self.outer(frame.module, id_)

    def outer(self, module: ir.Module, id_: str) -> Value:
        """A name of the module's own scope, an imported one, or one that the language provides."""
        ref = self.analysis.project.lookup(module, id_)
        if ref is not None:
            return self.canonical(ref)
        values = self.analysis.module_values(self.analysis, module)
        found = values.get(id_)
        if found is not None:
            return found
        return Value(ref=id_ if id_ in self.rules.globals else f"${id_}")

    def canonical(self, ref: str) -> Value:
        """The value behind a canonical name; `module:=name` is a variable of another module."""
        module_name, colon, symbol = ref.partition(":=")
        if not colon:
            return self._external(ref)
        module = self.analysis.project.by_name.get(module_name)
        if module is None or module is self.frame.module:
            return Value(ref=f"${symbol}")
        return self.analysis.module_values(self.analysis, module).get(symbol) or Value(ref=f"${symbol}")

    def _external(self, ref: str) -> Value:
        if ref in self.rules.whole_environment:
            return Value({("environ", "", ""): (Safe.FRESH, ())}, ref)
        if ref in self.rules.requests:
            return Value({("request", ref, ""): (Safe.FRESH, ())}, ref)
        return Value(ref=ref)

    def _captured(self, id_: str) -> Value | None:
        """A name of an enclosing function: its type as known there, its origins as a label for our caller."""
        frame = self.frame
        known = frame.free.get(id_)
        if known is not None:
            return known
        for outer in frame.outer:
            inner = self.analysis.captured.get(outer, {}).get(id_)
            if inner is not None:
                kept = dict(without(inner.everything(), "param", "free"))
                # Names are only unique within their function, so the label says whose it is.
                owner = outer.rpartition(".<locals>.")[0]
                kept[("free", f"{id_}@{owner}", "")] = (Safe.FRESH, ())
                value = Value(kept, inner.ref, inner.const)
                frame.free[id_] = value
                return value
        return None

    def _attribute(self, node: ir.Attribute) -> Value:
        base = self.value(node.base)
        return self.attribute(base, node.name, _spelled(node.base))

    def attribute(self, base: Value, name: str, spelled: str | None = None, *, called: bool = False) -> Value:
        """`base.name`. `spelled` is the last name of the base in the source, for a base of unknown type; `called`:
        it is a method about to be called, and the call decides what comes out.
        """
        found = self._of(base, name, spelled, called=called)
        for ref in base.others:
            found = join(found, self._of(replace(base, ref=ref, others=(), fields=None), name, spelled, called=called))
        return found

    def _of(self, base: Value, name: str, spelled: str | None, *, called: bool) -> Value:
        if base.fields is not None and name in base.fields:
            return base.fields[name]
        if name == "value" and base.const is not UNKNOWN:
            return base  # a member of an enumeration
        ref = base.ref or (f"${spelled}" if spelled else "$")
        taint = project(base.taint, name) if base.taint else base.taint
        if ":" in ref:
            own = self._own(ref, name, taint, base)
            if own is not None and not called and own.ref == f"{ref.removesuffix('()')}().{name}":
                return replace(own, fields={"__self__": base})
            if own is not None:
                return own
        if ref in self.rules.whole_environment:
            taint = {}
        elif taint and not called:
            taint = named_variable(self.frame, taint, name)
        full = self._external(f"{ref}.{name}")
        transform = self.rules.transforms.get(f"{ref}.{name}") if taint and not called else None
        if transform is not None:
            changed = {} if transform.clean else adjust(base.everything(), transform.adds, transform.drops)
            return Value(changed, transform.result or full.ref)
        return Value(union([taint, full.taint]), full.ref)

    def _own(self, ref: str, name: str, taint: Taint, base: Value) -> Value | None:
        """A member of something of the project: module, class or instance."""
        project_ = self.analysis.project
        if ref.endswith(":"):
            return self.canonical(project_.member(ref, name))
        class_ref = ref.removesuffix("()")
        if class_ref not in project_.classes:
            return None
        method = project_.method(class_ref, name)
        if method is not None:
            if any(
                isinstance(d, ir.Name) and d.id in ("property", "cached_property") for d in method.function.decorators
            ):
                return self._property(method, base)
            return Value(taint, f"{class_ref}().{name}")
        stored = self.stored(class_ref, name) if ref.endswith("()") else None
        declared = self._declared(class_ref, name)
        known = declared if stored is None else stored if declared is None else join(stored, declared)
        if known is None and not ref.endswith("()") and name.strip("_#").lower() in _ONE:
            return Value(ref=f"{class_ref}()")
        if known is None:
            outside = self._outside_base(class_ref) if ref.endswith("()") else None
            if outside is None:
                return None
            received = self._external(f"{outside}().{name}")
            return replace(received, taint=union([received.taint, taint]))
        return _with(known, taint)

    def _outside_base(self, class_ref: str, depth: int = 4) -> str | None:
        """The library class that a class of the project extends: what it does not define is that class's."""
        for base in self.analysis.project.bases(class_ref):
            if ":" not in base:
                return base
            found = self._outside_base(base, depth - 1) if depth else None
            if found is not None:
                return found
        return None

    def _property(self, method: Routine, receiver: Value) -> Value:
        summary = self.analysis.summarise(self.analysis, method, ())
        if summary is None:
            return Value(receiver.taint)
        node = ir.Call(method.function.line, ir.Name(method.function.line, method.function.name))
        return Binding(self.frame, node, method, {}, receiver).use(summary, None)

    def stored(self, class_ref: str, name: str) -> Value | None:
        """What the class's constructor leaves in a field, as far as it does not depend on a caller."""
        analysis = self.analysis
        if class_ref not in analysis.fields:
            analysis.fields[class_ref] = {}
            for constructor in ("__init__", "constructor", "__post_init__"):
                routine = analysis.project.method(class_ref, constructor)
                if routine is not None:
                    analysis.summarise(analysis, routine, ())
        for owner in (class_ref, *analysis.project.bases(class_ref)):
            value = analysis.fields.get(owner, {}).get(name)
            if value is not None:
                return value
        return None

    def _declared(self, class_ref: str, name: str) -> Value | None:
        project_of = self.analysis.project
        found = project_of.class_field(class_ref, name)
        if found is None:
            return None
        module, statement = found
        if isinstance(statement.value, ir.Const) and statement.annotation is None:
            return Value(const=statement.value.value)
        made = statement.value.callee if isinstance(statement.value, ir.Call) else statement.value
        ref = project_of.dotted(module, made) if module.language == "javascript" else None
        if ref is not None and (":" in ref or "." in ref):
            return Value(ref=f"{ref}()" if made is not statement.value else ref)
        if statement.annotation is not None:
            return Value(ref=self.annotated(module, statement.annotation))
        return None

    def annotated(self, module: ir.Module, annotation: ir.Expr | None) -> str | None:
        """The canonical name of an instance of a declared type; None when the type says nothing."""
        return instance_of(self.analysis.project, module, annotation)

    def _subscript(self, node: ir.Subscript) -> Value:
        base = self.value(node.base)
        index = self.value(node.index)
        key = index.const
        if base.fields is not None and isinstance(key, str) and key in base.fields:
            return base.fields[key]
        if base.items is not None and isinstance(key, int) and -len(base.items) <= key < len(base.items):
            return base.items[key]
        if base.ref in self.rules.whole_environment:
            return self.environment(node, index)
        if isinstance(node.index, ir.Opaque):
            # A slice: a few characters of a secret are how secrets are masked.
            return Value(sliced(node.index, self.faint(base)), None)
        if isinstance(key, str):
            return Value(named_variable(self.frame, project(base.everything(), key), key), None)
        entry = chosen(base, index)
        if entry is not None:
            return entry
        if base.fields is not None and not base.items:
            known = [v for v in base.fields.values() if v.ref is not None]
            return Value(self.faint(base, index), known[0].ref if len(known) == 1 else None)
        return Value(self.faint(base), None)

    def environment(self, node: ir.Call | ir.Subscript, name: Value) -> Value:
        """The value of one environment variable."""
        return environment(self.frame, node, name)

    # --- strings and operators ----------------------------------------------------------------------------------

    def _compare(self, node: ir.Compare) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if node.op in ("==", "!=") and left.const is not UNKNOWN and right.const is not UNKNOWN:
            return Value(const=(left.const == right.const) == (node.op == "=="))
        if node.op in ("==", "!="):
            compared(self.frame, node, left, right)
        if node.op in ("in", "not-in") and left.const is not UNKNOWN and right.items is not None:
            consts = [v.const for v in right.items]
            if UNKNOWN not in consts:
                return Value(const=(left.const in consts) == (node.op == "in"))
        return NOTHING

    def _logic(self, node: ir.Logic) -> Value:
        result = self.value(node.values[0])
        for other in node.values[1:]:
            result = join(result, self.value(other))
        return replace(result, const=UNKNOWN)

    def _not(self, node: ir.Not) -> Value:
        value = self.value(node.operand)
        return Value(const=not value.const) if isinstance(value.const, bool) else NOTHING

    def _conditional(self, node: ir.Conditional) -> Value:
        self.analysis.tick()
        test = self.value(node.test)
        if isinstance(test.const, bool):
            return self.value(node.then if test.const else node.other)
        frame = self.frame
        before = frame.here()
        frame.env = before.copy()
        self.guards.refine(node.test, truth=True)
        then = frame.here().seen(self.value(node.then))
        frame.env = before.copy()
        self.guards.refine(node.test, truth=False)
        other = frame.here().seen(self.value(node.other))
        frame.env = before
        return join(then, other)

    # --- containers ---------------------------------------------------------------------------------------------

    def _collection(self, node: ir.Collection) -> Value:
        items: list[Value] = []
        for item in node.items:
            value = self.value(item)
            if isinstance(item, ir.Spread):
                items.extend(value.items if value.items is not None else [Value(value.everything())])
            else:
                items.append(value)
        return sequence(items)

    def _table_of(self, node: ir.Table) -> Value:
        fields: dict[str, Value] = {}
        loose = []
        for key, node_value in node.entries:
            value = self.value(node_value)
            name = self.value(key) if key is not None else None
            if name is not None and isinstance(name.const, str):
                fields[name.const] = value
            elif name is None and value.fields is not None:
                fields.update(value.fields)
                loose.append(value.taint)
            else:
                loose.append(value.everything())
                if name is not None:
                    loose.append(name.everything())
        return Value(union(loose), None, fields=fields)

    def _lambda(self, node: ir.Lambda) -> Value:
        ref = f"{self.frame.module.name}:{node.function.qualname}"
        self.capture(ref)
        return Value(ref=ref)

    def capture(self, ref: str) -> None:
        """Lets a nested function see the names of this one, as they are now."""
        if self.frame.routine is not None:
            self.analysis.captured[ref] = self.frame.here().names

    def _comprehension(self, node: ir.Comprehension) -> Value:
        self.analysis.tick()
        frame = self.frame
        before = frame.here()
        frame.env = before.copy()
        for target, iterable in node.bindings:
            self.assign(target, self.element(self.value(iterable)))
        for condition in node.conditions:
            self.value(condition)
            self.guards.refine(condition, truth=True)
        element = frame.here().seen(self.value(node.element))
        frame.env = before
        return Value(picked(node, union([element.everything()])), None)

    def element(self, value: Value) -> Value:
        """One element of what is iterated over."""
        if value.items:
            result = value.items[0]
            for other in value.items[1:]:
                result = join(result, other)
            return replace(result, taint=union([result.taint, value.taint])) if value.taint else result
        return Value(value.everything())

    def _assigned(self, node: ir.Assigned) -> Value:
        value = self.value(node.value)
        self.assign(node.target, value)
        return value

    def assign(self, target: ir.Expr, value: Value) -> None:
        """Binds a target: a name, a field of the receiver, an entry of a container, or a pattern of these."""
        assign(self, target, value)


def _with(value: Value, taint: Taint, depth: int = 2) -> Value:
    """A field as the constructor leaves it, with what callers may have put there since."""
    if not taint:
        return value
    fields = value.fields
    if depth and fields is not None:
        fields = {name: _with(inner, project(taint, name), depth - 1) for name, inner in fields.items()}
    return replace(value, taint=union([value.taint, taint]), fields=fields)


def _spelled(node: ir.Expr) -> str | None:
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute):
        return node.name
    return None
