"""Texts and annotations as the code writes them: through constants, enum members, and functions that make them."""

from collections.abc import Mapping
from typing import Final

from scanner.code import ir
from scanner.code.project import Project
from scanner.code.walking import walk
from trust.facts import Annotations

HINTS: Final = {
    "readOnlyHint": "read_only", "destructiveHint": "destructive", "idempotentHint": "idempotent",
    "openWorldHint": "open_world",
    "read_only_hint": "read_only", "destructive_hint": "destructive", "idempotent_hint": "idempotent",
    "open_world_hint": "open_world",
}  # fmt: skip
_DEPTH: Final = 8
_STRIPS: Final = ("strip", "lstrip", "rstrip")
Bound = Mapping[str, ir.Expr]


def text_of(project: Project, module: ir.Module, node: ir.Expr | None, depth: int = _DEPTH) -> str:  # noqa: PLR0911  (one case per kind of node)
    """The string that an expression is; empty when it is not known. Parts of a built string that vary are left out."""
    if node is None or depth == 0:
        return ""
    if isinstance(node, ir.Const):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ir.Concat):
        return "".join(text_of(project, module, part, depth - 1) for part in node.parts)
    if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute):
        if node.callee.name in _STRIPS:
            return text_of(project, module, node.callee.base, depth - 1)
        if node.callee.name in ("dedent", "cleandoc"):
            return text_of(project, module, node.args[0] if node.args else None, depth - 1)
    if isinstance(node, ir.Attribute) and node.name == "value":
        return text_of(project, module, node.base, depth - 1)
    found = written(project, module, node)
    if found is None:
        return ""
    where, value = found
    if isinstance(node, ir.Attribute) and isinstance(value, ir.Call) and "auto" in _name(value.callee):
        return node.name.lower()
    return text_of(project, where, value, depth - 1)


def written(project: Project, module: ir.Module, node: ir.Expr | None) -> tuple[ir.Module, ir.Expr] | None:
    """What a constant of a module or a member of a class was set to, and where."""
    if not isinstance(node, ir.Name | ir.Attribute):
        return None
    ref = project.dotted(module, node) or ""
    owner, mark, name = ref.rpartition(":=")
    if mark and owner in project.by_name:
        value = _assigned(project.by_name[owner], name)
        return None if value is None else (project.by_name[owner], value)
    if isinstance(node, ir.Name):
        value = _assigned(module, node.id)
        return None if value is None else (module, value)
    class_ref, _, member = ref.rpartition(".")
    field = project.class_field(class_ref, member)
    return None if field is None else (field[0], field[1].value)


def _assigned(module: ir.Module, name: str) -> ir.Expr | None:
    found = [
        s.value
        for s in module.body
        if isinstance(s, ir.Assign) and any(isinstance(t, ir.Name) and t.id == name for t in s.targets)
    ]
    return found[0] if len(found) == 1 else None


def _name(node: ir.Expr) -> str:
    return node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""


def annotations_of(project: Project, module: ir.Module, node: ir.Expr | None) -> Annotations | None:
    """The hints of `ToolAnnotations(...)`, a dictionary, a constant, or a function that returns one of them."""
    said = _hints(project, module, node, {}, _DEPTH)
    return None if said is None else Annotations(**said)


def _hints(
    project: Project, module: ir.Module, node: ir.Expr | None, bound: Bound, depth: int
) -> dict[str, bool] | None:
    if node is None or depth == 0:
        return None
    if isinstance(node, ir.Table):
        pairs: list[tuple[object, ir.Expr]] = [
            (k.value if isinstance(k, ir.Const) else None, v) for k, v in node.entries
        ]
        return _pairs(project, module, pairs, bound, depth)
    if isinstance(node, ir.Call):
        routine = project.routines.get(project.dotted(module, node.callee) or "")
        if routine is None:
            return _pairs(project, module, [(k.name, k.value) for k in node.keywords], bound, depth)
        given = _bind(routine.function, node)
        for part in walk(routine.function.body):
            if isinstance(part, ir.Return) and part.value is not None:
                said = _hints(project, routine.module, part.value, given, depth - 1)
                if said is not None:
                    return said
        return None
    if isinstance(node, ir.Name) and node.id in bound:
        return _hints(project, module, bound[node.id], {}, depth - 1)
    found = written(project, module, node)
    return None if found is None else _hints(project, *found, {}, depth - 1)


def _pairs(
    project: Project, module: ir.Module, pairs: list[tuple[object, ir.Expr]], bound: Bound, depth: int
) -> dict[str, bool]:
    said: dict[str, bool] = {}
    for name, value in pairs:
        if name is None:
            said.update(_hints(project, module, value, bound, depth - 1) or {})
        elif isinstance(name, str) and name in HINTS:
            known = bound.get(value.id, value) if isinstance(value, ir.Name) else value
            found = written(project, module, known)
            known = found[1] if found is not None else known
            if isinstance(known, ir.Const) and isinstance(known.value, bool):
                said[HINTS[name]] = known.value
    return said


def mounted(project: Project) -> Mapping[str, str]:
    """Canonical names of servers that others mount under a prefix, `main.mount(jira, namespace="jira")`, with it."""
    found: dict[str, str] = {}
    for module in project.modules:
        for node in walk(module.body):
            if not (isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute)):
                continue
            if node.callee.name not in ("mount", "import_server"):
                continue
            named = {k.name: k.value for k in node.keywords}
            values = [*node.args, *(named[k] for k in ("server", "prefix", "namespace") if k in named)]
            servers = [v for v in values if isinstance(v, ir.Name)]
            prefix = next((t for v in values if (t := text_of(project, module, v))), "")
            if prefix.replace("-", "_").isidentifier():
                found.update((variable(project, module, server), prefix) for server in servers)
    return found


def variable(project: Project, module: ir.Module, node: ir.Expr) -> str:
    """The canonical name of a module's variable, the same wherever it is imported."""
    ref = project.dotted(module, node) or ""
    return ref if ":" in ref else f"{module.name}:={ref}"


def _bind(function: ir.Function, call: ir.Call) -> Bound:
    bound = {p.name: p.default for p in function.params if p.default is not None}
    plain = [p.name for p in function.params if p.kind == "plain"]
    bound.update(zip(plain, call.args, strict=False))
    bound.update((k.name, k.value) for k in call.keywords if k.name)
    return bound
