"""The archive layer: one file, one reading. Each row is a way in which readers of zip files disagree."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.bundle import Bundle, BundleError, Limits, open_bundle
from tests.unit.bundle_builder import BundleBuilder, deflate

Build = Callable[[], bytes]


def given(tmp_path: Path, data: bytes, **limits: int) -> Bundle:
    path = tmp_path / "some.mcpb"
    path.write_bytes(data)
    return open_bundle(path, Limits(**limits))


def refusal(tmp_path: Path, data: bytes, **limits: int) -> BundleError:
    with pytest.raises(BundleError) as caught:
        given(tmp_path, data, **limits)
    return caught.value


def plain() -> BundleBuilder:
    return BundleBuilder()


def other_zip() -> bytes:
    return BundleBuilder({"name": "evil-twin"}).build()


def descriptor(data: bytes, packed: int, *, wide: bool = False, signed: bool = True) -> bytes:
    sizes = struct.pack("<QQ" if wide else "<LL", packed, len(data))
    return (b"PK\x07\x08" if signed else b"") + struct.pack("<L", zlib.crc32(data)) + sizes


def with_descriptor(**shape: bool) -> bytes:
    data = b"some text " * 20
    unknown = {"crc": 0, "packed": 0, "size": 0}
    return (
        plain()
        .file("a.txt", data, flags=8, local=unknown, descriptor=descriptor(data, len(deflate(data)), **shape))
        .build()
    )


def zip64_extra(*values: int) -> bytes:
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def unicode_path(name: bytes) -> bytes:
    return struct.pack("<2HBL", 0x7075, 5 + len(name), 1, zlib.crc32(b"a.js")) + name


def nested_bytes() -> bytes:
    return BundleBuilder(empty=True).file("inner.txt", b"inner", method=0).build()


def streamed() -> bytes:
    """What the standard library writes to a pipe: data descriptors, sizes unknown in local headers."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: Any) -> int:
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in plain().items:
            archive.writestr(item.name.decode(), item.data)
    return pipe.data


def forced_zip64() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in plain().items:
            with archive.open(item.name.decode(), "w", force_zip64=True) as member:
                member.write(item.data)
    return out.getvalue()


def reordered() -> bytes:
    builder = plain()
    data = builder.build()
    start = struct.unpack("<L", data[-6:-2])[0]
    records, position = [], start
    for item in builder.items:
        size = 46 + len(item.name)
        records.append(data[position : position + size])
        position += size
    return data[:start] + b"".join(reversed(records)) + data[position:]


ACCEPTED: dict[str, Build] = {
    "as the official packer writes it": lambda: plain().build(),
    "a comment": lambda: plain().put(comment=b"made by hand").build(),
    "directory entries": lambda: plain().file("server/", b"", method=0, mode=0o040755).build(),
    "a directory with an empty deflate block": lambda: plain().file("lib/", b"", mode=0o040755).build(),
    "the same directory twice": lambda: plain().file("lib/", b"", method=0).file("lib/", b"", method=0).build(),
    "no Unix attributes": lambda: plain().file("a.txt", system=0, mode=0).build(),
    "mode 0": lambda: plain().file("a.txt", mode=0o100000).build(),
    "an empty stored file": lambda: plain().file("a.txt", b"", method=0).build(),
    "an empty deflated file": lambda: plain().file("a.txt", b"").build(),
    "an empty file without a deflate block": lambda: plain().file("a.txt", b"", payload=b"").build(),
    "descriptor with signature": with_descriptor,
    "descriptor without signature": lambda: with_descriptor(signed=False),
    "64-bit descriptor": lambda: with_descriptor(wide=True),
    "64-bit descriptor without signature": lambda: with_descriptor(wide=True, signed=False),
    "streamed by the standard library": streamed,
    "zip64 local headers": forced_zip64,
    "zip64 end record": lambda: (
        plain()
        .put(zip64={}, end={"disk_entries": 0xFFFF, "entries": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF})
        .build()
    ),
    "zip64 end record beside a full one": lambda: plain().put(zip64={}).build(),
    "a time stamp extra": lambda: plain().file("a.txt", extra=struct.pack("<2HBL", 0x5455, 5, 1, 0)).build(),
    "padding in the extra field": lambda: plain().file("a.txt", local_extra=b"\0\0\0").build(),
    "a Unicode path that says the same": lambda: plain().file("a.js", extra=unicode_path(b"a.js")).build(),
    "a name in UTF-8": lambda: plain().file("données/日本.json").build(),
    "members out of order in the directory": reordered,
    "a stored archive inside": lambda: plain().file("x.bin", nested_bytes(), method=0).build(),
}


@pytest.mark.parametrize("build", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(tmp_path: Path, build: Build) -> None:
    data = build()
    with given(tmp_path, data) as bundle, zipfile.ZipFile(io.BytesIO(data)) as reference:
        assert {name: bundle.read(name, 1 << 20) for name in bundle.names()} == {
            i.filename: reference.read(i) for i in reference.infolist() if not i.is_dir()
        }


REFUSED: dict[str, tuple[str, Build]] = {
    "nothing": ("archive.not_zip", lambda: b""),
    "text": ("archive.not_zip", lambda: b"hello world, this is no archive"),
    "a page": ("archive.not_zip", lambda: b"<!DOCTYPE html><title>404</title>"),
    "a Git LFS pointer": ("archive.not_zip", lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n"),
    "gzip": ("archive.not_zip", lambda: b"\x1f\x8b\x08" + bytes(90)),
    "tar": ("archive.not_zip", lambda: bytes(257) + b"ustar" + bytes(250)),
    "one byte": ("archive.not_zip", lambda: b"P"),
    "half": ("archive.truncated", lambda: (d := plain().build())[: len(d) // 2]),
    "the last ten bytes gone": ("archive.truncated", lambda: plain().build()[:-10]),
    "the comment cut off": ("archive.truncated", lambda: plain().put(comment=b"a long comment").build()[:-4]),
    "cut behind an archive inside": (
        "archive.truncated",
        lambda: plain().file("x.zip", nested_bytes(), method=0).file("y" * 90).build()[:-300],
    ),
    "front gone": ("archive.corrupt", lambda: plain().build()[60:]),
    "directory offset too large": ("archive.corrupt", lambda: plain().put(end={"offset": 99_999_999}).build()),
    "directory count too low": ("archive.corrupt", lambda: plain().put(end={"disk_entries": 1, "entries": 1}).build()),
    "directory count too high": ("archive.corrupt", lambda: plain().put(end={"disk_entries": 9, "entries": 9}).build()),
    "directory without signature": (
        "archive.corrupt",
        lambda: plain().build().replace(b"PK\x01\x02", b"PK\x01\x03", 1),
    ),
    "local header without signature": ("archive.corrupt", lambda: b"PK\x03\x05" + plain().build()[4:]),
    "zip64 marker without record": ("archive.corrupt", lambda: plain().put(end={"offset": 0xFFFFFFFF}).build()),
    "zip64 record with another count": ("archive.corrupt", lambda: plain().put(zip64={"entries": 0}).build()),
    "zip64 record elsewhere": ("archive.corrupt", lambda: plain().put(zip64={"at": 4}).build()),
    "broken deflate": ("archive.corrupt", lambda: plain().file("a.js", payload=b"\xff\xff\xff\xff").build()),
    "deflate without an end": (
        "archive.corrupt",
        lambda: plain().file("a.js", b"x" * 99, payload=deflate(b"x" * 99)[:-2]).build(),
    ),
    "extra field cut off": ("archive.corrupt", lambda: plain().file("a.js", extra=b"UT\x09\x00\x01").build()),
    "directory with content": ("archive.corrupt", lambda: plain().file("lib/", b"hidden").build()),
    "zip64 field that says otherwise": (
        "archive.corrupt",
        lambda: plain().file("a.js", extra=zip64_extra(4_000_000_000, 17)).build(),
    ),
    "a line break behind": ("archive.trailing_data", lambda: plain().put(trailing=b"\n").build()),
    "much behind": ("archive.trailing_data", lambda: plain().put(trailing=bytes(200_000)).build()),
    "a script in front": ("archive.prefix_data", lambda: plain().put(prefix=b"#!/bin/sh\nexit\n").build()),
    "a script in front, offsets as before": ("archive.prefix_data", lambda: b"#!/bin/sh\nexit\n" + plain().build()),
    "a page in front": ("archive.prefix_data", lambda: plain().put(prefix=b"<html></html>").build()),
    "a whole archive in front": ("archive.prefix_data", lambda: plain().put(prefix=other_zip()).build()),
    "a whole archive in front, offsets as before": ("archive.prefix_data", lambda: other_zip() + plain().build()),
    "an archive in the comment": ("archive.ambiguous_eocd", lambda: plain().put(comment=other_zip()).build()),
    "an end record in the comment": (
        "archive.ambiguous_eocd",
        lambda: plain().put(comment=b"PK\x05\x06" + bytes(18)).build(),
    ),
    "an end record in the comment that does not fit": (
        "archive.ambiguous_eocd",
        lambda: plain().put(comment=b"PK\x05\x06" + bytes(40)).build(),
    ),
    "a gap between members": ("archive.hidden_data", lambda: plain().change("manifest.json", gap=b"hidden").build()),
    "a gap before the directory": ("archive.hidden_data", lambda: plain().put(before_directory=bytes(50)).build()),
    "a gap after the directory": ("archive.hidden_data", lambda: plain().put(after_directory=bytes(50)).build()),
    "a member that the directory omits": (
        "archive.hidden_data",
        lambda: plain().file("secret.js", in_directory=False).build(),
    ),
    "bytes behind a deflate stream": (
        "archive.hidden_data",
        lambda: plain().file("a.js", b"x", payload=deflate(b"x") + b"hidden").build(),
    ),
    "another name in the local header": (
        "archive.header_mismatch",
        lambda: plain().file("a.js", local_name=b"b.js").build(),
    ),
    "a longer name in the local header": (
        "archive.header_mismatch",
        lambda: plain().file("a.js", local_name=b"a.js.map").build(),
    ),
    "another method": ("archive.header_mismatch", lambda: plain().file("a.js", local={"method": 0}).build()),
    "another size": ("archive.header_mismatch", lambda: plain().file("a.js", local={"size": 9}).build()),
    "another packed size": ("archive.header_mismatch", lambda: plain().file("a.js", local={"packed": 9}).build()),
    "another checksum": ("archive.header_mismatch", lambda: plain().file("a.js", local={"crc": 9}).build()),
    "encrypted in the local header only": (
        "archive.header_mismatch",
        lambda: plain().file("a.js", local={"flags": 1}).build(),
    ),
    "a descriptor that lies": (
        "archive.header_mismatch",
        lambda: plain().file("a.js", flags=8, descriptor=descriptor(b"other", 5)).build(),
    ),
    "a Unicode path that says otherwise": (
        "archive.header_mismatch",
        lambda: plain().file("a.js", extra=unicode_path(b"b.js")).build(),
    ),
    "a Unicode path in the local header only": (
        "archive.header_mismatch",
        lambda: plain().file("a.js", local_extra=unicode_path(b"b.js")).build(),
    ),
    "two entries for one member": (
        "archive.overlap",
        lambda: plain().file("a.js", b"").file("b.js", b"", offset=0).build(),
    ),
    "a member that reaches over the next": (
        "archive.overlap",
        lambda: plain().file("a.js", central={"packed": 60}, local={"packed": 60}).file("b.js").build(),
    ),
    "a size that is too small": (
        "archive.size_mismatch",
        lambda: plain().file("a.js", bytes(9_000_000), local={"size": 10}, central={"size": 10}).build(),
    ),
    "a size that is too large": (
        "archive.size_mismatch",
        lambda: plain().file("a.js", b"x", local={"size": 10}, central={"size": 10}).build(),
    ),
    "stored, two sizes": (
        "archive.size_mismatch",
        lambda: plain().file("a.js", b"xx", method=0, local={"size": 10}, central={"size": 10}).build(),
    ),
    "zip64 that declares 4 EiB": (
        "archive.too_large_uncompressed",
        lambda: (
            plain()
            .file("a.js", extra=zip64_extra(1 << 62), local={"size": 0xFFFFFFFF}, central={"size": 0xFFFFFFFF})
            .build()
        ),
    ),
    "a wrong checksum": (
        "archive.crc",
        lambda: plain().file("a.js", local={"crc": 9}, central={"crc": 9}).build(),
    ),
    "ZipCrypto": ("archive.encrypted", lambda: plain().file("a.js", flags=1).build()),
    "strong encryption": ("archive.encrypted", lambda: plain().file("a.js", flags=0x41).build()),
    "masked headers": ("archive.encrypted", lambda: plain().file("a.js", flags=1 << 13).build()),
    "AES by method": ("archive.encrypted", lambda: plain().file("a.js", method=99).build()),
    "AES by extra field": ("archive.encrypted", lambda: plain().file("a.js", extra=b"\x01\x99\x00\x00").build()),
    "bzip2": ("archive.unsupported_compression", lambda: plain().file("a.js", method=12).build()),
    "LZMA": ("archive.unsupported_compression", lambda: plain().file("a.js", method=14).build()),
    "Zstandard": ("archive.unsupported_compression", lambda: plain().file("a.js", method=93).build()),
    "Deflate64": ("archive.unsupported_compression", lambda: plain().file("a.js", method=9).build()),
    "an unknown method": ("archive.unsupported_compression", lambda: plain().file("a.js", method=77).build()),
    "a split archive": ("archive.multi_disk", lambda: plain().put(end={"disk": 1, "directory_disk": 1}).build()),
    "a member on another disk": ("archive.multi_disk", lambda: plain().file("a.js", central={"disk": 2}).build()),
    "a link out": ("archive.symlink", lambda: plain().file("etc", b"/etc/passwd", mode=0o120777).build()),
    "a link inside": ("archive.symlink", lambda: plain().file("a", b"server/index.js", mode=0o120777).build()),
    "a link although made on DOS": (
        "archive.symlink",
        lambda: plain().file("a", b"x", mode=0o120777, system=0).build(),
    ),
    "the manifest as a link": (
        "archive.symlink",
        lambda: plain().change("manifest.json", mode=0o120777).build(),
    ),
    "a Windows reparse point": (
        "archive.symlink",
        lambda: plain().file("a", system=10, central={"external": 0x400}).build(),
    ),
    "a pipe": ("archive.special_file", lambda: plain().file("a", b"", mode=0o010644).build()),
    "a device": ("archive.special_file", lambda: plain().file("a", b"", mode=0o060644).build()),
    "a character device": ("archive.special_file", lambda: plain().file("a", b"", mode=0o020644).build()),
    "a socket": ("archive.special_file", lambda: plain().file("a", b"", mode=0o140644).build()),
    "a directory without slash": ("archive.special_file", lambda: plain().file("a", b"", mode=0o040755).build()),
    "no manifest": ("manifest.missing", lambda: plain().remove("manifest.json").build()),
    "no member": ("manifest.missing", lambda: BundleBuilder(empty=True).build()),
    "Manifest.json": (
        "manifest.missing",
        lambda: BundleBuilder(empty=True).file("Manifest.json", b"{}").build(),
    ),
    "a folder packed": (
        "manifest.not_at_root",
        lambda: BundleBuilder(empty=True).file("my-server/manifest.json", b"{}").build(),
    ),
    "a server.json instead": (
        "manifest.missing",
        lambda: BundleBuilder(empty=True).file("server.json", b"{}").build(),
    ),
    "a directory instead": (
        "manifest.missing",
        lambda: BundleBuilder(empty=True).file("manifest.json/", b"", method=0).build(),
    ),
}


@pytest.mark.parametrize(("code", "build"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, code: str, build: Build) -> None:
    error = refusal(tmp_path, build())
    assert error.code == code, error.detail
    assert error.detail.isprintable()
