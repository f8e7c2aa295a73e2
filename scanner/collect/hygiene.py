"""What should not be in a release: keys, credentials, compiled code nobody accounts for, hooks, and
left-overs.

Vendored packages are judged more mildly for left-overs (they ship what their authors shipped), and as
strictly for
start-up hooks. Own files are judged by content first: a public certificate is no key, an example is no
credential.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from scanner.collect.border import Border
from scanner.collect.keyfiles import secret_file
from scanner.collect.members import Entry, Members, basename, parent, shown
from trust.facts import Declaration, File
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

Role = Literal["own", "vendored", "data"]

WITNESS = "files"
_LEFTOVER_FILES = 5
_LEFTOVER_BYTES = 50_000
_TEXT = 1_000_000


@dataclass(frozen=True, slots=True)
class View:
    """All that the checks look at: the bundle, its border, its files, their entries and first bytes, the
    manifest.
    """

    bundle: Members
    border: Border
    files: tuple[File, ...]
    entries: Mapping[str, Entry]
    starts: Mapping[str, bytes]
    declaration: Declaration | Gap


def findings(view: View) -> tuple[Finding, ...]:
    """Every check, each over all files, in reading order."""
    return tuple(f for check in _CHECKS for f in check(view))


def _finding(
    weakness: Weakness,
    severity: Severity,
    confidence: Confidence,
    message: str,
    path: str,
    line: int | None = None,
    snippet: str = "",
) -> Finding:
    return Finding(WITNESS, weakness, severity, confidence, message, path, line, shown(snippet) if snippet else "")


def _secret_files(view: View) -> Iterable[Finding]:
    for file in view.files:
        if file.kind in ("native", "bytecode", "archive"):
            continue
        found = secret_file(file.path, partial(_content, view, file))
        if found is None:
            continue
        severity = Severity.LOW if file.role == "vendored" else found.severity
        yield _finding(
            Weakness.SECRET_FILE,
            severity,
            found.confidence,
            found.message,
            file.path,
            found.line,
            found.masked,
        )


def _content(view: View, file: File) -> bytes:
    return view.bundle.read(file.path, _TEXT) if file.size <= _TEXT else view.starts[file.path]


_DISGUISE = re.compile(
    r"(?i)\.(?:txt|md|json|ya?ml|png|jpe?g|gif|svg|ico|css|html?|js|mjs|cjs|ts|py|csv|xml|map|woff2?)$"
)


def _binaries(view: View) -> Iterable[Finding]:
    sources = {f.path.rpartition(".")[0] for f in view.files if f.kind == "python"}
    for file in view.files:
        if file.kind == "native":
            yield from _native(view, file)
        elif file.kind == "bytecode" and file.role != "vendored" and not _has_source(file.path, sources):
            yield _finding(
                Weakness.UNEXPLAINED_BINARY,
                Severity.MEDIUM,
                Confidence.FIRM,
                f"{shown(file.path)} is compiled code without its source; ship the source instead.",
                file.path,
            )


def _native(view: View, file: File) -> Iterable[Finding]:
    if _DISGUISE.search(file.path):
        yield _finding(
            Weakness.UNEXPLAINED_BINARY,
            Severity.HIGH,
            Confidence.CONFIRMED,
            f"{shown(file.path)} is an executable whose name says it is something else.",
            file.path,
        )
    elif file.role == "vendored":
        return
    elif (
        file.path in view.border.entry_points
        and isinstance(view.declaration, Declaration)
        and view.declaration.server_type == "binary"
    ):
        yield _finding(
            Weakness.UNEXPLAINED_BINARY,
            Severity.LOW,
            Confidence.CONFIRMED,
            f"The server itself, {shown(file.path)}, is an executable: its source is not in the "
            "bundle and cannot be examined.",
            file.path,
        )
    else:
        yield _finding(
            Weakness.UNEXPLAINED_BINARY,
            Severity.MEDIUM,
            Confidence.FIRM,
            f"{shown(file.path)} is native code and no package in the bundle accounts for it; name where it comes from "
            "and how it was built.",
            file.path,
        )


_PYCACHE = re.compile(r"^(.*?)(?:/?__pycache__)?/?([^/]+?)(?:\.cpython-\d+[^/]*|\.pypy\d+)?\.py[co]$")


def _has_source(path: str, sources: set[str]) -> bool:
    match = _PYCACHE.match(path)
    return match is not None and "/".join(p for p in (match[1], match[2]) if p) in sources


def _modes(view: View) -> Iterable[Finding]:
    for file in view.files:
        if (view.entries[file.path].mode or 0) & 0o6000:
            yield _finding(
                Weakness.BUNDLE_HYGIENE,
                Severity.MEDIUM,
                Confidence.CONFIRMED,
                f"{shown(file.path)} asks to run with its owner's rights (set-user-id or "
                "set-group-id); drop the mode bit.",
                file.path,
            )


# The whole line, not its beginning: what follows a known beginning would run too.
_KNOWN_HOOK = re.compile(
    r"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os\.environ\.get\(var, '(?:local|stdlib)'\) == 'local'; "
    r"enabled and __import__\('_distutils_hack'\)(?:\.add_shim\(\))?;?"
    r"|import _virtualenv|import (__editable__\w+); ?\1\.install\(\)"
)


def _start_hooks(view: View) -> Iterable[Finding]:
    for file in view.files:
        name = basename(file.path)
        if name.endswith(".pth"):
            yield from _path_file(view, file)
        elif name in ("sitecustomize.py", "usercustomize.py"):
            yield _finding(
                Weakness.INSTALL_SCRIPT,
                Severity.MEDIUM,
                Confidence.FIRM,
                f"Python runs {shown(file.path)} at every start, before the server; move what it does into the server.",
                file.path,
                1,
            )


def _path_file(view: View, file: File) -> Iterable[Finding]:
    text = view.bundle.read(file.path, _TEXT).decode("utf-8", "replace") if file.size <= _TEXT else ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith(("import ", "import\t")):
            continue
        known = _KNOWN_HOOK.match(line) is not None and len(line) < 600
        yield _finding(
            Weakness.INSTALL_SCRIPT,
            Severity.INFO if known else Severity.HIGH,
            Confidence.FIRM,
            f"{shown(file.path)} makes Python run this line at every start; a .pth file should only name folders.",
            file.path,
            number,
            line,
        )


@dataclass(frozen=True, slots=True)
class _Leftover:
    """A kind of file that a release does not need; told once per bundle, at the first file."""

    pattern: re.Pattern[str]
    what: str
    severity: Severity
    few_are_fine: bool = False


_LEFTOVERS = (
    _Leftover(
        re.compile(r"(?:^|/)\.(?:git|hg|svn)/"),
        "a version control folder, with the project's history",
        Severity.MEDIUM,
    ),
    _Leftover(
        re.compile(r"(?:^|/)__pycache__/|\.pyc$"),
        "compiled Python files, which can differ from their source",
        Severity.LOW,
    ),
    _Leftover(
        re.compile(r"(?:^|/)\.(?:vscode|idea|vs|fleet)/|\.(?:swp|swo|orig|rej)$"),
        "editor files",
        Severity.LOW,
    ),
    _Leftover(
        re.compile(r"(?:^|/)(?:\.DS_Store|Thumbs\.db|desktop\.ini)$|(?:^|/)__MACOSX/"),
        "desktop left-overs",
        Severity.LOW,
    ),
    _Leftover(
        re.compile(
            r"(?:^|/)(?:tests?|__tests__|spec|fixtures)/|(?:^|/)(?:test_[^/]+\.py|[^/]+\.(?:test|spec)\.[cm]?[jt]sx?)$"
        ),
        "tests",
        Severity.INFO,
        few_are_fine=True,
    ),
)


def _leftovers(view: View) -> Iterable[Finding]:
    own = [f for f in view.files if f.role != "vendored"]
    for kind in _LEFTOVERS:
        hits = [f for f in own if kind.pattern.search(f.path)]
        small = len(hits) < _LEFTOVER_FILES and sum(f.size for f in hits) < _LEFTOVER_BYTES
        if not hits or (kind.few_are_fine and small):
            continue
        yield _finding(
            Weakness.BUNDLE_HYGIENE,
            kind.severity,
            Confidence.CONFIRMED,
            f"The bundle carries {kind.what} ({len(hits)} files, for example {shown(hits[0].path)}); "
            "leave them out with .mcpbignore.",
            hits[0].path,
        )


def _nested(view: View) -> Iterable[Finding]:
    for file in view.files:
        if file.kind == "archive" and file.role != "vendored":
            yield _finding(
                Weakness.BUNDLE_HYGIENE,
                Severity.LOW,
                Confidence.CONFIRMED,
                f"{shown(file.path)} is an archive inside the archive, which nobody looks into; "
                "unpack it or leave it out.",
                file.path,
            )


def _altered(view: View) -> Iterable[Finding]:
    """Code that lies in a package's folder without the package's metadata accounting for it."""
    trees = {p.tree for p in view.border.packages}
    strangers: dict[str, list[File]] = {}
    for file in view.files:
        tree = next((t for t in _folders(file.path) if t in trees), None)
        if file.role != "own" or tree is None or file.path in view.border.reached or file.kind == "bytecode":
            continue
        strangers.setdefault(tree, []).append(file)
    for tree, hits in sorted(strangers.items()):
        if tree and not tree.endswith("bin"):
            yield _finding(
                Weakness.BUNDLE_HYGIENE,
                Severity.LOW,
                Confidence.FIRM,
                f"{len(hits)} code files in {shown(tree)} belong to no package there or differ from what it recorded "
                f"(for example {shown(hits[0].path)}); they are examined as the server's own.",
                hits[0].path,
            )


def _folders(path: str) -> Iterable[str]:
    while path:
        path = parent(path)
        yield path


_CHECKS: tuple[Callable[[View], Iterable[Finding]], ...] = (
    _secret_files,
    _binaries,
    _modes,
    _start_hooks,
    _leftovers,
    _nested,
    _altered,
)
