"""What a hostile file can make these questions cost: time grows with its size, not with its square."""

import time

import pytest

from scanner.code.part import Part
from tests.unit.javascript_code import facts
from tests.unit.python_code import answers

MANY = 1500
EXPRESS = (
    'import express from "express"; import open from "open"; import jwt from "jsonwebtoken";\nconst app = express();\n'
)
HOSTILE_JS = {
    "routes": EXPRESS + 'app.get("/mcp", h);\n' * MANY + "app.listen(3000);\n",
    "openers": EXPRESS + "function redirectHandler(url) {\n" + "open(url);\n" * MANY + "}\n",
    "environment": EXPRESS + 'app.get("/d", (req, res) => {\n' + "res.json(process.env.API_TOKEN);\n" * MANY + "});\n",
    "sessions": EXPRESS
    + 'app.post("/mcp", (req, res) => {\nconst sessionId = req.headers["mcp-session-id"];\n'
    + "live[sessionId].send(1);\n" * MANY
    + "});\napp.listen(3000);\n",
    "fallbacks": EXPRESS
    + 'app.post("/mcp", (req, res) => {\n'
    + "use(req.headers.authorization || process.env.API_TOKEN);\n" * MANY
    + "});\napp.listen(3000);\n",
}
HOSTILE_PY = {
    "early exits": "def f(token):\n"
    + "    if token:\n        return 1\n" * MANY
    + "    return 2\nf(1)\nmcp.run('sse')\n",
    "assigned servers": "v = None\n" + "mcp.auth = v\n" * MANY + "mcp.run('sse')\n",
    "verifications": "from authlib.jose import jwt as a\ndef f(t):\n" + "    a.decode(t, KEY)\n" * MANY + "f(1)\n",
    "endpoints": "import uvicorn\n" + "uvicorn.run(mcp.sse_app())\n" * MANY,
    "comparisons": "async def gate(request, call_next):\n    t = request.headers.get('authorization')\n"
    + "    if t == os.environ['API_TOKEN']:\n        pass\n" * MANY
    + "    return await call_next(request)\ngate\nmcp.run('sse')\n",
}


def limited(part: Part, began: float) -> None:
    assert part is not None
    assert time.process_time() - began < 20


@pytest.mark.parametrize("name", HOSTILE_JS)
def test_javascript(name: str) -> None:
    began = time.process_time()
    limited(facts(HOSTILE_JS[name]), began)


@pytest.mark.parametrize("name", HOSTILE_PY)
def test_python(name: str) -> None:
    began = time.process_time()
    limited(answers(HOSTILE_PY[name]), began)
