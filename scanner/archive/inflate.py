"""Members unpacked as a stream, never trusting a declared size.

``zipfile`` is not used: it skips what local headers say, takes the last of several end records, accepts bytes in
front, cuts names at NUL and lets the last of two equal names win, so a hostile file can show it another bundle than
hosts see. zlib alone does the unpacking, one bounded piece at a time.
"""

import zlib
from collections.abc import Iterator
from typing import Final

from scanner.archive.layout import STORED, Entry
from scanner.archive.names import shown
from scanner.archive.source import CHUNK, Source
from scanner.errors import BundleError

_RAW: Final = -zlib.MAX_WBITS


def stream(source: Source, entry: Entry, chunk: int = CHUNK) -> Iterator[bytes]:
    """The content of one member in pieces of at most ``chunk`` bytes.

    Raises BundleError "archive.size_mismatch" as soon as more comes out than declared, "archive.corrupt" for a broken
    stream, "archive.hidden_data" for bytes behind its end, and "archive.crc" at the end when the checksum is wrong.
    """
    pieces = _stored(source, entry, chunk) if entry.header.method == STORED else _inflated(source, entry, chunk)
    crc = 0
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
        yield piece
    if crc != entry.header.crc32:
        label = shown(entry.header.name)
        raise BundleError(
            "archive.crc",
            f"{label} has CRC-32 {crc:08x}, the archive says {entry.header.crc32:08x}: "
            "the file was damaged, re-pack with `mcpb pack`.",
            path=label,
        )


def _packed(source: Source, entry: Entry, chunk: int) -> Iterator[bytes]:
    position, end = entry.data_offset, entry.data_offset + entry.header.compressed
    while position < end:
        data = source.read(position, min(chunk, end - position))
        position += len(data)
        yield data


def _stored(source: Source, entry: Entry, chunk: int) -> Iterator[bytes]:
    yield from _packed(source, entry, chunk)


def _inflated(source: Source, entry: Entry, chunk: int) -> Iterator[bytes]:
    header = entry.header
    label = shown(header.name)
    inflater = zlib.decompressobj(_RAW)
    left = header.size
    if not header.compressed and not left:
        return  # an empty file or directory without even an empty deflate block: some packers write that
    for data in _packed(source, entry, chunk):
        pending = data
        more = True
        while more:
            # One byte more than may come: an honest stream never gives it, a lying one is caught at once.
            room = min(chunk, left + 1)
            try:
                piece = inflater.decompress(pending, room)
            except zlib.error:
                raise _broken(label) from None
            left -= len(piece)
            if left < 0:
                raise _wrong_size(label, header.size, "more")
            if piece:
                yield piece
            pending = inflater.unconsumed_tail
            more = not inflater.eof and (bool(pending) or len(piece) == room)
        if inflater.unused_data:
            raise _behind(label)
    if not inflater.eof:
        raise _broken(label)
    if left:
        raise _wrong_size(label, header.size, "fewer")


def _broken(label: str) -> BundleError:
    return BundleError(
        "archive.corrupt", f"The compressed data of {label} is damaged: re-pack with `mcpb pack`.", path=label
    )


def _behind(label: str) -> BundleError:
    return BundleError(
        "archive.hidden_data",
        f"The compressed data of {label} is followed by bytes that belong to nothing: re-pack with `mcpb pack`.",
        path=label,
    )


def _wrong_size(label: str, declared: int, how: str) -> BundleError:
    return BundleError(
        "archive.size_mismatch",
        f"{label} declares {declared:,} bytes and unpacks to {how}: re-pack with `mcpb pack`.",
        path=label,
    )
