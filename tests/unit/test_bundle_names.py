"""Member names: refused when they leave the bundle or are another name elsewhere, noted when some system lacks them."""

from pathlib import Path

import pytest

from scanner.archive.names import shown
from scanner.bundle import BundleError, Limits, open_bundle
from tests.unit.bundle_builder import BundleBuilder

UTF8 = 1 << 11


def code_of(tmp_path: Path, builder: BundleBuilder) -> str:
    path = tmp_path / "some.mcpb"
    path.write_bytes(builder.build())
    with pytest.raises(BundleError) as caught:
        open_bundle(path)
    assert caught.value.detail.isprintable()
    return caught.value.code


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "a/../../evil",
        "a/../b",
        "..",
        "a/..",
        "/etc/passwd",
        "//server/share",
        "C:/x",
        "C:\\x",
        "c:x",
        "\\\\server\\share\\x",
        "..\\evil",
        "a\\..\\..\\b",
        "\\evil",
    ],
)
def test_leaving_the_bundle(tmp_path: Path, name: str) -> None:
    assert code_of(tmp_path, BundleBuilder().file(name)) == "archive.path_traversal"


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        (b"", 0),
        (b"./a.js", 0),
        (b"a/./b.js", 0),
        (b"a//b.js", 0),
        (b"a\\b.js", 0),
        (b"a\x00.js", 0),
        (b"a\nb.js", 0),
        (b"a\x1b[31m.js", 0),
        (b"a\x7f.js", 0),
        ("a\u0085b".encode(), UTF8),
        ("a\u202egnp.js".encode(), UTF8),
        ("a\u2066b.js".encode(), UTF8),
        ("a\u200bb.js".encode(), UTF8),
        ("a\ufeffb.js".encode(), UTF8),
        ("a\u2028b.js".encode(), UTF8),
        ("a\U000e0041b.js".encode(), UTF8),
        (b"a.js.", 0),
        (b"a.js ", 0),
        (b"lib./a.js", 0),
        (b"server/index.js:evil", 0),
        (b"caf\x82.js", 0),
        ("café.js".encode(), 0),
        (b"a\xc0\xaf..js", UTF8),
        (b"a\xff.js", UTF8),
        (b"\xed\xa0\x80.js", UTF8),
        (b"n" * 2_000, 0),
        (b"n" * 65_000, 0),
        (b"n" * 300, 0),
        ("é".encode() * 200, UTF8),
        (b"d/" * 45 + b"f", 0),
        (b"/", 0x0),
    ],
)
def test_bad_names(tmp_path: Path, name: bytes, flags: int) -> None:
    expected = {b"/": "archive.path_traversal"}.get(name, "archive.bad_name")
    data = b"" if name.endswith(b"/") else b"x"
    assert code_of(tmp_path, BundleBuilder().file(name, data, flags=flags)) == expected


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("manifest.json", None, "archive.duplicate_entry"),
        ("server/index.js", None, "archive.duplicate_entry"),
        ("Server/Index.js", None, "archive.name_collision"),
        ("SERVER/other.js", None, "archive.name_collision"),
        ("MANIFEST.JSON", None, "archive.name_collision"),
        ("caf\u00e9.js", "cafe\u0301.js", "archive.name_collision"),
        ("stra\u00dfe.js", "STRASSE.js", "archive.name_collision"),
        ("lib", "lib/a.js", "archive.name_collision"),
        ("lib/a.js", "lib", "archive.name_collision"),
        ("lib", "LIB/a.js", "archive.name_collision"),
        ("lib/A/x.js", "lib/a/y.js", "archive.name_collision"),
        ("lib/", "lib", "archive.name_collision"),
    ],
)
def test_two_names_for_one_file(tmp_path: Path, first: str, second: str | None, code: str) -> None:
    builder = BundleBuilder()
    for name in filter(None, (first, second)):
        builder.file(name, b"" if name.endswith("/") else b"x")
    assert code_of(tmp_path, builder) == code


@pytest.mark.parametrize(
    "name", ["aux.js", "lib/CON", "nul", "COM1.txt", "lpt\u00b9.txt", "what?.js", "a*b", 'q"q', "a|b"]
)
def test_names_that_windows_cannot_hold_are_noted(tmp_path: Path, name: str) -> None:
    path = tmp_path / "some.mcpb"
    path.write_bytes(BundleBuilder().file(name).build())
    with open_bundle(path) as bundle:
        assert [notice.code for notice in bundle.notices] == ["archive.bad_name"]


@pytest.mark.parametrize(
    "name",
    [
        "auxiliary.js",
        "console.js",
        "a..b.js",
        "...a",
        ".hidden",
        "a b.js",
        "données/日本.json",
        "a+b@c[1].js",
        "d/" * 30 + "f",
    ],
)
def test_names_that_are_fine(tmp_path: Path, name: str) -> None:
    path = tmp_path / "some.mcpb"
    path.write_bytes(BundleBuilder().file(name).build())
    with open_bundle(path) as bundle:
        assert bundle.notices == ()
        assert bundle.has(name)


def test_a_name_at_the_limit_passes(tmp_path: Path) -> None:
    path = tmp_path / "some.mcpb"
    path.write_bytes(BundleBuilder().file("n" * 255).file("/".join(["d" * 200] * 5) + "/" + "e" * 19).build())
    with open_bundle(path, Limits()) as bundle:
        assert max(map(len, bundle.names())) == 1_024


@pytest.mark.parametrize("name", [b"a\x1b[31mred", b"a\xffb", "a\u202eb", "\ud800", "x" * 5_000])
def test_names_are_shown_without_their_tricks(name: bytes | str) -> None:
    assert shown(name).isprintable()
    assert len(shown(name)) <= 200
