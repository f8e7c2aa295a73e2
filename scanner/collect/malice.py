"""Searches own and vendored code alike for malicious and disguised code.

Precision first: one suspicious word proves nothing, so nearly every rule asks for two or three things that
belong together,
close to each other (a decoder and an executor, a credential store and a sender, a socket and a shell).
Comments are not
cut out and inline suppressions are not obeyed: neither may switch a finding off.

Sources: MITRE ATT&CK T1059, T1027, T1552, T1567, T1496, T1546; published analyses of malicious PyPI and npm
packages
(OpenSSF malicious-packages project).
"""

from collections.abc import Iterator

from scanner.collect.malice_rules import RULES, WORDS, Rule
from scanner.collect.members import TEXT_LIMIT, Members, shown
from trust.facts import File, Inventory, Malice
from trust.finding import Finding, Gap
from trust.vocabulary import Severity

WITNESS = "malice"
_SEARCHED = ("python", "javascript", "minified")
_PER_RULE = 5


def collect_malice(bundle: Members, inventory: Inventory) -> Malice:
    """Every sign of malice in the bundle's code and scripts; what is too large to search is a Gap."""
    findings: list[Finding] = []
    gaps: list[Gap] = []
    searched = 0
    for file in inventory.files:
        if file.kind not in _SEARCHED and not (file.kind == "text" and file.role == "own"):
            continue
        if file.size > TEXT_LIMIT:
            gaps.append(
                Gap(f"The file has {file.size} bytes; at most {TEXT_LIMIT} are searched for malice.", file.path)
            )
            continue
        data = bundle.read(file.path, TEXT_LIMIT)
        searched += 1
        findings.extend(search(file, data))
    return Malice(searched, tuple(findings), tuple(gaps))


def search(file: File, data: bytes) -> list[Finding]:
    """The findings in one file, rule by rule."""
    lower = data.lower()
    words = {word for word in WORDS if word in lower}
    return [f for rule in RULES if not words.isdisjoint(rule.words) for f in _apply(rule, file, data)]


def _apply(rule: Rule, file: File, data: bytes) -> Iterator[Finding]:
    if rule.language and file.kind not in rule.language:
        return
    if any(pattern.search(data) is None for pattern in rule.also):
        return
    for count, match in enumerate(rule.pattern.finditer(data)):
        if count >= _PER_RULE:
            return
        if rule.unless is not None and rule.unless.search(match[0]):
            continue
        line = data.count(b"\n", 0, match.start()) + 1
        severity = rule.severity if file.role != "vendored" or not rule.mild_vendored else Severity.LOW
        yield Finding(
            WITNESS,
            rule.weakness,
            severity,
            rule.confidence,
            f"{rule.message} ({shown(file.path)}).",
            file.path,
            line,
            shown(match[0].decode("utf-8", "replace"), 180),
        )
