"""requirements.txt as pip reads it (pip documentation, "Requirements File Format"), without evaluating
anything.

Markers are recorded, never evaluated; `-r` is followed only inside the bundle; an index or host that the
file names is
reported, never asked.
"""

import re
from collections.abc import Callable, Iterator

from packaging.requirements import InvalidRequirement, Requirement

from scanner.collect.dependencies.reading import Named, Origin, Reading, Scope, component, finding
from scanner.collect.members import basename, join, parent, shown
from trust.facts import Component
from trust.finding import Gap
from trust.vocabulary import Severity, Weakness

NAME = re.compile(r"(?i)^(?:[\w.-]*requirements?[\w.-]*\.txt)$")
_FOLDER = re.compile(r"(?i)(?:^|/)requirements/[\w.-]+\.txt$")
_DEVELOPMENT = re.compile(r"(?i)(?:dev|test|lint|docs?|ci|build)")
_NESTED = re.compile(r"^(?:-r|--requirement)[ =]*(\S+)")
_CONSTRAINT = re.compile(r"^(?:-c|--constraint)[ =]*(\S+)")
_INDEX = re.compile(r"^(--index-url|-i|--extra-index-url|--find-links|-f|--trusted-host)[ =]+(\S+)")
_OPTION = re.compile(r"\s--(?:hash|global-option|config-settings?|install-option)[= ]\S+")
_HASH = re.compile(r"--hash[= ]sha(?:256|384|512):[0-9a-fA-F]{64,}")
_EGG = re.compile(r"#(?:.*&)?egg=([\w.-]+)")
_DEPTH = 10
PYPI = re.compile(r"^https://(?:pypi\.org|pypi\.python\.org|files\.pythonhosted\.org)(?:/|$)")

Text = Callable[[str], "str | Gap"]


def is_requirements(path: str) -> bool:
    return bool(NAME.match(basename(path)) or _FOLDER.search(path))


def read_requirements(path: str, text_of: Text, seen: frozenset[str] = frozenset()) -> Reading:
    """Everything that a requirements file and the files it includes name; `text_of` gives a member's text
    or a Gap.
    """
    reading = Reading(path)
    text = text_of(path)
    if isinstance(text, Gap):
        reading.gaps.append(text)
        return reading
    scope: Scope = "dev" if _DEVELOPMENT.search(basename(path).replace("requirements", "")) else "runtime"
    for number, line in _logical_lines(text):
        nested = _NESTED.match(line)
        if nested is not None:
            _include(reading, nested[1], number, text_of, seen | {path})
        elif line.startswith("-") and not line.startswith(("-e", "--editable")):
            _option(reading, line, number)
        else:
            _requirement(reading, line, number, scope)
    runtime = [n for n in reading.named if n.component.scope == "runtime"]
    if runtime and all(n.component.hashed and n.component.exact for n in runtime):
        reading.lock = "pypi"
    return reading


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(?:^|\s)#.*$", "", raw).rstrip()
        start = start if pending else number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        if (pending + line).strip():
            yield start, (pending + line).strip()
        pending = ""
    if pending.strip():
        yield start, pending.strip()


def _include(reading: Reading, target: str, number: int, text_of: Text, seen: frozenset[str]) -> None:
    inside = join(parent(reading.path), target)
    if "://" in target or target.startswith(("/", "~", "$")) or inside is None:
        reading.findings.append(
            finding(
                Weakness.UNTRUSTED_SOURCE,
                Severity.MEDIUM,
                f"Requirements are taken from {shown(target)}, outside the bundle; put them into it.",
                reading.path,
                number,
            )
        )
        reading.gaps.append(
            Gap(f"The requirements in {shown(target)} lie outside the bundle and were not read.", reading.path)
        )
        return
    if inside in seen or len(seen) > _DEPTH:
        reading.gaps.append(
            Gap(f"{shown(target)} is included in a circle or too deep and was not read again.", reading.path)
        )
        return
    inner = read_requirements(inside, text_of, seen)
    reading.named.extend(inner.named)
    reading.findings.extend(inner.findings)
    reading.gaps.extend(inner.gaps)


def _option(reading: Reading, line: str, number: int) -> None:
    constraint, index = _CONSTRAINT.match(line), _INDEX.match(line)
    if constraint is not None:
        reading.gaps.append(Gap(f"The constraints file {shown(constraint[1])} was not applied.", reading.path))
    elif index is not None and not PYPI.match(index[2]):
        risky = index[1] in ("--extra-index-url", "--trusted-host") or index[2].startswith("http://")
        reading.findings.append(
            finding(
                Weakness.UNTRUSTED_SOURCE,
                Severity.HIGH if risky else Severity.MEDIUM,
                f"Packages come from {shown(index[2])} ({index[1]}) instead of PyPI; whoever runs it decides what is "
                "installed.",
                reading.path,
                number,
                shown(line),
            )
        )


def _requirement(reading: Reading, line: str, number: int, scope: Scope) -> None:
    hashed = _HASH.search(line) is not None
    bare = _OPTION.sub("", line).removeprefix("--editable").removeprefix("-e").strip(" =")
    source = _origin(bare)
    if source != "registry" and " @ " not in bare:
        egg = _EGG.search(bare)
        name = egg[1] if egg else basename(bare.partition("#")[0].rstrip("/")) or "unnamed"
        reading.named.append(
            Named(
                component(
                    "pypi",
                    name,
                    None,
                    reading.path,
                    requirement=bare,
                    direct=True,
                    scope=scope,
                    source=source,
                    hashed=hashed,
                ),
                number,
            )
        )
        return
    try:
        parsed = Requirement(bare)
    except InvalidRequirement:
        reading.gaps.append(
            Gap(f"Line {number} is no requirement that pip would accept: {shown(bare, 80)}", reading.path)
        )
        return
    reading.named.append(Named(from_requirement(parsed, reading.path, scope=scope, hashed=hashed, direct=True), number))


def from_requirement(parsed: Requirement, path: str, *, scope: Scope, hashed: bool, direct: bool) -> Component:
    """A PEP 508 requirement as a component: its version only when one single version satisfies it."""
    pins = [s.version for s in parsed.specifier if s.operator in ("==", "===") and not s.version.endswith(".*")]
    return component(
        "pypi",
        parsed.name,
        pins[0] if pins else None,
        path,
        requirement=str(parsed.specifier) or (parsed.url or ""),
        exact=bool(pins),
        hashed=hashed,
        direct=direct,
        scope=scope,
        source=_origin(parsed.url) if parsed.url else "registry",
        marker=str(parsed.marker or ""),
    )


def _origin(text: str) -> Origin:
    if re.match(r"(?i)^(?:git|hg|svn|bzr)(?:\+|:)|^git@", text):
        return "git"
    if re.match(r"(?i)^https?://", text):
        return "url"
    if text.startswith((".", "/", "~", "file:", "\\")) or re.search(r"(?i)\.(?:whl|tar\.gz|zip)$", text):
        return "file"
    return "registry"
