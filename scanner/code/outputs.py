"""What becomes of text from outside on its way to the client (CONTROLS.md RT-14).

No server can make foreign text harmless for a model. It can take out what hides in it (control sequences, invisible
characters), say whose text it is, and it can escape what it puts into a page.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from scanner.code import ir
from scanner.code.handling import Following, Handling, Site, callee_name, spelled
from scanner.code.project import Project, Routine
from scanner.code.walking import walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

_CLEANS: Final = re.compile(
    r"strip_?ansi|sanitiz|sanitis|escape_?html|html_?escape|clean_?(?:text|output|html|string)|bleach|purify"
    r"|strip_?(?:control|invisible|zero|tags)|neutrali[sz]e|untrusted|remove_?(?:control|invisible|ansi)|stripVT",
    re.IGNORECASE,
)
_CHARACTERS: Final = re.compile(
    r"\\x1b|\\u001b|\x1b|\\u200|\u200b|\\x00-\\x1f|\\u0000-\\u001f|\\p\{C[cf]?\}", re.IGNORECASE
)
_SAYS: Final = re.compile(
    r"untrusted|external (?:content|data|source)|third[- ]party content|not (?:as )?instructions|do not follow",
    re.IGNORECASE,
)
_TAG: Final = re.compile(
    r"<(?:html|body|div|p|h[1-6]|script|li|ul|td|tr|span|a|title|pre|b|strong|form|input|img)\b", re.IGNORECASE
)
_ESCAPES: Final = re.compile(
    r"escape|encode|sanitiz|sanitis|quote|purify|bleach|int$|Number$|parseInt|str_?to_?int", re.IGNORECASE
)
_FROM_REQUEST: Final = frozenset({"query", "params", "body", "form", "query_params", "searchParams", "search", "args"})
_PAGES: Final = frozenset({"HTMLResponse", "html", "render_template_string", "Markup"})
_MAX: Final = 60


class Outputs:
    """The answers of one language's code."""

    def __init__(
        self,
        witness: str,
        project: Project,
        following: Following,
        modules: Iterable[ir.Module],
        handlings: Iterable[Handling],
    ) -> None:
        self._witness = witness
        self._project = project
        self._following = following
        self._modules = frozenset(m.name for m in modules)
        self._tools = tuple(handlings)

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """Pages that hold raw input, and the places where tools clean or mark what they pass on."""
        seen: list[Observation] = []
        names = frozenset(h.tool for h in self._tools)
        findings: dict[tuple[str, int], Finding] = {}
        for handling in self._tools:
            sites = self._following.sites(handling, names)[:_MAX]
            line = next((n for site in sites for n in _cleaned(site)), None)
            if line is not None:
                seen.append(Observation(Signal.OUTPUT_CLEANED, handling.path, line, "", handling.tool))
        for routine in self._project.routines.values():
            if routine.module.name in self._modules and _makes_page(routine):
                for line in _raw(routine):
                    path = routine.module.path
                    message = "A part of a request is put into a page as it came, so its sender can put a script there."
                    findings.setdefault(
                        (path, line),
                        Finding(
                            self._witness, Weakness.UNTRUSTED_OUTPUT, Severity.MEDIUM, Confidence.FIRM, message, path,
                            line, routine.module.text(line), steps=(Step(path, line, "put into the page here"),),
                        ),
                    )  # fmt: skip
        return list(findings.values()), seen


def _cleaned(site: Site) -> Iterator[int]:
    for node in site.nodes:
        if isinstance(node, ir.Call) and _CLEANS.search(callee_name(node)):
            yield node.line
        elif isinstance(node, ir.Const) and isinstance(node.value, str):
            text = node.value
            if text == "structuredContent" or _SAYS.search(text) or _CHARACTERS.search(text):
                yield node.line


def _makes_page(routine: Routine) -> bool:
    """Whether a function answers with HTML."""
    for node in walk(routine.function.body):
        if isinstance(node, ir.Const) and isinstance(node.value, str) and "text/html" in node.value:
            return True
        if isinstance(node, ir.Call) and callee_name(node) in _PAGES:
            return True
        if isinstance(node, ir.Call) and isinstance(node.callee, ir.Attribute):
            answers = set(spelled(node.callee.base)) & {"res", "response", "reply"}
            if answers and node.callee.name in ("send", "end"):
                return True
    return False


def _raw(routine: Routine) -> Iterator[int]:
    """Lines of pages with a part of the request in them that nothing escaped."""
    asked = {p.name for p in routine.function.params}
    held: set[str] = set()
    for _ in range(2):
        for node in walk(routine.function.body):
            if isinstance(node, ir.Assign) and _from_request(node.value, asked, held):
                for target in node.targets:
                    held.update(n.id for n in walk(target) if isinstance(n, ir.Name))
    for node in walk(routine.function.body):
        if isinstance(node, ir.Concat):
            page = any(isinstance(p, ir.Const) and _TAG.search(str(p.value)) for p in node.parts)
            if page and any(_from_request(p, asked, held) for p in node.parts if not isinstance(p, ir.Const)):
                yield node.line


def _from_request(node: ir.Expr, asked: set[str], held: set[str]) -> bool:
    """Whether a value is text out of a request, or holds some unescaped."""
    if isinstance(node, ir.Call):
        if _ESCAPES.search(callee_name(node)):
            return False
        inner = [node.callee.base] if isinstance(node.callee, ir.Attribute) else []
        return any(_from_request(n, asked, held) for n in (*inner, *node.args))
    if isinstance(node, ir.Name):
        return node.id in held
    if isinstance(node, ir.Attribute | ir.Subscript):
        parts = spelled(node)
        root: ir.Expr = node
        while isinstance(root, ir.Attribute | ir.Subscript | ir.Call):
            root = root.base if isinstance(root, ir.Attribute | ir.Subscript) else root.callee
        own = isinstance(root, ir.Name) and (root.id in asked or root.id in held)
        return own and (
            bool(set(parts) & {w.lower() for w in _FROM_REQUEST}) or (isinstance(root, ir.Name) and root.id in held)
        )
    if isinstance(node, ir.Logic):
        return any(_from_request(v, asked, held) for v in node.values)
    if isinstance(node, ir.Conditional):
        return _from_request(node.then, asked, held) or _from_request(node.other, asked, held)
    if isinstance(node, ir.Concat):
        return any(_from_request(p, asked, held) for p in node.parts)
    return False
