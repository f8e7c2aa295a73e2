"""A log entry per tool call is seen in the handler, in a wrapper around it, and in a function it reports to."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from tests.unit.python_code import answers
from tests.unit.test_code_javascript_facts import HEAD, facts
from trust.vocabulary import Signal

WRAP = "function audited(tool, handler) { return async (input) => { try { return await handler(input); } finally { const line = { event: 'tool_call', tool }; process.stderr.write(JSON.stringify(line)); } }; }\n"
JAVASCRIPT = [
    WRAP + "server.registerTool('act', { inputSchema: {} }, audited('act', async () => 'x'));",
    "function report(tool, result) { console.error(JSON.stringify({ tool, ok: true })); return result; }\nserver.registerTool('act', { inputSchema: {} }, async () => report('act', 'x'));",
    "server.registerTool('act', { inputSchema: {} }, async () => { console.error('call of act'); return 'x'; });",
]
SILENT = [
    "server.registerTool('act', { inputSchema: {} }, async () => 'x');",
    "function register(name, handler) { console.error('registering the tool', name); server.registerTool(name, { inputSchema: {} }, handler); }\nserver.registerTool('act', { inputSchema: {} }, register('act', async () => 'x'));",
    "server.registerTool('act', { inputSchema: {} }, async () => { try { return 'x'; } catch (error) { console.error('act failed'); } });",
    "function report(tool, result) { console.error('done'); return result; }\nserver.registerTool('act', { inputSchema: {} }, async () => report('act', 'x'));",
]


def audited(source: str) -> set[str | None]:
    return {o.tool for o in facts(HEAD + source).observations if o.signal is Signal.AUDIT_TOOL_CALL}


@pytest.mark.parametrize("source", JAVASCRIPT)
def test_javascript_leaves_an_entry(source: str) -> None:
    assert audited(source) == {"act"}


@pytest.mark.parametrize("source", SILENT)
def test_javascript_leaves_none(source: str) -> None:
    assert audited(source) == set()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("line = {'event': 'tool_call', 'tool': 'act'}\n    print(json.dumps(line), file=sys.stderr)", {"act"}),
        ("write_audit(v)", {"act"}),
        ("logging.info('tool act was called')", {"act"}),
        ("logging.info('reading the file')", set()),
        ("line = {'event': 'started'}\n    print(json.dumps(line), file=sys.stderr)", set()),
    ],
)
def test_python(body: str, expected: set[str]) -> None:
    source = f"import sys\ndef write_audit(text):\n    logging.info(text)\n@mcp.tool()\ndef act(v: str):\n    {body}\n"
    found = answers(source).observations
    assert {o.tool for o in found if o.signal is Signal.AUDIT_TOOL_CALL} == expected
