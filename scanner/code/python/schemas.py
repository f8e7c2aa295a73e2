"""Types of tool inputs: from signatures, `Annotated`, `Field`, pydantic models and JSON schemas written in code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeGuard

from scanner.code import ir
from scanner.code.guards import pattern_proves
from scanner.code.project import Project
from scanner.code.safety import Safe
from scanner.code.values import UNKNOWN, Value
from trust.facts import Param

_TYPES: Final = {
    "str": "string", "int": "integer", "float": "number", "bool": "boolean", "bytes": "string", "list": "array",
    "tuple": "array", "set": "array", "dict": "object", "Any": "any", "List": "array", "Dict": "object",
    "Sequence": "array",
    "Mapping": "object", "Iterable": "array", "UUID": "string", "datetime": "string", "date": "string",
    "Path": "string",
    "Decimal": "number", "NoneType": "null", "object": "any",
    "constr": "string", "conint": "integer", "PositiveInt": "integer", "NonNegativeInt": "integer",
    "EmailStr": "string",
    "HttpUrl": "string", "AnyUrl": "string", "StrictStr": "string", "StrictInt": "integer", "StrictBool": "boolean",
    "FilePath": "string", "DirectoryPath": "string", "TypedDict": "object", "SecretStr": "string",
}  # fmt: skip
_WORDS: Final = ("integer", "number", "boolean", "null")
_CLOSED: Final = ("UUID", "datetime", "date", "UUID4")
_BOUNDS: Final = (
    "pattern", "regex", "max_length", "ge", "le", "gt", "lt", "maxLength", "minimum", "maximum", "enum", "const",
    "multiple_of", "maxItems", "max_items", "exclusiveMinimum", "exclusiveMaximum", "format",
)  # fmt: skip
_DEPTH: Final = 4
_WRAPPERS: Final = ("Optional", "Annotated", "Required", "NotRequired", "Final", "ClassVar")
_UNIONS: Final = ("Union",)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a declared type admits. `fields` are those of a model."""

    type: str = "unknown"
    description: str = ""
    bounded: bool = False
    enum: tuple[str, ...] = ()
    safe: Safe = Safe.NONE
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    required: bool = True
    hidden: bool = False

    def param(self, name: str) -> Param:
        return Param(name, self.type, self.description, self.required, self.bounded or bool(self.enum), self.enum)


def shape_of(project: Project, module: ir.Module, annotation: ir.Expr | None, depth: int = _DEPTH) -> Shape:
    """The shape of a declared type; `unknown` when nothing is declared or it cannot be resolved."""
    if annotation is None or depth == 0:
        return Shape()
    if isinstance(annotation, ir.Const):
        return Shape("null", safe=Safe.WORDS) if annotation.value is None else Shape()
    if isinstance(annotation, ir.Binary) and annotation.op == "|":
        return _either(
            shape_of(project, module, annotation.left, depth), shape_of(project, module, annotation.right, depth)
        )
    if isinstance(annotation, ir.Subscript):
        return _generic(project, module, annotation, depth)
    if isinstance(annotation, ir.Call):
        name = (project.dotted(module, annotation.callee) or "").rpartition(".")[2]
        return _bound(Shape(_TYPES.get(name, "unknown")), annotation)
    ref = project.dotted(module, annotation) or ""
    if ref in project.classes:
        return _own_class(project, ref, depth)
    alias = _alias(project, ref, depth)
    if alias is None and isinstance(annotation, ir.Name) and annotation.id not in _TYPES:
        alias = _named(project, module, annotation.id, depth)
    if alias is not None:
        return alias
    name = ref.rpartition(".")[2].rpartition(":")[2]
    type_ = _TYPES.get(name, "unknown")
    return Shape(type_, safe=Safe.WORDS if type_ in _WORDS or name in _CLOSED else Safe.NONE)


def param_shape(project: Project, module: ir.Module, param: ir.Param) -> Shape:
    """The shape of one parameter, with what its default value adds (`= Field(..., max_length=9)`)."""
    shape = shape_of(project, module, param.annotation)
    default = param.default
    if isinstance(default, ir.Call):
        name = (project.dotted(module, default.callee) or "").rpartition(".")[2]
        if name in ("Field", "Param", "Query", "Body", "Path", "Parameter"):
            return replace(_bound(shape, default), required=_requires(default))
        return replace(shape, required=False, hidden=name in ("Depends", "CurrentContext", "Security"))
    if param.annotation is None and isinstance(default, ir.Const):
        shape = _literal(default)
    return replace(shape, required=default is None)


def _literal(default: ir.Const) -> Shape:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return Shape(kinds.get(type(default.value), "unknown"))


def _requires(call: ir.Call) -> bool:
    first = call.args[0] if call.args else next((k.value for k in call.keywords if k.name == "default"), None)
    factory = any(k.name == "default_factory" for k in call.keywords)
    return not factory and (first is None or isinstance(first, ir.Opaque))


def _alias(project: Project, ref: str, depth: int) -> Shape | None:
    """A type given a name at module level: `Name = Annotated[str, Field(...)]`."""
    module_name, colon, symbol = ref.partition(":=")
    if not colon:
        return None
    module = project.by_name.get(module_name)
    return None if module is None else _named(project, module, symbol, depth)


def _named(project: Project, module: ir.Module, symbol: str, depth: int) -> Shape | None:
    """The shape of a type that is given this name in the module, or once in one of its functions."""
    value = next((s.value for s in module.body if _names(s, symbol)), None)
    if value is None:
        inside = [s.value for f in _functions(module.body) for s in f.body if _names(s, symbol)]
        value = inside[0] if len(inside) == 1 else None
    return None if value is None else shape_of(project, module, value, depth - 1)


def _names(statement: ir.Stmt, symbol: str) -> TypeGuard[ir.Assign]:
    return isinstance(statement, ir.Assign) and any(
        isinstance(t, ir.Name) and t.id == symbol for t in statement.targets
    )


def _functions(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Function]:
    for statement in body:
        if isinstance(statement, ir.Define) and isinstance(statement.what, ir.Function):
            yield statement.what


def _either(one: Shape, two: Shape) -> Shape:
    if one.type == "null":
        return replace(two, required=False)
    if two.type == "null":
        return replace(one, required=False)
    same = one.type if one.type == two.type else "any"
    return Shape(same, one.description, one.bounded and two.bounded, one.enum + two.enum, one.safe & two.safe)


def _generic(project: Project, module: ir.Module, node: ir.Subscript, depth: int) -> Shape:
    name = (project.dotted(module, node.base) or "").rpartition(".")[2]
    parts = node.index.items if isinstance(node.index, ir.Collection) else (node.index,)
    if name == "Literal":
        values = tuple(str(p.value) for p in parts if isinstance(p, ir.Const))
        return Shape("string", bounded=True, enum=values, safe=Safe.WORDS)
    if name in _UNIONS:
        shapes = [shape_of(project, module, p, depth - 1) for p in parts]
        result = shapes[0] if shapes else Shape()
        for shape in shapes[1:]:
            result = _either(result, shape)
        return result
    if name in _WRAPPERS:
        shape = shape_of(project, module, parts[0], depth - 1) if parts else Shape()
        for extra in parts[1:]:
            if isinstance(extra, ir.Call):
                shape = _bound(shape, extra)
            elif isinstance(extra, ir.Const) and isinstance(extra.value, str):
                shape = replace(shape, description=extra.value)
        return replace(shape, required=False) if name == "Optional" else shape
    inner = shape_of(project, module, parts[0], depth - 1) if parts else Shape()
    type_ = _TYPES.get(name, "unknown")
    return Shape(type_, safe=inner.safe if type_ == "array" else Safe.NONE)


def _bound(shape: Shape, call: ir.Call) -> Shape:
    """What `Field(...)` adds to a type."""
    for keyword in call.keywords:
        value = keyword.value.value if isinstance(keyword.value, ir.Const) else None
        if keyword.name == "description" and isinstance(value, str):
            shape = replace(shape, description=value)
        elif keyword.name == "description" and isinstance(keyword.value, ir.Concat):
            pieces = (str(p.value) for p in keyword.value.parts if isinstance(p, ir.Const))
            shape = replace(shape, description="".join(pieces))
        elif keyword.name in ("pattern", "regex") and isinstance(value, str):
            shape = replace(shape, bounded=True, safe=shape.safe | pattern_proves(value))
        elif keyword.name in _BOUNDS:
            shape = replace(shape, bounded=True)
    return shape


def _own_class(project: Project, ref: str, depth: int) -> Shape:
    """An enumeration of the project closes the set of values; a model has fields."""
    bases = _all_bases(project, ref)
    module, class_ = project.classes[ref]
    assigned = [s for s in class_.body if isinstance(s, ir.Assign)]
    if any(b.rpartition(".")[2].endswith("Enum") for b in bases):
        values = tuple(str(s.value.value) for s in assigned if isinstance(s.value, ir.Const))
        return Shape("string", bounded=True, enum=values, safe=Safe.WORDS)
    fields: dict[str, Shape] = {}
    for base in bases:
        if base in project.classes:
            fields.update(_own_class(project, base, depth - 1).fields if depth > 1 else {})
    for statement in assigned:
        target = statement.targets[0]
        if statement.annotation is None or not isinstance(target, ir.Name):
            continue
        default = None if isinstance(statement.value, ir.Opaque) else statement.value
        param = ir.Param(target.id, statement.line, statement.annotation, default)
        fields[target.id] = param_shape(project, module, param) if depth > 1 else Shape()
    return Shape("object", fields=fields)


def _all_bases(project: Project, ref: str, depth: int = _DEPTH) -> tuple[str, ...]:
    direct = project.bases(ref)
    if depth == 0:
        return direct
    return (*direct, *(b for d in direct for b in _all_bases(project, d, depth - 1)))


def json_shape(project: Project, schema: Value) -> Shape:
    """The shape of a JSON schema that was written as a dictionary, or made from a model of the project."""
    if schema.ref is not None and schema.ref.endswith((".model_json_schema()", ".schema()")):
        model = schema.ref.rpartition(".")[0].removesuffix("()")
        return _own_class(project, model, _DEPTH) if model in project.classes else Shape("object")
    fields = schema.fields
    if fields is None:
        return Shape("object")
    properties = fields.get("properties")
    required = fields.get("required")
    needed = {v.const for v in required.items} if required is not None and required.items is not None else set()
    inner: dict[str, Shape] = {}
    if properties is not None and properties.fields is not None:
        for name, value in properties.fields.items():
            inner[name] = replace(json_shape(project, value), required=name in needed)
    type_ = fields["type"].text() if "type" in fields else None
    enum = fields.get("enum")
    values = tuple(str(v.const) for v in enum.items if v.const is not UNKNOWN) if enum and enum.items else ()
    safe = Safe.WORDS if values or type_ in _WORDS else Safe.NONE
    pattern = fields["pattern"].text() if "pattern" in fields else None
    if pattern is not None:
        safe |= pattern_proves(pattern)
    description = fields["description"].text() if "description" in fields else None
    bounded = any(b in fields for b in _BOUNDS)
    return Shape(type_ or ("object" if inner else "unknown"), description or "", bounded, values, safe, inner)


def typed(root: int, shape: Shape, path: str = "") -> dict[tuple[int, str], Safe]:
    """What a shape excludes, by parameter and field path."""
    result = {(root, path): shape.safe} if shape.safe else {}
    for name, inner in shape.fields.items():
        result.update(typed(root, inner, f"{path}.{name}"))
    return result
