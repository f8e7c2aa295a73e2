"""The manifest against package.json and pyproject.toml: the same version, and dependencies that are there."""

import re
from collections.abc import Mapping
from typing import Any, Final

from scanner.archive.limits import Limits
from scanner.archive.names import shown
from scanner.errors import BundleError
from scanner.manifest.contents import Contents
from scanner.manifest.json_text import parse_object
from scanner.manifest.view import Manifest
from scanner.node_builtins import NODE_BUILTINS
from scanner.notice import Notebook

_READ: Final = 256 * 1024
_SCRIPT: Final = 64 * 1024
_VERSION: Final = re.compile(r"""\s{0,20}version\s{0,20}=\s{0,20}(["'])([^"'\n]{1,128})\1""")
_IMPORT: Final = re.compile(
    rb"""(?:\brequire\(\s*|\bfrom\s+|\bimport\s+)(["'])((?:@[\w.-]{1,100}/)?[A-Za-z][\w.-]{0,100})(?:/[^"'\n]{0,200})?\1"""
)


def check_packages(manifest: Manifest, entry: str, files: frozenset[str], contents: Contents, notes: Notebook) -> None:
    if manifest.server_type == "node":
        package = _package_json(files, contents, notes)
        _compare("package.json", package.get("version"), manifest.version, notes)
        _check_node_modules(package, entry, files, contents, notes)
    elif manifest.server_type in {"python", "uv"} and "pyproject.toml" in files:
        _compare("pyproject.toml", _project_version(contents), manifest.version, notes)


def _compare(file: str, found: object, version: str, notes: Notebook) -> None:
    if isinstance(found, str) and found != version:
        notes.add(
            "manifest.policy",
            f"{file} has version {shown(found)}, the manifest {shown(version)}: release them under one version.",
            path=file,
        )


def _package_json(files: frozenset[str], contents: Contents, notes: Notebook) -> Mapping[str, Any]:
    if "package.json" not in files:
        return {}
    try:
        return parse_object(contents.read("package.json", _READ), Limits(), file="package.json")
    except BundleError as error:
        notes.add("manifest.policy", f"package.json cannot be used: {error.detail}", path="package.json")
        return {}


def _project_version(contents: Contents) -> str | None:
    """``version`` of the ``[project]`` table, read line by line: a TOML parser can be made to work for minutes."""
    try:
        text = contents.read("pyproject.toml", _READ).decode("utf-8", "replace")
    except BundleError:
        return None
    table = ""
    for line in text.splitlines():
        if line.startswith("["):
            table = line.strip()
        elif table == "[project]":
            found = _VERSION.match(line)
            if found:
                return found.group(2)
    return None


def _check_node_modules(
    package: Mapping[str, Any], entry: str, files: frozenset[str], contents: Contents, notes: Notebook
) -> None:
    if any(name.startswith("node_modules/") or "/node_modules/" in name for name in files):
        return
    declared = package.get("dependencies")
    wanted = sorted(declared) if isinstance(declared, dict) else _imported(entry, contents)
    if wanted:
        notes.add(
            "dependencies.missing",
            f"The server needs {shown(', '.join(wanted[:5]))}, but the bundle has no node_modules: run `npm install "
            "--omit=dev` before packing, unless everything is bundled into one file.",
            path="package.json" if declared else shown(entry),
        )


def _imported(entry: str, contents: Contents) -> list[str]:
    """Packages that a small entry file imports; a large one is the output of a bundler and has them inside."""
    try:
        code = contents.read(entry, _SCRIPT)
    except BundleError:
        return []
    found = {match.group(2).decode("ascii", "replace") for match in _IMPORT.finditer(code)}
    return sorted(name for name in found if name not in NODE_BUILTINS)
