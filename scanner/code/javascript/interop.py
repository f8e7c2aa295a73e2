"""ESM and CommonJS reconciled."""

from collections.abc import Iterable
from dataclasses import replace

from scanner.code import ir


def interop(modules: Iterable[ir.Module]) -> tuple[ir.Module, ...]:
    """ESM and CommonJS reconciled: which imports of a whole module mean its `module.exports`, and the other way round.

    `require("./x")` of a file whose only export is its default means that export; a default import of a file that
    exports names only means all of them.
    """
    known = {module.name: dict(module.exports) for module in modules}

    def fitted(found: ir.Import) -> ir.Import:
        exports = known.get(found.module)
        if exports is None or not found.local:
            return found
        if found.symbol == "default" and "default" not in exports:
            return replace(found, symbol=None)
        if found.symbol is None and set(exports) == {"default"}:
            return replace(found, symbol="default")
        return found

    return tuple(replace(m, imports=tuple(fitted(i) for i in m.imports)) for m in modules)
