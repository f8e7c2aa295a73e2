"""Provenance statements that come beside a bundle: taken in as bytes here, verified in the scanner's own process."""

import hashlib
import json
from collections.abc import Sequence

from django.conf import settings

from registry.errors import RegistryError, bad_field
from registry.models import Bundle, Statement
from scanner.context import Statements
from scanner.provenance.pinned import STATEMENTS, RootError, read_root
from trust.finding import Gap

FIELD = "provenance"


def statements_in(text: str) -> tuple[bytes, ...]:
    """The Sigstore bundles in a form field: one JSON object, or one on each line. Raises RegistryError (400).

    Only their shape is looked at: whether one holds is a finding of the scan, not a reason to refuse the upload.
    """
    if not text.strip():
        return ()
    try:
        documents = [json.loads(text)]
    except (ValueError, RecursionError):
        documents = [_object(line, number) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(documents) > STATEMENTS:
        raise bad_field(FIELD, f"There are {len(documents)} statements; send at most {STATEMENTS}.")
    if not all(isinstance(d, dict) for d in documents):
        raise _refused(1)
    return tuple(json.dumps(d, separators=(",", ":"), ensure_ascii=False).encode() for d in documents)


def keep(bundle: Bundle, statements: Sequence[bytes]) -> bool:
    """Store what is not there yet; whether anything was. Raises RegistryError (400) when there are too many in all."""
    known = set(bundle.statements.values_list("sha256", flat=True))
    new = {hashlib.sha256(body).hexdigest(): body for body in statements}
    new = {digest: body for digest, body in new.items() if digest not in known}
    if len(known) + len(new) > STATEMENTS:
        raise bad_field(FIELD, f"This bundle has {len(known)} statements already; at most {STATEMENTS} are kept.")
    Statement.objects.bulk_create(Statement(bundle=bundle, sha256=d, body=b) for d, b in new.items())
    return bool(new)


def statements_of(bundle: Bundle) -> Statements | Gap:
    """What a scan is told. Without a usable root of trust nothing can be verified, which is a gap and not a failure."""
    root = settings.ASSAY_TRUSTED_ROOT
    try:
        if read_root(root, settings.ASSAY_TRUSTED_ROOT_SHA256).test and not settings.ASSAY_TEST_ROOT:
            return Gap("The configured root of trust is that of a test instance; provenance was not assessed.")
    except RootError as error:
        return Gap(f"{error} Provenance was not assessed.")
    files = tuple(bytes(body) for body in bundle.statements.order_by("pk").values_list("body", flat=True))
    return Statements(files, root, settings.ASSAY_TRUSTED_ROOT_SHA256)


def _object(line: str, number: int) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _refused(number) from error


def _refused(number: int) -> RegistryError:
    return bad_field(FIELD, f"Statement {number} is not a JSON object; send Sigstore bundles, one on each line.")
