"""One JavaScript or TypeScript file in, its intermediate form out."""

from collections.abc import Iterable

from scanner.code import ir
from scanner.code.javascript import modules
from scanner.code.javascript.scopes import declared_by_var, declared_in_block
from scanner.code.javascript.state import MAX_DEPTH, State
from scanner.code.javascript.statements import Statements
from scanner.code.javascript.syntax import Source, parse
from trust.finding import Gap


def front_end(paths: Iterable[str]) -> ir.Lower:
    """The lowering for a bundle whose own files have these paths; they decide what a relative import means."""
    files = frozenset(paths)

    def lower(path: str, data: bytes) -> ir.Module | Gap:
        source = parse(path, data)
        return source if isinstance(source, Gap) else lowered(source, files)

    return lower


def lowered(source: Source, files: frozenset[str]) -> ir.Module:
    """The intermediate form of a parsed file."""
    state = State(source, files, modules.module_name(source.path))
    for found in (*declared_in_block(source.root), *declared_by_var(source.root)):
        state.scope.declare(state.text(found))
    body = Statements(state).block(source.root)
    gaps = source.gaps
    if state.too_deep is not None:
        reason = f"{source.path} nests deeper than {MAX_DEPTH} levels at line {state.too_deep}; what lies deeper was not analysed."  # noqa: E501
        gaps = (*gaps, Gap(reason, source.path))
    return ir.Module(
        source.path,
        state.module,
        "javascript",
        body,
        tuple(state.imports),
        tuple(state.functions),
        tuple(state.classes),
        lines=tuple(source.data.decode("utf-8", "replace").split("\n")),
        exports=tuple(state.exports),
        gaps=gaps,
    )
