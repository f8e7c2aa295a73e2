"""A bundle in memory for the collectors' tests, and a declaration to go with it."""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from scanner.collect.members import Entry
from trust.facts import Command, Declaration, Tool

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


@dataclass(frozen=True)
class Item:
    path: str
    size: int
    mode: int = 0o644
    is_dir: bool = False


@dataclass
class Box:
    """Members from a plain dict; reads count so that a test can see what was read."""

    content: dict[str, bytes]
    modes: Mapping[str, int] = field(default_factory=dict)

    @property
    def members(self) -> tuple[Entry, ...]:
        return tuple(Item(p, len(d), self.modes.get(p, 0o644)) for p, d in self.content.items())

    def has(self, path: str) -> bool:
        return path in self.content

    def read(self, path: str, max_bytes: int) -> bytes:
        data = self.content[path]
        if len(data) > max_bytes:
            raise AssertionError(f"{path} has {len(data)} bytes, the collector asked for {max_bytes}")
        return data

    def stream(self, path: str) -> Iterator[bytes]:
        data = self.content[path]
        yield from (data[i : i + 65536] for i in range(0, len(data), 65536))

    def member_sha256(self, path: str) -> str:
        return hashlib.sha256(self.content[path]).hexdigest()


def box(files: Mapping[str, str | bytes], modes: Mapping[str, int] | None = None) -> Box:
    return Box({p: d.encode() if isinstance(d, str) else d for p, d in files.items()}, modes or {})


def unzipped(path: Path) -> Box:
    """A real bundle of the corpus; its reader has its own tests."""
    with zipfile.ZipFile(path) as archive:
        return Box({i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()})


def declaration(
    entry_point: str = "server/index.js",
    server_type: Literal["python", "node", "binary", "uv"] = "node",
    commands: tuple[Command, ...] | None = None,
    tools: tuple[Tool, ...] = (),
    **more: Any,
) -> Declaration:
    if commands is None:
        commands = (Command("default", server_type, ("${__dirname}/" + entry_point,)),)
    return Declaration(
        manifest_version="0.4", name="weather", version="1.0.0", description="Weather for a city.",
        server_type=server_type, entry_point=entry_point, commands=commands, tools=tools, **more,
    )  # fmt: skip
