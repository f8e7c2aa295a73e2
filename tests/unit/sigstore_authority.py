"""A Sigstore instance of our own, for tests: CA, certificate log and transparency log, and statements signed with them.

The real services cannot be reached here, and must not be: these keys exist for one test run. Everything is made to the
published formats, so the library that verifies the public instance's statements verifies these unchanged.
Sources: RFC 6962 (SCTs, Merkle trees), Fulcio OID information, Rekor v1 entry types, C2SP signed-note.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto.core import UTF8String
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW: Final = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LIFE: Final = timedelta(minutes=10)
REPOSITORY: Final = "https://github.com/acme/weather"
COMMIT: Final = "c0ffee" * 6 + "abcd"
WORKFLOW: Final = f"{REPOSITORY}/.github/workflows/release.yml@refs/tags/v1.0.0"
BUILDER: Final = "https://github.com/actions/runner/github-hosted"
CLAIMS: Final = {
    8: "https://token.actions.githubusercontent.com", 9: WORKFLOW, 11: "github-hosted", 12: REPOSITORY, 13: COMMIT,
    14: "refs/tags/v1.0.0", 15: "4242", 17: "77", 18: WORKFLOW, 20: "push",
}  # fmt: skip
IN_TOTO: Final = "application/vnd.in-toto+json"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def slsa(sha256: str, repository: str = REPOSITORY, commit: str = COMMIT, builder: str = BUILDER) -> dict[str, Any]:
    """An SLSA provenance statement as CI builders make them."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "weather.mcpb", "digest": {"sha256": sha256}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {
                    "workflow": {"ref": "refs/tags/v1.0.0", "repository": repository, "path": ".github/workflows/r.yml"}
                },
                "resolvedDependencies": [{"uri": f"git+{repository}", "digest": {"gitCommit": commit}}],
            },
            "runDetails": {"builder": {"id": builder}},
        },
    }


@dataclass
class Authority:
    """Keys and certificates of one instance. Periods can be set to build instances that were valid at other times."""

    root_until: datetime = NOW + timedelta(days=3650)
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ca_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ct_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    log_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def __post_init__(self) -> None:
        start = NOW - timedelta(days=365)
        self.root = self._authority("root", "root", self.root_key, self.root_key, start, self.root_until, 1)
        until = NOW + timedelta(days=3000)
        self.ca = self._authority("intermediate", "root", self.ca_key, self.root_key, start, until, 0)

    def _authority(
        self, name: str, issuer: str, key: Any, issuer_key: Any, begin: datetime, end: datetime, below: int
    ) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = (
            _certificate(name, issuer, key.public_key(), begin, end)
            .add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        if name != "root":
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        return builder.sign(issuer_key, hashes.SHA256())

    def trusted_root(self, **periods: Mapping[str, str]) -> bytes:
        """The trusted root document. `periods`: `validFor` of "ca", "ct" or "log" where it should be another."""
        always = {"start": "2020-01-01T00:00:00Z"}

        def log(host: str, key: ec.EllipticCurvePrivateKey, which: str) -> dict[str, Any]:
            return {
                "baseUrl": f"https://{host}.sigstore.invalid",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": b64(spki(key)),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": periods.get(which, always),
                },
                "logId": {"keyId": b64(hashlib.sha256(spki(key)).digest())},
            }

        chain = [{"rawBytes": b64(c.public_bytes(Encoding.DER))} for c in (self.ca, self.root)]
        document = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log("rekor", self.log_key, "log")],
            "ctlogs": [log("ctfe", self.ct_key, "ct")],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "sigstore.invalid", "commonName": "test"},
                    "uri": "https://fulcio.sigstore.invalid",
                    "certChain": {"certificates": chain},
                    "validFor": periods.get("ca", always),
                }
            ],
            "timestampAuthorities": [],
        }
        return json.dumps(document).encode()

    def leaf(
        self,
        key: ec.EllipticCurvePrivateKey,
        claims: Mapping[int, str],
        name: x509.GeneralName,
        begin: datetime = NOW,
        *,
        sct: bool = True,
    ) -> x509.Certificate:
        """A signing certificate that lives ten minutes, with the certificate log's timestamp in it."""
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = (
            _certificate(None, "intermediate", key.public_key(), begin, begin + LIFE)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)
        )
        for number, value in claims.items():
            oid = x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{number}")
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, UTF8String(value).dump()), critical=False)
        bare = builder.sign(self.ca_key, hashes.SHA256())
        if not sct:
            return bare
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
        scts = self._timestamp(bare.tbs_certificate_bytes, begin)
        return builder.add_extension(x509.UnrecognizedExtension(oid, scts), critical=False).sign(
            self.ca_key, hashes.SHA256()
        )

    def _timestamp(self, tbs: bytes, moment: datetime) -> bytes:
        """The SCT list for a precertificate (RFC 6962, 3.2 and 3.3)."""
        milliseconds = struct.pack(">Q", int(moment.timestamp() * 1000))
        issuer = hashlib.sha256(spki(self.ca_key)).digest()
        signed = b"\0\0" + milliseconds + b"\0\1" + issuer + struct.pack(">I", len(tbs))[1:] + tbs + b"\0\0"
        signature = sign(self.ct_key, signed)
        one = b"\0" + hashlib.sha256(spki(self.ct_key)).digest() + milliseconds + b"\0\0"
        one += b"\4\3" + struct.pack(">H", len(signature)) + signature
        listed = struct.pack(">H", len(one)) + one
        return _octets(struct.pack(">H", len(listed)) + listed)

    def statement(
        self,
        sha256: str,
        payload: Mapping[str, Any] | None = None,
        *,
        claims: Mapping[int, str] = CLAIMS,
        name: x509.GeneralName | None = None,
        begin: datetime = NOW,
        logged: timedelta = timedelta(seconds=5),
        payload_type: str = IN_TOTO,
        sct: bool = True,
    ) -> dict[str, Any]:
        """A Sigstore bundle about a digest: an SLSA statement, or with `payload` of None a bare signature."""
        key = new_key()
        certificate = self.leaf(key, claims, name or x509.UniformResourceIdentifier(WORKFLOW), begin, sct=sct)
        pem = certificate.public_bytes(Encoding.PEM)
        if payload is None:
            # Signed over the digest alone, as the file itself is not needed to check it.
            signature = key.sign(bytes.fromhex(sha256), ec.ECDSA(Prehashed(hashes.SHA256())))
            content: dict[str, Any] = {
                "messageSignature": {
                    "messageDigest": {"algorithm": "SHA2_256", "digest": b64(bytes.fromhex(sha256))},
                    "signature": b64(signature),
                }
            }
            kind = "hashedrekord"
            spec: dict[str, Any] = {
                "data": {"hash": {"algorithm": "sha256", "value": sha256}},
                "signature": {"content": b64(signature), "publicKey": {"content": b64(pem)}},
            }
        else:
            body = json.dumps(payload).encode()
            signature = sign(key, b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(body), body))
            content = {
                "dsseEnvelope": {
                    "payload": b64(body),
                    "payloadType": payload_type,
                    "signatures": [{"sig": b64(signature)}],
                }
            }
            kind = "dsse"
            spec = {
                "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"envelope").hexdigest()},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(body).hexdigest()},
                "signatures": [{"signature": b64(signature), "verifier": b64(pem)}],
            }
        entry = self._entry({"apiVersion": "0.0.1", "kind": kind, "spec": spec}, kind, begin + logged)
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [entry],
            },
            **content,
        }

    def _entry(self, body: Mapping[str, Any], kind: str, moment: datetime) -> dict[str, Any]:
        """A log entry with its promise, and its proof in a tree of one leaf."""
        encoded = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        log_id = hashlib.sha256(spki(self.log_key)).digest()
        time = int(moment.timestamp())
        promise = {"body": b64(encoded), "integratedTime": time, "logID": log_id.hex(), "logIndex": 0}
        root = hashlib.sha256(b"\0" + encoded).digest()
        note = f"rekor.sigstore.invalid\n1\n{b64(root)}\n"
        signed = b64(log_id[:4] + sign(self.log_key, note.encode()))
        return {
            "logIndex": "0",
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {"kind": kind, "version": "0.0.1"},
            "integratedTime": str(time),
            "inclusionPromise": {
                "signedEntryTimestamp": b64(
                    sign(self.log_key, json.dumps(promise, sort_keys=True, separators=(",", ":")).encode())
                )
            },
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": b64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 rekor.sigstore.invalid {signed}\n"},
            },
            "canonicalizedBody": b64(encoded),
        }


def _certificate(
    name: str | None, issuer: str, key: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _name(name: str | None) -> x509.Name:
    parts: Sequence[x509.NameAttribute[str]] = (
        () if name is None else (x509.NameAttribute(NameOID.COMMON_NAME, f"sigstore.invalid {name}"),)
    )
    return x509.Name(parts)


def _octets(data: bytes) -> bytes:
    """A DER OCTET STRING."""
    length = bytes([len(data)]) if len(data) < 128 else b"\x82" + struct.pack(">H", len(data))
    return b"\x04" + length + data
