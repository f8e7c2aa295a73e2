"""The text of a manifest: JSON as clients read it, bounded in every direction."""

import json
from typing import Any

import pytest

from scanner.bundle import BundleError, Limits
from scanner.manifest import parse_manifest
from tests.unit.bundle_builder import manifest

GOOD = json.dumps(manifest())


def refusal(data: bytes) -> BundleError:
    with pytest.raises(BundleError) as caught:
        parse_manifest(data, Limits())
    assert caught.value.detail.isprintable()
    return caught.value


def nested(depth: int, opening: str, closing: str, inner: str = "1") -> str:
    return GOOD[:-1] + ', "_meta": {"a.b": {"c": ' + opening * depth + inner + closing * depth + "}}}"


REFUSED: dict[str, tuple[str, bytes]] = {
    "byte order mark": ("manifest.bom", b"\xef\xbb\xbf" + GOOD.encode()),
    "UTF-16 with mark": ("manifest.encoding", GOOD.encode("utf-16")),
    "UTF-16 without mark": ("manifest.encoding", GOOD.encode("utf-16-le")),
    "UTF-16 big end first": ("manifest.encoding", GOOD.encode("utf-16-be")),
    "UTF-32": ("manifest.encoding", GOOD.encode("utf-32")),
    "UTF-32 without mark": ("manifest.encoding", GOOD.encode("utf-32-le")),
    "Latin-1": ("manifest.encoding", GOOD.replace("Ada", "Adé").encode("latin-1")),
    "gzip": ("manifest.encoding", b"\x1f\x8b\x08\x00" + bytes(40)),
    "overlong": ("manifest.encoding", GOOD.encode().replace(b"Ada", b"\xc0\xaf")),
    "surrogate in UTF-8": ("manifest.encoding", GOOD.encode().replace(b"Ada", b"\xed\xa0\x80")),
    "empty": ("manifest.invalid_json", b""),
    "white space": ("manifest.invalid_json", b" \n\t "),
    "comma behind": ("manifest.invalid_json", GOOD[:-1].encode() + b",}"),
    "comment": ("manifest.invalid_json", b"// mine\n" + GOOD.encode()),
    "block comment": ("manifest.invalid_json", b"{/* mine */" + GOOD[1:].encode()),
    "single quotes": ("manifest.invalid_json", str(manifest()).encode()),
    "bare keys": ("manifest.invalid_json", b"{name: 1}"),
    "two documents": ("manifest.invalid_json", GOOD.encode() * 2),
    "NUL behind": ("manifest.invalid_json", GOOD.encode() + bytes(20)),
    "NaN": ("manifest.invalid_json", GOOD[:-1].encode() + b', "x": NaN}'),
    "Infinity": ("manifest.invalid_json", GOOD[:-1].encode() + b', "x": -Infinity}'),
    "1e999": ("manifest.invalid_json", GOOD[:-1].encode() + b', "x": 1e999}'),
    "6,000 digits": ("manifest.invalid_json", GOOD[:-1].encode() + b', "x": ' + b"9" * 6_000 + b"}"),
    "raw control character": ("manifest.invalid_json", GOOD.replace("Ada", "A\x01").encode()),
    "half a text": ("manifest.invalid_json", b'{"name": "' + b'\\"' * 200_000),
    "cut": ("manifest.invalid_json", GOOD[:-20].encode()),
    "array": ("manifest.not_object", b"[" + GOOD.encode() + b"]"),
    "text": ("manifest.not_object", b'"manifest"'),
    "number": ("manifest.not_object", b"1"),
    "null": ("manifest.not_object", b"null"),
    "key twice": ("manifest.duplicate_key", b'{"name": "a",' + GOOD[1:].encode()),
    "key twice, escaped": ("manifest.duplicate_key", b'{"n\\u0061me": "a",' + GOOD[1:].encode()),
    "key twice, nested": (
        "manifest.duplicate_key",
        GOOD.replace('"type": "node"', '"type": "node", "type": "python"').encode(),
    ),
    "100,000 arrays": ("manifest.too_deep", b"[" * 100_000),
    "900 objects": ("manifest.too_deep", nested(900, '{"b":', "}").encode()),
    "arrays and objects": ("manifest.too_deep", nested(50, '[{"b":', "}]").encode()),
    "20 MB": ("manifest.too_large", b" " * 20_000_000 + GOOD.encode()),
    "a field of 1 MB": ("manifest.too_large", json.dumps(manifest(long_description="x" * 1_000_000)).encode()),
    "10,000 tools": (
        "manifest.too_large",
        json.dumps(manifest(tools=[{"name": f"t{i}"} for i in range(10_000)])).encode(),
    ),
    "10,000 keys": (
        "manifest.too_large",
        json.dumps(manifest(user_config={str(i): 1 for i in range(10_000)})).encode(),
    ),
    "lone surrogate": ("manifest.bad_text", GOOD.replace("Ada", "\\ud800").encode()),
    "lone surrogate in a key": ("manifest.bad_text", GOOD[:-1].encode() + b', "\\udfff": 1}'),
    "escaped NUL": ("manifest.bad_text", GOOD.replace("Ada", "A\\u0000").encode()),
    "terminal escape": ("manifest.bad_text", GOOD.replace("Ada", "\\u001b[31m").encode()),
    "direction override": ("manifest.bad_text", GOOD.replace("Ada", "A\u202egnp").encode()),
    "direction isolate": ("manifest.bad_text", GOOD.replace("Ada", "A\u2066b").encode()),
}


@pytest.mark.parametrize(("code", "data"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(code: str, data: bytes) -> None:
    assert refusal(data).code == code


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{\n  "name": "a",\n}', "line 3, column 1"),
        (b'{"name": "a",}', "a comma follows the last item"),
        (b'{\n  // mine\n  "name": 1}', "comments are not allowed"),
        (b"{'name': 1}", "double quotes"),
        (b'{"a": 1} {"a": 1}', "keep one object"),
        (b'{\n"name": 1,\n"x": 2,\n"name": 3}', "(lines 2, 4)"),
        (b'{"a": [1, 2, NaN]}', "NaN, which is not JSON"),
        (b'{"a": {"b": ["x", "\\u0000"]}}', "`a.b[1]`"),
        (b'{"a":\n "\xff"}', "byte 0xff in line 2"),
    ],
)
def test_the_place_and_the_remedy_are_named(data: bytes, words: str) -> None:
    assert words in refusal(data).detail


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "日本語 and emoji 👩‍👩‍👧 and \u200fעברית"},
        {
            "description": "<script>alert(1)</script>",
            "long_description": "[x](javascript:alert(1)) ![](http://e/x.png)",
        },
        {"long_description": "lines\nand\ttabs\r\n"},
        {"_meta": {"com.example": {"big": 18_446_744_073_709_551_615, "small": -1.5e-300}}},
        {"_meta": {"com.example": {"deep": [[[[[[[[[[1]]]]]]]]]]}}},
    ],
)
def test_unusual_but_legal_text_is_accepted(changes: dict[str, Any]) -> None:
    data = json.dumps(manifest(**changes), ensure_ascii=False).encode()
    parsed, notices = parse_manifest(data, Limits())
    assert [n for n in notices if n.tier == "strict_client"] == []
    assert parsed.raw == json.loads(data)
