"""From the bytes of manifest.json to its typed view, in three tiers: refused, not installable everywhere, hints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scanner.archive.limits import Limits
from scanner.errors import BundleError
from scanner.manifest.advice import advise, unsupported_version
from scanner.manifest.fields import check_fields
from scanner.manifest.json_text import parse_object
from scanner.manifest.schema import (
    FIRST_VERSION_OF_KEY,
    VERSIONS,
    Issue,
    lenient_issues,
    only_upstream,
    strict_issues,
)
from scanner.manifest.view import Manifest, view
from scanner.notice import Notebook, Notice

_FILE: Final = "manifest.json"
_TOLD: Final = 20

# Keys that JavaScript consumers assign to the prototype of every object.
_POISON: Final = frozenset({"__proto__", "constructor", "prototype"})

# Objects whose meaning is fixed: lenient readers drop what they do not know there, so it never takes effect.
_CLOSED: Final = frozenset({"server", "tools", "prompts", "user_config", "author", "repository"})


@dataclass(frozen=True, slots=True)
class ParsedManifest:
    """A manifest that some client can read, the notices about it, and where it leaves the strict schema."""

    manifest: Manifest
    notices: tuple[Notice, ...]
    issues: tuple[Issue, ...]

    def refuse_unpublishable(self) -> None:
        """Refuse what the lenient schema lets through but a registry should not pass on.

        Unknown keys inside closed objects never take effect, keys of a later format version that change what people
        see (icons, texts, metadata) are shown by some clients only, and ``__proto__`` poisons JavaScript consumers.
        Unknown top-level keys, ``privacy_policies`` in 0.1 and keys of ``compatibility`` only stop strict clients.
        """
        version = self.manifest.manifest_version
        refused = [issue for issue in self.issues if _unpublishable(issue)]
        if refused:
            raise _refusal(refused, version, self.notices)


def parse_manifest(data: bytes, limits: Limits) -> tuple[Manifest, tuple[Notice, ...]]:
    """The typed view and the notices; BundleError "manifest.*" when no client could read it."""
    parsed = read_manifest(data, limits)
    return parsed.manifest, parsed.notices


def read_manifest(data: bytes, limits: Limits) -> ParsedManifest:
    """As ``parse_manifest``, with the schema issues kept for the decision about publication."""
    raw = parse_object(data, limits)
    version = _version(raw)
    hard = lenient_issues(raw, version)
    if hard:
        raise _refusal(hard, version, ())
    issues = strict_issues(raw, version)
    notes = Notebook()
    for issue in issues:
        for sentence in advise(issue, version):
            notes.add(
                "manifest.schema", f"Strict clients will not install this: {sentence}", path=_FILE, tier="strict_client"
            )
    if not issues and only_upstream(raw, version):
        notes.add(
            "manifest.schema",
            "This follows the newest text of 0.4; the released `mcpb` 2.1.2 still demands `server.mcp_config`: "
            "add it if clients refuse the bundle.",
            path=_FILE,
            tier="hint",
        )
    manifest = view(raw, version)
    check_fields(manifest, notes)
    return ParsedManifest(manifest, notes.all(), tuple(issues))


def _version(raw: Mapping[str, Any]) -> str:
    """The version of the format. The schemas forget to demand that one of the two keys is there."""
    label = raw["manifest_version"] if "manifest_version" in raw else raw.get("dxt_version")
    if not isinstance(label, str) or label not in VERSIONS:
        raise BundleError("manifest.version_unsupported", unsupported_version(label), path=_FILE)
    return label


def _refusal(issues: list[Issue], version: str, before: tuple[Notice, ...]) -> BundleError:
    """One error with the first problem; the others travel as its warnings, so that all can be mended at once."""
    sentences = [sentence for issue in issues for sentence in advise(issue, version)]
    rest = tuple(
        Notice("manifest.schema", sentence, _FILE)
        for sentence in sentences[1:_TOLD]
        if all(sentence not in n.detail for n in before)
    )
    more = f" {len(sentences) - 1} more below." if len(sentences) > 1 else ""
    return BundleError("manifest.schema", sentences[0] + more, path=_FILE, warnings=rest)


def _unpublishable(issue: Issue) -> bool:
    if issue.rule != "additionalProperties":
        return False
    if _POISON & set(issue.keys):
        return True
    if issue.path:
        return issue.path[0] in _CLOSED
    return any(FIRST_VERSION_OF_KEY.get(key) == "0.3" for key in issue.keys)
