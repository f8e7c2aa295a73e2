"""Declared types: which instances a parameter or a variable can hold."""

from scanner.code import ir
from scanner.code.project import Project


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
