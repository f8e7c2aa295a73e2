"""What a Fulcio certificate says about the run that asked for it.

Source: Fulcio "OID Information" (1.3.6.1.4.1.57264.1.*, entries from 8 on are DER UTF8Strings).
"""

from typing import Final

from asn1crypto.core import UTF8String
from cryptography import x509

_ARC: Final = "1.3.6.1.4.1.57264.1."
CLAIMS: Final = {
    "issuer": 8,
    "builder_workflow": 9,
    "runner": 11,
    "repository": 12,
    "commit": 13,
    "ref": 14,
    "repository_id": 15,
    "owner_id": 17,
    "workflow": 18,
    "trigger": 20,
}
_LEGACY_ISSUER: Final = f"{_ARC}1"
_LENGTH: Final = 500


def claims(certificate: x509.Certificate) -> dict[str, str]:
    """The claims a certificate carries, by the names of `CLAIMS`; what it lacks is left out."""
    found: dict[str, str] = {}
    for name, number in CLAIMS.items():
        value = _extension(certificate, f"{_ARC}{number}")
        if value is not None:
            text = _text(value)
            if text is not None:
                found[name] = text[:_LENGTH]
    legacy = _extension(certificate, _LEGACY_ISSUER)
    if "issuer" not in found and legacy is not None:
        found["issuer"] = legacy.decode("utf-8", "replace")[:_LENGTH]
    return found


def identity(certificate: x509.Certificate) -> str:
    """The subject alternative name: a workflow's address or a mail address; empty when there is none of either."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    for kind in (x509.UniformResourceIdentifier, x509.RFC822Name):
        values = names.get_values_for_type(kind)
        if values:
            return str(values[0])[:_LENGTH]
    return ""


def _extension(certificate: x509.Certificate, oid: str) -> bytes | None:
    try:
        value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value
    except x509.ExtensionNotFound:
        return None
    return value.value if isinstance(value, x509.UnrecognizedExtension) else None


def _text(der: bytes) -> str | None:
    try:
        return str(UTF8String.load(der, strict=True).native)
    except ValueError:
        return None
