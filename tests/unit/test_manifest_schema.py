"""Three tiers: what no client reads, what strict clients refuse, and what everybody takes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from scanner.bundle import BundleError, Limits, open_bundle
from scanner.manifest import Manifest, parse_manifest
from scanner.notice import Notice
from tests.unit.bundle_builder import BundleBuilder, manifest

SERVER = manifest()["server"]


def parsed(raw: dict[str, Any]) -> tuple[Manifest, tuple[Notice, ...]]:
    return parse_manifest(json.dumps(raw).encode(), Limits())


def strict(raw: dict[str, Any]) -> list[str]:
    return [notice.detail for notice in parsed(raw)[1] if notice.tier == "strict_client"]


def server(**changes: Any) -> dict[str, Any]:
    base = copy.deepcopy(SERVER)
    base.update(changes)
    return {key: value for key, value in base.items() if value is not None}


def config(**changes: Any) -> dict[str, Any]:
    return server(mcp_config={**SERVER["mcp_config"], **changes})


def setting(**changes: Any) -> dict[str, Any]:
    base = {"type": "string", "title": "City", "description": "Where", **changes}
    return {"city": {key: value for key, value in base.items() if value is not None}}


@pytest.mark.parametrize("version", ["0.1", "0.2", "0.3", "0.4"])
@pytest.mark.parametrize("keys", [("manifest_version",), ("dxt_version",), ("manifest_version", "dxt_version")])
def test_every_version_under_either_key(version: str, keys: tuple[str, ...]) -> None:
    view, _ = parsed({**manifest(manifest_version=None), **dict.fromkeys(keys, version)})
    assert view.manifest_version == version
    assert strict({**manifest(manifest_version=None), **dict.fromkeys(keys, version)}) == []


@pytest.mark.parametrize("label", [None, "9.9", "0.3.0", "1.0.0", "1.0", "v0.3", "", 0.3, 3, True, ["0.3"], {"v": 1}])
def test_unknown_versions(label: object) -> None:
    raw = manifest(manifest_version=None)
    if label is not None:
        raw["manifest_version"] = label
    with pytest.raises(BundleError) as caught:
        parsed(raw)
    assert caught.value.code == "manifest.version_unsupported"
    assert "0.1, 0.2, 0.3, 0.4" in caught.value.detail


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "two versions": ({"dxt_version": "0.1"}, "both version keys"),
    "no name": ({"name": None}, "`name` is missing"),
    "no version": ({"version": None}, "`version` is missing"),
    "no description": ({"description": None}, "`description` is missing"),
    "no author": ({"author": None}, "`author` is missing"),
    "no server": ({"server": None}, "`server` is missing"),
    "author as text": ({"author": "Ada <ada@example.org>"}, '{"name": "..."}'),
    "author without name": ({"author": {"email": "ada@example.org"}}, "`author.name` is missing"),
    "bad e-mail": ({"author": {"name": "Ada", "email": "ada at example"}}, "not an e-mail address"),
    "e-mail with a name": ({"author": {"name": "Ada", "email": "Ada <ada@example.org>"}}, "not an e-mail address"),
    "author link": ({"author": {"name": "Ada", "url": "example.org"}}, "write it in full"),
    "repository as text": ({"repository": "github:ada/weather"}, '"type": "git"'),
    "git address": ({"repository": {"type": "git", "url": "git@github.com:a/b"}}, "https address"),
    "homepage empty": ({"homepage": ""}, "leave an optional field out"),
    "homepage with spaces": ({"homepage": "https://exa mple.org"}, "not a complete URL"),
    "homepage a number": ({"homepage": 1}, '"1" in quotes'),
    "version a number": ({"version": 1.5}, '"1.5" in quotes'),
    "keywords as text": ({"keywords": "weather"}, '["weather"]'),
    "tools as object": ({"tools": {"forecast": {}}}, '[{"name"'),
    "tools as texts": ({"tools": ["forecast"]}, '[{"name"'),
    "tool without name": ({"tools": [{"description": "x"}]}, "`tools[0].name` is missing"),
    "prompt without text": ({"prompts": [{"name": "p", "content": "x"}]}, "`prompts[0].text` is missing"),
    "prompt arguments as objects": (
        {"prompts": [{"name": "p", "text": "x", "arguments": [{"name": "a"}]}]},
        "in quotes",
    ),
    "unknown type": ({"server": server(type="docker")}, "in which language"),
    "uv before 0.4": ({"server": server(type="uv")}, '"manifest_version": "0.4"'),
    "no entry point": ({"server": server(entry_point=None)}, "`server.entry_point` is missing"),
    "no mcp_config": ({"server": server(mcp_config=None)}, "add what starts the server"),
    "no mcp_config, node in 0.4": (
        {"manifest_version": "0.4", "server": server(mcp_config=None)},
        "add what starts the server",
    ),
    "no command": ({"server": server(mcp_config={"args": []})}, "`server.mcp_config.command` is missing"),
    "args as text": ({"server": config(args="a b")}, '["a b"]'),
    "env with numbers": ({"server": config(env={"PORT": 8080, "DEBUG": True})}, '"8080" in quotes'),
    "platform macos": ({"compatibility": {"platforms": ["macos"]}}, "write `darwin`"),
    "platform Windows": ({"compatibility": {"platforms": ["Windows"]}}, "write `win32`"),
    "setting without title": ({"user_config": setting(title=None)}, "`user_config.city.title` is missing"),
    "setting of another type": ({"user_config": setting(type="integer")}, "write `number`"),
    "setting required as text": ({"user_config": setting(required="yes")}, "true or false"),
    "icon size": ({"icons": [{"src": "icon.png", "size": "big"}]}, '"512x512"'),
    "icon sizes": ({"icons": [{"src": "icon.png", "sizes": "64x64"}]}, "`icons[0].size` is missing"),
    "resources without placeholder": (
        {"localization": {"resources": "en.json", "default_locale": "en"}},
        "put `${locale}`",
    ),
    "localization of the wrong form in 0.1": ({"manifest_version": "0.1", "localization": []}, "an object in braces"),
    "icons of the wrong form in 0.2": ({"manifest_version": "0.2", "icons": [1]}, "an object in braces"),
    "null": ({"long_description": None, "documentation": "\0null"}, "leave an optional field out"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_no_client_reads_it(changes: dict[str, Any], words: str) -> None:
    raw = {key: None if value == "\0null" else value for key, value in manifest(**changes).items()}
    with pytest.raises(BundleError) as caught:
        parsed(raw)
    assert caught.value.code == "manifest.schema"
    assert words in caught.value.detail


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(BundleError) as caught:
        parsed(manifest(author="Ada", keywords="x", homepage=""))
    told = [caught.value.detail, *(warning.detail for warning in caught.value.warnings)]
    assert [sum(field in text for text in told) for field in ("`author`", "`keywords`", "`homepage`")] == [1, 1, 1]


def test_problems_come_in_the_order_of_the_document() -> None:
    names = [f"V{n}" for n in range(40)]
    with pytest.raises(BundleError) as caught:
        parsed(manifest(server=config(env=dict.fromkeys(names, 1))))
    told = [caught.value.detail, *(warning.detail for warning in caught.value.warnings)]
    assert [text.split("`")[1] for text in told] == [f"server.mcp_config.env.{name}" for name in names[: len(told)]]
    assert len(told) >= 20


STRICT_ONLY: dict[str, tuple[dict[str, Any], str, bool]] = {
    # changes, words, whether a bundle with it can be published
    "privacy policies in 0.1": (
        {"manifest_version": "0.1", "privacy_policies": ["https://example.org/privacy"]},
        "`privacy_policies` needs manifest_version 0.2 or later",
        True,
    ),
    "icons in 0.2": (
        {"manifest_version": "0.2", "icons": [{"src": "icon.png", "size": "64x64"}]},
        "`icons` needs manifest_version 0.3 or later",
        False,
    ),
    "_meta in 0.1": ({"manifest_version": "0.1", "_meta": {"a.b": {}}}, "needs manifest_version 0.3", False),
    "categories": ({"categories": ["x"]}, "list them in `keywords`", True),
    "dependencies": ({"dependencies": {}}, "package.json", True),
    "something own": ({"skills": []}, "move it below `_meta`", True),
    "__proto__": ({"__proto__": {"polluted": True}}, "`__proto__` is not a field", False),
    "python version": ({"compatibility": {"python_version": "3.12"}}, "compatibility.runtimes.python", True),
    "another client": ({"compatibility": {"cursor": ">=1"}}, "strict clients know only `claude_desktop`", True),
    "input schema": ({"tools": [{"name": "t", "inputSchema": {}}]}, "clients ask the running server", False),
    "placeholder": ({"user_config": setting(placeholder="Oslo")}, "put the example into `description`", False),
    "allowed values": ({"user_config": setting(enum=["a"])}, "name the allowed values", False),
    "working directory": ({"server": config(cwd="/tmp")}, "use `${__dirname}` in `args`", False),
    "half a localization": ({"localization": {"default_locale": "en-US"}}, "MANIFEST.md gives it a default", True),
    "placeholder in capitals": (
        {"localization": {"resources": "icon.png?${LOCALE}", "default_locale": "en"}},
        "put `${locale}`",
        True,
    ),
}


@pytest.mark.parametrize(("changes", "words", "publishable"), STRICT_ONLY.values(), ids=STRICT_ONLY.keys())
def test_strict_clients_refuse_it(tmp_path: Path, changes: dict[str, Any], words: str, *, publishable: bool) -> None:
    sentences = strict(manifest(**changes))
    assert any(words in sentence for sentence in sentences), sentences
    path = tmp_path / "some.mcpb"
    path.write_bytes(BundleBuilder(changes).build())
    if publishable:
        with open_bundle(path) as bundle:
            assert any(words in n.detail for n in bundle.notices if n.tier == "strict_client")
    else:
        with pytest.raises(BundleError) as caught:
            open_bundle(path)
        assert caught.value.code == "manifest.schema"
        assert words in caught.value.detail


@pytest.mark.parametrize("with_config", [True, False])
def test_both_texts_of_0_4_are_taken(with_config: bool) -> None:
    entry = server(type="uv", mcp_config={"command": "uv", "args": ["run"]} if with_config else None)
    view, notices = parsed(manifest(manifest_version="0.4", server=entry))
    assert [n for n in notices if n.tier == "strict_client"] == []
    assert any("released `mcpb` 2.1.2" in n.detail for n in notices) is not with_config
    assert view.commands[0].command == "uv"


def test_commands_are_resolved_for_every_platform() -> None:
    entry = config(
        env={"A": "1"},
        platform_overrides={"win32": {"command": "node.exe", "env": {"B": "2"}}, "darwin": {"args": ["x"]}},
    )
    view, _ = parsed(manifest(server=entry))
    found = {c.platform: (c.command, c.args, dict(c.env)) for c in view.commands}
    default_args = ("${__dirname}/server/index.js",)
    assert found == {
        "default": ("node", default_args, {"A": "1"}),
        "win32": ("node.exe", default_args, {"B": "2"}),
        "darwin": ("node", ("x",), {"A": "1"}),
    }


def test_the_typed_view_holds_every_field() -> None:
    view, _ = parsed(
        manifest(
            manifest_version="0.4",
            name="@acme/weather",
            display_name="Weather",
            long_description="Long",
            author={"name": "Ada", "email": "ada@example.org", "url": "https://example.org"},
            repository={"type": "git", "url": "git+https://example.org/w.git"},
            homepage="https://example.org/h",
            documentation="https://example.org/d",
            support="https://example.org/s",
            privacy_policies=["https://example.org/p"],
            keywords=["sun", "rain"],
            icons=[{"src": "icon.png", "size": "64x64", "theme": "dark"}],
            screenshots=["a.png"],
            localization={"resources": "l/${locale}.json", "default_locale": "de"},
            tools_generated=True,
            prompts_generated=True,
            prompts=[{"name": "p", "text": "Hi ${arguments.who}", "description": "d", "arguments": ["who"]}],
            compatibility={"platforms": ["linux"], "runtimes": {"node": ">=20"}, "claude_desktop": ">=1"},
            user_config={
                "dirs": {
                    "type": "directory", "title": "T", "description": "D", "multiple": True, "default": ["${HOME}"],
                    "required": True,
                },
                "n": {"type": "number", "title": "T", "description": "D", "min": 1, "max": 3, "default": 2},
                "k": {"type": "string", "title": "T", "description": "D", "sensitive": True},
            },
            _meta={"com.example": {"x": 1}},
        )
    )  # fmt: skip
    assert (view.author.name, view.author.email, view.author.url) == ("Ada", "ada@example.org", "https://example.org")
    assert view.repository_url == "https://example.org/w.git"
    assert (view.homepage, view.documentation, view.support) == tuple(f"https://example.org/{x}" for x in "hds")
    assert (view.privacy_policies, view.keywords) == (("https://example.org/p",), ("sun", "rain"))
    assert (view.icons[0].src, view.icons[0].theme, view.screenshots) == ("icon.png", "dark", ("a.png",))
    assert view.localization is not None
    assert view.localization.default_locale == "de"
    assert (view.tools_generated, view.prompts_generated) == (True, True)
    assert (view.prompts[0].text, view.prompts[0].arguments) == ("Hi ${arguments.who}", ("who",))
    assert (view.platforms, dict(view.runtimes)) == (("linux",), {"node": ">=20"})
    dirs, number, key = view.user_config
    assert (dirs.multiple, dirs.required, dirs.default) == (True, True, ("${HOME}",))
    assert (number.min, number.max, number.default) == (1, 3, 2)
    assert key.sensitive
    assert view.meta["com.example"] == {"x": 1}
