"""The release before a release, for what is compared with it."""

import json

from registry.models import Bundle, FactSet, Release, ReleaseState
from trust.codec import CodecError, facts_from_json
from trust.facts import Facts
from trust.finding import Gap


def release_before(release: Release) -> Release | None:
    """The next lower version of the same server that is not in quarantine."""
    others = Release.objects.filter(server=release.server_id, version_key__lt=release.version_key)
    return others.exclude(state=ReleaseState.QUARANTINED).order_by("-version_key").first()


def facts_before(bundle: Bundle) -> Facts | Gap | None:
    """The newest facts of the release before this bundle's, of the same platform where it has one.

    None when there is no earlier release; a gap when there is one that was never scanned, or whose facts cannot be
    read any more.
    """
    earlier = release_before(bundle.release)
    if earlier is None:
        return None
    known = FactSet.objects.filter(bundle__release=earlier)
    newest = known.filter(bundle__platform=bundle.platform).order_by("-pk").first() or known.order_by("-pk").first()
    if newest is None:
        return Gap(
            f"Release {earlier.version}, the one before, has not been scanned, so what changed was not assessed."
        )
    try:
        return facts_from_json(json.loads(bytes(newest.body)))
    except CodecError as error:
        return Gap(f"The facts of release {earlier.version} are in a form that is no longer read ({error}).")
