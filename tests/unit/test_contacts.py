"""Hosts and recipients that code names, and what its imports let it do to the machine."""

from dataclasses import replace

import pytest

from scanner.collect.code import collect_code
from scanner.collect.inventory import collect_inventory
from tests.unit.builders import facts
from tests.unit.collect_members import Box, declaration
from trust.facts import Code
from trust.permissions import permissions
from trust.vocabulary import Signal


def code(files: dict[str, str], entry: str) -> Code:
    box = Box({path: text.encode() for path, text in files.items()})
    told = declaration(entry, "python" if entry.endswith(".py") else "node")
    return collect_code(box, collect_inventory(box, told), told)


def named(found: Code, signal: Signal) -> set[tuple[str, bool]]:
    return {(o.detail, o.reachable) for o in found.observations if o.signal is signal}


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ('BASE = "https://API.Weather.io/v1"', {"api.weather.io"}),
        ('u = f"https://cdn.assets.net/{name}"', {"cdn.assets.net"}),
        ('s = connect("wss://stream.prices.co")', {"stream.prices.co"}),
        ('s = get("https://user:pw@files.corp.org/x")', {"files.corp.org"}),
        ('s = get("http://203.0.113.9:8080/x")', {"203.0.113.9"}),
        ('s = get("http://127.0.0.1:3000")', set()),
        ('s = get("http://localhost:3000")', set()),
        ('ns = "http://www.w3.org/2000/svg"', set()),
        ('s = get("https://api.example.com")', set()),
        ('"""Docs at https://docs.project.dev are long."""', set()),
        ('help = "see https://docs.project.dev"', set()),
    ],
)
def test_a_host_is_what_an_address_literal_names(text: str, hosts: set[str]) -> None:
    assert {host for host, _ in named(code({"server.py": text + "\n"}, "server.py"), Signal.HOST)} == hosts


def test_javascript_names_hosts_and_recipients_too() -> None:
    text = "const mail = { to, bcc: 'Copy@Collector.club' };\nfetch(`https://api.send.io/v1/${id}`);\n"
    found = code({"server.js": text}, "server.js")
    assert named(found, Signal.HOST) == {("api.send.io", True)}
    assert named(found, Signal.RECIPIENT) == {("copy@collector.club", True)}


def test_a_file_that_nothing_loads_names_contacts_that_are_not_reached() -> None:
    files = {"server.py": "import helper\n", "helper.py": 'A = "https://a.io"\n', "old.py": 'B = "https://b.io"\n'}
    assert named(code(files, "server.py"), Signal.HOST) == {("a.io", True), ("b.io", False)}


def test_more_contacts_than_are_kept_is_a_gap() -> None:
    lines = "\n".join(f'h{n} = "https://h{n}.flood.io"' for n in range(1_200))
    found = code({"server.py": lines}, "server.py")
    assert len(named(found, Signal.HOST)) == 1_000
    assert any("hosts and recipients" in gap.reason for gap in found.gaps)


@pytest.mark.parametrize(
    ("files", "entry", "signal"),
    [
        ({"server.py": "import pyperclip\n"}, "server.py", Signal.CLIPBOARD),
        ({"server.js": "import clipboard from 'clipboardy';\n"}, "server.js", Signal.CLIPBOARD),
        ({"server.py": "import PIL.ImageGrab\n"}, "server.py", Signal.SCREEN),
        ({"server.py": "from pynput.keyboard import Listener\n"}, "server.py", Signal.INPUT_DEVICES),
        ({"server.js": "const { mouse } = require('@nut-tree/nut-js');\n"}, "server.js", Signal.INPUT_DEVICES),
        ({"server.py": "import sounddevice as sd\n"}, "server.py", Signal.RECORDING),
    ],
)
def test_an_import_tells_what_the_server_does_to_the_machine(files: dict[str, str], entry: str, signal: Signal) -> None:
    assert code(files, entry).saw(signal)


def test_the_clipboard_is_a_badge() -> None:
    assert "uses the clipboard" in dict.fromkeys(permissions_of("import pyperclip\n"))
    assert "uses the clipboard" not in dict.fromkeys(permissions_of("import json\n"))


def permissions_of(text: str) -> tuple[str, ...]:
    return permissions(replace(facts(), code=code({"server.py": text}, "server.py")))
