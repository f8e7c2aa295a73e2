"""What it means that a tainted value reaches a sink: which weakness, and which protection would have ended it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scanner.code.hooks import judges_every_hop
from scanner.code.rules import Sink
from scanner.code.safety import Safe
from scanner.code.state import Frame, Hit
from scanner.code.values import NOTHING, UNKNOWN, Taint, Value, union
from trust.finding import Step
from trust.vocabulary import Weakness

_SHELLS: Final = frozenset(
    {"sh", "bash", "zsh", "dash", "ksh", "fish", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh"}
)
_RUNNERS: Final = frozenset(
    {
        "sudo",
        "env",
        "docker",
        "podman",
        "kubectl",
        "timeout",
        "nohup",
        "nice",
        "wsl",
        "wsl.exe",
        "xargs",
        "su",
        "uv",
        "poetry",
    }
)
"""Programs that run the program among their arguments."""
_SSH_VALUES: Final = ("-p", "-i", "-l", "-o", "-F", "-J", "-L", "-R", "-D", "-b", "-c", "-m")
_SHELL_FLAGS: Final = ("-c", "-lc", "-ic", "/c", "/C", "-Command", "-command", "/k")
_JOINING: Final = frozenset({"cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh"})
_INTERPRETERS: Final = frozenset(
    {"python", "python3", "node", "perl", "ruby", "php", "osascript", "deno", "bun", "Rscript"}
)
_CODE_FLAGS: Final = ("-c", "-e", "--eval", "-r", "-p")
_SIMPLE: Final = {
    "code": (Weakness.CODE_INJECTION, Safe.CODE),
    "data": (Weakness.DESERIALIZATION, Safe.DATA),
    "template": (Weakness.TEMPLATE_INJECTION, Safe.TEMPLATE),
    "sql": (Weakness.SQL_INJECTION, Safe.SQL),
    "path": (Weakness.PATH_TRAVERSAL, Safe.PATH),
    "open-url": (Weakness.COMMAND_INJECTION, Safe.WEB),
}


class _Judge:
    """The hits of one sink call."""

    def __init__(self, frame: Frame, line: int, ref: str, sink: Sink) -> None:
        self._frame = frame
        self._line = line
        self._ref = ref
        self._sink = sink

    def hits(
        self, taint: Taint, weakness: Weakness, needs: Safe, *, weak: bool = False, limited: bool = False
    ) -> Iterator[Hit]:
        for label, (safe, steps) in self._frame.here().apply(taint).items():
            final = Step(self._frame.module.path, self._line, f"reaches {_shown(self._ref)}")
            arbitrary = safe & Safe.FRESH == Safe.FRESH
            yield Hit(
                weakness, self._sink.signal, label, safe, needs, (*steps, final), self._frame.module.path,
                self._line, self._ref, arbitrary, weak, limited=limited or self._sink.limited,
            )  # fmt: skip

    def line(self, taint: Taint, *, weak: bool = False) -> Iterator[Hit]:
        """A line that a shell reads. What is quoted stays one word, and that word may begin with a dash."""
        yield from self.hits(taint, Weakness.COMMAND_INJECTION, Safe.SHELL, weak=weak)
        quoted = {label: mark for label, mark in self._frame.here().apply(taint).items() if mark[0] & Safe.SHELL}
        yield from self.hits(quoted, Weakness.ARGUMENT_INJECTION, Safe.OPTION, weak=weak)

    def argv(self, items: tuple[Value, ...], rest: Taint, *, program_known: bool = False) -> Iterator[Hit]:
        """A program and its arguments, each one a value."""
        texts = [v.const for v in items]
        program = "" if program_known else _program(texts)
        programs = {program, *(_program([t]) for t in texts)} if program in _RUNNERS else {program}
        shell = bool(programs & _SHELLS) and any(t in _SHELL_FLAGS for t in texts)
        python = bool(items) and items[0].ref == "sys.executable"
        code = (python or bool(programs & _INTERPRETERS)) and any(t in _CODE_FLAGS for t in texts)
        remote = _remote(program, texts)
        git = program in ("git", "git.exe") or program_known
        separated = joined = False
        before: object = None
        for at, value in enumerate(items):
            if value.const in ("--", "--end-of-options"):
                separated = True
            # What follows the flag of these two is put together and read as one command line.
            joined = joined or (shell and bool(programs & _JOINING) and before in _SHELL_FLAGS)
            taint = value.everything()
            if (taint and at == 0 and not program_known) or (
                taint and remote is not None and at >= remote and not separated
            ):
                yield from self.hits(taint, Weakness.COMMAND_INJECTION, Safe.SHELL)
            elif taint and (joined or ((shell or code) and before in (*_SHELL_FLAGS, *_CODE_FLAGS))):
                needs = Safe.SHELL if shell else Safe.CODE
                yield from self.hits(taint, Weakness.COMMAND_INJECTION if shell else Weakness.CODE_INJECTION, needs)
            elif taint and not separated and not (isinstance(before, str) and before.startswith("-")):
                yield from self.hits(taint, Weakness.ARGUMENT_INJECTION, Safe.OPTION)
            elif taint and not separated and git:
                # Some options take their value only where it follows directly.
                yield from self.hits(taint, Weakness.ARGUMENT_INJECTION, Safe.OPTION, limited=True)
            before = value.const
        if rest and not separated:
            yield from self.hits(rest, Weakness.ARGUMENT_INJECTION, Safe.OPTION, weak=True)


def _remote(program: str, texts: Sequence[object]) -> int | None:
    """Where the arguments begin that a program hands to a shell on another machine."""
    if program == "adb" and "shell" in texts:
        return texts.index("shell") + 1
    if program != "ssh":
        return None
    at = 1
    while at < len(texts) and isinstance(option := texts[at], str) and option.startswith("-"):
        at += 2 if option in _SSH_VALUES else 1
    return at + 1


def judge(
    frame: Frame,
    line: int,
    ref: str,
    sink: Sink,
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    rest: Taint,
    receiver: Value | None,
) -> Iterator[Hit]:
    """Every hit of one call of a sink."""
    if _spared(sink, args, keywords, receiver):
        return
    judged = _Judge(frame, line, ref, sink)
    values = [args[i] for i in sink.args if i < len(args)]
    values += [keywords[k] for k in sink.keywords if k in keywords]
    if sink.receiver and receiver is not None:
        values.append(receiver)
    style = sink.style
    if style in ("argv", "program", "options", "spawn", "line", "spawnl"):
        yield from _process(judged, style, args, keywords, rest, values)
    elif style == "shell":
        yield from judged.line(union(v.everything() for v in values))
    elif style == "log":
        yield from judged.hits(
            union(v.everything() for v in (*args, *keywords.values())), Weakness.SECRET_LOGGING, Safe.LOG
        )
    elif style == "store":
        if not (receiver is not None and receiver.private) and not any(v.private for v in args):
            yield from judged.hits(union(v.everything() for v in values), Weakness.INSECURE_STORAGE, Safe.LOG)
    elif style == "url":
        if judges_every_hop(frame.analysis, args, keywords, receiver):
            return
        needs = Safe.URL if _follows(sink, args, keywords, receiver) else Safe.PUBLIC
        yield from judged.hits(union(v.everything() for v in values), Weakness.SSRF, needs)
    elif style == "where":
        inner = (v.fields["$where"] for v in values if v.fields is not None and "$where" in v.fields)
        yield from judged.hits(union(v.everything() for v in inner), Weakness.SQL_INJECTION, Safe.SQL)
    elif style in _SIMPLE:
        weakness, needs = _SIMPLE[style]
        yield from judged.hits(union(v.everything() for v in values), weakness, needs)


def _spared(sink: Sink, args: tuple[Value, ...], keywords: Mapping[str, Value], receiver: Value | None) -> bool:
    """Whether the call's settings make it harmless."""
    if not sink.unless and not sink.when:
        return False
    own = receiver.fields or {} if receiver is not None else {}

    def holds(name: str, *, wanted: str | bool) -> bool:
        given = [v for v in (keywords.get(name), own.get(name)) if v is not None]
        if isinstance(wanted, str):
            given += args[1:]
        return any(v.const == wanted or (isinstance(wanted, str) and (v.ref or "").endswith(wanted)) for v in given)

    if any(holds(name, wanted=wanted) for name, wanted in sink.unless):
        return True
    return bool(sink.when) and not any(holds(name, wanted=wanted) for name, wanted in sink.when)


def _follows(sink: Sink, args: tuple[Value, ...], keywords: Mapping[str, Value], receiver: Value | None) -> bool:
    """Whether the request goes on to where the answer redirects it: what the call says, then its client, then the
    library's way.
    """
    said: list[Mapping[str, Value]] = [keywords, *(v.fields for v in args if v.fields is not None)]
    if receiver is not None and receiver.fields is not None:
        said.append(receiver.fields)
    names = {name for name, _ in sink.hops}
    for settings in said:
        for name in names & settings.keys():
            return (name, settings[name].const) not in sink.hops
    return sink.follows


def _process(
    judged: _Judge,
    style: str,
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    rest: Taint,
    values: list[Value],
) -> Iterator[Hit]:
    if style in ("program", "options", "spawnl"):
        # `os.spawnl` takes a mode and the program before what the program is told to be called.
        yield from judged.argv(args[2:] if style == "spawnl" else args, rest, program_known=style == "options")
        return
    shell = keywords.get("shell") or _option("shell", args)
    if style == "spawn" and (shell is None or shell.const in (False, None)):
        # Node's way: the program, then a list of its arguments, then options.
        listed = args[1] if len(args) > 1 else NOTHING
        loose = listed.everything() if listed.items is None else listed.taint
        yield from judged.argv((*args[:1], *(listed.items or ())), union([rest, loose]))
        return
    for at, value in enumerate(values):
        if shell is not None and shell.const not in (False, None):
            # Python hands only the first of a list to the shell (on Windows all of them); Node joins them.
            first = value.items[0] if value.items and style == "argv" else value
            yield from judged.line(first.everything(), weak=shell.const is UNKNOWN)
            if first is not value and at == 0:
                others = union(v.everything() for v in (value.items or ())[1:])
                yield from judged.line(others, weak=True)
        elif value.items is not None:
            yield from judged.argv(value.items, value.taint)
            fed = keywords.get("input")
            if fed is not None and len(value.items) == 1 and _program([value.items[0].const]) in _SHELLS:
                yield from judged.hits(fed.everything(), Weakness.COMMAND_INJECTION, Safe.SHELL)
        elif style == "line":
            held = value.everything()
            built = {label: mark for label, mark in held.items() if not mark[0] & Safe.WHOLE}
            yield from judged.hits(built, Weakness.COMMAND_INJECTION, Safe.SHELL)
            whole = {label: mark for label, mark in held.items() if label not in built}
            yield from judged.hits(whole, Weakness.COMMAND_INJECTION, Safe.SHELL, weak=True)
        else:
            # One string without a shell names the program itself; a list of unknown order may hold options.
            held = value.everything()
            program = {label: mark for label, mark in held.items() if mark[0] & Safe.WHOLE}
            other = {label: mark for label, mark in held.items() if label not in program}
            yield from judged.hits(program, Weakness.COMMAND_INJECTION, Safe.SHELL)
            yield from judged.hits(other, Weakness.ARGUMENT_INJECTION, Safe.OPTION, weak=True)


def _option(name: str, args: tuple[Value, ...]) -> Value | None:
    """A setting in the table of options that a call ends with."""
    return next((v.fields[name] for v in reversed(args) if v.fields is not None and name in v.fields), None)


def _program(texts: Sequence[object]) -> str:
    first = texts[0] if texts else None
    return first.replace("\\", "/").rpartition("/")[2] if isinstance(first, str) else ""


def _shown(ref: str) -> str:
    return ref.replace("$", "").replace("()", "") or "a call"
