"""An assessment document as SARIF 2.1.0, one rule per control, for code-scanning views and editors.

Source: OASIS Static Analysis Results Interchange Format 2.1.0; `security-severity` as GitHub code scanning reads it.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}


def sarif_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """SARIF of one assessment document (trust.report). Controls without findings appear as rules only."""
    controls = document["controls"]
    index = {c["id"]: i for i, c in enumerate(controls)}
    results = [_result(c, f, index[c["id"]]) for c in controls for f in c["findings"]]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Assay",
                        "semanticVersion": document["scanner"]["version"],
                        "rules": [_rule(c) for c in controls],
                    }
                },
                "automationDetails": {"id": f"assay/rubric-{document['rubric']}/{document['subject']['sha256']}"},
                "results": results,
                "properties": {
                    "score": document["score"],
                    "coverage": document["coverage"],
                    "level": document["level"],
                },
            }
        ],
    }


def _rule(control: Mapping[str, Any]) -> dict[str, Any]:
    worst = max((f["severity"] for f in control["findings"]), key=lambda s: float(SECURITY_SEVERITY[s]), default="low")
    return {
        "id": control["id"],
        "name": "".join(word.capitalize() for word in control["title"].split() if word.isalnum()),
        "shortDescription": {"text": control["title"]},
        "fullDescription": {"text": control["why"]},
        "help": {"text": control["fix"], "markdown": control["fix"]},
        "properties": {
            "tags": ["security", control["domain"], *control["mtf"]],
            "security-severity": SECURITY_SEVERITY[worst],
        },
    }


def _result(control: Mapping[str, Any], finding: Mapping[str, Any], index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": control["id"],
        "ruleIndex": index,
        "level": LEVELS[finding["severity"]],
        "message": {"text": finding["message"]},
        "partialFingerprints": {"assayFinding/v1": finding["fingerprint"]},
        "properties": {
            "rule": finding["rule"],
            "confidence": finding["confidence"],
            "cwe": finding["cwe"],
            "security-severity": SECURITY_SEVERITY[finding["severity"]],
        },
    }
    if finding["path"]:
        result["locations"] = [_location(finding["path"], finding["line"], finding["snippet"])]
    if finding["steps"]:
        places = [
            {"location": _location(s["path"], s["line"], "") | {"message": {"text": s["note"]}}}
            for s in finding["steps"]
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": places}]}]
    return result


def _location(path: str, line: int | None, snippet: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(path)}}
    if line:
        region: dict[str, Any] = {"startLine": line}
        if snippet:
            region["snippet"] = {"text": snippet}
        physical["region"] = region
    return {"physicalLocation": physical}
