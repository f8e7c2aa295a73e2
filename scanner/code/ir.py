"""The intermediate form that every language is lowered to, and that the flow analysis reads.

It keeps what decides about flows (calls, names, string building, branches, containers, closures) and drops the rest.
Statements stay structured (no jumps to labels); expressions stay trees. What a front-end cannot express becomes
`Opaque` with its parts, so that flows through it are kept and nothing is silently lost.

Conventions for front-ends:
- `await x` is `x`; `x?.y` is `Attribute`; parentheses, type casts and `as T` disappear; `new X(a)` is `Call` on X.
- f-strings, template literals, `a + b` with a string literal inside, `"..." % x` and `"...".format(x)` are `Concat`.
  A tagged template is a `Call` on the tag with one `Concat` argument.
- A `switch` or `match` is a chain of `If` whose tests are `Compare("==", subject, case)`; `for`, `while` are `Loop`.
- Destructuring is an assignment target: `Collection` by position, `Table` by key (the values are the targets).
- Methods do not list their receiver as a parameter; `Function.receiver` is the name the body uses (`self`, `this`).
- Imports inside functions are listed in `Module.imports` like the others, and bind for the whole module.

Nodes compare by identity, so they can be keys of tables.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from trust.finding import Gap

Constant: TypeAlias = str | bytes | int | float | bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A literal. JavaScript's `undefined` is None; big numbers and regular expressions are strings."""

    line: int
    value: Constant


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    line: int
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    line: int
    base: "Expr"
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Subscript:
    """`base[index]`; a slice has the `Opaque` of its bounds as index."""

    line: int
    base: "Expr"
    index: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Keyword:
    """A named argument. `name` is None for a spread of a mapping (`**kwargs`)."""

    name: str | None
    value: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call. `end` is the last line of the call expression."""

    line: int
    callee: "Expr"
    args: tuple["Expr", ...] = ()
    keywords: tuple[Keyword, ...] = ()
    end: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Concat:
    """A string built from parts in reading order."""

    line: int
    parts: tuple["Expr", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """An operator that is neither comparison nor logic. Operators carry their source spelling: `+`, `/`, `|`."""

    line: int
    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    """`op`: == != < <= > >= in not-in is is-not; JavaScript's === is ==, `instanceof` is `is`."""

    line: int
    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Logic:
    """`and`, `or` (also `??`) over two or more values."""

    line: int
    op: Literal["and", "or"]
    values: tuple["Expr", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    line: int
    operand: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """`then if test else other`."""

    line: int
    test: "Expr"
    then: "Expr"
    other: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A list, tuple, set or array literal; items may be `Spread`."""

    line: int
    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A dictionary or object literal. A key of None means that the value is spread into it."""

    line: int
    entries: tuple[tuple["Expr | None", "Expr"], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """`*x` or `...x` as an argument or item."""

    line: int
    value: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Lambda:
    """A function as a value: lambda, arrow function, function expression."""

    line: int
    function: "Function"


@dataclass(frozen=True, slots=True, eq=False)
class Comprehension:
    """`[element for target in iterable if condition]`, with one pair per `for`."""

    line: int
    element: "Expr"
    bindings: tuple[tuple["Expr", "Expr"], ...]
    conditions: tuple["Expr", ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """An assignment used as a value (`:=`, `a = b` inside an expression)."""

    line: int
    target: "Expr"
    value: "Expr"


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """Anything else: its value may hold whatever its parts hold."""

    line: int
    parts: tuple["Expr", ...] = ()


Expr: TypeAlias = (
    Const | Name | Attribute | Subscript | Call | Concat | Binary | Compare | Logic | Not | Conditional | Collection
    | Table | Spread | Lambda | Comprehension | Assigned | Opaque
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """`targets = value`. `annotation` is the declared type, `augmented` the operator of `+=` and its kin."""

    line: int
    targets: tuple[Expr, ...]
    value: Expr
    annotation: Expr | None = None
    augmented: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Do:
    """An expression as a statement."""

    line: int
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class If:
    line: int
    test: Expr
    then: tuple["Stmt", ...]
    other: tuple["Stmt", ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`for target in iterable` when both are set, otherwise `while test`."""

    line: int
    body: tuple["Stmt", ...]
    target: Expr | None = None
    iterable: Expr | None = None
    test: Expr | None = None
    other: tuple["Stmt", ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """`except types as name`; `types` is None when it catches everything."""

    line: int
    types: Expr | None
    name: str | None
    body: tuple["Stmt", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Try:
    line: int
    body: tuple["Stmt", ...]
    handlers: tuple[Handler, ...] = ()
    other: tuple["Stmt", ...] = ()
    final: tuple["Stmt", ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class With:
    """`with value as target`, one pair per resource."""

    line: int
    items: tuple[tuple[Expr, Expr | None], ...]
    body: tuple["Stmt", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    """Also `yield`, which hands a value to the caller; `final` is False then and control goes on."""

    line: int
    value: Expr | None
    final: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Raise:
    line: int
    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Jump:
    """`break` or `continue`."""

    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Delete:
    line: int
    targets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Define:
    """A function or class declared in this place."""

    line: int
    what: "Function | Class"


Stmt: TypeAlias = Assign | Do | If | Loop | Try | With | Return | Raise | Jump | Delete | Define


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """One parameter. `target` is the destructuring pattern when the parameter is not a plain name.

    `annotation` is the declared type as an expression (TypeScript: the names and literals of the type, unions as
    `Binary("|")`, generics as `Subscript`).
    """

    name: str
    line: int
    annotation: Expr | None = None
    default: Expr | None = None
    kind: Literal["plain", "keyword", "rest", "rest-keyword"] = "plain"
    target: Expr | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function, method or lambda. `qualname` is unique in its module (`Class.method`, `outer.<locals>.inner`).

    `doc` is the docstring or the comment directly before it; `owner` the qualname of the class of a method;
    `shared` the names of outer scopes that the body assigns (`global`, `nonlocal`, JavaScript's outer variables).
    """

    name: str
    qualname: str
    line: int
    end: int
    params: tuple[Param, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...] = ()
    doc: str = ""
    receiver: str | None = None
    owner: str | None = None
    returns: Expr | None = None
    shared: tuple[str, ...] = ()
    is_async: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class; its methods are `Define` statements in `body`, its fields `Assign`."""

    name: str
    qualname: str
    line: int
    bases: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """One bound name. `module` is as written, with relative imports made absolute in the naming of `Module.name`
    (Python: dots; JavaScript: the bundle path of the file without its suffix; packages as written, without `node:`).

    `symbol` is the imported name, None for the module itself (also JavaScript's default import of a package), "*" for
    everything. `local` is the name it is bound to, "" for a side-effect import. `optional`: in a try or a branch.
    """

    line: int
    module: str
    symbol: str | None
    local: str
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One source file. `name` is how other modules import it; `functions` and `classes` list every one in it, nested
    ones too; `exports` maps exported names to local ones where the language tells (JavaScript).
    """

    path: str
    name: str
    language: Literal["python", "javascript"]
    body: tuple[Stmt, ...]
    imports: tuple[Import, ...]
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    lines: tuple[str, ...] = field(repr=False, default=())
    exports: tuple[tuple[str, str], ...] = ()
    is_package: bool = False
    gaps: tuple[Gap, ...] = ()

    def text(self, line: int) -> str:
        """The source line without its indentation, at most 200 characters; empty when there is none."""
        return self.lines[line - 1].strip()[:200] if 0 < line <= len(self.lines) else ""


Lower: TypeAlias = Callable[[str, bytes], Module | Gap]
"""What a front-end is: bundle path and source in, the module out, or the reason why it cannot be read."""
