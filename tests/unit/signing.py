"""Signature blocks for tests, built field by field with asn1crypto, in all layouts that writers use."""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

START, END = b"MCPB_SIG_V1", b"MCPB_SIG_END"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Signer:
    key: Key
    certificate: x509.Certificate


def signer(
    key: Key | None = None, *, name: str = "Ada", until: datetime = NOW + timedelta(days=90), extension: bytes = b""
) -> Signer:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=365))
        .not_valid_after(until)
    )
    if extension:
        builder = builder.add_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), extension), critical=False
        )
    return Signer(key, builder.sign(key, hashes.SHA256()))


def _loaded(certificate: x509.Certificate) -> Any:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _sign(key: Key, data: bytes, digest: str) -> bytes:
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha1": hashes.SHA1()}[digest]  # noqa: S303
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), algorithm)
    return key.sign(data, ec.ECDSA(algorithm))


def pkcs7(
    by: Signer,
    content: bytes,
    *,
    digest: str = "sha256",
    others: Sequence[Signer] = (),
    attached: bytes | None = None,
    content_type: str = "data",
    signers: int = 1,
    include: bool = True,
    attributes: bool = True,
    spoil: bool = False,
) -> bytes:
    """A DER PKCS#7 signature of ``content``; the keywords make one thing about it wrong or unusual."""
    message_digest = hashlib.new(digest, content).digest()
    signed_attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [content_type]}),
            cms.CMSAttribute({"type": "message_digest", "values": [message_digest]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime(NOW)})]}),
        ]
    )
    signature = _sign(by.key, signed_attributes.dump(), digest)
    if spoil:
        signature = signature[:-4] + bytes(byte ^ 1 for byte in signature[-4:])
    certificate = _loaded(by.certificate)
    kind = "rsassa_pkcs1v15" if isinstance(by.key, rsa.RSAPrivateKey) else f"{digest}_ecdsa"
    info: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {
                "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                )
            }
        ),
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": kind}),
        "signature": signature,
    }
    if attributes:
        info["signed_attrs"] = signed_attributes
    certificates = [_loaded(s.certificate) for s in others] + ([certificate] if include else [])
    encapsulated: dict[str, Any] = {"content_type": "data"}
    if attached is not None:
        encapsulated["content"] = attached
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": digest})],
            "encap_content_info": encapsulated,
            "certificates": certificates,
            "signer_infos": [info] * signers,
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def block(der: bytes, *, length: int | None = None, pad: bytes = b"") -> bytes:
    return START + struct.pack("<L", len(der) if length is None else length) + der + pad + END


def with_comment_length(archive: bytes, length: int) -> bytes:
    """``archive`` (which has no comment) with another comment length in its end record."""
    return archive[:-2] + struct.pack("<H", length)


def signed_a(archive: bytes, by: Signer, **options: Any) -> bytes:
    return archive + block(pkcs7(by, archive, **options))


def signed_b(archive: bytes, by: Signer, **options: Any) -> bytes:
    tail = block(pkcs7(by, archive, **options))
    return with_comment_length(archive, len(tail)) + tail


def signed_c(archive: bytes, by: Signer, **options: Any) -> bytes:
    prepared = with_comment_length(archive, 16_384)
    der = pkcs7(by, prepared, **options)
    room = 16_384 - len(START) - 4 - len(der) - len(END)
    return prepared + block(der, pad=bytes(room))
