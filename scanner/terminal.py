"""The report for a terminal: 80 columns, readable without colour, nothing from a bundle printed unescaped."""

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from trust.explain import domain_label, headline
from trust.gate import Decision
from trust.wording import counted

WIDTH = 80
MARKS = {"pass": "ok", "partial": "part", "fail": "FAIL", "not_applicable": "n/a", "not_assessed": "??"}
COLOURS = {"pass": "32", "partial": "33", "fail": "31", "not_assessed": "35", "not_applicable": "2"}


def render_report(document: Mapping[str, Any], decision: Decision | None, *, colour: bool) -> str:
    """The whole report, ending in a line break."""
    subject = document["subject"]
    lines = [
        f"{safe(subject['name'])} {safe(subject['version'])}   sha256 {subject['sha256'][:16]}…",
        "",
        paint(f"  Trust score {headline(document)}", "1", on=colour),
    ]
    for cap in document["caps"]:
        if cap["limit"] < document["uncapped"]:
            lines += wrap(f"capped at {cap['limit']}: {safe(cap['because'])}", "  ")
    lines += ["", *domain_lines(document["domains"])]
    lines += control_lines(document["controls"], colour=colour)
    lines += raise_lines(document["raise"], document["controls"])
    lines += notice_lines(document["warnings"])
    if not document["probe"]["ran"]:
        lines += ["", *wrap(f"Not started: {document['probe']['reason']}", "  ")]
    lines += [
        "",
        f"  rubric {document['rubric']}, facts {document['facts_sha256'][:16]}…, {document['duration_ms']} ms",
    ]
    if decision is not None:
        lines += ["", *gate_lines(decision, colour=colour)]
    return "\n".join(lines) + "\n"


def render_refusal(document: Mapping[str, Any]) -> str:
    """Why a bundle was refused, and what the reader noticed before that."""
    error = document["error"]
    lines = [f"Refused: {safe(error['title'])} ({error['code']})", *wrap(safe(error["detail"]), "  ")]
    for warning in document["warnings"]:
        lines += wrap(f"also: {safe(warning['detail'])}", "  ")
    return "\n".join(lines) + "\n"


def domain_lines(domains: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for domain in domains:
        bar = "█" * (domain["score"] // 5)
        label = f"{domain_label(domain['id']):<15} {domain['score']:>3}  {bar:<20}"
        lines.append(f"  {label}  up to {domain['potential']:>3}, {domain['coverage']:>3} % assessed")
    return lines


def control_lines(controls: Sequence[Mapping[str, Any]], *, colour: bool) -> list[str]:
    """What failed or is open, costliest first, with the places; then what passes, in one line."""
    lines: list[str] = []
    for outcome, title in (("fail", "Failed"), ("partial", "Met in part")):
        group = sorted((c for c in controls if c["outcome"] == outcome), key=lambda c: -c["points_lost"])
        if group:
            lines += ["", paint(f"{title}", "1", on=colour)]
        for control in group:
            mark = paint(f"{MARKS[outcome]:>4}", COLOURS[outcome], on=colour)
            lines.append(f"  {mark}  {control['id']}  {control['title']}  (-{control['points_lost']:.1f})")
            lines += wrap(safe(control["summary"]), " " * 15)
            for finding in control["findings"][:5]:
                lines += finding_lines(finding)
            if len(control["findings"]) > 5:
                lines.append(f"{'':15}and {len(control['findings']) - 5} more")
    lines += unknown_lines(controls, colour=colour)
    passed = [c["id"] for c in controls if c["outcome"] == "pass"]
    if passed:
        lines += ["", paint("Passed", "1", on=colour), *wrap(", ".join(passed), "  ")]
    return lines


def unknown_lines(controls: Sequence[Mapping[str, Any]], *, colour: bool) -> list[str]:
    """The controls that nobody could answer, together by the reason why."""
    reasons: dict[str, list[Mapping[str, Any]]] = {}
    for control in controls:
        if control["outcome"] == "not_assessed":
            reasons.setdefault(control["summary"], []).append(control)
    lines = ["", paint("Not looked at", "1", on=colour)] if reasons else []
    for reason, group in sorted(reasons.items(), key=lambda item: -sum(c["points_lost"] for c in item[1])):
        mark = paint(f"{MARKS['not_assessed']:>4}", COLOURS["not_assessed"], on=colour)
        many = counted("{n} [control|controls]", len(group))
        lines.append(f"  {mark}  {many}  (-{sum(c['points_lost'] for c in group):.1f})")
        lines += wrap(safe(reason), " " * 10)
        lines += wrap(", ".join(c["id"] for c in group), " " * 10)
    return lines


def finding_lines(finding: Mapping[str, Any]) -> list[str]:
    place = f"{safe(finding['path'])}:{finding['line']}" if finding["line"] else safe(finding["path"] or "")
    lines = wrap(f"{finding['severity']}/{finding['confidence']}  {safe(finding['message'])}", " " * 15)
    if place:
        lines.append(f"{'':17}{place}")
    if finding["snippet"]:
        lines.append(f"{'':17}| {safe(finding['snippet'])[: WIDTH - 20]}")
    return lines


def raise_lines(raises: Sequence[Mapping[str, Any]], controls: Sequence[Mapping[str, Any]]) -> list[str]:
    titles = {c["id"]: c["title"] for c in controls}
    lines: list[str] = []
    for step in raises[:5]:
        lines.append(f"  +{step['gain']:<5.1f} {step['control']}  {titles[step['control']]}")
        lines += wrap(step["do"], " " * 16)
    return ["", "What would raise it, in this order", *lines] if lines else []


def notice_lines(warnings: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for warning in warnings:
        lines += wrap(f"[{warning['tier']}] {safe(warning['detail'])}", "  ")
    return ["", "Manifest and archive", *lines] if lines else []


def gate_lines(decision: Decision, *, colour: bool) -> list[str]:
    word = decision.word.value
    lines = [paint(f"Gate: {word.replace('_', ' ')}", "32" if decision.passes else "31", on=colour)]
    for c in decision.conditions:
        relation = {"LT": "at least", "GT": "at most", "NE": "must be"}[c.comparator]
        lines.append(f"  {'ok  ' if c.ok else 'FAIL'}  {c.metric} is {c.actual}, {relation} {c.threshold}")
    return lines


def wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent) or [indent]


def paint(text: str, code: str, *, on: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if on else text


def safe(text: str) -> str:
    """Text of a bundle for a terminal: control, format and private characters are shown as escapes, not obeyed."""
    return "".join(c if unicodedata.category(c)[0] != "C" else ascii(c)[1:-1] for c in text)
