"""Declared types: which instances a parameter or a variable can hold."""

from typing import Final

from scanner.code import ir
from scanner.code.project import Project

_PRESENT: Final = frozenset({
    "URL", "URLSearchParams", "Map", "Set", "Date", "Buffer", "RegExp", "Response", "Request", "Headers", "FormData",
    "AbortController", "AbortSignal", "WebSocket", "EventSource", "Uint8Array", "Blob", "Promise", "Array",
})  # fmt: skip
"""Types of TypeScript that exist while the program runs, without an import."""


def instance_of(project: Project, module: ir.Module, annotation: ir.Expr | None) -> str | None:
    """The canonical name of an instance of a declared type; None when the type says nothing."""
    while isinstance(annotation, (ir.Binary, ir.Subscript)):
        if isinstance(annotation, ir.Binary):
            annotation = annotation.left
            continue
        name = project.dotted(module, annotation.base) or ""
        if name.rpartition(".")[2] not in ("Optional", "Annotated", "Final", "ClassVar"):
            return None
        inner = annotation.index
        annotation = inner.items[0] if isinstance(inner, ir.Collection) and inner.items else inner
    ref = project.dotted(module, annotation) if annotation is not None else None
    if ref is not None and module.language == "javascript" and _is_erased(ref):
        return None
    if ref is None or ref in (
        "str",
        "bytes",
        "int",
        "float",
        "bool",
        "dict",
        "list",
        "object",
        "Any",
        "typing.Any",
    ):
        return None
    return f"{ref}()"


def _is_erased(ref: str) -> bool:
    """Whether a TypeScript type is gone when the program runs: interfaces, aliases, primitives, imports of types."""
    return ":=" in ref or (":" not in ref and "." not in ref and "/" not in ref and ref not in _PRESENT)
