"""Query privilege: tools that run a caller's query, and what keeps it from doing more than reading (CONTROLS.md AZ-05).

A tool that hands a whole query to a database is limited by what the database enforces, never by what the text looks
like. What was promised is read from the tool's own words and from checks in its code; what keeps the promise is judged
by how the driver sends the query: PostgreSQL's simple protocol, DuckDB and SQL Server run several statements in one
text, so `COMMIT; DROP TABLE t` ends a READ ONLY transaction and walks past a check of the first word. The extended
protocol (a prepared or named statement, or one with parameters) takes a single statement (PostgreSQL documentation,
"Frontend/Backend Protocol: Multiple Statements in a Simple Query").
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from scanner.code import ir
from scanner.code.handling import Following, Handling, Site, callee_name, tests
from scanner.code.secret_names import words
from scanner.code.state import Analysis
from scanner.code.walking import walk
from trust.finding import Finding, Observation, Step
from trust.vocabulary import Confidence, Severity, Signal, Weakness

Family: TypeAlias = Literal["postgres", "mysql", "sqlite", "duckdb", "mssql", "other"]
Limit: TypeAlias = Literal["prefix", "words", "one", "parser", "transaction", "engine"]

_DRIVERS: Final[dict[str, Family]] = {
    "pg": "postgres", "postgres": "postgres", "pg-promise": "postgres", "psycopg": "postgres", "psycopg2": "postgres",
    "psycopg_pool": "postgres", "asyncpg": "postgres", "pg8000": "postgres", "aiopg": "postgres",
    "@vercel/postgres": "postgres", "redshift_connector": "postgres", "mysql": "mysql", "mysql2": "mysql",
    "pymysql": "mysql", "aiomysql": "mysql", "MySQLdb": "mysql", "mariadb": "mysql", "asyncmy": "mysql",
    "sqlite3": "sqlite", "aiosqlite": "sqlite", "better-sqlite3": "sqlite", "sqlite": "sqlite", "node:sqlite": "sqlite",
    "libsql": "sqlite", "@libsql/client": "sqlite", "apsw": "sqlite", "duckdb": "duckdb", "@duckdb/node-api": "duckdb",
    "duckdb-async": "duckdb", "mssql": "mssql", "pyodbc": "mssql", "pymssql": "mssql", "tedious": "mssql",
    "sqlalchemy": "other", "sequelize": "other", "typeorm": "other", "knex": "other", "snowflake": "other",
    "clickhouse_connect": "other", "@clickhouse/client": "other", "clickhouse_driver": "other", "oracledb": "other",
    "databases": "other", "trino": "other", "google.cloud.bigquery": "other", "snowflake-sdk": "other",
}  # fmt: skip
_PARSERS: Final = (
    "sqlglot", "pglast", "pg_query", "node-sql-parser", "pgsql-ast-parser", "pgsql-parser", "libpg-query", "sqlparse",
    "sql-parser-cst", "moz_sql_parser", "sqlfluff", "dt-sql-parser", "@pgsql/parser",
)  # fmt: skip
_RUNS: Final = frozenset(
    {"execute", "query", "fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one", "executescript", "exec", "raw",
     "unsafe", "sql", "all", "any", "prepare", "exec_driver_sql", "read_sql", "read_sql_query", "queryRaw", "run",
     "$queryRawUnsafe", "$executeRawUnsafe", "executeMultiple", "each", "manyOrNone", "many", "query_df", "command",
     "request", "runAndReadAll", "execute_query", "get"}
)  # fmt: skip
_BUILDS: Final = frozenset({"text", "SQL", "raw", "sql", "String"})
_QUERY_WORDS: Final = frozenset({"sql", "query", "queries", "statement", "stmt", "statements"})
_PROMISE: Final = re.compile(
    r"read[- ]?only|readonly|\bonly\s+(?:allows?\s+)?(?:runs?\s+)?select\b|select[- ]only|\bselect\s+(?:quer|statement)"
    r"|\bsafe(?:ly)?\b.{0,20}\bquer|\bnon[- ]destructive|\bcannot\s+(?:modify|change|write)",
    re.IGNORECASE,
)
_PREFIX: Final = re.compile(
    r"^\s*(?:\^|\\A)?[\s(?:\\s*+i)]*\(?(?:\?:)?(?:select|with|show|explain|describe|pragma)\b", re.IGNORECASE
)
_WRITES: Final = re.compile(r"\b(?:drop|delete|insert|update|alter|truncate|create|grant)\b", re.IGNORECASE)
_READ_ONLY: Final = re.compile(r"read\s*[_-]?\s*only", re.IGNORECASE)
_ENGINE: Final = re.compile(r"mode=ro\b|query_only|immutable=1|set\s+role|set\s+session\s+authorization", re.IGNORECASE)
_ENGINE_NAMES: Final = frozenset({"readonly", "readOnly", "read_only", "set_authorizer", "fileMustExist"})


@dataclass(frozen=True, slots=True)
class _Run:
    """A place where a tool's input is run as a query."""

    site: Site
    call: ir.Call
    ref: str
    param: str
    family: Family
    several: bool | None
    """Whether one text may hold several statements; None when the driver is not known."""


class Queries:
    """The query tools of one language."""

    def __init__(
        self,
        witness: str,
        analysis: Analysis,
        following: Following,
        modules: Iterable[ir.Module],
        handlings: Iterable[Handling],
    ) -> None:
        self._witness = witness
        self._modules = tuple(modules)
        self._refs = {id(e.node): e.ref for e in analysis.events if e.kind == "sink" and e.signal is Signal.SQL}
        self._tools = tuple(handlings)
        self._following = following
        self._families = {m.name: _families(m) for m in self._modules}
        self._all: frozenset[Family] = frozenset(f for found in self._families.values() for f in found)
        self._parses = any(i.module.startswith(_PARSERS) for m in self._modules for i in m.imports)
        self._several = any(
            isinstance(n, ir.Const | ir.Keyword | ir.Name | ir.Attribute) and _spells_several(n)
            for m in self._modules for n in walk(m.body)
        )  # fmt: skip

    def examine(self) -> tuple[list[Finding], list[Observation]]:
        """Findings of tools whose limit does not hold, and every place that runs a caller's query, with its limits."""
        findings: list[Finding] = []
        seen: list[Observation] = []
        if not self._all:
            return findings, seen
        names = frozenset(h.tool for h in self._tools)
        for handling in self._tools:
            sites = self._following.sites(handling, names)
            for run in (r for site in sites for r in self._runs(site)):
                limits = self._limits(sites, run)
                path, line = run.site.routine.module.path, run.call.line
                kept = self._kept(run, limits)
                detail = "kept" if kept else "limited" if limits else "unlimited"
                seen.append(Observation(Signal.CALLER_QUERY, path, line, detail, handling.tool))
                finding = None if kept else self._broken(handling, run, limits)
                if finding is not None:
                    findings.append(finding)
        return findings, seen

    # --- where ------------------------------------------------------------------------------------------------------

    def _runs(self, site: Site) -> Iterator[_Run]:
        cleaned = _cleaned(site)
        for node in site.nodes:
            if not isinstance(node, ir.Call) or (not node.args and not node.keywords):
                continue
            ref = self._refs.get(id(node), "")
            own = self._following.called(site.routine, node.callee)
            if own is not None or (not ref and callee_name(node) not in _RUNS):
                continue
            text, named = _query_argument(node)
            param = site.input(text) or (cleaned.get(text.id) if isinstance(text, ir.Name) else None)
            if param is None or not _QUERY_WORDS & set(words(param)):
                continue
            family = self._family(site, ref)
            yield _Run(site, node, ref, param, family, self._takes_several(node, ref, family, named=named))

    def _family(self, site: Site, ref: str) -> Family:
        for driver, family in _DRIVERS.items():
            if family != "other" and (ref.startswith((f"{driver}.", f"{driver}(")) or ref == driver):
                return family
        own = self._families.get(site.routine.module.name, frozenset()) - {"other"}
        known = own or self._all - {"other"}
        return next(iter(known)) if len(known) == 1 else "other"

    def _takes_several(self, call: ir.Call, ref: str, family: Family, *, named: bool) -> bool | None:
        name = callee_name(call) or ref.rpartition(".")[2]
        given = len(call.args) > 1 and not _is_empty(call.args[1])
        if family == "sqlite":
            return name in ("executescript", "exec", "executeMultiple")
        if family == "mysql":
            return self._several
        if family in ("duckdb", "mssql"):
            return name != "prepare"
        if family == "postgres":
            prepared = (
                named or given or name in ("prepare", "fetch", "fetchrow", "fetchval", "cursor", "$queryRawUnsafe")
            )
            prepared = prepared or any(k.name == "prepare" for k in call.keywords)
            return not prepared
        return None

    # --- by what ----------------------------------------------------------------------------------------------------

    def _limits(self, sites: list[Site], run: _Run) -> frozenset[Limit]:
        found: set[Limit] = set()
        for site in sites:
            for test in tests(site.body):
                found |= _of_test(test)
            for node in site.nodes:
                if isinstance(node, ir.Call):
                    found |= self._of_call(node)
                elif isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Attribute):
                    if _READ_ONLY.search(node.targets[0].name) and not _is_false(node.value):
                        found.add("transaction")
                elif isinstance(node, ir.Const) and isinstance(node.value, str) and _ENGINE.search(node.value):
                    found.add("engine")
        if self._opened_read_only(run.family):
            found.add("engine")
        return frozenset(found)

    def _of_call(self, node: ir.Call) -> set[Limit]:
        name = callee_name(node)
        found: set[Limit] = set()
        first = node.args[0] if node.args else None
        if isinstance(first, ir.Const) and isinstance(first.value, str) and _READ_ONLY.search(first.value):
            found.add("transaction")
        if any(k.name is not None and _READ_ONLY.search(k.name) and not _is_false(k.value) for k in node.keywords):
            found.add("transaction")
        if name == "set_authorizer":
            found.add("engine")
        if self._parses and name in (
            "parse",
            "parse_one",
            "parseOne",
            "astify",
            "parseSync",
            "parse_sql",
            "parseQuery",
            "parseFirst",
            "scan",
        ):
            found.add("parser")
        for test in (node, *node.args):
            if isinstance(test, ir.Call) and callee_name(test) in (
                "startswith",
                "startsWith",
                "match",
                "search",
                "fullmatch",
                "test",
            ):
                found |= _of_test(test)
        return found

    def _opened_read_only(self, family: Family) -> bool:
        """Whether the database is opened so that it refuses writes, wherever in the code that is."""
        for module in self._modules:
            for node in walk(module.body):
                if isinstance(node, ir.Const) and isinstance(node.value, str) and _ENGINE.search(node.value):
                    return True
                opens = isinstance(node, ir.Call) and callee_name(node) in (
                    "connect",
                    "Database",
                    "DatabaseSync",
                    "open",
                    "Connection",
                    "create",
                    "Client",
                    "createClient",
                )
                if not opens or family not in ("sqlite", "duckdb", "other"):
                    continue
                named = {k.name: k.value for k in node.keywords}
                for table in (a for a in node.args if isinstance(a, ir.Table)):
                    named.update((str(k.value), v) for k, v in table.entries if isinstance(k, ir.Const))
                if any(
                    name in _ENGINE_NAMES - {"fileMustExist"} and not _is_false(v) for name, v in named.items() if name
                ):
                    return True
        return False

    def _kept(self, run: _Run, limits: frozenset[Limit]) -> bool:
        """Whether something enforces that the query can only read."""
        single = run.several is False or "one" in limits
        if limits & {"engine", "parser"}:
            return True
        if "transaction" in limits and single:
            return True
        return single and bool(limits & {"prefix", "words"}) and run.family in ("sqlite", "mysql")

    def _broken(self, handling: Handling, run: _Run, limits: frozenset[Limit]) -> Finding | None:
        promised = handling.read_only or _PROMISE.search(handling.text) is not None
        if not limits and not promised:
            return None
        severity, confidence = Severity.HIGH, Confidence.FIRM
        if "transaction" in limits:
            how = 'a "COMMIT;" in its text ends the read-only transaction, because several statements are sent at once'
        elif limits & {"prefix", "words"} and (run.several or run.several is None):
            how = "only the look of its text is checked, and a second statement after a semicolon runs as well"
        elif limits & {"prefix", "words", "one"}:
            how = "only the look of its text is checked; a WITH clause or a function can still write"
            severity, confidence = Severity.LOW, Confidence.TENTATIVE
        else:
            how = "it promises only to read, and nothing enforces it"
        if run.several is None and severity is Severity.HIGH:
            severity, confidence = Severity.MEDIUM, Confidence.TENTATIVE
        if not limits:
            severity = Severity.MEDIUM
        module = run.site.routine.module
        message = f"Tool {handling.tool} runs its caller's {run.param}: {how}."
        steps = (
            Step(handling.path, handling.line, f"tool {handling.tool} takes {run.param} from its caller"),
            Step(module.path, run.call.line, "runs it as a query"),
        )
        return Finding(
            self._witness, Weakness.QUERY_PRIVILEGE, severity, confidence, message, module.path, run.call.line,
            module.text(run.call.line), steps=steps,
        )  # fmt: skip


def _families(module: ir.Module) -> frozenset[Family]:
    found: set[Family] = set()
    for bound in module.imports:
        for driver, family in _DRIVERS.items():
            if bound.module == driver or bound.module.startswith((f"{driver}.", f"{driver}/")):
                found.add(family)
    return frozenset(found)


def _spells_several(node: ir.Const | ir.Keyword | ir.Name | ir.Attribute) -> bool:
    """MySQL's drivers refuse several statements unless they are told to take them."""
    if isinstance(node, ir.Const):
        return isinstance(node.value, str) and node.value in ("multipleStatements", "multi_statements")
    name = node.id if isinstance(node, ir.Name) else node.name
    return name in ("multi", "MULTI_STATEMENTS", "multipleStatements")


def _query_argument(call: ir.Call) -> tuple[ir.Expr | None, bool]:
    """The expression that is the query, and whether it is sent by the extended protocol because of how it is given."""
    given = next((k.value for k in call.keywords if k.name in ("sql", "query", "statement", "text", "operation")), None)
    first = call.args[0] if call.args else given
    named = False
    if isinstance(first, ir.Table):
        entries = {str(k.value): v for k, v in first.entries if isinstance(k, ir.Const)}
        values = entries.get("values")
        named = "name" in entries or (values is not None and not _is_empty(values)) or "queryMode" in entries
        first = entries.get("text") or entries.get("sql")
    for _ in range(2):
        if isinstance(first, ir.Call) and callee_name(first) in _BUILDS and len(first.args) == 1:
            first = first.args[0]
    return first, named


def _cleaned(site: Site) -> dict[str, str]:
    """Local names of an input that went through one call: `checked = validate(sql)`."""
    found: dict[str, str] = {}
    for node in site.nodes:
        if isinstance(node, ir.Assign) and isinstance(node.targets[0], ir.Name) and isinstance(node.value, ir.Call):
            call = node.value
            held = [p for a in call.args[:1] if (p := site.input(a)) is not None]
            if held and callee_name(call) not in _RUNS | {"len", "bool", "split"}:
                found[node.targets[0].id] = held[0]
    return found


def _of_test(test: ir.Expr) -> set[Limit]:
    """What a test looks for in the text of a query."""
    found: set[Limit] = set()
    for node in walk(test):
        if isinstance(node, ir.Const) and isinstance(node.value, str):
            text = node.value
            if text.strip() == ";" or text in (r";\s*\S", ";.+"):
                found.add("one")
            elif _PREFIX.match(text):
                found.add("prefix")
            elif _WRITES.search(text):
                found.add("words")
        elif isinstance(node, ir.Name | ir.Attribute):
            name = node.id if isinstance(node, ir.Name) else node.name
            parts = set(words(name.partition("~")[0]))
            if parts & {"forbidden", "dangerous", "blocked", "denied", "disallowed", "banned", "keywords", "mutating"}:
                found.add("words")
            elif parts & {"allowed", "readonly", "safe"} and parts & {
                "prefixes",
                "statements",
                "keywords",
                "commands",
                "verbs",
                "starts",
                "prefix",
            }:
                found.add("prefix")
            elif name in ("reader", "readonly"):
                found.add("engine")
        elif (
            isinstance(node, ir.Compare)
            and node.op in (">", "!=", ">=")
            and isinstance(node.left, ir.Call | ir.Attribute)
        ):
            inner = {n.id for n in walk(node.left) if isinstance(n, ir.Name)}
            counted = (
                callee_name(node.left) in ("len", "count")
                if isinstance(node.left, ir.Call)
                else node.left.name == "length"
            )
            if counted and any(
                set(words(n)) & {"statements", "parts", "parsed", "stmts", "queries", "sql", "asts"} for n in inner
            ):
                found.add("one")
    return found


def _is_empty(node: ir.Expr) -> bool:
    return (isinstance(node, ir.Collection) and not node.items) or (isinstance(node, ir.Const) and node.value is None)


def _is_false(node: ir.Expr) -> bool:
    return isinstance(node, ir.Const) and node.value in (False, None)
