"""Every file of a bundle: size, digest, what it is by content, and whose it is (`border` draws the line).

`collect_inventory` takes an open bundle and its declaration and returns an `Inventory`; it raises nothing
of its own.
"""

import re
from collections.abc import Iterable

from scanner.collect import hygiene
from scanner.collect.border import Border, trees
from scanner.collect.kinds import HEAD, Kind, is_minified, is_script, kind_of
from scanner.collect.licences import LICENCE_NAME, SECURITY_NAME, recognise, tells_how_to_report
from scanner.collect.members import TEXT_LIMIT, Entry, Members, basename, files, head, parent, shown
from trust.facts import Declaration, File, Inventory
from trust.finding import Gap

_CODE: tuple[Kind, ...] = ("python", "javascript", "minified", "native", "bytecode")
_POLICY_LIMIT = 200_000
_LICENCE_FOLDERS = re.compile(r"(?i)^(?:|licen[cs]es?)$")
_SECURITY_FOLDERS = re.compile(r"(?i)^(?:|\.github|docs?|\.well-known)$")


def collect_inventory(bundle: Members, declaration: Declaration | Gap) -> Inventory:
    """Every file with its kind and role, the licences and the security policy, and what should not be in a
    release.
    """
    entries = files(bundle)
    border = Border(bundle, declaration)
    starts = {m.path: head(bundle, m.path, HEAD) for m in entries}
    listed = tuple(_file(bundle, m, starts[m.path], border) for m in entries)
    own = [f for f in listed if f.role != "vendored"]
    licence_files = tuple(f.path for f in own if _is_licence(f))
    licences = [spdx for p in licence_files if (spdx := recognise(_policy(bundle, p))) is not None]
    view = hygiene.View(bundle, border, listed, {m.path: m for m in entries}, starts, declaration)
    return Inventory(
        files=listed,
        vendored_roots=trees(border.packages),
        licence_files=licence_files,
        licences=tuple(dict.fromkeys(licences)),
        security_files=tuple(f.path for f in own if _is_policy(f) and tells_how_to_report(_policy(bundle, f.path))),
        findings=hygiene.findings(view),
        gaps=tuple(_gaps(listed)),
    )


def _file(bundle: Members, entry: Entry, start: bytes, border: Border) -> File:
    kind = kind_of(entry.path, start)
    if kind == "text" and entry.path in border.reached and not entry.path.endswith((".json", ".md", ".txt")):
        # `require("./thing.dat")` runs whatever it names: what own code imports is code.
        kind = "python" if _starts_python(border) else "javascript"
    if kind == "javascript" and entry.size <= TEXT_LIMIT and is_minified(bundle.read(entry.path, TEXT_LIMIT)):
        kind = "minified"
    return File(entry.path, entry.size, bundle.member_sha256(entry.path), kind, _role(entry.path, kind, start, border))


def _role(path: str, kind: Kind, start: bytes, border: Border) -> hygiene.Role:
    if border.package_of(path) is not None:
        return "vendored"
    return "own" if kind in _CODE or is_script(path, kind, start) or path in border.reached else "data"


def _starts_python(border: Border) -> bool:
    return any(p.endswith(".py") for p in border.entry_points)


def _is_licence(file: File) -> bool:
    return file.kind == "text" and bool(
        LICENCE_NAME.match(basename(file.path)) and _LICENCE_FOLDERS.match(parent(file.path))
    )


def _is_policy(file: File) -> bool:
    return file.kind == "text" and bool(
        SECURITY_NAME.match(basename(file.path)) and _SECURITY_FOLDERS.match(parent(file.path))
    )


def _policy(bundle: Members, path: str) -> str:
    return head(bundle, path, _POLICY_LIMIT).decode("utf-8", "replace")


def _gaps(listed: Iterable[File]) -> Iterable[Gap]:
    for file in listed:
        if file.kind == "archive" and file.role != "vendored":
            yield Gap(f"The archive {shown(file.path)} inside the bundle was not opened.", file.path)
        elif file.kind in ("native", "bytecode") and file.role != "vendored":
            yield Gap(f"The compiled file {shown(file.path)} cannot be read as source.", file.path)
        elif file.kind in _CODE and file.size > TEXT_LIMIT and file.kind != "native":
            yield Gap(f"The file has {file.size} bytes; at most {TEXT_LIMIT} are read as source.", file.path)
