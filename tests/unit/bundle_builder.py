"""Bundles for tests, written byte by byte, so that any field of any record can lie."""

import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, Self

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x00\x00\x00\x02\x00\x08\x02\x00\x00\x00\x7b\x1a\x43\xad"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)


def manifest(**changes: Any) -> dict[str, Any]:
    """A manifest that every client installs; a change to None removes the field."""
    base: dict[str, Any] = {
        "manifest_version": "0.3",
        "name": "weather",
        "version": "1.4.0",
        "description": "Tells the weather",
        "author": {"name": "Ada"},
        "repository": {"type": "git", "url": "https://example.org/weather"},
        "license": "MIT",
        "icon": "icon.png",
        "server": {
            "type": "node",
            "entry_point": "server/index.js",
            "mcp_config": {"command": "node", "args": ["${__dirname}/server/index.js"]},
        },
        "tools": [{"name": "forecast", "description": "The weather of tomorrow"}],
    }
    base.update(changes)
    return {key: value for key, value in base.items() if value is not None}


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@dataclass
class Item:
    """One member. ``local`` and ``central`` override header fields on their side only."""

    name: bytes
    data: bytes
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    system: int = 3
    payload: bytes | None = None
    extra: bytes = b""
    local_extra: bytes | None = None
    descriptor: bytes | None = None
    gap: bytes = b""
    local: dict[str, int] = field(default_factory=dict)
    central: dict[str, int] = field(default_factory=dict)
    local_name: bytes | None = None
    in_directory: bool = True
    offset: int | None = None

    @property
    def packed(self) -> bytes:
        if self.payload is not None:
            return self.payload
        return self.data if self.method == 0 else deflate(self.data)

    def values(self, changes: dict[str, int]) -> dict[str, int]:
        base = {
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.data),
            "packed": len(self.packed),
            "size": len(self.data),
        }
        return {**base, **changes}

    def local_record(self) -> bytes:
        name = self.name if self.local_name is None else self.local_name
        extra = self.extra if self.local_extra is None else self.local_extra
        v = self.values(self.local)
        head = struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 20, v["flags"], v["method"], 0, 33, v["crc"], v["packed"], v["size"],
            len(name), len(extra),
        )  # fmt: skip
        return head + name + extra + self.packed + (self.descriptor or b"") + self.gap

    def central_record(self, offset: int) -> bytes:
        v = self.values(self.central)
        head = struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", self.system << 8 | 20, 20, v["flags"], v["method"], 0, 33, v["crc"],
            v["packed"], v["size"], len(self.name), len(self.extra), 0, v.get("disk", 0), 0,
            v.get("external", self.mode << 16), offset,
        )  # fmt: skip
        return head + self.name + self.extra


class BundleBuilder:
    """A valid bundle until told otherwise. ``build`` gives the bytes."""

    def __init__(self, changes: dict[str, Any] | None = None, *, empty: bool = False) -> None:
        self.items: list[Item] = []
        self.prefix = b""
        self.before_directory = b""
        self.after_directory = b""
        self.comment = b""
        self.trailing = b""
        self.end: dict[str, int] = {}
        self.zip64: dict[str, int] | None = None
        if not empty:
            self.file("manifest.json", json.dumps(manifest(**(changes or {}))).encode())
            self.file("server/index.js", b"console.log('hello')\n", mode=0o100755)
            self.file("icon.png", PNG, method=0)

    def file(self, name: str | bytes, data: bytes = b"x", **changes: Any) -> Self:
        raw = name if isinstance(name, bytes) else name.encode()
        if "flags" not in changes and isinstance(name, str) and not name.isascii():
            changes["flags"] = 1 << 11
        self.items.append(Item(raw, data, **changes))
        return self

    def change(self, name: str, **changes: Any) -> Self:
        item = next(i for i in self.items if i.name == name.encode())
        for key, value in changes.items():
            setattr(item, key, value)
        return self

    def manifest_bytes(self, data: bytes) -> Self:
        return self.change("manifest.json", data=data)

    def remove(self, name: str) -> Self:
        self.items = [i for i in self.items if i.name != name.encode()]
        return self

    def put(self, **changes: Any) -> Self:
        """Set archive-level fields: prefix, before_directory, after_directory, comment, trailing, end, zip64."""
        for key, value in changes.items():
            setattr(self, key, value)
        return self

    def build(self) -> bytes:
        body = bytearray(self.prefix)
        offsets = []
        for item in self.items:
            offsets.append(len(body) if item.offset is None else item.offset)
            body += item.local_record()
        body += self.before_directory
        records = [i.central_record(o) for i, o in zip(self.items, offsets, strict=True) if i.in_directory]
        directory = b"".join(records)
        e = {
            "disk": 0, "directory_disk": 0, "disk_entries": len(records), "entries": len(records),
            "size": len(directory), "offset": len(body), "comment": len(self.comment), **self.end,
        }  # fmt: skip
        out = bytes(body) + directory + self.after_directory
        if self.zip64 is not None:
            z = {"entries": len(records), "size": len(directory), "offset": len(body), "at": len(out), **self.zip64}
            out += struct.pack(
                "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, z["entries"], z["entries"], z["size"], z["offset"]
            )
            out += struct.pack("<4sLQL", b"PK\x06\x07", 0, z["at"], 1)
        out += struct.pack(
            "<4s4H2LH", b"PK\x05\x06", e["disk"], e["directory_disk"], e["disk_entries"], e["entries"], e["size"],
            e["offset"], e["comment"],
        )  # fmt: skip
        return out + self.comment + self.trailing
