"""Every dangerous call of the tables: found with a tool's input in it, and silent with a fixed text in its place."""

import pytest

from tests.unit.python_calls import CALLS, HEAD
from tests.unit.python_code import following
from trust.vocabulary import Weakness


def found(body: str) -> set[Weakness]:
    source = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    return {f.weakness for f in following({"server": source}, "").findings}


@pytest.mark.parametrize(("weakness", "body"), [(w, body) for w, bodies in CALLS.items() for body in bodies])
def test_an_input_in_a_dangerous_call_is_found_and_a_fixed_text_is_not(weakness: str, body: str) -> None:
    assert Weakness[weakness] in found(body)
    assert Weakness[weakness] not in found(f"x = 'w'\n{body}")


@pytest.mark.parametrize(
    "body",
    [
        "yaml.load(x, Loader=yaml.SafeLoader)",
        "yaml.load(x, yaml.CSafeLoader)",
        "torch.load(x, weights_only=True)",
        "numpy.load(x)",
        "jsonpickle.decode(x, safe=True)",
        "ruamel.yaml.YAML(typ='safe').load(x)",
        "yaml.safe_load(x)",
        "json.loads(x)",
        "ast.literal_eval(x)",
        "subprocess.run(['ssh', '--', x])",
        "subprocess.run(['bash'], input='fixed')",
        "coll.find_one({'name': x})",
        "tx.run('MATCH (n) WHERE n.a = $a', a=x)",
        "conn.fetch('SELECT * FROM t WHERE a = $1', x)",
        "cur.execute('SELECT * FROM t WHERE a = %s', (x,))",
        "jinja2.Template('Hi {{ name }}').render(name=x)",
        "cur.execute(psycopg.sql.SQL('SELECT {}').format(psycopg.sql.Identifier(x)))",
        "client.query(f'SELECT {clickhouse_connect.driver.binding.format_query_value(x)}')",
        "ldap_conn.search_s('dc', 2, f'(uid={ldap3.utils.conv.escape_filter_chars(x)})')",
        "tx.run('EXPLAIN ' + x)",
    ],
)
def test_the_safe_way_of_a_library_is_no_finding(body: str) -> None:
    grave = {Weakness.DESERIALIZATION, Weakness.SQL_INJECTION, Weakness.CODE_INJECTION, Weakness.TEMPLATE_INJECTION}
    assert not found(body) & (grave | {Weakness.COMMAND_INJECTION})
