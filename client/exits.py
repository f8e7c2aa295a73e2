"""The exit codes of `assay`, and the errors that end it early."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """What a CI job sees. Nothing that was not looked at ends with PASSED."""

    PASSED = 0
    """the gate passes, or none was asked for"""
    GATE_FAILED = 1
    TROUBLE = 2
    """usage, configuration or network error: no statement about any server"""
    NOTHING_ASSESSED = 3
    """unknown server, scan pending, not a bundle"""


class ClientError(Exception):
    """Why the program stops, for people and for programs.

    `code` is a dotted word ("registry.unreachable"), `detail` one sentence that says what to do, `exit` the exit
    code, `document` what the registry answered, when that says more (a problem document with warnings, say).
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        exit_code: Exit = Exit.TROUBLE,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.exit_code = exit_code
        self.document = document

    def as_document(self) -> dict[str, Any]:
        """The error as printed with --format json: the shape of a refused bundle."""
        if self.document is not None and isinstance(self.document.get("error"), dict):
            return {"error": self.document["error"], "warnings": self.document.get("warnings", [])}
        return {"error": {"code": self.code, "title": "Assay stopped", "detail": self.detail}, "warnings": []}
