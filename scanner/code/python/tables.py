"""Python's tables put together, and how Python finds the module that an import names."""

from typing import Final

from scanner.code import ir
from scanner.code.project import Project
from scanner.code.python.databases import ESCAPES
from scanner.code.python.fetching import RECEIVES
from scanner.code.python.sinks import SINKS
from scanner.code.python.starters import BINDERS, REQUESTS, STARTERS
from scanner.code.python.transforms import (
    CALLERS,
    CHECKS,
    ENVIRONMENT,
    GLOBALS,
    HOSTS,
    MATCHING,
    SECRETS,
    STOPS,
    TRANSFORMS,
)
from scanner.code.python.watched import WATCHED
from scanner.code.rules import Patterns, Rules
from scanner.code.secret_names import is_secret

RULES: Final = Rules(
    sinks=Patterns(SINKS),
    transforms=Patterns({**ESCAPES, **TRANSFORMS}),
    checks=Patterns(CHECKS),
    environment=Patterns(dict.fromkeys(ENVIRONMENT, True)),
    whole_environment=frozenset({"os.environ", "os.environb"}),
    secrets=Patterns(dict.fromkeys(SECRETS, True)),
    network=Patterns(dict.fromkeys(RECEIVES, True)),
    callers=Patterns(CALLERS),
    hosts=Patterns(dict.fromkeys(HOSTS, True)),
    watched=Patterns(WATCHED),
    globals=GLOBALS,
    stops=STOPS,
    is_secret=is_secret,
    starters=Patterns(STARTERS),
    binders=BINDERS,
    requests=REQUESTS,
    matching=Patterns(MATCHING),
)


def resolve(project: Project, importer: ir.Module, name: str) -> ir.Module | None:
    """By full name, beside the importer, or below the source root that the importer shares with the target."""
    own = project.by_name
    parts = importer.name.split(".")
    if not importer.is_package:
        parts = parts[:-1]
    for keep in range(len(parts), -1, -1):
        candidate = ".".join((*parts[:keep], name))
        found = own.get(candidate)
        if found is not None and found.language == "python":
            return found
    if "." not in name:
        return None
    tail = "." + name
    near = [m for n, m in own.items() if n.endswith(tail)]
    return near[0] if len(near) == 1 else None
