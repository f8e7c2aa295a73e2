"""Whatever arrives: a Bundle or a BundleError, and every accepted bundle is the same bundle to another reader.

The inputs know the format: records that contradict each other, manifests with one value replaced, bytes changed late.
``ASSAY_FUZZ_EXAMPLES`` raises the number of examples.
"""

# ruff: noqa: E501 -- tables of values

import copy
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.bundle import BundleError, Limits, open_bundle
from tests.unit.bundle_builder import PNG, BundleBuilder, deflate, manifest
from tests.unit.signing import NOW, block, signed_a, signed_b, signed_c, signer

EXAMPLES = int(os.environ.get("ASSAY_FUZZ_EXAMPLES", "300"))
LIMITS = Limits(upload=1 << 20, members=50, unpacked_total=1 << 20, unpacked_member=1 << 19)
ADA = signer(rsa.generate_private_key(65537, 2048))  # ECDSA signatures vary in length, which would not replay
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="ASSAY_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

PARTS = st.sampled_from(
    ["a", "b.js", "..", ".", "", "A", "é", "e\u0301", "con", "x:y", "x.", "server", "\x00", "\u202e", "\\"]
)
NAMES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=4).map("/".join).map(str.encode),
    st.sampled_from(
        [b"manifest.json", b"server/index.js", b"icon.png", b"server/", b"package.json", b"pyproject.toml"]
    ),
    st.binary(max_size=12),
)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, 8, 22, 46, 99, 0xFFFE, 0xFFFF]),
    st.integers(0, 0xFFFF),
    st.sampled_from([0xFFFFFFFF, 1 << 31]),
)
FIELDS = st.dictionaries(
    st.sampled_from(["flags", "method", "crc", "packed", "size", "disk", "external"]), NUMBERS, max_size=2
)
NARROW = {"flags", "method", "disk"}
EXTRAS = st.one_of(
    st.just(b""),
    st.binary(max_size=24),
    st.binary(min_size=8, max_size=24).map(lambda b: b"\x01\x00" + len(b).to_bytes(2, "little") + b),
    st.binary(min_size=5, max_size=12).map(lambda b: b"\x75\x70" + len(b).to_bytes(2, "little") + b),
)


def narrowed(fields: dict[str, int]) -> dict[str, int]:
    return {key: value & 0xFFFF if key in NARROW else value for key, value in fields.items()}


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    builder = BundleBuilder(empty=draw(st.integers(0, 9)) == 0)
    for _ in range(draw(st.integers(0, 3))):
        data = draw(st.binary(max_size=60))
        builder.file(
            draw(NAMES),
            data,
            method=draw(st.sampled_from([0, 8, 8, 8, 12, 99])),
            flags=draw(st.sampled_from([0, 0, 0, 8, 0x800, 0x800, 1, 0x2000, 0xFFFF])),
            mode=draw(st.sampled_from([0o100644, 0o100644, 0o120777, 0o040755, 0o010644, 0, 0o104755])),
            system=draw(st.sampled_from([3, 3, 0, 10, 19])),
            payload=draw(st.sampled_from([None, None, None, deflate(data), data, b""])),
            extra=draw(EXTRAS),
            local_extra=draw(st.one_of(st.none(), EXTRAS)),
            descriptor=draw(st.one_of(st.none(), st.none(), st.binary(min_size=12, max_size=24))),
            gap=draw(st.sampled_from([b"", b"", b"", b"gap"])),
            local=narrowed(draw(FIELDS)),
            central=narrowed(draw(FIELDS)),
            in_directory=draw(st.integers(0, 9)) > 0,
        )
    if draw(st.booleans()):
        end = draw(
            st.dictionaries(st.sampled_from(["disk", "entries", "size", "offset", "comment"]), NUMBERS, max_size=1)
        )
        builder.put(end={k: v if k in {"size", "offset"} else v & 0xFFFF for k, v in end.items()})
    if draw(st.integers(0, 5)) == 0:
        builder.put(
            zip64=draw(st.dictionaries(st.sampled_from(["entries", "size", "offset", "at"]), NUMBERS, max_size=1))
        )
    builder.put(
        prefix=draw(st.sampled_from([b"", b"", b"", b"x", b"PK\x05\x06" + bytes(18)])),
        comment=draw(st.sampled_from([b"", b"", b"hi", b"PK\x05\x06" + bytes(18), b"MCPB_SIG_END"])),
    )
    return builder.build()


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """An archive, sometimes signed, sometimes with bytes changed at the very end."""
    data = bytearray(draw(archives()))
    sign = draw(st.sampled_from([None, None, None, signed_a, signed_b, signed_c, lambda d, _: d + block(b"\x30" * 90)]))
    if sign is not None and not data.endswith(b"hi"):
        data = bytearray(sign(bytes(data), ADA))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == 1:
            del data[at : at + draw(st.integers(1, 40))]
        elif kind == 2:
            data[at:at] = draw(st.binary(max_size=20))
        else:
            data = data[:at]
    return bytes(data)


def check(path: Path, data: bytes) -> str:
    """The outcome; anything else than a Bundle or a BundleError fails the test by itself."""
    path.write_bytes(data)
    try:
        bundle = open_bundle(path, LIMITS, now=NOW)
    except BundleError as error:
        sayable(error.detail)
        return error.code
    with bundle:
        if bundle.signature is None:
            agree(bundle.names(), {name: bundle.read(name, 1 << 20) for name in bundle.names()}, data)
        for notice in bundle.notices:
            sayable(notice.detail)
    return "accepted"


def sayable(text: str) -> None:
    assert text.isprintable()
    assert text.encode()


def agree(names: tuple[str, ...], contents: dict[str, bytes], data: bytes) -> None:
    """The standard library reads the same files from an accepted bundle."""
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert [i.filename for i in other.infolist() if not i.is_dir()] == list(names)
        for name in names:
            assert other.read(name) == contents[name]


@FUZZ
@given(data=files())
def test_archives(tmp_path: Path, data: bytes) -> None:
    check(tmp_path / "some.mcpb", data)


@FUZZ
@given(data=st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda b: b + BundleBuilder().build()[-40:])))
def test_bytes(tmp_path: Path, data: bytes) -> None:
    assert check(tmp_path / "some.mcpb", data) != "accepted"


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
        st.sampled_from(["", "../x", "${__dirname}/../x", "javascript:x", "0.4", "uv", "https://x.org", "\ud800", "a" * 999]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
FULL = manifest(
    display_name="Weather",
    homepage="https://example.org",
    icons=[{"src": "icon.png", "size": "64x64"}],
    screenshots=["icon.png"],
    localization={"resources": "l/${locale}.json", "default_locale": "en"},
    prompts=[{"name": "p", "text": "t", "arguments": ["a"]}],
    keywords=["x"],
    privacy_policies=["https://example.org"],
    compatibility={"platforms": ["linux"], "runtimes": {"node": ">=20"}},
    user_config={"k": {"type": "string", "title": "T", "description": "D", "default": "x"}},
    _meta={"com.example": {"x": 1}},
)
FULL["server"]["mcp_config"] |= {
    "env": {"K": "${user_config.k}"},
    "platform_overrides": {"win32": {"command": "node.exe"}},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    raw = copy.deepcopy(FULL)
    raw["manifest_version"] = draw(st.sampled_from(["0.3", "0.3", "0.1", "0.2", "0.4"]))
    raw["server"]["type"] = draw(st.sampled_from(["node", "node", "python", "binary", "uv"]))
    for path in draw(st.lists(st.sampled_from(places(FULL)[1:]), max_size=3)):
        owner: Any = raw
        for key in path[:-1]:
            owner = owner[key] if isinstance(owner, (dict, list)) and _has(owner, key) else None
        if isinstance(owner, (dict, list)) and _has(owner, path[-1]):
            owner[path[-1]] = draw(JSON)
        if isinstance(owner, dict) and draw(st.booleans()):
            owner[draw(st.text(max_size=8))] = draw(JSON)
    return json.dumps(raw).encode()


def _has(owner: Any, key: Any) -> bool:
    return key in owner if isinstance(owner, dict) else isinstance(key, int) and key < len(owner)


@FUZZ
@given(data=manifests())
def test_manifests(tmp_path: Path, data: bytes) -> None:
    builder = BundleBuilder().manifest_bytes(data).file("pyproject.toml").file("package.json", b"{}")
    check(tmp_path / "some.mcpb", builder.build())


@FUZZ
@given(at=st.integers(0, 2_000), cut=st.integers(0, 30), put=st.binary(max_size=6))
def test_manifest_text(tmp_path: Path, at: int, cut: int, put: bytes) -> None:
    text = json.dumps(FULL).encode()
    builder = BundleBuilder().manifest_bytes(text[:at] + put + text[at + cut :])
    check(tmp_path / "some.mcpb", builder.build())


@FUZZ
@given(
    package=st.one_of(st.binary(max_size=80), JSON.map(lambda v: json.dumps(v).encode())), icon=st.binary(max_size=40)
)
def test_files_that_rules_look_into(tmp_path: Path, package: bytes, icon: bytes) -> None:
    builder = BundleBuilder().file("package.json", package).change("icon.png", data=PNG[:8] + icon)
    check(tmp_path / "some.mcpb", builder.build())


@pytest.mark.parametrize("name", ["archives", "manifests"])
def test_the_generators_reach_acceptance_and_refusal(tmp_path: Path, name: str) -> None:
    outcomes: set[str] = set()

    @settings(FUZZ, max_examples=200)
    @given(data=files() if name == "archives" else manifests().map(lambda m: BundleBuilder().manifest_bytes(m).build()))
    def gather(data: bytes) -> None:
        outcomes.add(check(tmp_path / "some.mcpb", data))

    gather()
    assert "accepted" in outcomes
    assert len(outcomes) >= 5, outcomes
