"""The command line of `assay`; the scan's own options and the requirements are the scanner's."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from client.exits import ClientError
from scanner.__main__ import add_gate_arguments, add_scan_arguments, gate_options
from trust.gate import PolicyError, parse_policy

DEFAULT_REGISTRY = "http://127.0.0.1:8000"
FORMATS = ("text", "json", "sarif")
COMMANDS = ("scan", "check", "publish")

EXIT_CODES = """exit codes:
  0  the gate passes, or none was asked for
  1  the gate fails
  2  usage, configuration or network error
  3  nothing could be assessed: unknown server, scan pending, not a bundle"""

Policy = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Common:
    """What every command that talks to a registry takes."""

    registry: str
    format: str
    policy: Policy
    """The requirements by the API's parameter names, for example ("min_domain.runtime", "70")."""


@dataclass(frozen=True, slots=True)
class Scan:
    words: argparse.Namespace
    """What scanner.__main__.scan_command takes."""


@dataclass(frozen=True, slots=True)
class Check:
    common: Common
    names: tuple[str, ...]
    configs: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    common: Common
    bundle: Path
    namespace: str
    platform: str | None
    wait: int
    allow_http: bool
    provenance: tuple[Path, ...] = ()


def parse(argv: Sequence[str], environment: Mapping[str, str]) -> Scan | Check | Publish:
    """The command and its options. Raises ClientError; argparse itself ends the program with 2 on a misspelt option."""
    words = _parser().parse_args(command_first(argv))
    if words.command == "scan":
        return Scan(words)
    common = Common(
        registry=checked_address(words.registry or environment.get("ASSAY_REGISTRY") or DEFAULT_REGISTRY),
        format=words.format,
        policy=_policy(words),
    )
    if words.command == "check":
        if not words.names and not words.config:
            raise ClientError("usage.nothing", "Nothing to check: give NAMESPACE/NAME or --config FILE.")
        return Check(common, tuple(words.names), tuple(words.config))
    return Publish(
        common, words.bundle, words.namespace, words.platform, words.wait, words.allow_http, tuple(words.provenance)
    )


def checked_address(text: str) -> str:
    """A registry's address without trailing slash. Raises ClientError when it could not be one."""
    try:
        address = urlsplit(text)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        usable, address = False, urlsplit("")
    if not usable or address.query or address.fragment:
        raise ClientError(
            "usage.registry", f"{text!r} is not a registry's address: write for example https://assay.example.org."
        )
    if address.username is not None or address.password is not None:
        raise ClientError(
            "usage.registry",
            "The registry's address holds a user name or password: leave them out, and use ASSAY_TOKEN.",
        )
    return text.rstrip("/")


def command_first(argv: Sequence[str]) -> list[str]:
    """The same words with the command moved to the front, so that options may stand before it as well."""
    words = list(argv)
    place = next((i for i, word in enumerate(words) if word in COMMANDS), None)
    return words if place is None else [words[place], *words[:place], *words[place + 1 :]]


def _policy(words: argparse.Namespace) -> Policy:
    try:
        stated = gate_options(words)
        parse_policy(stated)
    except PolicyError as error:
        option = "--" + error.field.partition(".")[0].removeprefix("--").replace("_", "-")
        raise ClientError("usage.policy", f"{option}: {error.detail}.") from error
    return tuple(stated)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assay",
        description="Scan MCP server bundles, ask a registry about servers, and publish to it.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    settings: dict[str, Any] = {
        "epilog": EXIT_CODES,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }
    scan = commands.add_parser(
        "scan",
        help="scan and assess one bundle on this machine",
        description="Scan and assess one bundle on this machine. No registry is needed or asked.",
        **settings,
    )
    add_scan_arguments(scan)
    scan.add_argument("--registry", metavar="URL", help="accepted and not used: a scan asks nobody")
    settings["parents"] = [_common()]
    check = commands.add_parser(
        "check",
        help="ask a registry for a gate decision",
        description="Ask a registry whether servers meet your requirements.",
        **settings,
    )
    check.add_argument("names", nargs="*", metavar="NAME[@VERSION]", help="NAMESPACE/NAME; latest release by default")
    check.add_argument(
        "--config", action="append", default=[], type=Path, metavar="FILE",
        help="check the servers of .mcp.json, claude_desktop_config.json or VS Code's mcp.json; repeatable",
    )  # fmt: skip
    publish = commands.add_parser(
        "publish",
        help="upload a bundle, wait for its scan, print the report",
        description="Upload a bundle, wait for its scan and print the report. The token is read from ASSAY_TOKEN.",
        **settings,
    )
    publish.add_argument("bundle", type=Path, metavar="BUNDLE", help="a .mcpb file")
    publish.add_argument("--namespace", required=True, metavar="NS", help="the namespace to publish under")
    publish.add_argument("--platform", metavar="OS-ARCH", help="for bundles of one platform, for example linux-x64")
    publish.add_argument(
        "--provenance",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a Sigstore bundle about the file, from your CI; may be repeated",
    )
    publish.add_argument(
        "--wait", type=_seconds, default=900, metavar="SECONDS", help="how long to wait for the scan (900)"
    )
    publish.add_argument("--allow-http", action="store_true", help="send the token over plain HTTP to another machine")
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--registry", metavar="URL", help=f"default: ASSAY_REGISTRY, then {DEFAULT_REGISTRY}")
    common.add_argument("--format", choices=FORMATS, default="text")
    add_gate_arguments(common)
    return common


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds")
    return int(text)
