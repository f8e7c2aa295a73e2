"""Where the archive ends: the signature block is cut off first, then exactly one end record must close the file.

Readers find the end record in different ways (the last one, the first whose comment fits, a search for markers), so
a file in which these ways lead to different places shows different bundles to different people. Here a file has one
end or it is refused. The signature block follows the layout of the official packer:
``zip, "MCPB_SIG_V1", u32 length, DER, zero padding, "MCPB_SIG_END"``.
"""

from dataclasses import dataclass
from typing import Final, Literal

from scanner.archive.records import (
    CENTRAL_SIGNATURE,
    END_SIGNATURE,
    END_SIZE,
    LOCAL_SIGNATURE,
    MASK16,
    MASK32,
    ZIP64_END_SIGNATURE,
    ZIP64_END_SIZE,
    ZIP64_LOCATOR_SIGNATURE,
    ZIP64_LOCATOR_SIZE,
    EndRecord,
    Zip64End,
    Zip64Locator,
)
from scanner.archive.source import Source
from scanner.archive.strangers import not_a_zip, starts_like_another_format
from scanner.errors import BundleError

Variant = Literal["A", "B", "C"]

SIGNATURE_START: Final = b"MCPB_SIG_V1"
SIGNATURE_END: Final = b"MCPB_SIG_END"
_HEAD: Final = len(SIGNATURE_START) + 4
_COMMENT_MAX: Final = 0xFFFF
_MARKERS: Final = 100


@dataclass(frozen=True, slots=True)
class Block:
    """A signature block, cut off but not yet believed.

    ``declares``: whether the stored comment length of the end record includes the block (variants B and C).
    ``comment_field``: offset of that length; ``own_comment``: the length without the block. ``start`` is the first
    byte of the block, ``padded`` tells whether zero bytes follow the DER.
    """

    start: int
    der: bytes
    declares: bool
    padded: bool
    comment_field: int
    own_comment: int


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies. ``end`` is the first byte after it; the archive ends at ``archive_end``."""

    offset: int
    size: int
    entries: int
    end: int
    archive_end: int


def find_end(source: Source, block_limit: int) -> tuple[Directory, Block | None]:
    """Cut a signature block off and locate the central directory; BundleError when there is not exactly one end."""
    size = source.size
    if size == 0:
        raise BundleError("archive.not_zip", "The file is empty (0 bytes): upload the bundle that `mcpb pack` wrote.")
    window = max(0, size - (END_SIZE + _COMMENT_MAX + block_limit + _HEAD + len(SIGNATURE_END)))
    tail = source.read(window, size - window)
    block: Block | None = None
    archive_end = size
    if tail.endswith(SIGNATURE_END):
        record_at, block = _cut_block(tail, window)
        archive_end = block.start
    else:
        record_at = _single_end(source, tail, window)
    return _directory(source, record_at, archive_end), block


def _positions(data: bytes, needle: bytes) -> list[int]:
    found: list[int] = []
    at = data.find(needle)
    while at >= 0:
        found.append(at)
        at = data.find(needle, at + 1)
    return found


def _comment_length(tail: bytes, at: int) -> int | None:
    """The comment length stored in the end record at ``at``, or None when the record is cut off."""
    if at + END_SIZE > len(tail):
        return None
    return int.from_bytes(tail[at + END_SIZE - 2 : at + END_SIZE], "little")


def _single_end(source: Source, tail: bytes, window: int) -> int:
    """Offset of the one end record that closes an unsigned file."""
    reach = max(0, len(tail) - END_SIZE - _COMMENT_MAX)
    records = [at for at in _positions(tail, END_SIGNATURE) if at >= reach]
    closing = [at for at in records if _ends_at(tail, at) == len(tail)]
    if not closing:
        raise _no_end(source, tail, window, records)
    if len(closing) > 1 or closing[-1] != records[-1]:
        raise BundleError(
            "archive.ambiguous_eocd",
            f"There are two end records, at byte {window + closing[0]:,} and byte {window + records[-1]:,}, and "
            "readers take different ones: re-pack with `mcpb pack`.",
        )
    return window + closing[0]


def _ends_at(tail: bytes, at: int) -> int | None:
    comment = _comment_length(tail, at)
    return None if comment is None else at + END_SIZE + comment


def _no_end(source: Source, tail: bytes, window: int, records: list[int]) -> BundleError:
    """Why no end record closes the file: cut off, something behind it, or no archive at all."""
    size = source.size
    starts_as_zip = source.read(0, min(size, 4)) == LOCAL_SIGNATURE
    last = window + records[-1] if records else source.find_last(END_SIGNATURE, 0, window + 3)
    if last < 0:
        if starts_as_zip:
            return _truncated(size, "it has no end record")
        return not_a_zip(source)
    record = source.read(last, min(END_SIZE, size - last))
    if len(record) < END_SIZE:
        return _truncated(size, "its end record is cut off")
    parsed = EndRecord.parse(record)
    if starts_as_zip and parsed.directory_offset not in (MASK32, last - parsed.directory_size):
        # The end record of an archive inside the archive: what came behind it is not here.
        return _truncated(size, "it has no end record of its own")
    end = last + END_SIZE + parsed.comment_length
    if end > size:
        return _truncated(size, f"its comment should reach to byte {end:,}")
    if not starts_as_zip and starts_like_another_format(source):
        return not_a_zip(source)
    if source.read(end, min(len(SIGNATURE_START), size - end)) == SIGNATURE_START:
        return _after_the_end(tail, window, end, size)
    return _trailing(end, size)


def _after_the_end(tail: bytes, window: int, start: int, size: int) -> BundleError:
    """A signature block that does not reach the end of the file: whole with something behind it, or cut."""
    closing = tail.rfind(SIGNATURE_END) + window
    if closing > start:
        return _trailing(closing + len(SIGNATURE_END), size)
    return _malformed(f"The signature block at byte {start:,} has no end marker, so it was cut off")


def _trailing(end: int, size: int) -> BundleError:
    return BundleError(
        "archive.trailing_data",
        f"{size - end:,} bytes follow the end of the archive (bytes {end:,} to {size - 1:,}): "
        "remove them or re-pack with `mcpb pack`.",
    )


def _truncated(size: int, why: str) -> BundleError:
    return BundleError(
        "archive.truncated", f"The upload is incomplete: {size:,} bytes arrived and {why}. Upload the file again."
    )


def _malformed(what: str) -> BundleError:
    return BundleError("signature.malformed", f"{what}: run `mcpb unsign`, then sign once more.")


def _cut_block(tail: bytes, window: int) -> tuple[int, Block]:
    """The end record and the block behind it, in a file that ends in the closing marker.

    The block must start exactly where the end record (its own comment included) ends, and end at the end of the
    file. Markers are never searched for elsewhere: a member may contain them.
    """
    # Only as many as a block can hold; a file full of markers must not cost more than one with a few.
    markers = dict.fromkeys(_positions(tail, SIGNATURE_START)[-_MARKERS:])
    found: list[tuple[int, int, bool]] = []
    for at in _positions(tail, END_SIGNATURE):
        comment = _comment_length(tail, at)
        if comment is None:
            continue
        after = at + END_SIZE
        if after + comment in markers:
            found.append((at, after + comment, False))
        elif after + comment == len(tail):
            found.extend((at, marker, True) for marker in markers if marker >= after)
    if not found:
        raise _malformed("The file ends with the marker of a signature but no block starts where the archive ends")
    # The first marker behind the first record that fits is the outermost; what else was found lies inside the block.
    at, start, declares = min(found, key=lambda item: (item[0], item[1]))
    der, padded = _block_content(tail[start:], window + start)
    inner = tail.find(END_SIGNATURE, at + 1)
    if inner >= 0:
        raise BundleError(
            "archive.ambiguous_eocd",
            f"There is a second end record behind the first, at byte {window + inner:,}, in the comment or the "
            "signature block, where some readers find another bundle: re-pack with `mcpb pack` and sign again.",
        )
    return window + at, Block(
        start=window + start,
        der=der,
        declares=declares,
        padded=padded,
        comment_field=window + at + END_SIZE - 2,
        own_comment=start - at - END_SIZE,
    )


def _block_content(block: bytes, start: int) -> tuple[bytes, bool]:
    """The DER of a block and whether zeros follow it; BundleError "signature.malformed" when the lengths do not fit."""
    length = int.from_bytes(block[len(SIGNATURE_START) : _HEAD], "little")
    room = len(block) - _HEAD - len(SIGNATURE_END)
    if room < 0 or length == 0:
        raise _malformed(f"The signature block at byte {start:,} is empty")
    if length > room:
        raise _malformed(f"The signature block at byte {start:,} declares {length:,} bytes but holds {room:,}")
    rest = block[_HEAD + length : _HEAD + room]
    if SIGNATURE_START in rest:
        raise _malformed("The bundle was signed twice")
    if any(rest):
        raise _malformed(f"The signature block at byte {start:,} holds bytes behind its signature that are not padding")
    return block[_HEAD : _HEAD + length], bool(rest)


def _directory(source: Source, record_at: int, archive_end: int) -> Directory:
    record = EndRecord.parse(source.read(record_at, END_SIZE))
    locator_at = record_at - ZIP64_LOCATOR_SIZE
    if locator_at >= 0 and source.read(locator_at, 4) == ZIP64_LOCATOR_SIGNATURE:
        return _zip64_directory(source, record, locator_at, archive_end)
    if record.disk or record.directory_disk or record.disk_entries != record.entries:
        raise _multi_disk()
    if MASK32 in (record.directory_size, record.directory_offset):
        raise _corrupt("The end record points to a zip64 record that is not there")
    directory = Directory(record.directory_offset, record.directory_size, record.entries, record_at, archive_end)
    _check_place(source, directory)
    return directory


def _zip64_directory(source: Source, record: EndRecord, locator_at: int, archive_end: int) -> Directory:
    locator = Zip64Locator.parse(source.read(locator_at, ZIP64_LOCATOR_SIZE))
    wide_at = locator_at - ZIP64_END_SIZE
    if locator is None or wide_at < 0:
        raise _corrupt("The zip64 locator is damaged")
    if locator.disk or locator.disks > 1:
        raise _multi_disk()
    if locator.record_offset != wide_at:
        raise _corrupt(f"The zip64 end record is not at byte {wide_at:,} where it must be")
    wide = Zip64End.parse(source.read(wide_at, ZIP64_END_SIZE))
    if wide is None or wide.record_size != ZIP64_END_SIZE - 12:
        raise _corrupt(f"The zip64 end record at byte {wide_at:,} is damaged")
    pairs = (
        (record.disk, wide.disk, MASK16),
        (record.directory_disk, wide.directory_disk, MASK16),
        (record.disk_entries, wide.disk_entries, MASK16),
        (record.entries, wide.entries, MASK16),
        (record.directory_size, wide.directory_size, MASK32),
        (record.directory_offset, wide.directory_offset, MASK32),
    )
    if any(narrow not in (full, value) for narrow, value, full in pairs):
        raise _corrupt("The zip64 end record says something else than the end record, and readers take different ones")
    if wide.disk or wide.directory_disk or wide.disk_entries != wide.entries:
        raise _multi_disk()
    directory = Directory(wide.directory_offset, wide.directory_size, wide.entries, wide_at, archive_end)
    _check_place(source, directory)
    return directory


def _check_place(source: Source, directory: Directory) -> None:
    """The directory must lie directly in front of its end record."""
    offset, size, end = directory.offset, directory.size, directory.end
    if offset + size == end:
        return
    if offset + size > end:
        raise _corrupt(
            f"The end record places the file list at bytes {offset:,} to {offset + size:,}, but it must end at "
            f"byte {end:,}"
        )
    shift = end - offset - size
    if size and source.read(end - size, 4) == CENTRAL_SIGNATURE:
        raise BundleError(
            "archive.prefix_data",
            f"{shift:,} bytes stand before the archive (bytes 0 to {shift - 1:,}): remove them or re-pack with "
            "`mcpb pack`.",
        )
    first = source.read(offset, 4)
    if first in (CENTRAL_SIGNATURE, ZIP64_END_SIGNATURE) or not size:
        raise BundleError(
            "archive.hidden_data",
            f"{shift:,} bytes between the file list and the end record belong to nothing "
            f"(bytes {offset + size:,} to {end - 1:,}): re-pack with `mcpb pack`.",
        )
    raise _corrupt(f"There is no file list at byte {offset:,}")


def _multi_disk() -> BundleError:
    return BundleError("archive.multi_disk", "This is one part of a split archive: pack everything into one file.")


def _corrupt(what: str) -> BundleError:
    return BundleError("archive.corrupt", f"{what}: re-pack with `mcpb pack`.")
