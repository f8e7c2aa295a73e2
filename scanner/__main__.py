"""`python -m scanner scan BUNDLE`: the registry's own scan on a publisher's machine, without a registry.

Exit status: 0 the gate passes or none was asked for, 1 the gate fails, 2 usage error, 3 not a bundle or nothing
could be assessed. With `--format json` or `sarif` stdout carries that document alone; progress and prose go to stderr.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scanner.context import NO_PREVIOUS, NO_REGISTRY, NO_STATEMENTS, STEPS, Context, Progress, Statements
from scanner.errors import BundleError
from scanner.isolate import ScanError, scan_isolated
from scanner.provenance.pinned import SHIPPED, SHIPPED_SHA256
from scanner.streams import wants_colour, write
from scanner.terminal import render_refusal, render_report
from trust.codec import CodecError, facts_from_json, from_json
from trust.facts import Facts, Publisher
from trust.finding import Gap
from trust.gate import Decision, DecisionWord, PolicyError, Standing, decide, decision_document, parse_policy
from trust.report import assessment_document
from trust.rubric import rubric
from trust.sarif import sarif_document
from trust.scoring import assess

PASSED, FAILED, USAGE, NOTHING = 0, 1, 2, 3
OPTIONS = ("min_score", "min_level", "max_severity", "min_coverage", "max_age_days")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scanner", description="Scan MCP bundles and judge what was found.")
    commands = parser.add_subparsers(dest="command", required=True)
    add_scan_arguments(commands.add_parser("scan", help="scan and assess one bundle"))
    return scan_command(parser.parse_args(argv))


def add_scan_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `scan`; the `assay` program offers the same."""
    parser.add_argument("bundle", type=Path, help="an .mcpb file")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text")
    parser.add_argument("--no-probe", action="store_true", help="do not start the server in a sandbox")
    parser.add_argument(
        "--advisories", type=Path, metavar="PATH", help="OSV zip export or folder, to look dependencies up in"
    )
    parser.add_argument(
        "--provenance",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a Sigstore bundle about the file; may be repeated",
    )
    parser.add_argument(
        "--context",
        type=Path,
        metavar="FILE",
        help="JSON: what a registry knows: publisher, facts of the release before",
    )
    add_gate_arguments(parser)


def add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    """The requirements that turn a report into a decision."""
    gate = parser.add_argument_group("gate", "requirements; the exit status is 1 when one is not met")
    gate.add_argument("--min-score", metavar="N", help="the composite, 0 to 100")
    gate.add_argument(
        "--min-domain", metavar="DOMAIN=N", action="append", default=[], help="one domain's score; may be repeated"
    )
    gate.add_argument("--min-level", metavar="N", help="1 to 4")
    gate.add_argument("--max-severity", metavar="LEVEL", help="worst finding accepted: info to critical")
    gate.add_argument("--min-coverage", metavar="N", help="how much must have been assessed, in percent")
    gate.add_argument("--max-age-days", metavar="N", help="how old the scan may be")
    gate.add_argument("--allow-pending", action="store_true", help="let a release pass whose scan is not done")


def gate_options(args: argparse.Namespace) -> list[tuple[str, str]]:
    """The gate options given, as (name, value) pairs in the spelling of the API. Raises PolicyError."""
    given = [(name, getattr(args, name)) for name in OPTIONS if getattr(args, name) is not None]
    for text in args.min_domain:
        domain, equals, least = text.partition("=")
        if not equals:
            raise PolicyError("--min-domain", f"write DOMAIN=N, for example runtime=70, not {text!r}")
        given.append((f"min_domain.{domain}", least))
    return given + ([("allow_pending", "1")] if args.allow_pending else [])


def scan_command(args: argparse.Namespace) -> int:
    try:
        options = gate_options(args)
        policy = parse_policy(options)
        files = tuple(path.read_bytes() for path in args.provenance)
        statements = Statements(files, SHIPPED, SHIPPED_SHA256) if files else NO_STATEMENTS
        context = replace(read_context(args.context), advisories=args.advisories, statements=statements)
    except (PolicyError, CodecError, OSError, ValueError) as error:
        return complain(f"{error}")
    if not args.bundle.is_file():
        return complain(f"{args.bundle}: no such file")
    if args.advisories is not None and not args.advisories.exists():
        return complain(f"--advisories {args.advisories}: no such file or folder")
    began, started = datetime.now(UTC), time.monotonic()
    try:
        facts = scan_isolated(args.bundle, context, ProgressPrinter(lively=sys.stderr.isatty()))
    except BundleError as error:
        refuse(error, args.format)
        return NOTHING
    except ScanError as error:
        sys.stderr.write(f"assay: {error}\n")
        return NOTHING
    milliseconds = round((time.monotonic() - started) * 1000)
    document = assessment_document(
        assess(facts, rubric()), facts, scanned_at=began.isoformat(timespec="seconds"), duration_ms=milliseconds
    )
    standing = Standing("active", "done", document)
    decision = decide(standing, policy) if options else None
    if decision is not None:
        document["gate"] = decision_document(decision, standing)
    show(document, decision, args.format)
    return FAILED if decision is not None and decision.word is not DecisionWord.PASS else PASSED


def read_context(path: Path | None) -> Context:
    """`{"publisher": {namespace, account, account_age_days, proof}, "previous": facts}`, both optional; `previous` is
    null for a server's first release. Raises OSError, ValueError, CodecError.
    """
    if path is None:
        return Context()
    raw = json.loads(path.read_text("utf-8"))
    if not isinstance(raw, dict) or raw.keys() - {"publisher", "previous"}:
        raise CodecError(f"{path}: expected an object with the keys 'publisher' and 'previous'")
    previous: Facts | Gap | None = NO_PREVIOUS
    if "previous" in raw:
        previous = None if raw["previous"] is None else facts_from_json(raw["previous"])
    publisher = from_json(Publisher, raw["publisher"]) if "publisher" in raw else NO_REGISTRY
    return Context(publisher=publisher, previous=previous)


def show(document: dict[str, Any], decision: Decision | None, form: str) -> None:
    if form == "json":
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    elif form == "sarif":
        sys.stdout.write(json.dumps(sarif_document(document), ensure_ascii=False, indent=2) + "\n")
    else:
        write(render_report(document, decision, colour=wants_colour(sys.stdout, os.environ)).rstrip("\n"), sys.stdout)


def refuse(error: BundleError, form: str) -> None:
    document = {
        "error": {"code": error.code, "title": error.title, "detail": error.detail, "path": error.path},
        "warnings": [{"code": w.code, "detail": w.detail} for w in error.warnings],
    }
    if form == "text":
        sys.stderr.write(render_refusal(document))
    else:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


class ProgressPrinter:
    """Progress on stderr: one line rewritten on a terminal, one line a step elsewhere."""

    def __init__(self, *, lively: bool) -> None:
        self.lively = lively
        self.started = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        seconds = time.monotonic() - self.started
        if self.lively:
            end = "\n" if progress.state == "gap" else ""
            sys.stderr.write(f"\r\x1b[K{seconds:5.1f} s  {progress.step}: {progress.state} {progress.detail}{end}")
        elif progress.state != "running":
            sys.stderr.write(f"{seconds:5.1f} s  {progress.step}: {progress.state} {progress.detail}".rstrip() + "\n")
        if self.lively and progress.step == STEPS[-1] and progress.state != "running":
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def complain(message: str) -> int:
    sys.stderr.write(f"assay: {message}\n")
    return USAGE


if __name__ == "__main__":
    raise SystemExit(main())
