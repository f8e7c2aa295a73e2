"""Every third-party package that a bundle names or carries, where it comes from, and how firmly it is fixed.

`collect_dependencies` reads lock files, requirement lists, project files and the metadata of vendored
packages. Nothing is
resolved, downloaded or evaluated. A file that cannot be read is a Gap.
"""

from collections.abc import Callable, Iterable, Mapping

from scanner.collect.dependencies import js_locks, npm_files, python_files, scripts, vendored
from scanner.collect.dependencies.judging import loose_findings
from scanner.collect.dependencies.merging import merged
from scanner.collect.dependencies.reading import COMPONENT_LIMIT, FILE_LIMIT, Ecosystem, Reading
from scanner.collect.dependencies.requirements import is_requirements, read_requirements
from scanner.collect.members import Members, basename, read_text, shown
from trust.facts import Declaration, Dependencies, File, Inventory
from trust.finding import Gap

_TOML: Mapping[str, Callable[[Reading, python_files.Toml, str], None]] = {
    "uv.lock": python_files.uv_lock,
    "poetry.lock": python_files.poetry_lock,
    "pylock.toml": python_files.pylock,
    "pyproject.toml": python_files.pyproject,
}
_JS_LOCKS: Mapping[str, Callable[[str, str], Reading]] = {
    "yarn.lock": js_locks.yarn_lock,
    "pnpm-lock.yaml": js_locks.pnpm_lock,
    "bun.lock": js_locks.bun_lock,
    "deno.lock": js_locks.deno_lock,
}


def collect_dependencies(bundle: Members, inventory: Inventory, declaration: Declaration | Gap) -> Dependencies:
    """The components with the files that name them, and what is loose, unhashed, foreign or run on
    installation.
    """
    sizes = {f.path: f.size for f in inventory.files}

    def text_of(path: str) -> str | Gap:
        if path not in sizes:
            return Gap(f"{shown(path)} is named but is not in the bundle.", path)
        return read_text(bundle, path, sizes[path], FILE_LIMIT)

    readings = sorted((r for f in inventory.files if (r := _reading(bundle, f, text_of)) is not None), key=_authority)
    own = {r.own for r in readings if r.own}
    # A project may name itself to add its extras; a resolved package that only shares its name stays a component.
    named = [n for n in merged(readings) if n.component.name not in own or n.component.version is not None]
    gaps = [g for r in readings for g in r.gaps]
    if len(named) > COMPONENT_LIMIT:
        gaps.append(Gap(f"Only the first {COMPONENT_LIMIT} of {len(named)} components are listed."))
    gaps.extend(_compiled(inventory))
    findings = [f for r in readings for f in r.findings]
    findings.extend(loose_findings(named, sizes))
    if isinstance(declaration, Declaration):
        findings.extend(scripts.command_findings(declaration))
    locks = {r.lock for r in readings if r.lock is not None and r.named}
    return Dependencies(
        components=tuple(n.component for n in named[:COMPONENT_LIMIT]),
        read_from=tuple(sorted({r.path for r in readings if not _is_vendored(r.path)})),
        locked=bool(locks)
        if isinstance(declaration, Gap)
        else not _needed(declaration, readings) - locks and bool(locks),
        findings=tuple(findings),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _compiled(inventory: Inventory) -> Iterable[Gap]:
    """Packages linked into a program of the server's own are listed nowhere."""
    for file in inventory.files:
        if file.kind == "native" and file.role == "own":
            yield Gap("A compiled program; the packages built into it are listed nowhere.", file.path)


def _needed(declaration: Declaration, readings: Iterable[Reading]) -> set[Ecosystem]:
    """The ecosystems whose packages this server needs at run time: those it names, or its type's."""
    named: set[Ecosystem] = {n.component.ecosystem for r in readings for n in r.named if n.component.scope == "runtime"}
    by_type: dict[str, Ecosystem] = {"python": "pypi", "uv": "pypi", "node": "npm"}
    return {by_type[declaration.server_type]} if declaration.server_type in by_type else named


def _reading(bundle: Members, file: File, text_of: Callable[[str], str | Gap]) -> Reading | None:
    read = _reader(bundle, file)
    if read is None:
        return None
    text = text_of(file.path)
    return Reading(file.path, gaps=[text]) if isinstance(text, Gap) else read(text)


def _reader(bundle: Members, file: File) -> Callable[[str], Reading] | None:
    path, name = file.path, basename(file.path)
    if file.role == "vendored":
        return _vendored_reader(path)
    if name in npm_files.LOCKS:
        return lambda text: npm_files.npm_lock(path, text, bundle)
    if "node_modules/" in path:
        return None
    if name in _TOML:
        return lambda text: python_files.read_toml(path, text, _TOML[name])
    if is_requirements(path):
        return lambda text: read_requirements(path, lambda p: text if p == path else _member(bundle, p))
    if name in _JS_LOCKS:
        return lambda text: _JS_LOCKS[name](path, text)
    if name == "bun.lockb":
        return lambda _: Reading(
            path, gaps=[Gap("bun.lockb is binary and not read; ship bun.lock, its text form.", path)]
        )
    simple: Mapping[str, Callable[[str], Reading]] = {
        "package.json": lambda text: npm_files.package_json(path, text),
        "Pipfile.lock": lambda text: python_files.pipfile_lock(path, text),
        "setup.py": lambda text: Reading(path, findings=list(scripts.setup_findings(path, text))),
        "binding.gyp": lambda text: Reading(path, findings=list(scripts.gyp_findings(path, text))),
    }
    return simple.get(name)


def _member(bundle: Members, path: str) -> str | Gap:
    size = next((m.size for m in bundle.members if m.path == path), None)
    return (
        Gap(f"{shown(path)} is named but is not in the bundle.", path)
        if size is None
        else read_text(bundle, path, size, FILE_LIMIT)
    )


def _vendored_reader(path: str) -> Callable[[str], Reading] | None:
    if vendored.NODE.search(path):
        return lambda text: vendored.node_package(path, text)
    if vendored.PYTHON.search(path):
        return lambda text: vendored.python_package(path, text)
    return None


def _is_vendored(path: str) -> bool:
    return vendored.NODE.search(path) is not None or vendored.PYTHON.search(path) is not None


def _authority(reading: Reading) -> tuple[int, str]:
    if reading.lock is not None:
        return 0, reading.path
    if _is_vendored(reading.path):
        return 1, reading.path
    return (2 if is_requirements(reading.path) else 3), reading.path
