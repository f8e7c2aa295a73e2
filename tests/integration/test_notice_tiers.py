"""What the readers have to say reaches the publisher on every surface, in each of its three tiers."""

import html
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from client.__main__ import main
from tests.integration.catalog import named_file, person, upload
from tests.unit.bundle_builder import BundleBuilder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

EXPECTED = {
    "strict_client": ("manifest.schema", "`timeout` is not a field of the format"),
    "warning": ("archive.ratio", "zeros.txt is compressed"),
    "hint": ("manifest.incomplete", "There is no `icon`"),
}
WORDS = {"strict_client": "Strict clients will not install it", "warning": "Warning", "hint": "Hint"}


def bundle() -> bytes:
    """One of each: a field that strict clients refuse, a ratio that deserves a look, an icon that is missing."""
    builder = BundleBuilder({"icon": None, "timeout": 5}).remove("icon.png")
    return builder.file("zeros.txt", b"\0" * 200_000).build()


def assert_all_three(warnings: list[dict[str, Any]]) -> None:
    by_tier = {warning["tier"]: warning for warning in warnings}
    assert by_tier.keys() == EXPECTED.keys()
    for tier, (code, words) in EXPECTED.items():
        assert by_tier[tier]["code"] == code
        assert words in by_tier[tier]["detail"]


def assert_all_three_on(page: str) -> None:
    """With the word for its tier before each, the most pressing one first, and nothing of it as markup."""
    text = html.unescape(page)
    places = []
    for tier, (code, words) in EXPECTED.items():
        plain = words.replace("`timeout`", "timeout").replace("`icon`", "icon")
        assert plain in text.replace("<code>", "").replace("</code>", "").replace("`", ""), tier
        assert code in text
        places.append(text.index(f"{WORDS[tier]}:"))
    assert places == sorted(places)


def test_in_the_answer_to_the_upload_and_in_the_api() -> None:
    answer = upload(person("acme"), bundle())
    assert answer.status_code == 201
    assert_all_three(answer.json()["warnings"])
    assert_all_three(Client().get("/api/v1/servers/acme/weather/versions/latest").json()["warnings"])
    assert_all_three(upload(person("acme"), bundle()).json()["warnings"])


def test_on_the_page_after_the_upload_and_on_the_page_of_the_release() -> None:
    client = Client()
    client.force_login(person("acme"))
    form = {"file": named_file(bundle()), "namespace": "acme", "platform": "any"}
    answer = client.post("/publish", form, follow=True)
    assert answer.status_code == 200
    assert_all_three_on(answer.content.decode())
    assert_all_three_on(Client().get("/servers/acme/weather/1.4.0").content.decode())


def test_in_assay_scan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.mcpb"
    path.write_bytes(bundle())
    assert main(["scan", str(path), "--no-probe", "--format", "json"]) == 0
    assert_all_three(json.loads(capsys.readouterr().out)["warnings"])
    assert main(["scan", str(path), "--no-probe"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for tier, (_, words) in EXPECTED.items():
        assert f"[{tier}]" in printed
        assert words in printed
