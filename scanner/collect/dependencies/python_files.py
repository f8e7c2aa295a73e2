"""Python's other dependency files: pyproject.toml, uv.lock, poetry.lock, pylock.toml, Pipfile.lock.

Sources: PyPA "pyproject.toml specification" (PEP 621, 735), PEP 751 (pylock.toml), uv documentation
"Structure of lock
files", Poetry documentation, Pipfile.lock specification 6.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping

from packaging.requirements import InvalidRequirement, Requirement

from scanner.collect.dependencies.reading import (
    Named,
    Origin,
    Reading,
    Scope,
    canonical,
    component,
    finding,
    line_of,
    rows,
    table,
    word,
)
from scanner.collect.dependencies.requirements import PYPI, from_requirement
from scanner.collect.dependencies.scripts import build_findings
from scanner.collect.members import shown
from trust.finding import Finding, Gap
from trust.vocabulary import Severity, Weakness

Toml = Mapping[str, object]


def read_toml(path: str, text: str, fill: Callable[[Reading, Toml, str], None]) -> Reading:
    """A reading of a TOML file by `fill`; a file that is no TOML is a Gap."""
    reading = Reading(path)
    try:
        loaded = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reading.gaps.append(Gap(f"The file is not valid TOML ({shown(str(error), 80)}).", path))
        return reading
    fill(reading, loaded, text)
    return reading


def pyproject(reading: Reading, data: Toml, text: str) -> None:
    reading.findings.extend(build_findings(reading.path, text))
    project = table(data.get("project"))
    reading.own = word(project.get("name")) or word(table(table(data.get("tool")).get("poetry")).get("name"))
    _list(reading, text, project.get("dependencies"), "runtime")
    for extra in table(project.get("optional-dependencies")).values():
        _list(reading, text, extra, "optional")
    for group in table(data.get("dependency-groups")).values():
        _list(reading, text, group, "dev")
    _list(reading, text, table(data.get("build-system")).get("requires"), "dev")
    dynamic = project.get("dynamic")
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        reading.gaps.append(
            Gap("The project's dependencies are computed when it is built, so they are not known.", reading.path)
        )
    tool = table(data.get("tool"))
    _poetry_ranges(reading, text, table(table(tool.get("poetry")).get("dependencies")))
    _uv_sources(reading, text, table(tool.get("uv")))


def _list(reading: Reading, text: str, value: object, scope: Scope) -> None:
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, str):
            continue  # an included group is read where it is defined
        try:
            parsed = Requirement(item)
        except InvalidRequirement:
            reading.gaps.append(Gap(f"A dependency cannot be read: {shown(item, 80)}", reading.path))
            continue
        made = from_requirement(parsed, reading.path, scope=scope, hashed=False, direct=True)
        reading.named.append(Named(made, line_of(text, item)))


def _poetry_ranges(reading: Reading, text: str, entries: Toml) -> None:
    for name, value in entries.items():
        if name.lower() == "python":
            continue
        detail = table(value)
        wanted = word(value) or word(detail.get("version"))
        exact = re.fullmatch(r"(?:==)?\s*(\d[\w.+!-]*)", wanted) is not None
        version = wanted.lstrip("= ") if exact else None
        source: Origin = (
            "git" if "git" in detail else "url" if "url" in detail else "file" if "path" in detail else "registry"
        )
        made = component(
            "pypi", name, version, reading.path, requirement=wanted, exact=exact, direct=True, source=source
        )
        reading.named.append(Named(made, line_of(text, name)))


def _uv_sources(reading: Reading, text: str, uv: Toml) -> None:
    for name, value in table(uv.get("sources")).items():
        for entry in rows(value) or [table(value)]:
            if place := word(entry.get("git")) or word(entry.get("url")):
                reading.findings.append(_untrusted(reading.path, text, name, place))
    for index in rows(uv.get("index")):
        url = word(index.get("url"))
        if url and not PYPI.match(url):
            reading.findings.append(_untrusted(reading.path, text, word(index.get("name")) or "packages", url))


def _untrusted(path: str, text: str, name: str, place: str) -> Finding:
    return finding(
        Weakness.UNTRUSTED_SOURCE,
        Severity.MEDIUM,
        f"{shown(name, 80)} comes from {shown(place)} instead of PyPI.",
        path,
        line_of(text, place),
    )


def uv_lock(reading: Reading, data: Toml, text: str) -> None:
    reading.lock = "pypi"
    packages = list(rows(data.get("package")))
    roots = [p for p in packages if _is_root(table(p.get("source")))]
    edges = {word(p.get("name")): _needs(p.get("dependencies")) for p in packages}
    wanted: dict[Scope, set[str]] = {
        "runtime": {n for r in roots for n in _needs(r.get("dependencies"))},
        "optional": {n for r in roots for e in table(r.get("optional-dependencies")).values() for n in _needs(e)},
        "dev": {n for r in roots for e in table(r.get("dev-dependencies")).values() for n in _needs(e)},
    }
    reach = {scope: _reach(names, edges) for scope, names in wanted.items()}
    reading.own = word(roots[0].get("name")) if roots else ""
    for package in packages:
        name, source = word(package.get("name")), table(package.get("source"))
        if not name or _is_root(source):
            continue
        scope: Scope = (
            "runtime" if not roots or name in reach["runtime"] else "optional" if name in reach["optional"] else "dev"
        )
        index = word(source.get("registry"))
        line = line_of(text, f'name = "{name}"\nversion')
        if index and not PYPI.match(index):
            reading.findings.append(_untrusted(reading.path, text, name, index))
        made = component(
            "pypi",
            name,
            word(package.get("version")) or None,
            reading.path,
            exact=True,
            hashed=_uv_hashed(package),
            direct=any(name in names for names in wanted.values()),
            scope=scope,
            source=_uv_source(source),
        )
        reading.named.append(Named(made, line))


def _is_root(source: Toml) -> bool:
    return "virtual" in source or "editable" in source or source.get("directory") == "."


def _needs(value: object) -> set[str]:
    return {word(d.get("name")) for d in rows(value)}


def _reach(start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    queue = list(start)
    while queue:
        name = queue.pop()
        if name not in reached:
            reached.add(name)
            queue.extend(edges.get(name, ()))
    return reached


def _uv_source(source: Toml) -> Origin:
    if "git" in source:
        return "git"
    if "url" in source:
        return "url"
    return "file" if "path" in source or "directory" in source else "registry"


def _uv_hashed(package: Toml) -> bool:
    files = [*rows(package.get("wheels")), *([table(package.get("sdist"))] if package.get("sdist") else [])]
    return bool(files) and all(word(f.get("hash")).startswith("sha") for f in files)


def poetry_lock(reading: Reading, data: Toml, text: str) -> None:
    reading.lock = "pypi"
    legacy = {canonical("pypi", k): v for k, v in table(table(data.get("metadata")).get("files")).items()}
    for package in rows(data.get("package")):
        name = word(package.get("name"))
        if not name:
            continue
        kind = word(table(package.get("source")).get("type"))
        files = list(rows(package.get("files"))) or list(rows(legacy.get(canonical("pypi", name))))
        groups = package.get("groups")
        development = package.get("category") == "dev" or (isinstance(groups, list) and "main" not in groups)
        scope: Scope = "dev" if development else "optional" if package.get("optional") is True else "runtime"
        source: Origin = (
            "git"
            if kind == "git"
            else "url"
            if kind == "url"
            else "file"
            if kind in ("file", "directory")
            else "registry"
        )
        made = component(
            "pypi",
            name,
            word(package.get("version")) or None,
            reading.path,
            exact=True,
            scope=scope,
            source=source,
            hashed=bool(files) and all(word(f.get("hash")).startswith("sha") for f in files),
            marker=word(package.get("markers")),
        )
        reading.named.append(Named(made, line_of(text, f'name = "{name}"')))
        if kind == "legacy" and not PYPI.match(word(table(package.get("source")).get("url"))):
            reading.findings.append(_untrusted(reading.path, text, name, word(table(package.get("source")).get("url"))))


def pylock(reading: Reading, data: Toml, text: str) -> None:
    reading.lock = "pypi"
    for package in rows(data.get("packages")):
        name = word(package.get("name"))
        if not name:
            continue
        single = [table(package[k]) for k in ("sdist", "archive") if k in package]
        files = [*rows(package.get("wheels")), *single]
        source: Origin = (
            "git"
            if "vcs" in package
            else "url"
            if "archive" in package
            else "file"
            if "directory" in package
            else "registry"
        )
        made = component(
            "pypi",
            name,
            word(package.get("version")) or None,
            reading.path,
            exact=True,
            source=source,
            hashed=bool(files) and all(table(f.get("hashes")) for f in files),
            marker=word(package.get("marker")),
        )
        reading.named.append(Named(made, line_of(text, f'name = "{name}"')))
        index = word(package.get("index"))
        if index and not PYPI.match(index):
            reading.findings.append(_untrusted(reading.path, text, name, index))


def pipfile_lock(path: str, text: str) -> Reading:
    """A Pipfile.lock; anything that is not a JSON object is a Gap."""
    reading = Reading(path, lock="pypi")
    try:
        data = table(json.loads(text))
    except (ValueError, RecursionError):
        return Reading(path, gaps=[Gap("The file is not valid JSON.", path)])
    scopes: tuple[tuple[str, Scope], ...] = (("default", "runtime"), ("develop", "dev"))
    for section, scope in scopes:
        for name, value in table(data.get(section)).items():
            entry = table(value)
            version = word(entry.get("version")).removeprefix("==") or None
            source: Origin = "git" if "git" in entry else "file" if "path" in entry or "file" in entry else "registry"
            made = component(
                "pypi",
                name,
                version,
                path,
                exact=version is not None,
                hashed=bool(entry.get("hashes")),
                scope=scope,
                source=source,
                marker=word(entry.get("markers")),
            )
            reading.named.append(Named(made, line_of(text, f'"{name}"')))
    for index in rows(table(data.get("_meta")).get("sources")):
        url = word(index.get("url"))
        if url and not PYPI.match(url):
            reading.findings.append(_untrusted(path, text, "Packages", url))
    return reading
