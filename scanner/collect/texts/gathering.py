"""Which texts of a bundle a model may read, and where each stands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from scanner.code.prose import Prose
from scanner.collect.members import Members, files, read_text, shown
from scanner.manifest.view import Manifest
from trust.facts import Param, Tool
from trust.finding import Gap

Weight = Literal["tool", "described", "answered", "prose"]
"""How a text is judged: a tool's own text in full; what else is described only by signs, because programs describe much
that no model reads; what a tool answers and long prose for people only when nothing else explains it.
"""

_META_DEPTH: Final = 8
_README: Final = ("readme.md", "readme", "readme.txt", "readme.rst")
_PATHS: Final = {"manifest": "manifest.json", "code": "", "served": ""}
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+")


@dataclass(frozen=True, slots=True)
class Text:
    """One text with the words that tell a reader where it stands."""

    what: str
    text: str
    path: str
    line: int | None = None
    weight: Weight = "tool"


def tool_text(description: str, params: Iterable[Param]) -> str:
    """What a model reads of one tool: its description and, a line each, its inputs with their names spelt out."""
    lines = [description]
    for param in params:
        name = " ".join(_HUMP.split(param.name))
        lines.append(f"{name}: {' '.join((param.description, *param.enum))}".rstrip(": "))
    return "\n".join(lines)


def from_tools(tools: Iterable[Tool]) -> Iterator[Text]:
    for tool in tools:
        yield Text(
            f"the description of the tool {shown(tool.name, 60)}",
            tool_text(tool.description, tool.params or ()),
            tool.path or _PATHS[tool.origin],
            tool.line,
        )


def from_manifest(manifest: Manifest) -> Iterator[Text]:
    path = "manifest.json"
    for prompt in manifest.prompts:
        words = (prompt.description or "", prompt.text, *prompt.arguments)
        yield Text(f"the prompt {shown(prompt.name, 60)}", "\n".join(words), path)
    for field in manifest.user_config:
        yield Text(
            f"the setting {shown(field.key, 60)}", f"{field.title}\n{field.description}", path, weight="described"
        )
    yield Text("the description", manifest.description, path, weight="described")
    yield Text("the long description", manifest.long_description or "", path, weight="prose")
    for what, text in _described(manifest.meta, _META_DEPTH):
        yield Text(f"the description of {shown(what, 60)} in _meta", text, path)


def _described(value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Tool lists inside `_meta` (for instance recorded answers to tools/list): every object's own description."""
    if depth and isinstance(value, Mapping):
        text = value.get("description")
        if isinstance(text, str):
            yield str(value.get("name", "an entry")), text
        for inner in value.values():
            yield from _described(inner, depth - 1)
    elif depth and isinstance(value, list):
        for inner in value:
            yield from _described(inner, depth - 1)


def from_code(found: Iterable[Prose], tools: Iterable[Tool]) -> Iterator[Text]:
    """The texts in code that are not already part of a tool that was recognised."""
    known = {_bare(t) for tool in tools for t in (tool.description, *(p.description for p in tool.params or ()))}
    for one in found:
        if _bare(one.text) not in known:
            yield Text(shown(one.what, 90), one.text, one.path, one.line, one.kind)


def _bare(text: str) -> str:
    return " ".join(text.split())


def from_readme(bundle: Members, gaps: list[Gap]) -> Iterator[Text]:
    for member in files(bundle):
        if member.path.lower() in _README:
            text = read_text(bundle, member.path, member.size)
            if isinstance(text, Gap):
                gaps.append(text)
            else:
                yield Text(shown(member.path), text, member.path, weight="prose")
