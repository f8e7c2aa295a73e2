"""Python calls that hand a query to a database, a graph, a directory or a search service.

Sources: the documentation of each named library.
"""

from dataclasses import replace
from typing import Final

from scanner.code.rules import Sink, Transform
from scanner.code.safety import Safe
from trust.vocabulary import Signal

_SQL: Final = Sink(Signal.SQL, "sql", (0,), ("sql", "query", "statement", "operation", "query_", "cypher"))
_SEARCH: Final = replace(_SQL, args=(0,), keywords=("jql", "jql_str", "query"), limited=True)
_DIRECTORY: Final = replace(_SQL, args=(1, 2), keywords=("search_filter", "filterstr"))
_DOCUMENTS: Final = Sink(Signal.SQL, "where", (0,), ("filter", "query"))
_ASYNCPG: Final = (
    "$pool", "$conn", "$connection", "$db", "$con", "$_pool", "$_conn", "$db_pool", "$tx", "asyncpg.connect()",
    "asyncpg.create_pool()", "asyncpg.create_pool().acquire()",
)  # fmt: skip
_QUERIED: Final = (
    "$bq", "$bq_client", "$bigquery_client", "$clickhouse", "$clickhouse_client", "$ch_client", "$client", "$db",
    "$conn", "$con", "$duckdb_conn", "$duck", "google.cloud.bigquery.Client()", "clickhouse_connect.get_client()",
    "clickhouse_connect.get_async_client()", "duckdb.connect()", "pyodbc.connect()", "surrealdb.Surreal()",
)  # fmt: skip
_GRAPHS: Final = (
    "*.session()", "$session", "$tx", "$transaction", "*.begin_transaction()", "$graph", "py2neo.Graph()",
    "$neo4j_session", "$_session",
)  # fmt: skip

QUERIES: Final[dict[str, Sink]] = {
    "*.execute": _SQL,
    "*.executemany": _SQL,
    "*.executescript": _SQL,
    "*.fetchrow": _SQL,
    "*.fetchval": _SQL,
    "*.fetch_all": _SQL,
    "*.fetch_one": _SQL,
    "*.acquire().fetch": _SQL,
    **{f"{base}.fetch": _SQL for base in _ASYNCPG},
    "*.read_sql_query": _SQL,
    "*.read_sql": _SQL,
    "*.exec_driver_sql": _SQL,
    "*.mogrify": _SQL,
    "*.copy_expert": _SQL,
    "psycopg.connect().cursor().copy": _SQL,
    "duckdb.sql": _SQL,
    "duckdb.query": _SQL,
    "duckdb.execute": _SQL,
    "sqlalchemy.text": _SQL,
    "sqlalchemy.sql.text": _SQL,
    "sqlalchemy.sql.expression.text": _SQL,
    "sqlmodel.text": _SQL,
    "*.objects.raw": _SQL,
    "*.objects.extra": replace(_SQL, keywords=("where", "select")),
    "django.db.models.expressions.RawSQL": _SQL,
    **{f"{base}.{verb}": _SQL for base in _QUERIED for verb in ("query", "sql", "command", "query_df", "query_and_wait")
       if not (base == "$client" and verb != "query")},
    "$spark.sql": _SQL,
    "*.getOrCreate().sql": _SQL,
    "clickhouse_driver.Client().execute": _SQL,
    "*.execute_query": _SQL,
    "*.execute_sql": _SQL,
    **{f"{base}.run": _SQL for base in _GRAPHS},
    "$driver.query": _SQL,
    "$graph.query": _SQL,
    "*.search_issues": _SEARCH,
    "*.enhanced_jql": _SEARCH,
    "*.jql": _SEARCH,
    "*.cql": _SEARCH,
    "gql.gql": _SEARCH,
    "ldap3.Connection().search": _DIRECTORY,
    "$ldap_conn.search": _DIRECTORY,
    "$ldap.search": _DIRECTORY,
    "*.search_s": _DIRECTORY,
    "*.search_ext": _DIRECTORY,
    "*.search_ext_s": _DIRECTORY,
    **{f"*.{verb}": _DOCUMENTS for verb in ("find_one", "count_documents", "delete_many", "update_many", "aggregate")},
    **{f"${name}.find": _DOCUMENTS for name in ("collection", "coll", "col", "_collection")},
}  # fmt: skip

_ESCAPED: Final = Transform(adds=Safe.SQL)
ESCAPES: Final[dict[str, Transform]] = dict.fromkeys(
    (
        "*.format_query_value", "*.quote_identifier", "*.quote_ident", "*.quote_literal", "*.escape_string",
        "*.escape_filter_chars", "*.escape_identifier", "*.escape_literal", "*.sql.Identifier", "*.sql.Literal",
        "*.quote_name", "*.identifier_preparer.quote", "$conn.literal", "$connection.literal", "$conn.escape",
        "$connection.escape", "$db.escape",
    ),
    _ESCAPED,
)  # fmt: skip
"""What the libraries offer to put a value or a name into a query."""
