"""One Sigstore bundle against one digest: verified, refused, or of a kind that nothing here can verify.

Order: the shape; the entry kind; the root as it was while the certificate lived; signature, certificate, SCT and log
entry (sigstore-python); then what the library leaves to its caller: payload type, statement type, predicate type,
subject, and whether the predicate agrees with the certificate. Sources: Sigstore bundle v0.3; in-toto Statement v1;
SLSA provenance v1.0; Fulcio OIDs.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.x509 import Certificate
from sigstore.errors import Error as SigstoreError
from sigstore.hashes import Hashed
from sigstore.models import Bundle
from sigstore.verify import Verifier
from sigstore_models.common.v1 import HashAlgorithm

from scanner.provenance.claims import claims, identity
from scanner.provenance.pinned import STATEMENTS, Root, RootError
from scanner.provenance.roots import valid_between
from trust.finding import Gap
from trust.provenance import Attestation, Provenance, source_key

STATEMENT_LIMIT: Final = 1 << 20
"""Bytes of one Sigstore bundle; real ones have 5 to 20 kB."""
IN_TOTO: Final = "application/vnd.in-toto+json"
STATEMENT_V1: Final = "https://in-toto.io/Statement/v1"
SLSA_V1: Final = "https://slsa.dev/provenance/v1"
READABLE: Final = {("hashedrekord", "0.0.1"), ("hashedrekord", "0.0.2"), ("dsse", "0.0.1")}


class RefusedError(Exception):
    """The statement does not hold; the sentence says why."""


class UnreadableError(Exception):
    """The statement may hold, but is of a kind that is not verified here."""


class AnyIdentity:
    """A policy for sigstore-python that accepts every identity: who signed is a fact here, and judged by a control."""

    def verify(self, cert: Certificate) -> None:
        """Accept."""


def verify_all(statements: tuple[bytes, ...], sha256: str, root: Root) -> Provenance:
    """What the statements prove about the file with this digest. Never raises for what a statement contains."""
    found: list[Attestation] = []
    refused: list[str] = []
    gaps: list[Gap] = []
    for number, statement in enumerate(statements[:STATEMENTS], 1):
        try:
            found.append(verify(statement, sha256, root))
        except RefusedError as error:
            refused.append(f"Statement {number}: {error}")
        except UnreadableError as error:
            gaps.append(Gap(f"Statement {number}: {error}"))
    if len(statements) > STATEMENTS:
        gaps.append(Gap(f"Only the first {STATEMENTS} of {len(statements)} statements were verified."))
    return Provenance(tuple(dict.fromkeys(found)), tuple(refused), tuple(gaps))


def verify(statement: bytes, sha256: str, root: Root) -> Attestation:
    """The attestation in one Sigstore bundle. Raises RefusedError and UnreadableError."""
    bundle, document = _parse(statement)
    entry = _entry(document)
    kind = tuple(str(_at(entry, "kindVersion", part)) for part in ("kind", "version"))
    if kind not in READABLE:
        raise UnreadableError(f"its log entry is of the kind {' '.join(kind)[:60]}, which is not verified here.")
    certificate = bundle.signing_certificate
    try:
        verifier = Verifier(
            trusted_root=valid_between(root, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        )
        if "dsseEnvelope" in document:
            payload_type, payload = verifier.verify_dsse(bundle, AnyIdentity())
        else:
            digest = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(sha256))
            verifier.verify_artifact(digest, bundle, AnyIdentity())
            payload_type, payload = "", b""
    except RootError as error:
        raise RefusedError(str(error)) from error
    except SigstoreError as error:
        raise RefusedError(f"its signature, certificate or log entry does not verify ({_short(error)}).") from error
    except Exception as error:
        # The library parses hostile bytes with several others; whatever escapes it, nothing was proved.
        raise RefusedError(f"it cannot be verified ({type(error).__name__}).") from error
    told = claims(certificate)
    builder = _builder(payload_type, payload, sha256, told) if payload else ""
    return Attestation(
        kind="provenance" if payload else "signature",
        issuer=told.get("issuer", ""),
        identity=identity(certificate),
        signed_at=_signed_at(entry, certificate.not_valid_before_utc).isoformat(),
        repository=told.get("repository", ""),
        repository_id=told.get("repository_id", ""),
        owner_id=told.get("owner_id", ""),
        commit=told.get("commit", ""),
        ref=told.get("ref", ""),
        workflow=told.get("workflow", ""),
        runner=told.get("runner", ""),
        builder=builder,
    )


def _entry(document: Mapping[str, Any]) -> Any:
    """The one log entry that a bundle must have."""
    entries = _at(document, "verificationMaterial", "tlogEntries")
    return entries[0] if isinstance(entries, list) and entries else None


def _signed_at(entry: Any, begin: datetime) -> datetime:
    """When the log took the entry in, which its promise signs; the certificate's begin where the log does not say."""
    text = str(_at(entry, "integratedTime") or "")
    return datetime.fromtimestamp(int(text), UTC) if text.isdigit() and text != "0" else begin


def _parse(statement: bytes) -> tuple[Bundle, Mapping[str, Any]]:
    if len(statement) > STATEMENT_LIMIT:
        raise RefusedError(f"it has {len(statement):,} bytes; at most {STATEMENT_LIMIT:,} are read.")
    try:
        return Bundle.from_json(statement), json.loads(statement)
    except Exception as error:
        # pydantic, cryptography and recursion errors all come out of here; none of them is a Sigstore bundle.
        raise RefusedError(f"it is not a Sigstore bundle ({type(error).__name__}).") from error


def _builder(payload_type: str, payload: bytes, sha256: str, told: Mapping[str, str]) -> str:
    """The builder's id in an SLSA statement about this digest that agrees with the certificate."""
    if payload_type != IN_TOTO:
        raise UnreadableError(f"its payload is {payload_type[:80]}, not an in-toto statement.")
    try:
        statement: Any = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise RefusedError("its payload is not JSON.") from error
    if _at(statement, "_type") != STATEMENT_V1:
        raise UnreadableError("its payload is not an in-toto statement of version 1.")
    if _at(statement, "predicateType") != SLSA_V1:
        raise UnreadableError(f"its predicate is {str(_at(statement, 'predicateType'))[:80]}, not SLSA provenance 1.")
    subjects = _at(statement, "subject")
    digests = [_at(s, "digest", "sha256") for s in subjects] if isinstance(subjects, list) else []
    if sha256 not in digests:
        raise RefusedError("it is about another file: no subject has this bundle's SHA-256.")
    definition = _at(statement, "predicate", "buildDefinition")
    source = _at(definition, "externalParameters", "workflow", "repository")
    if source_key(str(source or "")) != source_key(told.get("repository", "")) or not source:
        raise RefusedError(f"its predicate names the repository {str(source)[:120]}, its certificate another.")
    resolved = _at(definition, "resolvedDependencies")
    commits = [_at(d, "digest", "gitCommit") for d in resolved] if isinstance(resolved, list) else []
    if told.get("commit") not in commits:
        raise RefusedError("its predicate names another commit than its certificate.")
    builder = _at(statement, "predicate", "runDetails", "builder", "id")
    if not isinstance(builder, str) or not builder:
        raise RefusedError("its predicate names no builder.")
    return builder[:300]


def _at(value: Any, *path: str) -> Any:
    """A member of nested objects, None where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _short(error: Exception) -> str:
    return str(error).partition("\n")[0][:160] or type(error).__name__
