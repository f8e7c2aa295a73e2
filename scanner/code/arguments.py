"""The arguments of a call: evaluated, and given to the parameters of the function that is called."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from scanner.code import ir
from scanner.code.evaluate import Evaluator
from scanner.code.project import Project, Routine
from scanner.code.settings import asked_about, is_own
from scanner.code.state import Hint, Hints
from scanner.code.values import Taint, Value, project, sequence, union


@dataclass(slots=True)
class Arguments:
    """The arguments of one call, evaluated."""

    args: tuple[Value, ...]
    keywords: dict[str, Value]
    rest: Taint
    receiver: Value | None

    def all(self) -> tuple[Value, ...]:
        return (*self.args, *self.keywords.values())


def arguments_of(evaluator: Evaluator, node: ir.Call, receiver: Value | None) -> Arguments:
    env = evaluator.frame.here()
    args: list[Value] = []
    rest: list[Taint] = []
    for arg in node.args:
        value = env.seen(evaluator.value(arg))
        if isinstance(arg, ir.Spread):
            if value.items is not None:
                args.extend(value.items)
            else:
                rest.append(value.everything())
        else:
            args.append(value)
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = env.seen(evaluator.value(keyword.value))
        if keyword.name is not None:
            keywords[keyword.name] = value
        elif value.fields is not None:
            keywords.update(value.fields)
        if keyword.name is None:
            rest.append(value.taint)
    last = args[-1] if args and evaluator.frame.module.language == "javascript" else None
    if last is not None and last.fields and "shell" in last.fields:
        # Options that were put together before the call say the same as those that are written in it.
        keywords.setdefault("shell", last.fields["shell"])
    return Arguments(tuple(args), keywords, union(rest), receiver)


def hints_of(
    project_: Project, routine: Routine, bound: Mapping[int, Value], receiver: Value, own: Collection[int] = ()
) -> Hints:
    """What the summary may depend on: constants, and types that the function does not declare itself."""
    hints: list[Hint | None] = []
    for at, param in enumerate(routine.function.params):
        value = bound.get(at)
        if value is None:
            default = param.default
            hints.append(
                ("const", default.value)
                if isinstance(default, ir.Const) and not isinstance(default.value, bytes)
                else None
            )
        elif isinstance(value.const, (bool, str, type(None))) and not (
            isinstance(value.const, str) and len(value.const) > 40
        ):
            hints.append(("const", value.const))
        else:
            ref = value.ref if value.ref is not None and not value.ref.startswith("$") else None
            if ref is not None and param.annotation is not None and ":" not in ref:
                ref = None
            if at in asked_about(routine.function) and is_own(value, own):
                hints.append(("own", ref))
            else:
                hints.append(("ref", ref) if ref is not None else None)
    type_ = _narrower(project_, routine, receiver)
    if type_ is not None:
        hints.append(("ref", type_))
    return tuple(hints) if any(h is not None for h in hints) else ()


def _narrower(project_: Project, routine: Routine, receiver: Value) -> str | None:
    """The receiver's class where it is another one than the one that declares the method."""
    owner = routine.function.owner
    ref = receiver.ref or ""
    if owner is None or ":" not in ref or ref.removesuffix("()") == f"{routine.module.name}:{owner}":
        return None
    return ref if ref.removesuffix("()") in project_.classes else None


def bind(routine: Routine, arguments: Arguments) -> dict[int, Value]:
    params = routine.function.params
    bound: dict[int, Value] = {}
    left = list(arguments.args)
    keywords = dict(arguments.keywords)
    for at, param in enumerate(params):
        if param.kind == "rest":
            if left:
                bound[at] = sequence(left)
                left = []
        elif param.kind == "rest-keyword":
            if keywords:
                bound[at] = Value(fields=dict(keywords))
        elif param.kind == "plain" and left:
            bound[at] = left.pop(0)
        elif param.name in keywords:
            bound[at] = keywords.pop(param.name)
        elif arguments.rest:
            bound[at] = Value(project(arguments.rest, param.name))
    return bound
