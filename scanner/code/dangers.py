"""What it means that a tainted value reaches a sink: which weakness, and which protection would have ended it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scanner.code.rules import Safe, Sink
from scanner.code.state import Frame, Hit
from scanner.code.values import NOTHING, UNKNOWN, Taint, Value, union
from trust.finding import Step
from trust.vocabulary import Weakness

_SHELLS: Final = ("sh", "bash", "zsh", "dash", "ksh", "fish", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh")
_SHELL_FLAGS: Final = ("-c", "-lc", "-ic", "/c", "/C", "-Command", "-command", "/k")
_INTERPRETERS: Final = ("python", "python3", "node", "perl", "ruby", "php", "osascript")
_CODE_FLAGS: Final = ("-c", "-e", "--eval", "-r", "-p")
_SIMPLE: Final = {
    "code": (Weakness.CODE_INJECTION, Safe.CODE),
    "data": (Weakness.DESERIALIZATION, Safe.DATA),
    "template": (Weakness.TEMPLATE_INJECTION, Safe.TEMPLATE),
    "sql": (Weakness.SQL_INJECTION, Safe.SQL),
    "path": (Weakness.PATH_TRAVERSAL, Safe.PATH),
    "open-url": (Weakness.COMMAND_INJECTION, Safe.URL),
}


class _Judge:
    """The hits of one sink call."""

    def __init__(self, frame: Frame, line: int, ref: str, sink: Sink) -> None:
        self._frame = frame
        self._line = line
        self._ref = ref
        self._sink = sink

    def hits(self, taint: Taint, weakness: Weakness, needs: Safe, *, weak: bool = False) -> Iterator[Hit]:
        for label, (safe, steps) in self._frame.here().apply(taint).items():
            final = Step(self._frame.module.path, self._line, f"reaches {_shown(self._ref)}")
            arbitrary = safe & Safe.FRESH == Safe.FRESH
            yield Hit(
                weakness, self._sink.signal, label, safe, needs, (*steps, final), self._frame.module.path,
                self._line, self._ref, arbitrary, weak, limited=self._sink.limited,
            )  # fmt: skip

    def argv(self, items: tuple[Value, ...], rest: Taint, *, program_known: bool = False) -> Iterator[Hit]:
        """A program and its arguments, each one a value."""
        texts = [v.const for v in items]
        program = "" if program_known else _program(texts)
        shell = program in _SHELLS and any(t in _SHELL_FLAGS for t in texts)
        code = program in _INTERPRETERS and any(t in _CODE_FLAGS for t in texts)
        separated = False
        before: object = None
        for at, value in enumerate(items):
            if value.const == "--":
                separated = True
            taint = value.everything()
            if taint and at == 0 and not program_known:
                yield from self.hits(taint, Weakness.COMMAND_INJECTION, Safe.SHELL)
            elif taint and (shell or code) and before in (*_SHELL_FLAGS, *_CODE_FLAGS):
                needs = Safe.SHELL if shell else Safe.CODE
                yield from self.hits(taint, Weakness.COMMAND_INJECTION if shell else Weakness.CODE_INJECTION, needs)
            elif taint and not separated and not (isinstance(before, str) and before.startswith("-")):
                yield from self.hits(taint, Weakness.ARGUMENT_INJECTION, Safe.OPTION)
            before = value.const
        if rest and not separated:
            yield from self.hits(rest, Weakness.ARGUMENT_INJECTION, Safe.OPTION, weak=True)


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
    judged = _Judge(frame, line, ref, sink)
    values = [args[i] for i in sink.args if i < len(args)]
    values += [keywords[k] for k in sink.keywords if k in keywords]
    if sink.receiver and receiver is not None:
        values.append(receiver)
    style = sink.style
    if style in ("argv", "program", "options", "spawn"):
        yield from _process(judged, style, args, keywords, rest, values)
    elif style == "shell":
        yield from judged.hits(union(v.everything() for v in values), Weakness.COMMAND_INJECTION, Safe.SHELL)
    elif style == "log":
        yield from judged.hits(
            union(v.everything() for v in (*args, *keywords.values())), Weakness.SECRET_LOGGING, Safe.LOG
        )
    elif style == "store":
        if not (receiver is not None and receiver.private) and not any(v.private for v in args):
            yield from judged.hits(union(v.everything() for v in values), Weakness.INSECURE_STORAGE, Safe.LOG)
    elif style == "url":
        needs = Safe.URL if _follows(sink, args, keywords, receiver) else Safe.PUBLIC
        yield from judged.hits(union(v.everything() for v in values), Weakness.SSRF, needs)
    elif style in _SIMPLE:
        weakness, needs = _SIMPLE[style]
        yield from judged.hits(union(v.everything() for v in values), weakness, needs)


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
    if style in ("program", "options"):
        yield from judged.argv(args, rest, program_known=style == "options")
        return
    shell = keywords.get("shell")
    if style == "spawn" and (shell is None or shell.const in (False, None)):
        # Node's way: the program, then a list of its arguments, then options.
        listed = args[1] if len(args) > 1 else NOTHING
        loose = listed.everything() if listed.items is None else listed.taint
        yield from judged.argv((*args[:1], *(listed.items or ())), union([rest, loose]))
        return
    for value in values:
        if shell is not None and shell.const not in (False, None):
            yield from judged.hits(
                value.everything(), Weakness.COMMAND_INJECTION, Safe.SHELL, weak=shell.const is UNKNOWN
            )
        elif value.items is not None:
            yield from judged.argv(value.items, value.taint)
        else:
            # One string without a shell names the program itself; a list of unknown order may hold options.
            held = value.everything()
            program = {label: mark for label, mark in held.items() if mark[0] & Safe.WHOLE}
            other = {label: mark for label, mark in held.items() if label not in program}
            yield from judged.hits(program, Weakness.COMMAND_INJECTION, Safe.SHELL)
            yield from judged.hits(other, Weakness.ARGUMENT_INJECTION, Safe.OPTION, weak=True)


def _program(texts: Sequence[object]) -> str:
    first = texts[0] if texts else None
    return first.replace("\\", "/").rpartition("/")[2] if isinstance(first, str) else ""


def _shown(ref: str) -> str:
    return ref.replace("$", "").replace("()", "") or "a call"
