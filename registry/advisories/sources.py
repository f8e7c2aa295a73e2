"""Where advisories come from: a file or folder of the operator's, or a URL that is fetched to a file first.

A URL must be https. Advisories decide what is called clean, so whoever can change them on the way can hide a flaw;
plain http is let through to this machine alone, for a mirror that runs beside it. Redirects follow the same rule. The
size is bounded while it is received, whatever the server announced.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urljoin, urlsplit
from zipfile import is_zipfile

import httpx

from scanner.advisories.feeds import SnapshotError

DOWNLOAD_LIMIT = 1 << 30
"""Bytes of one download. The largest export (npm with malicious packages) has some 200 MB."""
REDIRECTS = 5
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_HEADERS = {"User-Agent": "assay", "Accept-Encoding": "identity"}  # the bytes of the file, not a packing of them
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST = 300


@contextmanager
def fetched(place: str) -> Iterator[tuple[Path, str]]:
    """The file or folder at `place` and the name it is known by, without passwords and without the way to it.

    Raises SnapshotError when it is not there, is not allowed, or is too large.
    """
    if "://" not in place:
        path = Path(place).expanduser()
        if not path.exists():
            raise SnapshotError("there is no such file or folder")
        yield path, source_name(place)
        return
    directory = Path(tempfile.mkdtemp(prefix="assay-advisories-"))
    try:
        yield _download(place, directory), source_name(place)
    finally:
        shutil.rmtree(directory)


def kinds(path: Path) -> list[tuple[str, Path]]:
    """What lies at `path`: ("osv" | "kev" | "epss", path) each, what rates flaws before what names them."""
    if path.is_dir():
        found = [("kev", p) for p in sorted(path.rglob("known_exploited*.json"))]
        found += [("epss", p) for pattern in ("epss*.csv", "epss*.csv.gz") for p in sorted(path.rglob(pattern))]
        others = (p for p in path.rglob("*") if p.suffix in (".json", ".zip") and ("kev", p) not in found)
        return [*found, ("osv", path)] if any(others) or not found else found
    if path.name.endswith((".csv", ".csv.gz")):
        return [("epss", path)]
    return [("kev", path)] if not is_zipfile(path) and _is_catalog(path) else [("osv", path)]


def _is_catalog(path: Path) -> bool:
    """By content: a catalog is one object with a list of vulnerabilities, a record has an id."""
    if path.stat().st_size > DOWNLOAD_LIMIT // 16:
        return False
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "vulnerabilities" in document and "id" not in document


def _download(url: str, directory: Path) -> Path:
    try:
        name = PurePosixPath(urlsplit(url).path).name or "download"
    except ValueError as error:
        raise SnapshotError(f"it is no address: {error}") from error
    path = directory / "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[-100:]
    try:
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=False, headers=_HEADERS) as client:
            for _ in range(REDIRECTS + 1):
                _check(url)
                with client.stream("GET", url) as answer, path.open("wb") as file:
                    if not answer.has_redirect_location:
                        _receive(answer, file)
                        return path
                    url = urljoin(url, answer.headers["Location"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise SnapshotError(f"it could not be fetched: {type(error).__name__}: {error}") from error
    raise SnapshotError(f"it redirects more than {REDIRECTS} times")


def _receive(answer: httpx.Response, file: IO[bytes]) -> None:
    if answer.status_code != httpx.codes.OK:
        raise SnapshotError(f"the server answered {answer.status_code}")
    received = 0
    for chunk in answer.iter_raw(1 << 16):
        received += len(chunk)
        if received > DOWNLOAD_LIMIT:
            raise SnapshotError(f"it has more than {DOWNLOAD_LIMIT} bytes")
        file.write(chunk)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE):
        return
    raise SnapshotError(
        f"{source_name(url)} would be fetched over {parts.scheme}, where anybody on the way could change it; use an "
        "https address, or fetch the file yourself and name its path"
    )


def source_name(place: str) -> str:
    """What a place is called in the mirror and on pages: a URL without password and query, the end of a path."""
    if "://" not in place:
        return "/".join(Path(place).expanduser().absolute().parts[-2:]).lstrip("/")[-_LONGEST:]
    try:
        parts = urlsplit(place)
    except ValueError:
        return place.partition("://")[0] + "://"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:_LONGEST]
