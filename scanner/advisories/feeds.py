"""The bytes of advisory records, out of zip exports and folders, one at a time and bounded."""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from scanner.advisories.records import RECORD_LIMIT

RECORDS_LIMIT = 2_000_000
"""More records than this are not one export; the largest (npm, with malicious packages) has some 220,000."""


class SnapshotError(Exception):
    """There is no advisory data to be had at this place; the sentence completes "PATH: ..."."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One record: where it lies, its file name without the ending, when its file was written (UTC).

    `body` is its bytes, or the reason why they could not be read.
    """

    where: str
    name: str
    written: datetime
    body: bytes | str


def read_raw(path: Path) -> Iterator[Raw]:
    """Every `*.json` of a zip export, or of a folder and its zip exports, in the order of their names.

    Raises SnapshotError when the place is neither; a bad zip file among others is one unreadable record.
    """
    if path.is_dir():
        files = _folder(path)
    elif path.is_file():
        files = _single(path)
    else:
        raise SnapshotError("there is no such file or folder")
    for count, raw in enumerate(files):
        if count >= RECORDS_LIMIT:
            raise SnapshotError(f"it holds more than {RECORDS_LIMIT} records")
        yield raw


def _single(path: Path) -> Iterator[Raw]:
    if path.suffix == ".json":
        yield _file(path, path.name)
    elif not zipfile.is_zipfile(path):
        raise SnapshotError("it is neither a folder nor an OSV zip export")
    else:
        yield from _export(path, path.name)


def _folder(path: Path) -> Iterator[Raw]:
    try:
        found = sorted(file for file in path.rglob("*") if file.suffix in (".json", ".zip") and file.is_file())
    except OSError as error:
        raise SnapshotError(f"it cannot be read: {error.strerror}") from error
    for file in found:
        where = file.relative_to(path).as_posix()
        if file.suffix == ".json":
            yield _file(file, where)
        else:
            yield from _export(file, where)


def _file(file: Path, where: str) -> Raw:
    try:
        status = file.stat()
        written = datetime.fromtimestamp(status.st_mtime, UTC)
        body = _too_large(status.st_size) or file.read_bytes()
    except OSError as error:
        return Raw(where, file.stem, datetime.fromtimestamp(0, UTC), f"the file cannot be read: {error.strerror}")
    return Raw(where, file.stem, written, body)


def _export(file: Path, where: str) -> Iterator[Raw]:
    written = datetime.fromtimestamp(0, UTC)
    try:
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".json"):
                    name = PurePosixPath(info.filename)
                    yield Raw(f"{where}/{name}", name.stem, written, _member(archive, info))
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        yield Raw(where, file.stem, written, f"the zip file cannot be read: {error}")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | str:
    if large := _too_large(info.file_size):
        return large
    try:
        return archive.read(info)  # no more than the size it names, whatever the stream holds
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:  # RuntimeError: encrypted
        return f"the record cannot be read: {error}"


def _too_large(size: int) -> str:
    return f"the record has {size} bytes; at most {RECORD_LIMIT} are read" if size > RECORD_LIMIT else ""
