"""Transport: verification that is switched off, obsolete TLS, plain HTTP; in the client libraries of both languages."""

import pytest

from tests.unit.data_servers import weaknesses
from tests.unit.data_transport_javascript import JAVASCRIPT, JAVASCRIPT_FINE
from tests.unit.data_transport_parts import OFF, OLD, PLAIN
from tests.unit.data_transport_python import PYTHON, PYTHON_FINE
from trust.vocabulary import Weakness

ROWS = [*(("python", *r) for r in PYTHON), *(("javascript", *r) for r in JAVASCRIPT)]
FINE = [*(("python", r) for r in PYTHON_FINE), *(("javascript", r) for r in JAVASCRIPT_FINE)]


@pytest.mark.parametrize(
    ("language", "weakness", "name", "source"), ROWS, ids=[f"{a}-{b.value}-{c}" for a, b, c, _ in ROWS]
)
def test_an_open_transport_is_found(language: str, weakness: Weakness, name: str, source: str) -> None:
    assert weakness in weaknesses(source, language), name


@pytest.mark.parametrize(("language", "source"), FINE, ids=[f"{a}-{n}" for n, (a, _) in enumerate(FINE)])
def test_a_sound_transport_is_not_accused(language: str, source: str) -> None:
    assert not {OFF, OLD, PLAIN} & weaknesses(source, language)
