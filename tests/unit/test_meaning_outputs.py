"""Rights that no tool uses, and pages and answers that pass on what came from outside."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found, server
from trust.vocabulary import Confidence, Signal, Weakness

READS = {
    "python": "\n@mcp.tool()\ndef list_files(q: str) -> str:\n    return q\n@mcp.tool()\ndef get_file(i: str) -> str:\n    return i\n",
    "javascript": '\nserver.tool("search_mail", "Searches.", {}, async () => ({ content: [] }));\n',
}
WRITES = {
    "python": "\n@mcp.tool()\ndef create_file(q: str) -> str:\n    return q\n",
    "javascript": '\nserver.tool("send_mail", "Sends.", {}, async () => ({ content: [] }));\n',
}
BROAD = [
    ("python", 'SCOPES = ["https://www.googleapis.com/auth/drive"]\n'),
    ("python", 'session = OAuth2Session("id", scope="openid repo")\n'),
    ("python", 'app = msal(scopes=["Files.ReadWrite.All"])\n'),
    ("javascript", 'const SCOPES = ["https://mail.google.com/"];\n'),
    (
        "javascript",
        'const url = client.generateAuthUrl({ access_type: "offline", scope: ["https://www.googleapis.com/auth/gmail.modify"] });\n',
    ),
    ("javascript", 'const oauth = { scope: "admin:org read:user" };\n'),
]
NARROW = [
    ("python", 'SCOPES = ["https://www.googleapis.com/auth/drive.readonly"]\n'),
    ("python", 'app = msal(scopes=["Files.Read"])\n'),
    ("javascript", 'const SCOPES = ["https://www.googleapis.com/auth/gmail.readonly", "openid", "email"];\n'),
    ("javascript", 'const oauth = { scope: "read:user public_repo" };\n'),
]


@pytest.mark.parametrize(("language", "source"), BROAD)
def test_a_right_to_write_is_too_much_for_tools_that_read(language: str, source: str) -> None:
    (hit,) = found(language, source + READS[language], Weakness.BROAD_SCOPE)
    assert hit.confidence is Confidence.FIRM


@pytest.mark.parametrize(("language", "source"), NARROW)
def test_rights_to_read_are_noted_and_not_accused(language: str, source: str) -> None:
    code = server(language, source + READS[language])
    assert code.saw(Signal.OAUTH_SCOPE)
    assert not code.found(Weakness.BROAD_SCOPE)


@pytest.mark.parametrize(("language", "source"), BROAD)
def test_a_right_to_write_for_tools_that_write_is_at_most_a_guess(language: str, source: str) -> None:
    hits = found(language, source + WRITES[language], Weakness.BROAD_SCOPE)
    assert all(hit.confidence is Confidence.TENTATIVE for hit in hits)


RAW = {
    "python": {
        "error of a login": """
            from starlette.responses import HTMLResponse
            @mcp.custom_route("/callback", methods=["GET"])
            async def callback(request):
                error = request.query_params.get("error")
                return HTMLResponse(f"<html><body><h1>Login failed</h1><p>{error}</p></body></html>")
        """,
        "straight from the request": """
            from starlette.responses import HTMLResponse
            async def page(request):
                return HTMLResponse("<p>Hello " + request.query_params["name"] + "</p>")
        """,
    },
    "javascript": {
        "error of a login": """
            import express from "express";
            const app = express();
            app.get("/callback", (req, res) => {
              const { error } = req.query;
              res.send(`<html><body><h1>Login failed: ${error}</h1></body></html>`);
            });
        """,
        "search parameters": """
            import http from "node:http";
            function answer(req, res) {
              const url = new URL(req.url, "http://localhost");
              const state = req.query.state;
              res.writeHead(200, { "Content-Type": "text/html" });
              res.end(`<p>State ${state}</p>`);
            }
            http.createServer(answer).listen(8080, "127.0.0.1");
        """,
    },
}
ESCAPED = {
    "python": {
        "escaped": """
            import html
            from starlette.responses import HTMLResponse
            async def callback(request):
                error = html.escape(request.query_params.get("error"))
                return HTMLResponse(f"<p>{error}</p>")
        """,
        "fixed": """
            from starlette.responses import HTMLResponse
            async def callback(request):
                code = request.query_params.get("code")
                await exchange(code)
                return HTMLResponse("<p>You may close this window.</p>")
        """,
        "data": """
            from starlette.responses import JSONResponse
            async def callback(request):
                return JSONResponse({"error": request.query_params.get("error")})
        """,
    },
    "javascript": {
        "escaped": """
            import express from "express";
            import { escapeHtml } from "./page.js";
            const app = express();
            app.get("/callback", (req, res) => { res.send(`<p>${escapeHtml(req.query.error)}</p>`); });
        """,
        "fixed": """
            import express from "express";
            const app = express();
            app.get("/callback", (req, res) => { exchange(req.query.code); res.send("<p>Done.</p>"); });
        """,
    },
}
CLEANED = [
    (
        "python",
        "import re\n@mcp.tool()\ndef act(u: str) -> str:\n    return re.sub(r'\\x1b\\[[0-9;]*m', '', fetch(u))\n",
    ),
    ("python", "@mcp.tool()\ndef act(u: str) -> str:\n    return '<untrusted source>' + fetch(u)\n"),
    (
        "javascript",
        'import stripAnsi from "strip-ansi";\nserver.tool("act", "Acts.", {}, async () => ({ content: [{ type: "text", text: stripAnsi(await get()) }] }));\n',
    ),
    ("javascript", 'server.tool("act", "Acts.", {}, async () => ({ structuredContent: await get(), content: [] }));\n'),
]


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(RAW))
def test_a_request_in_a_page_is_found(language: str, label: str) -> None:
    assert found(language, RAW[language][label] + "\n", Weakness.UNTRUSTED_OUTPUT)


@pytest.mark.parametrize(("language", "label"), rows(ESCAPED))
def test_an_escaped_or_fixed_page_is_no_matter(language: str, label: str) -> None:
    assert not found(language, ESCAPED[language][label], Weakness.UNTRUSTED_OUTPUT)


@pytest.mark.parametrize(("language", "source"), CLEANED)
def test_cleaning_and_marking_are_seen(language: str, source: str) -> None:
    assert server(language, source).saw(Signal.OUTPUT_CLEANED)
