"""Tools that run a caller's query: what keeps them from doing more than they promise, and what only looks like it."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found
from trust.vocabulary import Confidence, Weakness

W = Weakness.QUERY_PRIVILEGE
FLAWED = {
    "python": {
        "prefix and the simple protocol": """
            import psycopg2
            conn = psycopg2.connect(os.environ["DSN"])
            @mcp.tool()
            def run_query(query: str) -> str:
                if not query.strip().lower().startswith("select"):
                    raise ValueError("only SELECT")
                with conn.cursor() as cur:
                    cur.execute(query)
                    return str(cur.fetchall())
        """,
        "read-only transaction that a COMMIT ends": """
            import psycopg
            @mcp.tool()
            def ask(sql: str) -> str:
                with psycopg.connect(os.environ["DSN"]) as conn:
                    conn.execute("BEGIN READ ONLY")
                    return str(conn.execute(sql).fetchall())
        """,
        "session set read-only, several statements": """
            import psycopg2
            def connect():
                conn = psycopg2.connect(os.environ["DSN"])
                conn.set_session(readonly=True)
                return conn
            def run(statement):
                with connect() as conn, conn.cursor() as cur:
                    cur.execute(statement)
                    return cur.fetchall()
            @mcp.tool()
            def report(statement: str) -> str:
                return str(run(statement))
        """,
        "words that must not occur, DuckDB": """
            import duckdb
            db = duckdb.connect("x.db")
            FORBIDDEN = ["drop", "delete"]
            @mcp.tool()
            def analyse(sql: str) -> str:
                if any(word in sql.lower() for word in FORBIDDEN):
                    return "no"
                return str(db.execute(sql).fetchall())
        """,
        "regular expression": """
            import asyncpg
            @mcp.tool()
            async def ask(sql: str) -> str:
                if not re.match(r"^\\s*(select|with)\\b", sql, re.I):
                    return "no"
                conn = await asyncpg.connect(os.environ["DSN"])
                return await conn.execute(sql)
        """,
        "a promise that nothing keeps": """
            import sqlite3
            db = sqlite3.connect("x.db")
            @mcp.tool()
            def ask(sql: str) -> str:
                '''Run a read-only SQL query.'''
                return str(db.execute(sql).fetchall())
        """,
        "script": """
            import sqlite3
            @mcp.tool()
            def ask(sql: str) -> str:
                if not sql.upper().startswith("SELECT"):
                    raise ValueError
                db = sqlite3.connect("x.db")
                db.executescript(sql)
                return "done"
        """,
    },
    "javascript": {
        "read-only transaction that a COMMIT ends": """
            import postgres from "postgres";
            const sql = postgres(process.env.DSN);
            server.registerTool("ask", { description: "Asks.", inputSchema: { query: z.string() } }, async ({ query }) => {
              await sql.unsafe("START TRANSACTION READ ONLY");
              const rows = await sql.unsafe(query);
              return { content: [{ type: "text", text: JSON.stringify(rows) }] };
            });
        """,
        "prefix and a pool": """
            import pg from "pg";
            const pool = new pg.Pool();
            async function execute(text) { return (await pool.query(text)).rows; }
            server.tool("select", "Selects.", { sql: z.string() }, async ({ sql }) => {
              if (!sql.trim().toUpperCase().startsWith("SELECT")) throw new Error("only SELECT");
              return { content: [{ type: "text", text: JSON.stringify(await execute(sql)) }] };
            });
        """,
        "regular expression and empty parameters": """
            import { Client } from "pg";
            server.tool("select", "Selects.", { sql: z.string() }, async ({ sql }) => {
              const client = new Client(); await client.connect();
              if (!/^\\s*select/i.test(sql)) throw new Error("only SELECT");
              const rows = await client.query(sql, []);
              return { content: [{ type: "text", text: JSON.stringify(rows) }] };
            });
        """,
        "MySQL told to take several": """
            import mysql from "mysql2/promise";
            const pool = mysql.createPool({ host: "db", multipleStatements: true });
            server.tool("select", "Selects.", { sql: z.string() }, async ({ sql }) => {
              const first = sql.trim().split(/\\s+/)[0].toLowerCase();
              if (first !== "select") throw new Error("only SELECT");
              const [rows] = await pool.query(sql);
              return { content: [{ type: "text", text: JSON.stringify(rows) }] };
            });
        """,
        "a promise in the annotation": """
            import sqlite from "better-sqlite3";
            const db = sqlite("x.db");
            server.registerTool("ask", { description: "Asks.", inputSchema: { sql: z.string() }, annotations: { readOnlyHint: true } }, async ({ sql }) => {
              db.exec(sql);
              return { content: [] };
            });
        """,
    },
}
SOUND = {
    "python": {
        "parsed": """
            import psycopg2, sqlglot
            conn = psycopg2.connect(os.environ["DSN"])
            @mcp.tool()
            def run_query(query: str) -> str:
                trees = sqlglot.parse(query)
                if len(trees) != 1 or not isinstance(trees[0], sqlglot.exp.Select):
                    raise ValueError("one SELECT")
                with conn.cursor() as cur:
                    cur.execute(query)
                    return str(cur.fetchall())
        """,
        "read-only transaction and a single statement": """
            import asyncpg
            @mcp.tool()
            async def ask(sql: str) -> str:
                conn = await asyncpg.connect(os.environ["DSN"])
                async with conn.transaction(readonly=True):
                    return str(await conn.fetch(sql))
        """,
        "opened read-only": """
            import sqlite3
            @mcp.tool()
            def ask(sql: str) -> str:
                '''Read-only query.'''
                db = sqlite3.connect("file:x.db?mode=ro", uri=True)
                return str(db.execute(sql).fetchall())
        """,
        "DuckDB opened read-only": """
            import duckdb
            db = duckdb.connect("x.db", read_only=True)
            @mcp.tool()
            def ask(sql: str) -> str:
                '''Read-only query.'''
                return str(db.sql(sql))
        """,
        "authorizer": """
            import sqlite3
            def only_reads(action, *rest):
                return sqlite3.SQLITE_OK if action == sqlite3.SQLITE_SELECT else sqlite3.SQLITE_DENY
            db = sqlite3.connect("x.db")
            @mcp.tool()
            def ask(sql: str) -> str:
                '''Only SELECT statements.'''
                db.set_authorizer(only_reads)
                return str(db.execute(sql).fetchall())
        """,
        "an administrator's tool that says so": """
            import psycopg2
            @mcp.tool()
            def execute_sql(sql: str) -> str:
                '''Runs any SQL with the rights of the configured account.'''
                conn = psycopg2.connect(os.environ["DSN"])
                with conn.cursor() as cur:
                    cur.execute(sql)
                return "done"
        """,
        "prefix, and a driver that takes one statement": """
            import sqlite3
            @mcp.tool()
            def ask(query: str) -> str:
                if not query.lower().startswith("select"):
                    raise ValueError
                return str(sqlite3.connect("x.db").execute(query).fetchall())
        """,
        "search terms are no queries": """
            import sqlite3
            db = sqlite3.connect("x.db")
            @mcp.tool()
            def find(query: str) -> str:
                '''Read-only search.'''
                return str(db.execute("SELECT * FROM t WHERE a LIKE ?", (query,)).fetchall())
        """,
    },
    "javascript": {
        "prepared by name": """
            import pg from "pg";
            const pool = new pg.Pool();
            server.tool("ask", "Read-only query.", { sql: z.string() }, async ({ sql }) => {
              await pool.query("BEGIN READ ONLY");
              const rows = await pool.query({ name: "one", text: sql });
              return { content: [{ type: "text", text: JSON.stringify(rows) }] };
            });
        """,
        "semicolons refused inside a read-only transaction": """
            import pg from "pg";
            const pool = new pg.Pool();
            server.tool("ask", "Read-only query.", { sql: z.string() }, async ({ sql }) => {
              if (sql.includes(";")) throw new Error("one statement");
              await pool.query("BEGIN TRANSACTION READ ONLY");
              const rows = await pool.query(sql);
              return { content: [{ type: "text", text: JSON.stringify(rows) }] };
            });
        """,
        "MySQL as it comes": """
            import mysql from "mysql2/promise";
            const pool = mysql.createPool({ host: "db" });
            server.tool("select", "Selects.", { sql: z.string() }, async ({ sql }) => {
              await pool.query("SET SESSION TRANSACTION READ ONLY");
              const [rows] = await pool.query(sql);
              return { content: [{ type: "text", text: JSON.stringify(rows) }] };
            });
        """,
        "opened read-only": """
            import Database from "better-sqlite3";
            const db = new Database("x.db", { readonly: true });
            server.tool("ask", "Read-only query.", { sql: z.string() }, async ({ sql }) => ({
              content: [{ type: "text", text: JSON.stringify(db.prepare(sql).all()) }],
            }));
        """,
        "parsed": """
            import pg from "pg";
            import { Parser } from "node-sql-parser";
            const pool = new pg.Pool();
            const parser = new Parser();
            server.tool("ask", "Read-only query.", { sql: z.string() }, async ({ sql }) => {
              const tree = parser.astify(sql);
              if (Array.isArray(tree) || tree.type !== "select") throw new Error("one SELECT");
              return { content: [{ type: "text", text: JSON.stringify(await pool.query(sql)) }] };
            });
        """,
    },
}


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(FLAWED))
def test_a_limit_that_a_query_can_leave_is_found(language: str, label: str) -> None:
    hits = found(language, FLAWED[language][label], W)
    assert len(hits) == 1, hits
    assert hits[0].confidence is Confidence.FIRM


@pytest.mark.parametrize(("language", "label"), rows(SOUND))
def test_a_limit_that_holds_and_a_tool_that_promises_none_are_not_accused(language: str, label: str) -> None:
    assert not found(language, SOUND[language][label], W)
