"""Tidying up one's own temporary file is no deletion; deleting what a caller names is one."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from tests.unit.python_code import answers
from tests.unit.test_code_javascript_facts import tool
from trust.vocabulary import Signal

PYTHON = "import tempfile\n@mcp.tool()\ndef act(v: str):\n    {}\n"


@pytest.mark.parametrize(
    "body",
    [
        "handle, name = tempfile.mkstemp(dir=Path(v).parent)\n    temp = Path(name)\n    temp.replace(v)\n    temp.unlink(missing_ok=True)",
        "with tempfile.NamedTemporaryFile(delete=False) as file:\n        file.write(b'x')\n    os.unlink(file.name)",
        "temp = v + '.tmp'\n    os.replace(temp, v)\n    os.remove(temp)",
        "temp = Path(v).with_suffix('.tmp')\n    temp.unlink()",
        "lock = f'{v}.lock'\n    os.remove(lock)",
        "for name in ('MERGE_HEAD', 'MERGE_MSG'):\n        (Path(v) / name).unlink()",
        "path = os.path.join(tempfile.gettempdir(), 'report.pdf')\n    os.remove(path)",
    ],
)
def test_python_tidies_up(body: str) -> None:
    found = answers(PYTHON.format(body))
    assert Signal.FILE_DELETE not in found.tools[0].reaches
    assert Signal.TEMP_CLEANUP in {o.signal for o in found.observations}


@pytest.mark.parametrize(
    "body",
    [
        "os.remove(v)",
        "(BASE / v).unlink()",
        "os.remove('/tmp/' + v)",
        "os.remove(os.path.join(tempfile.gettempdir(), v))",
        "temp = tempfile.mkdtemp()\n    temp = v\n    os.remove(temp)",
        "temp_path = v\n    os.remove(temp_path)",
        "os.remove(os.path.join('/srv/tmp-old', v))",
        "import shutil\n    shutil.rmtree(Path.home() / 'Documents')",
    ],
)
def test_python_deletes(body: str) -> None:
    assert Signal.FILE_DELETE in answers(PYTHON.format(body)).tools[0].reaches


@pytest.mark.parametrize(
    "body",
    [
        "const temp = `${v}.${Date.now()}.tmp`; await fs.rename(temp, v); await fs.unlink(temp);",
        "const temp = `/tmp/values-${Date.now()}.yaml`; await fs.unlink(temp);",
        "const made = []; const put = async (n) => { const temp = path.join(os.tmpdir(), n); await fs.writeFile(temp, 'x'); made.push(temp); }; await put(v); made.forEach((one) => fs.unlink(one));",
        "const dir = await fs.mkdtemp('x'); await fs.rm(dir, { recursive: true });",
    ],
)
def test_javascript_tidies_up(body: str) -> None:
    assert Signal.FILE_DELETE not in tool(body, before="import os from 'node:os';").tools[0].reaches


@pytest.mark.parametrize(
    "body", ["await fs.unlink(v);", "await fs.unlink(`/tmp/${v}`);", "const temp = v; await fs.rm(temp);"]
)
def test_javascript_deletes(body: str) -> None:
    assert Signal.FILE_DELETE in tool(body).tools[0].reaches
