"""Code that comes from the network while the server runs: installed, downloaded and started, loaded from an address."""

import re
from collections.abc import Iterator
from typing import Final

from scanner.code import ir
from scanner.code.plain_http import addresses
from scanner.code.sweeping import Look
from scanner.code.units import GAP, Unit, last_name, pieces
from trust.finding import Finding
from trust.vocabulary import Severity, Signal, Weakness

_INSTALLS: Final = re.compile(
    r"(?:^|[\s;&|/\x00])(?:pip[\d.]*|pipx|uv|npm|pnpm|yarn|bun|conda|mamba|gem|cargo|go|brew|apt(?:-get)?|apk|dnf|choco|winget)(?:\.exe|\.cmd)?\s+"
    r"(?:-\S+\s+)*(?:pip\s+|tool\s+|global\s+)?(?:install|add|i|inject|ci|get)(?:\s|$)"
    r"|(?:^|[\s;&|])(?:npx|bunx|uvx|pnpx)\s+(?:-y|--yes)\b|(?:^|[\s;&|])(?:npx|uvx|bunx)\s+\S+@latest\b"
)
_NAMED: Final = re.compile(
    r"\b(?:npx|bunx|uvx|pnpx)\s+(?:-\S+\s+)*@?[A-Za-z]|\b(?:install|add|i|ci)\s+(?:-\S+\s+)*[^\s-]\S*@(?=[\d\x00])"
    r"|\binstall\s+(?:-\S+\s+)*[A-Za-z][\w.-]*=="
)
"""A package that the server itself names for one task, or one version of one: another's code, but chosen here."""
_PIPE: Final = re.compile(
    r"\b(?:curl|wget)\b[^|;\n]*\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b|\b(?:iex|Invoke-Expression)\b[^\n]*(?:iwr|Invoke-WebRequest|DownloadString)",
    re.IGNORECASE,
)
_IN_CONTAINER: Final = re.compile(r"\b(?:docker|podman)\s+(?:run|exec|build)\b")
_SAVES: Final = frozenset(
    {"write_text", "write_bytes", "write", "writeFile", "writeFileSync", "urlretrieve", "download", "outputFile"}
)
_RUNS_FILE: Final = frozenset(
    {
        "import_module",
        "spec_from_file_location",
        "run_path",
        "exec_module",
        "import",
        "require",
        "execfile",
        "load_module",
    }
)
_LOADERS: Final = frozenset({"import", "importScripts", "Worker", "spec_from_loader"})
_REMOTE: Final = re.compile(r"^(?:https?:|data:text/javascript)", re.IGNORECASE)
_RUNNERS: Final = re.compile(r"(?:^|[\s/])(?:python[\d.]*|node|deno|bun|bash|sh|chmod)\b|^\x00")
_RESTARTS: Final = frozenset({"execv", "execve", "execl", "execvp", "exit", "_exit", "kill", "reload"})
_UPDATES: Final = re.compile(r"\bgit\s+(?:-C\s+\S+\s+)?(?:pull|fetch|reset\s+--hard)\b")


def fetched_code(look: Look) -> Iterator[Finding]:
    """Every such place in the units that the entry point reaches."""
    for unit in look.reached():
        received = _received(look, unit)
        saved = any(isinstance(n, ir.Call) and _saves(look, unit, n, received) for n in unit.nodes)
        restarts = any(isinstance(n, ir.Call) and last_name(n.callee) in _RESTARTS for n in unit.nodes)
        yield from _imported(look, unit, saved=saved)
        for node in unit.nodes:
            if isinstance(node, ir.Call):
                yield from _of_call(look, unit, node, saved=saved, restarts=restarts)


def _imported(look: Look, unit: Unit, *, saved: bool) -> Iterator[Finding]:
    """Imports of an address, and of a file that is written first."""
    begin, end = (unit.function.line, unit.function.end) if unit.function is not None else (0, 0)
    for bound in unit.module.imports:
        if unit.function is None and unit.owner is None and re.match(r"https?:", bound.module):
            message = "Code is loaded from an address on the network."
            yield look.at(unit, bound.line, Weakness.REMOTE_CODE, Severity.CRITICAL, message)
        elif saved and begin < bound.line <= end and bound.module.startswith(("./", "/")):
            message = "What was just downloaded is loaded as code."
            yield look.at(unit, bound.line, Weakness.REMOTE_CODE, Severity.HIGH, message)


def _of_call(look: Look, unit: Unit, node: ir.Call, *, saved: bool, restarts: bool) -> Iterator[Finding]:
    name = last_name(node.callee)
    if look.does(node, Signal.PROCESS):
        text = command(look, unit, node)
        if _IN_CONTAINER.search(text):
            return
        if _PIPE.search(text):
            yield look.at(
                unit, node.line, Weakness.REMOTE_CODE, Severity.CRITICAL, "A downloaded script is run by a shell."
            )
        elif _INSTALLS.search(text):
            severity = Severity.MEDIUM if _NAMED.search(text) else Severity.HIGH
            yield look.at(
                unit, node.line, Weakness.REMOTE_CODE, severity, "Packages are installed while the server runs."
            )
        elif restarts and _UPDATES.search(text):
            yield look.at(
                unit,
                node.line,
                Weakness.REMOTE_CODE,
                Severity.HIGH,
                "The server replaces its own code and starts again.",
            )
        elif saved and _RUNNERS.search(text) and not text.strip().startswith("git"):
            yield look.at(unit, node.line, Weakness.REMOTE_CODE, Severity.HIGH, "What was just downloaded is run.")
    elif name in _LOADERS and node.args and _REMOTE.match(look.units.text(node.args[0], unit) or ""):
        yield look.at(
            unit, node.line, Weakness.REMOTE_CODE, Severity.CRITICAL, "Code is loaded from an address on the network."
        )
    elif saved and name in _RUNS_FILE:
        yield look.at(
            unit, node.line, Weakness.REMOTE_CODE, Severity.HIGH, "What was just downloaded is loaded as code."
        )
    elif name in ("loads", "load") and look.does(node, Signal.DESERIALIZE) and _is_received(look, unit, node):
        yield look.at(
            unit,
            node.line,
            Weakness.REMOTE_CODE,
            Severity.HIGH,
            "Objects that run code on loading come from the network.",
        )


def command(look: Look, unit: Unit, node: ir.Call) -> str:
    """The words of a command line, shell text or list; pieces that are not fixed stand as one word."""
    words: list[str] = []
    for arg in (*node.args[:2], *(k.value for k in node.keywords if k.name in ("args", "cmd", "command"))):
        for value, where in look.units.values(arg, unit):
            if isinstance(value, ir.Collection):
                words += [
                    look.units.text(i.value if isinstance(i, ir.Spread) else i, where) or GAP for i in value.items
                ]
                break
            text = look.units.text(value, where)
            if text is not None:
                words.append(text)
                break
    return " ".join(words)


def _received(look: Look, unit: Unit) -> frozenset[str]:
    """Names that hold what a request answered, or something made of it."""
    found: set[str] = set()
    if not any(isinstance(n, ir.Call) and look.sends(n) for n in unit.nodes):
        return frozenset()
    for _ in range(3):
        for name, values in unit.names.items():
            for value in values:
                for node in pieces(value):
                    if (isinstance(node, ir.Call) and look.sends(node)) or (
                        isinstance(node, ir.Name) and node.id in found
                    ):
                        found.add(name)
    return frozenset(found)


def _saves(look: Look, unit: Unit, node: ir.Call, received: frozenset[str]) -> bool:
    name = last_name(node.callee)
    if name == "urlretrieve":
        return any(True for _ in addresses(look, unit, node))
    if name not in _SAVES:
        return False
    return any(isinstance(n, ir.Name) and n.id in received for arg in node.args for n in pieces(arg))


def _is_received(look: Look, unit: Unit, node: ir.Call) -> bool:
    return any(
        isinstance(inner, ir.Call) and look.sends(inner)
        for arg in node.args
        for value, _ in look.units.values(arg, unit)
        for inner in pieces(value)
    ) or any(isinstance(inner, ir.Call) and look.sends(inner) for arg in node.args for inner in pieces(arg))
