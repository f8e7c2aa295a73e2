"""Secrets: what is found, what is not, how sure, and that no secret is ever stored."""

# ruff: noqa: E501 - tables of cases

import time
import zlib

import pytest

from scanner.collect.inventory import collect_inventory
from scanner.collect.secrets import collect_secrets
from tests.unit.collect_members import box, declaration
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

BODY = "x7Kq2LmZp9RtVw3YbNc5DfGh8JsTuA"
LONG = "a8Kq2LmZp9Rt5w3YbNc5DfGh8JsTuA" * 4


def with_checksum(prefix: str, body: str = BODY) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        value, rest = divmod(value, 62)
        tail = digits[rest] + tail
    return prefix + body + tail


def search(text: str, path: str = "server/index.js") -> tuple[Finding, ...]:
    bundle = box({"server/index.js": "", path: text})
    return collect_secrets(bundle, collect_inventory(bundle, declaration())).findings


FOUND = [
    ("AKIA" + "Q3EGTX5KLMWZ7NPD", Confidence.FIRM),
    (with_checksum("ghp_"), Confidence.CONFIRMED),
    (with_checksum("npm_"), Confidence.CONFIRMED),
    ("ghp_" + BODY + "000000", Confidence.TENTATIVE),
    ("glpat-" + "a8-Kq2LmZp9RtVw3YbNc", Confidence.FIRM),
    ("xoxb-" + "4829105736-Kq2LmZp9RtVw3YbN", Confidence.FIRM),
    ("https://" + "hooks.slack.com/" + "services/T0AB12CD3/B0AB12CD3/a8Kq2LmZp9RtVw3YbNc5DfGh", Confidence.FIRM),
    ("sk_live_" + LONG[:24], Confidence.FIRM),
    ("AIza" + "SyA8Kq2LmZp9RtVw3YbNc5DfGh8JsTuAq_-", Confidence.FIRM),
    ("sk-ant-" + "api03-" + LONG[:93], Confidence.FIRM),
    ("sk-proj-" + LONG[:24] + "T3Blbk" + "FJ" + LONG[:24], Confidence.CONFIRMED),
    ("pypi-" + "AgEIcHlwaS5vcmc" + LONG[:90], Confidence.CONFIRMED),
    ("SG." + LONG[:22] + "." + LONG[:43], Confidence.FIRM),
]


@pytest.mark.parametrize(("secret", "confidence"), FOUND)
def test_a_known_format_is_found_masked_and_judged(secret: str, confidence: Confidence) -> None:
    for text in (f'const key = "{secret}";', secret, f"\n\nKEY={secret}\n", f"https://{secret}"):
        found = search(text)
        assert [f.confidence for f in found] == [confidence], text
        assert found[0].weakness is Weakness.HARDCODED_SECRET
        assert secret[14:] not in found[0].snippet + found[0].message
        assert found[0].line == text[: text.index(secret)].count("\n") + 1


def test_a_private_key_in_a_source_file_is_critical() -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7" + "VJTUt9Us8cKj" * 8
    (found,) = search(f"const pem = `-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----`")
    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)


@pytest.mark.parametrize(
    "text",
    [
        'token = "YOUR_TOKEN_HERE"',
        "// for example AKIA" + "Q3EGTX5KLMWZ7NPD",
        "AKIAIOSFODNN7EXAMPLE",
        'api_key = "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
        'password = "changeme123"',
        'integrity = "sha512-a8Kq2LmZp9RtVw3YbNc5DfGh8JsTuAa8Kq2LmZp9RtVw3YbNc5DfGh8JsTuA=="',
        'nextPageToken = "CAUQAA1234abcd99"',
        'const TOKEN_HEADER = "x-api-key-header-1"',
        "postgresql://user:password@localhost/db",
        "postgres://${user}:${pass}@host",
        'secret = "${user_config.secret}"',
        'password = os.environ["PASSWORD1"]',
        'tokenizer = "cl100k_base_v2"',
        "client_id = '8f14e45fceea167a5a36dedd4bea2543'",
        'throw new Error("token must not be empty 12")',
    ],
)  # fmt: skip
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    assert search(text) == ()


def test_an_assigned_value_needs_a_telling_name_and_a_random_value() -> None:
    (found,) = search('const apiKey = process.env.KEY || "a8Kq2LmZp9RtVw3YbNc5DfGh";')
    assert (found.severity, found.confidence) == (Severity.HIGH, Confidence.FIRM)
    assert search('const colour = "a8Kq2LmZp9RtVw3YbNc5DfGh";') == ()


def test_lock_files_are_not_searched_and_vendored_code_only_for_proved_formats() -> None:
    token, weak = with_checksum("ghp_"), 'api_key = "a8Kq2LmZp9RtVw3YbNc5DfGh"'
    bundle = box({
        "server/index.js": "", "package-lock.json": token, "node_modules/left/package.json": '{"name": "left", "version": "1.0.0"}',
        "node_modules/left/index.js": f"{weak}; '{token}'",
    })  # fmt: skip
    result = collect_secrets(bundle, collect_inventory(bundle, declaration()))
    assert [(f.path, f.confidence) for f in result.findings] == [("node_modules/left/index.js", Confidence.CONFIRMED)]
    assert result.files_searched == 3


def test_a_file_beyond_the_limit_is_a_gap_and_not_silence() -> None:
    bundle = box({"server/index.js": b"//" + b"x" * (17 * 1024 * 1024)})
    result = collect_secrets(bundle, collect_inventory(bundle, declaration()))
    assert [g.path for g in result.gaps] == ["server/index.js"]
    assert result.files_searched == 0


def test_hostile_input_takes_linear_time() -> None:
    started = time.monotonic()
    for text in (
        "token='" * 200_000,
        "token=" * 200_000,
        "://" + "a" * 1_000_000,
        "eyJ" * 300_000,
        ".eyJaaaa" * 100_000,
        'secret="' * 100_000,
        "sk-" * 300_000,
    ):
        search(text)
    assert time.monotonic() - started < 20
