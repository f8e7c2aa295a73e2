"""A bundle in, facts out: runs the collectors in order and turns every failure into a gap with its reason.

A collector that raises, runs out of memory or meets its limit costs its own fact and nothing else. The process as a
whole is bounded from outside (`scanner.isolate`), because a limit that the limited code keeps by itself is none.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TypeVar

from scanner import __version__
from scanner.advisories.collect import look_up
from scanner.bundle import Bundle
from scanner.collect.bandit import BANDIT, run_bandit, with_bandit
from scanner.collect.code import Heard, collect_code
from scanner.collect.declaration import declare, describe_archive
from scanner.collect.dependencies import collect_dependencies
from scanner.collect.inventory import collect_inventory
from scanner.collect.malice import collect_malice
from scanner.collect.sdk_defaults import with_sdk_defaults
from scanner.collect.secrets import collect_secrets
from scanner.collect.texts import collect_texts
from scanner.context import NO_PREVIOUS, Context, Progress, Statements
from scanner.provenance.pinned import read_root
from trust.facts import Facts, Inventory, Subject
from trust.finding import Gap
from trust.provenance import Provenance

logger = logging.getLogger(__name__)

NO_ADVISORIES = Gap("No advisory data is loaded here, so known vulnerabilities were not assessed.")
NO_PROBE = Gap("The server was not started: this scanner has no sandbox to start it in.")
T = TypeVar("T")


def scan(bundle: Bundle, context: Context, report: Callable[[Progress], None] = lambda _: None) -> Facts:
    """All facts about one opened bundle. Never raises for what the bundle contains."""

    def step(name: str, collect: Callable[[], T | Gap]) -> T | Gap:
        if name in context.skip:
            result: T | Gap = Gap(context.skip[name])
        else:
            report(Progress(name, "running"))
            result = _guarded(name, collect)
        report(Progress(name, "gap", result.reason) if isinstance(result, Gap) else Progress(name, "done"))
        return result

    def listed(name: str, collect: Callable[[Inventory], T | Gap]) -> T | Gap:
        """A step over the files; without their list its gap is that of the list."""
        return step(name, lambda: inventory if isinstance(inventory, Gap) else collect(inventory))

    archive = step("archive", lambda: describe_archive(bundle))
    declaration = step("manifest", lambda: declare(bundle))
    inventory = step("inventory", lambda: collect_inventory(bundle, declaration))
    malice = listed("malice", lambda files: collect_malice(bundle, files))
    heard = Heard([], [])
    code = listed("code", lambda files: collect_code(bundle, files, declaration, heard=heard))
    witness = listed("bandit", lambda files: run_bandit(bundle, files))
    code = with_bandit(code, witness)
    secrets = listed("secrets", lambda files: collect_secrets(bundle, files))
    texts = step("texts", lambda: collect_texts(bundle, declaration, code, heard.prose, heard.unread))
    dependencies = listed("dependencies", lambda files: collect_dependencies(bundle, files, declaration))
    code = with_sdk_defaults(code, dependencies)
    export = context.advisories
    vulnerabilities = step(
        "advisories", lambda: NO_ADVISORIES if export is None else look_up(dependencies, export, datetime.now(UTC))
    )
    given = context.statements
    provenance = step("provenance", lambda: given if isinstance(given, Gap) else _verified(given, bundle.sha256))
    manifest = bundle.manifest
    return Facts(
        subject=Subject(manifest.name, manifest.version, bundle.sha256, bundle.size, context.platform),
        scanner=__version__,
        tools=tool_versions(),
        archive=archive,
        declaration=declaration,
        inventory=inventory,
        code=code,
        malice=malice,
        secrets=secrets,
        texts=texts,
        dependencies=dependencies,
        vulnerabilities=vulnerabilities,
        provenance=provenance,
        publisher=context.publisher,
        changes=NO_PREVIOUS,
        probe=NO_PROBE,
    )


def tool_versions() -> tuple[tuple[str, str], ...]:
    """Name and version of every outside tool whose answers are in the facts."""
    return tuple(
        (name, version(name)) for name in (BANDIT, "tree-sitter", "tree-sitter-javascript", "tree-sitter-typescript")
    )


def _verified(given: Statements, sha256: str) -> Provenance:
    if not given.files:
        return Provenance()
    # Loading sigstore takes half as long as a whole scan of a small bundle, and few bundles come with a statement.
    from scanner.provenance.verifying import verify_all  # noqa: PLC0415

    return verify_all(given.files, sha256, read_root(given.root, given.root_sha256))


def _guarded(name: str, collect: Callable[[], T | Gap]) -> T | Gap:
    try:
        return collect()
    except Exception as error:
        # The one edge where any failure of a collector becomes data: a traceback for the log, a gap for the page.
        logger.exception("collector %s failed", name)
        return Gap(f"The {name} collector failed ({type(error).__name__}); this part was not looked at.")
