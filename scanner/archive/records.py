"""The records of the zip format, as they lie in the file (PKWARE APPNOTE 6.3.10, section 4.3)."""

import struct
from dataclasses import dataclass
from typing import Final, Self

from scanner.errors import BundleError

LOCAL_SIGNATURE: Final = b"PK\x03\x04"
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
END_SIGNATURE: Final = b"PK\x05\x06"
DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"
ZIP64_END_SIGNATURE: Final = b"PK\x06\x06"
ZIP64_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"

MASK16: Final = 0xFFFF
MASK32: Final = 0xFFFFFFFF

FLAG_ENCRYPTED: Final = 1 << 0
FLAG_DESCRIPTOR: Final = 1 << 3
FLAG_PATCHED: Final = 1 << 5
FLAG_STRONG_ENCRYPTION: Final = 1 << 6
FLAG_UTF8: Final = 1 << 11
FLAG_MASKED: Final = 1 << 13
FLAGS_DEFLATE_LEVEL: Final = 0b110

EXTRA_ZIP64: Final = 0x0001
EXTRA_UNICODE_PATH: Final = 0x7075
EXTRA_AES: Final = 0x9901

_END = struct.Struct("<4s4H2LH")
_ZIP64_END = struct.Struct("<4sQ2H2L4Q")
_ZIP64_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_EXTRA = struct.Struct("<2H")

END_SIZE: Final = _END.size
ZIP64_END_SIZE: Final = _ZIP64_END.size
ZIP64_LOCATOR_SIZE: Final = _ZIP64_LOCATOR.size
CENTRAL_SIZE: Final = _CENTRAL.size
LOCAL_SIZE: Final = _LOCAL.size


@dataclass(frozen=True, slots=True)
class EndRecord:
    """The end of central directory record (4.3.16)."""

    disk: int
    directory_disk: int
    disk_entries: int
    entries: int
    directory_size: int
    directory_offset: int
    comment_length: int

    @classmethod
    def parse(cls, data: bytes) -> Self:
        return cls(*_END.unpack(data)[1:])


@dataclass(frozen=True, slots=True)
class Zip64End:
    """The zip64 end of central directory record (4.3.14)."""

    record_size: int
    disk: int
    directory_disk: int
    disk_entries: int
    entries: int
    directory_size: int
    directory_offset: int

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        signature, size, _made, _needed, *rest = _ZIP64_END.unpack(data)
        return cls(size, *rest) if signature == ZIP64_END_SIGNATURE else None


@dataclass(frozen=True, slots=True)
class Zip64Locator:
    """The zip64 end of central directory locator (4.3.15)."""

    disk: int
    record_offset: int
    disks: int

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        signature, *rest = _ZIP64_LOCATOR.unpack(data)
        return cls(*rest) if signature == ZIP64_LOCATOR_SIGNATURE else None


@dataclass(frozen=True, slots=True)
class CentralHeader:
    """One entry of the central directory (4.3.12), sizes and offset already read from zip64 where they are there."""

    made_by: int
    flags: int
    method: int
    crc32: int
    compressed: int
    size: int
    disk: int
    external: int
    offset: int
    name: bytes
    extra: bytes

    @property
    def system(self) -> int:
        """The host system of "version made by": 0 MS-DOS, 3 Unix, 19 macOS."""
        return self.made_by >> 8


@dataclass(frozen=True, slots=True)
class LocalHeader:
    """One local file header (4.3.7)."""

    flags: int
    method: int
    crc32: int
    compressed: int
    size: int
    name_length: int
    extra_length: int

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        signature, _needed, flags, method, _time, _date, crc, packed, size, name, extra = _LOCAL.unpack(data)
        if signature != LOCAL_SIGNATURE:
            return None
        return cls(flags, method, crc, packed, size, name, extra)


@dataclass(frozen=True, slots=True)
class CentralLengths:
    """Where the next directory entry begins, known from the fixed part of this one."""

    fixed: tuple[int, ...]
    name: int
    extra: int
    comment: int

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        signature, *fixed = _CENTRAL.unpack(data)
        if signature != CENTRAL_SIGNATURE:
            return None
        return cls(tuple(fixed), fixed[9], fixed[10], fixed[11])

    @property
    def total(self) -> int:
        return CENTRAL_SIZE + self.name + self.extra + self.comment

    def header(self, name: bytes, extra: bytes, shown: str) -> CentralHeader:
        """The whole entry, with the zip64 field applied; BundleError "archive.corrupt" when that field is broken."""
        made_by, _needed, flags, method, _time, _date, crc, packed, size, *_lengths, disk, _internal, ext, offset = (
            self.fixed
        )
        if extra:
            saturated = (size == MASK32, packed == MASK32, offset == MASK32)
            size, packed, offset = zip64_values(extra, (size, packed, offset), saturated, shown)
            disk = 0 if disk == MASK16 else disk
        return CentralHeader(made_by, flags, method, crc, packed, size, disk, ext, offset, name, extra)


def extra_fields(extra: bytes, shown: str) -> dict[int, bytes]:
    """The extra field split into its parts; BundleError when a part is cut off or one that matters is there twice."""
    fields: dict[int, bytes] = {}
    position = 0
    while position < len(extra):
        if len(extra) - position < _EXTRA.size:
            if any(extra[position:]):
                raise _corrupt(shown, "has an extra field that is cut off")
            break  # zipalign and some Java tools pad with up to three zero bytes
        tag, length = _EXTRA.unpack_from(extra, position)
        position += _EXTRA.size
        if position + length > len(extra):
            raise _corrupt(shown, "has an extra field that is longer than its header says")
        if tag in fields and tag in (EXTRA_ZIP64, EXTRA_UNICODE_PATH):
            raise _corrupt(shown, "has the same extra field twice")
        fields[tag] = extra[position : position + length]
        position += length
    return fields


def zip64_values(extra: bytes, narrow: tuple[int, ...], saturated: tuple[bool, ...], shown: str) -> list[int]:
    """The header's values, each saturated one replaced by its 64-bit value, in the order of APPNOTE 4.5.3.

    A saturated value without a zip64 part keeps its value: 4,294,967,295 is then what the header says. A part that
    nothing asks for must at least agree with the header, because readers differ in whether they look at it.
    """
    field = extra_fields(extra, shown).get(EXTRA_ZIP64)
    if field is None:
        return list(narrow)
    wide = [int.from_bytes(field[i : i + 8], "little") for i in range(0, len(field) - 7, 8)]
    if len(wide) < sum(saturated):
        raise _corrupt(shown, "has a zip64 field that is too short")
    if not any(saturated):
        if not set(wide) <= {0, *narrow}:
            raise _corrupt(shown, "has a zip64 field that says something else than its header")
        return list(narrow)
    values = iter(wide)
    return [next(values) if full else value for value, full in zip(narrow, saturated, strict=True)]


def _corrupt(shown: str, what: str) -> BundleError:
    return BundleError("archive.corrupt", f"{shown} {what}: re-pack with `mcpb pack`.", path=shown)
