"""Tools whose effect cannot be undone, by what their code runs, and whether they ask first."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import server
from trust.vocabulary import Signal, Weakness

GIT = """
            import subprocess
            def git(*args):
                return subprocess.run(["git", *args], capture_output=True, timeout=9).stdout.decode()
            @mcp.tool()
            def act({params}) -> str:
                {guard}
                args = ["reset"]
                if mode == "hard":
                    args.append("--hard")
                return git(*args)
"""
JS = """
            import {{ execFile }} from "node:child_process";
            {helper}
            server.tool("act", "Acts.", {{ branch: z.string(), confirmed: {schema} }}, async ({{ branch, confirmed }}) => {{
              {guard}
              execFile("git", ["push", "--force", "origin", "--", branch], {{ timeout: 9 }});
              return {{ content: [] }};
            }});
"""
LASTING = {
    "python": {
        "reset": GIT.format(params="mode: str", guard="pass"),
        "a statement": """
            import sqlite3
            db = sqlite3.connect("x.db")
            @mcp.tool()
            def act(v: int) -> str:
                db.execute("DELETE FROM notes WHERE id = ?", (v,))
                return "gone"
        """,
        "a request": """
            import httpx
            @mcp.tool()
            def act(v: int) -> str:
                return httpx.request("DELETE", f"https://api.example.org/items/{v}", timeout=5).text
        """,
        "a command": """
            import subprocess
            @mcp.tool()
            def act() -> str:
                return subprocess.run(["kubectl", "delete", "namespace", "demo"], timeout=5, capture_output=True).stdout
        """,
    },
    "javascript": {
        "push": JS.format(helper="", schema="z.boolean()", guard=""),
        "a request": """
            server.tool("act", "Acts.", { id: z.string() }, async ({ id }) => {
              await fetch(`https://api.example.org/items/${id}`, { method: "DELETE", signal: AbortSignal.timeout(5) });
              return { content: [] };
            });
        """,
    },
}
ASKING = {
    "python": {
        "an input that decides": GIT.format(
            params="mode: str, confirm: bool = False", guard="if not confirm: raise ValueError('confirm first')"
        ),
        "the user": GIT.replace("def act", "async def act").format(
            params="mode: str, ctx: Context", guard="await ctx.elicit('Really?', schema=dict)"
        ),
    },
    "javascript": {
        "an input that decides": JS.format(
            helper="", schema="z.boolean()", guard='if (!confirmed) throw new Error("confirm first");'
        ),
        "an input that a helper asks for": JS.format(
            helper='function demand(branch, ok) { if (branch === "main" && !ok) throw new Error("confirm first"); }',
            schema="z.boolean().default(false)",
            guard="demand(branch, confirmed);",
        ),
        "the schema": JS.format(helper="", schema="z.literal(true)", guard=""),
    },
}
HARMLESS = {
    "python": {
        "a soft reset": GIT.format(params="mode: str", guard="pass").replace("--hard", "--soft"),
        "a message about it": """
            @mcp.tool()
            def act() -> str:
                raise ValueError("never run git reset --hard or rm -rf")
        """,
    },
    "javascript": {
        "a plain push": JS.format(helper="", schema="z.boolean()", guard="").replace('"--force", ', ""),
        "a request that reads": """
            server.tool("act", "Acts.", { id: z.string() }, async ({ id }) => {
              await fetch(`https://api.example.org/items/${id}`, { method: "GET", signal: AbortSignal.timeout(5) });
              return { content: [] };
            });
        """,
    },
}


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(LASTING))
def test_what_cannot_be_undone_is_seen(language: str, label: str) -> None:
    (tool,) = server(language, LASTING[language][label]).tools
    assert Signal.IRREVERSIBLE in tool.reaches
    assert not tool.confirms


@pytest.mark.parametrize(("language", "label"), rows(ASKING))
def test_a_tool_that_asks_first_is_told_apart(language: str, label: str) -> None:
    (tool,) = server(language, ASKING[language][label]).tools
    assert Signal.IRREVERSIBLE in tool.reaches
    assert tool.confirms


@pytest.mark.parametrize(("language", "label"), rows(HARMLESS))
def test_what_can_be_undone_is_left_alone(language: str, label: str) -> None:
    (tool,) = server(language, HARMLESS[language][label]).tools
    assert Signal.IRREVERSIBLE not in tool.reaches


def test_a_tool_that_says_it_only_reads_and_deletes_contradicts_its_code() -> None:
    source = LASTING["python"]["a statement"].replace("@mcp.tool()", "@mcp.tool(annotations={'readOnlyHint': True})")
    assert server("python", source).found(Weakness.ANNOTATION_MISMATCH)
