"""All modules of one bundle together: which name means which function, class or outside library.

Canonical names of the project's own things hold a colon: `src.app:Runner.start`; a module as a value is `src.app:`.
Everything else is outside.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from scanner.code import ir
from scanner.code.walking import walk

_FOLLOW: Final = 8
CONSTRUCTORS: Final = ("__init__", "__post_init__", "__new__", "constructor")


@dataclass(frozen=True, slots=True, eq=False)
class Routine:
    """A function in its module."""

    module: ir.Module
    function: ir.Function

    @property
    def ref(self) -> str:
        return f"{self.module.name}:{self.function.qualname}"


def is_of_class(function: ir.Function) -> bool:
    """Whether the receiver of a method is the class."""
    return any(isinstance(d, ir.Name) and d.id == "classmethod" for d in function.decorators)


Resolve = Callable[["Project", ir.Module, str], ir.Module | None]
"""How a language finds the module that an import names: project, importing module and name in, module out."""


TypeOf = Callable[["Project", ir.Module, ir.Expr | None], str | None]
"""How a declared type is read: project, module and type in, the canonical name of an instance out."""


class Project:
    """Built once from all lowered modules; read-only afterwards."""

    def __init__(self, modules: Iterable[ir.Module], resolve: Resolve) -> None:
        self.modules = tuple(modules)
        self.by_name = {m.name: m for m in self.modules}
        self._resolve = resolve
        self.routines: dict[str, Routine] = {}
        self._methods: dict[str, list[Routine]] | None = None
        self._reassigned: frozenset[str] | None = None
        self._field_types: dict[str, set[str]] | None = None
        self._subclasses: dict[str, list[str]] | None = None
        self.classes: dict[str, tuple[ir.Module, ir.Class]] = {}
        self._bindings: dict[str, dict[str, ir.Import]] = {}
        self._toplevel: dict[str, frozenset[str]] = {}
        self._targets: dict[tuple[str, str], ir.Module | None] = {}
        for module in self.modules:
            for function in module.functions:
                self.routines[f"{module.name}:{function.qualname}"] = Routine(module, function)
            for class_ in module.classes:
                self.classes[f"{module.name}:{class_.qualname}"] = (module, class_)
            self._bindings[module.name] = {i.local: i for i in module.imports if i.local and i.local != "*"}
            top = {f.name for f in module.functions if f.qualname == f.name}
            self._toplevel[module.name] = frozenset(top | {c.name for c in module.classes if c.qualname == c.name})

    def target(self, module: ir.Module, name: str) -> ir.Module | None:
        """The project module that `name` means in `module`, None when it is an outside package."""
        key = (module.name, name)
        if key not in self._targets:
            self._targets[key] = self._resolve(self, module, name)
        return self._targets[key]

    def lookup(self, module: ir.Module, name: str, depth: int = _FOLLOW) -> str | None:
        """The canonical name of a global of `module`: own function or class, or through imports. None: a variable."""
        if name in self._toplevel[module.name]:
            return f"{module.name}:{name}"
        local = dict(module.exports).get(name)
        if local is not None and local != name and depth > 0:
            return self.lookup(module, local, depth - 1)
        bound = self._bindings[module.name].get(name)
        if bound is not None:
            return self._imported(module, bound, depth - 1)
        for star in (i for i in module.imports if i.symbol == "*"):
            target = self.target(module, star.module)
            if target is not None and target is not module and depth > 0:
                found = self.lookup(target, name, depth - 1)
                if found is not None:
                    return found
        return None

    def _imported(self, module: ir.Module, bound: ir.Import, depth: int) -> str | None:
        if bound.symbol is None:
            target = self.target(module, bound.module)
            return f"{target.name}:" if target else bound.module
        target = self.target(module, f"{bound.module}.{bound.symbol}")
        if target is not None:
            return f"{target.name}:"
        target = self.target(module, bound.module)
        if target is None:
            return f"{bound.module}.{bound.symbol}"
        if depth <= 0 or target is module:
            return None
        found = self.lookup(target, bound.symbol, depth)
        return found or f"{target.name}:={bound.symbol}"

    def method(self, class_ref: str, name: str, depth: int = _FOLLOW) -> Routine | None:
        """A method by class and name, through base classes of the project."""
        found = self.routines.get(f"{class_ref}.{name}")
        if found is not None or depth == 0 or class_ref not in self.classes:
            return found
        for base in self.bases(class_ref):
            found = self.method(base, name, depth - 1)
            if found is not None:
                return found
        return None

    def only_method(self, name: str) -> Routine | None:
        """The method of this name when exactly one class of the project has it; for receivers of unknown type."""
        if self._methods is None:
            self._methods = {}
            for routine in self.routines.values():
                if routine.function.owner is not None:
                    self._methods.setdefault(routine.function.name, []).append(routine)
        found = self._methods.get(name, [])
        return found[0] if len(found) == 1 else None

    def routine(self, ref: str | None) -> Routine | None:
        """The function behind a canonical name: of a module, a class or an instance (`module:Class().method`)."""
        found = self.routines.get(ref or "")
        if found is None and ref is not None and "()." in ref:
            owner, _, name = ref.rpartition("().")
            found = self.method(owner, name)
        return found

    def methods_named(self, name: str) -> tuple[Routine, ...]:
        """Every method of this name."""
        self.only_method(name)
        return tuple((self._methods or {}).get(name, ()))

    def overriding(self, class_ref: str, name: str) -> tuple[str, ...]:
        """The project's classes below this one that have a method of this name of their own, by canonical name."""
        if self._subclasses is None:
            self._subclasses = {}
            for ref in self.classes:
                for base in self.bases(ref):
                    self._subclasses.setdefault(base, []).append(ref)
        found: dict[str, bool] = {}
        queue = list(self._subclasses.get(class_ref, ()))
        while queue:
            ref = queue.pop(0)
            if ref not in found:
                found[ref] = f"{ref}.{name}" in self.routines
                queue += self._subclasses.get(ref, ())
        return tuple(ref for ref, own in found.items() if own)

    def reassigned(self) -> frozenset[str]:
        """Names of the fields that code outside constructors assigns: their first value says nothing later."""
        if self._reassigned is None:
            found: set[str] = set()
            bodies: list[ir.Stmt] = [s for m in self.modules for s in m.body if not isinstance(s, ir.Define)]
            for routine in self.routines.values():
                outer, *inner = routine.function.qualname.split(".<locals>.")
                if len(inner) == (outer.rpartition(".")[2] in CONSTRUCTORS):
                    bodies += routine.function.body
            for node in walk(tuple(bodies)):
                if isinstance(node, ir.Assign):
                    found.update(t.name for t in node.targets if isinstance(t, ir.Attribute))
            self._reassigned = frozenset(found)
        return self._reassigned

    def field_types(self, type_of: TypeOf) -> dict[str, set[str]]:
        """The types that classes declare for their fields, by the fields' names, as `type_of` reads them."""
        if self._field_types is None:
            self._field_types = {}
            for module, class_ in self.classes.values():
                for statement in class_.body:
                    if not isinstance(statement, ir.Assign) or statement.annotation is None:
                        continue
                    type_ = type_of(self, module, statement.annotation)
                    for target in statement.targets:
                        if isinstance(target, ir.Name) and type_ is not None:
                            self._field_types.setdefault(target.id, set()).add(type_)
        return self._field_types

    def bases(self, class_ref: str) -> tuple[str, ...]:
        """Canonical names of the base classes, project ones and outside ones."""
        entry = self.classes.get(class_ref)
        if entry is None:
            return ()
        module, class_ = entry
        return tuple(filter(None, (self.dotted(module, b) for b in class_.bases)))

    def dotted(self, module: ir.Module, node: ir.Expr | None) -> str | None:
        """The canonical name of a plain `a.b.c` expression in a module's own scope."""
        if isinstance(node, ir.Name):
            return self.lookup(module, node.id) or node.id
        if isinstance(node, ir.Attribute):
            base = self.dotted(module, node.base)
            return None if base is None else self.member(base, node.name)
        if isinstance(node, ir.Subscript):
            return self.dotted(module, node.base)
        return None

    def member(self, base: str, name: str) -> str:
        if base.endswith(":"):
            module = self.by_name[base[:-1]]
            child = self.target(module, f"{module.name}.{name}")
            if child is not None:
                return f"{child.name}:"
            return self.lookup(module, name) or f"{base}={name}"
        return f"{base}.{name}"

    def class_field(self, class_ref: str, name: str, depth: int = _FOLLOW) -> tuple[ir.Module, ir.Assign] | None:
        """The assignment of a field in a class body (enum members, defaults), through project base classes."""
        entry = self.classes.get(class_ref)
        if entry is None or depth == 0:
            return None
        module, class_ = entry
        for statement in class_.body:
            if isinstance(statement, ir.Assign) and any(
                isinstance(t, ir.Name) and t.id == name for t in statement.targets
            ):
                return module, statement
        for base in self.bases(class_ref):
            found = self.class_field(base, name, depth - 1)
            if found is not None:
                return found
        return None
