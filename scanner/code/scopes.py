"""Rights asked of an upstream service, and whether any tool uses them (CONTROLS.md AZ-07, CWE-272).

Sources: the scope lists of Google Workspace, GitHub, GitLab, Microsoft Graph and Slack as published in July 2026.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.handling import Handling, spelled
from scanner.code.secret_names import words
from scanner.code.walking import walk
from trust.finding import Finding, Observation
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_SCOPE: Final = re.compile(
    r"^(?:https://(?:www\.googleapis\.com/auth/[\w.]+|mail\.google\.com/?)|[A-Za-z_]+[.:][A-Za-z_.:]+|[a-z_]{3,30}|[\w.-]+/\.default)$"
)
_WRITES: Final = re.compile(
    r"^https://mail\.google\.com/?$|/auth/(?:drive|calendar|spreadsheets|documents|contacts|tasks|gmail\.(?:modify|compose|send|insert)|cloud-platform|admin\.[\w.]+)$"
    r"|^(?:repo|delete_repo|workflow|gist|api|sudo|write_repository|admin)$|^(?:admin|write|manage|delete):|^admin\.|\.ReadWrite(?:\.All)?$|[:.]write(?:[:.]|$)|/\.default$"
    r"|^(?:full_access|Directory\.AccessAsUser\.All)",
    re.IGNORECASE,
)
_RULES_ALL: Final = re.compile(
    r"^https://mail\.google\.com/?$|/auth/(?:cloud-platform|admin\.[\w.]+)$|^(?:delete_repo|sudo)$|^(?:admin|manage):|^admin\b",
    re.IGNORECASE,
)
_CHANGES: Final = frozenset(
    {"create", "update", "delete", "send", "write", "modify", "add", "remove", "upload", "edit", "insert", "set",
     "move", "archive", "label", "reply", "draft", "post", "put", "publish", "merge", "comment", "schedule",
     "cancel", "import", "share", "patch", "append", "save", "trash", "mark", "assign", "close", "open",
     "invite", "run", "execute", "push", "fork", "make", "rename", "copy", "replace", "clear", "respond", "accept",
     "manage", "apply", "batch", "compose", "forward", "star", "rerun", "dispatch", "trigger", "transition"}
)  # fmt: skip
_ADMIN: Final = frozenset(
    {"delete", "remove", "trash", "purge", "admin", "manage", "destroy", "wipe", "empty", "grant", "revoke",
     "deploy", "provision"}
)  # fmt: skip


def scopes(
    witness: str, modules: Iterable[ir.Module], handlings: Iterable[Handling]
) -> tuple[list[Finding], list[Observation]]:
    """Every scope the code asks for, and findings of those that no tool needs by its name and description."""
    tools = tuple(handlings)
    verbs = {word for h in tools for word in words(h.tool)}
    reads_only = bool(tools) and not verbs & _CHANGES
    findings: list[Finding] = []
    seen: list[Observation] = []
    for module in modules:
        for line, scope in _asked(module):
            seen.append(Observation(Signal.OAUTH_SCOPE, module.path, line, scope[:120]))
            if reads_only and _WRITES.search(scope):
                message, confidence = (
                    f"The scope {scope} lets its holder write, and every tool only reads.",
                    Confidence.FIRM,
                )
            elif tools and _RULES_ALL.search(scope) and not verbs & _ADMIN:
                message = f"The scope {scope} gives full control, and no tool deletes or administers anything."
                confidence = Confidence.TENTATIVE
            else:
                continue
            findings.append(
                Finding(
                    witness,
                    Weakness.BROAD_SCOPE,
                    Severity.MEDIUM,
                    confidence,
                    message,
                    module.path,
                    line,
                    module.text(line),
                )
            )
    return findings, seen


def _asked(module: ir.Module) -> Iterator[tuple[int, str]]:
    """Scope literals: in variables, arguments and fields whose name says so."""
    known: set[tuple[int, str]] = set()
    for node in walk(module.body):
        held: list[ir.Expr] = []
        if isinstance(node, ir.Assign) and any(_named(t) for t in node.targets):
            held = [node.value]
        elif isinstance(node, ir.Call):
            held = [k.value for k in node.keywords if k.name and _is_scope(k.name)]
        elif isinstance(node, ir.Table):
            held = [
                v
                for k, v in node.entries
                if isinstance(k, ir.Const) and isinstance(k.value, str) and _is_scope(k.value)
            ]
        for value in held:
            for part in walk(value):
                text = part.value if isinstance(part, ir.Const) else None
                for one in text.replace(",", " ").split() if isinstance(text, str) else ():
                    if _SCOPE.match(one) and (part.line, one) not in known:
                        known.add((part.line, one))
                        yield part.line, one


def _named(target: ir.Expr) -> bool:
    parts = spelled(target)
    return bool(parts) and parts[-1] in ("scope", "scopes")


def _is_scope(name: str) -> bool:
    return bool({"scope", "scopes"} & set(words(name))) and not {"required", "supported", "check", "has"} & set(
        words(name)
    )
