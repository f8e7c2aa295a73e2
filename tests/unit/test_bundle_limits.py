"""Limits hold on both sides, and what is only noted about the content of an archive."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.bundle import Bundle, BundleError, Limits, open_bundle
from tests.unit.bundle_builder import BundleBuilder

Build = Callable[[], bytes]


def given(tmp_path: Path, data: bytes, **limits: int) -> Bundle:
    path = tmp_path / "some.mcpb"
    path.write_bytes(data)
    return open_bundle(path, Limits(**limits))


def refusal(tmp_path: Path, data: bytes, **limits: int) -> BundleError:
    with pytest.raises(BundleError) as caught:
        given(tmp_path, data, **limits)
    return caught.value


def plain() -> BundleBuilder:
    return BundleBuilder()


def nested_bytes() -> bytes:
    return BundleBuilder(empty=True).file("inner.txt", b"inner", method=0).build()


LIMITS: dict[str, tuple[str, dict[str, int], int]] = {
    # code, limit that refuses, bytes or count at which the same bundle is still accepted
    "upload": ("archive.too_large", {"upload": 900}, 10_000),
    "members": ("archive.too_many_entries", {"members": 3}, 4),
    "unpacked_total": ("archive.too_large_uncompressed", {"unpacked_total": 3_400}, 10_000),
    "unpacked_member": ("archive.too_large_uncompressed", {"unpacked_member": 2_999}, 3_000),
    "name_bytes": ("archive.bad_name", {"name_bytes": 14}, 15),
    "component_bytes": ("archive.bad_name", {"component_bytes": 12}, 13),
    "depth": ("archive.bad_name", {"depth": 1}, 2),
    "manifest": ("manifest.too_large", {"manifest": 100}, 10_000),
}


@pytest.mark.parametrize(("code", "tight", "enough"), LIMITS.values(), ids=LIMITS.keys())
def test_limits_hold_on_both_sides(tmp_path: Path, code: str, tight: dict[str, int], enough: int) -> None:
    data = plain().file("big.txt", bytes(3_000), method=0).put(comment=b"").build()
    assert refusal(tmp_path, data, **tight).code == code
    given(tmp_path, data, **dict.fromkeys(tight, enough)).close()


def test_more_members_than_sixteen_bits_can_count(tmp_path: Path) -> None:
    builder = plain()
    for index in range(66_000):
        builder.file(f"f{index}", b"", method=0)
    count = len(builder.items) & 0xFFFF
    data = builder.put(end={"disk_entries": count, "entries": count}).build()
    assert refusal(tmp_path, data).code == "archive.too_many_entries"


def test_a_lying_size_is_noticed_before_memory_is_spent(tmp_path: Path) -> None:
    builder = plain().file("a.js", bytes(64 << 20), local={"size": 10}, central={"size": 10})
    path = tmp_path / "some.mcpb"
    path.write_bytes(builder.build())
    tracemalloc.start()
    try:
        with pytest.raises(BundleError) as caught:
            open_bundle(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "archive.size_mismatch"
    assert peak < 4 << 20


def test_a_directory_is_refused_as_input(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        open_bundle(tmp_path)
    assert caught.value.code == "archive.not_zip"


def test_a_missing_file_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_bundle(tmp_path / "nowhere.mcpb")


NOTED: dict[str, tuple[str, Build]] = {
    "ratio": ("archive.ratio", lambda: plain().file("zeros", bytes(1_000_000)).build()),
    "setuid": ("archive.special_file", lambda: plain().file("tool", mode=0o104755).build()),
    "zip inside": ("archive.nested", lambda: plain().file("x.bin", nested_bytes()).build()),
    "wheel inside": ("archive.nested", lambda: plain().file("a.whl", b"").build()),
    ".env": ("scan.secret", lambda: plain().file(".env").build()),
    ".env of an environment": ("scan.secret", lambda: plain().file("server/.env.production").build()),
    "a private key": ("scan.secret", lambda: plain().file("keys/id_rsa").build()),
    "directory twice": (
        "archive.duplicate_entry",
        lambda: plain().file("lib/", b"", method=0).file("lib/", b"", method=0).build(),
    ),
}


@pytest.mark.parametrize(("code", "build"), NOTED.values(), ids=NOTED.keys())
def test_noted(tmp_path: Path, code: str, build: Build) -> None:
    with given(tmp_path, build()) as bundle:
        assert [notice.code for notice in bundle.notices if notice.tier == "warning"] == [code]


@pytest.mark.parametrize("name", [".env.example", ".env.sample", "environment.env.js", "docs/report.xlsx", "env"])
def test_innocent_files_are_not_noted(tmp_path: Path, name: str) -> None:
    data = nested_bytes() if name.endswith("xlsx") else b"x"
    with given(tmp_path, plain().file(name, data).build()) as bundle:
        assert [notice for notice in bundle.notices if notice.tier != "hint"] == []


def test_a_thousand_equal_notices_do_not_fill_a_page(tmp_path: Path) -> None:
    builder = plain()
    for index in range(1000):
        builder.file(f"{index}.zip")
    with given(tmp_path, builder.build()) as bundle:
        assert len(bundle.notices) == 21
        assert "980 more" in bundle.notices[-1].detail
