"""Transport security as the code writes it down: verification switched off, obsolete TLS.

Sources: the documentation of Python's ssl, requests, httpx, aiohttp, urllib3, boto3; of Node's tls and https, undici,
axios, got, request; curl(1), wget(1), git-config(1).
"""

# ruff: noqa: E501 - the tables read best with one kind on one line

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from scanner.code import ir
from scanner.code.sweeping import Look
from scanner.code.units import GAP, Unit, dotted, last_name, last_name_of
from scanner.code.walking import walk
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

OFF: Final = Weakness.TLS_VERIFY_OFF
OLD: Final = Weakness.TLS_OLD

_FALSE_MEANS_OFF: Final = frozenset(
    {"verify_ssl", "verify_certs", "rejectUnauthorized", "strictSSL", "check_hostname", "checkCertificate", "validateCertificate",
     "ssl_verify", "verify_cert", "validate_certs", "tlsVerify", "strictSsl"}
)  # fmt: skip
_TRUE_MEANS_OFF: Final = frozenset(
    {"insecure", "insecureSkipVerify", "tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames",
     "trustServerCertificate", "TrustServerCertificate", "ignoreHTTPSErrors", "acceptInsecureCerts", "ssl_no_verify",
     "acceptUnauthorized"}
)  # fmt: skip
_CLIENT_CALLS: Final = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream", "send", "Session", "Client",
     "AsyncClient", "client", "resource", "HTTPTransport", "AsyncHTTPTransport", "TCPConnector", "ClientSession",
     "ws_connect", "PoolManager", "HTTPSConnectionPool", "ClientTimeout", "session", "login", "connect", "GraphqlClient",
     "RequestsHTTPTransport", "Consul", "Jenkins", "Gitlab", "Github", "JIRA", "Confluence", "OpenSearch", "Elasticsearch"}
)  # fmt: skip
"""Calls for which `verify=False` and `ssl=False` speak of certificates: elsewhere these words may mean anything."""
_NONE: Final = frozenset({"CERT_NONE"})
_OLD_NAMES: Final = frozenset(
    {"PROTOCOL_SSLv2", "PROTOCOL_SSLv3", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1", "TLSv1", "TLSv1_1", "SSLv3", "SSLv2"}
)
_OLD_TEXTS: Final = re.compile(r"^(?:TLSv1(?:\.1)?|TLSv1_(?:1_)?method|SSLv[23](?:_method)?|TLSv1_1)$")
_VERSION_KEYS: Final = frozenset(
    {"minVersion", "maxVersion", "secureProtocol", "ssl_version", "minimum_version", "maximum_version", "ssl_minimum_version",
     "DEFAULT_MIN_VERSION", "DEFAULT_MAX_VERSION", "tls_version", "protocol"}
)  # fmt: skip
_WEAK_CIPHERS: Final = re.compile(r"SECLEVEL=0|(?:^|:)(?:aNULL|eNULL|NULL|EXPORT|RC4|DES|3DES|ALL)(?:$|[:+-])")
_OFF_VARIABLES: Final = {
    "NODE_TLS_REJECT_UNAUTHORIZED": re.compile(r"^(?:0|false)$", re.IGNORECASE),
    "PYTHONHTTPSVERIFY": re.compile(r"^0$"),
    "GIT_SSL_NO_VERIFY": re.compile(r"^(?:1|true|yes)$", re.IGNORECASE),
    "REQUESTS_CA_BUNDLE": re.compile(r"^$"),
    "CURL_CA_BUNDLE": re.compile(r"^$"),
    "SSL_VERIFY": re.compile(r"^(?:0|false|no)$", re.IGNORECASE),
    "npm_config_strict_ssl": re.compile(r"^false$", re.IGNORECASE),
}
_OFF_COMMAND: Final = re.compile(
    r"\bcurl\b(?:\s+(?!-[a-zA-Z]*k\b|--insecure\b)\S+){0,12}?\s+(?:-[a-zA-Z]*k[a-zA-Z]*\b|--insecure\b)"
    r"|\bwget\b[^|;\n]{0,200}?--no-check-certificate"
    r"|\bhttp\.sslVerify(?:\s+|=)(?:false|0)\b|\bGIT_SSL_NO_VERIFY=(?:1|true)"
    r"|\bstrict-ssl(?:\s+|=)false\b|\bpip3?\b[^|;\n]{0,120}--trusted-host\b|StrictHostKeyChecking[= ]no\b",
    re.IGNORECASE,
)
_ON_REQUEST: Final = re.compile(
    r"ignor|insecure|unverified|no_?verif|disable|skip|without|self_?signed|allow_", re.IGNORECASE
)
_TOLD: Final = frozenset(
    {"curl", "wget", "git", "-c", "pip", "pip3", "ssh", "npm", "-k", "--insecure", "--no-check-certificate"}
)
_FEW: Final = 40
_ANY_KEY: Final = ("AutoAddPolicy", "WarningPolicy")
_SWITCHED_OFF: Final = "Certificate verification is switched off."


def transport(look: Look) -> Iterator[Finding]:
    """Everything of one project, in the units that the entry point reaches."""
    for unit in look.reached():
        chosen = unit.function is not None and _ON_REQUEST.search(unit.function.qualname) is not None
        for node in unit.nodes:
            for finding in _of_node(look, unit, node):
                if finding.weakness is OFF and (chosen or _asked(unit, node)):
                    # Somebody asks for it by the function's name, or under a condition: then the default is what counts.
                    yield replace(finding, severity=Severity.LOW, confidence=Confidence.TENTATIVE)
                else:
                    yield finding


def _asked(unit: Unit, node: object) -> bool:
    """Whether the place lies under a test of something that says by its name that verification was to be skipped."""
    line = getattr(node, "line", 0)
    for other in unit.nodes:
        if not isinstance(other, ir.If):
            continue
        inside = any(getattr(n, "line", 0) == line for n in walk(other.then))
        words = " ".join(dotted(n) for n in walk(other.test) if isinstance(n, ir.Name | ir.Attribute))
        words += " ".join(str(n.value) for n in walk(other.test) if isinstance(n, ir.Const))
        if inside and _ON_REQUEST.search(words):
            return True
        if inside and isinstance(other.test, ir.Not) and re.search(r"verif|secure|strict", words, re.IGNORECASE):
            return True
    return False


def _of_node(look: Look, unit: Unit, node: object) -> Iterator[Finding]:
    if isinstance(node, ir.Table):
        for key, value in node.entries:
            if isinstance(key, ir.Const) and isinstance(key.value, str):
                yield from _option(look, unit, key.value, value, in_call="")
                yield from _variable(look, unit, key.value, value)
    elif isinstance(node, ir.Call):
        yield from _call(look, unit, node)
    elif isinstance(node, ir.Assign):
        for target in node.targets:
            yield from _assigned(look, unit, target, node)
    elif isinstance(node, ir.Collection) and any(
        isinstance(i, ir.Const) and i.value in _TOLD for i in node.items[:_FEW]
    ):
        words = [t if (t := look.units.text(item, unit)) is not None else GAP for item in node.items[:_FEW]]
        if words and _OFF_COMMAND.search(" ".join(words)):
            yield look.at(unit, node.line, OFF, Severity.HIGH, "A program is told not to verify certificates.")


def _assigned(look: Look, unit: Unit, target: ir.Expr, node: ir.Assign) -> Iterator[Finding]:
    if isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const):
        yield from _variable(look, unit, str(target.index.value), node.value)
    elif isinstance(target, ir.Attribute):
        yield from _variable(look, unit, target.name, node.value)
        yield from _option(look, unit, target.name, node.value, in_call="Session" if target.name == "verify" else "")
        value = last_name(node.value)
        if target.name == "_create_default_https_context" and "unverified" in value:
            message = "Certificate verification is switched off for the whole process."
            yield look.at(unit, node.line, OFF, Severity.HIGH, message)


def _variable(look: Look, unit: Unit, name: str, value: ir.Expr) -> Iterator[Finding]:
    """A variable of the process, or of a program that is started, that tells TLS clients to look away."""
    off = _OFF_VARIABLES.get(name)
    if off is None:
        return
    constant = value.value if isinstance(value, ir.Const) else look.units.text(value, unit)
    if constant is not None and off.match(str(constant)):
        message = "Certificate verification is switched off for the whole process."
        yield look.at(unit, value.line, OFF, Severity.HIGH, message)


def _option(look: Look, unit: Unit, name: str, value: ir.Expr, *, in_call: str) -> Iterator[Finding]:
    """An option of a client, a context or an agent. `in_call` is what the option is given to, empty when unknown."""
    chosen = isinstance(value, ir.Conditional)
    known = {v.value for v, _ in look.units.values(value, unit) if isinstance(v, ir.Const)}
    named = {last_name(v) for v, _ in look.units.values(value, unit)}
    off = name in _FALSE_MEANS_OFF or (name in ("verify", "ssl") and in_call in _CLIENT_CALLS)
    turned = (off and False in known) or (name in _TRUE_MEANS_OFF and True in known)
    if turned or (name in ("verify_mode", "cert_reqs") and (named & _NONE or "CERT_NONE" in known)):
        message = "Certificate verification is switched off in some circumstances." if chosen else _SWITCHED_OFF
        severity = Severity.MEDIUM if chosen else Severity.HIGH
        yield look.at(unit, value.line, OFF, severity, message)
    elif name == "checkServerIdentity" and _accepts_all(value):
        yield look.at(unit, value.line, OFF, Severity.HIGH, "Any server is accepted, whatever its certificate names.")
    elif name in _VERSION_KEYS and (named & _OLD_NAMES or any(_OLD_TEXTS.match(str(k)) for k in known)):
        yield look.at(unit, value.line, OLD, Severity.MEDIUM, "An obsolete TLS version is allowed.")
    elif name in ("ciphers", "ssl_ciphers") and any(_WEAK_CIPHERS.search(str(k)) for k in known):
        yield look.at(unit, value.line, OLD, Severity.MEDIUM, "Weak ciphers are allowed.")


def _accepts_all(value: ir.Expr) -> bool:
    """A function that returns nothing, whatever it is given."""
    if not isinstance(value, ir.Lambda):
        return False
    body = value.function.body
    return all(isinstance(s, ir.Return) and (s.value is None or isinstance(s.value, ir.Const)) for s in body)


def _call(look: Look, unit: Unit, node: ir.Call) -> Iterator[Finding]:
    name = last_name(node.callee)
    for keyword in node.keywords:
        if keyword.name is not None:
            yield from _option(look, unit, keyword.name, keyword.value, in_call=name)
        elif name in _CLIENT_CALLS:
            for table, where in look.units.values(keyword.value, unit):
                for key, value in table.entries if isinstance(table, ir.Table) else ():
                    if isinstance(key, ir.Const) and key.value in ("verify", "ssl"):
                        yield from _option(look, where, str(key.value), value, in_call=name)
    told = _by_name(look, unit, node, name)
    if told is not None:
        weakness, severity, message = told
        yield look.at(unit, node.line, weakness, severity, message)


def _by_name(look: Look, unit: Unit, node: ir.Call, name: str) -> tuple[Weakness, Severity, str] | None:
    """What calling this means, whatever options it is given."""
    first = look.units.text(node.args[0], unit) or "" if node.args else ""
    if name == "_create_unverified_context":
        return OFF, Severity.HIGH, "A TLS context without certificate verification is made."
    if name == "SSLContext" and any(last_name(arg) in _OLD_NAMES for arg in node.args):
        return OLD, Severity.MEDIUM, "An obsolete TLS version is allowed."
    if name in ("set_ciphers", "setCiphers") and _WEAK_CIPHERS.search(first):
        return OLD, Severity.MEDIUM, "Weak ciphers are allowed."
    if name == "set_missing_host_key_policy" and node.args and last_name_of(node.args[0]) in _ANY_KEY:
        return OFF, Severity.MEDIUM, "Any host key is accepted when a server is first met."
    if look.starts_program(node) and _OFF_COMMAND.search(first):
        return OFF, Severity.HIGH, "A program is told not to verify certificates."
    return None
