"""`assay publish`: upload a bundle, wait for its scan, print the report."""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from client.api import Registry, api_path, translated_errors
from client.decisions import Answer, exit_code
from client.exits import ClientError, Exit
from client.options import Publish
from client.references import ByName
from client.upload import checked_token, checked_upload
from scanner.streams import say, wants_colour, write
from scanner.terminal import render_report
from trust.sarif import sarif_document

POLL_FIRST, POLL_LONGEST = 0.5, 5.0


def run_publish(options: Publish, token: str | None) -> Exit:
    """Print the report on standard output. Raises ClientError when the bundle was not published or not assessed."""
    common = options.common
    upload = checked_upload(options.bundle, options.namespace, options.platform, options.provenance)
    checked = checked_token(token, common.registry, allow_http=options.allow_http)
    with translated_errors(), Registry(common.registry, token=checked, say=say) as registry:
        say(f"uploading {options.bundle.name} to {common.registry}")
        with options.bundle.open("rb") as bundle:
            published = registry.publish(bundle, upload)
        release = released(published)
        say(f"published as {release.label}")
        wait_for_scan(registry, api_path(published.get("scan_url")), seconds=options.wait)
        document = registry.assessment(release)
        answer = registry.gate(release, common.policy) if common.policy else None
    _print_report(document, answer, common.format)
    return exit_code(answer.decision.word) if answer else Exit.PASSED


def released(published: Mapping[str, Any]) -> ByName:
    """The release, and the file of it, that an upload became."""
    release = published.get("release")
    parts = release if isinstance(release, dict) else {}
    name, version, platform = (parts.get(key) for key in ("name", "version", "platform"))
    if not isinstance(name, str) or "/" not in name or not isinstance(version, str):
        raise ClientError(
            "registry.bad_answer", "The registry's answer to the upload names no release: look at its pages for it."
        )
    return ByName(f"{name}@{version}", name, version, platform if isinstance(platform, str) else None)


def wait_for_scan(registry: Registry, path: str, *, seconds: int) -> None:
    """Ask for the scan until it is done, saying what changed. Raises ClientError (exit 3) when it failed or when the
    waiting is over: then nothing was assessed, which is never a pass.
    """
    deadline = time.monotonic() + seconds
    said: dict[str, str] = {}
    pause = POLL_FIRST
    while True:
        scan = registry.get(path)
        state = str(scan.get("state"))
        for step, word in ({"scan": state} | progress(scan.get("progress"))).items():
            if said.get(step) != word:
                said[step] = word
                say(f"  {word:<10} {step}")
        if state == "done":
            return
        if state not in ("queued", "running"):
            reason = scan.get("error") or scan.get("detail") or "the registry gave no reason"
            raise ClientError("scan.failed", f"The scan ended as {state}: {reason}.", exit_code=Exit.NOTHING_ASSESSED)
        if time.monotonic() + pause > deadline:
            raise ClientError(
                "scan.pending",
                f"The bundle is published, and its scan is still {state} after {seconds} s: "
                f"see {registry.base_url}{path}, or wait longer with --wait.",
                exit_code=Exit.NOTHING_ASSESSED,
            )
        time.sleep(pause)
        pause = min(POLL_LONGEST, pause * 1.5)


def progress(value: object) -> dict[str, str]:
    """Collector to state, from a list of objects or an object, whichever the registry sends."""
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(step.get("collector"), step) for step in value if isinstance(step, dict)]
    else:
        pairs = []
    return {str(name): str(step.get("state", "?")) if isinstance(step, dict) else str(step) for name, step in pairs}


def _print_report(document: dict[str, Any], answer: Answer | None, form: str) -> None:
    if form == "json":
        gate = {"gate": answer.as_document()} if answer else {}
        write(json.dumps(document | gate, indent=2), sys.stdout)
        return
    try:
        if form == "sarif":
            text = json.dumps(sarif_document(document), indent=2)
        else:
            colour = wants_colour(sys.stdout, os.environ)
            text = render_report(document, answer.decision if answer else None, colour=colour).rstrip("\n")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClientError(
            "registry.bad_answer",
            "The bundle is published and scanned, but the registry's report has a shape that this program does not "
            "know: update one of the two, or use --format json.",
        ) from error
    write(text, sys.stdout)
