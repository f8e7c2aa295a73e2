"""Signature blocks: three layouts that verify, everything else refused, and weak ones noted."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from scanner.bundle import Bundle, BundleError, open_bundle
from tests.unit.bundle_builder import BundleBuilder
from tests.unit.signing import (
    END,
    NOW,
    START,
    Signer,
    block,
    pkcs7,
    signed_a,
    signed_b,
    signed_c,
    signer,
    with_comment_length,
)

ARCHIVE = BundleBuilder().build()
OTHER = BundleBuilder({"name": "other"}).build()
ADA = signer()
BOB = signer(name="Bob")
RSA = signer(rsa.generate_private_key(65537, 2048))


def given(tmp_path: Path, data: bytes) -> Bundle:
    path = tmp_path / "some.mcpb"
    path.write_bytes(data)
    return open_bundle(path, now=NOW)


def fingerprint(by: Signer) -> str:
    spki = by.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


@pytest.mark.parametrize("by", [ADA, RSA, signer(ec.generate_private_key(ec.SECP384R1()))], ids=["ec", "rsa", "p384"])
@pytest.mark.parametrize(("variant", "sign"), [("A", signed_a), ("B", signed_b), ("C", signed_c)])
def test_valid(tmp_path: Path, variant: str, sign: Callable[[bytes, Signer], bytes], by: Signer) -> None:
    data = sign(ARCHIVE, by)
    with given(tmp_path, data) as bundle:
        signature = bundle.signature
        assert bundle.sha256 == hashlib.sha256(data).hexdigest()
        assert bundle.notices == ()
    assert signature is not None
    assert (signature.variant, signature.valid, signature.problems) == (variant, True, ())
    assert signature.fingerprint_sha256 == fingerprint(by)
    assert signature.signer == "CN=Ada"
    assert signature.signed_at == "2026-06-01T00:00:00Z"
    assert signature.digest_algorithm == "sha256"


def test_valid_with_a_comment_of_its_own(tmp_path: Path) -> None:
    archive = BundleBuilder().put(comment=b"made with care").build()
    with given(tmp_path, signed_a(archive, ADA)) as bundle:
        assert bundle.signature is not None


def test_another_digest_and_certificates_of_others(tmp_path: Path) -> None:
    with given(tmp_path, signed_a(ARCHIVE, ADA, digest="sha384", others=[BOB])) as bundle:
        assert bundle.signature is not None
        assert bundle.signature.digest_algorithm == "sha384"
        assert bundle.signature.fingerprint_sha256 == fingerprint(ADA)


def test_markers_inside_a_member_mean_nothing(tmp_path: Path) -> None:
    text = block(b"some text", pad=bytes(9))
    with given(tmp_path, BundleBuilder().file("notes.txt", text, method=0).build()) as bundle:
        assert bundle.signature is None
        assert bundle.read("notes.txt", 1000) == text


def tampered() -> bytes:
    # Two builds that differ in one manifest value of the same length, so that the archive stays whole.
    return signed_a(ARCHIVE, ADA).replace(ARCHIVE, BundleBuilder({"version": "1.4.1"}).build())


def zip_in_certificate() -> bytes:
    return signed_a(ARCHIVE, signer(extension=OTHER))


def fake_end_in_front() -> bytes:
    """A stored member with an end record whose comment reaches exactly to the signature block."""
    inner = OTHER[:-2]
    probe = BundleBuilder().file("x", inner + b"\0\0", method=0).build()
    reach = len(probe) - probe.index(inner) - len(inner) - 2
    return signed_a(BundleBuilder().file("x", inner + reach.to_bytes(2, "little"), method=0).build(), ADA)


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "no DER": ("signature.malformed", lambda: ARCHIVE + block(b"\x9d" * 700)),
    "empty": ("signature.malformed", lambda: ARCHIVE + block(b"")),
    "only the end marker": ("signature.malformed", lambda: ARCHIVE + END),
    "only the start marker": ("signature.malformed", lambda: ARCHIVE + START),
    "cut in the middle": ("signature.malformed", lambda: signed_a(ARCHIVE, ADA)[:-200]),
    "length too large": ("signature.malformed", lambda: ARCHIVE + block(pkcs7(ADA, ARCHIVE), length=1 << 31)),
    "length too small": ("signature.malformed", lambda: ARCHIVE + block(pkcs7(ADA, ARCHIVE), length=40)),
    "signed twice": ("signature.malformed", lambda: signed_a(signed_a(ARCHIVE, ADA), ADA)),
    "attached": ("signature.malformed", lambda: signed_a(ARCHIVE, ADA, attached=b"a copy")),
    "an archive attached": ("archive.ambiguous_eocd", lambda: signed_a(ARCHIVE, ADA, attached=ARCHIVE)),
    "two signers": ("signature.malformed", lambda: signed_a(ARCHIVE, ADA, signers=2)),
    "no signer": ("signature.malformed", lambda: signed_a(ARCHIVE, ADA, signers=0)),
    "no certificate": ("signature.malformed", lambda: signed_a(ARCHIVE, ADA, include=False)),
    "no signed attributes": ("signature.malformed", lambda: signed_a(ARCHIVE, ADA, attributes=False)),
    "another content type": ("signature.malformed", lambda: signed_a(ARCHIVE, ADA, content_type="signed_data")),
    "SHA-1": ("signature.malformed", lambda: signed_a(ARCHIVE, RSA, digest="sha1")),
    "an archive in the padding": ("signature.malformed", lambda: ARCHIVE + block(pkcs7(ADA, ARCHIVE), pad=OTHER)),
    "an archive in the certificate": ("archive.ambiguous_eocd", zip_in_certificate),
    "an end record inside whose comment reaches to the block": ("archive.ambiguous_eocd", fake_end_in_front),
    "other content": ("signature.digest_mismatch", tampered),
    "of another bundle": ("signature.digest_mismatch", lambda: ARCHIVE + block(pkcs7(ADA, OTHER))),
    "A, but the length was patched to another": (
        "signature.malformed",
        lambda: with_comment_length(ARCHIVE, 7) + block(pkcs7(ADA, ARCHIVE)),
    ),
    "wrong signature": ("signature.invalid", lambda: signed_a(ARCHIVE, RSA, spoil=True)),
    "wrong ECDSA signature": ("signature.invalid", lambda: signed_a(ARCHIVE, ADA, spoil=True)),
    "something behind the block": ("archive.trailing_data", lambda: signed_a(ARCHIVE, ADA) + b"\n"),
    "an archive behind the block": ("archive.prefix_data", lambda: signed_a(ARCHIVE, ADA) + OTHER),
    "something before the block": (
        "signature.malformed",
        lambda: ARCHIVE + b"gap" + block(pkcs7(ADA, ARCHIVE + b"gap")),
    ),
}


@pytest.mark.parametrize(("code", "build"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, code: str, build: Callable[[], bytes]) -> None:
    with pytest.raises(BundleError) as caught:
        given(tmp_path, build())
    assert caught.value.code == code, caught.value.detail


def test_expired_is_noted(tmp_path: Path) -> None:
    old = signer(until=NOW - timedelta(days=1))
    with given(tmp_path, signed_a(ARCHIVE, old)) as bundle:
        assert [notice.code for notice in bundle.notices] == ["signature.expired"]
        assert bundle.signature is not None
        assert bundle.signature.valid
        assert bundle.signature.problems == ("expired on 2026-05-31",)


def test_a_weak_key_is_noted(tmp_path: Path) -> None:
    weak = signer(rsa.generate_private_key(65537, 1024))  # noqa: S505 -- weak on purpose
    with given(tmp_path, signed_a(ARCHIVE, weak)) as bundle:
        assert [notice.code for notice in bundle.notices] == ["signature.weak"]
        assert bundle.signature is not None
        assert bundle.signature.problems == ("an RSA key of 1024 bits",)


@pytest.mark.parametrize("at", range(0, 900, 7))
def test_any_changed_byte_of_the_block_is_a_refusal_or_changes_nothing_that_counts(tmp_path: Path, at: int) -> None:
    data = bytearray(signed_a(ARCHIVE, ADA))
    at = len(ARCHIVE) + at % (len(data) - len(ARCHIVE))
    data[at] ^= 0x5A
    path = tmp_path / "some.mcpb"
    path.write_bytes(data)
    try:
        with open_bundle(path, now=NOW) as bundle:
            # Bytes outside what is signed (version numbers, unused certificate fields) may change.
            assert bundle.signature is not None
            assert bundle.signature.fingerprint_sha256 == fingerprint(ADA)
    except BundleError as error:
        assert error.code.startswith(("signature.", "archive."))  # noqa: PT017 -- either outcome is right
