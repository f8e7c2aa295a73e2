"""Habits that the written code shows by itself: options, flags, assignments, and what tools declare."""

import re
from collections.abc import Iterator, Mapping

from scanner.code import ir
from scanner.code.javascript.index import Place
from scanner.code.javascript.reading import Thing
from scanner.code.javascript.running import Run
from scanner.code.secret_names import is_secret
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Signal, Weakness

W = Weakness
SECRET_FLAG = re.compile(r"(?:^|\s|,)--?([A-Za-z][\w-]*)")


class Declared:
    """The findings of one run that need no flow. `own_acts`: tool name to the sinks that its handler itself calls on
    files
    or values that its arguments decide about; `reaches`: tool name to every sink its code comes to.
    """

    def __init__(self, run: Run, reaches: Mapping[str, set[Signal]], own_acts: Mapping[str, set[Signal]]) -> None:
        self.run = run
        self.reader = run.reader
        self.reaches = reaches
        self.own_acts = own_acts

    def findings(self) -> Iterator[Finding]:
        for place in self.reader.places():
            if self.run.reached(place.scope.module):
                yield from self._of_place(place)
        yield from self._parameters()
        yield from self._annotations()

    def _of_place(self, place: Place) -> Iterator[Finding]:
        node = place.node
        if isinstance(node, ir.Table):
            yield from self._options(node, place)
        elif isinstance(node, ir.Assign):
            yield from self._assigned(node, place)
        elif isinstance(node, ir.Compare):
            yield from self._asked_flag(node, place)
        elif isinstance(node, ir.Call):
            yield from self._dumped(node, place)
            yield from self._flags(node, place)

    def _dumped(self, node: ir.Call, place: Place) -> Iterator[Finding]:
        if self.reader.library(node.callee, place.scope) != "JSON.stringify" or not node.args:
            return
        thing = self.reader.resolve(node.args[0], place.scope)
        whole = thing is not None and isinstance(thing.node, ir.Expr) and self._is_environment(thing)
        if whole:
            yield self._at(
                place, W.ENV_DUMP, Severity.HIGH, "The whole environment, credentials included, is turned into text."
            )

    def _is_environment(self, thing: Thing) -> bool:
        node = thing.node
        if isinstance(node, ir.Table):
            return any(
                key is None and self.reader.library(value, thing.scope) == "process.env" for key, value in node.entries
            )
        if (
            isinstance(node, ir.Call)
            and isinstance(node.callee, ir.Attribute)
            and node.callee.name in {"entries", "assign", "fromEntries"}
        ):
            return any(self.reader.library(arg, thing.scope) == "process.env" for arg in node.args)
        return isinstance(node, ir.Expr) and self.reader.library(node, thing.scope) == "process.env"

    def _flags(self, node: ir.Call, place: Place) -> Iterator[Finding]:
        """`--api-key` on the command line, where every user of the machine can read it."""
        method = node.callee.name if isinstance(node.callee, ir.Attribute) else getattr(node.callee, "id", "")
        names: list[str] = []
        if method in {"option", "requiredOption", "Option"} and node.args:
            text = self.reader.constant(node.args[0], place.scope)
            if isinstance(text, str):
                names = SECRET_FLAG.findall(text) or [text]
        elif method == "options" and node.args:
            names = list(self.reader.table(node.args[0], place.scope) or ())
        elif method == "parseArgs" and node.args:
            listed = (self.reader.table(node.args[0], place.scope) or {}).get("options")
            if listed is not None and isinstance(listed.node, ir.Expr):
                names = list(self.reader.table(listed.node, listed.scope) or ())
        elif method in {"startsWith", "indexOf"} and node.args:
            text = self.reader.constant(node.args[0], place.scope)
            if isinstance(text, str) and text.startswith("--"):
                names = [text.strip("-=")]
        for name in names:
            if is_secret(name.replace("-", "_")):
                yield self._at(
                    place,
                    W.CREDENTIAL_ARGUMENT,
                    Severity.MEDIUM,
                    f"The credential {name} is taken on the command line.",
                )
                return

    def _asked_flag(self, node: ir.Compare, place: Place) -> Iterator[Finding]:
        """`args.includes("--token")` and `arg === "--token"`."""
        for value in (node.left, node.right):
            text = value.value if isinstance(value, ir.Const) else None
            if isinstance(text, str) and text.startswith("--") and is_secret(text.strip("-=").replace("-", "_")):
                message = f"The credential {text} is taken on the command line."
                yield self._at(place, W.CREDENTIAL_ARGUMENT, Severity.MEDIUM, message)

    def _options(self, node: ir.Table, place: Place) -> Iterator[Finding]:
        for key, value in node.entries:
            name = key.value if isinstance(key, ir.Const) else None
            if name == "rejectUnauthorized" and self.reader.constant(value, place.scope) is False:
                yield self._at(
                    place, W.TLS_VERIFY_OFF, Severity.HIGH, "Certificate verification is switched off.", line=value.line
                )
            elif name == "minVersion" and self.reader.constant(value, place.scope) in {"TLSv1", "TLSv1.1", "SSLv3"}:
                yield self._at(
                    place, W.TLS_OLD, Severity.MEDIUM, "An obsolete TLS version is allowed.", line=value.line
                )

    def _assigned(self, node: ir.Assign, place: Place) -> Iterator[Finding]:
        target = node.targets[0]
        name = target.name if isinstance(target, ir.Attribute) else getattr(target, "id", "").partition("~")[0]
        if isinstance(target, ir.Subscript) and isinstance(target.index, ir.Const):
            name = str(target.index.value)
        if name == "NODE_TLS_REJECT_UNAUTHORIZED" and str(self.reader.constant(node.value, place.scope)) in {
            "0",
            "False",
        }:
            yield self._at(
                place,
                W.TLS_VERIFY_OFF,
                Severity.HIGH,
                "Certificate verification is switched off for the whole process.",
            )

    def _parameters(self) -> Iterator[Finding]:
        for tool in self.run.tools:
            for field in tool.fields or ():
                if (
                    is_secret(field.param.name)
                    and field.param.type in {"string", "unknown", "any"}
                    and not field.param.enum
                ):
                    message = f"The tool {tool.name} takes the credential {field.param.name} as a parameter, so the model sees it."  # noqa: E501
                    yield Finding(
                        "js",
                        W.CREDENTIAL_PARAM,
                        Severity.MEDIUM,
                        Confidence.FIRM,
                        message,
                        tool.path,
                        tool.line,
                        self._line(tool.path, tool.line),
                    )

    def _annotations(self) -> Iterator[Finding]:
        """`readOnlyHint: true` on a tool whose code deletes or writes what its caller names."""
        for tool in self.run.tools:
            said = tool.annotations
            if said is None or not (said.read_only or said.destructive is False):
                continue
            acts = self.reaches.get(tool.name, set())
            own = self.own_acts.get(tool.name, set())
            word = "read-only" if said.read_only else "not destructive"
            if Signal.FILE_DELETE in own or (said.read_only and {Signal.EVAL, Signal.MESSAGE, Signal.FILE_WRITE} & own):
                severity, confidence = Severity.HIGH, Confidence.FIRM
            elif said.read_only and {Signal.EVAL, Signal.MESSAGE} & acts:
                severity, confidence = Severity.MEDIUM, Confidence.TENTATIVE
            else:
                # Deeper down, a written or deleted file may be a cache or a temporary one of the server's own.
                continue
            acts = own or acts
            message = f"The tool {tool.name} calls itself {word}, but its code reaches {', '.join(sorted(s.value for s in acts))}."  # noqa: E501
            yield Finding(
                "js",
                W.ANNOTATION_MISMATCH,
                severity,
                confidence,
                message,
                tool.path,
                tool.line,
                self._line(tool.path, tool.line),
            )

    def _line(self, path: str, line: int) -> str:
        index = self.reader.indexes.get(f"./{path}")
        return index.module.text(line) if index is not None else ""

    def _at(self, place: Place, weakness: Weakness, severity: Severity, message: str, line: int = 0) -> Finding:
        module = place.scope.module
        return Finding(
            "js",
            weakness,
            severity,
            Confidence.FIRM,
            message,
            module.path,
            line or place.line,
            module.text(line or place.line),
        )
