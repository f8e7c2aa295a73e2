"""Errors that show the inside of the server to its callers, and errors that only tell what went wrong."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found
from trust.vocabulary import Weakness

SHOWN = {
    "python": {
        "trace as the answer": """
            import traceback
            @mcp.tool()
            def act(v: str) -> str:
                try:
                    return str(int(v))
                except Exception:
                    return traceback.format_exc()
        """,
        "trace inside a record": """
            import traceback
            @mcp.tool()
            def act(v: str) -> str:
                try:
                    return str(int(v))
                except Exception as e:
                    trace = traceback.format_exc()
                    return json.dumps({"ok": False, "message": str(e), "trace": trace})
        """,
        "raised on": """
            import traceback
            @mcp.tool()
            def act(v: str) -> str:
                try:
                    return str(int(v))
                except Exception as e:
                    raise RuntimeError(f"{e}: {''.join(traceback.format_exception(e))}")
        """,
        "made by a helper": """
            import traceback
            def error_text(e):
                return "failed\\n" + "".join(traceback.format_tb(e.__traceback__))
            @mcp.tool()
            def act(v: str) -> str:
                try:
                    return str(int(v))
                except ValueError as e:
                    return error_text(e)
        """,
        "answer of a route": """
            import traceback
            from starlette.responses import JSONResponse
            @mcp.custom_route("/run", methods=["POST"])
            async def run(request):
                try:
                    return JSONResponse({"ok": await request.json()})
                except Exception:
                    return JSONResponse({"error": traceback.format_exc()}, status_code=500)
            @mcp.tool()
            def act(v: str) -> str:
                return v
        """,
    },
    "javascript": {
        "stack as the answer": """
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; }
              catch (err) { return { content: [{ type: "text", text: err.stack }], isError: true }; }
            });
        """,
        "stack or message": """
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; }
              catch (error) {
                const text = error instanceof Error ? error.stack ?? error.message : String(error);
                return { content: [{ type: "text", text: `Error: ${text}` }], isError: true };
              }
            });
        """,
        "helper for all tools": """
            function failure(e) { return { content: [{ type: "text", text: `${e.message}\\n${e.stack}` }], isError: true }; }
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; } catch (e) { return failure(e); }
            });
        """,
        "every property of the error": """
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; }
              catch (err) { return { content: [{ type: "text", text: JSON.stringify(err, Object.getOwnPropertyNames(err)) }] }; }
            });
        """,
        "answer of a route": """
            import express from "express";
            const app = express();
            app.post("/mcp", async (req, res) => {
              try { res.json({}); } catch (err) { res.status(500).json({ error: err.message, stack: err.stack }); }
            });
            app.listen(3000, "127.0.0.1");
            server.tool("act", "Acts.", {}, async () => ({ content: [] }));
        """,
    },
}
TOLD = {
    "python": {
        "message only": """
            @mcp.tool()
            def act(v: str) -> str:
                try:
                    return str(int(v))
                except ValueError as e:
                    return f"Error: {e}"
        """,
        "trace goes to the log": """
            import logging, traceback
            @mcp.tool()
            def act(v: str) -> str:
                try:
                    return str(int(v))
                except ValueError as e:
                    logging.error(traceback.format_exc())
                    print(traceback.format_exc(), file=sys.stderr)
                    return f"Error: {e}"
        """,
        "only while developing": """
            import traceback
            DEBUG = os.environ.get("DEBUG") == "1"
            @mcp.tool()
            def act(v: str) -> str:
                try:
                    return str(int(v))
                except ValueError as e:
                    if DEBUG:
                        return traceback.format_exc()
                    return f"Error: {e}"
        """,
        "a tool about stacks": """
            @mcp.tool()
            def act(v: str) -> str:
                stack = [v]
                return stack.pop()
        """,
    },
    "javascript": {
        "message only": """
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; }
              catch (err) { return { content: [{ type: "text", text: err.message }], isError: true }; }
            });
        """,
        "stack goes to the log": """
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; }
              catch (err) { console.error(err.stack); return { content: [{ type: "text", text: err.message }], isError: true }; }
            });
        """,
        "only while developing": """
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; }
              catch (err) { return { content: [{ type: "text", text: process.env.NODE_ENV === "development" ? err.stack : err.message }] }; }
            });
        """,
        "helper that only logs": """
            function report(err) { console.error(err.stack); }
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => {
              try { return { content: [{ type: "text", text: JSON.parse(v) }] }; }
              catch (err) { report(err); return { content: [], isError: true }; }
            });
        """,
    },
}
W = Weakness.ERROR_LEAK


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(SHOWN))
def test_a_trace_in_an_answer_is_found(language: str, label: str) -> None:
    assert found(language, SHOWN[language][label], W)


@pytest.mark.parametrize(("language", "label"), rows(TOLD))
def test_an_answer_that_only_tells_is_not_accused(language: str, label: str) -> None:
    assert not found(language, TOLD[language][label], W)
