"""The border between the server's own code and what it merely carries.

A member counts as vendored only when package metadata in the bundle accounts for it:
- npm: `node_modules/<name>/` whose `package.json` has a version and that very name (or is an alias that the
  tree's own
  `.package-lock.json` records);
- Python: a file that a `*.dist-info/RECORD` lists with the digest that the file really has.
And never when the server starts in it or reaches it by a relative import: then the file, and the whole
package that the
entry point lies in, is the server's own, wherever it was put. A folder's name alone exempts nothing.

Sources: npm documentation "package.json"; PyPA "Recording installed projects" (RECORD, formerly PEP 376 and
627).
"""

import base64
import binascii
import csv
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scanner.collect.members import Entry, Members, decoded, files, join, parent
from trust.facts import Declaration
from trust.finding import Gap

METADATA_LIMIT = 4 * 1024 * 1024
_RECORD_ROWS = 200_000
_NODE_PACKAGE = re.compile(r"^((?:.*/)?node_modules)/((?:@[^/]+/)?[^/]+)/package\.json$")
_RECORD = re.compile(r"^((?:.*/)?)([^/]+)\.dist-info/RECORD$")


@dataclass(frozen=True, slots=True)
class Package:
    """A vendored package: where its metadata lies, the folder that holds the tree, and its name and
    version.
    """

    name: str
    version: str
    metadata: str
    tree: str


def read_object(bundle: Members, path: str) -> dict[str, object] | None:
    """A JSON object of at most `METADATA_LIMIT` bytes, or None when the member is anything else."""
    if not bundle.has(path):
        return None
    try:
        loaded: object = json.loads(bundle.read(path, METADATA_LIMIT))
    except (ValueError, RecursionError):
        return None
    return {str(k): v for k, v in loaded.items()} if isinstance(loaded, dict) else None


class Border:
    """Answers, for one bundle, which package accounts for a member, and whether the server reaches it
    itself.
    """

    def __init__(self, bundle: Members, declaration: Declaration | Gap) -> None:
        self._bundle = bundle
        self._entries = {m.path: m for m in files(bundle)}
        self._node = dict(self._node_packages())
        self._python = dict(self._python_packages())
        self.entry_points = entry_files(declaration, self._entries)
        self._entry_packages = {p for path in self.entry_points if (p := self._account(path)) is not None}
        self.reached = reached_files(self.entry_points, self._entries, self._source)

    def package_of(self, path: str) -> Package | None:
        """The package that accounts for a member, None for the server's own."""
        if path in self.reached:
            return None
        package = self._account(path)
        return None if package in self._entry_packages else package

    @property
    def packages(self) -> tuple[Package, ...]:
        """Every vendored package, by the path of its metadata."""
        found = {*self._node.values(), *self._python.values()} - self._entry_packages
        return tuple(sorted(found, key=lambda p: p.metadata))

    def _account(self, path: str) -> Package | None:
        return self._python.get(path) or self._account_node(path)

    def _account_node(self, path: str) -> Package | None:
        # The innermost node_modules decides: a package accounts for its own files, not for what is nested
        # below it.
        before, mark, after = path.rpartition("node_modules/")
        if not mark or (before and not before.endswith("/")):
            return None
        parts = after.split("/")
        depth = 2 if parts[0].startswith("@") else 1
        if len(parts) <= depth:
            return None
        return self._node.get(f"{before}node_modules/" + "/".join(parts[:depth]))

    def _node_packages(self) -> Iterable[tuple[str, Package]]:
        aliases: dict[str, set[str]] = {}
        for path in self._entries:
            match = _NODE_PACKAGE.match(path)
            if match is None or "node_modules" in match[2]:
                continue
            tree = match[1]
            data = read_object(self._bundle, path) or {}
            name, version = data.get("name"), data.get("version")
            if not (isinstance(name, str) and isinstance(version, str) and version):
                continue
            if name != match[2]:
                root = tree.partition("node_modules")[0] + "node_modules"
                if root not in aliases:
                    aliases[root] = self._locked_folders(root)
                if f"{tree}/{match[2]}".removeprefix(root.removesuffix("node_modules")) not in aliases[root]:
                    continue
            yield f"{tree}/{match[2]}", Package(name, version, path, tree)

    def _locked_folders(self, tree: str) -> set[str]:
        packages = (read_object(self._bundle, f"{tree}/.package-lock.json") or {}).get("packages")
        return set(packages) if isinstance(packages, dict) else set()

    def _python_packages(self) -> Iterable[tuple[str, Package]]:
        for path in self._entries:
            match = _RECORD.match(path)
            if match is None or self._entries[path].size > METADATA_LIMIT:
                continue
            tree = match[1].rstrip("/")
            name, _, version = match[2].rpartition("-")
            text = decoded(self._bundle.read(path, METADATA_LIMIT))
            if not name or text is None or not self._bundle.has(path.removesuffix("RECORD") + "METADATA"):
                continue
            package = Package(name, version, path.removesuffix("RECORD") + "METADATA", tree)
            for member in self._recorded(text, tree, path):
                yield member, package

    def _recorded(self, text: str, tree: str, record: str) -> Iterable[str]:
        for count, row in enumerate(csv.reader(text.splitlines())):
            if count >= _RECORD_ROWS or not row:
                break
            member = join(tree, row[0])
            if member is None or member not in self._entries:
                continue
            digest = row[1] if len(row) > 1 else ""
            if digest == "":
                if member == record or member.endswith((".pyc", "RECORD.jws", "RECORD.p7s")):
                    yield member
            elif self._bundle.member_sha256(member) == _hex_digest(digest):
                yield member

    def _source(self, path: str) -> str:
        entry = self._entries[path]
        if entry.size > METADATA_LIMIT:
            return ""
        return self._bundle.read(path, METADATA_LIMIT).decode("utf-8", "replace")


def _hex_digest(recorded: str) -> str:
    algorithm, _, value = recorded.partition("=")
    if algorithm != "sha256":
        return ""
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except (binascii.Error, ValueError):
        return ""


def entry_files(declaration: Declaration | Gap, names: Iterable[str]) -> frozenset[str]:
    """The members that a client starts: the entry point, members named in a command, modules named after
    `-m`.
    """
    known = set(names)
    if isinstance(declaration, Gap):
        return frozenset()  # nothing is known to start, so only metadata draws the line
    wanted: set[str] = set()
    modules: set[str] = set()
    if (start := join("", declaration.entry_point)) is not None:
        wanted.add(start)
        if "/" not in declaration.entry_point:
            modules.add(declaration.entry_point)
    for command in declaration.commands:
        words = (command.command, *command.args)
        for before, word in zip(("", *words), words, strict=False):
            if before == "-m":
                modules.add(word)
            elif (path := join("", word.replace("${__dirname}", "").replace("${/}", "/"))) is not None:
                wanted.add(path)
    for module in modules:
        stem = module.replace(".", "/")
        ends = (f"{stem}.py", f"{stem}/__main__.py", f"{stem}/__init__.py")
        wanted.update(n for n in known if n.endswith(ends) and (n in ends or n.endswith(tuple("/" + e for e in ends))))
    return frozenset(wanted & known)


_JS_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["'`](\.{1,2}/[^"'`\n]{1,300})["'`]""")
_PY_IMPORT = re.compile(r"^[ \t]*from[ \t]+(\.+)([\w.]*)[ \t]+import[ \t]+\(?([\w*, \t]*)", re.MULTILINE)
_JS_TRIES = (
    "",
    ".js",
    ".mjs",
    ".cjs",
    ".ts",
    ".json",
    ".node",
    "/index.js",
    "/index.mjs",
    "/index.cjs",
    "/index.ts",
)
_REACH_LIMIT = 20_000


def reached_files(starts: frozenset[str], entries: dict[str, Entry], source: Callable[[str], str]) -> frozenset[str]:
    """The start files and every member that they reach by relative import, any number of hops away."""
    reached: set[str] = set()
    queue = list(starts)
    while queue and len(reached) < _REACH_LIMIT:
        path = queue.pop()
        if path in reached:
            continue
        reached.add(path)
        text = source(path)
        nearby = _python_nearby(path, text) if path.endswith((".py", ".pyw")) else _javascript_nearby(path, text)
        queue.extend(n for n in nearby if n in entries and n not in reached)
    return frozenset(reached)


def _javascript_nearby(path: str, text: str) -> Iterable[str]:
    for match in _JS_IMPORT.finditer(text):
        target = join(parent(path), match[1])
        if target is None:
            continue
        yield from (target + suffix for suffix in _JS_TRIES)
        if target.endswith(".js"):
            yield target.removesuffix("js") + "ts"


def _python_nearby(path: str, text: str) -> Iterable[str]:
    for match in _PY_IMPORT.finditer(text):
        folder = join(parent(path), "../" * (len(match[1]) - 1))
        if folder is None:
            continue
        inside = "/".join(p for p in (folder, match[2].replace(".", "/")) if p)
        names = [inside] + [f"{inside}/{n.strip()}" for n in match[3].split(",") if n.strip().isidentifier()]
        for name in names:
            yield f"{name}.py"
            yield f"{name}/__init__.py"


def trees(packages: Iterable[Package]) -> tuple[str, ...]:
    """The outermost folders that hold vendored packages, for people to read."""
    found = {p.tree for p in packages}
    return tuple(sorted(t for t in found if not any(t != o and (o == "" or t.startswith(o + "/")) for o in found)))
