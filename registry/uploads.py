"""Taking in an upload: streamed to disk with bounded memory, hashed on the way, cut off at the limit.

Both doors use it: the API reads the request's body through `receive`; the page's view is wrapped in `bounded`, so
that Django's own form parsing goes through the same handler, and then asks for `posted`. The client's file name and
content type are never used: content decides. Whatever happens, the temporary file goes with the request.
"""

import functools
import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from registry.errors import FieldError, RegistryError, unavailable
from registry.pacing import SLOWEST, too_slow
from registry.store import store

logger = logging.getLogger(__name__)

FILE_FIELD = "file"
NO_FILE = "Send the bundle as one multipart/form-data part named 'file'."

_FORM = 64 << 10
"""Room for the other fields and the boundaries of a form, in bytes."""
_TAIL = 256
"""Enough of a body's end to hold its closing boundary: boundaries have at most 70 characters (RFC 2046, 5.1.1)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Received bytes: where they lie for as long as the request lasts, their digest and their number."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Form:
    """A received form: one file and the text fields."""

    upload: Upload
    fields: Mapping[str, str]


class ReceivedFile(UploadedFile):
    """The file that the handler wrote. It is removed when it is closed."""

    def __init__(self, file: IO[bytes], size: int, sha256: str) -> None:
        super().__init__(file, "upload", "application/octet-stream", size, None)
        self.upload = Upload(Path(file.name), sha256, size)


class BoundedHandler(FileUploadHandler):
    """Writes a file part beside the store, hashes it, and stops the upload one byte above the limit."""

    chunk_size = 1 << 20

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.too_large = False
        self.failure: OSError | None = None
        self._size = 0
        self._digest = hashlib.sha256()
        self._part: IO[bytes] | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._size, self._digest = 0, hashlib.sha256()
        try:
            self._part = tempfile.NamedTemporaryFile(dir=store().incoming, suffix=".part")  # noqa: SIM115 -- lives on
        except OSError as error:
            raise self._stop(error) from error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        del start
        self._size += len(raw_data)
        if self._size > settings.ASSAY_MAX_UPLOAD_BYTES:
            self.too_large = True
            self.upload_interrupted()
            raise StopUpload(connection_reset=True)
        self._digest.update(raw_data)
        try:
            self._open_part().write(raw_data)
        except OSError as error:
            raise self._stop(error) from error
        return None

    def file_complete(self, file_size: int) -> ReceivedFile:
        part = self._open_part()
        try:
            part.flush()
        except OSError as error:
            raise self._stop(error) from error
        self._part = None
        return ReceivedFile(part, file_size, self._digest.hexdigest())

    def upload_interrupted(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        try:
            part.close()
        except OSError:  # what could not be written is tried once more when it is closed; the file goes all the same
            logger.warning("an upload that broke off could not be written out", exc_info=True)

    def raise_for_stop(self) -> None:
        """Say why the upload was stopped, if it was. Raises RegistryError (413, 503)."""
        if self.too_large:
            raise too_large()
        if self.failure is not None:
            raise unavailable(f"The upload could not be written: {self.failure.strerror}.")

    def _stop(self, failure: OSError) -> StopUpload:
        """The disk is full, or something of that kind: the form is not read any further."""
        logger.error("an upload could not be written: %s", failure)
        self.failure = failure
        self.upload_interrupted()
        return StopUpload(connection_reset=True)

    def _open_part(self) -> IO[bytes]:
        if self._part is None:
            raise ValueError("data of a file part that was never begun")
        return self._part


@contextmanager
def receive(request: WSGIRequest) -> Iterator[Form]:
    """Read a multipart body with one file. The file is there inside the context and gone after it.

    Raises RegistryError: 413 `upload.too_large`, 415 `upload.encoding` or `upload.media_type`, 400 `upload.form`,
    `upload.truncated` or `upload.checksum`.
    """
    _check_headers(request)
    handler = BoundedHandler(request)
    files: list[ReceivedFile] = []
    try:
        fields, files = _parse(request, handler)
        yield _checked(fields, files)
    finally:
        handler.upload_interrupted()
        for file in files:
            file.close()


def bounded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a page's view that takes a file: the handler above instead of Django's, CSRF protection included.

    The protection reads the form, so the handler must be chosen before it runs.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @functools.wraps(view)
    def choose_handler(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.upload_handlers = [BoundedHandler(request)]
        return protected(request, *args, **kwargs)

    return choose_handler


def posted(request: HttpRequest) -> Upload:
    """The file of a form that a `bounded` view received. Raises RegistryError as `receive` does."""
    files = [file for _, group in request.FILES.lists() for file in group]
    for handler in request.upload_handlers:
        if isinstance(handler, BoundedHandler):
            handler.raise_for_stop()
    return _one_file([file for file in files if isinstance(file, ReceivedFile)], request.FILES.keys())


def too_large() -> RegistryError:
    detail = (
        f"The bundle has more than {settings.ASSAY_MAX_UPLOAD_BYTES:,} bytes, which is the limit here; "
        "leave out what is not needed."
    )
    return RegistryError(
        "upload.too_large",
        "Bundle too large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        detail,
        (FieldError(FILE_FIELD, detail),),
    )


class _Watched:
    """A body with a memory of how much was read and how it ended."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.count = 0
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)
        self.count += len(data)
        self.tail = (self.tail + data)[-_TAIL:]
        return data


def _check_headers(request: WSGIRequest) -> None:
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        detail = "Send the form as it is: a compressed request body is not accepted."
        raise RegistryError("upload.encoding", "Compressed request", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    if request.content_type != "multipart/form-data":
        raise RegistryError(
            "upload.media_type",
            "Not a form",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            NO_FILE,
            (FieldError(FILE_FIELD, NO_FILE),),
        )
    declared = _declared_length(request)
    if declared is not None and declared > settings.ASSAY_MAX_UPLOAD_BYTES + _FORM:
        raise too_large()


def _declared_length(request: WSGIRequest) -> int | None:
    """What the client says its body has; None when it is sent in chunks."""
    text = str(request.META.get("CONTENT_LENGTH") or "")
    return int(text) if text.isdigit() else None


def _parse(request: WSGIRequest, handler: BoundedHandler) -> tuple[Mapping[str, str], list[ReceivedFile]]:
    declared = _declared_length(request)
    chunked = declared is None
    # Django reads nothing where no length is declared; the server has already taken the chunks apart.
    body = _Watched(request.environ["wsgi.input"] if chunked else request)
    length = settings.ASSAY_MAX_UPLOAD_BYTES + _FORM + 1 if chunked else declared
    meta = request.META | {"CONTENT_LENGTH": str(length)}
    try:
        fields, parts = MultiPartParser(meta, cast("IO[bytes]", body), [handler]).parse()
    except (UnreadablePostError, OSError) as error:
        raise (body_too_slow() if too_slow(error) else _cut()) from error
    except (MultiPartParserError, SuspiciousOperation, ValueError) as error:
        raise _bad_form(f"The form cannot be read ({error}). {NO_FILE}") from error
    files = [file for _, group in parts.lists() for file in group if isinstance(file, ReceivedFile)]
    try:
        handler.raise_for_stop()
        if declared is not None and body.count < declared:
            raise _cut()
        if _closing(request) not in body.tail:
            raise _cut()
        if set(parts) - {FILE_FIELD}:
            raise _bad_form(f"There is a file in the field {min(parts)!r}. {NO_FILE}")
    except RegistryError:
        for file in files:
            file.close()
        raise
    return {name: str(values[-1]) for name, values in fields.lists()}, files


def _closing(request: WSGIRequest) -> bytes:
    """The delimiter that ends a complete form."""
    boundary = (request.content_params or {}).get("boundary", "")
    return b"--" + boundary.encode("latin-1", "replace") + b"--"


def _checked(fields: Mapping[str, str], files: list[ReceivedFile]) -> Form:
    upload = _one_file(files, fields)
    expected = fields.get("sha256", "").strip().lower()
    if expected and expected != upload.sha256:
        raise _bad_form(
            f"The received bytes have the SHA-256 {upload.sha256}, not {expected[:64]}; send them again.",
            code="upload.checksum",
        )
    return Form(upload, fields)


def _one_file(files: list[ReceivedFile], names: Any) -> Upload:
    if len(files) > 1:
        raise _bad_form(f"There are {len(files)} files in the form. {NO_FILE}")
    if not files:
        hint = " The field 'file' holds text." if FILE_FIELD in names else ""
        raise _bad_form(f"There is no file in the form.{hint} {NO_FILE}")
    return files[0].upload


def _bad_form(detail: str, code: str = "upload.form") -> RegistryError:
    return RegistryError(
        code, "The upload cannot be used", HTTPStatus.BAD_REQUEST, detail, (FieldError(FILE_FIELD, detail),)
    )


def body_too_slow() -> RegistryError:
    detail = f"The upload came with less than {SLOWEST:,} bytes a second and was given up; send it again."
    return RegistryError(
        "upload.timeout",
        "Upload too slow",
        HTTPStatus.REQUEST_TIMEOUT,
        detail,
        (FieldError(FILE_FIELD, detail),),
        headers={"Connection": "close"},
    )


def _cut() -> RegistryError:
    return _bad_form("The upload ended before it was complete; send it again.", code="upload.truncated")


@contextmanager
def from_file(path: Path) -> Iterator[Upload]:
    """A file of this machine as an upload: copied beside the store, hashed, and gone after the context.

    Raises RegistryError (413, 503: too large, cannot be written) and OSError when the file cannot be read.
    """
    handler = BoundedHandler()
    try:
        handler.new_file(FILE_FIELD, path.name, "application/octet-stream", None)
        with path.open("rb") as source:
            while chunk := source.read(handler.chunk_size):
                handler.receive_data_chunk(chunk, 0)
        file = handler.file_complete(path.stat().st_size)
    except StopUpload:
        handler.raise_for_stop()
        raise
    except OSError:
        handler.upload_interrupted()
        raise
    with file:
        yield file.upload
