"""Secrets in logs, errors and on stdout: found in many styles, and what masks or only tells about them is not accused."""

# ruff: noqa: E501 - a case is read best on one line

import pytest

from tests.unit.data_servers import js, py, weaknesses
from trust.vocabulary import Weakness

W = Weakness.SECRET_LOGGING
ENV = "TOKEN = os.environ['API_TOKEN']\n"
JENV = "const TOKEN = process.env.API_TOKEN;\n"
REQ = "import requests, httpx\n"

PYTHON = {
    "percent": py("logger.info('token %s', TOKEN)\nreturn city", ENV),
    "f-string": py("logger.debug(f'calling with {TOKEN}')\nreturn city", ENV),
    "format": py("logging.warning('using {}'.format(TOKEN))\nreturn city", ENV),
    "modulo": py("logger.error('using %s' % TOKEN)\nreturn city", ENV),
    "print to stderr": py("print('key', TOKEN, file=sys.stderr)\nreturn city", ENV),
    "headers": py(
        "headers = {'Authorization': f'Bearer {TOKEN}'}\nlogger.debug('request headers: %s', headers)\nreturn city", ENV
    ),
    "config object": py(
        "logger.info('config: %s', CONFIG)\nreturn city",
        "CONFIG = {'api_key': os.environ['API_KEY'], 'url': 'https://x.example'}\n",
    ),
    "config as text": py(
        "logger.info('config: %s', json.dumps(CONFIG))\nreturn city", "CONFIG = {'api_key': os.environ['API_KEY']}\n"
    ),
    "settings class": py(
        "logger.info('settings %s', settings.api_key)\nreturn city",
        "class Settings:\n    def __init__(self):\n        self.api_key = os.getenv('API_KEY')\nsettings = Settings()\n",
    ),
    "getter": py(
        "logger.info('got ' + get_token())\nreturn city",
        "def get_token():\n    return os.environ.get('GITHUB_TOKEN')\n",
    ),
    "raised": py("if not city:\n    raise ValueError(f'login with {TOKEN} failed')\nreturn city", ENV),
    "exception with headers": py(
        "headers = {'Authorization': 'Bearer ' + TOKEN}\ntry:\n    r = httpx.get('https://x.example', headers=headers, timeout=5)\nexcept Exception as e:\n    logger.exception('failed: %s %s', e, headers)\nreturn city",
        REQ + ENV,
    ),
    "first part": py("logger.info(f'token starts {TOKEN[:20]}')\nreturn city", ENV),
    "log file": py("with open('debug.log', 'a') as f:\n    f.write(f'token={TOKEN}\\n')\nreturn city", ENV),
    "extra": py("logger.info('call', extra={'token': TOKEN})\nreturn city", ENV),
    "parameter": py("logger.info('login %s %s', city, password)\nreturn city", "", "city: str, password: str"),
    "request body with password": py(
        "payload = {'user': 'a', 'password': os.environ['DB_PASSWORD']}\nlogger.info('payload %s', payload)\nreturn city"
    ),
    "stored token": py(
        "tokens = json.load(open('tokens.json'))\nlogger.info('using %s', tokens['access_token'])\nreturn city"
    ),
    "stored token in an error text": py(
        "t = load().get('mail', {})\nerror_log = f'''\n    Error in {city}\n    Authorization: Bearer {t.get('access_token')}\n    '''\nreturn error_log",
        "def load():\n    with open('tokens.json') as f:\n        return json.load(f)\n",
    ),
    "answer of a login": py(
        "r = requests.post('https://x.example/login', json={}, timeout=5).json()\nlogger.info('logged in: %s', r['access_token'])\nreturn city",
        REQ,
    ),
    "traceback locals": py(
        "log.info('auth=%r', auth)\nreturn city",
        "import structlog\nlog = structlog.get_logger()\nauth = ('me', os.environ['PASSWORD'])\n",
    ),
    "structlog": py(
        "log.info('call', token=TOKEN)\nreturn city", "import structlog\nlog = structlog.get_logger()\n" + ENV
    ),
    "ctx": py(
        "import asyncio\nasyncio.run(ctx.info(f'using {TOKEN}'))\nreturn city",
        "from mcp.server.fastmcp import Context\n" + ENV,
        "city: str, ctx: Context",
    ),
    "response headers": py(
        "logger.debug('sent %s', r.request.headers)\nreturn city",
        REQ + "r = requests.get('https://x.example', headers={'Authorization': os.environ['TOKEN']}, timeout=5)\n",
    ),
    "environment": py("logger.debug('env: %s', dict(os.environ))\nreturn city"),
}
PYTHON_FINE = {
    "length": py("logger.info('token has %d characters', len(TOKEN))\nreturn city", ENV),
    "last four": py("logger.info('token ...%s', TOKEN[-4:])\nreturn city", ENV),
    "first four": py("logger.info('token %s***', TOKEN[:4])\nreturn city", ENV),
    "whether": py("logger.info('token set: %s', bool(TOKEN))\nreturn city", ENV),
    "present": py("logger.info('token %s', 'set' if TOKEN else 'missing')\nreturn city", ENV),
    "masked": py("logger.info('token %s', mask(TOKEN))\nreturn city", ENV + "def mask(s):\n    return s[:2] + '***'\n"),
    "redacted headers": py(
        "headers = {'Authorization': f'Bearer {TOKEN}'}\nlogger.debug('headers %s', redact(headers))\nreturn city",
        ENV + "def redact(h):\n    return {k: '***' if k.lower() == 'authorization' else v for k, v in h.items()}\n",
    ),
    "keys only": py(
        "headers = {'Authorization': f'Bearer {TOKEN}'}\nlogger.debug('headers %s', list(headers.keys()))\nreturn city",
        ENV,
    ),
    "hash": py(
        "logger.info('token %s', hashlib.sha256(TOKEN.encode()).hexdigest()[:8])\nreturn city", "import hashlib\n" + ENV
    ),
    "count of tokens": py(
        "logger.info('used %d tokens', usage['total_tokens'])\nreturn city", "usage = json.loads('{}')\n"
    ),
    "next page": py("logger.info('next %s', r['next_page_token'])\nreturn city", "r = json.loads('{}')\n"),
    "used, not logged": py(
        "r = httpx.get('https://x.example', headers={'Authorization': TOKEN}, timeout=5)\nlogger.info('status %s', r.status_code)\nreturn city",
        REQ + ENV,
    ),
    "name only": py("logger.error('Please set API_TOKEN')\nreturn city", ENV),
    "expiry": py(
        "logger.info('expires %s', tokens['expires_at'])\nreturn city", "tokens = json.load(open('t.json'))\n"
    ),
    "missing": py("if not TOKEN:\n    raise ValueError('API_TOKEN is not set')\nreturn city", ENV),
    "url from environment": py("logger.info('using %s', os.environ.get('BASE_URL'))\nreturn city", ENV),
}
JAVASCRIPT = {
    "template": js("console.error(`token ${TOKEN}`);\nreturn { content: [] };", JENV),
    "argument": js("console.error('token', TOKEN);\nreturn { content: [] };", JENV),
    "sum": js("console.warn('token ' + TOKEN);\nreturn { content: [] };", JENV),
    "direct": js("console.error('key is', process.env.API_KEY);\nreturn { content: [] };"),
    "headers": js(
        "const headers = { Authorization: `Bearer ${TOKEN}` };\nconsole.error('request', headers);\nreturn { content: [] };",
        JENV,
    ),
    "headers as text": js(
        "const headers = { Authorization: `Bearer ${TOKEN}` };\nconsole.error('request ' + JSON.stringify(headers));\nreturn { content: [] };",
        JENV,
    ),
    "config": js(
        "console.error('config', config);\nreturn { content: [] };",
        "const config = { apiKey: process.env.API_KEY, url: 'https://x.example' };\n",
    ),
    "config as text": js(
        "console.error(`config ${JSON.stringify(config, null, 2)}`);\nreturn { content: [] };",
        "const config = { apiKey: process.env.API_KEY };\n",
    ),
    "pino": js(
        "logger.info({ token: TOKEN }, 'call');\nreturn { content: [] };",
        "import pino from 'pino';\nconst logger = pino();\n" + JENV,
    ),
    "winston": js(
        "logger.debug(`using ${TOKEN}`);\nreturn { content: [] };",
        "import winston from 'winston';\nconst logger = winston.createLogger({});\n" + JENV,
    ),
    "thrown": js("if (!city) throw new Error(`login with ${TOKEN} failed`);\nreturn { content: [] };", JENV),
    "log file": js("fs.appendFileSync('debug.log', `token=${TOKEN}\\n`);\nreturn { content: [] };", JENV),
    "stderr": js("process.stderr.write(`token ${TOKEN}\\n`);\nreturn { content: [] };", JENV),
    "class field": js(
        "new Client().call();\nreturn { content: [] };",
        "class Client { constructor() { this.apiKey = process.env.API_KEY; } call() { console.error('using', this.apiKey); } }\n",
    ),
    "stored token": js(
        "const t = JSON.parse(fs.readFileSync('tokens.json', 'utf8'));\nconsole.error('using', t.access_token);\nreturn { content: [] };"
    ),
    "stored token in an error text": js(
        "const t = load().mail;\nconst errorText = `Error for ${city}\\nAuthorization: Bearer ${t.accessToken}`;\nreturn { content: [{ type: 'text', text: errorText }], isError: true };",
        "function load() { return JSON.parse(fs.readFileSync('tokens.json', 'utf8')); }\n",
    ),
    "environment": js("console.error('env', process.env);\nreturn { content: [] };"),
    "logging message": js(
        "await server.server.sendLoggingMessage({ level: 'info', data: `using ${TOKEN}` });\nreturn { content: [] };",
        JENV,
    ),
    "axios config": js(
        "const options = { headers: { 'X-Api-Key': process.env.API_KEY } };\nconsole.error('options', JSON.stringify(options));\nreturn { content: [] };"
    ),
    "destructured": js(
        "console.error(`key ${API_KEY}`);\nreturn { content: [] };", "const { API_KEY } = process.env;\n"
    ),
    "with default": js(
        "console.error('secret:', secret);\nreturn { content: [] };",
        "const secret = process.env.CLIENT_SECRET ?? '';\n",
    ),
}
JAVASCRIPT_FINE = {
    "length": js("console.error(`token has ${TOKEN.length} characters`);\nreturn { content: [] };", JENV),
    "last four": js("console.error(`token ...${TOKEN.slice(-4)}`);\nreturn { content: [] };", JENV),
    "whether": js("console.error('token set', !!TOKEN);\nreturn { content: [] };", JENV),
    "present": js("console.error(`token: ${TOKEN ? 'set' : 'missing'}`);\nreturn { content: [] };", JENV),
    "Boolean": js("console.error('token', Boolean(TOKEN));\nreturn { content: [] };", JENV),
    "masked": js(
        "console.error(mask(TOKEN));\nreturn { content: [] };", JENV + "const mask = (s) => s.slice(0, 2) + '***';\n"
    ),
    "keys only": js(
        "const headers = { Authorization: TOKEN };\nconsole.error(Object.keys(headers));\nreturn { content: [] };", JENV
    ),
    "redacted": js(
        "const headers = { Authorization: TOKEN };\nconsole.error({ ...headers, Authorization: '[redacted]' });\nreturn { content: [] };",
        JENV,
    ),
    "replacer": js(
        "console.error(JSON.stringify(config, (k, v) => (k === 'apiKey' ? '***' : v)));\nreturn { content: [] };",
        "const config = { apiKey: process.env.API_KEY };\n",
    ),
    "not logged": js(
        "const r = await fetch('https://x.example', { headers: { Authorization: TOKEN }, signal: AbortSignal.timeout(5000) });\nconsole.error('status', r.status);\nreturn { content: [] };",
        JENV,
    ),
    "name only": js("console.error('Please set API_TOKEN');\nreturn { content: [] };", JENV),
    "count": js(
        "console.error(`used ${usage.totalTokens} tokens`);\nreturn { content: [] };",
        "const usage = JSON.parse('{}');\n",
    ),
    "missing": js("if (!TOKEN) throw new Error('API_TOKEN is not set');\nreturn { content: [] };", JENV),
    "expiry": js(
        "const t = JSON.parse(fs.readFileSync('t.json', 'utf8'));\nconsole.error('expires', t.token_expiry);\nreturn { content: [] };"
    ),
}
ROWS = [*(("python", k, v) for k, v in PYTHON.items()), *(("javascript", k, v) for k, v in JAVASCRIPT.items())]
FINE = [
    *(("python", k, v) for k, v in PYTHON_FINE.items()),
    *(("javascript", k, v) for k, v in JAVASCRIPT_FINE.items()),
]


@pytest.mark.parametrize(("language", "name", "source"), ROWS, ids=[f"{a}-{b}" for a, b, _ in ROWS])
def test_a_secret_in_a_log_or_an_error_is_found(language: str, name: str, source: str) -> None:
    found = weaknesses(source, language)
    assert {"environment": Weakness.ENV_DUMP, "log file": Weakness.INSECURE_STORAGE}.get(name, W) in found


@pytest.mark.parametrize(("language", "name", "source"), FINE, ids=[f"{a}-{b}" for a, b, _ in FINE])
def test_what_tells_about_a_secret_without_showing_it_is_fine(language: str, name: str, source: str) -> None:
    assert W not in weaknesses(source, language)
