"""The members of an archive, read from the directory and held against their local headers.

Every byte of the file must belong to exactly one thing: a member, the directory or the end record. Readers that
stream from the front believe local headers, others believe the directory, and both skip what neither mentions; a file
where this makes no difference is the only one that everybody reads alike.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scanner.archive.ending import Directory
from scanner.archive.limits import Limits
from scanner.archive.names import shown
from scanner.archive.records import (
    CENTRAL_SIGNATURE,
    CENTRAL_SIZE,
    DESCRIPTOR_SIGNATURE,
    EXTRA_AES,
    EXTRA_UNICODE_PATH,
    FLAG_DESCRIPTOR,
    FLAG_ENCRYPTED,
    FLAG_MASKED,
    FLAG_PATCHED,
    FLAG_STRONG_ENCRYPTION,
    FLAG_UTF8,
    FLAGS_DEFLATE_LEVEL,
    LOCAL_SIGNATURE,
    LOCAL_SIZE,
    MASK32,
    CentralHeader,
    CentralLengths,
    LocalHeader,
    extra_fields,
    zip64_values,
)
from scanner.archive.source import Source
from scanner.errors import BundleError

STORED: Final = 0
DEFLATED: Final = 8
_METHOD_AES: Final = 99
_METHODS: Final = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 98: "PPMd"}
_UNIX_SYSTEMS: Final = (3, 19)
_REPARSE_POINT: Final = 0x400
_DIRECTORY_WINDOW: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as the directory has it, with the place of its data. ``mode`` is None without Unix attributes."""

    header: CentralHeader
    data_offset: int

    @property
    def mode(self) -> int | None:
        if self.header.system not in _UNIX_SYSTEMS:
            return None
        return (self.header.external >> 16) & 0xFFFF

    @property
    def utf8(self) -> bool:
        return bool(self.header.flags & FLAG_UTF8)


def read_layout(source: Source, directory: Directory, limits: Limits) -> list[Entry]:
    """All members in archive (directory) order; BundleError when headers disagree or bytes are left over."""
    headers = list(_read_directory(source, directory, limits))
    entries: dict[int, Entry] = {}
    position = 0
    for index in sorted(range(len(headers)), key=lambda i: headers[i].offset):
        header = headers[index]
        label = shown(header.name)
        if header.offset != position:
            raise _misplaced(source, header.offset, position, label)
        entry, position = _read_local(source, header, label, directory.offset)
        entries[index] = entry
    if position != directory.offset:
        raise _misplaced(source, directory.offset, position, "the file list")
    return [entries[index] for index in range(len(headers))]


def _read_directory(source: Source, directory: Directory, limits: Limits) -> Iterator[CentralHeader]:
    if directory.entries > limits.members:
        raise _too_many(f"{directory.entries:,}", limits)
    position, count, end = directory.offset, 0, directory.offset + directory.size
    base, window = position, b""
    while position < end:
        if position + CENTRAL_SIZE > end:
            raise _corrupt(f"The file list ends inside an entry at byte {position:,}")
        if position + CENTRAL_SIZE > base + len(window):
            base, window = position, source.read(position, min(_DIRECTORY_WINDOW, end - position))
        lengths = CentralLengths.parse(window[position - base : position - base + CENTRAL_SIZE])
        if lengths is None:
            raise _corrupt(f"Entry {count + 1} of the file list, at byte {position:,}, has no signature")
        if position + lengths.total > end:
            raise _corrupt(f"Entry {count + 1} of the file list, at byte {position:,}, is longer than the list")
        if position + lengths.total > base + len(window):
            base, window = position, source.read(position, min(_DIRECTORY_WINDOW, end - position))
        count += 1
        if count > limits.members:
            raise _too_many(f"more than {limits.members:,}", limits)
        start = position - base + CENTRAL_SIZE
        name = window[start : start + lengths.name]
        extra = window[start + lengths.name : start + lengths.name + lengths.extra]
        label = shown(name)
        header = lengths.header(name, extra, label)
        _check_header(header, label)
        yield header
        position += lengths.total
    if count != directory.entries:
        raise _corrupt(f"The end record announces {directory.entries:,} files, the file list holds {count:,}")


def _check_header(header: CentralHeader, label: str) -> None:
    encrypted = FLAG_ENCRYPTED | FLAG_STRONG_ENCRYPTION | FLAG_MASKED
    if header.flags & encrypted or header.method == _METHOD_AES:
        raise _encrypted(label)
    if header.extra:
        _check_extra(header.extra, header.name, label)
    if header.method not in (STORED, DEFLATED) or header.flags & FLAG_PATCHED:
        method = _METHODS.get(header.method, f"method {header.method}")
        raise BundleError(
            "archive.unsupported_compression",
            f"{label} is packed with {method}, which clients cannot read: use stored or deflate only "
            "(`mcpb pack` does).",
            path=label,
        )
    if header.disk:
        raise BundleError("archive.multi_disk", f"{label} lies on another part of a split archive.", path=label)
    _check_kind(header, label)
    if header.method == STORED and header.compressed != header.size:
        raise BundleError(
            "archive.size_mismatch",
            f"{label} is stored without compression, yet its packed size {header.compressed:,} is not its size "
            f"{header.size:,}: re-pack with `mcpb pack`.",
            path=label,
        )
    if header.name.endswith(b"/") and header.size:
        raise BundleError(
            "archive.corrupt", f"{label} is a directory with {header.size:,} bytes of content: re-pack it.", path=label
        )


def _check_kind(header: CentralHeader, label: str) -> None:
    """Only regular files and directories: a link would make a reader write or read outside its folder."""
    kind = stat.S_IFMT(header.external >> 16)
    is_link = kind == stat.S_IFLNK or (header.system not in _UNIX_SYSTEMS and header.external & _REPARSE_POINT)
    if is_link:
        raise BundleError(
            "archive.symlink",
            f"{label} is a symbolic link, which bundles may not hold: `mcpb pack` replaces links by what they "
            "point to.",
            path=label,
        )
    special = kind in (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK)
    unknown = kind not in (0, stat.S_IFREG, stat.S_IFDIR) and header.system in _UNIX_SYSTEMS
    if special or unknown or (kind == stat.S_IFDIR and not header.name.endswith(b"/")):
        raise BundleError(
            "archive.special_file",
            f"{label} is marked as something else than a file or directory (mode {header.external >> 16:o}): "
            "leave it out and re-pack with `mcpb pack`.",
            path=label,
        )


def _check_extra(extra: bytes, name: bytes, label: str) -> None:
    fields = extra_fields(extra, label)
    if EXTRA_AES in fields:
        raise _encrypted(label)
    unicode_path = fields.get(EXTRA_UNICODE_PATH)
    if unicode_path is not None and unicode_path[5:] != name:
        raise BundleError(
            "archive.header_mismatch",
            f"{label} has an extra field that gives it the name {shown(unicode_path[5:])}, and readers take different "
            "ones: re-pack with `mcpb pack`.",
            path=label,
        )


def _read_local(source: Source, header: CentralHeader, label: str, limit: int) -> tuple[Entry, int]:
    """The entry with its data offset, and the first byte after the member."""
    if header.offset + LOCAL_SIZE + len(header.name) > limit:
        raise _corrupt(f"{label} begins at byte {header.offset:,}, behind the data")
    raw = source.read(header.offset, LOCAL_SIZE + len(header.name))
    local = LocalHeader.parse(raw[:LOCAL_SIZE])
    if local is None:
        raise _corrupt(f"There is no local header for {label} at byte {header.offset:,}")
    name_end = header.offset + LOCAL_SIZE + local.name_length
    data_offset = name_end + local.extra_length
    if data_offset > limit:
        raise _corrupt(f"The local header of {label} reaches into the file list")
    if local.name_length != len(header.name) or raw[LOCAL_SIZE:] != header.name:
        raise _mismatch(label, "name")
    extra = source.read(name_end, local.extra_length) if local.extra_length else b""
    _check_local(header, local, extra, label)
    end = data_offset + header.compressed
    if end > limit:
        raise _overlap(label, end, limit)
    if header.flags & FLAG_DESCRIPTOR:
        end += _descriptor_length(source, header, end, limit, label)
    return Entry(header, data_offset), end


def _check_local(header: CentralHeader, local: LocalHeader, extra: bytes, label: str) -> None:
    if (header.flags ^ local.flags) & ~FLAGS_DEFLATE_LEVEL:
        raise _mismatch(label, "flags")
    if header.method != local.method:
        raise _mismatch(label, "compression method")
    size, compressed = local.size, local.compressed
    if extra:
        _check_extra(extra, header.name, label)
        saturated = (size == MASK32, compressed == MASK32)
        size, compressed = zip64_values(extra, (size, compressed), saturated, label)
    # With a data descriptor the local values may be zero: they were not known yet when the header was written.
    unknown = bool(header.flags & FLAG_DESCRIPTOR)
    for what, central_value, local_value in (
        ("CRC-32", header.crc32, local.crc32),
        ("packed size", header.compressed, compressed),
        ("size", header.size, size),
    ):
        if local_value != central_value and not (unknown and local_value in (0, MASK32)):
            raise _mismatch(label, what)


def _descriptor_length(source: Source, header: CentralHeader, at: int, limit: int, label: str) -> int:
    """Length of the data descriptor behind a member: with or without signature, 32 or 64 bit (APPNOTE 4.3.9)."""
    found = source.read(at, min(24, limit - at))
    crc = header.crc32.to_bytes(4, "little")
    for width in (4, 8):
        if max(header.compressed, header.size) >> (8 * width):
            continue
        plain = crc + header.compressed.to_bytes(width, "little") + header.size.to_bytes(width, "little")
        for descriptor in (DESCRIPTOR_SIGNATURE + plain, plain):
            following = found[len(descriptor) : len(descriptor) + 4]
            at_end = at + len(descriptor) == limit
            if found.startswith(descriptor) and (at_end or following[:2] == b"PK"[: len(following)]):
                return len(descriptor)
    raise _mismatch(label, "data descriptor")


def _misplaced(source: Source, found: int, expected: int, label: str) -> BundleError:
    """What is wrong when something does not begin where the thing before it ended."""
    if found < expected:
        return _overlap(label, expected, found)
    length = found - expected
    where = f"{length:,} bytes (bytes {expected:,} to {found - 1:,})"
    if expected == 0:
        return BundleError(
            "archive.prefix_data", f"{where} stand before the archive: remove them or re-pack with `mcpb pack`."
        )
    begins = source.read(expected, min(4, length))
    what = "hold a file that is not in the file list" if begins == LOCAL_SIGNATURE else "belong to no file"
    if begins == CENTRAL_SIGNATURE:
        what = "hold a second file list"
    return BundleError("archive.hidden_data", f"{where} before {label} {what}: re-pack with `mcpb pack`.")


def _overlap(label: str, end: int, start: int) -> BundleError:
    return BundleError(
        "archive.overlap",
        f"{label} shares bytes with something else in the archive (bytes {start:,} to {end:,}): "
        "re-pack with `mcpb pack`.",
        path=label,
    )


def _mismatch(label: str, what: str) -> BundleError:
    return BundleError(
        "archive.header_mismatch",
        f"The {what} of {label} differs between its own header and the file list: re-pack with `mcpb pack`.",
        path=label,
    )


def _encrypted(label: str) -> BundleError:
    return BundleError(
        "archive.encrypted", f"{label} is encrypted, so nobody can examine it: pack without a password.", path=label
    )


def _too_many(count: str, limits: Limits) -> BundleError:
    return BundleError(
        "archive.too_many_entries",
        f"The archive holds {count} files, the limit is {limits.members:,}: bundle fewer files.",
    )


def _corrupt(what: str) -> BundleError:
    return BundleError("archive.corrupt", f"{what}: re-pack with `mcpb pack`.")
