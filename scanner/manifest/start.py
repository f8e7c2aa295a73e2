"""What a command really starts. Hosts run ``mcp_config``, not ``entry_point``, so this is the code that matters."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from scanner.manifest.paths import DIRNAME, PathEscapeError, inside
from scanner.manifest.view import Command, Manifest

_SUFFIXES: Final = (".exe", ".cmd", ".bat", ".ps1", ".com")
_VERSIONED: Final = re.compile(r"(python|pypy|node|pip|ruby|perl|php|lua)w?[\d.]*")
_INTERPRETERS: Final = frozenset(
    {
        "node",
        "nodejs",
        "bun",
        "deno",
        "python",
        "pypy",
        "ruby",
        "perl",
        "php",
        "lua",
        "tsx",
        "ts-node",
        "java",
        "dotnet",
    }
)
_SUBCOMMANDS: Final = frozenset({"run", "start"})
_TAKES_VALUE: Final = frozenset(
    {
        *("-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file"),
        *("-X", "-W", "--directory", "--project", "--with", "--with-editable", "--with-requirements", "--python", "-p"),
        *("--extra", "--group", "--from", "--index", "--index-url", "--default-index", "--cache-dir", "--config-file"),
        *("--package", "--refresh-package", "-cp", "-classpath", "--config", "--import-map", "--tsconfig"),
    }
)
_MODULE: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_]\w*)?")
_NODE_ENDINGS: Final = ("", ".js", ".mjs", ".cjs", ".json", "/index.js", "/index.mjs", "/index.cjs")


@dataclass(frozen=True, slots=True)
class Started:
    """What one command starts.

    ``kind``: "file" with a path inside the bundle, "module" with a dotted Python module, "outside" for a path that
    leaves the bundle, "unknown" for a program of the system or a package. ``found``: the member it resolves to.
    """

    kind: Literal["file", "module", "outside", "unknown"]
    target: str
    found: str | None = None


def program(command: str) -> str:
    """The bare program name: ``/usr/bin/python3.12`` and ``Python.exe`` are both ``python``."""
    name = re.split(r"[/\\]", command.replace("${/}", "/"))[-1].lower()
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    versioned = _VERSIONED.fullmatch(name)
    return versioned.group(1) if versioned else name


def started(command: Command, names: Collection[str]) -> Started:
    """Resolve what ``command`` starts among the members ``names`` (best a set)."""
    name = program(command.command)
    if name == "uv":
        return _uv(command.args, names)
    if DIRNAME not in command.command and name in _INTERPRETERS:
        return _interpreted(command.args, names, "")
    if DIRNAME in command.command or command.command.startswith(("./", ".\\", "../")):
        own = _file(command.command, names, "", (*("", ".exe"),))
        # An interpreter shipped in the bundle starts a script all the same.
        return _interpreted(command.args, names, "") if name in _INTERPRETERS and command.args else own
    if name in _INTERPRETERS:
        return _interpreted(command.args, names, "")
    return Started("unknown", command.command)


def find_module(target: str, names: Collection[str]) -> str | None:
    """The member that a dotted module such as ``pkg.server`` or ``pkg.main:main`` is, at any depth."""
    if not _MODULE.fullmatch(target):
        return None
    path = target.partition(":")[0].replace(".", "/")
    endings = (f"{path}.py", f"{path}/__main__.py", f"{path}/__init__.py")
    for ending in endings:
        if ending in names:
            return ending
    nested = tuple(f"/{ending}" for ending in endings)
    return min((name for name in names if name.endswith(nested)), key=len, default=None)


def entry_file(manifest: Manifest, names: Collection[str]) -> str | None:
    """The member that ``entry_point`` names, after the usual repairs; None when there is none."""
    try:
        path = inside(manifest.entry_point)
    except PathEscapeError:
        path = ""  # ``module:function`` looks like an address
    if path in names:
        return path
    if manifest.server_type == "binary" and f"{path}.exe" in names:
        return f"{path}.exe"  # hosts append it on Windows
    if manifest.server_type in {"python", "uv"}:
        return find_module(manifest.entry_point, names)
    return None


def _uv(args: Sequence[str], names: Collection[str]) -> Started:
    base = ""
    for option, value in pairwise(args):
        if option in {"--directory", "--project"} and DIRNAME in value:
            try:
                base = inside(value)
            except PathEscapeError:
                return Started("outside", value)
    rest = _positional(args)
    if rest and rest[0] == "run":
        rest = _positional(rest[1:])
        if rest and rest[0] in {"-m", "--module"} and len(rest) > 1:
            return Started("module", rest[1], find_module(rest[1], names))
        if rest and program(rest[0]) == "python":
            return _interpreted(rest[1:], names, base)
        if rest and (rest[0].endswith(".py") or DIRNAME in rest[0]):
            return _file(rest[0], names, base, ("",))
    return Started("unknown", "uv")


def _interpreted(args: Sequence[str], names: Collection[str], base: str) -> Started:
    rest = _positional(args)
    if rest and rest[0] in _SUBCOMMANDS and len(rest) > 1:
        rest = _positional(rest[1:])
    if not rest:
        return Started("unknown", "")
    if rest[0] == "-m" and len(rest) > 1:
        return Started("module", rest[1], find_module(rest[1], names))
    if rest[0].startswith("-"):
        return Started("unknown", rest[0])
    return _file(rest[0], names, base, _NODE_ENDINGS)


def _positional(args: Sequence[str]) -> Sequence[str]:
    """``args`` from the first one that is no option; an option that gives code or a module stays in front."""
    index = 0
    while index < len(args) and args[index].startswith("-"):
        if args[index] in {"-m", "--module", "-c", "-e", "--eval", "-p", "--print", "-jar"} and args[index] != "-p":
            return args[index + 1 :] if args[index] == "-jar" else args[index:]
        index += 2 if args[index] in _TAKES_VALUE else 1
    return args[index:]


def _file(path: str, names: Collection[str], base: str, endings: Sequence[str]) -> Started:
    try:
        plain = inside(path)
    except PathEscapeError:
        return Started("outside", path)
    if "${" in plain or not plain:
        return Started("unknown", path)
    if base and DIRNAME not in path:
        plain = f"{base}/{plain}"
    found = next((plain + ending for ending in endings if plain + ending in names), None)
    return Started("file", plain, found)
