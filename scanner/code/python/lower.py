"""Python source in, intermediate form out. Nothing is imported or executed; `ast` only parses.

Bounds: a file is refused, with its reason, when it is too large, too deeply nested or has too many nodes, before
anything here recurses over it. Source that this interpreter's grammar does not know is a gap with the parser's words.
"""

import ast
import warnings
from collections import deque
from typing import Final

from scanner.code import ir
from scanner.code.python.statements import Lowering
from trust.finding import Gap

MAX_BYTES: Final = 2 << 20
MAX_NODES: Final = 400_000
MAX_DEPTH: Final = 100


def lower(path: str, source: bytes) -> ir.Module | Gap:
    """One file. The gap names the reason: encoding, syntax, nesting or size."""
    if len(source) > MAX_BYTES:
        return Gap(f"The file has {len(source):,} bytes; at most {MAX_BYTES:,} of one file are read.", path)
    tree = _parse(path, source)
    if isinstance(tree, Gap):
        return tree
    excess = _excess(tree)
    if excess:
        return Gap(excess, path)
    name, is_package = module_name(path)
    text = source.decode("utf-8", "replace")
    return Lowering(path, name, is_package=is_package, lines=tuple(text.splitlines())).module(tree)


def module_name(path: str) -> tuple[str, bool]:
    """The dotted name by which a path would be imported from the bundle's top, and whether it is a package."""
    stem = path.rpartition(".")[0] or path
    parts = stem.split("/")
    if parts[-1] == "__init__":
        return ".".join(parts[:-1]) or "__init__", True
    return ".".join(parts), False


def _parse(path: str, source: bytes) -> ast.Module | Gap:
    try:
        with warnings.catch_warnings():
            # Invalid escapes and `is` with literals are the publisher's affair, not our log's.
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        return Gap(f"Python cannot parse the file: {str(error.msg)[:120]}{where}.", path)
    except ValueError as error:
        return Gap(f"Python cannot read the file: {str(error)[:120]}.", path)
    except (RecursionError, MemoryError):
        # The parser's own bound on nesting: raised cleanly by C code before any of our recursion starts.
        return Gap("The file is nested too deeply for Python's own parser.", path)


def _excess(tree: ast.Module) -> str:
    """Why the tree is too much to lower, empty when it is not. Walks without recursion."""
    queue: deque[tuple[ast.AST, int]] = deque([(tree, 0)])
    seen = 0
    while queue:
        node, depth = queue.popleft()
        seen += 1
        if seen > MAX_NODES:
            return f"The file has more than {MAX_NODES:,} syntax nodes."
        if depth > MAX_DEPTH:
            return f"The file is nested more than {MAX_DEPTH} levels deep (line {getattr(node, 'lineno', '?')})."
        inner = depth + 1
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                # A chain of `elif` or of string pieces nests in the tree, not in the text; lowering flattens both.
                flat = isinstance(node, ast.BinOp) and isinstance(value, ast.BinOp) and field == "left"
                queue.append((value, depth if flat else inner))
            elif isinstance(value, list):
                flat = field == "orelse" and isinstance(node, ast.If) and len(value) == 1
                queue.extend((v, depth if flat else inner) for v in value if isinstance(v, ast.AST))
    return ""
