"""What others use of an open bundle."""

import hashlib
from pathlib import Path

import pytest

from scanner.bundle import BundleError, Member, MemberTooLarge, open_bundle
from tests.unit.bundle_builder import BundleBuilder

TEXT = b"0123456789" * 30_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "some.mcpb"
    file.write_bytes(
        BundleBuilder().file("lib/", b"", method=0, mode=0o040755).file("lib/big.txt", TEXT, mode=0o100600).build()
    )
    return file


def test_identity(path: Path) -> None:
    data = path.read_bytes()
    with open_bundle(path) as bundle:
        assert (bundle.sha256, bundle.size) == (hashlib.sha256(data).hexdigest(), len(data))
        assert bundle.signature is None


def test_members_include_directories_and_names_do_not(path: Path) -> None:
    with open_bundle(path) as bundle:
        assert bundle.names() == ("manifest.json", "server/index.js", "icon.png", "lib/big.txt")
        folder, big = bundle.members[-2:]
        assert (folder.path, folder.is_dir, folder.size) == ("lib", True, 0)
        assert big == Member("lib/big.txt", len(TEXT), big.compressed, 0o100600, big.crc32, is_dir=False)
        assert bundle.has("lib/big.txt")
        assert not bundle.has("lib")
        assert not bundle.has("LIB/big.txt")


def test_reading_whole_and_in_pieces(path: Path) -> None:
    with open_bundle(path) as bundle:
        assert bundle.read("lib/big.txt", len(TEXT)) == TEXT
        pieces = list(bundle.stream("lib/big.txt", 7_000))
        assert b"".join(pieces) == TEXT
        assert max(map(len, pieces)) <= 7_000
        assert bundle.head("lib/big.txt") == TEXT[:64]
        assert bundle.mode("lib/big.txt") == 0o100600
        assert bundle.member_sha256("lib/big.txt") == hashlib.sha256(TEXT).hexdigest()


def test_reading_more_than_asked_for_is_refused(path: Path) -> None:
    with open_bundle(path) as bundle, pytest.raises(MemberTooLarge) as caught:
        bundle.read("lib/big.txt", len(TEXT) - 1)
    assert isinstance(caught.value, BundleError)
    assert (caught.value.size, caught.value.path) == (len(TEXT), "lib/big.txt")


@pytest.mark.parametrize("name", ["nowhere", "lib", "lib/", "", "../manifest.json"])
def test_reading_what_is_not_there(path: Path, name: str) -> None:
    with open_bundle(path) as bundle, pytest.raises(BundleError) as caught:
        bundle.read(name, 100)
    assert caught.value.code == "archive.no_such_member"


def test_a_file_changed_after_the_check_is_noticed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    with open_bundle(path) as bundle:
        at = data.index(b"lib/big.txt") + 40
        data[at : at + 20] = bytes(20)
        path.write_bytes(data)
        with pytest.raises(BundleError):
            bundle.read("lib/big.txt", len(TEXT))


def test_a_file_cut_after_the_check_is_noticed(path: Path) -> None:
    with open_bundle(path) as bundle:
        path.write_bytes(path.read_bytes()[:500])
        with pytest.raises(BundleError) as caught:
            bundle.read("lib/big.txt", len(TEXT))
    assert caught.value.code == "archive.changed"


def test_a_refusal_carries_what_was_noted_before(tmp_path: Path) -> None:
    file = tmp_path / "some.mcpb"
    file.write_bytes(BundleBuilder({"version": "latest"}).file("aux.js").build())
    with pytest.raises(BundleError) as caught:
        open_bundle(file)
    assert caught.value.code == "manifest.version_not_semver"
    assert [warning.code for warning in caught.value.warnings] == ["archive.bad_name"]
