"""Tool inputs from zod and JSON Schema (also TypeBox and valibot, which look alike), as the shared `Param`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from scanner.code import ir
from scanner.code.javascript.index import Scope
from scanner.code.javascript.reading import Reader, Thing
from trust.facts import Annotations, Param

CONVERTERS = frozenset(
    {"zodToJsonSchema", "toJSONSchema", "toJsonSchema", "jsonSchema", "asSchema", "zodToJson", "convertToJsonSchema"}
)
PLAIN_TYPES = {
    "string": "string", "number": "number", "bigint": "integer", "int": "integer", "boolean": "boolean",
    "date": "string",
    "array": "array", "tuple": "array", "set": "array", "object": "object", "strictObject": "object",
    "looseObject": "object",
    "record": "object", "map": "object", "any": "any", "unknown": "any", "enum": "string", "nativeEnum": "string",
    "literal": "string", "url": "string", "email": "string", "uuid": "string", "guid": "string", "null": "null",
    "iso": "string",
    "Type.String": "string", "Type.Number": "number", "Type.Integer": "integer", "Type.Boolean": "boolean",
    "Type.Array": "array",
    "Type.Object": "object", "picklist": "string", "ipv4": "string", "ipv6": "string", "cuid": "string",
    "nanoid": "string",
    "stringbool": "boolean", "custom": "any", "union": "unknown", "discriminatedUnion": "object", "String": "string",
    "Number": "number", "Integer": "integer", "Boolean": "boolean", "Array": "array", "Object": "object",
    "datetime": "string",
}  # fmt: skip
BOUNDING = frozenset(
    [
        "max",
        "length",
        "min",
        "regex",
        "uuid",
        "guid",
        "cuid",
        "cuid2",
        "nanoid",
        "ulid",
        "url",
        "email",
        "datetime",
        "date",
        "ip",
        "ipv4",
        "ipv6",
        "cidr",
        "base64",
        "gte",
        "lte",
        "gt",
        "lt",
        "positive",
        "negative",
        "nonnegative",
        "nonpositive",
        "int",
        "multipleOf",
        "safe",
        "enum",
        "literal",
        "nativeEnum",
        "picklist",
        "startsWith",
        "endsWith",
        "includes",
        "refine",
        "superRefine",
        "size",
        "finite",
        "strictObject",
        "stringbool",
    ]
)
NARROWING = frozenset(
    [
        "regex",
        "uuid",
        "guid",
        "cuid",
        "cuid2",
        "nanoid",
        "ulid",
        "datetime",
        "date",
        "ip",
        "ipv4",
        "ipv6",
        "enum",
        "literal",
        "nativeEnum",
        "picklist",
    ]
)
OPTIONAL = frozenset({"optional", "default", "nullish", "catch", "prefault"})
WRAPPING = frozenset({"array", "preprocess", "optional", "nullable", "lazy", "pipe"})
JSON_BOUNDS = frozenset(
    {"enum", "const", "pattern", "maximum", "minimum", "maxLength", "minLength", "format", "maxItems", "multipleOf"}
)
SHAPE_KEYS = frozenset(
    {
        "inputSchema",
        "parameters",
        "schema",
        "argsSchema",
        "paramsSchema",
        "argsShape",
        "input",
        "paramsShape",
        "input_schema",
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter with what the flow analysis wants to know. `narrow`: a value cannot carry free text.

    `pattern` is the regular expression it must match, if any; `refined` are functions that must say yes to it.
    """

    param: Param
    narrow: bool = False
    pattern: str | None = None
    refined: tuple[Scope, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """One schema expression taken apart: the constructor's name, its arguments, and the methods chained after it."""

    kind: str
    args: tuple[ir.Expr, ...]
    scope: Scope
    methods: tuple[tuple[str, tuple[ir.Expr, ...]], ...] = field(default=())


class Schemas:
    """Reads schemas through the names that lead to them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def fields(self, node: ir.Expr | None, scope: Scope) -> tuple[Field, ...] | None:
        """The inputs of a tool from its schema expression; None when it cannot be read."""
        thing = self.reader.resolve(node, scope)
        if thing is None:
            return None
        if isinstance(thing.node, ir.Call):
            return self._from_call(thing.node, thing.scope)
        if isinstance(thing.node, ir.Attribute) and thing.node.name in {"shape", "schema", "inputSchema", "_def"}:
            return self.fields(thing.node.base, thing.scope)
        table = self.reader.table(node, scope)
        if table is None:
            return None
        return self._json_schema(table) if _is_json_schema(table, self.reader) else self._shape(table)

    def annotations(self, node: ir.Expr | None, scope: Scope) -> Annotations | None:
        """The tool annotations of an object expression; None when it holds none of the hints."""
        table = self.reader.table(node, scope)
        if table is None:
            return None
        hints = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
        if not any(hint in table for hint in hints):
            return None
        known = [self._flag(table.get(hint)) for hint in hints]
        return Annotations(*known)

    def looks_like_shape(self, node: ir.Expr | None, scope: Scope) -> bool:
        """Whether an object holds schemas as values, as the third argument of `server.tool` does."""
        table = self.reader.table(node, scope)
        if table is None:
            return False
        if _is_json_schema(table, self.reader):
            return True
        return any(
            self._links(thing.node, thing.scope) is not None
            for thing in table.values()
            if isinstance(thing.node, ir.Expr)
        )

    def _flag(self, thing: Thing | None) -> bool | None:
        if thing is None or isinstance(thing.node, ir.Class):
            return None
        value = self.reader.constant(thing.node, thing.scope)
        return value if isinstance(value, bool) else None

    def _from_call(self, call: ir.Call, scope: Scope) -> tuple[Field, ...] | None:
        name = call.callee.name if isinstance(call.callee, ir.Attribute) else getattr(call.callee, "id", "")
        if name in CONVERTERS and call.args:
            return self.fields(call.args[0], scope)
        links = self._links(call, scope)
        if links is None:
            return None
        found: dict[str, Field] = {}
        if links.kind in {"object", "strictObject", "looseObject", "Type.Object", "Object"} and links.args:
            found = {f.param.name: f for f in self.fields(links.args[0], links.scope) or ()}
        elif links.kind in {"union", "discriminatedUnion"} and links.args:
            for option in self.reader.items(links.args[-1 if links.kind == "discriminatedUnion" else 0], links.scope):
                if isinstance(option.node, ir.Expr):
                    found |= {f.param.name: f for f in self.fields(option.node, option.scope) or ()}
        elif links.kind not in PLAIN_TYPES and links.kind not in {"intersection", "merge", "extend"}:
            return None
        for method, args in links.methods:
            if method in {"extend", "merge", "and", "safeExtend", "augment"} and args:
                found |= {f.param.name: f for f in self.fields(args[0], links.scope) or ()}
            elif method in {"omit", "pick"} and args:
                named = set(self.reader.table(args[0], links.scope) or ())
                found = {k: f for k, f in found.items() if (k in named) == (method == "pick")}
            elif method == "partial":
                found = {k: replace(f, param=replace(f.param, required=False)) for k, f in found.items()}
        return tuple(found.values())

    def _shape(self, table: Mapping[str, Thing]) -> tuple[Field, ...]:
        return tuple(self._field(name, thing) for name, thing in table.items())

    def _field(self, name: str, thing: Thing) -> Field:
        links = self._links(thing.node, thing.scope) if isinstance(thing.node, ir.Expr) else None
        if links is None:
            return Field(Param(name, required=True))
        kind, args, scope = links.kind, links.args, links.scope
        methods = links.methods
        names = {method for method, _ in methods} | {kind}
        inner = self._links(args[-1], scope) if kind in WRAPPING and args else None
        if kind in {"preprocess", "optional", "nullable", "lazy", "pipe"} and inner is not None:
            kind, args, scope = inner.kind, inner.args, inner.scope
            names |= {method for method, _ in inner.methods} | {kind}
            methods = (*inner.methods, *methods)
        described = next((a[0] for m, a in methods if m in {"describe", "description"} and a), None)
        pattern = next((self.reader.constant(a[0], scope) for m, a in methods if m == "regex" and a), None)
        choices = self._choices(kind, args, scope)
        union = self._union_of_literals(args, scope) if kind == "union" else ()
        typed = "array" if any(m == "array" for m, _ in methods) else PLAIN_TYPES.get(kind, "unknown")
        if typed == "number" and "int" in names:
            typed = "integer"
        param = Param(
            name,
            typed,
            self.reader.text(described, thing.scope) or "",
            required=not names & OPTIONAL,
            bounded=bool(names & BOUNDING or union),
            enum=choices or union,
        )
        narrow = typed in {"number", "integer", "boolean"} or bool(names & (NARROWING - {"regex"})) or bool(union)
        if kind == "array" and inner is not None:
            narrow = bool(
                ({m for m, _ in inner.methods} | {inner.kind}) & (NARROWING | {"number", "boolean", "int"}) - {"regex"}
            )
        asked = [self.reader.function(a[0], scope) for m, a in methods if m == "refine" and a]
        refined = tuple(f for f in asked if f is not None)
        return Field(param, narrow, pattern if isinstance(pattern, str) else None, refined)

    def _choices(self, kind: str, args: tuple[ir.Expr, ...], scope: Scope) -> tuple[str, ...]:
        if kind not in {"enum", "literal", "nativeEnum", "picklist"} or not args:
            return ()
        if kind == "nativeEnum":
            things: Iterable[Thing] = (self.reader.table(args[0], scope) or {}).values()
        else:
            things = self.reader.items(args[0], scope) or [Thing(args[0], scope)]
        values = [self.reader.constant(t.node, t.scope) for t in things if isinstance(t.node, ir.Expr)]
        return tuple(str(v) for v in values if v is not None)

    def _union_of_literals(self, args: tuple[ir.Expr, ...], scope: Scope) -> tuple[str, ...]:
        if not args:
            return ()
        found: list[str] = []
        for option in self.reader.items(args[0], scope):
            links = self._links(option.node, option.scope) if isinstance(option.node, ir.Expr) else None
            if links is None or links.kind not in {"literal", "enum"}:
                return ()
            found.extend(self._choices(links.kind, links.args, links.scope))
        return tuple(found)

    def _links(self, node: ir.Expr, scope: Scope, depth: int = 12) -> Links | None:
        """`z.string().min(1).describe("x")` as constructor `string` with its methods, through names on the way."""
        methods: list[tuple[str, tuple[ir.Expr, ...]]] = []
        while depth > 0:
            depth -= 1
            thing = self.reader.resolve(node, scope)
            if thing is None or not isinstance(thing.node, ir.Call):
                return None
            call, scope = thing.node, thing.scope
            callee = call.callee
            if not isinstance(callee, ir.Attribute):
                return None
            library = self.reader.library(callee, scope) or ""
            head, _, kind = library.rpartition(".")
            if head in {
                "zod",
                "zod.z",
                "zod/v4",
                "zod/v3",
                "zod.coerce",
                "zod.z.coerce",
                "zod/v4.z",
                "zod/v3.z",
                "z",
                "valibot",
                "zod.z.iso",
                "@sinclair/typebox.Type",
                "zod/mini",
                "zod/v4-mini",
                "zod.default",
            } or _bundled_zod(callee, kind or callee.name):
                return Links(kind or callee.name, call.args, scope, tuple(reversed(methods)))
            methods.append((callee.name, call.args))
            node = callee.base
        return None

    def _json_schema(self, table: Mapping[str, Thing]) -> tuple[Field, ...]:
        required = table.get("required")
        named: set[str] = set()
        if required is not None and isinstance(required.node, ir.Expr):
            values = (
                self.reader.constant(t.node, t.scope)
                for t in self.reader.items(required.node, required.scope)
                if isinstance(t.node, ir.Expr)
            )
            named = {v for v in values if isinstance(v, str)}
        properties = table.get("properties")
        inner = (
            self.reader.table(properties.node, properties.scope)
            if properties and isinstance(properties.node, ir.Expr)
            else None
        )
        found: list[Field] = []
        for name, thing in (inner or {}).items():
            entry = (self.reader.table(thing.node, thing.scope) if isinstance(thing.node, ir.Expr) else None) or {}
            kind = self._text(entry.get("type")) or "unknown"
            choices: tuple[str, ...] = ()
            if "enum" in entry and isinstance(entry["enum"].node, ir.Expr):
                values = (
                    self.reader.constant(t.node, t.scope)
                    for t in self.reader.items(entry["enum"].node, entry["enum"].scope)
                    if isinstance(t.node, ir.Expr)
                )
                choices = tuple(str(v) for v in values if v is not None)
            param = Param(
                name,
                kind,
                self._text(entry.get("description")) or "",
                name in named,
                bool(JSON_BOUNDS & set(entry)),
                choices,
            )
            # A JSON schema is shown to the model; the SDK's low-level server does not check arguments against it.
            found.append(Field(param))
        return tuple(found)

    def _text(self, thing: Thing | None) -> str | None:
        return (
            self.reader.text(thing.node, thing.scope) if thing is not None and isinstance(thing.node, ir.Expr) else None
        )


def _is_json_schema(table: Mapping[str, Thing], reader: Reader) -> bool:
    kind = table.get("type")
    if kind is None or not isinstance(kind.node, ir.Expr):
        return "properties" in table and "$schema" in table
    return reader.constant(kind.node, kind.scope) == "object"


def _bundled_zod(callee: ir.Attribute, kind: str) -> bool:
    """Whether `v.string` in a bundle, where zod has lost its name, is a schema constructor."""
    return (
        isinstance(callee.base, ir.Name)
        and kind in PLAIN_TYPES
        and kind not in {"String", "Number", "Array", "Object", "map", "set"}
    )
