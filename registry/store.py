"""Bundles by their SHA-256, in a directory or in an S3-compatible bucket. Written once, never overwritten."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

_MIB = 1 << 20
# Two parts of 8 MiB at a time: a 200 MB upload took 5 MB of memory this way, and 125 MB with boto3's defaults.
_TRANSFER = TransferConfig(multipart_chunksize=8 * _MIB, max_concurrency=2)


class StoreError(Exception):
    """The store could not be read or written; the text says what happened."""


class Store(Protocol):
    """Where bundles are kept. Every method raises StoreError."""

    @property
    def incoming(self) -> Path:
        """A directory for files on their way in; it exists."""
        ...

    def put(self, path: Path, sha256: str) -> None:
        """Keep the bytes of `path`, durably, under their digest. The same digest again changes nothing."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """The bytes, for a download. Close it."""
        ...

    def local(self, sha256: str) -> AbstractContextManager[Path]:
        """A readable file with these bytes, for as long as the context lasts."""
        ...

    def digests(self, before: datetime) -> Iterator[str]:
        """Everything that was put here before that moment."""
        ...

    def remove(self, sha256: str) -> None:
        """Forget these bytes; no error when they have gone."""
        ...


class FileStore:
    """`sha256/ab/cd/<digest>` under a root directory. Incoming files lie beside it, on the same file system."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def incoming(self) -> Path:
        return _made(self._root / "incoming")

    def put(self, path: Path, sha256: str) -> None:
        place = self._place(sha256)
        try:
            with path.open("rb") as file:
                os.fsync(file.fileno())
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, place)  # atomic, and never replaces what is there
            except FileExistsError:
                return  # the same digest is the same bytes
            place.chmod(0o640)
            _sync_directory(place.parent)
        except OSError as error:
            raise StoreError(f"The bundle could not be stored: {error.strerror}.") from error

    def open(self, sha256: str) -> BinaryIO:
        try:
            return self._place(sha256).open("rb")
        except OSError as error:
            raise StoreError(f"The bundle {sha256} cannot be read: {error.strerror}.") from error

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        place = self._place(sha256)
        if not place.is_file():
            raise StoreError(f"The bundle {sha256} is not in the store.")
        yield place

    def digests(self, before: datetime) -> Iterator[str]:
        for place in (self._root / "sha256").glob("??/??/*"):
            try:
                if place.stat().st_mtime < before.timestamp():
                    yield place.name
            except FileNotFoundError:  # removed while we looked
                continue

    def remove(self, sha256: str) -> None:
        try:
            self._place(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"The bundle {sha256} cannot be removed: {error.strerror}.") from error

    def _place(self, sha256: str) -> Path:
        return self._root / "sha256" / sha256[:2] / sha256[2:4] / sha256


class S3Store:
    """The same keys in a bucket."""

    def __init__(self, client: "S3Client", bucket: str, incoming: Path) -> None:
        self._client = client
        self._bucket = bucket
        self._incoming = incoming

    @property
    def incoming(self) -> Path:
        return _made(self._incoming)

    def put(self, path: Path, sha256: str) -> None:
        try:
            if not self._holds(sha256):
                self._client.upload_file(str(path), self._bucket, _key(sha256), Config=_TRANSFER)
        except (BotoCoreError, ClientError, OSError) as error:
            raise StoreError(f"The bundle could not be stored: {error}") from error

    def open(self, sha256: str) -> BinaryIO:
        file = tempfile.TemporaryFile(dir=self.incoming)  # noqa: SIM115 -- the caller closes it
        try:
            self._client.download_fileobj(self._bucket, _key(sha256), file, Config=_TRANSFER)
        except (BotoCoreError, ClientError, OSError) as error:
            file.close()
            raise StoreError(f"The bundle {sha256} cannot be read: {error}") from error
        file.seek(0)
        return file

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(dir=self.incoming, suffix=".mcpb") as file:
            with self.open(sha256) as source:
                shutil.copyfileobj(source, file, _MIB)
            file.flush()
            yield Path(file.name)

    def digests(self, before: datetime) -> Iterator[str]:
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix="sha256/"):
                for found in page.get("Contents", ()):
                    if found["LastModified"] < before:
                        yield found["Key"].rpartition("/")[2]
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"The store cannot be listed: {error}") from error

    def remove(self, sha256: str) -> None:
        try:
            self._client.delete_object(Bucket=self._bucket, Key=_key(sha256))
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"The bundle {sha256} cannot be removed: {error}") from error

    def _holds(self, sha256: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=_key(sha256))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey", "NotFound"):
                return False
            raise
        return True


def store() -> Store:
    """The store that the settings name."""
    if settings.ASSAY_STORE == "s3":
        client = _s3_client(
            settings.ASSAY_S3_ENDPOINT or None,
            settings.ASSAY_S3_REGION,
            settings.ASSAY_S3_ACCESS_KEY or None,
            settings.ASSAY_S3_SECRET_KEY or None,
        )
        return S3Store(client, settings.ASSAY_S3_BUCKET, settings.ASSAY_VAR / "incoming")
    return FileStore(settings.ASSAY_STORE_PATH)


@cache
def _s3_client(endpoint: str | None, region: str, key: str | None, secret: str | None) -> "S3Client":
    """One client for the process: making one takes a tenth of a second, and clients may be shared by threads."""
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret
    )


def _key(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _sync_directory(directory: Path) -> None:
    """A new name is durable once its directory is."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
