"""Where input from outside enters: tools, routes, resources, prompts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scanner.code.project import Routine
from scanner.code.safety import Safe
from scanner.code.state import Hints
from trust.facts import Tool


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One way in. `tool` describes it when it is a tool; `hints` say how the routine is called for this entry (a
    dispatcher with the tool's name); `typed` is what the declared types and patterns of the inputs exclude, by
    parameter position and field path; `trusted` are parameters that no caller fills; `dispatcher` is the function that
    hands the call on to the handler, where the code shows it.
    """

    kind: Literal["tool", "route", "resource", "prompt"]
    name: str
    routine: Routine | None
    tool: Tool | None = None
    hints: Hints = ()
    typed: Mapping[tuple[int, str], Safe] = field(default_factory=dict)
    trusted: frozenset[int] = frozenset()
    dispatcher: Routine | None = None

    def safe(self, root: int, path: str) -> Safe:
        """What the declared type of an input, or of what it lies in, excludes."""
        safe = Safe.NONE
        parts = path.split(".")
        for end in range(len(parts), 0, -1):
            safe |= self.typed.get((root, ".".join(parts[:end])), Safe.NONE)
        return safe
