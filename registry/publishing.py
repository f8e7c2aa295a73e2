"""Every write of the catalog that a publisher asks for. Pages and API come through here alike.

Publishing is a list of named steps. The bytes are on disk already (`registry.uploads`); they are opened, checked and
named, then everything is written in one transaction whose last step puts the bytes into the store. So a conflict
stores nothing, and a committed row always has its bytes.

The archive and manifest readers run here, in the web process: they stream, stop at their limits, and hold little of a
bundle in memory at a time. Everything that looks deeper runs in the scanner's own process, behind a worker.
"""

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from registry import cleanup, entries
from registry.errors import FieldError, RegistryError, bad_field, unavailable
from registry.models import Bundle, Namespace, Release, Scan, ScanState, Server
from registry.names import RESERVED, is_namespace, is_platform, server_name
from registry.signers import note_signer
from registry.statements import keep, statements_in
from registry.store import StoreError, store
from registry.tasks import run_scan
from registry.uploads import Upload, too_large
from registry.versions import VersionError, parse, sort_key
from scanner.bundle import Bundle as OpenedBundle
from scanner.bundle import BundleError, open_bundle
from scanner.manifest import Manifest

ANY_PLATFORM = "any"


@dataclass(frozen=True, slots=True)
class Published:
    """What an upload led to. `created` is False when the same bytes were there already."""

    namespace: str
    name: str
    version: str
    platform: str
    sha256: str
    scan_id: str
    created: bool
    warnings: tuple[dict[str, Any], ...]


def publish(
    *, account: User, namespace: str, upload: Upload, platform: str = ANY_PLATFORM, provenance: str = ""
) -> Published:
    """Create a release from an uploaded bundle and queue its scan. `provenance`: Sigstore bundles, one on each line.

    Raises RegistryError: 400 for a field that cannot be used, 403 for a namespace that is not the account's, 409 for
    a version that exists with other bytes, 413, 422 with `error` and `warnings` members for a refused bundle, 503 when
    the store does not answer. In each case nothing is stored.
    """
    check_target(account=account, namespace=namespace, platform=platform)
    statements = statements_in(provenance)
    with _opened(upload) as bundle:
        named = _named(bundle.manifest)
        try:
            with transaction.atomic():
                return _write(account, namespace, platform, upload, bundle, named, statements)
        except StoreError as error:
            raise unavailable(str(error)) from error


def check_target(*, account: User, namespace: str, platform: str) -> None:
    """What can be refused before the bundle is opened. Raises RegistryError (400, 403)."""
    if not namespace:
        raise bad_field("namespace", "Name the namespace to publish under, in the field 'namespace'.")
    if not is_namespace(namespace):
        raise bad_field(
            "namespace",
            "A namespace has 1 to 64 characters of a-z, 0-9, dot and dash, and begins and ends with a letter or digit.",
        )
    if not is_platform(platform):
        raise bad_field(
            "platform",
            "A platform is any, darwin, linux or win32, the last three optionally with -x64 or -arm64.",
        )
    owner_id = Namespace.objects.filter(name=namespace).values_list("owner_id", flat=True).first()
    if owner_id is None and namespace in RESERVED:
        raise _forbidden(f"The namespace {namespace} is reserved; choose another one.", "namespace.reserved")
    if owner_id is not None and owner_id != account.pk:
        raise _forbidden(f"The namespace {namespace} belongs to another account; choose one of yours or a new one.")


@dataclass(frozen=True, slots=True)
class _Named:
    """A manifest with the names it gets in the catalog."""

    manifest: Manifest
    server: str
    version_key: str
    prerelease: bool


def _opened(upload: Upload) -> OpenedBundle:
    try:
        return open_bundle(upload.path)
    except BundleError as error:
        raise refused(error) from error


def refused(error: BundleError) -> RegistryError:
    """422 with the same members that `assay scan` prints; 413 where only the size is wrong."""
    if error.code == "archive.too_large":
        return too_large()
    return RegistryError(
        error.code,
        error.title,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        error.detail,
        (FieldError("file", error.detail),),
        members={
            "error": {"code": error.code, "title": error.title, "detail": error.detail, "path": error.path},
            "warnings": [asdict(notice) for notice in error.warnings],
        },
    )


def _named(manifest: Manifest) -> _Named:
    name = server_name(manifest.name)
    if name is None:
        raise refused(
            BundleError(
                "manifest.name",
                "The manifest's name has no letter or digit of a-z, 0-9 that could stand in an address; add one.",
                path="manifest.json",
            )
        )
    try:
        version = parse(manifest.version)
    except VersionError as error:
        raise refused(BundleError("manifest.version_not_semver", str(error), path="manifest.json")) from error
    return _Named(manifest, name, sort_key(version), version.prerelease is not None)


def _write(
    account: User,
    namespace: str,
    platform: str,
    upload: Upload,
    opened: OpenedBundle,
    named: _Named,
    statements: tuple[bytes, ...],
) -> Published:
    """All rows, then the bytes. Two uploads to one server follow each other: its row is locked."""
    space = _namespace(account, namespace)
    server = _server(space, named)
    release = _release(server, named, account)
    there = release.bundles.filter(platform=platform).first()
    if there is not None:
        if there.sha256 != upload.sha256:
            raise _exists(server, release, platform)
        scan = there.scans.order_by("-queued_at")[0]
        news = keep(there, statements)
        if scan.state == ScanState.FAILED or (news and scan.state == ScanState.DONE):  # the way to ask for another try
            scan = _queue(there)
            entries.refresh(server.pk)
        return _published(there, scan, space, server, release, created=False)
    changed = note_signer(space, server, opened.signature)
    bundle = Bundle.objects.create(
        release=release,
        platform=platform,
        sha256=upload.sha256,
        size=upload.size,
        filename=_filename(server, release, platform),
        server_type=named.manifest.server_type,
        manifest=dict(named.manifest.raw),
        notices=[asdict(notice) for notice in (*((changed,) if changed else ()), *opened.notices)],
        signer=opened.signature.fingerprint_sha256 if opened.signature else "",
    )
    keep(bundle, statements)
    scan = _queue(bundle)
    _describe(server)
    entries.refresh(server.pk)
    cleanup.hold(upload.sha256)
    store().put(upload.path, upload.sha256)
    return _published(bundle, scan, space, server, release, created=True)


def _queue(bundle: Bundle) -> Scan:
    """A new scan; its message leaves when the transaction has been committed. One that is lost then, because the
    broker is away, is logged, and sent by the sweep later.
    """
    scan = Scan.objects.create(bundle=bundle)

    def ring() -> None:
        run_scan.delay(str(scan.pk))

    transaction.on_commit(ring, robust=True)
    return scan


def _namespace(account: User, name: str) -> Namespace:
    """The account's namespace; a free name becomes its own on first use."""
    space, _ = Namespace.objects.get_or_create(name=name, defaults={"owner": account})
    if space.owner_id != account.pk:
        raise _forbidden(f"The namespace {name} belongs to another account; choose one of yours or a new one.")
    return space


def _server(space: Namespace, named: _Named) -> Server:
    server, _ = Server.objects.get_or_create(
        namespace=space,
        name=named.server,
        defaults={"declared_name": named.manifest.name, "title": named.manifest.display_name or named.manifest.name},
    )
    return Server.objects.select_for_update(of=("self",)).select_related("namespace").get(pk=server.pk)


def _release(server: Server, named: _Named, account: User) -> Release:
    """The release of this version; a version that differs in build metadata only is the same one to every client."""
    release, _ = Release.objects.get_or_create(
        server=server,
        version_key=named.version_key,
        defaults={"version": named.manifest.version, "prerelease": named.prerelease, "published_by": account},
    )
    if release.version != named.manifest.version:
        raise _exists(server, release, None)
    return release


def _describe(server: Server) -> None:
    """Title and description follow the release that is shown."""
    shown = entries.shown_release(server)
    if shown is None:
        return
    manifest = shown.bundles.order_by("pk")[0].manifest
    server.title = str(manifest.get("display_name") or manifest["name"])
    server.description = str(manifest["description"])
    server.declared_name = str(manifest["name"])
    server.save(update_fields=["title", "description", "declared_name"])


def _filename(server: Server, release: Release, platform: str) -> str:
    """What a download is called: made of our own names, never of the client's."""
    suffix = "" if platform == ANY_PLATFORM else f"-{platform}"
    return f"{server.name}-{release.version}{suffix}.mcpb"


def _published(
    bundle: Bundle,
    scan: Scan,
    space: Namespace,
    server: Server,
    release: Release,
    *,
    created: bool,
) -> Published:
    return Published(
        namespace=space.name,
        name=server.name,
        version=release.version,
        platform=bundle.platform,
        sha256=bundle.sha256,
        scan_id=str(scan.pk),
        created=created,
        warnings=tuple(bundle.notices),
    )


def _exists(server: Server, release: Release, platform: str | None) -> RegistryError:
    what = f"version {release.version}" + (f" for {platform}" if platform not in (None, ANY_PLATFORM) else "")
    detail = f"{server} has {what} already, with other bytes; versions never change, so publish the next one."
    return RegistryError(
        "version.exists", "The version exists", HTTPStatus.CONFLICT, detail, (FieldError("file", detail),)
    )


def _forbidden(detail: str, code: str = "namespace.forbidden") -> RegistryError:
    return RegistryError(code, "Not your namespace", HTTPStatus.FORBIDDEN, detail, (FieldError("namespace", detail),))
