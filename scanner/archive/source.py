"""The file on disk, read by offset: nothing here ever holds more than the caller asked for."""

import os
import stat
from io import FileIO
from pathlib import Path
from typing import Final, Self

from scanner.errors import BundleError

CHUNK: Final = 1 << 18


class Source:
    """Random access to one regular file.

    ``pread`` instead of ``mmap``: pages of a map count as this process's memory and a file cut short under a map
    kills the process with SIGBUS; a short ``pread`` is an ordinary error.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path`` for reading; OSError when it cannot be opened, BundleError when it is no regular file."""
        # O_NONBLOCK: opening a pipe that nobody writes to would otherwise wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._file = FileIO(descriptor, "rb", closefd=True) if _regular(descriptor) else None
        if self._file is None:
            os.close(descriptor)
            raise BundleError(
                "archive.not_zip",
                "This is a directory or a device, not a file: pack the folder with `mcpb pack` and give the result.",
            )
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``; BundleError "archive.changed" when the file is shorter by now."""
        data = os.pread(self._descriptor, length, offset)
        while len(data) < length:
            more = os.pread(self._descriptor, length - len(data), offset + len(data))
            if not more:
                raise BundleError(
                    "archive.changed",
                    f"The file ended at byte {offset + len(data):,} while it was being read: upload it again.",
                )
            data += more
        return data

    def find_last(self, needle: bytes, start: int, end: int) -> int:
        """Offset of the last ``needle`` that lies inside [start, end), or -1."""
        overlap = len(needle) - 1
        stop = end
        while stop - start >= len(needle):
            begin = max(start, stop - CHUNK)
            found = self.read(begin, stop - begin).rfind(needle)
            if found >= 0:
                return begin + found
            if begin == start:
                return -1
            stop = begin + overlap
        return -1

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)
