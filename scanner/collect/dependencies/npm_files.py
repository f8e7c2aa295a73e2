"""npm's dependency files: package.json, package-lock.json (1, 2, 3), npm-shrinkwrap.json,
node_modules/.package-lock.json.

Sources: npm documentation "package.json", "package-lock.json".
"""

import json
import re
from collections.abc import Iterator, Mapping

from scanner.collect.dependencies.reading import (
    COMPONENT_LIMIT,
    Named,
    Origin,
    Reading,
    Scope,
    component,
    finding,
    line_of,
    table,
    word,
)
from scanner.collect.dependencies.scripts import install_findings
from scanner.collect.members import Members, parent, shown
from trust.facts import Component
from trust.finding import Finding, Gap
from trust.vocabulary import Severity, Weakness

LOCKS = ("package-lock.json", "npm-shrinkwrap.json", ".package-lock.json")
_EXACT = re.compile(r"^[=v]*(\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?)$")
_REGISTRY = re.compile(r"^https://(?:registry\.npmjs\.org|registry\.yarnpkg\.com)/")
SCOPES: tuple[tuple[str, Scope], ...] = (
    ("dependencies", "runtime"),
    ("optionalDependencies", "optional"),
    ("devDependencies", "dev"),
)


def package_json(path: str, text: str) -> Reading:
    """The bundle's own package.json: ranges of direct dependencies, and scripts that run when somebody
    installs it.
    """
    data = json_object(text)
    if data is None:
        return Reading(path, gaps=[Gap("The file is not a JSON object.", path)])
    reading = Reading(path, own=word(data.get("name")))
    for key, scope in SCOPES:
        for name, value in table(data.get(key)).items():
            wanted = word(value)
            reading.named.append(Named(_wanted(path, name, wanted, scope), line_of(text, f'"{name}"')))
    reading.findings.extend(install_findings(path, text, table(data.get("scripts")), own=True))
    return reading


def _wanted(path: str, name: str, wanted: str, scope: Scope) -> Component:
    alias = re.match(r"^npm:(.+)@([^@]*)$", wanted)
    real, spec = (alias[1], alias[2]) if alias else (name, wanted)
    exact = _EXACT.match(spec)
    return component(
        "npm",
        real,
        exact[1] if exact else None,
        path,
        requirement=wanted,
        exact=exact is not None,
        direct=True,
        scope=scope,
        source=_origin(spec),
    )


def _origin(spec: str) -> Origin:
    if re.match(r"(?i)^(?:git(?:\+|:|@)|github:|gitlab:|bitbucket:|gist:)", spec) or re.match(
        r"^[\w.-]+/[\w.-]+(?:#|$)", spec
    ):
        return "git"
    if re.match(r"(?i)^https?://", spec):
        return "git" if re.search(r"\.git(?:#|$)", spec) else "url"
    return "file" if spec.startswith(("file:", "link:", ".", "/", "~/")) else "registry"


def npm_lock(path: str, text: str, bundle: Members) -> Reading:
    """A lock file of any version; `vendored` says whether a package's folder lies in the bundle."""
    data = json_object(text)
    if data is None or not ("packages" in data or "dependencies" in data):
        return Reading(path, gaps=[Gap("The file is not a package lock that npm would read.", path)])
    reading = Reading(path, lock="npm")
    folder = parent(path)
    if path.endswith(".package-lock.json"):
        folder = parent(folder)
    entries = _modern(data, reading) if isinstance(data.get("packages"), dict) else _classic(data)
    for count, (place, name, entry, direct) in enumerate(entries):
        if count >= COMPONENT_LIMIT:
            reading.gaps.append(Gap(f"Only the first {COMPONENT_LIMIT} packages of the lock file were read.", path))
            break
        resolved = word(entry.get("resolved"))
        version = word(entry.get("version"))
        source = _lock_source(version, resolved)
        # A folder that is missing is not vendored, whatever the lock says.
        vendored = bundle.has("/".join(p for p in (folder, place, "package.json") if p))
        made = component(
            "npm",
            name,
            version if _EXACT.match(version) else None,
            path,
            exact=_EXACT.match(version) is not None,
            hashed=word(entry.get("integrity")).startswith("sha"),
            vendored=vendored,
            direct=direct,
            scope=_scope(entry),
            source="bundle" if entry.get("inBundle") is True else source,
            requirement=resolved if source != "registry" else "",
            licence=word(entry.get("license")),
            install_script=entry.get("hasInstallScript") is True,
        )
        line = line_of(text, f'"{place}"') if source != "registry" else None
        reading.named.append(Named(made, line, top=place.count("node_modules/") == 1))
        if source == "registry" and resolved:
            reading.findings.extend(elsewhere(path, text, name, resolved))
    return reading


def elsewhere(path: str, text: str, name: str, resolved: str) -> Iterator[Finding]:
    """A finding when a locked package is downloaded from anywhere but the public registry."""
    if not _REGISTRY.match(resolved):
        message = f"{shown(name, 80)} is downloaded from {shown(resolved)} instead of the npm registry."
        yield finding(Weakness.UNTRUSTED_SOURCE, Severity.MEDIUM, message, path, line_of(text, resolved))


def _modern(data: Mapping[str, object], reading: Reading) -> Iterator[tuple[str, str, Mapping[str, object], bool]]:
    packages = table(data.get("packages"))
    root = table(packages.get(""))
    reading.own = word(root.get("name")) or word(data.get("name"))
    wanted = {name for key, _ in SCOPES for name in table(root.get(key))}
    for place, value in packages.items():
        entry = table(value)
        if "node_modules/" not in place or entry.get("link") is True:
            continue  # the root and workspaces: the bundle's own
        folder = place.rpartition("node_modules/")[2]
        yield place, word(entry.get("name")) or folder, entry, place == f"node_modules/{folder}" and folder in wanted


def _classic(data: Mapping[str, object]) -> Iterator[tuple[str, str, Mapping[str, object], bool]]:
    queue = [("", data)]
    while queue:
        above, holder = queue.pop()
        for name, value in table(holder.get("dependencies")).items():
            entry = table(value)
            place = f"{above}node_modules/{name}"
            yield place, name, entry, False
            queue.append((f"{place}/", entry))


def _lock_source(version: str, resolved: str) -> Origin:
    if resolved.startswith(("git", "github:")) or version.startswith(("git", "github:")):
        return "git"
    if resolved.startswith("file:") or version.startswith("file:"):
        return "file"
    if re.match(r"https?://", version) or (
        resolved and re.match(r"https?://(?:codeload\.)?github\.com/|http://", resolved)
    ):
        return "url"
    return "registry"


def _scope(entry: Mapping[str, object]) -> Scope:
    if entry.get("dev") is True or entry.get("devOptional") is True:
        return "dev"
    return "optional" if entry.get("optional") is True else "runtime"


def json_object(text: str) -> Mapping[str, object] | None:
    """The JSON object in a text, None when it holds anything else."""
    try:
        loaded: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return table(loaded) if isinstance(loaded, dict) else None
