"""The manifest and the container as facts."""

# ruff: noqa: E501 - the manifest below reads best compact

from dataclasses import dataclass, field

import pytest

from scanner.archive.signature import SignatureBlock
from scanner.collect.declaration import declare, describe_archive, permissions
from scanner.manifest.view import Manifest, view
from scanner.notice import Notice
from tests.unit.collect_members import Item
from trust.facts import ConfigField

RAW = {
    "name": "weather", "version": "1.2.3", "description": "Weather.", "author": {"name": "Alice"}, "license": "MIT",
    "repository": {"type": "git", "url": "https://example.org/weather"},
    "server": {
        "type": "node", "entry_point": "server/index.js",
        "mcp_config": {"command": "node", "args": ["${__dirname}/server/index.js"], "env": {"KEY": "${user_config.key}"},
                       "platform_overrides": {"win32": {"command": "node.exe"}}},
    },
    "tools": [{"name": "forecast", "description": "Tomorrow."}], "prompts": [{"name": "ask", "text": "Ask."}],
    "user_config": {"key": {"type": "string", "title": "Key", "description": "d", "sensitive": True, "default": "x"}},
    "_meta": {"org.mpaktrust": {"permissions": {"filesystem": "none", "network": ["api.example.org", "cdn.example.org"]}}},
}  # fmt: skip


@dataclass
class Opened:
    manifest: Manifest = field(default_factory=lambda: view(RAW, "0.3"))
    notices: tuple[Notice, ...] = (
        Notice("manifest.hint", "No icon.", tier="hint"),
        Notice("archive.ratio", "High.", "a.txt"),
    )
    signature: SignatureBlock | None = None
    members: tuple[Item, ...] = (Item("a/", 0, is_dir=True), Item("a/b", 10), Item("c", 5))


def test_the_declaration_says_what_the_manifest_says() -> None:
    got = declare(Opened())
    assert (got.name, got.version, got.author, got.licence, got.repository) == (
        "weather", "1.2.3", "Alice", "MIT", "https://example.org/weather",
    )  # fmt: skip
    assert [(c.platform, c.command, c.args) for c in got.commands] == [
        ("default", "node", ("${__dirname}/server/index.js",)), ("win32", "node.exe", ("${__dirname}/server/index.js",)),
    ]  # fmt: skip
    assert got.commands[0].env == (("KEY", "${user_config.key}"),)
    assert [(t.name, t.origin, t.params) for t in got.tools] == [("forecast", "manifest", None)]
    assert got.prompts == ("ask",)
    assert got.user_config == (ConfigField("key", "string", "Key", required=False, sensitive=True, has_default=True),)
    assert got.permissions == ("filesystem: none", "network: api.example.org", "network: cdn.example.org")


def test_notices_go_to_the_fact_they_are_about() -> None:
    assert [n.code for n in declare(Opened()).notices] == ["manifest.hint"]
    archive = describe_archive(Opened())
    assert [(n.code, n.path) for n in archive.notices] == [("archive.ratio", "a.txt")]
    assert (archive.members, archive.unpacked_bytes) == (2, 15)


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({}, ()),
        ({"x.y": {"permissions": ["network", "files"]}}, ("network", "files")),
        ({"x.y": {"permissions": {"camera": True, "clipboard": False, "files": {"read": ["~/docs"]}, "hosts": []}}},
         ("camera: yes", "clipboard: none", "files.read: ~/docs", "hosts: none")),
        ({"x.y": {"permissions": {"level": 1}}, "z": "text", "a.b": {"permissions": None}}, ("level: 1", "none")),
    ],
)  # fmt: skip
def test_permissions_are_plain_words(meta: dict[str, object], words: tuple[str, ...]) -> None:
    assert permissions(meta) == words


def test_a_huge_permission_block_is_bounded() -> None:
    nested: object = "x"
    for _ in range(500):
        nested = {"a": nested}
    assert permissions({"x": {"permissions": nested}}) == ()
    assert len(permissions({"x": {"permissions": {str(n): "y" * 9999 for n in range(1000)}}})) == 100
