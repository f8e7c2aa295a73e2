"""The publisher's signature: PKCS#7 SignedData, detached, in the block that the official packer appends.

Three writers sign three different byte ranges (see ``signed_ranges``). A block that cannot be read, is for other
bytes or does not verify refuses the bundle, because somebody meant it to hold; an expired certificate or a weak key is
only noted. A valid signature says that the holder of a key signed these bytes, and nothing about who that is: there is
no public root set for code signing, so the caller pins ``fingerprint_sha256`` and warns when it changes.

Source: RFC 5652 sections 5.3 to 5.6, and the layouts of `mcpb sign` 2.1.2, its successor and external signing.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from scanner.archive.ending import Block, Variant
from scanner.archive.source import Source
from scanner.errors import BundleError
from scanner.notice import Notebook

_DIGESTS: Final[Mapping[str, type[hashes.HashAlgorithm]]] = MappingProxyType(
    {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
)
_RSA_BITS: Final = 2048
_RSA_BITS_MAX: Final = 16_384
_EC_BITS: Final = 224
_SIGNERS: Final = 1
_READ: Final = 1 << 20

# asn1crypto parses lazily and cryptography eagerly; on hostile bytes both answer with any of these.
_BROKEN: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
)


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """A signature that was checked.

    ``variant``: which bytes it covers (A, B or C). ``signer``: subject of the certificate, self-asserted.
    ``fingerprint_sha256``: of the public key (SPKI), lower-case hex. ``signed_at``: the signer's own clock, RFC 3339.
    ``valid``: the signature verifies. ``problems``: what is weak about it nevertheless.
    """

    variant: Variant
    signer: str
    fingerprint_sha256: str
    digest_algorithm: str
    signed_at: str | None
    valid: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Parsed:
    certificate: x509.Certificate
    digest: str
    message_digest: bytes
    signed_attributes: bytes
    signature: bytes
    algorithm: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Digests:
    """What one pass over the file gives: its SHA-256, and for a signed one the digest of each signed range."""

    sha256: str
    plain: bytes = b""
    as_stored: bytes = b""


def digests(source: Source, block: Block | None, algorithm: str | None) -> Digests:
    """Hash the file once; with a block also the bytes before it, as stored and with the comment length reset.

    Variant A and B are signed with the length that the end record had without the block, variant C as it is stored.
    """
    whole = hashlib.sha256()
    if block is None or algorithm is None:
        for offset in range(0, source.size, _READ):
            whole.update(source.read(offset, min(_READ, source.size - offset)))
        return Digests(whole.hexdigest())
    plain = hashlib.new(algorithm)
    for offset in range(0, block.comment_field, _READ):
        data = source.read(offset, min(_READ, block.comment_field - offset))
        whole.update(data)
        plain.update(data)
    stored = plain.copy()
    rest = source.read(block.comment_field, source.size - block.comment_field)
    whole.update(rest)
    behind = rest[2 : block.start - block.comment_field]
    stored.update(rest[:2] + behind)
    plain.update(block.own_comment.to_bytes(2, "little") + behind)
    return Digests(whole.hexdigest(), plain.digest(), stored.digest())


class Unverified:
    """A parsed signature block, before the digest of the file is known."""

    def __init__(self, block: Block) -> None:
        """Parse the DER; BundleError "signature.malformed" when it is not one detached signature of data."""
        try:
            self._parsed = _parse(block.der)
        except _BROKEN as error:
            raise _malformed("it cannot be read as a PKCS#7 signature") from error
        self._block = block

    @property
    def algorithm(self) -> str:
        return self._parsed.digest

    def verify(self, found: Digests, now: datetime, notes: Notebook) -> SignatureBlock:
        """The checked block; BundleError "signature.digest_mismatch" or "signature.invalid"."""
        parsed = self._parsed
        if parsed.message_digest == found.plain:
            variant: Variant = "B" if self._block.declares else "A"
        elif self._block.declares and parsed.message_digest == found.as_stored:
            variant = "C"
        else:
            raise BundleError(
                "signature.digest_mismatch",
                "The signature is for other bytes than these: the bundle was changed after signing, or the signature "
                "was copied from another one. Sign the final file again.",
            )
        try:
            _verify(parsed)
            key_problems = _key_problems(parsed.certificate)
            time_problems = _time_problems(parsed.certificate, now)
            spki = parsed.certificate.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            signer = parsed.certificate.subject.rfc4514_string() or "(no subject)"
        except InvalidSignature:
            raise _invalid("it does not verify with the certificate it names") from None
        except _BROKEN as error:
            raise _invalid("its key or algorithm cannot be used") from error
        for problem in key_problems:
            notes.add("signature.weak", f"The signature uses {problem}: sign with RSA of 2048 bits or more, or ECDSA.")
        for problem in time_problems:
            notes.add("signature.expired", f"The certificate of the signature {problem}: renew it and sign again.")
        return SignatureBlock(
            variant=variant,
            signer=signer,
            fingerprint_sha256=hashlib.sha256(spki).hexdigest(),
            digest_algorithm=parsed.digest,
            signed_at=parsed.signed_at.isoformat().replace("+00:00", "Z") if parsed.signed_at else None,
            valid=True,
            problems=(*key_problems, *time_problems),
        )


def _parse(der: bytes) -> _Parsed:
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != "signed_data":
        raise _malformed("it is not SignedData")
    signed = info["content"]
    if signed["encap_content_info"]["content"].native is not None:
        raise _malformed("it carries its own copy of the content instead of being detached")
    signers = signed["signer_infos"]
    if len(signers) != _SIGNERS:
        raise _malformed(f"it has {len(signers)} signers instead of one")
    signer = signers[0]
    digest = signer["digest_algorithm"]["algorithm"].native
    if digest not in _DIGESTS:
        raise _malformed("its digest is not SHA-256, SHA-384 or SHA-512")
    attributes = signer["signed_attrs"]
    values = _attributes(attributes)
    if [value.native for value in values.get("content_type", ())] != ["data"]:
        raise _malformed("its content type attribute is not data")
    message_digest = values.get("message_digest", ())
    if len(message_digest) != 1:
        raise _malformed("it has no message digest")
    times = values.get("signing_time", ())
    return _Parsed(
        certificate=_certificate(signed["certificates"], signer["sid"]),
        digest=digest,
        message_digest=message_digest[0].native,
        # The attributes are signed as a SET (RFC 5652 5.4) but stored under [0]: only the tag byte changes.
        signed_attributes=b"\x31" + attributes.dump()[1:],
        signature=signer["signature"].native,
        algorithm=signer["signature_algorithm"].signature_algo,
        signed_at=times[0].native.astimezone(UTC) if times else None,
    )


def _attributes(attributes: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for attribute in attributes:
        found.setdefault(attribute["type"].native, []).extend(attribute["values"])
    return found


def _certificate(certificates: Iterable[Any], sid: Any) -> x509.Certificate:
    """The signer's own certificate by issuer and serial number or key identifier; the set is unordered."""
    for choice in certificates:
        if choice.name != "certificate":
            continue
        certificate = choice.chosen
        if sid.name == "issuer_and_serial_number":
            wanted = sid.chosen
            matches = (
                certificate.issuer.dump() == wanted["issuer"].dump()
                and certificate.serial_number == wanted["serial_number"].native
            )
        else:
            matches = certificate.key_identifier == sid.native
        if matches:
            return x509.load_der_x509_certificate(certificate.dump())
    raise _malformed("the certificate of its signer is not in it")


def _verify(parsed: _Parsed) -> None:
    key = parsed.certificate.public_key()
    digest = _DIGESTS[parsed.digest]()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size > _RSA_BITS_MAX:
            raise _invalid(f"its RSA key of {key.key_size:,} bits is too large")
        if parsed.algorithm != "rsassa_pkcs1v15":
            raise _invalid("its algorithm does not fit its RSA key")
        key.verify(parsed.signature, parsed.signed_attributes, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if parsed.algorithm != "ecdsa":
            raise _invalid("its algorithm does not fit its elliptic curve key")
        key.verify(parsed.signature, parsed.signed_attributes, ec.ECDSA(digest))
    else:
        raise _invalid("its key is neither RSA nor ECDSA")


def _key_problems(certificate: x509.Certificate) -> tuple[str, ...]:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _RSA_BITS:
        return (f"an RSA key of {key.key_size} bits",)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < _EC_BITS:
        return (f"an elliptic curve key of {key.key_size} bits",)
    return ()


def _time_problems(certificate: x509.Certificate, now: datetime) -> tuple[str, ...]:
    """Against our own clock only: the signing time is the signer's claim, nobody stamped it."""
    if now > certificate.not_valid_after_utc:
        return (f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}",)
    if now < certificate.not_valid_before_utc:
        return (f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}",)
    return ()


def _malformed(what: str) -> BundleError:
    return BundleError(
        "signature.malformed", f"The signature block is unusable: {what}. Run `mcpb unsign`, then sign once more."
    )


def _invalid(what: str) -> BundleError:
    return BundleError("signature.invalid", f"The signature is wrong: {what}. Sign the final file again.")
