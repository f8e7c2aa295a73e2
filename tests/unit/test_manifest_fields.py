"""Names, versions, links, texts and settings that the schemas let through."""

# ruff: noqa: E501 -- tables of cases

import json
from typing import Any

import pytest

from scanner.bundle import BundleError, Limits
from scanner.manifest import parse_manifest
from tests.unit.bundle_builder import manifest


def noted(**changes: Any) -> list[str]:
    _, notices = parse_manifest(json.dumps(manifest(**changes)).encode(), Limits())
    return [notice.code for notice in notices if notice.tier == "warning"]


def refused(**changes: Any) -> BundleError:
    with pytest.raises(BundleError) as caught:
        noted(**changes)
    assert caught.value.detail.isprintable()
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "../../etc/passwd",
        "/etc",
        "a/b/c",
        "a\\b",
        "<img src=x>",
        "x" * 5000,
        "wеather",
        "weather\n",
        "wea\tther",
        "@/x",
        "@acme/",
        "@acme",
        "-x",
        ".x",
        "a..b",
        "a;b",
        "a&b",
        "weather\u200b",
        "天気",
        "a/../b",
        "a:b",
        "${name}",
        "{{name}}",
    ],
)
def test_names_that_cannot_be_used(name: str) -> None:
    assert refused(name=name).code == "manifest.name"


@pytest.mark.parametrize("name", ["weather", "weather-2", "we_ather.mcp", "@acme/weather", "a", "7-zip"])
def test_names_that_are_fine(name: str) -> None:
    assert noted(name=name) == []


@pytest.mark.parametrize(
    "name", ["Weather", "My MCP Extension", "io.github.ada/weather", "@Acme/Weather", "Weather (beta)"]
)
def test_names_that_are_noted(name: str) -> None:
    assert noted(name=name) == ["manifest.name"]


@pytest.mark.parametrize(
    "version",
    [
        "",
        "latest",
        "1",
        "1.0",
        "1.0.0.0",
        "01.2.3",
        "1.0.0-",
        "1.0.0-01",
        "v1.0.0",
        " 1.0.0",
        "1.0.0\n",
        "1.0.0 beta",
        "{{VERSION}}",
        "<AUTO_GENERATED>",
        "../1.0.0",
        "1.0.0/../../x",
        "^1.0.0",
        "1.0.0+",
        "１.0.0",
        "1." + "9" * 5000 + ".0",
    ],
)
def test_versions_that_are_not_semantic(version: str) -> None:
    assert refused(version=version).code == "manifest.version_not_semver"


@pytest.mark.parametrize(
    ("version", "better"), [("v1.0.0", '"1.0.0"'), ("1.0", '"1.0.0"'), ("2", '"2.0.0"'), (" 1.0.0\n", '"1.0.0"')]
)
def test_the_version_that_was_meant_is_named(version: str, better: str) -> None:
    assert better in refused(version=version).detail


@pytest.mark.parametrize(
    "version", ["0.0.0", "1.4.0", "1.0.0-beta.1", "1.0.0-alpha+001", "2026.11.20", "1.0.0+build.5"]
)
def test_semantic_versions(version: str) -> None:
    assert noted(version=version) == []


LINKS = ("homepage", "documentation", "support")


@pytest.mark.parametrize("field", LINKS)
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JavaScript:alert(1)", "file:///etc/passwd", "ftp://example.org/x", "vbscript:x", "mailto:a@b.c", "https:/example.org", "https:///path", "http://[::1", "https://example.org:99999/", "blob:https://x/y"],
)  # fmt: skip
def test_links_that_are_not_http(field: str, url: str) -> None:
    assert refused(**{field: url}).code in {"manifest.url_scheme", "manifest.schema"}


@pytest.mark.parametrize(
    "changes",
    [
        {"author": {"name": "A", "url": "javascript:alert(1)"}},
        {"repository": {"type": "git", "url": "ssh://git@example.org/x"}},
        {"repository": {"type": "git", "url": "git+ssh://git@example.org/x"}},
        {"privacy_policies": ["https://example.org", "javascript:alert(1)"]},
    ],
)
def test_links_in_every_place(changes: dict[str, Any]) -> None:
    assert refused(**changes).code == "manifest.url_scheme"


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": {"type": "git", "url": "https://ada:token@example.org/x"}},
        {"homepage": "https://ada@example.org/"},
        {"privacy_policies": ["https://:secret@example.org/"]},
    ],
)
def test_credentials_in_links_are_noted(changes: dict[str, Any]) -> None:
    assert noted(**changes) == ["manifest.url_credentials"]


@pytest.mark.parametrize(
    "url", ["https://example.org", "HTTP://example.org/x?y=1#z", "https://example.org:8080/", "https://xn--caf-dma.fr/"]
)
def test_links_that_are_fine(url: str) -> None:
    assert noted(homepage=url) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"display_name": "Git\u200bHub"},
        {"display_name": "Gi\u200dtHub"},
        {"display_name": "Pay\u0440al"},
        {"display_name": "two\nlines"},
        {"author": {"name": "Anthropic\u2060"}},
        {"tools": [{"name": "read\u00adfile"}]},
        {"tools": [{"name": "t", "description": "harmless\U000e0041\U000e0042"}]},
        {"description": "zero\u200bwidth"},
    ],
)
def test_texts_that_deceive_are_noted(changes: dict[str, Any]) -> None:
    assert "manifest.bad_text" in noted(**changes)


@pytest.mark.parametrize(
    "text", ["Wetter", "Погода", "天気", "Καιρός", "👩‍👩‍👧 Family", "مى‌خواهم", "Crème brûlée", "C++ & <b>"]
)
def test_texts_in_any_script_are_fine(text: str) -> None:
    assert noted(display_name=text, description=text) == []


def setting(key: str = "city", **changes: Any) -> dict[str, Any]:
    base = {"type": "string", "title": "City", "description": "Where", **changes}
    return {"user_config": {key: base}}


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": [{"name": "a"}, {"name": "a"}]},
        {"prompts": [{"name": "p", "text": "x"}, {"name": "p", "text": "y"}]},
        {"tools": [{"name": "has spaces"}]},
        setting(default=1),
        setting(type="number", default="1"),
        setting(type="number", default=True),
        setting(type="boolean", default="true"),
        setting(type="string", default=["a"]),
        setting(type="number", min=5, max=1),
        setting(type="number", min=1, max=5, default=9),
        setting(min=1),
        setting(type="boolean", sensitive=True),
        {"description": " "},
        {"author": {"name": ""}},
        setting("a.*b"),
        setting(""),
    ],
)
def test_policy(changes: dict[str, Any]) -> None:
    assert set(noted(**changes)) == {"manifest.policy"}


@pytest.mark.parametrize(
    "changes",
    [
        setting(type="directory", default="${HOME}/x"),
        setting(type="directory", multiple=True, default=["${HOME}"]),
        setting(type="number", min=1, max=5, default=5),
        setting(type="boolean", default=False),
        setting("max_tokens", title="Max tokens", type="number"),
        setting("token_limit", title="Token limit"),
        setting("key_file", title="Key file", type="file"),
        setting("api_key", title="API key", sensitive=True, default="${HOME}"),
        setting("api_key", title="API key", sensitive=True, default="your-api-key"),
    ],
)
def test_settings_that_are_fine(changes: dict[str, Any]) -> None:
    assert noted(**changes) == []


@pytest.mark.parametrize(
    "key", ["api_key", "apiKey", "API-KEY", "slack_bot_token", "password", "client_secret", "db.passwd", "githubPat"]
)
def test_secrets_that_are_not_marked(key: str) -> None:
    assert "scan.sensitive_not_marked" in noted(**setting(key))


def test_a_title_gives_a_secret_away() -> None:
    assert noted(**setting("value", title="Slack bot token")) == ["scan.sensitive_not_marked"]


@pytest.mark.parametrize(
    "changes",
    [
        setting("key", sensitive=True, default="hunter2-hunter2"),
        setting("url", default="postgres://admin:s3cr3t@db.internal/x"),
        setting("value", default="ghp_" + "a1" * 18),
        setting("value", default="AKIA" + "ABCDEFGHIJKLMNOP"),
    ],
)
def test_secrets_as_defaults(changes: dict[str, Any]) -> None:
    assert noted(**changes) == ["scan.secret"]
