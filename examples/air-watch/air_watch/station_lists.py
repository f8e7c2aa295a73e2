"""Station lists: CSV files in one folder, and nothing outside it."""

import csv
import os
from pathlib import Path

MAX_BYTES = 200_000
MAX_ROWS = 500


class ListError(Exception):
    """A list cannot be read; the text is safe to show."""


def lists_folder() -> Path:
    configured = os.environ.get("AIR_WATCH_LISTS", "")
    if not configured:
        raise ListError("no folder for station lists is configured")
    return Path(configured).expanduser().resolve()


def confined(name: str) -> Path:
    """The file of a list, checked after links are followed: it must still lie inside the folder."""
    folder = lists_folder()
    path = (folder / f"{name}.csv").resolve()
    if not path.is_relative_to(folder):
        raise ListError("the list is outside the configured folder")
    return path


def read(name: str) -> list[tuple[int, str]]:
    """The (station id, label) pairs of one list."""
    path = confined(name)
    if not path.is_file():
        raise ListError(f"there is no list named {name}")
    if path.stat().st_size > MAX_BYTES:
        raise ListError(f"the list {name} is larger than {MAX_BYTES} bytes")
    rows: list[tuple[int, str]] = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            station_id = (row.get("station_id") or "").strip()
            if station_id.isascii() and station_id.isdigit():
                rows.append((int(station_id), (row.get("label") or "").strip()))
            if len(rows) >= MAX_ROWS:
                break
    return rows
