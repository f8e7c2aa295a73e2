"""JavaScript and TypeScript text in, a syntax tree or a `Gap` out.

Every file is hostile: size, time and nesting are bounded, nothing here recurses, and a file that cannot be read
whole says
so. The grammars are tree-sitter's; their error recovery means that a broken place costs that place and not the file.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Point, Tree

from trust.finding import Gap

SUFFIXES = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})
MAX_BYTES = 2 * 1024 * 1024
"""Larger files are not parsed: the largest hand-written server seen has 0.2 MB, the largest bundled chunk 0.6 MB."""
PARSE_SECONDS = 5.0
MAX_NODES = 1_500_000
LONG_LINE = 5_000
"""A line this long was not typed by a person."""
SHOWN_LINE = 200
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed file. `generated`: minified or bundled, so that one line holds many statements.

    `gaps` tells what of the file could not be read.
    """

    path: str
    data: bytes
    tree: Tree
    generated: bool
    gaps: tuple[Gap, ...] = ()

    @property
    def root(self) -> Node:
        return self.tree.root_node

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def is_javascript(path: str) -> bool:
    """Whether the name says JavaScript or TypeScript source; declaration files hold no code."""
    lowered = path.lower()
    return PurePosixPath(lowered).suffix in SUFFIXES and not lowered.endswith((".d.ts", ".d.mts", ".d.cts"))


def parse(path: str, data: bytes) -> Source | Gap:
    """The syntax tree of one file, or the reason why there is none. Raises nothing."""
    if len(data) > MAX_BYTES:
        return Gap(f"{path} is larger than {MAX_BYTES >> 20} MiB and was not analysed.", path)
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return Gap(f"{path} is not UTF-8 text and was not analysed.", path)
    data = data.removeprefix(b"\xef\xbb\xbf")
    suffix = PurePosixPath(path.lower()).suffix
    names = {".ts": ("typescript",), ".mts": ("typescript",), ".cts": ("typescript",), ".tsx": ("tsx",)}
    best: Tree | None = None
    for name in names.get(suffix, ("javascript", "tsx")):
        tree = _tree(name, data)
        if tree is None:
            continue
        if not tree.root_node.has_error:
            best = tree
            break
        best = best or tree
    if best is None:
        return Gap(f"{path} took longer than {PARSE_SECONDS:g} seconds to parse and was not analysed.", path)
    if best.root_node.descendant_count > MAX_NODES:
        return Gap(f"{path} has more than {MAX_NODES} syntax nodes and was not analysed.", path)
    return Source(path, data, best, _generated(data), _broken_places(path, best))


def line_at(data: bytes, node: Node) -> str:
    """The source line a node starts on, at most 200 characters; of a long line, the part around the node."""
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    end = data.find(b"\n", node.start_byte)
    end = len(data) if end < 0 else end
    if end - start > SHOWN_LINE:
        start = max(start, node.start_byte - SHOWN_LINE // 4)
        end = min(end, start + SHOWN_LINE)
    return data[start:end].decode("utf-8", "ignore").strip()[:SHOWN_LINE]


@cache
def _language(name: str) -> Language:
    if name == "typescript":
        return Language(tree_sitter_typescript.language_typescript())
    if name == "tsx":
        return Language(tree_sitter_typescript.language_tsx())
    return Language(tree_sitter_javascript.language())


def _tree(name: str, data: bytes) -> Tree | None:
    """None when the grammar did not finish in time."""
    try:
        return Parser(_language(name)).parse(_reader(data), progress_callback=_until(PARSE_SECONDS))
    except ValueError:
        # The binding's only sign that the progress callback stopped the parse.
        return None


def _reader(data: bytes) -> Callable[[int, Point], bytes]:
    def read(offset: int, _point: Point) -> bytes:
        return data[offset : offset + CHUNK]

    return read


def _until(seconds: float) -> Callable[[int, bool], bool]:
    """A progress callback that answers True, which means stop, once the time is used up."""
    deadline = time.thread_time() + seconds

    def overdue(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001  (the binding's signature)
        return time.thread_time() > deadline

    return overdue


def _generated(data: bytes) -> bool:
    longest = max((len(line) for line in data.split(b"\n")), default=0)
    return longest > LONG_LINE


def _broken_places(path: str, tree: Tree) -> tuple[Gap, ...]:
    """One gap with the first lines that no grammar rule fits; the search enters only subtrees that hold an error."""
    if not tree.root_node.has_error:
        return ()
    lines: set[int] = set()
    stack = [tree.root_node]
    while stack and len(lines) < 50:
        node = stack.pop()
        if node.is_error or node.is_missing:
            lines.add(node.start_point.row + 1)
        elif node.has_error:
            stack.extend(node.children)
    shown = ", ".join(str(line) for line in sorted(lines)[:5])
    return (Gap(f"{path} could not be parsed near line {shown}; the rest of the file was analysed.", path),)
