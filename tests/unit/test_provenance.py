"""Statements about where a bundle comes from: what holds is read, and everything that does not is refused in words."""

import copy
import hashlib
import json
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from scanner.provenance.pinned import SHIPPED, Root, RootError, read_root
from scanner.provenance.verifying import STATEMENT_LIMIT, RefusedError, UnreadableError, verify, verify_all
from tests.unit.sigstore_authority import BUILDER, CLAIMS, COMMIT, NOW, REPOSITORY, Authority, b64, slsa
from trust.provenance import source_key

DIGEST = "ab" * 32


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a verification must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def root_of(body: bytes, folder: Path) -> Root:
    path = folder / "root.json"
    path.write_bytes(body)
    return read_root(path, hashlib.sha256(body).hexdigest())


@pytest.fixture
def root(authority: Authority, tmp_path: Path) -> Root:
    return root_of(authority.trusted_root(), tmp_path)


def raw(statement: dict[str, Any]) -> bytes:
    return json.dumps(statement).encode()


def test_a_statement_that_holds_says_who_built_what_from_where(authority: Authority, root: Root) -> None:
    found = verify(raw(authority.statement(DIGEST, slsa(DIGEST))), DIGEST, root)
    assert (found.kind, found.repository, found.commit, found.builder) == ("provenance", REPOSITORY, COMMIT, BUILDER)
    assert (found.repository_id, found.owner_id, found.runner) == ("4242", "77", "github-hosted")
    assert found.signed_at == "2026-11-01T12:00:05+00:00"


def test_a_bare_signature_says_who_and_not_from_what(authority: Authority, root: Root) -> None:
    mail = x509.RFC822Name("ann@acme.example")
    found = verify(raw(authority.statement(DIGEST, claims={8: "https://accounts.example"}, name=mail)), DIGEST, root)
    assert (found.kind, found.identity, found.issuer) == ("signature", "ann@acme.example", "https://accounts.example")
    assert (found.builder, found.repository) == ("", "")


def altered(change: Callable[[dict[str, Any]], object]) -> Callable[[Authority], bytes]:
    def make(authority: Authority) -> bytes:
        statement = copy.deepcopy(authority.statement(DIGEST, slsa(DIGEST)))
        change(statement)
        return raw(statement)

    return make


def entry(statement: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = statement["verificationMaterial"]["tlogEntries"][0]
    return found


def signed(**options: Any) -> Callable[[Authority], bytes]:
    payload = options.pop("payload", slsa(DIGEST))
    return lambda authority: raw(authority.statement(DIGEST, payload, **options))


OTHER = slsa("cd" * 32)
FORGED = b64(bytes.fromhex("3006020101020101"))
NOBODY = slsa(DIGEST)
NOBODY["predicate"]["runDetails"] = {}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda _: b"", "not a Sigstore bundle"),
        (lambda _: b"{}", "not a Sigstore bundle"),
        (lambda _: b"[" * 100_000, "not a Sigstore bundle"),
        (lambda _: b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}', "not a Sigstore bundle"),
        (lambda _: b" " * (STATEMENT_LIMIT + 1), "at most"),
        (altered(lambda s: s["dsseEnvelope"].update(payload=b64(raw(OTHER)))), "does not verify"),
        (altered(lambda s: s["dsseEnvelope"]["signatures"][0].update(sig=FORGED)), "does not verify"),
        (altered(lambda s: entry(s).update(integratedTime="1")), "does not verify"),
        (altered(lambda s: entry(s).update(logIndex="7")), "does not verify"),
        (altered(lambda s: entry(s).pop("inclusionPromise")), "not a Sigstore bundle"),
        (altered(lambda s: entry(s).pop("inclusionProof")), "not a Sigstore bundle"),
        (altered(lambda s: s["verificationMaterial"].update(tlogEntries=[])), "not a Sigstore bundle"),
        (signed(sct=False), "does not verify"),
        (signed(logged=timedelta(minutes=11)), "does not verify"),
        (signed(logged=timedelta(minutes=-1)), "does not verify"),
        (signed(payload=OTHER), "another file"),
        (signed(payload=slsa(DIGEST, repository="https://github.com/evil/weather")), "certificate another"),
        (signed(payload=slsa(DIGEST, commit="0" * 40)), "another commit"),
        (signed(payload=NOBODY), "no builder"),
        (signed(claims={}), "certificate another"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused(
    authority: Authority, root: Root, make: Callable[[Authority], bytes], says: str
) -> None:
    with pytest.raises(RefusedError, match=says):
        verify(make(authority), DIGEST, root)


def test_a_signature_of_another_file_is_refused(authority: Authority, root: Root) -> None:
    with pytest.raises(RefusedError, match="does not verify"):
        verify(raw(authority.statement("cd" * 32)), DIGEST, root)


def legacy_kind(statement: dict[str, Any]) -> None:
    entry(statement)["kindVersion"] = {"kind": "intoto", "version": "0.0.2"}


OLD_PREDICATE = slsa(DIGEST) | {"predicateType": "https://slsa.dev/provenance/v0.2"}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (altered(legacy_kind), "intoto 0.0.2"),
        (signed(payload_type="text/plain"), "text/plain"),
        (signed(payload=OLD_PREDICATE), "provenance/v0.2"),
        (signed(payload=slsa(DIGEST) | {"_type": "https://in-toto.io/Statement/v0.1"}), "version 1"),
    ],
)
def test_what_nothing_here_can_read_is_not_assessed_and_not_refused(
    authority: Authority, root: Root, make: Callable[[Authority], bytes], says: str
) -> None:
    with pytest.raises(UnreadableError, match=says):
        verify(make(authority), DIGEST, root)


ENDED = {"start": "2020-01-01T00:00:00Z", "end": "2026-10-31T00:00:00Z"}
LATER = {"start": "2026-11-02T00:00:00Z"}


@pytest.mark.parametrize("part", ["ca", "ct", "log"])
@pytest.mark.parametrize("period", [ENDED, LATER, {}])
def test_a_service_that_was_not_trusted_at_that_time_vouches_for_nothing(
    authority: Authority, tmp_path: Path, part: str, period: dict[str, str]
) -> None:
    """sigstore-python accepts these: it enforces `validFor` for time-stamping authorities only."""
    with pytest.raises(RefusedError, match="valid when this was signed"):
        verify(
            raw(authority.statement(DIGEST, slsa(DIGEST))),
            DIGEST,
            root_of(authority.trusted_root(**{part: period}), tmp_path),
        )


def test_an_expired_root_certificate_is_no_anchor(tmp_path: Path) -> None:
    """sigstore-python accepts it when the intermediate is valid."""
    expired = Authority(root_until=NOW - timedelta(days=1))
    with pytest.raises(RefusedError, match="valid when this was signed"):
        verify(raw(expired.statement(DIGEST, slsa(DIGEST))), DIGEST, root_of(expired.trusted_root(), tmp_path))


def test_another_instance_vouches_for_nothing(authority: Authority, tmp_path: Path) -> None:
    statement = raw(authority.statement(DIGEST, slsa(DIGEST)))
    with pytest.raises(RefusedError):
        verify(statement, DIGEST, root_of(Authority().trusted_root(), tmp_path))
    with pytest.raises(RefusedError):
        verify(statement, DIGEST, read_root())


def test_the_shipped_root_is_the_public_one_and_pinned() -> None:
    assert not read_root().test
    with pytest.raises(RootError, match="not the pinned"):
        read_root(SHIPPED, "0" * 64)


def test_a_test_instance_is_known_by_its_names(root: Root) -> None:
    assert root.test


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"tlogs": 3}', b"[" * 50_000, b'{"tlogs": [], "ctlogs": []}'])
def test_a_root_without_the_shape_of_one_is_refused(body: bytes, tmp_path: Path) -> None:
    with pytest.raises(RootError):
        root_of(body, tmp_path)


def test_many_statements_are_verified_together(authority: Authority, root: Root) -> None:
    second = slsa(DIGEST, builder="https://builder.acme.example/forge")
    statements = (
        raw(authority.statement(DIGEST, slsa(DIGEST))),
        raw(authority.statement(DIGEST, second)),
        raw(authority.statement(DIGEST, OTHER)),
        altered(legacy_kind)(authority),
    )
    found = verify_all(statements, DIGEST, root)
    assert found.builders == (BUILDER, "https://builder.acme.example/forge")
    assert [r.partition(":")[0] for r in found.refused] == ["Statement 3"]
    assert [g.reason.partition(":")[0] for g in found.gaps] == ["Statement 4"]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (REPOSITORY, "github.com/acme/weather"),
        ("https://github.com/Acme/Weather.git", "github.com/acme/weather"),
        ("git+https://github.com/acme/weather.git", "github.com/acme/weather"),
        ("git@github.com:acme/weather.git", "github.com/acme/weather"),
        ("ssh://git@github.com/acme/weather", "github.com/acme/weather"),
        ("github:acme/weather", "github.com/acme/weather"),
        ("acme/weather", "github.com/acme/weather"),
        ("https://gitlab.com/group/sub/project", "gitlab.com/group/sub/project"),
        ("https://github.com/acme/weather/tree/main", ""),
        ("https://github.com/acme", ""),
        ("https://github.com/acme/../evil", ""),
        ("https://github.com/acme/weather?x=github.com/b/c", ""),
        ("https://github.com.evil.io/acme/weather", "github.com.evil.io/acme/weather"),
        ("javascript:alert(1)", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_a_repository_has_one_spelling(address: str, key: str) -> None:
    assert source_key(address) == key


def test_claims_of_other_forges_are_kept(authority: Authority, root: Root) -> None:
    claims = {**CLAIMS, 12: "https://gitlab.com/acme/tools/weather", 11: "self-hosted"}
    payload = slsa(DIGEST, repository="https://gitlab.com/acme/tools/weather")
    found = verify(raw(authority.statement(DIGEST, payload, claims=claims)), DIGEST, root)
    assert (found.repository, found.runner) == ("https://gitlab.com/acme/tools/weather", "self-hosted")
