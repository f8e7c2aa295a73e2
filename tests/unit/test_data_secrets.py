"""Secrets in the many ways in which people write them down, and what only looks like one."""

# ruff: noqa: E501 - a case is read best on one line

import time

import pytest

from scanner.collect.inventory import collect_inventory
from scanner.collect.secret_texts import named_values
from scanner.collect.secrets import collect_secrets
from tests.unit.collect_members import box, declaration
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity

MADE = "8Kq2LmZp9RtVw3YbNc5DfGh7"


def search(text: str, path: str = "server/index.py") -> tuple[Finding, ...]:
    bundle = box({"server/index.py": "", path: text})
    return collect_secrets(bundle, collect_inventory(bundle, declaration("server/index.py", "python"))).findings


FOUND = [
    ("server/a.py", f'def creds():\n    return """\n    API Key: {MADE}\n    """', 3),
    ("server/a.py", 'def creds():\n    return """\n    Admin Password: sup3r-s3cret!42\n    """', 3),
    ("server/a.py", 'TEXT = """\nUser: admin_user\nAdmin Password: long_winded_password123\n"""', 3),
    ("server/a.py", 'f.write("""\n- Main API: api_prod_8a7b6c5d4e3f2g1h\n- Gateway: pg_live_9i8u7y6t5r4e3w2q\n""")', 2),
    ("server/a.py", f'f.write("""\n[API]\nSecret = {MADE}\n""")', 3),
    ("server/a.py", f'NOTE = "the token is set, API token: {MADE}"', 1),
    ("server/a.py", f"NOTE = 'Secret Access Key: {MADE}'", 1),
    ("server/a.py", 'key = "sk-a1b2c3d4e5f6g7h8i9j0"', 1),
    ("server/a.py", f'headers = {{"Authorization": "Bearer {MADE}"}}', 1),
    ("server/a.py", 'headers = {"Authorization": "Basic YWRtaW46dDB1Y2gtbTNub3Q="}', 1),
    ("server/a.py", 'DSN = "Server=db.corp.io;Database=crm;Uid=app;Password=t0uch-m3-not;"', 1),
    ("server/a.py", 'URL = "postgresql://app:t0uch-M3-n0t@db.corp.io/crm"', 1),
    ("server/a.py", 'URL = "mongodb+srv://app:t0uchM3n0t9x@cluster0.abcde.mongodb.net"', 1),
    ("server/a.py", 'redis.from_url("redis://default:t0uchM3n0t9x@cache.corp.io:6379")', 1),
    ("server/a.py", f'client = Client(api_key="{MADE}")', 1),
    ("server/a.py", f'CONFIG = {{"client_secret": "{MADE}"}}', 1),
    ("server/a.py", f'os.environ["OPENAI_API_KEY"] = "{MADE}"', 1),
    ("server/a.py", f'key = os.getenv("API_KEY", "{MADE}")', 1),
    ("server/a.py", 'def login(password: str = "t0uch-M3-n0t"):\n    pass', 1),
    ("server/a.js", f"const text = `\nAPI Key: {MADE}\n`;", 2),
    ("server/a.js", f'const apiKey = "{MADE}";', 1),
    ("server/a.js", f"const config = {{ clientSecret: '{MADE}' }};", 1),
    ("server/a.js", f'process.env.API_KEY ??= "{MADE}";', 1),
    ("server/a.js", f"fetch(u, {{ headers: {{ Authorization: 'Bearer {MADE}' }} }})", 1),
    ("server/a.js", "const pool = new Pool({ password: 't0uch-M3-n0t', user: 'app' });", 1),
    ("server/a.ts", f"export const SECRET_KEY: string = '{MADE}';", 1),
    ("server/a.js", f'const t = "gsk_{MADE}{MADE}";', 1),
    ("config/settings.yaml", f"service:\n  api_key: {MADE}\n", 2),
    ("config/app.ini", f"[api]\nsecret = {MADE}\n", 2),
    ("config/app.json", f'{{"apiKey": "{MADE}"}}', 1),
    ("start.sh", f"export API_TOKEN={MADE}\n", 1),
    ("server/a.py", "KEY = 'ntn_" + "4829105736aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6l'", 1),
    ("server/a.py", "BOT = '7412589630:AA" + "HfkZ3x9Qw2Lm5Np8Rt1Vy4Bc7Df0Gj6_K'", 1),
]  # fmt: skip
FINE = [
    (
        "server/a.py",
        'def login(password: str, token: str) -> str:\n    """Log in.\n\n    Args:\n        password: the password of the user\n        token: optional second factor\n    """',
    ),
    ("server/a.py", 'print("API key: not set")'),
    ("server/a.py", 'print(f"API key: {key[:4]}...")'),
    ("server/a.py", 'HELP = """\nAPI Key: <your key>\nPassword: ********\nToken: ${TOKEN}\n"""'),
    ("server/a.py", 'HELP = """\nExample:\n  API Key: YOUR_API_KEY\n  Token: xxxxxxxxxxxxxxxx\n"""'),
    ("server/a.py", 'SQL = """\nSELECT token FROM users WHERE api_key = :api_key\n"""'),
    ("server/a.py", 'TEXT = """\npassword = os.environ["PASSWORD1"]\nkey = config.api_key2\n"""'),
    ("server/a.py", "POSTHOG_API_KEY = 'phc_w69pYvKwGNLsUHU4TGGpgAiscm8nhjud'"),
    ("server/a.py", "STRIPE_KEY = 'pk_live_8Kq2LmZp9RtVw3YbNc5DfGh7'"),
    ("server/a.py", "SENTRY_DSN = 'https://8f14e45fceea167a5a36dedd4bea2543@o12.ingest.sentry.io/45'"),
    ("server/a.py", 'ETAG = "33a64df551425fcc55e4d42a148795d9f25f89d4"'),
    ("server/a.py", 'KEYBOARD = "Press key: Ctrl+Shift+F12"'),
    ("server/a.py", 'URL = "postgresql://user:password@localhost/db"'),
    ("server/a.py", 'URL = f"postgresql://{user}:{password}@{host}/db"'),
    ("server/a.py", 'DSN = "Server=localhost;Uid=sa;Password=<password>;"'),
    ("server/a.py", 'headers = {"Authorization": "Bearer YOUR_ACCESS_TOKEN_HERE"}'),
    ("server/a.py", "cache_key = 'user:profile:v2'"),
    ("server/a.py", 'MODEL = "claude-3-5-sonnet-20241022"  # token limit: 8192'),
    ("server/a.py", "NEXT = {'token': 'next_page_token_2'}"),
    ("server/a.js", "type Options = { password: string; token: Uint8Array; key: Sha256Digest };"),
    ("server/a.js", "const text = `token: ${token}\\nkey: ${key}`;"),
    ("server/a.js", "const label = 'Secret: choose one with 12 characters';"),
    ("server/a.js", "const selector = 'input[name=password2]';"),
    ("server/a.js", "const schema = { api_key: { type: 'string', description: 'API key: 32 hex digits' } };"),
    ("config/settings.yaml", "service:\n  api_key: ${API_KEY}\n  token_url: https://x.example/oauth2/token\n"),
    ("config/app.ini", "[api]\nsecret =\ntoken = changeme123\n"),
    ("docker-compose.yml", "environment:\n  POSTGRES_PASSWORD: ${DB_PASSWORD:-postgres}\n"),
    ("tests/test_a.py", f'API_KEY = "{MADE}"'),
]


@pytest.mark.parametrize(("path", "text", "line"), FOUND, ids=range(len(FOUND)))
def test_a_secret_is_found_where_it_stands(path: str, text: str, line: int) -> None:
    found = search(text, path)
    assert line in {f.line for f in found}
    assert all(f.severity.rank >= Severity.MEDIUM.rank for f in found)


@pytest.mark.parametrize(("path", "text"), FINE, ids=range(len(FINE)))
def test_what_only_tells_about_a_secret_is_left_alone(path: str, text: str) -> None:
    assert search(text, path) == ()


def test_a_chosen_password_is_less_sure_than_a_value_that_chance_made() -> None:
    (chosen,) = search('TEXT = """\nPassword: sup3r-s3cret!42\n"""')
    (made,) = search(f'TEXT = """\nAPI Key: {MADE}\n"""')
    assert (chosen.confidence, made.confidence) == (Confidence.TENTATIVE, Confidence.FIRM)
    assert "s3cret" not in chosen.snippet + chosen.message


@pytest.mark.parametrize(
    "seed", ['"', "'", "`", '"""', "key: ", "password=", "Server=a;", '"Bearer ', "token", "\\", "a"]
)
def test_texts_of_a_hostile_file_take_linear_time(seed: str) -> None:
    data = (seed * (400_000 // len(seed))).encode()
    started = time.process_time()
    list(named_values("server/a.py", "python", data))
    assert time.process_time() - started < 3
