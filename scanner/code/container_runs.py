"""Containers that the code itself starts with rights over the whole machine."""

# ruff: noqa: E501 - patterns

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.fetched_code import command
from scanner.code.sweeping import Look
from scanner.code.units import dotted
from trust.finding import Finding
from trust.vocabulary import Severity, Weakness

_RUN: Final = re.compile(
    r"\b(?:docker|podman|nerdctl)\b[^|;\n]{0,80}\b(?:run|create|exec)\b[^|;\n]{0,400}?(?:--privileged\b|--pid[= ]host\b|--cap-add[= ](?:ALL|SYS_ADMIN)\b"
    r"|(?:-v|--volume)[= ]/:|/var/run/docker\.sock|(?:-u|--user)[= ](?:root|0)\b)"
)


def container_runs(look: Look) -> Iterator[Finding]:
    """Command lines, and calls of the Docker library, that give a container the machine."""
    message = "A container is started with rights over the whole machine."
    for unit in look.reached():
        for node in unit.nodes:
            if not isinstance(node, ir.Call):
                continue
            library = dotted(node.callee).endswith("containers.run") or dotted(node.callee).endswith("createContainer")
            privileged = any(
                k.name == "privileged" and isinstance(k.value, ir.Const) and k.value.value is True
                for k in node.keywords
            )
            if (library and privileged) or (look.starts_program(node) and _RUN.search(command(look, unit, node))):
                yield look.at(unit, node.line, Weakness.ROOT_CONTAINER, Severity.MEDIUM, message)
