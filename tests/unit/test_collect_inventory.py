"""What a file is, whose it is, and what should not be in a release."""

# ruff: noqa: E501 - tables of cases

import base64
import hashlib

import pytest

from scanner.collect.inventory import collect_inventory
from tests.unit.collect_members import CORPUS, Box, box, declaration, unzipped
from trust.facts import Command, Inventory
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

STEALER = "require('fs').readFileSync(process.env.HOME + '/.ssh/id_rsa')"


def roles(inventory: Inventory) -> dict[str, str]:
    return {f.path: f.role for f in inventory.files}


def by(inventory: Inventory, weakness: Weakness) -> list[Finding]:
    return [f for f in inventory.findings if f.weakness is weakness]


def dist_info(tree: str, name: str, files: dict[str, str]) -> dict[str, str]:
    info = f"{tree}/{name}-1.0.dist-info"
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        rows.append(f"{path},sha256={digest},{len(text)}")
    rows.append(f"{name}-1.0.dist-info/RECORD,,")
    recorded = {f"{tree}/{p}": t for p, t in files.items()}
    return recorded | {f"{info}/RECORD": "\n".join(rows), f"{info}/METADATA": f"Name: {name}\nVersion: 1.0\n"}


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ("server/index.js", b"export const a = 1;", "javascript"),
        ("a.txt", b"\x7fELF\x02\x01\x01" + b"\0" * 20, "native"),
        ("a.dll", b"MZ" + b"\0" * 58 + (64).to_bytes(4, "little") + b"PE\0\0", "native"),
        ("a.png", b"\xcf\xfa\xed\xfe" + b"\0" * 20, "native"),
        ("fat", b"\xca\xfe\xba\xbe\0\0\0\x02", "native"),
        ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x41", "bytecode"),
        ("a.wasm", b"\0asm\1\0\0\0", "native"),
        ("a.py", b"\xa7\r\r\n\0\0\0\0" + b"x" * 20, "bytecode"),
        ("lib.zip", b"PK\3\4rest", "archive"),
        ("photo.jpg", b"\x1f\x8b\x08", "archive"),
        ("tool", b"#!/usr/bin/env python3\nprint()", "python"),
        ("tool2", b"#!/usr/bin/env -S node --flag\n1", "javascript"),
        ("a.min.js", b"var a=1;" * 1000, "minified"),
        ("README.md", b"# hello", "text"),
        ("latin.txt", "é".encode("latin-1") * 100, "text"),
        ("noise.bin", bytes(range(256)) * 4, "data"),
    ],
)
def test_the_bytes_decide_what_a_file_is(path: str, data: bytes, kind: str) -> None:
    inventory = collect_inventory(box({path: data}), declaration())
    assert [f.kind for f in inventory.files] == [kind]
    assert inventory.files[0].sha256 == hashlib.sha256(data).hexdigest()


def test_a_package_accounts_for_its_folder_only() -> None:
    bundle = box({
        "server/index.js": "import 'left'",
        "node_modules/left/package.json": '{"name": "left", "version": "1.0.0"}',
        "node_modules/left/lib/a.js": "1",
        "node_modules/left/node_modules/evil/index.js": STEALER,
        "node_modules/nameless/index.js": STEALER,
        "node_modules/liar/package.json": '{"name": "react", "version": "18.0.0"}',
        "node_modules/liar/index.js": STEALER,
        "node_modules/loose.js": STEALER,
        "lib/evil.js": STEALER,
    })  # fmt: skip
    got = roles(collect_inventory(bundle, declaration()))
    assert got["node_modules/left/lib/a.js"] == "vendored"
    for hidden in ("left/node_modules/evil/index.js", "nameless/index.js", "liar/index.js", "loose.js"):
        assert got[f"node_modules/{hidden}"] == "own"
    assert got["lib/evil.js"] == "own"


def test_an_alias_counts_when_the_trees_own_lock_records_it() -> None:
    files = {
        "server/index.js": "", "node_modules/old/package.json": '{"name": "new", "version": "2.0.0"}', "node_modules/old/a.js": "1",
    }  # fmt: skip
    lock = {
        "node_modules/.package-lock.json": '{"packages": {"node_modules/old": {"name": "new", "version": "2.0.0"}}}'
    }
    assert roles(collect_inventory(box(files), declaration()))["node_modules/old/a.js"] == "own"
    assert roles(collect_inventory(box(files | lock), declaration()))["node_modules/old/a.js"] == "vendored"


def test_a_record_accounts_for_the_bytes_it_lists() -> None:
    files = dist_info("server/lib", "good", {"good/__init__.py": "A = 1\n", "good/more.py": "B = 2\n"})
    files["server/lib/good/more.py"] = "import os; os.system('x')\n"
    files["server/lib/extra.py"] = "C = 3\n"
    got = roles(
        collect_inventory(box({"server/main.py": "import good"} | files), declaration("server/main.py", "python"))
    )
    assert got["server/lib/good/__init__.py"] == "vendored"
    assert got["server/lib/good/more.py"] == "own"
    assert got["server/lib/extra.py"] == "own"


@pytest.mark.parametrize(
    ("files", "entry", "commands", "own"),
    [
        ({"node_modules/x/index.js": "import './deep.js'", "node_modules/x/deep.js": "1"}, "node_modules/x/index.js", None, "node_modules/x/deep.js"),
        ({"server/index.js": "require('../node_modules/x/quiet')", "node_modules/x/quiet.js": "require('./more')", "node_modules/x/more.js": "1"},
         "server/index.js", None, "node_modules/x/more.js"),
        ({"server/index.js": "1", "node_modules/x/start.js": "1"}, "server/index.js",
         (Command("win32", "node", ("${__dirname}/node_modules/x/start.js",)),), "node_modules/x/start.js"),
    ],
)  # fmt: skip
def test_what_the_server_starts_or_imports_stays_its_own(
    files: dict[str, str], entry: str, commands: tuple[Command, ...] | None, own: str
) -> None:
    bundle = box(files | {"node_modules/x/package.json": '{"name": "x", "version": "1.0.0"}'})
    assert roles(collect_inventory(bundle, declaration(entry, commands=commands)))[own] == "own"


def test_a_module_started_by_name_is_own_with_its_whole_package() -> None:
    files = dist_info(
        "deps", "pkg", {"pkg/server.py": "from . import core\n", "pkg/core.py": "x = 1\n", "pkg/far.py": "y = 1\n"}
    )
    command = (Command("default", "python", ("-m", "pkg.server"), (("PYTHONPATH", "${__dirname}/deps"),)),)
    got = roles(collect_inventory(box(files), declaration("pkg.server", "python", command)))
    assert {got[f"deps/pkg/{n}.py"] for n in ("server", "core", "far")} == {"own"}


def test_imported_text_is_code_whatever_its_name_says() -> None:
    bundle = box(
        {"server/index.js": "require('./notes.dat')", "server/notes.dat": STEALER, "server/other.dat": STEALER}
    )
    kinds = {f.path: (f.kind, f.role) for f in collect_inventory(bundle, declaration()).files}
    assert kinds["server/notes.dat"] == ("javascript", "own")
    assert kinds["server/other.dat"] == ("text", "data")


KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA" * 8 + "\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("path", "text", "severity"),
    [
        (".env", "API_KEY=a8Kq2LmZp9RtVw3YbNc5DfGh\n", Severity.HIGH),
        (".env.production", "DATA_DIR=/home/alice/data\n", Severity.LOW),
        ("certs/server.key", KEY, Severity.CRITICAL),
        (".ssh/id_rsa", KEY, Severity.CRITICAL),
        (".npmrc", "//registry.npmjs.org/:_authToken=npm_a8Kq2LmZp9RtVw3Y\n", Severity.CRITICAL),
        (".pypirc", "[pypi]\npassword = pypi-AgEIcHlwaS5v\n", Severity.CRITICAL),
        ("home/.netrc", "machine api.example.org login me password k9Lm2Qr7\n", Severity.CRITICAL),
        ("node_modules/x/test/key.pem", KEY, Severity.LOW),
    ],
)
def test_a_file_that_holds_a_secret_is_found(path: str, text: str, severity: Severity) -> None:
    bundle = box({path: text, "node_modules/x/package.json": '{"name": "x", "version": "1.0.0"}'})
    (found,) = by(collect_inventory(bundle, declaration()), Weakness.SECRET_FILE)
    assert (found.severity, found.path) == (severity, path)
    assert "a8Kq2LmZp9" not in found.snippet + found.message
    assert KEY[40:60] not in found.snippet


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env.example", "API_KEY=a8Kq2LmZp9RtVw3YbNc5DfGh"),
        (".env", "API_KEY=\n# SECRET=x\nTOKEN=your-token-here\nOTHER=${TOKEN}\n"),
        ("ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"),
        ("server.key", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"),
        (".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"),
        ("locale/login.key", "the key of the login text"),
    ],
)
def test_an_example_or_a_public_key_is_no_secret(path: str, text: str) -> None:
    assert by(collect_inventory(box({path: text}), declaration()), Weakness.SECRET_FILE) == []


def test_native_code_nobody_accounts_for_and_native_code_in_disguise() -> None:
    elf = b"\x7fELF" + b"\0" * 60
    bundle = box({
        "server/index.js": "", "server/helper": elf, "assets/logo.png": elf,
        "node_modules/x/package.json": '{"name": "x", "version": "1.0.0"}', "node_modules/x/build/x.node": elf,
        "lib/old.pyc": b"\xa7\r\r\n\0\0\0\0" + b"x" * 20,
    })  # fmt: skip
    inventory = collect_inventory(bundle, declaration())
    assert {(f.path, f.severity) for f in by(inventory, Weakness.UNEXPLAINED_BINARY)} == {
        ("server/helper", Severity.MEDIUM), ("assets/logo.png", Severity.HIGH), ("lib/old.pyc", Severity.MEDIUM),
    }  # fmt: skip
    assert {g.path for g in inventory.gaps} == {"server/helper", "assets/logo.png", "lib/old.pyc"}


def test_the_binary_of_a_binary_server_is_told_mildly_and_leaves_a_gap() -> None:
    command = (Command("default", "${__dirname}/server/run", ()),)
    inventory = collect_inventory(box({"server/run": b"\x7fELF\0"}), declaration("server/run", "binary", command))
    assert [f.severity for f in inventory.findings] == [Severity.LOW]
    assert [g.path for g in inventory.gaps] == ["server/run"]


def test_start_hooks_and_mode_bits() -> None:
    bundle = box(
        {
            "lib/a.pth": "import os; os.system('curl x')\n", "lib/b.pth": "./vendor\n",
            "lib/distutils-precedence.pth": "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; "
            "enabled = os.environ.get(var, 'local') == 'local'; enabled and __import__('_distutils_hack').add_shim(); ",
            "lib/almost.pth": "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; os.system('curl x')",
            "lib/sitecustomize.py": "x = 1", "server/run.sh": "#!/bin/sh\n",
        },
        {"server/run.sh": 0o104755},
    )  # fmt: skip
    inventory = collect_inventory(bundle, declaration())
    assert [(f.path, f.severity) for f in by(inventory, Weakness.INSTALL_SCRIPT)] == [
        ("lib/a.pth", Severity.HIGH),
        ("lib/almost.pth", Severity.HIGH), ("lib/distutils-precedence.pth", Severity.INFO), ("lib/sitecustomize.py", Severity.MEDIUM),
    ]  # fmt: skip
    assert [f.path for f in by(inventory, Weakness.BUNDLE_HYGIENE)] == ["server/run.sh"]
    assert roles(inventory)["server/run.sh"] == "own"


def test_licence_and_security_policy_are_read_not_assumed() -> None:
    mit = "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software ... The above copyright notice and this permission notice"
    inventory = collect_inventory(
        box({"LICENSE": mit, "LICENCE.txt": "All rights reserved.", "SECURITY.md": "# Security\n\nReport flaws to security@acme.example within a day.",
             "docs/SECURITY.md": "# Security"}),
        declaration(),
    )  # fmt: skip
    assert inventory.licence_files == ("LICENCE.txt", "LICENSE")
    assert inventory.licences == ("MIT",)
    assert inventory.security_files == ("SECURITY.md",)


def test_a_hostile_file_name_cannot_speak_through_a_message() -> None:
    name = "server/\x1b[31mok\u202e\n.key"
    inventory = collect_inventory(box({name: KEY}), declaration())
    assert all(c.isprintable() for f in inventory.findings for c in f.message)


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_real_bundles_have_no_critical_or_high_finding() -> None:
    for path in sorted((CORPUS / "bundles").glob("*.mcpb")):
        bundle: Box = unzipped(path)
        inventory = collect_inventory(bundle, declaration("dist/index.js"))
        assert [
            f for f in inventory.findings if f.severity.rank >= 3 and f.confidence is not Confidence.TENTATIVE
        ] == [], path.name
        assert all(
            f.role == "vendored"
            for f in inventory.files
            if f.path.startswith("node_modules/") and f.kind == "javascript"
        )
