"""Pack the sample servers into `.mcpb` bundles, byte for byte the same on every machine.

    python examples/pack.py [DIRECTORY]     write the bundles (default: $ASSAY_VAR/examples, or var/examples)
    python examples/pack.py --check         compare freshly packed bundles with SHA256SUMS
    python examples/pack.py --write-sums    write SHA256SUMS anew

A zip file differs between two packings because of its time stamps, its file modes, the order of its members
and its compressed data. The first three are fixed here. The fourth is avoided: members are stored, not
deflated, because two versions of zlib (or zlib-ng, which some Pythons are built with) may compress the same
input to different bytes, and then the digests in SHA256SUMS would depend on the machine. The samples are
small, so nothing is lost.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import stat
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CATALOG = HERE / "catalog.json"
SUMS = HERE / "SHA256SUMS"

LEFT_OUT_FOLDERS = frozenset({"node_modules", "__pycache__", ".venv", ".git", ".mypy_cache", ".ruff_cache"})
LEFT_OUT_SUFFIXES = frozenset({".pyc", ".log", ".mcpb"})
LEFT_OUT_NAMES = frozenset({".DS_Store", "Thumbs.db", ".env"})

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip file can hold
FILE_MODE = stat.S_IFREG | 0o644
UNIX = 3  # "version made by" system, PKWARE APPNOTE 4.4.2


class PackError(Exception):
    """A sample cannot be packed; the text says which file and why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample server as it is published."""

    folder: Path
    """Where its source lies."""
    namespace: str
    """The namespace it is published under."""
    name: str
    """The name in its manifest."""
    version: str
    """The version in its manifest."""
    about: str
    """What the sample shows, in one line."""

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}.mcpb"


def samples() -> tuple[Sample, ...]:
    """The samples in publishing order, as catalog.json lists them."""
    entries: list[dict[str, str]] = json.loads(CATALOG.read_text(encoding="utf-8"))
    found = []
    for entry in entries:
        folder = HERE / entry["folder"]
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        found.append(
            Sample(
                folder=folder,
                namespace=entry["namespace"],
                name=manifest["name"],
                version=manifest["version"],
                about=entry["about"],
            )
        )
    return tuple(found)


def members(folder: Path) -> Iterator[tuple[str, Path]]:
    """(name in the bundle, file), sorted by the bytes of the name. Raises PackError on links and devices."""
    found: list[tuple[str, Path]] = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT_FOLDERS]
        for name in (*folders, *files):
            path = Path(root, name)
            if path.is_symlink():
                raise PackError(f"{path} is a symbolic link: put the file itself there")
        for name in files:
            path = Path(root, name)
            if name in LEFT_OUT_NAMES or path.suffix in LEFT_OUT_SUFFIXES:
                continue
            if not path.is_file():
                raise PackError(f"{path} is not a regular file: remove it")
            found.append((path.relative_to(folder).as_posix(), path))
    yield from sorted(found, key=lambda member: member[0].encode())


def pack(folder: Path) -> bytes:
    """The bundle of one source folder. The same files give the same bytes, whatever their times and modes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_STORED) as bundle:
        for name, path in members(folder):
            info = zipfile.ZipInfo(name, date_time=EPOCH)
            info.create_system = UNIX
            info.external_attr = FILE_MODE << 16
            info.compress_type = zipfile.ZIP_STORED
            bundle.writestr(info, path.read_bytes())
    return buffer.getvalue()


def sums(bundles: Sequence[tuple[Sample, bytes]]) -> str:
    """SHA256SUMS in the form `sha256sum -c` reads."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {sample.file_name}\n" for sample, data in bundles)


def differences(expected: str, actual: str) -> list[str]:
    """One sentence per bundle whose digest is missing, left over or not the expected one."""
    want = {name: digest for digest, name in (line.split("  ", 1) for line in expected.splitlines())}
    have = {name: digest for digest, name in (line.split("  ", 1) for line in actual.splitlines())}
    found = []
    for name in sorted(want.keys() | have.keys()):
        if name not in have:
            found.append(f"{name} is in SHA256SUMS and no longer in catalog.json")
        elif name not in want:
            found.append(f"{name} is not in SHA256SUMS: run with --write-sums")
        elif want[name] != have[name]:
            found.append(f"{name} has digest {have[name]}, SHA256SUMS says {want[name]}")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """0: written, or nothing differs; 1: --check found a difference; 2: a sample cannot be packed."""
    parser = argparse.ArgumentParser(prog="pack.py", description="Pack the sample servers reproducibly.")
    parser.add_argument("directory", nargs="?", type=Path, help="where the bundles go")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare with SHA256SUMS and write nothing")
    mode.add_argument("--write-sums", action="store_true", help="write SHA256SUMS anew")
    arguments = parser.parse_args(argv)

    try:
        bundles = [(sample, pack(sample.folder)) for sample in samples()]
    except (PackError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.check:
        found = differences(SUMS.read_text(encoding="utf-8"), sums(bundles))
        print("\n".join(found) or f"{len(bundles)} bundles agree with SHA256SUMS")
        return 1 if found else 0
    if arguments.write_sums:
        SUMS.write_text(sums(bundles), encoding="utf-8", newline="\n")
        return 0
    var = Path(os.environ.get("ASSAY_VAR") or HERE.parent / "var")
    directory: Path = arguments.directory or var / "examples"
    directory.mkdir(parents=True, exist_ok=True)
    for sample, data in bundles:
        (directory / sample.file_name).write_bytes(data)
        print(f"{directory / sample.file_name}  {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
