"""Ways to standard output that are no print, and loggers and writers that keep away from it."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found
from trust.vocabulary import Weakness

EARLY = """
            import {{ StdioServerTransport as Base }} from "@modelcontextprotocol/sdk/server/stdio.js";
            class Wire extends Base {{
              constructor() {{ super(); this.raw = process.stdout.write.bind(process.stdout); this.ready = false; this.waiting = []; process.stdout.write = (text) => this.log(text); }}
              begin() {{ this.ready = true; }}
              log(text) {{ if (!this.ready) {{ this.waiting.push(text); return; }} this.raw(JSON.stringify({{ method: "notifications/message", text }})); }}
              progress(value) {{ {guard} this.raw(JSON.stringify({{ method: "notifications/progress", value }})); }}
            }}
            const wire = new Wire();
            wire.progress(1);
            server.tool("act", "Acts.", {{}}, async () => ({{ content: [] }}));
            await server.connect(wire);
"""
LOUD = {
    "python": {
        "the stream under another name": """
            out = sys.stdout
            @mcp.tool()
            def act(v: str) -> str:
                out.write(v)
                return v
        """,
        "the original stream": """
            @mcp.tool()
            def act(v: str) -> str:
                sys.__stdout__.write(v + "\\n")
                return v
        """,
        "the file descriptor, in a helper": """
            def shout(text):
                os.write(1, text.encode())
            @mcp.tool()
            def act(v: str) -> str:
                shout(v)
                return v
        """,
        "click": """
            import click
            @mcp.tool()
            def act(v: str) -> str:
                click.echo("working")
                return v
        """,
    },
    "javascript": {
        "a saved writer": """
            const write = process.stdout.write.bind(process.stdout);
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { write(`working on ${v}`); return { content: [] }; });
        """,
        "the stream under another name": """
            const out = process.stdout;
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { out.write(v); return { content: [] }; });
        """,
        "the file descriptor": """
            import fs from "node:fs";
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { fs.writeSync(1, v); return { content: [] }; });
        """,
        "pino as it comes": """
            import pino from "pino";
            const log = pino({ level: "info" });
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { log.info(v); return { content: [] }; });
        """,
        "Winston's console": """
            import winston from "winston";
            const log = winston.createLogger({ transports: [new winston.transports.Console()] });
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { log.info(v); return { content: [] }; });
        """,
        "before the session has begun": EARLY.format(guard=""),
    },
}
QUIET = {
    "python": {
        "standard error": """
            @mcp.tool()
            def act(v: str) -> str:
                sys.stderr.write(v)
                os.write(2, v.encode())
                return v
        """,
        "click to standard error": """
            import click
            @mcp.tool()
            def act(v: str) -> str:
                click.echo("working", err=True)
                return v
        """,
        "a file": """
            @mcp.tool()
            def act(v: str) -> str:
                with open("/tmp/x", "w") as out:
                    out.write(v)
                return v
        """,
    },
    "javascript": {
        "pino to standard error": """
            import pino from "pino";
            const log = pino({ level: "info" }, pino.destination(2));
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { log.info(v); return { content: [] }; });
        """,
        "Winston's console to standard error": """
            import winston from "winston";
            const log = winston.createLogger({ transports: [new winston.transports.Console({ stderrLevels: ["info"] })] });
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { log.info(v); return { content: [] }; });
        """,
        "standard error": """
            const write = process.stderr.write.bind(process.stderr);
            server.tool("act", "Acts.", { v: z.string() }, async ({ v }) => { write(v); return { content: [] }; });
        """,
        "every method asks": EARLY.format(guard="if (!this.ready) return;"),
    },
}
W = Weakness.STDOUT_POLLUTION


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(LOUD))
def test_text_between_the_messages_is_found(language: str, label: str) -> None:
    assert found(language, LOUD[language][label], W)


@pytest.mark.parametrize(("language", "label"), rows(QUIET))
def test_text_that_goes_elsewhere_is_no_matter(language: str, label: str) -> None:
    assert not found(language, QUIET[language][label], W)
