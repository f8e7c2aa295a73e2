"""The server's own source in, `Code` out: both languages lowered, analysed, and put together in the shared words.

Only files that the inventory calls the server's own are read. A file that cannot be read or parsed costs itself: one
gap with its reason. What nothing here can read (compiled servers, other languages) is a gap as well, never silence.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from scanner.bundle import MemberTooLarge
from scanner.code import ir
from scanner.code.clock import OutOfTimeError, until
from scanner.code.contacts import contacts
from scanner.code.javascript.examine import examine as examine_javascript
from scanner.code.javascript.lower import front_end as javascript_front_end
from scanner.code.prose import Prose, prose
from scanner.code.python.lower import lower as lower_python
from scanner.code.python.server import examine as examine_python
from scanner.code.sought import sought_in
from scanner.code.unread import Unread, unread
from scanner.code.walking import walked
from scanner.collect.border import entry_files
from scanner.collect.containers import container_findings
from scanner.collect.devices import devices
from scanner.collect.exposure import Asked, published, started
from scanner.collect.members import Members
from trust.facts import Code, Declaration, File, Import, Inventory, Language, Listener, Tool
from trust.finding import Finding, Gap, Observation

MAX_FILE: Final = 2 << 20
MAX_TOTAL: Final = 64 << 20
SECONDS: Final = 100.0
"""Processor time, not time on the wall: a busy machine must not find less. `scanner.isolate` bounds the latter."""
_OTHER: Final = {
    ".rs": "Rust", ".go": "Go", ".java": "Java", ".kt": "Kotlin", ".cs": "C#", ".c": "C", ".cc": "C++", ".cpp": "C++",
    ".rb": "Ruby", ".php": "PHP", ".swift": "Swift", ".lua": "Lua", ".sh": "shell", ".ps1": "PowerShell",
}  # fmt: skip
_NOT_CODE: Final = (".pyi", ".pyx")


@dataclass(slots=True)
class _Parts:
    """What the languages say, gathered."""

    languages: list[Language]
    tools: list[Tool]
    listeners: list[Listener]
    observations: list[Observation]
    findings: list[Finding]
    imports: list[Import]
    gaps: list[Gap]
    asked: Asked = field(default_factory=Asked)


@dataclass(frozen=True, slots=True)
class _FrontEnd:
    name: Literal["python", "javascript"]
    kinds: tuple[str, ...]
    make: Callable[[Sequence[str]], ir.Lower]
    """Given the paths of all own files of the language, how one of them is lowered."""


_FRONT_ENDS: Final = (
    _FrontEnd("python", ("python",), lambda _: lower_python),
    _FrontEnd("javascript", ("javascript", "minified"), javascript_front_end),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What code says to the model: sentences, and inputs that nobody reads. Needed once, and too much to be facts."""

    prose: list[Prose]
    unread: list[Unread]


def collect_code(
    bundle: Members,
    inventory: Inventory,
    declaration: Declaration | Gap,
    *,
    deadline: float | None = None,
    heard: Heard | None = None,
) -> Code:
    """Everything the server's own code shows.

    `heard`, when given, is filled with what the examination of texts needs. `deadline` is a `time.thread_time()` value
    (default: 100 s of processor time from now). Raises nothing for what the bundle holds.
    """
    end = time.thread_time() + SECONDS if deadline is None else deadline
    parts = _Parts([], [], [], [], [], [], [])
    starts = (
        frozenset[str]()
        if isinstance(declaration, Gap)
        else entry_files(declaration, [f.path for f in inventory.files])
    )
    own = [f for f in inventory.files if f.role == "own"]
    budget = MAX_TOTAL
    for front_end in _FRONT_ENDS:
        files = [f for f in own if f.kind in front_end.kinds and not f.path.endswith(_NOT_CODE)]
        modules, read = _lowered(bundle, front_end, files, budget, end, parts.gaps)
        budget -= read
        if files:
            parsed = len(modules)
            parts.languages.append(Language(front_end.name, len(files), parsed, sum(f.size for f in files)))
        if modules:
            try:
                with until(end), walked(modules):
                    _examine(front_end.name, modules, starts, end, parts)
                    if heard is not None:
                        heard.prose.extend(prose(modules))
                        heard.unread.extend(unread(modules))
            except OutOfTimeError:
                reason = f"The time for reading code was used up; not all questions to its {front_end.name} were asked."
                parts.gaps.append(Gap(reason))
    if parts.languages and not parts.tools:
        reason = "No tool registration was recognised in the server's own code; its tools may come from a library."
        parts.gaps.append(Gap(reason))
    parts.gaps += _unread(own, declaration)
    listeners, opened = started(declaration, parts.listeners, parts.asked)
    containers, gaps = container_findings(bundle, inventory)
    return Code(
        languages=tuple(parts.languages),
        tools=tuple(parts.tools),
        listeners=listeners,
        observations=tuple(parts.observations),
        findings=(*parts.findings, *opened, *published(bundle, inventory, listeners), *containers),
        imports=tuple(parts.imports),
        sought=sought_in(language.name for language in parts.languages),
        gaps=(*parts.gaps, *gaps),
    )


def _lowered(
    bundle: Members, front_end: _FrontEnd, files: Sequence[File], budget: int, end: float, gaps: list[Gap]
) -> tuple[list[ir.Module], int]:
    """The modules of one language, and how many bytes were read for them."""
    modules: list[ir.Module] = []
    lower = front_end.make([f.path for f in files])
    read = 0
    for file in files:
        if file.size > MAX_FILE:
            gaps.append(Gap(f"The file has {file.size:,} bytes; at most {MAX_FILE:,} of one file are read.", file.path))
            continue
        if read + file.size > budget:
            gaps.append(Gap(f"More than {MAX_TOTAL:,} bytes of own code; the rest was not read.", file.path))
            break
        if time.thread_time() > end:
            gaps.append(Gap("The time for reading code was used up before this file.", file.path))
            break
        read += file.size
        try:
            module = lower(file.path, bundle.read(file.path, MAX_FILE))
        except MemberTooLarge as error:
            gaps.append(Gap(error.detail, file.path))
            continue
        except (RecursionError, MemoryError):
            # The front-ends bound nesting before they recurse; this is the last edge before a hostile file could
            # cost the whole scan, and it costs the file instead.
            gaps.append(Gap("The file is nested too deeply or is too large to be read.", file.path))
            continue
        if isinstance(module, Gap):
            gaps.append(module)
        else:
            modules.append(module)
    return modules, read


def _examine(
    name: Literal["python", "javascript"],
    modules: Sequence[ir.Module],
    starts: Iterable[str],
    end: float,
    parts: _Parts,
) -> None:
    found = examine_python(modules, starts, end) if name == "python" else examine_javascript(modules, starts, end)
    parts.tools += found.tools
    parts.listeners += found.listeners
    named, gaps = contacts(modules, found.loaded)
    parts.observations += (*found.observations, *named, *devices(found.imports))
    parts.findings += found.findings
    parts.imports += found.imports
    if name == "python":
        parts.asked = Asked(found.auth, found.host_check)
    parts.gaps += (*found.gaps, *gaps)


def _unread(own: Sequence[File], declaration: Declaration | Gap) -> Iterable[Gap]:
    """What no front-end reads."""
    if not isinstance(declaration, Gap) and declaration.server_type == "binary":
        yield Gap("The server is a compiled program; its code cannot be read.", declaration.entry_point or None)
    counted: dict[str, list[str]] = {}
    for file in own:
        suffix = "." + file.path.rpartition(".")[2].lower()
        if file.kind in ("text", "data") and suffix in _OTHER:
            counted.setdefault(_OTHER[suffix], []).append(file.path)
        elif file.kind == "bytecode":
            counted.setdefault("compiled Python or JavaScript", []).append(file.path)
    for language, paths in sorted(counted.items()):
        yield Gap(f"{len(paths)} own file(s) in {language} were not read; no reader for it exists here.", paths[0])
