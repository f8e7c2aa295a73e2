"""The house rules that no linter knows."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("trust", "scanner", "registry", "client", "tests", "tools", "bench", "templates", "static")
CODE = {".py", ".html", ".css", ".js"}
CEILING = 400  # lines; a file that reaches it is two rooms
NOBODYS_ROOMS = {"utils", "helpers", "common", "misc"}

FILES = sorted(
    path.relative_to(ROOT)
    for room in ROOMS
    for path in (ROOT / room).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
)
WRITTEN_BY_US = [
    path for path in FILES if path.suffix in CODE and "migrations" not in path.parts and "vendor" not in path.parts
]


def committed() -> list[Path]:
    """The files git knows, or those of the rooms where there is no git (an unpacked archive)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        return FILES
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_rooms_are_there() -> None:
    """Otherwise every rule below would hold for nothing."""
    assert {path.parts[0] for path in WRITTEN_BY_US} >= {"trust", "scanner", "registry", "client", "tests"}


def test_no_file_is_longer_than_one_subject() -> None:
    long = {
        str(path): length
        for path in WRITTEN_BY_US
        if (length := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > CEILING
    }
    assert not long, f"split by subject: {long}"


def test_no_module_is_named_after_nothing() -> None:
    assert not [str(path) for path in FILES if NOBODYS_ROOMS & {part.removesuffix(path.suffix) for part in path.parts}]


def imports_of(path: Path) -> set[str]:
    """The top-level names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_the_framework_needs_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"trust"}
    foreign = {
        str(path): strangers
        for path in FILES
        if path.parts[0] == "trust" and path.suffix == ".py" and (strangers := imports_of(path) - allowed)
    }
    assert not foreign


def test_unit_tests_know_no_catalog() -> None:
    forbidden = {"django", "rest_framework", "celery", "psycopg", "registry"}
    found = {
        str(path): strangers
        for path in FILES
        if path.parts[:2] == ("tests", "unit") and path.suffix == ".py" and (strangers := imports_of(path) & forbidden)
    }
    assert not found


def test_no_committed_file_names_a_place_on_one_machine() -> None:
    """Where a developer keeps the tree is nobody's business; a made-up home directory in test data is fine."""
    place = re.compile(rb"/wor[k]/(?:main|shared)")
    found = [str(path) for path in committed() if place.search((ROOT / path).read_bytes())]
    assert not found


def test_the_licence_is_the_canonical_text() -> None:
    text = (ROOT / "LICENSE").read_bytes()
    assert hashlib.sha256(text).hexdigest() == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for line in makefile.splitlines() if line.startswith(".PHONY:") for name in line.split()[1:]}
    explained = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    assert targets == explained


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_answers_every_line_with_versions_and_hashes(name: str) -> None:
    wanted = [
        Requirement(line.split("#")[0].strip())
        for line in (ROOT / f"{name}.in").read_text(encoding="utf-8").splitlines()
        if line.split("#")[0].strip() and not line.startswith("-")
    ]
    lock = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    assert "#    make lock" in lock
    pinned: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=[a-zA-Z0-9])", lock.replace("\\\n", " ")):
        found = re.match(r"([\w.\-]+)(?:\[[^]]*\])?==([\w.!+]+)", block)
        if found:
            assert "--hash=sha256:" in block, f"{found[1]} has no hash"
            pinned.setdefault(canonicalize_name(found[1]), []).append(found[2])
    for requirement in wanted:
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in {name}.txt: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: run `make lock`"
