"""Which file or library an import specifier means: ESM, CommonJS and the `.js` suffix of compiled TypeScript.

Only files of the bundle are considered, by name; nothing is read from disk. A specifier that leads nowhere in the
bundle is a
library and keeps its name, with the `node:` prefix dropped, so `node:fs/promises` and `fs/promises` are both
`fs.promises`.
"""

import posixpath
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from scanner.node_builtins import NODE_BUILTINS, NODE_PREFIX_ONLY

SOURCE_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")
COMPILED_FROM = {".js": (".ts", ".tsx", ".jsx"), ".mjs": (".mts",), ".cjs": (".cts",)}
"""TypeScript sources import the name that the compiler will write."""

BUILTINS = NODE_BUILTINS | NODE_PREFIX_ONLY
"""Modules that come with Node.js (nodejs.org/api, version 24)."""


def library(specifier: str) -> str:
    """The dotted name that rule tables use for a library specifier.

    `node:child_process` is `child_process`, `fs/promises` is `fs.promises`; a file inside a package keeps its slashes
    and loses its suffix: `@modelcontextprotocol/sdk/server/mcp.js` is `@modelcontextprotocol/sdk/server/mcp`.
    """
    name = specifier.removeprefix("node:")
    head, _, rest = name.partition("/")
    if head in BUILTINS:
        return f"{head}.{rest.replace('/', '.')}" if rest else head
    for suffix in (".js", ".mjs", ".cjs"):
        name = name.removesuffix(suffix)
    return name


def package(specifier: str) -> str | None:
    """The npm package (or Node.js module) a bare specifier belongs to; None for relative, absolute and URL ones."""
    if specifier.startswith((".", "/", "#", "~", "@/", "data:", "file:")) or "://" in specifier:
        return None
    name = specifier.removeprefix("node:")
    parts = name.split("/")
    if name.startswith("@"):
        return "/".join(parts[:2]) if len(parts) > 1 and parts[1] else None
    return parts[0] or None


def resolve(specifier: str, importer: str, files: AbstractSet[str]) -> str | None:
    """The bundle file a relative specifier means when `importer` imports it, or None when no file fits."""
    if specifier.startswith(("@/", "~/")):
        return _by_root(specifier[2:], importer, files)
    if not specifier.startswith((".", "/")):
        return None
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier.partition("?")[0]))
    if wanted.startswith(".."):
        return None
    return _file(wanted, files)


def _file(wanted: str, files: AbstractSet[str]) -> str | None:
    if wanted in files:
        return wanted
    stem = PurePosixPath(wanted)
    for suffix in COMPILED_FROM.get(stem.suffix, ()):
        candidate = str(stem.with_suffix(suffix))
        if candidate in files:
            return candidate
    for candidate in (wanted, posixpath.join(wanted, "index")):
        for suffix in SOURCE_SUFFIXES:
            if candidate + suffix in files:
                return candidate + suffix
    return None


def _by_root(rest: str, importer: str, files: AbstractSet[str]) -> str | None:
    """`@/x` and `~/x` mean the source root: the nearest folder above that has such a file."""
    folder = posixpath.dirname(importer)
    while True:
        found = _file(posixpath.join(folder, rest), files)
        if found or not folder:
            return found
        folder = posixpath.dirname(folder)


def module_name(path: str) -> str:
    """A bundle file's name for other modules, marked so that no file can pose as a library."""
    return f"./{path}"
