"""Packages that lie in the bundle, from their own metadata: `*.dist-info/METADATA` and
`node_modules/**/package.json`.
"""

import json
import re
from email.parser import HeaderParser

from scanner.collect.dependencies.reading import Named, Reading, component, table, word
from scanner.collect.dependencies.scripts import install_findings
from scanner.collect.members import parent
from trust.finding import Gap

NODE = re.compile(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/@.][^/]*)/package\.json$")
PYTHON = re.compile(r"\.dist-info/METADATA$")


def node_package(path: str, text: str) -> Reading:
    """A vendored npm package; `path` must match `NODE`."""
    reading = Reading(path)
    try:
        data = table(json.loads(text))
    except (ValueError, RecursionError):
        return Reading(path, gaps=[Gap("The file is not valid JSON.", path)])
    name, version = word(data.get("name")), word(data.get("version"))
    if not (name and version):
        return reading
    scripts = table(data.get("scripts"))
    licence = word(data.get("license")) or word(table(data.get("license")).get("type"))
    hooks = any(word(scripts.get(h)) for h in ("preinstall", "install", "postinstall"))
    reading.named.append(
        Named(
            component(
                "npm",
                name,
                version,
                path,
                exact=True,
                vendored=True,
                source="bundle",
                licence=licence,
                install_script=hooks,
            ),
            top=parent(path).count("node_modules/") == 1,
        )
    )
    reading.findings.extend(install_findings(path, text, scripts, own=False))
    return reading


def python_package(path: str, text: str) -> Reading:
    """A vendored Python distribution, from its core metadata (PyPA "Core metadata specifications")."""
    headers = HeaderParser().parsestr(text.partition("\n\n")[0])
    name, version = headers.get("Name", ""), headers.get("Version", "")
    if not (name and version):
        return Reading(path, gaps=[Gap("The package's metadata names no name or no version.", path)])
    licence = (
        headers.get("License-Expression") or headers.get("License") or _classifier(headers.get_all("Classifier") or [])
    )
    made = component(
        "pypi",
        name.strip(),
        version.strip(),
        path,
        exact=True,
        hashed=True,
        vendored=True,
        source="bundle",
        licence=licence.partition("\n")[0],
    )
    return Reading(path, [Named(made)])


def _classifier(classifiers: list[str]) -> str:
    return next((c.rpartition("::")[2].strip() for c in classifiers if c.startswith("License ::")), "")
