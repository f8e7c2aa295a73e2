"""The manifest and the container as facts: what the publisher says, and what the strict reader established.

Nothing is judged here, and texts are kept as written: whoever shows them escapes them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol, cast

from scanner.archive.signature import SignatureBlock
from scanner.collect.members import Entry
from scanner.manifest.view import Manifest
from scanner.notice import Notice as ReaderNotice
from trust.facts import Archive, Command, ConfigField, Declaration, Signature, Tool
from trust.finding import Notice

ServerType = Literal["python", "node", "binary", "uv"]

_PERMISSIONS_SHOWN = 100
_WORD_LENGTH = 200
_DEPTH = 3


class Read(Protocol):
    """The parts of an open bundle that this room reads."""

    @property
    def manifest(self) -> Manifest: ...
    @property
    def notices(self) -> tuple[ReaderNotice, ...]: ...
    @property
    def signature(self) -> SignatureBlock | None: ...
    @property
    def members(self) -> Sequence[Entry]: ...


def declare(bundle: Read) -> Declaration:
    """The manifest of an open bundle as a `Declaration`; notices about the manifest come with it."""
    manifest = bundle.manifest
    return Declaration(
        manifest_version=manifest.manifest_version,
        name=manifest.name,
        version=manifest.version,
        description=manifest.description,
        server_type=cast("ServerType", manifest.server_type),
        entry_point=manifest.entry_point,
        commands=tuple(Command(c.platform, c.command, c.args, tuple(c.env.items())) for c in manifest.commands),
        display_name=manifest.display_name or "",
        author=manifest.author.name,
        licence=manifest.license or "",
        repository=manifest.repository_url or "",
        homepage=manifest.homepage or "",
        documentation=manifest.documentation or "",
        support=manifest.support or "",
        tools=tuple(Tool(t.name, "manifest", t.description or "") for t in manifest.tools),
        tools_generated=manifest.tools_generated,
        prompts=tuple(p.name for p in manifest.prompts),
        user_config=tuple(
            ConfigField(f.key, f.type, f.title, f.required, f.sensitive, has_default=f.default is not None)
            for f in manifest.user_config
        ),
        privacy_policies=manifest.privacy_policies,
        platforms=manifest.platforms,
        keywords=manifest.keywords,
        permissions=permissions(manifest.meta),
        notices=_notices(bundle.notices, manifest_ones=True),
    )


def describe_archive(bundle: Read) -> Archive:
    """How the container was read: members, their size unpacked, what its reader noticed, and its signature
    block.
    """
    return Archive(
        members=sum(not m.is_dir for m in bundle.members),
        unpacked_bytes=sum(m.size for m in bundle.members),
        notices=_notices(bundle.notices, manifest_ones=False),
        signature=_signature(bundle.signature),
    )


def _signature(block: SignatureBlock | None) -> Signature | None:
    if block is None:
        return None
    problems = block.problems if block.valid else (*block.problems, "The signature does not verify.")
    return Signature(
        block.variant, block.signer, block.fingerprint_sha256, block.digest_algorithm, block.signed_at, problems
    )


def _notices(notices: Iterable[ReaderNotice], *, manifest_ones: bool) -> tuple[Notice, ...]:
    return tuple(
        Notice(n.code, n.detail, n.tier, n.path)
        for n in notices
        if n.code.startswith(("archive.", "signature.")) is not manifest_ones
    )


def permissions(meta: Mapping[str, object]) -> tuple[str, ...]:
    """The permissions that any `_meta` entry declares, as plain words: "network: api.example.com",
    "filesystem: none".

    The shapes seen in published manifests: a list of words, or a map from a kind to a word, a flag, a list
    or a map
    (`org.mpaktrust`, MTF 0.1).
    """
    words: list[str] = []
    for entry in meta.values():
        if isinstance(entry, Mapping) and "permissions" in entry:
            words.extend(_words("", entry["permissions"], _DEPTH))
    return tuple(dict.fromkeys(words))[:_PERMISSIONS_SHOWN]


def _words(kind: str, value: object, depth: int) -> Iterable[str]:
    if isinstance(value, Mapping) and depth:
        for key, inner in value.items():
            name = str(key)[:_WORD_LENGTH]
            yield from _words(f"{kind}.{name}" if kind else name, inner, depth - 1)
    elif isinstance(value, list) and depth:
        if not value:
            yield f"{kind}: none"
        for inner in value:
            yield from _words(kind, inner, depth - 1)
    elif isinstance(value, str | int | float) or value is None:
        word = _word(value)
        yield f"{kind}: {word}" if kind else word


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "none"
    return "none" if value is None else str(value)[:_WORD_LENGTH]
