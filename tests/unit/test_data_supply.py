"""What runs when nobody looks: install hooks, import-time acts, code from the network, changing tools, containers."""

import pytest

from tests.unit.data_servers import weaknesses
from tests.unit.data_supply_javascript import JAVASCRIPT, JAVASCRIPT_FINE
from tests.unit.data_supply_parts import EVIL, HOOK, PULL, REMOTE, ROOT
from tests.unit.data_supply_python import PYTHON, PYTHON_FINE
from trust.vocabulary import Weakness

ROWS = [*(("python", *r) for r in PYTHON), *(("javascript", *r) for r in JAVASCRIPT)]
FINE = [*(("python", r) for r in PYTHON_FINE), *(("javascript", r) for r in JAVASCRIPT_FINE)]


@pytest.mark.parametrize(
    ("language", "weakness", "name", "source"), ROWS, ids=[f"{a}-{b.value}-{c}" for a, b, c, _ in ROWS]
)
def test_what_runs_unseen_is_found(language: str, weakness: Weakness, name: str, source: str | dict[str, str]) -> None:
    assert weakness in weaknesses(source, language), name


@pytest.mark.parametrize(("language", "source"), FINE, ids=[f"{a}-{n}" for n, (a, _) in enumerate(FINE)])
def test_ordinary_packages_and_servers_are_not_accused(language: str, source: str | dict[str, str]) -> None:
    assert not {HOOK, REMOTE, PULL, ROOT, EVIL} & weaknesses(source, language)
