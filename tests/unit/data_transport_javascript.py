"""Rows of transport flaws and sound twins in JavaScript: weakness, name, source."""

# ruff: noqa: E501 - a case is read best on one line

from tests.unit.data_servers import js
from tests.unit.data_transport_parts import DONE, OFF, OLD, PLAIN

JAVASCRIPT = [
    (OFF, "process variable", js("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';" + DONE)),
    (OFF, "process variable in brackets", js("process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = 0;" + DONE)),
    (
        OFF,
        "https agent",
        js(
            "const agent = new https.Agent({ rejectUnauthorized: false });\nawait fetch('https://x.example', { agent, signal: AbortSignal.timeout(5) });"
            + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OFF,
        "axios agent",
        js(
            "await axios.get('https://x.example', { httpsAgent: new https.Agent({ rejectUnauthorized: false }), timeout: 5 });"
            + DONE,
            "import https from 'node:https';\nimport axios from 'axios';\n",
        ),
    ),
    (
        OFF,
        "undici",
        js(
            "const d = new Agent({ connect: { rejectUnauthorized: false } });\nawait fetch('https://x.example', { dispatcher: d });"
            + DONE,
            "import { Agent } from 'undici';\n",
        ),
    ),
    (
        OFF,
        "got",
        js(
            "await got('https://x.example', { https: { rejectUnauthorized: false }, timeout: { request: 5 } });" + DONE,
            "import got from 'got';\n",
        ),
    ),
    (
        OFF,
        "strictSSL",
        js(
            "await request({ url: 'https://x.example', strictSSL: false, timeout: 5 });" + DONE,
            "import request from 'request';\n",
        ),
    ),
    (
        OFF,
        "insecure",
        js(
            "const o = {};\no.rejectUnauthorized = false;\nhttps.request('https://x.example', o);" + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OFF,
        "from a constant",
        js(
            "const agent = new https.Agent({ rejectUnauthorized: STRICT });" + DONE,
            "import https from 'node:https';\nconst STRICT = false;\n",
        ),
    ),
    (
        OFF,
        "server identity",
        js(
            "https.get({ host: 'x.example', checkServerIdentity: () => undefined });" + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OFF,
        "database",
        js("const p = new pg.Pool({ ssl: { rejectUnauthorized: false } });" + DONE, "import pg from 'pg';\n"),
    ),
    (
        OFF,
        "git",
        js(
            "await run('git', ['-c', 'http.sslVerify=false', 'fetch']);" + DONE,
            "import { execFile } from 'node:child_process';\nimport { promisify } from 'node:util';\nconst run = promisify(execFile);\n",
        ),
    ),
    (
        OFF,
        "curl",
        js(
            "execSync('curl -k https://x.example', { timeout: 5 });" + DONE,
            "import { execSync } from 'node:child_process';\n",
        ),
    ),
    (
        OFF,
        "child's environment",
        js(
            "spawn('node', ['x.js'], { env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' } });" + DONE,
            "import { spawn } from 'node:child_process';\n",
        ),
    ),
    (OFF, "git environment", js("process.env.GIT_SSL_NO_VERIFY = 'true';" + DONE)),
    (
        OFF,
        "conditional",
        js(
            "const agent = new https.Agent({ rejectUnauthorized: process.env.NODE_ENV === 'production' ? true : false });"
            + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (
        OLD,
        "minimum version",
        js("tls.connect({ host: 'x.example', minVersion: 'TLSv1' });" + DONE, "import tls from 'node:tls';\n"),
    ),
    (
        OLD,
        "secure protocol",
        js(
            "https.get({ host: 'x.example', secureProtocol: 'TLSv1_method' });" + DONE,
            "import https from 'node:https';\n",
        ),
    ),
    (OLD, "default", js("tls.DEFAULT_MIN_VERSION = 'TLSv1.1';" + DONE, "import tls from 'node:tls';\n")),
    (PLAIN, "literal", js("await fetch('http://api.weather.io/v1', { signal: AbortSignal.timeout(5) });" + DONE)),
    (
        PLAIN,
        "constant",
        js("await fetch(API, { signal: AbortSignal.timeout(5) });" + DONE, "const API = 'http://api.weather.io/v1';\n"),
    ),
    (
        PLAIN,
        "template",
        js(
            "await fetch(`${BASE}/now`, { signal: AbortSignal.timeout(5) });" + DONE,
            "const BASE = 'http://api.weather.io';\n",
        ),
    ),
    (PLAIN, "sum", js("await fetch('http://api.weather.io/?q=' + city, { signal: AbortSignal.timeout(5) });" + DONE)),
    (
        PLAIN,
        "URL object",
        js(
            "const u = new URL('http://api.weather.io/v1');\nu.searchParams.set('q', city);\nawait fetch(u, { signal: AbortSignal.timeout(5) });"
            + DONE
        ),
    ),
    (
        PLAIN,
        "URL object as text",
        js(
            "const u = new URL('/v1', 'http://api.weather.io');\nawait fetch(u.toString(), { signal: AbortSignal.timeout(5) });"
            + DONE
        ),
    ),
    (
        PLAIN,
        "axios base",
        js(
            "await api.get('/now');" + DONE,
            "import axios from 'axios';\nconst api = axios.create({ baseURL: 'http://api.weather.io', timeout: 5 });\n",
        ),
    ),
    (
        PLAIN,
        "default of the environment",
        js(
            "await fetch(BASE + '/now', { signal: AbortSignal.timeout(5) });" + DONE,
            "const BASE = process.env.WEATHER_URL || 'http://api.weather.io';\n",
        ),
    ),
    (
        PLAIN,
        "default with ??",
        js(
            "await fetch(`${BASE}/now`, { signal: AbortSignal.timeout(5) });" + DONE,
            "const BASE = process.env.WEATHER_URL ?? 'http://api.weather.io';\n",
        ),
    ),
    (PLAIN, "http.get", js("http.get('http://api.weather.io/x', () => {});" + DONE, "import http from 'node:http';\n")),
    (
        PLAIN,
        "http.request with host",
        js("http.request({ hostname: 'api.weather.io', path: '/x' });" + DONE, "import http from 'node:http';\n"),
    ),
    (
        PLAIN,
        "field",
        js(
            "await new Api().now();" + DONE,
            "class Api { constructor() { this.base = 'http://api.weather.io'; } async now() { return fetch(`${this.base}/now`, { signal: AbortSignal.timeout(5) }); } }\n",
        ),
    ),
    (PLAIN, "websocket", js("const s = new WebSocket('ws://feed.weather.io/x');" + DONE)),
    (
        PLAIN,
        "axios options",
        js(
            "await axios({ method: 'get', url: 'http://api.weather.io/v1', timeout: 5 });" + DONE,
            "import axios from 'axios';\n",
        ),
    ),
    (
        PLAIN,
        "helper",
        js(
            "await load('http://api.weather.io/v1');" + DONE,
            "async function load(url) { return fetch(url, { signal: AbortSignal.timeout(5) }); }\n",
        ),
    ),
    (
        PLAIN,
        "pieces",
        js(
            "await fetch(`${proto}://${host}/x`, { signal: AbortSignal.timeout(5) });" + DONE,
            "const proto = 'http';\nconst host = 'api.weather.io';\n",
        ),
    ),
]
JAVASCRIPT_FINE = [
    js("const agent = new https.Agent({ rejectUnauthorized: true });" + DONE, "import https from 'node:https';\n"),
    js("tls.connect({ host: 'x.example', minVersion: 'TLSv1.2' });" + DONE, "import tls from 'node:tls';\n"),
    js("await fetch('http://localhost:3000/x', { signal: AbortSignal.timeout(5) });" + DONE),
    js("await fetch(`http://127.0.0.1:${city}/x`, { signal: AbortSignal.timeout(5) });" + DONE),
    js("await fetch('https://api.weather.io', { signal: AbortSignal.timeout(5) });" + DONE),
    js("const xmlns = 'http://www.w3.org/2000/svg';" + DONE),
    js(
        "const BASE = process.env.WEATHER_URL ?? 'http://localhost:8080';\nawait fetch(BASE, { signal: AbortSignal.timeout(5) });"
        + DONE
    ),
    js(
        "http.createServer((req, res) => { const u = new URL(req.url, 'http://localhost'); res.end(u.pathname); });"
        + DONE,
        "import http from 'node:http';\n",
    ),
    js("const u = new URL(req.url, 'http://internal.example.com');" + DONE),
    js("if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') console.error('verification is off');" + DONE),
]
