"""One `.mcpb` file, read strictly and within limits: the only door through which anything reads a bundle.

``open_bundle`` checks everything before it returns, in this order: size, signature block cut off, one end record,
directory, local headers, coverage of every byte, names, every member unpacked once with its CRC and SHA-256, then the
signature and the manifest. Members are streamed and the file is read by offset, so memory does not grow with either.
The standard ``zipfile`` module reads hostile archives differently than hosts do (see ``scanner.archive.inflate``) and
is not used on uploads.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from scanner.archive.contents import note_contents
from scanner.archive.ending import Block, find_end
from scanner.archive.inflate import stream
from scanner.archive.layout import Entry, read_layout
from scanner.archive.limits import Limits
from scanner.archive.names import check_collisions, member_name, note_portability, shown
from scanner.archive.signature import SignatureBlock, Unverified, digests
from scanner.archive.source import Source
from scanner.errors import BundleError, MemberTooLarge
from scanner.manifest import Manifest, check_manifest, read_manifest
from scanner.manifest.placing import manifest_absent
from scanner.notice import Notebook, Notice, Tier

__all__ = [
    "DEFAULT_LIMITS",
    "Bundle",
    "BundleError",
    "Limits",
    "Member",
    "MemberTooLarge",
    "Notice",
    "SignatureBlock",
    "Tier",
    "open_bundle",
]

DEFAULT_LIMITS: Final = Limits()
MANIFEST: Final = "manifest.json"
_HEAD: Final = 64
_SET_ID: Final = 0o7000


@dataclass(frozen=True, slots=True)
class Member:
    """One member. ``path``: slash-separated, a directory without its closing slash. ``mode``: None when not Unix."""

    path: str
    size: int
    compressed: int
    mode: int | None
    crc32: int
    is_dir: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the checking pass learned about a file: its place, digest and first bytes."""

    entry: Entry
    sha256: str
    head: bytes


class Bundle:
    """An accepted bundle. Use it as a context manager; it keeps the file open.

    Reads go by offset and share no position, so several threads may read at once.
    """

    def __init__(self, source: Source, sha256: str, members: tuple[Member, ...], files: dict[str, _Known]) -> None:
        self._source = source
        self._files = files
        self.sha256 = sha256
        self.size = source.size
        self.members = members
        self.manifest: Manifest
        self.notices: tuple[Notice, ...] = ()
        self.signature: SignatureBlock | None = None

    def names(self) -> tuple[str, ...]:
        """Paths of all files, in archive order, without directories."""
        return tuple(self._files)

    def has(self, path: str) -> bool:
        return path in self._files

    def mode(self, path: str) -> int | None:
        """Unix mode bits of a file, None when the packer did not record any."""
        return self._known(path).entry.mode

    def head(self, path: str) -> bytes:
        """The first bytes of a file (up to 64), kept from the checking pass."""
        return self._known(path).head

    def read(self, path: str, max_bytes: int) -> bytes:
        """The whole file; MemberTooLarge when it is longer than ``max_bytes``."""
        known = self._known(path)
        if known.entry.header.size > max_bytes:
            raise MemberTooLarge(path, known.entry.header.size, max_bytes)
        return b"".join(stream(self._source, known.entry))

    def stream(self, path: str, chunk: int = 1 << 16) -> Iterator[bytes]:
        """The file in pieces of at most ``chunk`` bytes, its checksum verified again at the end."""
        return stream(self._source, self._known(path).entry, chunk)

    def member_sha256(self, path: str) -> str:
        """SHA-256 of the unpacked file, lower-case hex, computed once while the bundle was checked."""
        return self._known(path).sha256

    def close(self) -> None:
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _known(self, path: str) -> _Known:
        try:
            return self._files[path]
        except KeyError:
            raise BundleError(
                "archive.no_such_member", f"There is no file {shown(path)} in the bundle.", path=shown(path)
            ) from None


def open_bundle(path: Path, limits: Limits = DEFAULT_LIMITS, *, now: datetime | None = None) -> Bundle:
    """Read and check a bundle completely.

    ``now`` (default: the present) is held against the validity of a signer's certificate. Raises BundleError for
    everything that is wrong with the bundle, OSError when the file itself cannot be opened or read.
    """
    notes = Notebook()
    source = Source(path)
    try:
        return _read(source, limits, now or datetime.now(UTC), notes)
    except BundleError as error:
        source.close()
        error.warnings = (*notes.all(), *error.warnings)
        raise
    except BaseException:
        source.close()
        raise


def _read(source: Source, limits: Limits, now: datetime, notes: Notebook) -> Bundle:
    if source.size > limits.upload:
        raise BundleError(
            "archive.too_large",
            f"The bundle has {source.size:,} bytes, the limit is {limits.upload:,}: leave out what is not needed.",
        )
    directory, block = find_end(source, limits.signature_block)
    entries = read_layout(source, directory, limits)
    names = [member_name(e.header.name, utf8_flag=e.utf8, limits=limits) for e in entries]
    check_collisions(names, notes)
    _check_declared(names, entries, limits)
    for name, entry in zip(names, entries, strict=True):
        _note_entry(name, entry, limits, notes)
    files = {
        name: _unpack_once(source, entry) if not name.endswith("/") else _empty(source, entry)
        for name, entry in zip(names, entries, strict=True)
    }
    for name, known in files.items():
        if not name.endswith("/"):
            note_contents(name, known.head, notes)
    return _accept(source, block, files, limits, now, notes)


def _accept(
    source: Source, block: Block | None, files: dict[str, _Known], limits: Limits, now: datetime, notes: Notebook
) -> Bundle:
    """The last steps, for an archive that holds what it says: signature, then manifest."""
    unverified = Unverified(block) if block else None
    found = digests(source, block, unverified.algorithm if unverified else None)
    signature = unverified.verify(found, now, notes) if unverified else None
    members = tuple(_member(name, known.entry) for name, known in files.items())
    bundle = Bundle(
        source, found.sha256, members, {name: known for name, known in files.items() if not name.endswith("/")}
    )
    bundle.signature = signature
    if not bundle.has(MANIFEST):
        raise manifest_absent([f"{m.path}/" if m.is_dir else m.path for m in members])
    try:
        data = bundle.read(MANIFEST, limits.manifest)
    except MemberTooLarge as error:
        raise BundleError(
            "manifest.too_large",
            f"manifest.json is {error.size:,} bytes, the limit is {limits.manifest:,}: move texts into files.",
            path=MANIFEST,
        ) from None
    parsed = read_manifest(data, limits)
    notes.extend(parsed.notices)
    parsed.refuse_unpublishable()
    bundle.manifest = parsed.manifest
    notes.extend(check_manifest(parsed.manifest, bundle.names(), bundle, limits))
    bundle.notices = notes.all()
    return bundle


def _check_declared(names: list[str], entries: list[Entry], limits: Limits) -> None:
    """Refuse by declared sizes before anything is unpacked; unpacking then never exceeds what is declared."""
    total = 0
    for name, entry in zip(names, entries, strict=True):
        size = entry.header.size
        total += size
        if size > limits.unpacked_member:
            raise BundleError(
                "archive.too_large_uncompressed",
                f"{shown(name)} unpacks to {size:,} bytes, the limit for one file is {limits.unpacked_member:,}.",
                path=shown(name),
            )
    if total > limits.unpacked_total:
        raise BundleError(
            "archive.too_large_uncompressed",
            f"The bundle unpacks to {total:,} bytes, the limit is {limits.unpacked_total:,}: leave out what is "
            "not needed.",
        )


def _note_entry(name: str, entry: Entry, limits: Limits, notes: Notebook) -> None:
    header, label = entry.header, shown(name)
    note_portability(name, notes)
    if entry.mode is not None and entry.mode & _SET_ID and not name.endswith("/"):
        notes.add(
            "archive.special_file",
            f"{label} carries setuid, setgid or sticky bits (mode {entry.mode & 0o7777:o}), which no client sets: "
            "`chmod 755` it and re-pack.",
            path=label,
        )
    if header.size > limits.warn_ratio * max(header.compressed, 1):
        ratio = header.size // max(header.compressed, 1)
        notes.add(
            "archive.ratio",
            f"{label} is compressed {ratio:,}:1; Claude Desktop refuses files above {limits.warn_ratio}:1.",
            path=label,
        )


def _unpack_once(source: Source, entry: Entry) -> _Known:
    digest = hashlib.sha256()
    head = b""
    for piece in stream(source, entry):
        digest.update(piece)
        if len(head) < _HEAD:
            head += piece[: _HEAD - len(head)]
    return _Known(entry, digest.hexdigest(), head)


def _empty(source: Source, entry: Entry) -> _Known:
    """A directory: unpacked all the same, so that nothing hides in the data of its header."""
    for _ in stream(source, entry):
        pass
    return _Known(entry, "", b"")


def _member(name: str, entry: Entry) -> Member:
    header = entry.header
    return Member(
        path=name.removesuffix("/"),
        size=header.size,
        compressed=header.compressed,
        mode=entry.mode,
        crc32=header.crc32,
        is_dir=name.endswith("/"),
    )
