"""Limits on how often a caller may call: libraries and hand-written ones; somebody else's limit is none."""

import pytest

from tests.unit.meaning_code import server
from trust.vocabulary import Signal

TOOL = {
    "python": "\n@mcp.tool()\ndef act(v: str) -> str:\n    return v\n",
    "javascript": '\nserver.tool("act", "Acts.", {}, async () => ({ content: [] }));\n',
}
LIMITED = [
    ("python", "from slowapi import Limiter\nlimiter = Limiter(key_func=str)\n"),
    ("python", "from fastapi_limiter.depends import RateLimiter\n"),
    ("python", "class RateLimiter:\n    pass\nlimit = RateLimiter()\n"),
    ("python", "def refuse():\n    return JSONResponse({}, status_code=429)\n"),
    ("python", "from fastmcp.server.middleware.rate_limiting import RateLimitingMiddleware\n"),
    ("javascript", 'import rateLimit from "express-rate-limit";\napp.use(rateLimit({ max: 9 }));\n'),
    ("javascript", 'import { RateLimiterMemory } from "rate-limiter-flexible";\n'),
    ("javascript", 'import limiter from "@fastify/rate-limit";\n'),
    ("javascript", "function gate(req, res, next) { if (hits > 9) return res.status(429).end(); next(); }\n"),
    ("javascript", "const bucket = new TokenBucket(5);\n"),
]
UNLIMITED = [
    ("python", "import httpx\ndef handle_rate_limit_error(r):\n    return r\nhandle_rate_limit_error(1)\n"),
    ("python", "def check(r):\n    return r.status_code == 429\n"),
    ("javascript", "async function get(r) { if (r.status === 429) await parseRateLimitHeaders(r); }\n"),
    ("javascript", 'import express from "express";\n'),
]


@pytest.mark.parametrize(("language", "source"), LIMITED)
def test_a_limit_is_seen(language: str, source: str) -> None:
    assert server(language, source + TOOL[language]).saw(Signal.RATE_LIMIT)


@pytest.mark.parametrize(("language", "source"), UNLIMITED)
def test_another_services_limit_is_none(language: str, source: str) -> None:
    assert not server(language, source + TOOL[language]).saw(Signal.RATE_LIMIT)
