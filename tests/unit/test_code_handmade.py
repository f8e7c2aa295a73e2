"""Servers that speak the protocol without a library: their tools are found all the same, and nothing else is one."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from scanner.collect.code import collect_code
from tests.unit.collect_members import box, declaration
from trust.facts import Annotations, Code, File, Inventory, Param
from trust.vocabulary import Signal, Weakness

SCHEMA = "{'type': 'object', 'properties': {'v': {'type': 'string', 'maxLength': 9}}, 'required': ['v']}"
HEAD = "import json, os, sys\n"
LOOP = "for line in sys.stdin:\n    print(json.dumps(answer(json.loads(line))))\n"
ONE = f"{{'name': 'act', 'description': 'Acts.', 'inputSchema': {SCHEMA}, 'annotations': {{'readOnlyHint': True}}}}"
PYTHON = {
    "a literal list and a branch": f"def act(v):\n    os.system('ls ' + v)\ndef answer(m):\n    if m['method'] == 'tools/list':\n        return {{'result': {{'tools': [{ONE}]}}}}\n    if m['method'] == 'tools/call':\n        if m['params']['name'] == 'act':\n            return act(m['params']['arguments']['v'])\n",
    "a constant and a table of functions": f"TOOLS = [{ONE}]\ndef act(arguments):\n    os.system('ls ' + arguments['v'])\nHANDLERS = {{'act': act}}\ndef answer(m):\n    if m['method'] == 'tools/list':\n        return {{'tools': TOOLS}}\n    if m['method'] == 'tools/call':\n        return HANDLERS[m['params']['name']](m['params']['arguments'])\n",
    "functions by method": f"TOOLS = [{ONE}]\ndef listed(params):\n    return {{'tools': TOOLS}}\ndef called(params):\n    os.system('ls ' + params['arguments']['v'])\nMETHODS = {{'tools/list': listed, 'tools/call': called}}\ndef answer(m):\n    return METHODS[m['method']](m['params'])\n",
    "a function beside the tool": f"def act(arguments):\n    os.system('ls ' + arguments['v'])\nTOOLS = {{'act': {{'definition': {ONE}, 'run': act}}}}\ndef answer(m):\n    match m['method']:\n        case 'tools/list':\n            return [t['definition'] for t in TOOLS.values()]\n        case 'tools/call':\n            return TOOLS[m['params']['name']]['run'](m['params']['arguments'])\n",
}  # fmt: skip
JS_ONE = "{ name: 'act', description: 'Acts.', inputSchema: { type: 'object', properties: { v: { type: 'string', maxLength: 9 } }, required: ['v'] }, annotations: { readOnlyHint: true } }"
JAVASCRIPT = {
    "a switch": f"function answer(m) {{ switch (m.method) {{ case 'tools/list': return {{ tools: [{JS_ONE}] }}; case 'tools/call': if (m.params.name === 'act') {{ return exec('ls ' + m.params.arguments.v); }} }} }}\n",
    "a table of methods": f"const TOOLS = [{JS_ONE}];\nconst METHODS = {{ 'tools/list': () => ({{ tools: TOOLS }}), 'tools/call': (m) => exec('ls ' + m.params.arguments.v) }};\nfunction answer(m) {{ return METHODS[m.method](m); }}\n",
}  # fmt: skip


def collected(path: str, source: str) -> Code:
    language = "python" if path.endswith(".py") else "javascript"
    files = (File(path, len(source), "", language, "own"),)  # type: ignore[arg-type]
    kind = "python" if language == "python" else "node"
    return collect_code(box({path: source}), Inventory(files), declaration(path, kind))  # type: ignore[arg-type]


def judged(code: Code) -> None:
    (tool,) = code.tools
    assert (tool.name, tool.description) == ("act", "Acts.")
    assert tool.params == (Param("v", "string", required=True, bounded=True),)
    assert tool.annotations == Annotations(read_only=True)
    assert Signal.PROCESS in tool.reaches
    assert Weakness.COMMAND_INJECTION in {f.weakness for f in code.findings}
    assert code.gaps == ()


@pytest.mark.parametrize("source", PYTHON.values(), ids=PYTHON.keys())
def test_python_by_hand(source: str) -> None:
    judged(collected("server/main.py", HEAD + source + LOOP))


@pytest.mark.parametrize("source", JAVASCRIPT.values(), ids=JAVASCRIPT.keys())
def test_javascript_by_hand(source: str) -> None:
    head = "import { exec } from 'node:child_process';\nimport readline from 'node:readline';\n"
    loop = "readline.createInterface({ input: process.stdin }).on('line', (line) => process.stdout.write(JSON.stringify(answer(JSON.parse(line)))));\n"
    judged(collected("server/index.js", head + source + loop))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("server/main.py", f"SHAPES = [{ONE}]\nprint(len(SHAPES))\n"),
        ("server/index.js", f"const SHAPES = [{JS_ONE}];\nconsole.error(SHAPES.length);\n"),
    ],
)
def test_a_list_of_shapes_alone_is_no_server_and_its_tools_are_a_gap(path: str, source: str) -> None:
    code = collected(path, source)
    assert code.tools == ()
    assert any("No tool registration" in gap.reason for gap in code.gaps)
