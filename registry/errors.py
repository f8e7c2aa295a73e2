"""The one error of the catalog: a refusal with its code, translated once at each surface.

The API answers it as problem+json (`registry.api.problems`), a page as a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the request, and what to do."""

    field: str
    detail: str


class RegistryError(Exception):
    """Something the caller asked for and does not get.

    `code`: dotted family, stable ("version.exists"). `title`: a few words. `status`: the HTTP status.
    `detail`: one sentence with the reason and what to do, safe to show. `errors`: the fields at fault.
    `members`: further members of the problem document. `headers`: what the HTTP answer must carry, such as
    Retry-After.
    """

    def __init__(
        self,
        code: str,
        title: str,
        status: HTTPStatus,
        detail: str,
        errors: tuple[FieldError, ...] = (),
        *,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.title = title
        self.status = status
        self.detail = detail
        self.errors = errors
        self.members = dict(members or {})
        self.headers = dict(headers or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def not_found(what: str, detail: str) -> RegistryError:
    """404; `what` names the kind of thing: "server", "release", "scan"."""
    return RegistryError(f"{what}.not_found", f"No such {what}", HTTPStatus.NOT_FOUND, detail)


def bad_field(name: str, detail: str, *, code: str = "request.field") -> RegistryError:
    """400 for one field of the query or the form."""
    return RegistryError(code, "A value cannot be used", HTTPStatus.BAD_REQUEST, detail, (FieldError(name, detail),))


def bad_fields(errors: tuple[FieldError, ...], *, code: str = "request.field") -> RegistryError:
    """400 for several fields at once."""
    detail = " ".join(error.detail for error in errors)
    title = "A value cannot be used" if len(errors) == 1 else "Some values cannot be used"
    return RegistryError(code, title, HTTPStatus.BAD_REQUEST, detail, errors)


def unavailable(what: str) -> RegistryError:
    """503 for a store that cannot be written or read; `what` is a sentence."""
    return RegistryError(
        "store.unavailable",
        "The store does not answer",
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{what} Nothing was published; try again later.",
        headers={"Retry-After": "30"},
    )
