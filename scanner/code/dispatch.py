"""Which functions a call may mean when the code does not name one: tables of handlers, names put together, methods of
base classes, receivers of unknown type.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.annotations import instance_of
from scanner.code.evaluate import Evaluator
from scanner.code.handing import OF_TEXTS
from scanner.code.project import Routine
from scanner.code.values import MAX_OTHERS, Value, sequence

_DISTINCTIVE: Final = 7
"""Shorter method names (`get`, `query`, `handle`) are too common to say whose they are."""
_KIND: Final = 4
"""Shorter names of receivers (`db`, `api`) say too little about their class."""
_GIVES: Final = frozenset({"resolve", "get", "inject", "getInstance", "resolveSync", "getService"})
_ORDINARY: Final = frozenset({
    "close", "commit", "connect", "cursor", "delete", "fetch", "fetchall", "fetchone", "get", "insert", "json", "list",
    "load", "loads", "open", "post", "put", "query", "read", "remove", "rollback", "save", "search", "send", "set",
    "start", "stop", "submit", "text", "wait", "write", "acquire", "release", "exists", "mkdir", "resolve",
})  # fmt: skip
"""Method names of files, clients and databases: on a receiver of unknown type they are most likely those."""
_PUBLIC: Final = r"[a-zA-Z]\w*"
_KEPT: Final = re.compile(r"\.(?:lifespan_context|state|lifespan_state)\.")
"""Where frameworks keep what the server put there itself."""
_DATABASE: Final = re.compile(r"conn|cur|db|session|engine|sql|pool|tx|transaction|driver", re.IGNORECASE)


def any_of(refs: Iterable[str]) -> Value | None:
    """A function that is one of these."""
    known = list(dict.fromkeys(refs))[: MAX_OTHERS + 1]
    return Value(ref=known[0], others=tuple(known[1:])) if known else None


def does_nothing(function: ir.Function) -> bool:
    """Whether a method is only there to be written by the classes below."""
    return all(
        isinstance(s, ir.Raise)
        or (isinstance(s, ir.Return) and (s.value is None or isinstance(s.value, (ir.Const, ir.Name))))
        for s in function.body
    )


def below(evaluator: Evaluator, class_ref: str, name: str, method: Routine | None) -> Value | None:
    """The methods of the classes below, where the class itself leaves the method to them."""
    if method is not None and not does_nothing(method.function):
        return None
    return any_of(f"{ref}().{name}" for ref in evaluator.analysis.project.overriding(class_ref, name))


def inherited(evaluator: Evaluator, node: ir.Call) -> tuple[Value, Value] | None:
    """Receiver and method of `super().method(...)`."""
    callee, routine = node.callee, evaluator.frame.routine
    if not (isinstance(callee, ir.Attribute) and isinstance(callee.base, ir.Call) and routine is not None):
        return None
    above, function = callee.base.callee, routine.function
    if not (isinstance(above, ir.Name) and above.id == "super") or function.owner is None or function.receiver is None:
        return None
    project = evaluator.analysis.project
    receiver = evaluator.value(ir.Name(node.line, function.receiver))
    for base in project.bases(f"{routine.module.name}:{function.owner}"):
        if ":" not in base:
            return receiver, Value(ref=f"{base}().{callee.name}")
        method = project.method(base, callee.name)
        if method is not None and method.function.owner is not None:
            # The method as the base class has it, whatever the receiver's own class makes of its name.
            return receiver, Value(ref=f"{method.module.name}:{method.function.owner}().{callee.name}")
    return None


def by_name(evaluator: Evaluator, node: ir.Call, ref: str) -> tuple[Value, bool] | None:
    """The project's methods of the name that is called on a receiver of unknown type, and whether that is sure."""
    callee = node.callee
    if not isinstance(callee, ir.Attribute) or not (ref.startswith("$") or _KEPT.search(ref)):
        return None
    name, rules = callee.name, evaluator.rules
    python = evaluator.frame.module.language == "python"
    known = rules.sinks.get(ref) is not None or rules.transforms.get(ref) is not None
    spelled = callee.base.id if isinstance(callee.base, ir.Name) else getattr(callee.base, "name", "")
    if known and not (python and name == "execute" and not _DATABASE.search(str(spelled))):
        return None
    typed = _by_field(evaluator, str(spelled), name) if python else None
    if typed is not None:
        return typed, True
    if not python:
        only = evaluator.analysis.project.only_method(name) if len(name) >= _DISTINCTIVE else None
        found = _of_its_kind(evaluator, spelled, name) if only is None else [only]
        if only is None and len(found) == 1:
            return Value(ref=f"{found[0].module.name}:{found[0].function.owner}().{name}"), True
    else:
        if name in OF_TEXTS or name in _ORDINARY or name.startswith("__") or spelled == name:
            return None
        found = [r for r in evaluator.analysis.project.methods_named(name) if r.function.body]
        found = [r for r in found if not does_nothing(r.function)]
    if not found or len(found) > MAX_OTHERS // 4:
        return None
    sure = len(found) == 1 and len(name) >= _DISTINCTIVE
    if not sure and not _related(evaluator, found):
        return None
    value = any_of(f"{r.module.name}:{r.function.owner}().{name}" for r in found)
    return None if value is None else (value, sure)


def _by_field(evaluator: Evaluator, field: str, method: str) -> Value | None:
    """The method of the class that every field of this name holds: `context.store.add` where a record has a `store`."""
    analysis = evaluator.analysis
    kinds = analysis.project.field_types(instance_of).get(field, set()) | {
        value.ref for fields in analysis.fields.values() if (value := fields.get(field)) is not None and value.ref
    }
    if len(kinds) != 1:
        return None
    ref = next(iter(kinds))
    found = analysis.project.method(ref.removesuffix("()"), method) if ":" in ref else None
    return None if found is None else Value(ref=f"{ref.removesuffix('()')}().{method}")


def members(evaluator: Evaluator, _: ir.Call, arguments: tuple[Value, ...]) -> Value | None:
    """`inspect.getmembers(module)` and its kin: names and functions of one of the project's modules, in order."""
    ref = arguments[0].ref or ""
    module = evaluator.analysis.project.by_name.get(ref[:-1]) if ref.endswith(":") else None
    if module is None:
        return None
    own = (f for f in module.functions if f.qualname == f.name and not f.name.startswith("_"))
    return sequence(Value(items=(Value(const=f.name), Value(ref=f"{ref}{f.name}"))) for f in own)


def _related(evaluator: Evaluator, methods: list[Routine]) -> bool:
    """Whether the methods are one kind of thing written several times: their classes share a base class."""
    bases = evaluator.analysis.project.bases
    kinds = [set(bases(f"{m.module.name}:{m.function.owner}")) - {"object", "abc.ABC"} for m in methods]
    return len(methods) > 1 and bool(set.intersection(*kinds))


def _of_its_kind(evaluator: Evaluator, spelled: str, name: str) -> list[Routine]:
    """`provider.push()`: the method of the classes that are called after what the receiver is (`GitProvider`)."""
    kind = spelled.partition("~")[0].strip("_#").lower()
    if len(kind) < _KIND:
        return []
    named = evaluator.analysis.project.methods_named(name)
    found = [r for r in named if (r.function.owner or "").partition("~")[0].lower().endswith(kind) and r.function.body]
    return [r for r in found if not does_nothing(r.function)]


def contained(evaluator: Evaluator, node: ir.Call, arguments: tuple[Value, ...]) -> Value | None:
    """`container.resolve(Service)`: an instance of a class of the project, out of a container."""
    asked = node.callee.name if isinstance(node.callee, ir.Attribute) else getattr(node.callee, "id", "")
    ref = arguments[0].ref if arguments else None
    if asked in _GIVES and ref is not None and ref in evaluator.analysis.project.classes:
        return Value(ref=f"{ref}()")
    return None


def member(evaluator: Evaluator, node: ir.Call, arguments: tuple[Value, ...]) -> Value | None:
    """`getattr(x, name)`: by the name when it is known, else every member that the fixed parts of it fit."""
    if len(arguments) < 2:
        return None
    base, name = arguments[0], arguments[1].text()
    if name is not None:
        return evaluator.attribute(base, name, called=True)
    ref = base.ref or ""
    if ":" not in ref:
        return None
    parts = node.args[1].parts if isinstance(node.args[1], ir.Concat) else ()
    fits = re.compile("".join(_fits(evaluator, p) for p in parts) or _PUBLIC)
    refs = []
    for owner in _owners(evaluator, ref):
        prefix = owner if owner.endswith(":") else f"{owner}."
        for known in evaluator.analysis.project.routines:
            own = known[len(prefix) :] if known.startswith(prefix) else ""
            if own and "." not in own and fits.fullmatch(own):
                refs.append(known if owner.endswith(":") else f"{owner}().{own}")
    found = any_of(refs)
    return None if found is None else replace(found, fields={"__self__": base})


def _fits(evaluator: Evaluator, part: ir.Expr) -> str:
    text = evaluator.value(part).text()
    return ".+" if text is None else re.escape(text)


def _owners(evaluator: Evaluator, ref: str) -> list[str]:
    if ref.endswith(":"):
        return [ref]
    found = [ref.removesuffix("()")]
    for owner in found:
        found += [b for b in evaluator.analysis.project.bases(owner) if ":" in b and b not in found]
    return found
