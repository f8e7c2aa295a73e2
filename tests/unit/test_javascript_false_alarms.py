"""What ordinary JavaScript servers do that looks like a flaw, next to the flaw it looks like."""

import pytest

from tests.unit.javascript_servers import FLAWED, MAKE, SDK, with_helper
from trust.vocabulary import Severity, Weakness

API = "const u = new URL('https://api.example/x');"


@pytest.mark.parametrize(
    ("body", "chosen"),
    [
        (f"{API} u.searchParams.append('q', v); return fetch(u.toString())", False),
        (f"{API} u.searchParams.set('q', `${{a}},${{v}}`); return fetch(u)", False),
        (f"{API} u.pathname = `/p/${{v}}`; u.search = a; u.hash = a; return fetch(u.href)", False),
        ("const u = new URL(v); u.searchParams.append('q', a); u.pathname = '/x'; return fetch(u.toString())", True),
        (f"{API} u.host = v; return fetch(u)", True),
    ],
)
def test_what_is_set_behind_the_host_of_an_address_does_not_choose_it(body: str, chosen: bool) -> None:
    text = f'{SDK}{MAKE}server.tool("t", {{ v: z.string(), a: z.string() }}, async ({{ v, a }}) => {{ {body} }});'
    part = with_helper({"index.js": text}, FLAWED)
    assert (Weakness.SSRF in {f.weakness for f in part.findings}) is chosen


@pytest.mark.parametrize(
    ("then", "opened"),
    [
        ("res.end('yes')", False),
        ("res.end(fs.readFileSync('/srv/www' + decodeURIComponent(req.url)))", True),
    ],
)
def test_telling_routes_apart_opens_no_file(then: str, opened: bool) -> None:
    body = f"const url = new URL(`http://localhost${{req.url}}`); if (url.pathname.startsWith('/mcp')) {then};"
    text = f"import http from 'http'; import fs from 'fs';\nhttp.createServer((req, res) => {{ {body} }}).listen(3000);"
    part = with_helper({"index.js": text}, FLAWED)
    assert (Weakness.PATH_TRAVERSAL in {f.weakness for f in part.findings}) is opened


@pytest.mark.parametrize(
    ("shown", "weakness"),
    [
        ("env.LOG_LEVEL", None),
        ("`level ${env.LOG_LEVEL} unknown`", None),
        ("env", Weakness.ENV_DUMP),
        ("JSON.stringify(parsed.data)", Weakness.ENV_DUMP),
        ("env.API_TOKEN", Weakness.SECRET_LOGGING),
    ],
)
def test_one_variable_of_a_checked_environment_is_not_all_of_it(shown: str, weakness: Weakness | None) -> None:
    text = "import { z } from 'zod'; const parsed = z.object({}).safeParse(process.env); const env = parsed.data;\n"
    part = with_helper({"index.js": f"{text}console.error({shown});"}, FLAWED)
    found = {f.weakness for f in part.findings} & {Weakness.ENV_DUMP, Weakness.SECRET_LOGGING}
    assert found == ({weakness} if weakness else set())


def test_an_address_opened_unseen_weighs_high_once() -> None:
    text = "import open from 'open';\n"
    text += "export class Provider { async redirectToAuthorization(url) { await open(url.href); } }"
    found = with_helper({"index.js": text}, FLAWED).findings
    assert {f.weakness: f.severity for f in found if f.line == 2} == {
        Weakness.URL_OPENED: Severity.HIGH,
        Weakness.COMMAND_INJECTION: Severity.MEDIUM,
    }


def test_a_credential_the_model_must_pass_is_told_without_alarm() -> None:
    text = f'{SDK}{MAKE}server.tool("get", {{ token: z.string() }}, async ({{ token }}) => ({{ content: [] }}));'
    found = [f for f in with_helper({"index.js": text}, FLAWED).findings if f.weakness is Weakness.CREDENTIAL_PARAM]
    assert [f.severity for f in found] == [Severity.MEDIUM]


RECORDER = """import fs from 'fs'; import path from 'path';
class Store { constructor() { this.known = new Map(); }
  static getInstance() { if (!Store.instance) { Store.instance = new Store(); } return Store.instance; }
  add(id) { this.known.set(id, { dir: '/srv/out' }); }
  find(id) { const s = this.known.get(id); return s ? s : null; } }
"""


@pytest.mark.parametrize(
    ("opened", "flawed"),
    [
        ("Store.getInstance().find(v).dir", False),
        ("new Store().find(v).dir", False),
        ("path.join(Store.getInstance().find('x').dir, v)", True),
    ],
)
def test_what_is_found_under_a_key_is_not_the_key(opened: str, flawed: bool) -> None:
    body = f"await fs.promises.writeFile(path.join({opened}, 'a.txt'), 'x'); return {{ content: [] }};"
    text = f'{SDK}{RECORDER}{MAKE}server.tool("t", {{ v: z.string() }}, async ({{ v }}) => {{ {body} }});'
    found = {f.weakness for f in with_helper({"index.js": text}, FLAWED).findings}
    assert (Weakness.PATH_TRAVERSAL in found) is flawed


@pytest.mark.parametrize(
    ("command", "severity"),
    [
        ("`npm install ${name}`", Severity.HIGH),
        ("`npm install left-pad`", Severity.HIGH),
        ("`npm install ${name}-linux@${pkg.version} --no-save`", Severity.MEDIUM),
        ("'npm i left-pad@1.3.0'", Severity.MEDIUM),
        ("'npx wrangler@latest login'", Severity.MEDIUM),
        ("`npx -y ${name}`", Severity.HIGH),
    ],
)
def test_one_named_version_weighs_less_than_whatever_is_newest(command: str, severity: Severity) -> None:
    text = f"import {{ execSync }} from 'child_process'; const name = process.argv[2]; execSync({command});"
    found = [f for f in with_helper({"index.js": text}, FLAWED).findings if f.weakness is Weakness.REMOTE_CODE]
    assert [f.severity for f in found] == [severity]


def test_a_listener_for_metrics_is_no_endpoint_of_the_protocol() -> None:
    metrics = """import express from 'express';
export class Metrics { start() { this.app = express(); this.app.get('/health', (req, res) => { res.json({}); });
  this.server = this.app.listen(3001, () => {}); } }
"""
    text = """import express from 'express'; import { Metrics } from './metrics.js'; import { t } from './t.js';
const app = express(); app.post('/mcp', async (req, res) => { await t.handleRequest(req, res, req.body); });
app.listen(3000, '127.0.0.1'); new Metrics().start();
"""
    part = with_helper({"index.js": text, "metrics.js": metrics}, FLAWED)
    assert [listener.path for listener in part.listeners] == ["index.js"]


@pytest.mark.parametrize(
    ("escaped", "flawed"),
    [
        (r"""x.replace(/\\/g, '\\\\').replace(/"/g, '\\"')""", False),
        (r"""x.replaceAll('\\', '\\\\').replaceAll('"', '\\"')""", False),
        (r"""x.replace(/"/g, '\\"')""", True),
        (r"""x.replace(/"/g, '\\"').replace(/\\/g, '\\\\')""", True),
        ("x", True),
    ],
)
def test_a_text_with_its_quotation_marks_escaped_ends_nowhere_else(escaped: str, flawed: bool) -> None:
    head = f"import {{ execFile }} from 'child_process';\nfunction esc(x) {{ return {escaped}; }}\n"
    body = "execFile('osascript', ['-e', `info for \"${esc(v)}\"`], () => {}); return { content: [] };"
    text = f'{SDK}{head}{MAKE}server.tool("t", {{ v: z.string() }}, async ({{ v }}) => {{ {body} }});'
    found = {f.weakness for f in with_helper({"index.js": text}, FLAWED).findings}
    assert (Weakness.CODE_INJECTION in found) is flawed
