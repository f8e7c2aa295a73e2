"""`assay check`: ask a registry for gate decisions and turn them into one exit code."""

import json
import os
import sys
from typing import Any

from client.api import Registry, release_path, translated_errors
from client.config_files import read_config
from client.decisions import Answer, check_document, exit_code, overall, unmapped
from client.exits import ClientError, Exit
from client.options import Check, Policy
from client.references import ByName, Reference, Unmapped, parse_name
from client.render import decision_table
from scanner.streams import say, wants_colour, write


def run_check(options: Check) -> Exit:
    """Print the decisions on standard output. Raises ClientError when no decision could be had."""
    references: list[Reference] = [parse_name(name) for name in options.names]
    for path in options.configs:
        found = read_config(path)
        say(f"{path}: {len(found)} {'server' if len(found) == 1 else 'servers'}")
        references += found
    common = options.common
    with translated_errors(), Registry(common.registry, say=say) as registry:
        answers = decide(registry, references, common.policy)
        match common.format:
            case "json":
                write(json.dumps(check_document(answers, common.registry), indent=2), sys.stdout)
            case "sarif":
                write(json.dumps(merged_sarif(registry, answers), indent=2), sys.stdout)
            case _:
                colour = wants_colour(sys.stdout, os.environ)
                write(decision_table(answers, common.registry, colour=colour), sys.stdout)
    return exit_code(overall(answers))


def decide(registry: Registry, references: list[Reference], policy: Policy) -> list[Answer]:
    """One answer per reference, in order. One server is asked for by its own address, several in one call."""
    mapped = [reference for reference in references if not isinstance(reference, Unmapped)]
    if len(mapped) == 1 and isinstance(mapped[0], ByName):
        answers = iter([registry.gate(mapped[0], policy)])
    else:
        answers = iter(registry.gate_many(mapped, policy))
    return [unmapped(r) if isinstance(r, Unmapped) else next(answers) for r in references]


def merged_sarif(registry: Registry, answers: list[Answer]) -> dict[str, Any]:
    """One SARIF 2.1.0 log: the registry's runs of every assessed release, and for each other thing a run that says it
    could not be looked at, so that an empty list of results never reads as a clean one.
    """
    runs: list[Any] = []
    for answer in answers:
        if answer.document.get("score") is None or answer.name is None:
            runs.append(_not_looked_at(answer))
            continue
        log = registry.get(f"{release_path(answer.name, answer.version)}/report.sarif")
        if not isinstance(log.get("runs"), list):
            raise ClientError("registry.bad_answer", f"The registry's SARIF report of {answer.label} has no runs.")
        runs += log["runs"]
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": runs}


def _not_looked_at(answer: Answer) -> dict[str, Any]:
    reason = answer.reason or f"the decision is {answer.decision.word.value}"
    text = f"{answer.label} was not assessed: {reason}"
    return {
        "tool": {"driver": {"name": "Assay"}},
        "results": [],
        "invocations": [
            {
                "executionSuccessful": False,
                "toolExecutionNotifications": [{"level": "error", "message": {"text": text}}],
            }
        ],
    }
