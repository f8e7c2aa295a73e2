"""The tools of a Python server as the questions about meaning need them."""

from collections.abc import Iterator

from scanner.code.handling import Handling
from scanner.code.taint import Flows


def handlings(flows: Flows) -> Iterator[Handling]:
    """Every reached tool with its function and the parameters that a caller fills."""
    for entry in flows.entries:
        routine, tool = entry.routine, entry.tool
        if tool is None or routine is None or routine.module.name not in flows.modules:
            continue
        function = routine.function
        filled = [p for at, p in enumerate(function.params) if at not in entry.trusted]
        said = tool.annotations is not None and tool.annotations.read_only is True
        if entry.hints:
            bags = {p.name for p in filled}
        else:
            objects = {p.name for p in tool.params or () if p.type == "object"}
            bags = {p.name for p in filled if p.name in objects or p.kind == "rest-keyword"}
        yield Handling(
            tool.name,
            f"{tool.name} {tool.description} {function.doc if not entry.hints else ''}",
            routine,
            frozenset(p.name for p in filled),
            frozenset(bags),
            tool.params or (),
            function.line if not entry.hints else (tool.line or function.line),
            routine.module.path,
            said,
        )
