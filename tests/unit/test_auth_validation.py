"""How shown credentials are judged: options left out, parts taken for the whole, verifications whose failure is ignored."""

# ruff: noqa: E501 -- a case is read best as its author would have written it

import pytest

from scanner.code.part import Part
from tests.unit.javascript_code import facts
from tests.unit.python_code import answers
from trust.vocabulary import Severity, Weakness

BAD, SLOW = Weakness.TOKEN_VALIDATION, Weakness.TIMING_COMPARE
C, H, M, L = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW

RUN = "\nimport uvicorn\nuvicorn.run(mcp.sse_app())\n"
GATE = "async def gate(request, call_next):\n"
REFUSE = "        return JSONResponse({}, status_code=401)\n"
ON = "    return await call_next(request)\ngate\n"
PYTHON = [
    # (class, severity or None, source)
    (BAD, C, "def auth(t):\n    return jwt.decode(t, options={'verify_signature': False})\nauth\n"),
    (BAD, C, "OPTIONS = {'verify_signature': False}\ndef auth(t):\n    return jwt.decode(t, options=OPTIONS)\nauth\n"),
    (BAD, C, "def auth(t):\n    return jwt.decode(t, KEY, verify=False)\nauth\n"),
    (BAD, C, "def auth(t):\n    return jwt.decode(t, KEY, algorithms=['HS256', 'none'], audience='a')\nauth\n"),
    (BAD, C, "from jwt import PyJWT\ndef auth(t):\n    return PyJWT().decode(t, options={'verify_signature': False})\nauth\n"),
    (BAD, C, "from jose import jwt as j\ndef auth(t):\n    return j.get_unverified_claims(t)\nauth\n"),
    (BAD, H, "def auth(t):\n    head = jwt.get_unverified_header(t)\n    return jwt.decode(t, KEY, algorithms=[head['alg']], audience='a')\nauth\n"),
    (BAD, M, "def auth(t):\n    return jwt.decode(t, KEY, algorithms=['RS256'])\nauth\n"),
    (BAD, L, "def auth(t):\n    return jwt.decode(t, KEY, algorithms=['HS256'])\nauth\n"),
    (BAD, M, "def auth(t):\n    return jwt.decode(t, KEY, algorithms=['RS256'], options={'verify_aud': False})\nauth\n"),
    (BAD, M, "def auth(t):\n    return jwt.decode(t, KEY, algorithms=['RS256'], audience='a', options={'verify_exp': False})\nauth\n"),
    (BAD, M, "from authlib.jose import jwt as a\ndef auth(t):\n    claims = a.decode(t, KEY)\n    return claims['sub']\nauth\n"),
    (BAD, None, "from authlib.jose import jwt as a\ndef auth(t):\n    claims = a.decode(t, KEY)\n    claims.validate()\n    return claims['sub']\nauth\n"),
    (BAD, None, "def auth(t):\n    return jwt.decode(t, KEY, algorithms=['RS256'], audience='a', issuer='i')\nauth\n"),
    (BAD, None, "def auth(t):\n    kid = jwt.get_unverified_header(t)['kid']\n    return jwt.decode(t, KEYS[kid], algorithms=['RS256'], audience='a')\nauth\n"),
    (BAD, None, "def auth(t, **more):\n    return jwt.decode(t, KEY, algorithms=['RS256'], **more)\nauth\n"),
    (BAD, H, "import base64\n" + GATE + "    token = request.headers['authorization'][7:]\n    part = token.split('.')[1]\n    request.state.user = json.loads(base64.urlsafe_b64decode(part + '=='))['sub']\n" + ON),
    (BAD, None, "import base64\n" + GATE + "    given = base64.b64decode(request.headers['authorization'][6:])\n    if not hmac.compare_digest(given, KEY):\n" + REFUSE + ON),
    (BAD, H, "def verify_token(t):\n    try:\n        jwt.decode(t, KEY, algorithms=['RS256'], audience='a')\n        return True\n    except Exception:\n        return True\nverify_token\n"),
    (BAD, H, "def verify_token(t):\n    try:\n        jwt.decode(t, KEY, algorithms=['RS256'], audience='a')\n    except Exception:\n        pass\n    return True\nverify_token\n"),
    (BAD, None, "def verify_token(t):\n    try:\n        jwt.decode(t, KEY, algorithms=['RS256'], audience='a')\n    except jwt.InvalidTokenError:\n        return False\n    return True\nverify_token\n"),
    (BAD, H, GATE + "    try:\n        jwt.decode(request.headers['authorization'], KEY, algorithms=['RS256'], audience='a')\n    except Exception as e:\n        logging.warning(e)\n" + ON),
    (BAD, None, GATE + "    try:\n        jwt.decode(request.headers['authorization'], KEY, algorithms=['RS256'], audience='a')\n    except jwt.InvalidTokenError:\n" + REFUSE + ON),
    (BAD, None, GATE + "    claims = None\n    try:\n        claims = jwt.decode(request.headers['authorization'], KEY, algorithms=['RS256'], audience='a')\n    except jwt.InvalidTokenError:\n        logging.info('refused')\n    if claims is None:\n" + REFUSE + ON),
    (BAD, M, GATE + "    if not request.headers.get('authorization'):\n" + REFUSE + ON),
    (BAD, M, GATE + "    given = request.headers.get('authorization', '')\n    if not given.startswith('Bearer '):\n" + REFUSE + ON),
    (BAD, None, GATE + "    given = request.headers.get('authorization', '')\n    if not await known(given):\n" + REFUSE + ON),
    (BAD, None, GATE + "    given = request.headers.get('x-api-key')\n    if given not in ACCEPTED:\n" + REFUSE + ON),
    (BAD, H, "TOKEN = os.environ['API_TOKEN']\n" + GATE + "    if request.headers.get('authorization', '') not in TOKEN:\n" + REFUSE + ON),
    (BAD, H, "class V(TokenVerifier):\n    async def verify_token(self, token):\n        return AccessToken(token=token, client_id='x', scopes=[])\nV()\n"),
    (BAD, None, "class V(TokenVerifier):\n    async def verify_token(self, token):\n        if not hmac.compare_digest(token, KEY):\n            return None\n        return AccessToken(token=token, client_id='x', scopes=[])\nV()\n"),
    (BAD, None, "class V(TokenVerifier):\n    async def verify_token(self, token):\n        return await self.store.find(token)\nV()\n"),
    (SLOW, L, "TOKEN = os.environ['API_TOKEN']\n" + GATE + "    if request.headers.get('authorization') != f'Bearer {TOKEN}':\n" + REFUSE + ON),
    (SLOW, L, "API_KEYS = os.environ['API_KEYS'].split(',')\n" + GATE + "    if request.headers.get('x-api-key') not in API_KEYS:\n" + REFUSE + ON),
    (SLOW, L, "TOKEN = os.environ['API_TOKEN']\n" + GATE + "    if TOKEN not in request.headers.get('authorization', ''):\n" + REFUSE + ON),
    (SLOW, None, "TOKEN = os.environ['API_TOKEN']\n" + GATE + "    if not hmac.compare_digest(request.headers.get('authorization', ''), TOKEN):\n" + REFUSE + ON),
    (SLOW, None, "REGION = os.environ['REGION']\n" + GATE + "    if request.headers.get('x-region') != REGION:\n" + REFUSE + ON),
]  # fmt: skip

EXPRESS = """import express from "express";
import jwt from "jsonwebtoken";
import { jwtDecode } from "jwt-decode";
import { decodeJwt, jwtVerify } from "jose";
import { timingSafeEqual } from "node:crypto";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
const app = express();
app.post("/mcp", gate, async (req, res) => { await new StreamableHTTPServerTransport({ sessionIdGenerator: undefined }).handleRequest(req, res, req.body); });
app.listen(3000, "127.0.0.1");
"""
JAVASCRIPT = [
    (BAD, C, "function gate(req, res, next) { req.user = jwt.decode(req.headers.authorization.slice(7)); next(); }"),
    (BAD, C, "function gate(req, res, next) { req.user = jwtDecode(req.headers.authorization.slice(7)); next(); }"),
    (BAD, C, "function gate(req, res, next) { req.user = decodeJwt(req.headers.authorization.slice(7)); next(); }"),
    (BAD, C, 'function gate(req, res, next) { req.user = jwt.verify(req.headers.authorization, KEY, { algorithms: ["none"], audience: "a" }); next(); }'),
    (BAD, C, 'function gate(req, res, next) { req.user = jwt.verify(req.headers.authorization, "", { audience: "a" }); next(); }'),
    (BAD, M, 'function gate(req, res, next) { req.user = jwt.verify(req.headers.authorization, KEY, { algorithms: ["RS256"], audience: "a", ignoreExpiration: true }); next(); }'),
    (BAD, L, "function gate(req, res, next) { req.user = jwt.verify(req.headers.authorization, KEY); next(); }"),
    (BAD, M, 'async function gate(req, res, next) { req.user = (await jwtVerify(req.headers.authorization, jwks, { issuer: "i" })).payload; next(); }'),
    (BAD, None, 'async function gate(req, res, next) { req.user = (await jwtVerify(req.headers.authorization, jwks, { issuer: "i", audience: "a" })).payload; next(); }'),
    (BAD, None, "async function gate(req, res, next) { req.user = (await jwtVerify(req.headers.authorization, jwks, OPTIONS)).payload; next(); }"),
    (BAD, H, 'function gate(req, res, next) { const token = req.headers.authorization; req.user = JSON.parse(Buffer.from(token.split(".")[1], "base64").toString()); next(); }'),
    (BAD, H, 'function gate(req, res, next) { try { jwt.verify(req.headers.authorization, KEY, { algorithms: ["RS256"], audience: "a" }); } catch (e) { console.error(e); } next(); }'),
    (BAD, H, 'function gate(req, res, next) { try { jwt.verify(req.headers.authorization, KEY, { algorithms: ["RS256"], audience: "a" }); next(); } catch (e) { next(); } }'),
    (BAD, None, 'function gate(req, res, next) { try { jwt.verify(req.headers.authorization, KEY, { algorithms: ["RS256"], audience: "a" }); next(); } catch (e) { next(e); } }'),
    (BAD, None, 'function gate(req, res, next) { try { jwt.verify(req.headers.authorization, KEY, { algorithms: ["RS256"], audience: "a" }); } catch (e) { return res.status(401).end(); } next(); }'),
    (BAD, M, "function gate(req, res, next) { if (!req.headers.authorization) return res.status(401).end(); next(); }"),
    (BAD, M, 'function gate(req, res, next) { const h = req.headers.authorization; if (!h || !h.startsWith("Bearer ")) return res.status(401).end(); next(); }'),
    (BAD, None, "async function gate(req, res, next) { const h = req.headers.authorization; if (!(await known(h))) return res.status(401).end(); next(); }"),
    (BAD, H, "const TOKEN = process.env.API_TOKEN;\nfunction gate(req, res, next) { if (!TOKEN.includes(req.headers.authorization)) return res.status(401).end(); next(); }"),
    (SLOW, L, "const TOKEN = process.env.API_TOKEN;\nfunction gate(req, res, next) { if (req.headers.authorization !== `Bearer ${TOKEN}`) return res.status(401).end(); next(); }"),
    (SLOW, L, 'const API_KEYS = process.env.API_KEYS.split(",");\nfunction gate(req, res, next) { if (!API_KEYS.includes(req.headers["x-api-key"])) return res.status(401).end(); next(); }'),
    (SLOW, L, "const TOKEN = process.env.API_TOKEN;\nfunction gate(req, res, next) { if (!req.headers.authorization.includes(TOKEN)) return res.status(401).end(); next(); }"),
    (SLOW, None, "const TOKEN = Buffer.from(process.env.API_TOKEN);\nfunction gate(req, res, next) { if (!timingSafeEqual(Buffer.from(req.headers.authorization), TOKEN)) return res.status(401).end(); next(); }"),
]  # fmt: skip


def worst(part: Part, weakness: Weakness) -> Severity | None:
    found = [f.severity for f in part.findings if f.weakness is weakness]
    return max(found, key=lambda s: s.rank) if found else None


@pytest.mark.parametrize(("weakness", "severity", "source"), PYTHON)
def test_python(weakness: Weakness, severity: Severity | None, source: str) -> None:
    assert worst(answers("import hmac\n" + source + RUN), weakness) == severity


@pytest.mark.parametrize(("weakness", "severity", "source"), JAVASCRIPT)
def test_javascript(weakness: Weakness, severity: Severity | None, source: str) -> None:
    assert worst(facts(EXPRESS + source), weakness) == severity


def test_a_server_without_strangers_may_leave_the_audience_out() -> None:
    source = "@mcp.tool()\ndef who(t: str):\n    return jwt.decode(t, KEY, algorithms=['HS256'])\nmcp.run()\n"
    assert worst(answers(source), BAD) is None
