"""The lock files of npm's rivals: yarn.lock (classic and berry), pnpm-lock.yaml, bun.lock and deno.lock.

Sources: yarn documentation "yarn.lock"; pnpm lockfile specification, versions 5 to 9 (github.com/pnpm/spec); Bun
documentation "Lockfile"; Deno manual "Integrity checking and lock files".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import yaml

from scanner.collect.dependencies.npm_files import SCOPES, elsewhere, json_object
from scanner.collect.dependencies.reading import (
    COMPONENT_LIMIT,
    Named,
    Origin,
    Reading,
    Scope,
    component,
    table,
    word,
)
from scanner.collect.members import shown
from trust.finding import Gap

Table = Mapping[str, object]

_VERSION: Final = re.compile(r"^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$")
_RESOLUTION: Final = re.compile(r"^((?:@[^/@]+/)?[^@]+)@(.+)$")
_NOT_PACKAGES: Final = ("workspace:", "link:", "portal:", "patch:")
"""Parts of the project itself, and patches, whose original is listed beside them."""
_PNPM_KEY: Final = re.compile(r"^/?(?P<name>(?:@[^/@]+/)?[^/@()]+)[@/](?P<version>[^()_]+)")
_DEPTH: Final = 40


def yarn_lock(path: str, text: str) -> Reading:
    """Either generation of yarn's lock file; anything else is a gap."""
    if re.search(r"^__metadata:", text, re.MULTILINE):
        return _berry(path, text)
    if "# yarn lockfile v1" not in text[:2_000]:
        return Reading(path, gaps=[Gap("The file is not a lock file that yarn would read.", path)])
    reading = Reading(path, lock="npm")
    for line, wanted, entry in _classic_entries(text):
        resolved = entry.get("resolved", "")
        name = _name_of(wanted[0])
        _add(
            reading, text, name, entry.get("version", ""), resolved=resolved, line=line,
            hashed=entry.get("integrity", "").startswith("sha"),
        )  # fmt: skip
    return reading


def _classic_entries(text: str) -> Iterator[tuple[int, list[str], dict[str, str]]]:
    """Line, the wanted ranges, and the entry's own fields. Nested lists of dependencies are passed over."""
    head: tuple[int, list[str]] | None = None
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            if head is not None:
                yield *head, fields
            head, fields = (number, [w.strip().strip('"') for w in line.rstrip(":").split(",")]), {}
        elif line.startswith("  ") and not line.startswith("   "):
            key, _, value = line.strip().partition(" ")
            fields[key.strip('"')] = value.strip().strip('"')
    if head is not None:
        yield *head, fields


def _lines(text: str) -> dict[str, int]:
    """The first line on which each key of a lock file stands, from 1."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key = line.strip().rpartition(":")[0].strip("\"'")
        if key:
            found.setdefault(key, number)
    return found


def _json_lines(text: str) -> dict[str, int]:
    """The same for JSON, where a key stands before its value on the same line."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key = re.match(r'\s*"([^"]+)":', line)
        if key is not None:
            found.setdefault(key[1], number)
    return found


def _berry(path: str, text: str) -> Reading:
    data = _yaml(text)
    if isinstance(data, Gap):
        return Reading(path, gaps=[Gap(data.reason, path)])
    reading, lines = Reading(path, lock="npm"), _lines(text)
    for key, value in data.items():
        entry = table(value)
        found = _RESOLUTION.match(word(entry.get("resolution")))
        name, resolution = (found[1], found[2]) if found else ("", "")
        if not name or resolution.startswith(_NOT_PACKAGES):
            continue
        _add(
            reading, text, name, word(entry.get("version")), resolved=resolution.removeprefix("npm:"),
            line=lines.get(key), hashed=bool(word(entry.get("checksum"))),
        )  # fmt: skip
    return reading


def pnpm_lock(path: str, text: str) -> Reading:
    data = _yaml(text)
    if isinstance(data, Gap) or "lockfileVersion" not in data:
        reason = data.reason if isinstance(data, Gap) else "The file is not a lock file that pnpm would read."
        return Reading(path, gaps=[Gap(reason, path)])
    reading, lines = Reading(path, lock="npm"), _lines(text)
    importers = list(table(data.get("importers")).values()) or [data]
    direct = _pnpm_direct([table(i) for i in importers])
    packages = table(data.get("packages"))
    needs = {key: _pnpm_needs(table(v)) for key, v in {**packages, **table(data.get("snapshots"))}.items()}
    reach = {scope: _reach((f"{n}@{v}" for n, v in wanted.items()), needs) for scope, wanted in direct.items()}
    for key, value in packages.items():
        entry, found = table(value), _PNPM_KEY.match(key)
        if found is None:
            reading.gaps.append(Gap(f"The package {shown(key, 80)} cannot be read.", path))
            continue
        name, version = found["name"], word(entry.get("version")) or found["version"]
        resolution = table(entry.get("resolution"))
        place = f"{name}@{found['version']}"
        scope: Scope = next((s for s in ("runtime", "optional", "dev") if place in reach[s]), "runtime")
        _add(
            reading, text, name, version,
            resolved=word(resolution.get("tarball")) or word(resolution.get("repo")),
            line=lines.get(key), hashed=word(resolution.get("integrity")).startswith("sha"),
            scope="dev" if word(entry.get("dev")) == "true" else scope,
            direct=any(name in wanted for wanted in direct.values()),
            hooks=word(entry.get("requiresBuild")) == "true",
        )  # fmt: skip
    return reading


def _pnpm_direct(importers: Iterable[Table]) -> dict[Scope, dict[str, str]]:
    """Name and version of what each part of the workspace asks for itself, by scope."""
    wanted: dict[Scope, dict[str, str]] = {scope: {} for _, scope in SCOPES}
    for importer in importers:
        for key, scope in SCOPES:
            for name, value in table(importer.get(key)).items():
                version = word(value) or word(table(value).get("version"))
                real, _, plain = version.partition("(")[0].rpartition("@")
                wanted[scope][real or name] = plain
    return wanted


def _pnpm_needs(entry: Table) -> list[str]:
    pairs = (*table(entry.get("dependencies")).items(), *table(entry.get("optionalDependencies")).items())
    return [f"{name}@{word(version).partition('(')[0]}" for name, version in pairs]


def _reach(start: Iterable[str], needs: Mapping[str, list[str]]) -> set[str]:
    """Everything that the packages in `start` come to need; keys may carry peers in brackets and a leading slash."""
    plain: dict[str, list[str]] = {}
    for key, wanted in needs.items():
        found = _PNPM_KEY.match(key)
        if found is not None:
            plain.setdefault(f"{found['name']}@{found['version']}", []).extend(wanted)
    reached: set[str] = set()
    queue = list(start)
    while queue:
        place = queue.pop()
        if place not in reached:
            reached.add(place)
            queue.extend(plain.get(place, ()))
    return reached


def bun_lock(path: str, text: str) -> Reading:
    data = json_object(_without_trailing_commas(text))
    if data is None or "packages" not in data:
        return Reading(path, gaps=[Gap("The file is not a lock file that bun would read.", path)])
    reading, lines = Reading(path, lock="npm"), _json_lines(text)
    roots = [table(w) for w in table(data.get("workspaces")).values()]
    wanted = {scope: {n for r in roots for n in table(r.get(key))} for key, scope in SCOPES}
    for key, value in table(data.get("packages")).items():
        parts = value if isinstance(value, list) else []
        name, _, version = (word(parts[0]) if parts else "").rpartition("@")
        if not name or version.startswith(("workspace:", "link:")):
            continue
        integrity = next((p for p in reversed(parts) if isinstance(p, str)), "")
        only_dev = name in wanted["dev"] and name not in wanted["runtime"]
        _add(
            reading, text, name, version, resolved="" if _VERSION.match(version) else version,
            line=lines.get(key), hashed=integrity.startswith("sha"),
            scope="dev" if only_dev else "runtime", direct=any(name in names for names in wanted.values()),
        )  # fmt: skip
    return reading


def deno_lock(path: str, text: str) -> Reading:
    data = json_object(text)
    if data is None or not data.keys() & {"version", "npm", "packages", "remote"}:
        return Reading(path, gaps=[Gap("The file is not a lock file that deno would read.", path)])
    reading, lines = Reading(path, lock="npm"), _json_lines(text)
    packages = table(data.get("npm")) or table(table(data.get("packages")).get("npm"))
    for key, value in packages.items():
        name, _, version = key.partition("_")[0].rpartition("@")
        hashed = word(table(value).get("integrity")).startswith("sha")
        _add(reading, text, name, version, line=lines.get(key), hashed=hashed)
    for address in table(data.get("remote")) or ():
        reading.gaps.append(Gap(f"A module is loaded from {shown(address, 120)}; it is in no package registry.", path))
    return reading


def _add(
    reading: Reading,
    text: str,
    name: str,
    version: str,
    *,
    resolved: str = "",
    line: int | None,
    hashed: bool,
    scope: Scope = "runtime",
    direct: bool = False,
    hooks: bool = False,
) -> None:
    """One locked package. `resolved` is where it comes from when that is more than a version."""
    if len(reading.named) >= COMPONENT_LIMIT:
        if not any("Only the first" in gap.reason for gap in reading.gaps):
            reason = f"Only the first {COMPONENT_LIMIT} packages of the lock file were read."
            reading.gaps.append(Gap(reason, reading.path))
        return
    exact = _VERSION.match(version) is not None
    source = _source(resolved or version)
    made = component(
        "npm", name, version if exact else None, reading.path, exact=exact, hashed=hashed, direct=direct, scope=scope,
        source=source, requirement=resolved if source != "registry" else "", install_script=hooks,
    )  # fmt: skip
    reading.named.append(Named(made, line))
    if source == "registry" and re.match(r"https?://", resolved):
        reading.findings.extend(elsewhere(reading.path, text, name, resolved))


def _source(resolved: str) -> Origin:
    if re.match(r"(?i)git[+:@]|github:|https://github\.com/[^/]+/[^/]+(?:\.git)?(?:#|$)", resolved):
        return "git"
    if resolved.startswith(("file:", "link:", "portal:", "./", "../")):
        return "file"
    return "url" if re.match(r"https?://(?:codeload\.)?github\.com/|http://", resolved) else "registry"


def _name_of(wanted: str) -> str:
    """`name@range` or `alias@npm:name@range`."""
    _, _, real = wanted.partition("@npm:")
    return (real or wanted).rpartition("@")[0] or wanted


def _yaml(text: str) -> Table | Gap:
    """A YAML mapping whose scalars are all texts.

    Built from the parser's events, so that nothing is constructed that a lock file does not need: aliases are refused,
    which can make a small file enormous, and so is deep nesting, on which the parser itself spends quadratic time.
    """
    stack: list[tuple[dict[str, object] | list[object], str | None]] = []
    root: object = None
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent):
                return Gap("The file uses YAML aliases, which lock files do not have; it was not read.")
            if isinstance(event, yaml.ScalarEvent):
                root = _put(stack, event.value)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if len(stack) >= _DEPTH:
                    return Gap(f"The file is nested more than {_DEPTH} levels deep; it was not read.")
                stack.append(({} if isinstance(event, yaml.MappingStartEvent) else [], None))
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                root = _put(stack, stack.pop()[0])
    except (yaml.YAMLError, ValueError) as error:
        return Gap(f"The file is not valid YAML ({shown(str(error).partition(chr(10))[0], 80)}).")
    return table(root) if isinstance(root, dict) else Gap("The file is not a YAML mapping.")


def _put(stack: list[tuple[dict[str, object] | list[object], str | None]], value: object) -> object:
    """Add a finished value to what is being built: an item, a key, or the value of the key before it."""
    if stack:
        holder, key = stack[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif key is None:
            stack[-1] = (holder, value if isinstance(value, str) else "")
        else:
            holder[key] = value
            stack[-1] = (holder, None)
    return value


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])')


def _without_trailing_commas(text: str) -> str:
    """JSON as bun writes it, with a comma behind the last item, made strict; strings are left alone."""
    return _TOKEN.sub(lambda m: "" if m[0] == "," else m[0], text)
