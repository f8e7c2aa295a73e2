"""Rules for single fields that the schemas miss: the name, the version, links, and texts that deceive."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import semver

from scanner.archive.names import shown
from scanner.errors import BundleError
from scanner.manifest.settings import check_settings
from scanner.manifest.view import Manifest
from scanner.notice import Notebook

_FILE: Final = "manifest.json"
_NAME_LENGTH: Final = 214
_VERSION_LENGTH: Final = 128
_TOOL_NAME: Final = re.compile(r"[A-Za-z0-9_./:-]{1,128}")

_PART: Final = r"[A-Za-z0-9](?:[A-Za-z0-9 ._+()-]*[A-Za-z0-9)])?"
_NAME: Final = re.compile(rf"(?:@[A-Za-z0-9][A-Za-z0-9._-]*/|[A-Za-z0-9][A-Za-z0-9._-]*/)?{_PART}")
_PLAIN_NAME: Final = re.compile(r"(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*")

_HIDDEN: Final = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
# A joiner is at home between emoji and in some scripts; next to a Latin letter it only hides.
_MISPLACED_JOINER: Final = re.compile("[A-Za-z0-9][\u200c\u200d]|[\u200c\u200d][A-Za-z0-9]")
_WORD: Final = re.compile(r"[^\W\d_]+")


def check_fields(manifest: Manifest, notes: Notebook) -> None:
    """Refuse names, versions and links that cannot be published, note what is unwise."""
    _check_name(manifest.name, notes)
    _check_version(manifest.version)
    for field, url in _links(manifest):
        _check_link(field, url, notes)
    for field, text in _short_texts(manifest):
        _note_deceiving(field, text, notes)
    for field, text in _long_texts(manifest):
        if _HIDDEN.search(text):
            _bad_text(field, "contains invisible characters", notes)
    _check_tools(manifest, notes)
    check_settings(manifest, notes)
    _hints(manifest, notes)


def _check_name(name: str, notes: Notebook) -> None:
    if not name.strip():
        raise _name_error("is empty", 'choose one such as "weather" or "@acme/weather"')
    if len(name) > _NAME_LENGTH:
        raise _name_error(f"has {len(name):,} characters, the limit is {_NAME_LENGTH}", "shorten it")
    if not name.isascii():
        found = next(c for c in name if not c.isascii())
        raise _name_error(
            f"contains {unicodedata.name(found, f'U+{ord(found):04X}')}, which can be mistaken for another letter",
            "use plain ASCII here and any script in `display_name`",
        )
    if not _NAME.fullmatch(name) or ".." in name:
        raise _name_error(
            f"is `{shown(name)}`", "use letters, digits, '-', '_' and '.', beginning with a letter or digit"
        )
    if _PLAIN_NAME.fullmatch(name):
        return
    if "/" in name and not name.startswith("@"):
        what = "has the form of the MCP registry; clients show it as it is"
    else:
        what = "has capitals or spaces; names are compared without regard to case"
    notes.add("manifest.name", f"`name` {what}: lower case with hyphens is safest.", path=_FILE)


def _name_error(what: str, fix: str) -> BundleError:
    return BundleError("manifest.name", f"`name` {what}: {fix}.", path=_FILE)


def _check_version(version: str) -> None:
    if _is_semver(version):
        return
    stripped = version.strip().removeprefix("v")
    if version != stripped and _is_semver(stripped):
        fix = f'write "{stripped}"'
    elif re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", version):
        fix = f'write "{version}{".0" * (2 - version.count("."))}"'
    else:
        fix = 'write three numbers such as "1.4.0", or "1.4.0-beta.1"'
    raise BundleError(
        "manifest.version_not_semver",
        f"`version` is `{shown(version)}`, which is not a semantic version (semver.org): {fix}.",
        path=_FILE,
    )


def _is_semver(version: str) -> bool:
    # isascii: the library's \d also matches the digits of other scripts.
    return len(version) <= _VERSION_LENGTH and version.isascii() and semver.Version.is_valid(version)


def _links(manifest: Manifest) -> Iterator[tuple[str, str]]:
    named = {
        "author.url": manifest.author.url,
        "repository.url": manifest.repository_url,
        "homepage": manifest.homepage,
        "documentation": manifest.documentation,
        "support": manifest.support,
    }
    yield from ((field, url) for field, url in named.items() if url is not None)
    yield from ((f"privacy_policies[{index}]", url) for index, url in enumerate(manifest.privacy_policies))


def _check_link(field: str, url: str, notes: Notebook) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise _link_error(field, url, "is not a URL", "correct it") from None
    if parts.scheme not in {"http", "https"}:
        fix = "write the https address of the repository" if field == "repository.url" else "use an https link"
        raise _link_error(field, url, f"is a {shown(parts.scheme) or 'relative'}: link, not http or https", fix)
    if not host or not url.isprintable() or " " in url:
        raise _link_error(field, url, "is not a complete URL", "correct it")
    if parts.username is not None or parts.password is not None:
        notes.add(
            "manifest.url_credentials",
            f"`{field}` contains a user name or password, and it will be public: remove it and revoke the credential.",
            path=_FILE,
        )


def _link_error(field: str, url: str, what: str, fix: str) -> BundleError:
    return BundleError("manifest.url_scheme", f"`{field}` (`{shown(url)}`) {what}: {fix}.", path=_FILE)


def _short_texts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if manifest.display_name is not None:
        yield "display_name", manifest.display_name
    yield "author.name", manifest.author.name
    for index, tool in enumerate(manifest.tools):
        yield f"tools[{index}].name", tool.name
    for index, prompt in enumerate(manifest.prompts):
        yield f"prompts[{index}].name", prompt.name
    for field in manifest.user_config:
        yield f"user_config.{shown(field.key)}", field.key
        yield f"user_config.{shown(field.key)}.title", field.title


def _long_texts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "description", manifest.description
    yield "long_description", manifest.long_description or ""
    for index, tool in enumerate(manifest.tools):
        yield f"tools[{index}].description", tool.description or ""
    for index, prompt in enumerate(manifest.prompts):
        yield f"prompts[{index}].text", prompt.text
    for field in manifest.user_config:
        yield f"user_config.{shown(field.key)}.description", field.description


def _note_deceiving(field: str, text: str, notes: Notebook) -> None:
    if text.isascii() and text.isprintable():
        return
    if _HIDDEN.search(text) or _MISPLACED_JOINER.search(text):
        _bad_text(field, "contains invisible characters, as impersonators use them", notes)
    elif any(c in text for c in "\n\r\t"):
        _bad_text(field, "contains a line break or tab", notes)
    elif any(_mixes_scripts(word) for word in _WORD.findall(text)):
        _bad_text(field, "mixes Latin letters with look-alikes of another script", notes)


def _mixes_scripts(word: str) -> bool:
    if word.isascii():
        return False
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in word}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "CHEROKEE", "ARMENIAN"})


def _bad_text(field: str, what: str, notes: Notebook) -> None:
    notes.add("manifest.bad_text", f"`{field}` {what}: write it in plain characters.", path=_FILE)


def _check_tools(manifest: Manifest, notes: Notebook) -> None:
    for kind, names in (
        ("tools", [tool.name for tool in manifest.tools]),
        ("prompts", [prompt.name for prompt in manifest.prompts]),
    ):
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                notes.add(
                    "manifest.policy", f"`{kind}[{index}]` repeats the name `{shown(name)}`: keep one.", path=_FILE
                )
            seen.add(name)
            if kind == "tools" and not _TOOL_NAME.fullmatch(name):
                notes.add(
                    "manifest.policy",
                    f"`tools[{index}].name` is `{shown(name)}`; use letters, digits, '_' and '-'.",
                    path=_FILE,
                )


def _hints(manifest: Manifest, notes: Notebook) -> None:
    if "manifest_version" not in manifest.raw:
        notes.add(
            "manifest.deprecated", "`dxt_version` is the old name: write `manifest_version`.", path=_FILE, tier="hint"
        )
    if manifest.repository_url != manifest.raw.get("repository", {}).get("url"):
        notes.add(
            "manifest.url_scheme",
            f"`repository.url` is written for git and shown as {shown(manifest.repository_url or '')}: write it so.",
            path=_FILE,
            tier="hint",
        )
    for field, value in (
        ("license", manifest.license),
        ("repository", manifest.repository_url),
        ("icon", manifest.icon or manifest.icons or None),
    ):
        if value is None:
            notes.add("manifest.incomplete", f"There is no `{field}`: people look for it.", path=_FILE, tier="hint")
    for field, text in (("description", manifest.description), ("author.name", manifest.author.name)):
        if not text.strip():
            notes.add("manifest.policy", f"`{field}` is empty: fill it in.", path=_FILE)
