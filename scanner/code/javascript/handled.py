"""The tools of a JavaScript server as the questions about meaning need them."""

from collections.abc import Iterator

from scanner.code.handling import Handling
from scanner.code.javascript.running import Run, handled


def handlings(run: Run) -> Iterator[Handling]:
    """Every tool with a known handler; the handler's first parameter holds the inputs."""
    for tool in run.tools:
        routine = handled(run, tool)
        if routine is None:
            continue
        first = next(iter(routine.function.params), None)
        filled = frozenset({first.name}) if first is not None else frozenset[str]()
        said = tool.annotations is not None and tool.annotations.read_only is True
        line = tool.branch[0].line if tool.branch else routine.function.line
        if not tool.branch and tool.path == routine.module.path:
            line = tool.line
        yield Handling(
            tool.name,
            f"{tool.name} {tool.description}",
            routine,
            filled,
            filled,
            tuple(field.param for field in tool.fields or ()),
            line,
            routine.module.path,
            said,
        )
