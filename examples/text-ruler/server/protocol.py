"""The part of the Model Context Protocol a server with a few tools needs: JSON-RPC, one message per line."""

import json
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, TextIO

SUPPORTED_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
MAX_MESSAGE_BYTES = 1_000_000

PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603


class Refused(Exception):
    """A request that gets a JSON-RPC error; the text is safe to show."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Tool:
    """One tool: its definition as clients see it, and the function behind it."""

    definition: dict[str, Any]
    run: Callable[[dict[str, Any]], dict[str, Any]]


def checked(arguments: object, schema: dict[str, Any]) -> dict[str, Any]:
    """The arguments with defaults filled in, or Refused: unknown, missing, of the wrong type or out of bounds."""
    if not isinstance(arguments, dict):
        raise Refused(INVALID_PARAMS, "arguments must be an object")
    properties = schema["properties"]
    for name in arguments:
        if name not in properties:
            raise Refused(INVALID_PARAMS, "there is an argument this tool does not have")
    values: dict[str, Any] = {}
    for name, rule in properties.items():
        if name not in arguments and name in schema["required"]:
            raise Refused(INVALID_PARAMS, f"{name} is missing")
        value = arguments.get(name, rule.get("default"))
        if rule["type"] == "string":
            if not isinstance(value, str) or len(value) > rule["maxLength"]:
                raise Refused(INVALID_PARAMS, f"{name} must be text of at most {rule['maxLength']} characters")
        elif not isinstance(value, int) or isinstance(value, bool) or not rule["minimum"] <= value <= rule["maximum"]:
            raise Refused(INVALID_PARAMS, f"{name} must be a whole number from {rule['minimum']} to {rule['maximum']}")
        values[name] = value
    return values


class Server:
    """Answers requests one after the other until its input ends."""

    def __init__(self, name: str, version: str, tools: list[Tool]) -> None:
        self._info = {"name": name, "version": version}
        self._tools = {tool.definition["name"]: tool for tool in tools}

    def serve(self, source: BinaryIO, target: TextIO) -> None:
        while line := source.readline(MAX_MESSAGE_BYTES + 1):
            if len(line) > MAX_MESSAGE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = source.readline(MAX_MESSAGE_BYTES)
                answer: dict[str, Any] | None = failure(None, INVALID_REQUEST, "the message is too long")
            else:
                answer = self.answer(line)
            if answer is not None:
                target.write(json.dumps(answer, separators=(",", ":")) + "\n")
                target.flush()

    def answer(self, line: bytes) -> dict[str, Any] | None:
        try:
            message = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            return failure(None, PARSE_ERROR, "the message is not JSON")
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return failure(None, INVALID_REQUEST, "the message is not a request")
        request_id = message.get("id")
        if request_id is None:
            return None
        params = message.get("params", {})
        try:
            if not isinstance(params, dict):
                raise Refused(INVALID_PARAMS, "params must be an object")
            return {"jsonrpc": "2.0", "id": request_id, "result": self.result(message["method"], params)}
        except Refused as refusal:
            return failure(request_id, refusal.code, str(refusal))

    def result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "initialize":
            asked = params.get("protocolVersion")
            return {
                "protocolVersion": asked if asked in SUPPORTED_VERSIONS else SUPPORTED_VERSIONS[0],
                "capabilities": {"tools": {}},
                "serverInfo": self._info,
            }
        if method == "ping":
            return {}
        if method == "tools/list":
            return {"tools": [tool.definition for tool in self._tools.values()]}
        if method == "tools/call":
            return self.call(params)
        raise Refused(UNKNOWN_METHOD, "this server does not know that method")

    def call(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params.get("name")
        tool = self._tools.get(name) if isinstance(name, str) else None
        if tool is None:
            raise Refused(INVALID_PARAMS, "there is no tool of that name")
        started, outcome = time.monotonic(), "refused"
        try:
            value = tool.run(checked(params.get("arguments", {}), tool.definition["inputSchema"]))
            outcome = "ok"
        finally:
            audit(tool.definition["name"], outcome, started)
        return {"content": [{"type": "text", "text": json.dumps(value)}], "structuredContent": value, "isError": False}


def failure(request_id: object, code: int, text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": text}}


def audit(tool: str, outcome: str, started: float) -> None:
    """One JSON line per call on standard error; the text that was measured is not in it."""
    line = {
        "event": "tool_call",
        "call_id": uuid.uuid4().hex,
        "tool": tool,
        "outcome": outcome,
        "milliseconds": round((time.monotonic() - started) * 1000),
    }
    print(json.dumps(line), file=sys.stderr, flush=True)
